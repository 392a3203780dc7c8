use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use analytics::{LeafBuilder, RuleBook};
use domain::{Clock, Hex, Window};
use jiff::tz::TimeZone;
use rayon::prelude::*;
use store::{BlockEvidence, BlockLeaves, DirtyBlock, LeafRow, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::WorkerError;

/// Keys rebuilt in one transaction, at most: large enough that a transaction's fixed cost does not show.
const KEYS_PER_STEP: i64 = 512;

/// Coverage points that one step should hold in memory. The number of keys follows from how much the keys of
/// the step before held: towns hold a thousand times as much as woods.
const POINTS_PER_STEP: i64 = 400_000;

/// Steps at the same time: while one waits for the database, another counts.
const WORKERS: usize = 3;

/// How long it waits when nothing is due.
const IDLE: Duration = Duration::from_secs(1);

/// How long a key waits after its first mark: what arrives in a block meanwhile is rebuilt once.
const DEBOUNCE: Duration = Duration::from_secs(10);

/// A drain waits for no key.
const FRESH_TOO: Duration = Duration::ZERO;

/// Local time of day parts. Every region so far lies in Germany; a region elsewhere needs its own.
const ZONE: &str = "Europe/Berlin";

/// Rebuilds the leaves of dirty blocks from their evidence. Clones work side by side, in one process or in many.
#[derive(Clone, Debug)]
pub struct Aggregator {
    store: Store,
    clock: Arc<dyn Clock>,
    rules: Arc<RuleBook>,
    zone: TimeZone,
    debounce: Duration,
    keys_per_step: Arc<AtomicI64>,
}

impl Aggregator {
    /// With the built-in rules.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        let rules = Arc::new(RuleBook::builtin());
        // Few at first: nothing is known of them.
        Self { store, clock, rules, zone, debounce: DEBOUNCE, keys_per_step: Arc::new(AtomicI64::new(32)) }
    }

    /// With another wait between the first mark of a key and its rebuilding.
    #[must_use]
    pub const fn with_debounce(mut self, debounce: Duration) -> Self {
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
            self.report().await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(IDLE) => {}
            }
        }
        while workers.join_next().await.is_some() {}
    }

    async fn work(self, worker: usize, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.round(worker, &stop).await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => warn!(error = %error, "could not rebuild dirty blocks, trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    /// One step in each part that is due and that nobody works on; the number of keys. Each worker begins elsewhere.
    async fn round(&self, worker: usize, stop: &CancellationToken) -> Result<u64, WorkerError> {
        let mut parts = store::dirty_parts(&self.store, self.debounce).await?;
        let middle = parts.len() * worker / WORKERS;
        parts.rotate_left(middle);
        let mut done = 0;
        for part in parts {
            if stop.is_cancelled() {
                break;
            }
            let step = self.step(part, self.debounce);
            done += self.store.alone_if_free(&turn(part), step).await?.transpose()?.unwrap_or(0);
        }
        Ok(done)
    }

    /// Tells how far the summaries are behind. A database that is away is the workers' to complain about.
    async fn report(&self) {
        if let Ok(backlog) = store::dirty_backlog(&self.store).await {
            metrics::gauge!("whitespot_worker_dirty_blocks").set(backlog.keys as f64);
            metrics::gauge!("whitespot_worker_lag_seconds").set(backlog.oldest.as_secs_f64());
        }
    }

    /// Rebuilds until nothing is dirty, fresh or not, and says how many keys that were. `progress` is told the sum.
    pub async fn drain(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<u64, WorkerError> {
        let done = AtomicU64::new(0);
        loop {
            let parts = store::dirty_parts(&self.store, FRESH_TOO).await?;
            if parts.is_empty() {
                return Ok(done.into_inner());
            }
            let next = AtomicU64::new(0);
            let worker = async || {
                while let Some(&part) = parts.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    let step = Box::pin(self.step(part, FRESH_TOO));
                    let keys = self.store.alone(&turn(part), step).await??;
                    progress(done.fetch_add(keys, Ordering::Relaxed) + keys);
                }
                Ok::<(), WorkerError>(())
            };
            tokio::try_join!(Box::pin(worker()), Box::pin(worker()), Box::pin(worker()))?;
        }
    }

    /// Rebuilds the keys of a part that have waited longest. 0: none was due.
    async fn step(&self, part: i32, age: Duration) -> Result<u64, WorkerError> {
        let started = self.clock.monotonic();
        let limit = self.keys_per_step.load(Ordering::Relaxed);
        let claim = self.store.run_tx("claim_blocks", |tx| Box::pin(store::claim_dirty(tx, Some(part), age, limit)));
        let dirty = claim.await?;
        if dirty.is_empty() {
            return Ok(0);
        }
        // Evidence is read after the claim, so that a version never stands for less than was read.
        let keys: Vec<(Hex, Window)> = dirty.iter().map(|key| (key.block, key.window.clone())).collect();
        let evidence = store::read_blocks(&self.store, &keys).await?;
        self.learn(&evidence);
        let (rules, zone) = (Arc::clone(&self.rules), self.zone.clone());
        let leaves = tokio::task::spawn_blocking(move || {
            evidence.into_par_iter().map(|block| leaves_of(&block, &rules, &zone)).collect::<Vec<_>>()
        })
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));

        let count = dirty.len() as u64;
        let replace = dirty.iter().zip(leaves);
        let replace = replace.map(|(key, leaves)| BlockLeaves { block: key.block, window: key.window.clone(), leaves });
        let replace: Vec<BlockLeaves> = replace.collect();
        let work: Arc<(Vec<DirtyBlock>, Vec<BlockLeaves>)> = Arc::new((dirty, replace));
        self.store
            .run_tx("rebuild_blocks", |tx| {
                let work = Arc::clone(&work);
                Box::pin(async move {
                    let (dirty, leaves) = &*work;
                    store::replace_leaves(tx, leaves).await?;
                    store::clear_dirty(tx, dirty).await
                })
            })
            .await?;
        let took = self.clock.monotonic().saturating_sub(started);
        metrics::counter!("whitespot_worker_blocks_rebuilt_total").increment(count);
        metrics::histogram!("whitespot_worker_step_seconds").record(took.as_secs_f64());
        info!(blocks.count = count, step.duration_ms = took.as_millis(), "rebuilt {count} blocks");
        Ok(count)
    }

    /// Adjusts the number of keys of the next steps, so that a step holds about as many points as it should.
    fn learn(&self, evidence: &[BlockEvidence]) {
        let points = evidence.iter().flat_map(|block| &block.coverage).map(|track| track.track.points.len());
        let tests = evidence.iter().map(|block| block.speed.len());
        let a_key = points.chain(tests).sum::<usize>() as i64 / evidence.len().max(1) as i64;
        let keys = (POINTS_PER_STEP / a_key.max(1)).clamp(1, KEYS_PER_STEP);
        // Upwards by doubling only: the next keys may be others.
        let before = self.keys_per_step.load(Ordering::Relaxed);
        self.keys_per_step.store(keys.min(before * 2), Ordering::Relaxed);
    }
}

/// Name of the lock of a part.
fn turn(part: i32) -> String {
    format!("aggregator {part}")
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
