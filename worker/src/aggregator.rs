use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use analytics::RuleBook;
use domain::Clock;
use jiff::tz::TimeZone;
use store::{Debounce, DirtyBlock, Store, StoreError};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{
    WorkerError,
    counting::{Counted, Counting},
};

/// Keys rebuilt in one transaction, at most: large enough that a transaction's fixed cost does not show.
const KEYS_PER_STEP: usize = 512;

/// Coverage points whose leaves one step should hold in memory (docs/RELIABILITY.md has what the server took with larger
/// ones). The number of keys follows from how much the keys of the step before held: towns hold a thousand times as much
/// as woods.
const POINTS_PER_STEP: usize = 20_000;

/// Pieces of evidence between reading and counting: some thousand points at most, mostly.
const PIECES_WAITING: usize = 16;

/// Steps at the same time: while one waits for the database, another counts.
const WORKERS: usize = 3;

/// While evidence arrives, contributors come first and one worker works; all of them if it falls behind so far. A block is
/// counted whole: to hurry in a long burst is to count everything again and again (docs/RELIABILITY.md).
const FAR_BEHIND: Duration = Duration::from_mins(30);

/// How long it waits when nothing is due, and between two folds of what writers marked.
const IDLE: Duration = Duration::from_secs(1);

/// What arrives in a block meanwhile is rebuilt once.
const DEBOUNCE: Debounce = Debounce { quiet: Duration::from_secs(3), at_most: Duration::from_secs(20) };

/// Steps of a drain that the database may refuse before it is taken for the database's own trouble.
const MOST_REFUSED: usize = 50;

/// How long a drain waits for keys that others hold.
const ANOTHER: Duration = Duration::from_millis(50);

/// Local time of day parts. Every region so far lies in Germany; a region elsewhere needs its own.
const ZONE: &str = "Europe/Berlin";

/// Rebuilds the leaves of dirty blocks from their evidence. Clones work side by side, in one process or in many.
#[derive(Clone, Debug)]
pub struct Aggregator {
    store: Store,
    clock: Arc<dyn Clock>,
    counting: Counting,
    debounce: Debounce,
    keys_per_step: Arc<AtomicI64>,
    /// Workers that may work now.
    hands: Arc<AtomicUsize>,
}

impl Aggregator {
    /// With the built-in rules.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        let counting = Counting::new(RuleBook::builtin(), zone);
        // Few at first: nothing is known of them.
        let keys_per_step = Arc::new(AtomicI64::new(32));
        let hands = Arc::new(AtomicUsize::new(WORKERS));
        Self { store, clock, counting, debounce: DEBOUNCE, keys_per_step, hands }
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
            // A worker ends only when it is stopped, or by a mistake of ours: another one takes its place.
            while let Some(ended) = workers.try_join_next()
                && !stop.is_cancelled()
            {
                error!(?ended, "a worker of the aggregator ended, another one starts");
                workers.spawn(self.clone().work(0, stop.clone()));
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
            // Only the number: leaves and the large seat are not to be held through the pause.
            let rebuilt = self.step(self.debounce).await.map(|counted| counted.rebuilt.len());
            match rebuilt {
                Ok(0) => {}
                Ok(_) if self.hands.load(Ordering::Relaxed) == WORKERS => continue,
                Ok(_) => {
                    // Half of the time is the contributors'.
                    let took = self.clock.monotonic().saturating_sub(started);
                    rest(&stop, took).await;
                    continue;
                }
                Err(failed) => {
                    if let Err(error) = self.put_off(failed).await {
                        warn!(error = %error, "could not rebuild dirty blocks, trying again");
                    }
                }
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
        let hands = if arriving && backlog.oldest_other < FAR_BEHIND { 1 } else { WORKERS };
        self.hands.store(hands, Ordering::Relaxed);
        Ok(())
    }

    /// Rebuilds until nothing is dirty that was dirty at its beginning, fresh or not, and says how many keys that were.
    /// `progress` is told the sum. Keys that cannot be rebuilt are an error when all others are done.
    pub async fn drain(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<u64, WorkerError> {
        let (begun, done) = (self.clock.monotonic(), AtomicU64::new(0));
        let (failed, refused) = (Mutex::new(HashMap::new()), AtomicUsize::new(0));
        let known = || failed.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            self.fold().await?;
            if known().is_empty() {
                // They may be mended. If not, this drain is to know what is wrong with them.
                self.store.run_tx("try_dirty_again", |tx| Box::pin(store::try_dirty_again(tx))).await?;
            }
            let worker = async || {
                loop {
                    let step = match Box::pin(self.step(Debounce::NONE)).await {
                        Ok(step) => step,
                        // Whatever it is, it is not these keys.
                        Err(step) if refused.fetch_add(1, Ordering::Relaxed) == MOST_REFUSED => {
                            return Err(step.error);
                        }
                        Err(step) => {
                            let postponed = self.put_off(step).await?;
                            known().extend(postponed);
                            continue;
                        }
                    };
                    let rebuilt = step.rebuilt.len() as u64;
                    known().extend(step.failed.iter().cloned());
                    // Those that failed are postponed. A step of nothing else is not the end.
                    if rebuilt == 0 && step.failed.is_empty() {
                        return Ok::<(), WorkerError>(());
                    }
                    progress(done.fetch_add(rebuilt, Ordering::Relaxed) + rebuilt);
                }
            };
            tokio::try_join!(Box::pin(worker()), Box::pin(worker()), Box::pin(worker()))?;
            // Asked before the backlog is: what is younger has arrived since. Writers never rest in a campaign.
            let since_begun = self.clock.monotonic().saturating_sub(begun);
            let backlog = store::dirty_backlog(&self.store).await?;
            let all_known = backlog.postponed == 0 || !known().is_empty();
            if all_known && (backlog.keys == backlog.postponed || backlog.oldest_other < since_begun) {
                break;
            }
            // Marked meanwhile, or another process is rebuilding them.
            tokio::time::sleep(ANOTHER).await;
        }
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let count = failed.len();
        match failed.into_iter().next() {
            Some((key, reason)) => Err(WorkerError::Unsummarised { count, key, reason }),
            None => Ok(done.into_inner()),
        }
    }

    /// Rebuilds the due keys that have waited longest, in one transaction.
    async fn step(&self, debounce: Debounce) -> Result<Counted, Failed> {
        let started = self.clock.monotonic();
        let limit = self.keys_per_step.load(Ordering::Relaxed);
        let taken = Arc::new(Mutex::new(Vec::new()));
        let rebuilding = self.store.run_tx("rebuild_blocks", |tx| {
            let (aggregator, taken) = (self.clone(), Arc::clone(&taken));
            Box::pin(async move {
                let keys = store::take_dirty(tx, debounce, limit).await?;
                taken.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&keys);
                if keys.is_empty() {
                    return Ok(Counted::default());
                }
                // Read while others are counted.
                let (to, from) = mpsc::channel(PIECES_WAITING);
                let counting = aggregator.counting.spawn(keys.clone(), from);
                store::send_evidence(&mut *tx, &keys, &to).await?;
                drop(to);
                let counted = counting.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
                store::replace_leaves(tx, &counted.rebuilt).await?;
                let (done, failed) = counted.settled();
                store::settle_dirty(tx, &done, &failed).await?;
                Ok(counted)
            })
        });
        let counted = rebuilding.await.map_err(|error| Failed {
            error: error.into(),
            keys: std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner)),
        })?;
        self.tell(&counted, self.clock.monotonic().saturating_sub(started));
        Ok(counted)
    }

    /// After an error of the database: PostgreSQL cannot read something. The next steps take one key each; one that fails
    /// alone is postponed, so that the others get their turn; says which. A database that is away is an error.
    async fn put_off(&self, failed: Failed) -> Result<Vec<(DirtyBlock, String)>, WorkerError> {
        let Failed { error, keys } = failed;
        if matches!(&error, WorkerError::Store(error) if error.is_unavailable()) {
            return Err(error);
        }
        self.keys_per_step.store(1, Ordering::Relaxed);
        let Ok([key]) = <[DirtyBlock; 1]>::try_from(keys) else {
            warn!(%error, "could not rebuild several blocks at once, going on one by one");
            return Ok(Vec::new());
        };
        let postponing = self.store.run_tx("postpone_block", |tx| {
            let key = key.clone();
            Box::pin(async move { store::settle_dirty(tx, &[], &[key]).await })
        });
        postponing.await?;
        let failed = vec![(key, error.to_string())];
        tell_failed(&failed);
        Ok(failed)
    }

    /// Says what a step did, and adjusts the number of keys of the next ones.
    fn tell(&self, counted: &Counted, took: Duration) {
        tell_failed(&counted.failed);
        let count = counted.rebuilt.len();
        if count > 0 {
            metrics::counter!("whitespot_worker_blocks_rebuilt_total").increment(count as u64);
            metrics::histogram!("whitespot_worker_step_seconds").record(took.as_secs_f64());
            info!(blocks.count = count, step.duration_ms = took.as_millis(), "rebuilt {count} blocks");
        }
        if counted.keys() > 0 {
            let a_key = counted.points / counted.keys();
            let keys = (POINTS_PER_STEP / a_key.max(1)).clamp(1, KEYS_PER_STEP);
            // Upwards by doubling only: the next keys may be others.
            let before = self.keys_per_step.load(Ordering::Relaxed);
            self.keys_per_step.store((keys as i64).min(before * 2), Ordering::Relaxed);
        }
    }
}

/// A step that the database refused, with the keys that it had taken.
struct Failed {
    error: WorkerError,
    keys: Vec<DirtyBlock>,
}

fn tell_failed(failed: &[(DirtyBlock, String)]) {
    for ((block, window), reason) in failed {
        error!(%block, %window, reason, "could not summarise block {block} in {window}: {reason}");
    }
    metrics::counter!("whitespot_worker_blocks_failed_total").increment(failed.len() as u64);
}

async fn rest(stop: &CancellationToken, so_long: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(so_long) => {}
    }
}
