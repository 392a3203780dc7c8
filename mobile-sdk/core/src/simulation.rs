//! Random operations with crashes at any step of any write. The books must always balance.
//!
//! Fails when: an item that was recorded is in none, or in two, of {waiting, delivered, counted as lost};
//! an item is handed out while it is on its way; something undelivered is called delivered.
//! No failure: an item is delivered twice after a crash (the server answers `duplicate`).

use std::{collections::BTreeSet, time::Duration};

use domain::ByteCount;
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    Conditions, Consent, Engine, Now, Policy, Upload, UploadResult, UploadTask,
    tests::{answer_with, http, ids_of, open, report},
};

#[derive(Clone, Debug)]
enum Op {
    Record,
    /// The power goes after so many disk steps from here.
    PowerFailsIn(u32),
    Restart,
    NextUpload,
    Respond(Response),
    Advance(u32),
    RevokeConsent,
    GrantConsent,
}

#[derive(Clone, Debug)]
enum Response {
    Accepted,
    Duplicate,
    Rejected,
    Status(u16),
    NetworkFailure,
    Cancelled,
    /// The server took it; the answer got lost.
    TakenButUnheard,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => Just(Op::Record),
        1 => (0..12_u32).prop_map(Op::PowerFailsIn),
        1 => Just(Op::Restart),
        6 => Just(Op::NextUpload),
        6 => response().prop_map(Op::Respond),
        3 => prop_oneof![1..60_u32, 600..7_200_u32, 90_000..2_000_000_u32].prop_map(Op::Advance),
        1 => Just(Op::RevokeConsent),
        2 => Just(Op::GrantConsent),
    ]
}

fn response() -> impl Strategy<Value = Response> {
    prop_oneof![
        4 => Just(Response::Accepted),
        1 => Just(Response::Duplicate),
        1 => Just(Response::Rejected),
        3 => prop::sample::select(vec![302, 400, 404, 408, 409, 413, 422, 429, 500, 502, 503]).prop_map(Response::Status),
        1 => Just(Response::NetworkFailure),
        1 => Just(Response::Cancelled),
        1 => Just(Response::TakenButUnheard),
    ]
}

struct World {
    dir: tempfile::TempDir,
    engine: Engine,
    now: Now,
    /// `record` said yes, or said no in a power cut and the item turned up afterwards.
    recorded: BTreeSet<Uuid>,
    /// The engine was told, and has forgotten them.
    delivered: BTreeSet<Uuid>,
    /// What the server really has.
    server: BTreeSet<Uuid>,
    flights: Vec<Upload>,
}

fn policy() -> Policy {
    Policy {
        durable: false,
        max_items: 6,
        max_bytes: ByteCount::from_bytes(1_500),
        batch_items: 3,
        ..Policy::default()
    }
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = Now { wall: "2026-11-21T10:00:00Z".parse().unwrap(), monotonic: Duration::ZERO };
        let mut engine = open(dir.path(), policy(), now);
        engine.grant_consent(Consent::default()).unwrap();
        Self {
            dir,
            engine,
            now,
            recorded: BTreeSet::new(),
            delivered: BTreeSet::new(),
            server: BTreeSet::new(),
            flights: Vec::new(),
        }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Record => {
                if let Ok(id) = self.engine.record_dead_spot(report(self.now), self.now) {
                    self.recorded.insert(id.as_uuid());
                }
            }
            Op::PowerFailsIn(steps) => self.engine.queue.disk.power.set(Some(steps)),
            Op::Restart => self.restart(),
            Op::NextUpload => {
                if let UploadTask::Upload(upload) = self.engine.next_upload(self.now, Conditions::UNLIMITED) {
                    let under_way: BTreeSet<Uuid> = self.flights.iter().flat_map(ids_of).collect();
                    assert!(ids_of(&upload).iter().all(|id| !under_way.contains(id)), "handed out twice");
                    self.flights.push(upload);
                }
            }
            Op::Respond(response) => self.respond(&response),
            Op::Advance(seconds) => {
                let step = Duration::from_secs(u64::from(seconds));
                self.now.monotonic += step;
                self.now.wall += step;
                // Uploads that take longer than the timeout are free again.
                let expired = self.engine.queue.policy.in_flight_timeout;
                if step >= expired {
                    self.flights.clear();
                    let _ = self.engine.next_upload(self.now, Conditions { online: false, ..Conditions::UNLIMITED });
                }
            }
            Op::RevokeConsent => {
                let _ = self.engine.revoke_consent();
            }
            Op::GrantConsent => {
                let _ = self.engine.grant_consent(Consent::default());
            }
        }
        if self.engine.queue.disk.power.get() == Some(0) {
            self.restart();
        }
    }

    fn respond(&mut self, response: &Response) {
        if self.flights.is_empty() {
            return;
        }
        let upload = self.flights.remove(0);
        let ids = ids_of(&upload);
        let result = match response {
            Response::Accepted => answer_with(&upload, "accepted"),
            Response::Duplicate => answer_with(&upload, "duplicate"),
            Response::Rejected => answer_with(&upload, "rejected"),
            Response::Status(status) => http(*status, b""),
            Response::NetworkFailure | Response::TakenButUnheard => UploadResult::NetworkFailure,
            Response::Cancelled => UploadResult::Cancelled,
        };
        let taken = matches!(
            response,
            Response::Accepted | Response::Duplicate | Response::TakenButUnheard | Response::Status(409)
        );
        if taken {
            self.server.extend(&ids);
        }
        let known: BTreeSet<Uuid> = self.engine.pending_ids().collect();
        let delivered_before = self.engine.queue.state.delivered;
        self.engine.report(upload.id, result, self.now);
        if self.engine.queue.state.delivered > delivered_before {
            let left: BTreeSet<Uuid> = self.engine.pending_ids().collect();
            self.delivered.extend(ids.iter().filter(|id| known.contains(id) && !left.contains(id)));
        }
    }

    /// What is on disk is what counts.
    fn restart(&mut self) {
        self.engine = open(self.dir.path(), policy(), self.now);
        // The process is new, its monotonic clock need not be: a step back would only lengthen waits.
        self.flights.clear();
        let pending: BTreeSet<Uuid> = self.engine.pending_ids().collect();
        self.recorded.extend(&pending);
        // The power went before a delivered file was removed: it is sent again.
        self.delivered.retain(|id| !pending.contains(id));
    }

    fn check(&self) {
        let pending: Vec<Uuid> = self.engine.pending_ids().collect();
        let unique: BTreeSet<Uuid> = pending.iter().copied().collect();
        assert_eq!(pending.len(), unique.len(), "an item waits twice");
        assert!(unique.is_disjoint(&self.delivered), "delivered and waiting");
        assert!(self.delivered.is_subset(&self.server), "called delivered, but the server has it not");
        let lost: u64 = self.engine.stats(self.now).lost.values().sum();
        assert_eq!(
            self.recorded.len() as u64,
            unique.len() as u64 + self.delivered.len() as u64 + lost,
            "recorded = waiting + delivered + lost"
        );
    }
}

proptest! {
    // `PROPTEST_CASES=10000` for the long run.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_recorded_item_is_waiting_delivered_or_counted_as_lost(ops in prop::collection::vec(op(), 1..80)) {
        let mut world = World::new();
        for op in ops {
            world.apply(op);
            // Between a power cut and the restart the memory knows more than the disk.
            if world.engine.queue.disk.power.get().is_none() {
                world.check();
            }
        }
        world.restart();
        world.check();
    }
}
