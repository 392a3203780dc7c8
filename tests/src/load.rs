//! Contributors who send without a break, and remember what they were told.

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use domain::wire::v1::{Batch, BatchAnswer, Item};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{interval, timeout},
};

use crate::{Contributor, Server, http};

/// One request may take as long as the server lets it.
const REQUEST: Duration = Duration::from_secs(70);
/// Between two tries of the same batch; a phone waits longer.
const AGAIN: Duration = Duration::from_millis(20);

/// What became of one request.
#[derive(Clone, Debug)]
pub enum Sent {
    /// 200: acknowledged, item by item.
    Acknowledged(BatchAnswer),
    /// 503 with `Retry-After`: the client keeps its items and comes again.
    Later,
    /// No answer: the connection broke, and nobody knows.
    Unknown,
}

/// Sends a batch once.
///
/// # Panics
/// On any answer that a client must not get while it sends valid items: other statuses, and 503 without `Retry-After`.
pub async fn send_once(address: &str, batch: &Batch) -> Sent {
    let request = http().post(format!("http://{address}/v1/batches")).json(batch).timeout(REQUEST);
    let Ok(answer) = request.send().await else { return Sent::Unknown };
    match answer.status().as_u16() {
        200 => answer.json().await.map_or(Sent::Unknown, Sent::Acknowledged),
        503 => {
            let waits = answer.headers().contains_key("retry-after");
            assert!(waits, "503 without Retry-After: {:?}", answer.text().await);
            Sent::Later
        }
        status => panic!("{status} to a valid batch: {:?}", answer.text().await),
    }
}

/// The outcome that all items of a batch share: they are committed together, so there is no half.
///
/// # Panics
/// If they differ, or an item was refused.
#[track_caller]
pub fn outcome(batch: &Batch, answer: &BatchAnswer) -> String {
    assert_eq!(answer.items.len(), batch.items.len(), "one answer an item");
    let first = answer.items.first().expect("a batch of the load has items").outcome.clone();
    assert!(answer.items.iter().all(|item| item.outcome == first), "half of a batch was kept: {answer:?}");
    assert!(first == "accepted" || first == "duplicate", "{answer:?}");
    first
}

/// Everything that was sent.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Answered with 200, in the order of the answers.
    pub acknowledged: Vec<Batch>,
    /// Never answered: kept or not, but whole.
    pub open: Vec<Batch>,
    /// Requests without an answer or answered 503.
    pub refused: u64,
}

/// Contributors at work.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    acknowledged: watch::Receiver<usize>,
    senders: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    address: RwLock<String>,
    ledger: Mutex<Ledger>,
    count: watch::Sender<usize>,
    stop: watch::Sender<bool>,
}

impl Load {
    /// Starts `contributors` devices that send batches of what `make` makes, one after the other.
    pub fn start(server: &Server, contributors: usize, make: fn() -> Vec<Item>) -> Self {
        let (count, acknowledged) = watch::channel(0);
        let shared = Arc::new(Shared {
            address: RwLock::new(server.address().to_owned()),
            ledger: Mutex::default(),
            count,
            stop: watch::channel(false).0,
        });
        let mut senders = JoinSet::new();
        for _ in 0..contributors {
            senders.spawn(sender(Arc::clone(&shared), make));
        }
        Self { shared, acknowledged, senders }
    }

    /// The server has another address now.
    pub fn moved_to(&self, server: &Server) {
        server.address().clone_into(&mut self.shared.address.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns once `more` further batches were acknowledged.
    ///
    /// # Panics
    /// If that takes longer than `patience`, or a contributor saw what it must not see.
    pub async fn wait_for(&mut self, more: usize, patience: Duration) {
        let wanted = *self.acknowledged.borrow() + more;
        let wait = self.acknowledged.wait_for(|count| *count >= wanted);
        let waited = tokio::select! {
            waited = timeout(patience, wait) => waited.map(drop),
            ended = self.senders.join_next() => panic!("a contributor ended: {ended:?}"),
        };
        assert!(waited.is_ok(), "not {more} more acknowledged batches within {patience:?}");
    }

    /// Requests until now that were answered 503 or not at all.
    pub fn refused(&self) -> u64 {
        self.shared.ledger().refused
    }

    /// Ends the load after the requests under way; hands over what was sent.
    pub async fn stop(mut self) -> Ledger {
        self.shared.stop.send_replace(true);
        while let Some(ended) = self.senders.join_next().await {
            ended.unwrap_or_else(|e| panic!("a contributor failed: {e}"));
        }
        std::mem::take(&mut *self.shared.ledger())
    }
}

impl Shared {
    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn sender(shared: Arc<Shared>, make: fn() -> Vec<Item>) {
    let stop = shared.stop.subscribe();
    let mut again = interval(AGAIN);
    while !*stop.borrow() {
        // A device each: what one device may send is not what is measured here.
        let batch = Contributor::new().batch(make());
        let mut tries = 0;
        loop {
            let address = shared.address.read().unwrap_or_else(PoisonError::into_inner).clone();
            tries += 1;
            if let Sent::Acknowledged(answer) = send_once(&address, &batch).await {
                let outcome = outcome(&batch, &answer);
                assert!(tries > 1 || outcome == "accepted", "sent once and already there: {answer:?}");
                shared.ledger().acknowledged.push(batch);
                shared.count.send_modify(|count| *count += 1);
                break;
            }
            shared.ledger().refused += 1;
            if *stop.borrow() {
                shared.ledger().open.push(batch);
                break;
            }
            again.tick().await;
        }
    }
}
