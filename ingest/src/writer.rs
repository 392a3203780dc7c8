use std::{sync::Arc, time::Duration};

use domain::{CoveragePoint, NewEvidence, Record};
use store::{Store, StoreError, Stored};
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};
use tracing::{debug, warn};

use crate::{IngestError, follow_up::FollowUp};

/// Bounds of the group commit.
#[derive(Clone, Copy, Debug)]
pub struct WriterConfig {
    /// Batches that may wait; the next one is answered 503.
    pub queued_jobs: usize,
    /// Memory of the items that wait or are being written, KiB; a batch beyond it is answered 503.
    pub held_kib: u32,
    /// Items after which a transaction is closed.
    pub items_per_tx: usize,
    /// Memory of its items after which a transaction is closed, KiB.
    pub kib_per_tx: u32,
    /// Transactions at the same time: one parses in PostgreSQL while the other waits for the disk.
    pub lanes: usize,
    /// How long a caller waits for a database that does not answer. Its items may still be written later: then it
    /// sends again and is told `duplicate`.
    pub patience: Duration,
}

impl Default for WriterConfig {
    fn default() -> Self {
        Self {
            queued_jobs: 512,
            held_kib: 48 << 10,
            items_per_tx: 2_000,
            kib_per_tx: 8 << 10,
            lanes: 2,
            patience: Duration::from_secs(10),
        }
    }
}

struct Job {
    items: Vec<NewEvidence>,
    follow_up: Option<FollowUp>,
    answer: oneshot::Sender<Result<Vec<Stored>, IngestError>>,
    /// Given back when the items are written or dropped, not when the caller loses patience.
    held: OwnedSemaphorePermit,
}

/// The group-commit writer: items of many requests in one transaction, each caller answered after the commit.
///
/// No timer holds items back: while one transaction runs, the next group gathers behind it.
#[derive(Debug)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    memory: Memory,
    patience: Duration,
    lanes: JoinSet<()>,
}

/// The sending side; clones share one queue.
#[derive(Clone, Debug)]
pub struct WriterHandle {
    jobs: mpsc::WeakSender<Job>,
    memory: Memory,
    patience: Duration,
}

/// What all waiting items may take, in KiB.
#[derive(Clone, Debug)]
struct Memory {
    free: Arc<Semaphore>,
    all: u32,
}

impl Memory {
    fn new(all: u32) -> Self {
        Self { free: Arc::new(Semaphore::new(all as usize)), all }
    }

    fn take(&self, items: &[NewEvidence]) -> Option<OwnedSemaphorePermit> {
        // One batch that is larger than all of it passes when it is alone.
        let wanted = kib(items).min(self.all);
        Arc::clone(&self.free).try_acquire_many_owned(wanted).ok()
    }
}

fn kib(items: &[NewEvidence]) -> u32 {
    let points = |item: &NewEvidence| match &item.record {
        Record::CoverageTrack(track) => track.points.len(),
        Record::SpeedTest(_) | Record::DeadSpotReport(_) => 0,
    };
    let bytes = size_of_val(items) + items.iter().map(points).sum::<usize>() * size_of::<CoveragePoint>();
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
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
        Self { jobs, memory: Memory::new(config.held_kib), patience: config.patience, lanes }
    }

    /// A handle for request handlers.
    pub fn handle(&self) -> WriterHandle {
        WriterHandle { jobs: self.jobs.downgrade(), memory: self.memory.clone(), patience: self.patience }
    }

    /// Takes no more, writes what waits, and returns when all of it is answered.
    pub async fn drain(self) {
        let Self { jobs, mut lanes, .. } = self;
        drop(jobs);
        while lanes.join_next().await.is_some() {}
    }
}

impl WriterHandle {
    /// Commits `items` and says of each what became of it. On an error the caller sends them again.
    pub async fn write(&self, items: Vec<NewEvidence>) -> Result<Vec<Stored>, IngestError> {
        self.write_followed(items, None).await
    }

    /// The same, with what the holder of a code will be shown.
    pub(crate) async fn write_followed(
        &self,
        items: Vec<NewEvidence>,
        follow_up: Option<FollowUp>,
    ) -> Result<Vec<Stored>, IngestError> {
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, outcome) = oneshot::channel();
        let jobs = self.jobs.upgrade().ok_or(IngestError::Stopping)?;
        let held = self.memory.take(&items).ok_or(IngestError::Overloaded)?;
        jobs.try_send(Job { items, follow_up, answer, held }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => IngestError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => IngestError::Stopping,
        })?;
        drop(jobs);
        match timeout(self.patience, outcome).await {
            Ok(answered) => answered.unwrap_or(Err(IngestError::Stopping)),
            Err(_) => Err(IngestError::Overloaded),
        }
    }
}

async fn lane(store: Store, queue: Arc<Mutex<mpsc::Receiver<Job>>>, config: WriterConfig) {
    while let Some(group) = next_group(&queue, config).await {
        for job in commit(&store, group).await {
            commit(&store, vec![job]).await;
        }
    }
}

/// All that waits, up to the bounds; `None` once the writer takes no more and nothing waits.
async fn next_group(queue: &Mutex<mpsc::Receiver<Job>>, config: WriterConfig) -> Option<Vec<Job>> {
    let mut queue = queue.lock().await;
    let (mut items, mut kib, mut group) = (0, 0, Vec::new());
    loop {
        let job = match queue.try_recv() {
            Ok(job) => job,
            Err(_) if group.is_empty() => queue.recv().await?,
            Err(_) => return Some(group),
        };
        // Its caller lost patience or hung up, and will send again.
        if job.answer.is_closed() {
            metrics::counter!("whitespot_ingest_abandoned_total").increment(1);
            continue;
        }
        items += job.items.len();
        kib += job.held.num_permits();
        group.push(job);
        if items >= config.items_per_tx || kib >= config.kib_per_tx as usize {
            return Some(group);
        }
    }
}

/// Commits all of it or nothing. What is given back is to be tried job by job: one of them cannot be stored, and the others
/// must not wait for it.
async fn commit(store: &Store, group: Vec<Job>) -> Vec<Job> {
    let lengths: Vec<usize> = group.iter().map(|job| job.items.len()).collect();
    let mut items = Vec::with_capacity(lengths.iter().sum());
    let mut answers = Vec::with_capacity(group.len());
    let mut follow_ups = Vec::with_capacity(group.len());
    let mut held = Vec::with_capacity(group.len());
    for job in group {
        items.extend(job.items);
        follow_ups.push(job.follow_up);
        answers.push(job.answer);
        held.push(job.held);
    }
    let items = Arc::new(items);
    let follow_ups: Arc<Vec<(usize, Option<FollowUp>)>> = Arc::new(lengths.iter().copied().zip(follow_ups).collect());
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
                    rows.extend(follow_up.as_ref().and_then(|follow_up| follow_up.row(mine)));
                    rest = others;
                }
                store::save_follow_ups(tx, &rows).await?;
                Ok(stored)
            })
        })
        .await;
    match result {
        Ok(stored) => {
            debug!(items.count = items.len(), jobs.count = answers.len(), "committed a group");
            let mut stored = stored.into_iter();
            for (answer, length) in answers.into_iter().zip(lengths) {
                // A caller that hung up sends again and is told `duplicate`.
                let _ = answer.send(Ok(stored.by_ref().take(length).collect()));
            }
        }
        Err(StoreError::Refused(_)) if answers.len() > 1 => {
            let (items, follow_ups) = (Arc::into_inner(items), Arc::into_inner(follow_ups));
            let mut items = items.unwrap_or_default().into_iter();
            let jobs = follow_ups.unwrap_or_default().into_iter().zip(answers).zip(held);
            let job = |(((length, follow_up), answer), held)| {
                let items = items.by_ref().take(length).collect();
                Job { items, follow_up, answer, held }
            };
            return jobs.map(job).collect();
        }
        Err(error) => fail(answers, error),
    }
    drop(held);
    Vec::new()
}

fn fail(answers: Vec<oneshot::Sender<Result<Vec<Stored>, IngestError>>>, error: StoreError) {
    // Its callers are told, and judge their items again.
    if !matches!(error, StoreError::Forgotten { .. }) {
        warn!(jobs.count = answers.len(), error = %error, "a group could not be committed, its callers keep their items");
    }
    let error = Arc::new(error);
    for answer in answers {
        let _ = answer.send(Err(IngestError::Store(Arc::clone(&error))));
    }
}
