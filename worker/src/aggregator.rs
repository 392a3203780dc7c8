use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use analytics::{LeafBuilder, RuleBook};
use domain::Clock;
use jiff::tz::TimeZone;
use store::{BlockEvidence, BlockLeaves, Debounce, LeafRow, Store, StoreError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::WorkerError;

/// Keys rebuilt in one transaction, at most: large enough that a transaction's fixed cost does not show.
const KEYS_PER_STEP: i64 = 512;

/// Coverage points that one step should hold in memory, beside their leaves (docs/RELIABILITY.md has what the server took
/// with larger ones). The number of keys follows from how much the keys of the step before held: towns hold a thousand
/// times as much as woods.
const POINTS_PER_STEP: i64 = 20_000;

/// A speed test is a row of 24 columns, a point some bytes of one: it counts as so many points. A guess, not measured.
const POINTS_A_TEST: usize = 40;

/// Steps at the same time: while one waits for the database, another counts.
const WORKERS: usize = 3;

/// While evidence arrives, contributors come first and one worker works; all of them if it falls behind so far.
const FAR_BEHIND: Duration = Duration::from_mins(2);

/// How long it waits when nothing is due, and between two folds of what writers marked.
const IDLE: Duration = Duration::from_secs(1);

/// What arrives in a block meanwhile is rebuilt once.
const DEBOUNCE: Debounce = Debounce { quiet: Duration::from_secs(3), at_most: Duration::from_secs(20) };

/// How long a drain waits for keys that others hold.
const ANOTHER: Duration = Duration::from_millis(50);

/// Local time of day parts. Every region so far lies in Germany; a region elsewhere needs its own.
const ZONE: &str = "Europe/Berlin";

/// Rebuilds the leaves of dirty blocks from their evidence. Clones work side by side, in one process or in many.
#[derive(Clone, Debug)]
pub struct Aggregator {
    store: Store,
    clock: Arc<dyn Clock>,
    rules: Arc<RuleBook>,
    zone: TimeZone,
    debounce: Debounce,
    keys_per_step: Arc<AtomicI64>,
    /// Workers that may work now.
    hands: Arc<AtomicUsize>,
}

impl Aggregator {
    /// With the built-in rules.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        let rules = Arc::new(RuleBook::builtin());
        // Few at first: nothing is known of them.
        let keys_per_step = Arc::new(AtomicI64::new(32));
        let hands = Arc::new(AtomicUsize::new(WORKERS));
        Self { store, clock, rules, zone, debounce: DEBOUNCE, keys_per_step, hands }
    }

    /// With another wait between the marks of a key and its rebuilding.
    #[must_use]
    pub const fn with_debounce(mut self, debounce: Debounce) -> Self {
        self.debounce = debounce;
        self
    }

    /// Works until it is stopped; a database that is away is waited for.
    pub async fn run(self, stop: CancellationToken) {
        let mut workers = JoinSet::new();
        for worker in 0..WORKERS {
            workers.spawn(self.clone().work(worker, stop.clone()));
        }
        while !stop.is_cancelled() {
            if let Err(error) = self.look().await {
                warn!(error = %error, "could not fold what writers marked, trying again");
            }
            rest(&stop, IDLE).await;
        }
        while workers.join_next().await.is_some() {}
    }

    async fn work(self, worker: usize, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if worker >= self.hands.load(Ordering::Relaxed) {
                rest(&stop, IDLE).await;
                continue;
            }
            let started = self.clock.monotonic();
            match self.step(self.debounce).await {
                Ok(0) => {}
                Ok(_) if self.hands.load(Ordering::Relaxed) == WORKERS => continue,
                Ok(_) => {
                    // Half of the time is the contributors'.
                    let took = self.clock.monotonic().saturating_sub(started);
                    rest(&stop, took).await;
                    continue;
                }
                Err(error) => warn!(error = %error, "could not rebuild dirty blocks, trying again"),
            }
            rest(&stop, IDLE).await;
        }
    }

    async fn fold(&self) -> Result<u64, StoreError> {
        self.store.run_tx("fold_dirty", |tx| Box::pin(store::fold_dirty(tx))).await
    }

    /// Folds, tells how far the summaries are behind, and decides how many may work.
    async fn look(&self) -> Result<(), StoreError> {
        let arriving = self.fold().await? > 0;
        let backlog = store::dirty_backlog(&self.store).await?;
        metrics::gauge!("whitespot_worker_dirty_blocks").set(backlog.keys as f64);
        metrics::gauge!("whitespot_worker_lag_seconds").set(backlog.oldest.as_secs_f64());
        let hands = if arriving && backlog.oldest < FAR_BEHIND { 1 } else { WORKERS };
        self.hands.store(hands, Ordering::Relaxed);
        Ok(())
    }

    /// Rebuilds until nothing is dirty that was dirty at its beginning, fresh or not, and says how many keys that were.
    /// `progress` is told the sum.
    pub async fn drain(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<u64, WorkerError> {
        let (begun, done) = (self.clock.monotonic(), AtomicU64::new(0));
        loop {
            self.fold().await?;
            let worker = async || {
                loop {
                    let keys = Box::pin(self.step(Debounce::NONE)).await?;
                    if keys == 0 {
                        return Ok::<(), WorkerError>(());
                    }
                    progress(done.fetch_add(keys, Ordering::Relaxed) + keys);
                }
            };
            tokio::try_join!(Box::pin(worker()), Box::pin(worker()), Box::pin(worker()))?;
            // Asked before the backlog is: what is younger has arrived since. Writers never rest in a campaign.
            let since_begun = self.clock.monotonic().saturating_sub(begun);
            let backlog = store::dirty_backlog(&self.store).await?;
            if backlog.keys == 0 || backlog.oldest < since_begun {
                return Ok(done.into_inner());
            }
            // Marked meanwhile, or another process is rebuilding them.
            tokio::time::sleep(ANOTHER).await;
        }
    }

    /// Rebuilds the due keys that have waited longest, in one transaction. 0: none was due.
    async fn step(&self, debounce: Debounce) -> Result<u64, WorkerError> {
        let started = self.clock.monotonic();
        let limit = self.keys_per_step.load(Ordering::Relaxed);
        let rebuilding = self.store.run_tx("rebuild_blocks", |tx| {
            let aggregator = self.clone();
            Box::pin(async move {
                let keys = store::take_dirty(tx, debounce, limit).await?;
                if keys.is_empty() {
                    return Ok(0);
                }
                let evidence = store::read_blocks(&mut *tx, &keys).await?;
                aggregator.learn(&evidence);
                let leaves = aggregator.summarise(evidence).await;
                let count = keys.len() as u64;
                let rebuilt = keys.into_iter().zip(leaves);
                let rebuilt: Vec<_> =
                    rebuilt.map(|((block, window), leaves)| BlockLeaves { block, window, leaves }).collect();
                store::replace_leaves(tx, &rebuilt).await?;
                Ok(count)
            })
        });
        let count = rebuilding.await?;
        if count > 0 {
            let took = self.clock.monotonic().saturating_sub(started);
            metrics::counter!("whitespot_worker_blocks_rebuilt_total").increment(count);
            metrics::histogram!("whitespot_worker_step_seconds").record(took.as_secs_f64());
            info!(blocks.count = count, step.duration_ms = took.as_millis(), "rebuilt {count} blocks");
        }
        Ok(count)
    }

    /// Leaves of each block, counted on a thread of its own.
    async fn summarise(&self, evidence: Vec<BlockEvidence>) -> Vec<Vec<LeafRow>> {
        let (rules, zone) = (Arc::clone(&self.rules), self.zone.clone());
        tokio::task::spawn_blocking(move || evidence.iter().map(|block| leaves_of(block, &rules, &zone)).collect())
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    /// Adjusts the number of keys of the next steps, so that a step holds about as many points as it should.
    fn learn(&self, evidence: &[BlockEvidence]) {
        let points = evidence.iter().flat_map(|block| &block.coverage).map(|track| track.track.points.len());
        let tests = evidence.iter().map(|block| block.speed.len() * POINTS_A_TEST);
        let a_key = points.chain(tests).sum::<usize>() as i64 / evidence.len().max(1) as i64;
        let keys = (POINTS_PER_STEP / a_key.max(1)).clamp(1, KEYS_PER_STEP);
        // Upwards by doubling only: the next keys may be others.
        let before = self.keys_per_step.load(Ordering::Relaxed);
        self.keys_per_step.store(keys.min(before * 2), Ordering::Relaxed);
    }
}

async fn rest(stop: &CancellationToken, so_long: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(so_long) => {}
    }
}

fn leaves_of(evidence: &BlockEvidence, rules: &RuleBook, zone: &TimeZone) -> Vec<LeafRow> {
    let mut builder = LeafBuilder::new(zone.clone(), rules);
    for track in &evidence.coverage {
        builder.add_coverage(track);
    }
    for test in &evidence.speed {
        builder.add_speed(test);
    }
    let row = |leaf: analytics::Leaf| LeafRow { source: leaf.source, layer: leaf.layer, votes: leaf.votes.encode() };
    builder.finish().into_iter().map(row).collect()
}
