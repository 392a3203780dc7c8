//! Evidence of a made-up device.

use domain::{
    BitRate, ByteCount, CoveragePoint, CoverageTrack, DeadSpotReport, DevicePseudonym, Hex, HourStamp, ItemId, Loss,
    NewEvidence, Record, Resolution, Rtt, SignalDb, SignalDbm, SourceClass, SpeedTest, Technology,
    record::{AccessTechnology, Failing, FailureCause, FixedMedium, Network, Protocol, SpeedResult, TestOutcome},
};
use jiff::Timestamp;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn hex(lat: f64, lng: f64, resolution: Resolution) -> Hex {
    Hex::from_degrees(lat, lng, resolution).unwrap()
}

pub fn essen(resolution: Resolution) -> Hex {
    hex(51.45, 7.01, resolution)
}

pub fn evidence(record: Record) -> NewEvidence {
    NewEvidence {
        device: DevicePseudonym::from_bytes([7; 16]),
        other_years: std::collections::BTreeMap::new(),
        source: SourceClass::Simulated,
        campaign: Some("probewoche".parse().unwrap()),
        quarantine: None,
        content_hash: [1; 16],
        record,
    }
}

pub fn point(hex: Hex, when: &str) -> CoveragePoint {
    CoveragePoint {
        hex,
        hour: HourStamp::containing(at(when)),
        operator: "26201".parse().unwrap(),
        technology: Some(Technology::FourG),
        signal: Some(SignalDbm::from_dbm(-101).unwrap()),
        quality: Some(SignalDb::from_db(-12).unwrap()),
        sinr: None,
    }
}

pub fn track(points: Vec<CoveragePoint>) -> CoverageTrack {
    CoverageTrack { id: ItemId::random(), locked_to: None, points }
}

pub fn one_point_track() -> NewEvidence {
    evidence(Record::CoverageTrack(track(vec![point(essen(Hex::MOBILE), "2026-05-28T09:00:00Z")])))
}

pub fn speed_test() -> SpeedTest {
    SpeedTest {
        id: ItemId::random(),
        at: at("2026-05-28T09:31:00Z"),
        hex: essen(Hex::FIXED),
        network: Network::Fixed { medium: FixedMedium::Lan, access: Some(AccessTechnology::Dsl) },
        outcome: TestOutcome::Completed(SpeedResult {
            download: Some(BitRate::from_mbps(47)),
            upload: Some(BitRate::from_kbps(9_600)),
            idle_latency: Some(Rtt::from_millis(18)),
            loaded_latency: Some(Rtt::from_millis(140)),
            jitter: Some(Rtt::from_millis(2)),
            loss: Some(Loss::from_ppm(1_200).unwrap()),
        }),
        protocol: Protocol::Ndt7,
        bytes: ByteCount::from_megabytes(62),
        plan_download: Some(BitRate::from_mbps(50)),
    }
}

pub fn failed_mobile_test() -> SpeedTest {
    SpeedTest {
        id: ItemId::random(),
        hex: essen(Hex::MOBILE),
        network: Network::Mobile { operator: "26203".parse().unwrap(), technology: None, roaming: false },
        outcome: TestOutcome::Failed(FailureCause::NoConnection),
        bytes: ByteCount::from_bytes(0),
        plan_download: None,
        ..speed_test()
    }
}

pub fn dead_spot() -> DeadSpotReport {
    DeadSpotReport {
        id: ItemId::random(),
        at: at("2026-05-28T09:31:00Z"),
        hex: essen(Hex::MOBILE),
        failing: Failing::NoService,
        operator: Some("26202".parse().unwrap()),
        since: Some("2024-02-29".parse().unwrap()),
        comment: Some("Kein Netz im ganzen Tal.".parse().unwrap()),
    }
}
