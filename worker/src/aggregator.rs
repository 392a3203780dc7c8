use std::{sync::Arc, time::Duration};

use analytics::{LeafBuilder, RuleBook};
use domain::{Clock, Hex, Window};
use jiff::tz::TimeZone;
use rayon::prelude::*;
use store::{BlockEvidence, DirtyBlock, LeafRow, Store};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::WorkerError;

/// Keys rebuilt in one transaction: large enough that a transaction's fixed cost does not show, small
/// enough that evidence of one step stays far below the memory limit.
const KEYS_PER_STEP: i64 = 256;

/// How long it waits when nothing is dirty. A map that is a second old is young enough.
const IDLE: Duration = Duration::from_secs(1);

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
                Ok(0) => {}
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
    async fn step(&self) -> Result<u64, WorkerError> {
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

        let work: Arc<Vec<(DirtyBlock, Vec<LeafRow>)>> = Arc::new(dirty.into_iter().zip(leaves).collect());
        let count = work.len() as u64;
        self.store
            .run_tx("rebuild_blocks", |tx| {
                let work = Arc::clone(&work);
                Box::pin(async move {
                    for (key, leaves) in work.iter() {
                        store::replace_leaves(tx, key.block, &key.window, leaves).await?;
                    }
                    let keys: Vec<DirtyBlock> = work.iter().map(|(key, _)| key.clone()).collect();
                    store::clear_dirty(tx, &keys).await
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
