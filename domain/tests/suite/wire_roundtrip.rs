//! What a client records is what the server reads.

use domain::{
    BitRate, ByteCount, CoveragePoint, CoverageTrack, DeadSpotReport, Hex, HourStamp, ItemId, Loss, Record, Resolution,
    Rtt, SignalDb, SignalDbm, SpeedTest, Technology,
    record::{AccessTechnology, Failing, FailureCause, FixedMedium, Network, Protocol, SpeedResult, TestOutcome},
    wire::v1::{Item, read_item},
};
use jiff::Timestamp;
use proptest::{option, prelude::*, sample::select};

fn hexes(finest: Resolution) -> impl Strategy<Value = Hex> {
    let resolutions: Vec<_> = Resolution::range(Resolution::Eight, finest).collect();
    (50.0_f64..52.5, 6.0_f64..9.5, select(resolutions))
        .prop_map(|(lat, lng, resolution)| Hex::from_degrees(lat, lng, resolution).unwrap())
}

fn minutes() -> impl Strategy<Value = Timestamp> {
    (23_000_000_i64..30_000_000).prop_map(|minute| Timestamp::from_second(minute * 60).unwrap())
}

fn networks() -> impl Strategy<Value = Network> {
    let fixed = (select(FixedMedium::ALL), option::of(select(AccessTechnology::ALL)))
        .prop_map(|(medium, access)| Network::Fixed { medium, access });
    let mobile = ("26[0-9]{3}", option::of(select(Technology::ALL)), any::<bool>()).prop_map(
        |(operator, technology, roaming)| Network::Mobile { operator: operator.parse().unwrap(), technology, roaming },
    );
    prop_oneof![fixed, mobile]
}

fn outcomes() -> impl Strategy<Value = TestOutcome> {
    let rate = || option::of((0..=BitRate::MAX.as_bps()).prop_map(|bps| BitRate::from_bps(bps).unwrap()));
    let time = || option::of((1..600_000_000_u64).prop_map(|us| Rtt::from_micros(us).unwrap()));
    let loss = option::of((0..=1_000_000_u32).prop_map(|ppm| Loss::from_ppm(ppm).unwrap()));
    let completed = (rate(), rate(), time(), time(), time(), loss)
        .prop_map(|(download, upload, idle_latency, loaded_latency, jitter, loss)| SpeedResult {
            download,
            upload,
            idle_latency,
            loaded_latency,
            jitter,
            loss,
        })
        .prop_filter("one number at least", |result| *result != SpeedResult::default())
        .prop_map(TestOutcome::Completed);
    prop_oneof![completed, select(FailureCause::ALL).prop_map(TestOutcome::Failed)]
}

fn speed_tests() -> impl Strategy<Value = SpeedTest> {
    (minutes(), hexes(Hex::FIXED), networks(), outcomes(), select(Protocol::ALL), 0..=1_000_000_000_000_u64).prop_map(
        |(at, hex, network, outcome, protocol, bytes)| SpeedTest {
            id: ItemId::random(),
            at,
            hex,
            network,
            outcome,
            protocol,
            bytes: ByteCount::from_bytes(bytes),
            plan_download: None,
        },
    )
}

fn points() -> impl Strategy<Value = CoveragePoint> {
    (
        hexes(Hex::MOBILE),
        400_000..600_000_i32,
        "262[0-9]{2,3}",
        option::of(select(Technology::ALL)),
        option::of(-140_i16..-40),
        option::of(-20_i16..0),
        option::of(-20_i16..30),
    )
        .prop_map(|(hex, hour, operator, technology, signal, quality, sinr)| CoveragePoint {
            hex,
            hour: HourStamp::from_hours(hour).unwrap(),
            operator: operator.parse().unwrap(),
            technology,
            signal: signal.map(|dbm| SignalDbm::from_dbm(dbm).unwrap()),
            quality: quality.map(|db| SignalDb::from_db(db).unwrap()),
            sinr: sinr.map(|db| SignalDb::from_db(db).unwrap()),
        })
}

fn tracks() -> impl Strategy<Value = CoverageTrack> {
    (option::of(select(Technology::ALL)), proptest::collection::vec(points(), 1..=CoverageTrack::MAX_NETWORKS))
        .prop_map(|(locked_to, points)| CoverageTrack { id: ItemId::random(), locked_to, points })
}

fn reports() -> impl Strategy<Value = DeadSpotReport> {
    (minutes(), hexes(Hex::MOBILE), select(Failing::ALL), option::of("[a-zäöü][a-zäöü \n]{0,40}[a-z]")).prop_map(
        |(at, hex, failing, comment)| DeadSpotReport {
            id: ItemId::random(),
            at,
            hex,
            failing,
            operator: None,
            since: Some(jiff::civil::date(2025, 1, 31)),
            comment: comment.map(|text| text.parse().unwrap()),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_record_survives_the_wire(record in prop_oneof![
        speed_tests().prop_map(Record::SpeedTest),
        tracks().prop_map(Record::CoverageTrack),
        reports().prop_map(Record::DeadSpotReport),
    ]) {
        let sent = Item::from(&record);
        let raw = serde_json::value::to_raw_value(&sent).unwrap();
        let (read, normal, _) = read_item(&raw).unwrap();
        prop_assert_eq!(&read, &record);
        prop_assert_eq!(&normal, &sent, "what our own client sends is in normal form");
        prop_assert!(raw.get().contains(record.kind()));
    }
}
