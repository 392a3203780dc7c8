//! A contributor who sends what a test wants sent.

use domain::{
    BatchId, DeviceSecret, Hex, ItemId, Operator, Technology,
    wire::v1::{Batch, BatchAnswer, Client, CoverageTrack, Item},
};
use jiff::Timestamp;

use crate::{Server, http};

/// One device with its secret.
#[derive(Clone, Debug)]
pub struct Contributor {
    secret: DeviceSecret,
}

impl Default for Contributor {
    fn default() -> Self {
        Self::new()
    }
}

impl Contributor {
    /// A new device.
    pub fn new() -> Self {
        Self { secret: DeviceSecret::random() }
    }

    /// A batch of this device.
    pub fn batch(&self, items: Vec<Item>) -> Batch {
        Batch {
            batch_id: BatchId::random(),
            device_secret: self.secret.to_wire(),
            sent_at: Timestamp::UNIX_EPOCH,
            campaign: None,
            client: Client { name: "e2e".into(), version: "0".into() },
            items,
        }
    }

    /// Sends items and reads the answer.
    ///
    /// # Panics
    /// Unless the server takes the batch.
    pub async fn send(&self, server: &Server, items: Vec<Item>) -> BatchAnswer {
        post(server, &self.batch(items)).await
    }
}

/// Posts a batch.
///
/// # Panics
/// Unless the server takes it.
pub async fn post(server: &Server, batch: &Batch) -> BatchAnswer {
    let answer = http().post(server.url("/v1/batches")).json(batch).send().await;
    let answer = answer.unwrap_or_else(|e| panic!("POST /v1/batches: {e}"));
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    assert_eq!(status.as_u16(), 200, "POST /v1/batches: {text}");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("no batch answer ({e}): {text}"))
}

/// A track of one operator in one hour: what was seen in each hexagon.
pub fn track(operator: &str, hour: i32, seen: &[(Hex, Option<Technology>)]) -> Item {
    let operator: Operator = operator.parse().unwrap_or_else(|e| panic!("{e}"));
    Item::CoverageTrack(CoverageTrack {
        id: ItemId::random().as_uuid(),
        locked_to: None,
        hex: seen.iter().map(|(hex, _)| hex.to_string()).collect(),
        hour: vec![hour; seen.len()],
        operator: vec![operator.to_string(); seen.len()],
        technology: seen.iter().map(|&(_, technology)| technology.map(Into::into)).collect(),
        signal_dbm: seen.iter().map(|(_, technology)| technology.map(|_| -95)).collect(),
        rsrq_db: Vec::new(),
        sinr_db: Vec::new(),
    })
}
