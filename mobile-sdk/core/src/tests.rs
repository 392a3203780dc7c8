//! What a contributor would lose if it broke.

use std::{fs, path::Path, time::Duration};

use domain::{
    ByteCount, Hex, ItemId,
    record::{Failing, FailureCause, FixedMedium, Network, Protocol, TestOutcome},
    wire::v1::{BatchAnswer, BatchEnvelope, Client, ItemAnswer},
};
use uuid::Uuid;

use super::*;

mod folder;
mod queue;

pub(crate) fn at(seconds: u64) -> Now {
    let wall = jiff::Timestamp::from_second(1_790_000_000 + i64::try_from(seconds).unwrap()).unwrap();
    Now { wall, monotonic: Duration::from_secs(seconds) }
}

pub(crate) fn policy() -> Policy {
    Policy { durable: false, ..Policy::default() }
}

pub(crate) fn open(dir: &Path, policy: Policy, now: Now) -> Engine {
    Engine::open(dir, policy, Client { name: "test".into(), version: "1".into() }, 7, now).unwrap()
}

pub(crate) fn report(now: Now) -> DeadSpotInput {
    DeadSpotInput {
        at: now.wall,
        place: Place::Position(Position::from_degrees(51.4344, 6.7623, 10.0).unwrap()),
        failing: Failing::NoService,
        operator: "26201".parse().ok(),
        since: None,
        comment: None,
    }
}

fn speed_test(now: Now) -> SpeedTestInput {
    SpeedTestInput {
        at: now.wall,
        place: Place::Position(Position::from_degrees(51.4344, 6.7623, 10.0).unwrap()),
        network: Network::Fixed { medium: FixedMedium::Lan, access: None },
        outcome: TestOutcome::Failed(FailureCause::TimedOut),
        protocol: Protocol::Ndt7,
        bytes: ByteCount::from_bytes(1),
        plan_download: None,
    }
}

pub(crate) struct Fixture {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) engine: Engine,
}

impl Fixture {
    pub(crate) fn with(policy: Policy) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut engine = open(dir.path(), policy, at(0));
        engine.grant_consent(Consent::default()).unwrap();
        Self { dir, engine }
    }

    fn new() -> Self {
        Self::with(policy())
    }

    fn record(&mut self, now: Now) -> ItemId {
        self.engine.record_dead_spot(report(now), now).unwrap()
    }

    fn restart(self, now: Now) -> Self {
        let Self { dir, engine } = self;
        let policy = engine.queue.policy.clone();
        drop(engine);
        let engine = open(dir.path(), policy, now);
        Self { dir, engine }
    }

    fn upload(&mut self, now: Now) -> Upload {
        match self.engine.next_upload(now, Conditions::UNLIMITED) {
            UploadTask::Upload(upload) => upload,
            other => panic!("{other:?}"),
        }
    }

    fn next(&mut self, now: Now) -> UploadTask {
        self.engine.next_upload(now, Conditions::UNLIMITED)
    }

    fn answer(&mut self, upload: &Upload, status: u16, now: Now) {
        self.engine.report(upload.id, http(status, b""), now);
    }

    fn lost(&self, reason: LossReason) -> u64 {
        self.engine.stats(at(0)).lost.get(&reason).copied().unwrap_or(0)
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.dir.path().join(folder)) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

pub(crate) fn http(status: u16, body: &[u8]) -> UploadResult {
    UploadResult::Http { status, retry_after: None, body: body.to_vec() }
}

pub(crate) fn ids_of(upload: &Upload) -> Vec<Uuid> {
    let envelope: BatchEnvelope = serde_json::from_slice(&upload.body).unwrap();
    envelope.items.iter().map(|raw| domain::wire::v1::read_item(raw).unwrap().1.uuid()).collect()
}

pub(crate) fn answer_with(upload: &Upload, outcome: &str) -> UploadResult {
    let envelope: BatchEnvelope = serde_json::from_slice(&upload.body).unwrap();
    let item = |id| ItemAnswer {
        id: Some(id),
        outcome: outcome.to_owned(),
        reason: None,
        detail: None,
        points_rejected: std::collections::BTreeMap::new(),
    };
    let answer = BatchAnswer {
        batch_id: envelope.batch_id,
        items: ids_of(upload).into_iter().map(item).collect(),
        follow_up: None,
    };
    http(200, &serde_json::to_vec(&answer).unwrap())
}
