//! Promise 1: exact positions stay on the phone.
//!
//! The SDK is handed positions; whatever leaves it, by the network or to the disk, is looked at as bytes.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::{path::Path, time::Duration};

use domain::{
    BitRate, ByteCount, Clock as _, Hex, ManualClock, Record, Resolution,
    record::{Failing, FixedMedium, Network, Protocol, SpeedResult, TestOutcome},
    wire::v1::{BatchEnvelope, Client, read_item},
};
use sdk_core::{
    Conditions, Consent, DeadSpotInput, Engine, HomeZone, Now, Place, Policy, Position, SpeedTestInput, TrackPoint,
    UploadTask,
};

/// A walk of 2 km to the north, a point every 20 m.
const START: (f64, f64) = (51.434_417, 6.762_329);
const STEP_LAT: f64 = 20.0 / 111_195.0;
const POINTS: u32 = 101;

fn clock() -> ManualClock {
    ManualClock::new("2026-05-19T12:00:00Z".parse().unwrap())
}

fn engine(dir: &Path, clock: &ManualClock) -> Engine {
    let client = Client { name: "test".to_owned(), version: "0".to_owned() };
    let policy = Policy { durable: false, ..Policy::default() };
    let mut engine = Engine::open(dir, policy, client, 7, Now::of(clock)).unwrap();
    engine.grant_consent(Consent::default()).unwrap();
    engine
}

fn at_step(step: u32) -> (f64, f64) {
    (START.0 + f64::from(step) * STEP_LAT, START.1)
}

fn position(step: u32) -> Position {
    let (lat, lng) = at_step(step);
    Position::from_degrees(lat, lng, 5.0).unwrap()
}

fn walk(engine: &mut Engine, clock: &ManualClock) {
    engine.start_track().unwrap();
    for step in 0..POINTS {
        clock.advance(Duration::from_secs(15));
        let point = TrackPoint {
            at: clock.now(),
            position: position(step),
            operator: "26201".parse().unwrap(),
            technology: None,
            signal: None,
            quality: None,
            sinr: None,
        };
        engine.track_point(point, Now::of(clock)).unwrap();
    }
    engine.finish_track(Now::of(clock)).unwrap();
}

fn test_and_report(engine: &mut Engine, clock: &ManualClock) {
    let test = SpeedTestInput {
        at: clock.now(),
        place: Place::Position(position(50)),
        network: Network::Fixed { medium: FixedMedium::Lan, access: None },
        outcome: TestOutcome::Completed(SpeedResult {
            download: Some(BitRate::from_mbps(50)),
            ..SpeedResult::default()
        }),
        protocol: Protocol::Ndt7,
        bytes: ByteCount::from_megabytes(40),
        plan_download: None,
    };
    engine.record_speed_test(test, Now::of(clock)).unwrap();
    let report = DeadSpotInput {
        at: clock.now(),
        place: Place::Position(position(50)),
        failing: Failing::NoService,
        operator: None,
        since: None,
        comment: None,
    };
    engine.record_dead_spot(report, Now::of(clock)).unwrap();
}

/// Every upload that the engine hands out, and the records that a server reads from them.
fn sent(engine: &mut Engine, clock: &ManualClock) -> (String, Vec<Record>) {
    let conditions = Conditions { online: true, metered: false, charging: true, battery_percent: None };
    let (mut bytes, mut records) = (String::new(), Vec::new());
    while let UploadTask::Upload(upload) = engine.next_upload(Now::of(clock), conditions) {
        let body = String::from_utf8(upload.body).unwrap();
        let batch: BatchEnvelope = serde_json::from_str(&body).unwrap();
        records.extend(batch.items.iter().map(|item| read_item(item).unwrap().0));
        bytes.push_str(&body);
    }
    assert!(!records.is_empty(), "nothing was sent");
    (bytes, records)
}

/// No coordinate of the walk, however cut, and no hexagon finer than resolution 10.
fn assert_no_position(text: &str) {
    for step in 0..POINTS {
        let (lat, lng) = at_step(step);
        for degrees in [lat, lng] {
            let written = format!("{degrees:.4}");
            assert!(!text.contains(&written), "holds {written}");
        }
        for resolution in [Resolution::Eleven, Resolution::Twelve, Resolution::Thirteen, Resolution::Fifteen] {
            let fine = Hex::from_degrees(lat, lng, resolution).unwrap().to_string();
            assert!(!text.contains(&fine), "holds a hexagon of resolution {resolution}");
        }
    }
}

fn everything_below(dir: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&everything_below(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        }
    }
    text
}

#[test]
fn what_the_sdk_sends_holds_no_position() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut engine = engine(dir.path(), &clock);
    walk(&mut engine, &clock);
    test_and_report(&mut engine, &clock);
    let (bytes, records) = sent(&mut engine, &clock);
    assert_no_position(&bytes);
    for record in &records {
        let finest = if matches!(record, Record::SpeedTest(_)) { Resolution::Nine } else { Resolution::Ten };
        assert!(record.hexes().all(|hex| hex.resolution() <= finest), "{record:?}");
    }
}

#[test]
fn what_the_sdk_writes_holds_no_position() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut engine = engine(dir.path(), &clock);
    walk(&mut engine, &clock);
    test_and_report(&mut engine, &clock);
    let written = everything_below(dir.path());
    assert!(written.contains("coverage_track"), "nothing was written");
    assert_no_position(&written);
    assert_no_position(&format!("{engine:?}"));
}

#[test]
fn both_ends_of_a_walk_stay_coarse() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut engine = engine(dir.path(), &clock);
    walk(&mut engine, &clock);
    let (_, records) = sent(&mut engine, &clock);
    let hexes: Vec<_> = records.iter().flat_map(Record::hexes).collect();
    assert_eq!(hexes.len(), usize::try_from(POINTS).unwrap());
    // A point every 20 m: the first and last 15 lie within 300 m of an end.
    let ends = hexes[..15].iter().chain(&hexes[hexes.len() - 15..]);
    assert!(ends.clone().all(|hex| hex.resolution() == Resolution::Eight), "{:?}", ends.collect::<Vec<_>>());
    // Nor may a fine hexagon of the middle reach back to where the walk began or ended.
    for step in [0, 1, 2, POINTS - 3, POINTS - 2, POINTS - 1] {
        let (lat, lng) = at_step(step);
        for resolution in [Resolution::Nine, Resolution::Ten] {
            let fine = Hex::from_degrees(lat, lng, resolution).unwrap();
            assert!(!hexes.contains(&fine), "an end is told to resolution {resolution}");
        }
    }
    assert!(hexes.iter().any(|hex| hex.resolution() == Resolution::Ten), "the middle of the walk is worth something");
}

#[test]
fn the_home_zone_stays_coarse() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut engine = engine(dir.path(), &clock);
    let (lat, lng) = at_step(50);
    engine.set_home_zone(Some(HomeZone::from_degrees(lat, lng, 250.0).unwrap()));
    walk(&mut engine, &clock);
    test_and_report(&mut engine, &clock);
    let (_, records) = sent(&mut engine, &clock);
    let home = [Resolution::Nine, Resolution::Ten].map(|resolution| Hex::from_degrees(lat, lng, resolution).unwrap());
    assert!(records.iter().flat_map(Record::hexes).all(|hex| !home.contains(&hex)));
}
