use std::sync::Arc;

use domain::NewEvidence;
use store::{Store, StoreError, Stored};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::JoinSet,
};
use tracing::{debug, warn};

use crate::{IngestError, follow_up::FollowUp};

/// Bounds of the group commit. Memory is at most `queued_jobs` batches beside those being written.
#[derive(Clone, Copy, Debug)]
pub struct WriterConfig {
    /// Batches that may wait; the next one is answered 503.
    pub queued_jobs: usize,
    /// Items after which a transaction is closed.
    pub items_per_tx: usize,
    /// Transactions at the same time: one parses in PostgreSQL while the other waits for the disk.
    pub lanes: usize,
}

impl Default for WriterConfig {
    fn default() -> Self {
        Self { queued_jobs: 512, items_per_tx: 2_000, lanes: 2 }
    }
}

struct Job {
    items: Vec<NewEvidence>,
    follow_up: Option<FollowUp>,
    answer: oneshot::Sender<Result<Vec<Stored>, IngestError>>,
}

/// The group-commit writer: items of many requests in one transaction, each caller answered after the commit.
///
/// No timer holds items back: while one transaction runs, the next group gathers behind it.
#[derive(Debug)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    lanes: JoinSet<()>,
}

/// The sending side; clones share one queue.
#[derive(Clone, Debug)]
pub struct WriterHandle {
    jobs: mpsc::WeakSender<Job>,
}

impl Writer {
    /// Starts the lanes.
    pub fn start(store: &Store, config: WriterConfig) -> Self {
        let (jobs, queue) = mpsc::channel(config.queued_jobs);
        let queue = Arc::new(Mutex::new(queue));
        let mut lanes = JoinSet::new();
        for _ in 0..config.lanes {
            lanes.spawn(lane(store.clone(), Arc::clone(&queue), config));
        }
        Self { jobs, lanes }
    }

    /// A handle for request handlers.
    pub fn handle(&self) -> WriterHandle {
        WriterHandle { jobs: self.jobs.downgrade() }
    }

    /// Takes no more, writes what waits, and returns when all of it is answered.
    pub async fn drain(self) {
        let Self { jobs, mut lanes } = self;
        drop(jobs);
        while lanes.join_next().await.is_some() {}
    }
}

impl WriterHandle {
    /// Commits `items` and says of each what became of it; nothing is kept on an error.
    pub(crate) async fn write(
        &self,
        items: Vec<NewEvidence>,
        follow_up: Option<FollowUp>,
    ) -> Result<Vec<Stored>, IngestError> {
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, outcome) = oneshot::channel();
        let jobs = self.jobs.upgrade().ok_or(IngestError::Stopping)?;
        jobs.try_send(Job { items, follow_up, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => IngestError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => IngestError::Stopping,
        })?;
        drop(jobs);
        outcome.await.unwrap_or(Err(IngestError::Stopping))
    }
}

async fn lane(store: Store, queue: Arc<Mutex<mpsc::Receiver<Job>>>, config: WriterConfig) {
    loop {
        let group = {
            let mut queue = queue.lock().await;
            let Some(first) = queue.recv().await else { return };
            let mut count = first.items.len();
            let mut group = vec![first];
            while count < config.items_per_tx {
                let Ok(job) = queue.try_recv() else { break };
                count += job.items.len();
                group.push(job);
            }
            group
        };
        commit(&store, group).await;
    }
}

async fn commit(store: &Store, group: Vec<Job>) {
    let lengths: Vec<usize> = group.iter().map(|job| job.items.len()).collect();
    let mut items = Vec::with_capacity(lengths.iter().sum());
    let mut answers = Vec::with_capacity(group.len());
    let mut follow_ups = Vec::with_capacity(group.len());
    for job in group {
        items.extend(job.items);
        follow_ups.push(job.follow_up);
        answers.push(job.answer);
    }
    let items: Arc<[NewEvidence]> = items.into();
    let follow_ups: Arc<[(usize, Option<FollowUp>)]> = lengths.iter().copied().zip(follow_ups).collect();
    metrics::histogram!("whitespot_ingest_group_items").record(items.len() as f64);
    let result = store
        .run_tx("ingest_batch", |tx| {
            let (items, follow_ups) = (Arc::clone(&items), Arc::clone(&follow_ups));
            Box::pin(async move {
                let stored = store::insert_evidence(tx, &items).await?;
                let mut rest = stored.as_slice();
                let mut rows = Vec::with_capacity(follow_ups.len());
                for (length, follow_up) in &*follow_ups {
                    let (mine, others) = rest.split_at(*length);
                    rows.extend(follow_up.as_ref().map(|follow_up| follow_up.row(mine)));
                    rest = others;
                }
                store::save_follow_ups(tx, &rows).await?;
                Ok(stored)
            })
        })
        .await;
    match result {
        Ok(mut stored) => {
            debug!(items.count = items.len(), jobs.count = answers.len(), "committed a group");
            for (answer, length) in answers.into_iter().zip(lengths) {
                let rest = stored.split_off(length);
                // A caller that hung up sends again and is told `duplicate`.
                let _ = answer.send(Ok(stored));
                stored = rest;
            }
        }
        Err(error) => fail(answers, error),
    }
}

fn fail(answers: Vec<oneshot::Sender<Result<Vec<Stored>, IngestError>>>, error: StoreError) {
    warn!(jobs.count = answers.len(), error = %error, "a group could not be committed, its callers keep their items");
    let error = Arc::new(error);
    for answer in answers {
        let _ = answer.send(Err(IngestError::Store(Arc::clone(&error))));
    }
}
