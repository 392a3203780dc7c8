//! What a contributor would lose if it broke.

use std::{fs, path::Path, time::Duration};

use domain::{
    ByteCount, Hex, ItemId,
    record::{Failing, FailureCause, FixedMedium, Network, Protocol, TestOutcome},
    wire::v1::{BatchAnswer, BatchEnvelope, Client, ItemAnswer},
};
use uuid::Uuid;

use super::*;

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
    let answer = BatchAnswer { batch_id: envelope.batch_id, items: ids_of(upload).into_iter().map(item).collect() };
    http(200, &serde_json::to_vec(&answer).unwrap())
}

#[test]
fn nothing_is_written_without_consent() {
    let dir = tempfile::tempdir().unwrap();
    let mut engine = open(dir.path(), policy(), at(0));
    assert!(matches!(engine.record_dead_spot(report(at(0)), at(0)), Err(RecordError::ConsentRequired)));
    assert!(matches!(engine.record_speed_test(speed_test(at(0)), at(0)), Err(RecordError::ConsentRequired)));
    assert!(matches!(engine.start_track(), Err(RecordError::ConsentRequired)));
    engine.revoke_consent().unwrap();
    assert_eq!(engine.stats(at(0)).refused_without_consent, 3);
    drop(engine);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "not even a folder");
}

#[test]
fn no_file_holds_a_position_or_a_time_finer_than_promised() {
    let mut phone = Fixture::new();
    let now = at(61);
    phone.record(now);
    phone.engine.record_speed_test(speed_test(now), now).unwrap();
    for name in phone.files("pending") {
        let text = fs::read_to_string(phone.dir.path().join("pending").join(name)).unwrap();
        assert!(!text.contains("51.43") && !text.contains("6.76"), "{text}");
        let payload: serde_json::Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
        let hex: Hex = payload["hex"].as_str().unwrap().parse().unwrap();
        let finest = if payload["kind"] == "speed_test" { Hex::FIXED } else { Hex::MOBILE };
        assert_eq!(hex.resolution(), finest);
        assert!(payload["at"].as_str().unwrap().ends_with(":00Z"), "cut to the minute: {text}");
    }
}

#[test]
fn a_crash_between_write_and_rename_leaves_no_partial_item() {
    // A dead spot takes three steps: open, second half, rename.
    for step in 0..3 {
        let mut phone = Fixture::new();
        phone.engine.queue.disk.power.set(Some(step));
        assert!(matches!(phone.engine.record_dead_spot(report(at(0)), at(0)), Err(RecordError::Storage(_))));
        let mut phone = phone.restart(at(1));
        assert_eq!(phone.engine.stats(at(1)).pending, 0);
        assert!(phone.files("tmp").is_empty() && phone.files("pending").is_empty());
        assert_eq!(phone.next(at(1)), UploadTask::Done);
    }
}

#[test]
fn oldest_items_go_first_when_the_size_quota_is_hit() {
    let mut phone = Fixture::new();
    let first = phone.record(at(0)).as_uuid();
    let bytes = phone.engine.stats(at(0)).pending_bytes;
    phone.engine.queue.policy.max_bytes = ByteCount::from_bytes(bytes * 2 + 1);
    let (second, third) = (phone.record(at(1)).as_uuid(), phone.record(at(2)).as_uuid());
    assert_eq!(phone.engine.pending_ids().collect::<Vec<_>>(), [second, third]);
    assert_eq!(phone.lost(LossReason::Size), 1);
    assert!(!phone.files("pending").iter().any(|name| name.contains(&first.to_string())));
}

#[test]
fn size_quota_is_reported_when_both_quotas_are_hit() {
    let mut phone = Fixture::new();
    for second in 0..3 {
        phone.record(at(second));
    }
    let one = phone.engine.stats(at(3)).pending_bytes / 3;
    phone.engine.queue.policy.max_items = 1;
    phone.engine.queue.policy.max_bytes = ByteCount::from_bytes(one * 2);
    phone.engine.queue.enforce_quotas(at(3));
    assert_eq!((phone.lost(LossReason::Size), phone.lost(LossReason::Count)), (1, 1));
}

#[test]
fn items_too_old_for_the_server_are_dropped_and_counted() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    let later = at(61 * 24 * 3600);
    assert_eq!(phone.next(later), UploadTask::Done);
    assert_eq!(phone.lost(LossReason::Age), 1);
}

#[test]
fn deletion_requests_survive_every_quota() {
    let mut phone = Fixture::with(Policy { max_items: 0, max_bytes: ByteCount::from_bytes(0), ..policy() });
    phone.engine.request_deletion(at(0)).unwrap();
    phone.record(at(1));
    let mut phone = phone.restart(at(400 * 24 * 3600));
    let upload = phone.upload(at(400 * 24 * 3600));
    assert_eq!((upload.method, upload.path), (Method::Delete, "/v1/contributions"));
    phone.answer(&upload, 204, at(400 * 24 * 3600));
    assert_eq!(phone.next(at(400 * 24 * 3600)), UploadTask::Done);
}

#[test]
fn a_deletion_request_shows_the_old_secret_and_later_items_a_new_one() {
    let mut phone = Fixture::new();
    phone.engine.request_deletion(at(0)).unwrap();
    phone.record(at(0));
    let deletion = phone.upload(at(0));
    let old = serde_json::from_slice::<serde_json::Value>(&deletion.body).unwrap()["device_secret"].clone();
    phone.answer(&deletion, 200, at(0));
    let batch = phone.upload(at(0));
    let new = serde_json::from_slice::<serde_json::Value>(&batch.body).unwrap()["device_secret"].clone();
    assert_ne!(old, new);
    assert!(!format!("{deletion:?} {batch:?} {:?}", phone.engine).contains(new.as_str().unwrap()));
}

#[test]
fn a_deletion_never_overtakes_an_upload_of_the_same_device() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    let batch = phone.upload(at(0));
    phone.engine.request_deletion(at(1)).unwrap();
    assert_eq!(phone.next(at(1)), UploadTask::Done);
    phone.engine.report(batch.id, answer_with(&batch, "accepted"), at(2));
    assert_eq!(phone.upload(at(2)).method, Method::Delete);
}

#[test]
fn a_429_waits_for_retry_after_and_keeps_the_item() {
    let mut phone = Fixture::new();
    let id = phone.record(at(0)).as_uuid();
    let upload = phone.upload(at(0));
    let asked = Some(Duration::from_mins(5));
    phone.engine.report(upload.id, UploadResult::Http { status: 429, retry_after: asked, body: Vec::new() }, at(0));
    let UploadTask::Wait { at_most } = phone.next(at(0)) else { panic!("must wait") };
    assert!((300..=330).contains(&at_most.as_secs()), "{at_most:?}");
    assert!(matches!(phone.next(at(299)), UploadTask::Wait { .. }));
    assert_eq!(ids_of(&phone.upload(at(331))), [id]);
}

#[test]
fn a_poisoned_item_does_not_block_the_others() {
    let mut phone = Fixture::new();
    let poison = phone.record(at(0)).as_uuid();
    for second in 1..4 {
        phone.record(at(second));
    }
    let mut now = 10;
    for _ in 0..40 {
        now += 7200;
        if let UploadTask::Upload(upload) = phone.next(at(now)) {
            let result =
                if ids_of(&upload).contains(&poison) { http(500, b"") } else { answer_with(&upload, "accepted") };
            phone.engine.report(upload.id, result, at(now));
        }
    }
    assert_eq!(phone.engine.pending_ids().collect::<Vec<_>>(), [poison]);
    assert_eq!(phone.engine.stats(at(now)).wedged, 1);
    let mut phone = phone.restart(at(now));
    assert_eq!(ids_of(&phone.upload(at(now))), [poison], "a restart gives it another chance");
}

#[test]
fn a_refused_item_is_put_aside_without_its_companions() {
    let mut phone = Fixture::new();
    let bad = phone.record(at(0)).as_uuid();
    phone.record(at(1));
    for _ in 0..5 {
        if let UploadTask::Upload(upload) = phone.next(at(2)) {
            let result = if ids_of(&upload).contains(&bad) { http(422, b"") } else { answer_with(&upload, "accepted") };
            phone.engine.report(upload.id, result, at(2));
        }
    }
    let stats = phone.engine.stats(at(2));
    assert_eq!((stats.pending, stats.delivered, phone.lost(LossReason::Refused)), (0, 1, 1));
    assert!(phone.files("quarantine")[0].contains(&bad.to_string()));
}

#[test]
fn a_wrong_address_deletes_nothing() {
    for status in [301, 401, 403, 404, 405] {
        let mut phone = Fixture::new();
        phone.record(at(0));
        for round in 0..5 {
            if let UploadTask::Upload(upload) = phone.next(at(round * 7200)) {
                phone.answer(&upload, status, at(round * 7200));
            }
        }
        assert_eq!((phone.engine.stats(at(0)).pending, phone.engine.stats(at(0)).wedged), (1, 0), "{status}");
    }
}

#[test]
fn a_login_page_that_answers_200_is_no_delivery() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    let upload = phone.upload(at(0));
    phone.engine.report(upload.id, http(200, b"<html>Welcome to the hotel</html>"), at(0));
    assert_eq!((phone.engine.stats(at(0)).pending, phone.engine.stats(at(0)).delivered), (1, 0));
}

#[test]
fn a_batch_too_large_is_halved_until_it_fits() {
    let mut phone = Fixture::new();
    for second in 0..8 {
        phone.record(at(second));
    }
    let mut sizes = Vec::new();
    while let UploadTask::Upload(upload) = phone.next(at(10)) {
        sizes.push(upload.items);
        let result = if upload.items > 3 { http(413, b"") } else { answer_with(&upload, "accepted") };
        phone.engine.report(upload.id, result, at(10));
    }
    assert_eq!(sizes, [8, 4, 2, 2, 2, 2]);
    assert_eq!(phone.engine.stats(at(10)).delivered, 8);
}

#[test]
fn an_item_too_large_even_alone_is_counted_as_lost() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    let upload = phone.upload(at(0));
    phone.answer(&upload, 413, at(0));
    assert_eq!((phone.next(at(1)), phone.lost(LossReason::TooLarge)), (UploadTask::Done, 1));
}

#[test]
fn the_same_item_is_never_handed_out_twice() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    let upload = phone.upload(at(0));
    assert_eq!(phone.next(at(1)), UploadTask::Done);
    // Nobody reported: after ten minutes it is free again, and the late report changes nothing.
    let again = phone.upload(at(600));
    assert_eq!(ids_of(&again), ids_of(&upload));
    phone.engine.report(upload.id, answer_with(&upload, "accepted"), at(601));
    assert_eq!(phone.engine.stats(at(601)).in_flight, 1);
    phone.engine.report(again.id, answer_with(&again, "duplicate"), at(602));
    assert_eq!((phone.engine.stats(at(602)).pending, phone.engine.stats(at(602)).delivered), (0, 1));
}

#[test]
fn a_window_ends_after_three_recoverable_failures() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    for round in 0..3 {
        let upload = phone.upload(at(round * 3600));
        phone.engine.report(upload.id, UploadResult::NetworkFailure, at(round * 3600));
    }
    assert_eq!(phone.next(at(4 * 3600)), UploadTask::Done);
    assert_eq!(phone.upload(at(4 * 3600)).items, 1, "the next window tries again");
}

#[test]
fn each_answer_of_a_batch_has_its_own_outcome() {
    for (outcome, reason) in [
        ("accepted", None),
        ("quarantined", None),
        ("duplicate", None),
        ("conflict", Some(LossReason::Conflict)),
        ("rejected", Some(LossReason::Rejected)),
    ] {
        let mut phone = Fixture::new();
        phone.record(at(0));
        let upload = phone.upload(at(0));
        phone.engine.report(upload.id, answer_with(&upload, outcome), at(0));
        let stats = phone.engine.stats(at(0));
        assert_eq!(stats.pending, 0, "{outcome}");
        assert_eq!(stats.delivered, u64::from(reason.is_none()), "{outcome}");
        assert_eq!(stats.lost.keys().next().copied(), reason, "{outcome}");
    }
}

#[test]
fn withdrawn_consent_clears_all_but_the_deletion_and_outlives_a_crash() {
    let mut phone = Fixture::new();
    for second in 0..3 {
        phone.record(at(second));
    }
    phone.engine.request_deletion(at(3)).unwrap();
    // The power goes right after the withdrawal has been saved.
    phone.engine.queue.disk.power.set(Some(4));
    let _ = phone.engine.revoke_consent();
    let mut phone = phone.restart(at(5));
    assert!(phone.engine.consent().is_none());
    assert_eq!(phone.engine.stats(at(5)).pending, 0);
    assert_eq!(phone.lost(LossReason::ConsentWithdrawn), 3);
    assert_eq!(phone.upload(at(5)).method, Method::Delete);
}

#[test]
fn metered_connections_need_the_campaign_and_the_contributor_to_agree() {
    let metered = Conditions { metered: true, ..Conditions::UNLIMITED };
    let campaign = "messwoche-nrw-2026".parse().ok();
    for (allowed, agreed, given, travels) in
        [(true, true, true, true), (true, true, false, false), (true, false, true, false), (false, true, true, false)]
    {
        let mut phone = Fixture::with(Policy { metered_campaigns: allowed, ..policy() });
        let campaign = if given { campaign.clone() } else { None };
        phone.engine.grant_consent(Consent { campaign, metered_uploads: agreed }).unwrap();
        phone.record(at(0));
        let task = phone.engine.next_upload(at(0), metered);
        assert_eq!(matches!(task, UploadTask::Upload(_)), travels, "{allowed} {agreed} {given}");
    }
}

#[test]
fn an_empty_battery_or_no_network_lets_items_wait() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    for conditions in [
        Conditions { online: false, ..Conditions::UNLIMITED },
        Conditions { charging: false, battery_percent: Some(14), ..Conditions::UNLIMITED },
    ] {
        assert_eq!(phone.engine.next_upload(at(0), conditions), UploadTask::Done);
    }
}

#[test]
fn campaign_items_go_before_everyday_ones_and_batches_hold_one_campaign() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    for campaign in ["a", "b"] {
        phone.engine.grant_consent(Consent { campaign: campaign.parse().ok(), metered_uploads: false }).unwrap();
        phone.record(at(1));
    }
    let mut order = Vec::new();
    while let UploadTask::Upload(upload) = phone.next(at(2)) {
        let batch: serde_json::Value = serde_json::from_slice(&upload.body).unwrap();
        order.push(batch["campaign"].as_str().map(str::to_owned));
        phone.engine.report(upload.id, answer_with(&upload, "accepted"), at(2));
    }
    assert_eq!(order, [Some("a".to_owned()), Some("b".to_owned()), None]);
}

#[test]
fn a_damaged_file_is_put_aside_and_counted_and_the_rest_goes_on() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    phone.record(at(1));
    let victim = phone.dir.path().join("pending").join(&phone.files("pending")[0]);
    let whole = fs::read(&victim).unwrap();
    fs::write(&victim, &whole[..whole.len() / 2]).unwrap();
    let phone = phone.restart(at(2));
    assert_eq!((phone.engine.stats(at(2)).pending, phone.lost(LossReason::Unreadable)), (1, 1));
    assert_eq!(phone.files("quarantine").len(), 1);
    let phone = phone.restart(at(3));
    assert_eq!(phone.lost(LossReason::Unreadable), 1, "counted once");
}

#[test]
fn files_of_a_newer_sdk_are_left_alone() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    let file = phone.dir.path().join("pending").join(&phone.files("pending")[0]);
    let newer = fs::read_to_string(&file).unwrap().replace("\"format\":1", "\"format\":9");
    fs::write(&file, &newer).unwrap();
    let phone = phone.restart(at(1));
    assert_eq!((phone.engine.stats(at(1)).newer_files, phone.engine.stats(at(1)).pending), (1, 0));
    assert_eq!(fs::read_to_string(&file).unwrap(), newer);
}

#[test]
fn a_folder_of_a_newer_sdk_is_refused_with_what_to_do() {
    let phone = Fixture::new();
    let state = phone.dir.path().join("state.json");
    let newer = fs::read_to_string(&state).unwrap().replace("\"format\":1", "\"format\":9");
    fs::write(&state, newer).unwrap();
    let client = Client { name: "test".into(), version: "1".into() };
    let error = Engine::open(phone.dir.path(), policy(), client, 7, at(0)).unwrap_err();
    assert!(error.to_string().contains("update the app"), "{error}");
}

#[test]
fn a_damaged_state_keeps_the_items_and_asks_for_consent_again() {
    let mut phone = Fixture::new();
    phone.record(at(0));
    fs::write(phone.dir.path().join("state.json"), b"{\"format\":1,").unwrap();
    let mut phone = phone.restart(at(1));
    assert!(phone.engine.consent().is_none());
    assert_eq!(phone.next(at(1)), UploadTask::Done, "nothing is sent without consent");
    phone.engine.grant_consent(Consent::default()).unwrap();
    assert_eq!(phone.upload(at(1)).items, 1);
}

#[test]
fn version_1_files_are_still_read() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1");
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("pending")).unwrap();
    fs::copy(golden.join("state.json"), dir.path().join("state.json")).unwrap();
    for entry in fs::read_dir(golden.join("pending")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), dir.path().join("pending").join(entry.file_name())).unwrap();
    }
    let mut engine = open(dir.path(), policy(), at(0));
    engine.grant_consent(engine.consent().unwrap().clone()).unwrap();
    let stats = engine.stats(at(0));
    assert_eq!((stats.pending, stats.delivered, stats.newer_files), (3, 12, 0), "{stats:?}");
    assert_eq!(stats.lost, [(LossReason::Count, 2)].into());
    let mut kinds = Vec::new();
    while let UploadTask::Upload(upload) = engine.next_upload(at(0), Conditions::UNLIMITED) {
        if upload.method == Method::Post {
            let batch: serde_json::Value = serde_json::from_slice(&upload.body).unwrap();
            kinds.extend(
                batch["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap().to_owned()),
            );
            engine.report(upload.id, answer_with(&upload, "accepted"), at(0));
        } else {
            engine.report(upload.id, http(204, b""), at(0));
            kinds.push("deletion".to_owned());
        }
    }
    assert_eq!(kinds, ["deletion", "coverage_track", "dead_spot_report", "speed_test"]);
}

#[test]
fn a_track_arrives_as_hexagons_by_the_hour() {
    let mut phone = Fixture::new();
    phone.engine.start_track().unwrap();
    for step in 0..2_500_u32 {
        let now = at(u64::from(step) * 10);
        let point = TrackPoint {
            at: now.wall,
            position: Position::from_degrees(51.4344 + f64::from(step) * 0.0004, 6.7623, 10.0).unwrap(),
            operator: "26201".parse().unwrap(),
            technology: None,
            signal: None,
            quality: None,
            sinr: None,
        };
        phone.engine.track_point(point, now).unwrap();
    }
    assert_eq!(phone.engine.stats(at(0)).pending, 2, "full pieces are stored on the way");
    phone.engine.finish_track(at(25_000)).unwrap();
    let mut points = 0;
    while let UploadTask::Upload(upload) = phone.next(at(25_000)) {
        let batch: serde_json::Value = serde_json::from_slice(&upload.body).unwrap();
        for item in batch["items"].as_array().unwrap() {
            points += item["hex"].as_array().unwrap().len();
        }
        phone.engine.report(upload.id, answer_with(&upload, "accepted"), at(25_000));
    }
    assert_eq!(points, 2_500, "no point is lost between the pieces");
}

#[test]
fn a_full_disk_is_told_and_nothing_is_half_recorded() {
    let mut phone = Fixture::new();
    phone.engine.queue.disk.power.set(Some(1));
    let error = phone.engine.record_dead_spot(report(at(0)), at(0)).unwrap_err();
    assert!(error.to_string().contains("Free some space"), "{error}");
    phone.engine.queue.disk.power.set(None);
    assert_eq!(phone.engine.stats(at(0)).pending, 0);
    phone.record(at(1));
    assert_eq!(phone.engine.stats(at(1)).pending, 1);
}
