use std::{sync::Arc, time::Duration};

use analytics::{LeafBuilder, RuleBook};
use domain::{Clock, Hex, Window};
use jiff::tz::TimeZone;
use rayon::prelude::*;
use store::{BlockEvidence, BlockLeaves, DirtyBlock, LeafRow, Store};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::WorkerError;

/// Keys rebuilt in one transaction: large enough that a transaction's fixed cost does not show, small
/// enough that evidence of one step stays far below the memory limit.
const KEYS_PER_STEP: i64 = 512;

/// How long it waits when little is dirty: what arrives meanwhile in the same block is rebuilt once.
const IDLE: Duration = Duration::from_secs(2);

/// Local time of day parts. Every region so far lies in Germany; a region elsewhere needs its own.
const ZONE: &str = "Europe/Berlin";

/// Rebuilds the leaves of dirty blocks from their evidence.
#[derive(Debug)]
pub struct Aggregator {
    store: Store,
    clock: Arc<dyn Clock>,
    rules: Arc<RuleBook>,
    zone: TimeZone,
}

impl Aggregator {
    /// With the built-in rules.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        Self { store, clock, rules: Arc::new(RuleBook::builtin()), zone }
    }

    /// Works until it is stopped; a database that is away is waited for.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            match self.step().await {
                Ok(keys) if keys < KEYS_PER_STEP as u64 => {}
                Ok(_) if !stop.is_cancelled() => continue,
                Ok(_) => return,
                Err(error) => warn!(error = %error, "could not rebuild dirty blocks, trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    /// Rebuilds until nothing is dirty, and says how many keys that were. `progress` is told the sum.
    pub async fn drain(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<u64, WorkerError> {
        let mut done = 0;
        loop {
            match self.step().await? {
                0 => return Ok(done),
                keys => done += keys,
            }
            progress(done);
        }
    }

    /// Rebuilds the keys that have waited longest. 0: nothing was dirty.
    ///
    /// One process at a time: two that rebuild the same keys would only undo each other's work.
    async fn step(&self) -> Result<u64, WorkerError> {
        if store::dirty_count(&self.store).await? == 0 {
            return Ok(0);
        }
        self.store.alone("aggregator", self.rebuild()).await?
    }

    async fn rebuild(&self) -> Result<u64, WorkerError> {
        let started = self.clock.monotonic();
        let dirty = store::dirty_blocks(&self.store, KEYS_PER_STEP).await?;
        if dirty.is_empty() {
            return Ok(0);
        }
        // Evidence is read after the keys, so that a version never stands for less than was read.
        let keys: Vec<(Hex, Window)> = dirty.iter().map(|key| (key.block, key.window.clone())).collect();
        let evidence = store::read_blocks(&self.store, &keys).await?;
        let (rules, zone) = (Arc::clone(&self.rules), self.zone.clone());
        let leaves = tokio::task::spawn_blocking(move || {
            evidence.par_iter().map(|block| leaves_of(block, &rules, &zone)).collect::<Vec<_>>()
        })
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));

        let count = dirty.len() as u64;
        let replace = dirty.iter().zip(leaves);
        let replace = replace.map(|(key, leaves)| BlockLeaves { block: key.block, window: key.window.clone(), leaves });
        let work: Arc<(Vec<DirtyBlock>, Vec<BlockLeaves>)> = Arc::new((dirty.clone(), replace.collect()));
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
