use domain::{
    AreaKey, CoveragePoint, CoverageTrack, DeadSpotReport, Hex, ItemId, ManualClock, Operator, record::Failing,
};

use super::*;

fn home() -> Hex {
    Hex::from_degrees(51.45, 7.01, Hex::MOBILE).unwrap()
}

fn elsewhere() -> Hex {
    Hex::from_degrees(48.1, 11.6, Hex::MOBILE).unwrap()
}

fn now() -> Timestamp {
    "2026-06-10T12:00:00Z".parse().unwrap()
}

fn validator() -> Validator {
    let key: AreaKey = "05113000".parse().unwrap();
    let cover = Cover::new([(home().at_most(Cover::RESOLUTION), key)]);
    Validator::new(Arc::new(cover), Arc::new(ManualClock::new(now())), Limits::default())
}

fn report(at: &str, hex: Hex) -> Record {
    Record::DeadSpotReport(DeadSpotReport {
        id: ItemId::random(),
        at: at.parse().unwrap(),
        hex,
        failing: Failing::NoService,
        operator: None,
        since: None,
        comment: None,
    })
}

fn point(hex: Hex, hour: HourStamp) -> CoveragePoint {
    let operator: Operator = "26201".parse().unwrap();
    CoveragePoint { hex, hour, operator, technology: None, signal: None, quality: None, sinr: None }
}

#[test]
fn times_are_taken_from_2015_to_ten_minutes_ahead_and_not_a_second_more() {
    let check = |at| validator().check(report(at, home())).map(|_| ());
    assert_eq!(check("2015-01-01T00:00:00Z"), Ok(()));
    assert_eq!(check("2014-12-31T23:59:59Z"), Err(RejectionReason::TooOld));
    assert_eq!(check("2026-06-10T12:10:00Z"), Ok(()));
    assert_eq!(check("2026-06-10T12:10:01Z"), Err(RejectionReason::InFuture));
}

#[test]
fn places_outside_of_the_region_are_refused() {
    assert_eq!(validator().check(report("2026-06-01T00:00:00Z", elsewhere())), Err(RejectionReason::OutsideArea));
}

#[test]
fn a_track_keeps_its_good_points_and_counts_the_others_by_reason() {
    let hour = HourStamp::containing(now());
    let future = HourStamp::from_hours(hour.as_hours() + 2).unwrap();
    let points = vec![point(home(), hour), point(elsewhere(), hour), point(home(), future), point(home(), hour)];
    let track = CoverageTrack { id: ItemId::random(), locked_to: None, points };
    let checked = validator().check(Record::CoverageTrack(track)).unwrap();
    assert_eq!(checked.record.hexes().count(), 2);
    let expected = BTreeMap::from([(RejectionReason::InFuture, 1), (RejectionReason::OutsideArea, 1)]);
    assert_eq!(checked.points_rejected, expected);
}

#[test]
fn a_track_without_any_good_point_is_rejected_for_its_most_frequent_reason() {
    let hour = HourStamp::containing(now());
    let points = vec![point(elsewhere(), hour), point(elsewhere(), hour)];
    let track = CoverageTrack { id: ItemId::random(), locked_to: None, points };
    assert_eq!(validator().check(Record::CoverageTrack(track)), Err(RejectionReason::OutsideArea));
}

#[test]
fn a_test_faster_than_its_technology_is_refused_and_one_at_the_limit_is_not() {
    use domain::{
        ByteCount, SpeedTest, Technology,
        record::{FixedMedium, Protocol, SpeedResult},
    };
    let check = |network: Network, mbps: u32| {
        let result = SpeedResult { download: Some(BitRate::from_mbps(mbps)), ..SpeedResult::default() };
        let test = SpeedTest {
            id: ItemId::random(),
            at: now(),
            hex: home().at_most(Hex::FIXED),
            network,
            outcome: TestOutcome::Completed(result),
            protocol: Protocol::Ndt7,
            bytes: ByteCount::default(),
            plan_download: None,
        };
        validator().check(Record::SpeedTest(test)).map(|_| ())
    };
    let mobile = |technology| Network::Mobile { operator: "26201".parse().unwrap(), technology, roaming: false };
    let line = |access| Network::Fixed { medium: FixedMedium::Lan, access };
    let beyond = Err(RejectionReason::BeyondTechnology);
    for (network, most) in [
        (mobile(Some(Technology::TwoG)), 2),
        (mobile(Some(Technology::ThreeG)), 84),
        (mobile(Some(Technology::FourG)), 2_000),
        (mobile(Some(Technology::FiveGNsa)), 20_000),
        (line(Some(AccessTechnology::Dsl)), 1_000),
        (line(Some(AccessTechnology::Cable)), 10_000),
    ] {
        assert_eq!((check(network, most), check(network, most + 1)), (Ok(()), beyond), "{network:?}");
    }
    assert_eq!(check(mobile(Some(Technology::TwoG)), 300), beyond, "no 2G phone reaches 300 Mbit/s");
    assert_eq!((check(line(None), 100_000), check(line(Some(AccessTechnology::Fibre)), 100_000)), (Ok(()), Ok(())));
}
