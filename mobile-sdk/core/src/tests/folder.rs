//! What the folder holds, and for whom.

use super::*;

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
