//! What becomes of items on their way to the server.

use super::*;

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
