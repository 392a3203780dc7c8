use std::{collections::BTreeMap, net::Ipv4Addr};

use domain::{
    ByteCount, CoveragePoint, CoverageTrack, DeadSpotReport, HourStamp, ItemId, ManualClock, SpeedTest, Technology,
    record::{Failing, FailureCause, FixedMedium, Protocol, SpeedResult},
};

use super::*;

fn now() -> Timestamp {
    "2026-06-10T12:00:00Z".parse().unwrap()
}

fn guard() -> (Guard, ManualClock) {
    let clock = ManualClock::new(now());
    // A monotonic clock does not begin with the machine.
    clock.advance(Duration::from_secs(1));
    (Guard::new(GuardConfig::default(), Arc::new(clock.clone())), clock)
}

fn essen() -> Hex {
    Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).unwrap()
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

fn track(hexes: impl IntoIterator<Item = Hex>) -> Record {
    let point = |hex| CoveragePoint {
        hex,
        hour: HourStamp::containing(now()),
        operator: "26201".parse().unwrap(),
        technology: Some(Technology::FourG),
        signal: None,
        quality: None,
        sinr: None,
    };
    let points = hexes.into_iter().map(point).collect();
    Record::CoverageTrack(CoverageTrack { id: ItemId::random(), locked_to: None, points })
}

fn points_of(record: &Record) -> usize {
    record.hexes().count()
}

fn judge(visit: &mut Visit<'_>, record: &mut Record, content: u64) -> Result<Judged, RejectionReason> {
    visit.judge(record, content, &mut BTreeMap::new())
}

#[test]
fn a_million_addresses_take_no_more_memory_than_one_and_crowd_nobody_out() {
    let (guard, clock) = guard();
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
    };
    let before = resident();
    for number in 0..1_000_000_u32 {
        if number % 1_000 == 0 {
            clock.advance(Duration::from_millis(100));
        }
        let address = IpAddr::V4(Ipv4Addr::from_bits(number.wrapping_mul(2_654_435_761)));
        guard.admit_address(address, 1).unwrap();
    }
    // The tables themselves (lazily given by the system), and nothing else.
    let grown = resident().saturating_sub(before);
    assert!(grown < 24 * 1024 * 1024, "{grown} bytes after a million addresses");
    guard.admit_address("203.0.113.9".parse().unwrap(), 1).unwrap();
}

#[test]
fn a_flooder_is_told_when_to_come_again_and_its_neighbour_is_not() {
    let (guard, clock) = guard();
    let [flooder, neighbour] = ["203.0.113.9", "203.0.113.10"].map(|text| text.parse::<IpAddr>().unwrap());
    let admitted = (0..5_000).filter(|_| guard.admit_address(flooder, 1).is_ok()).count();
    assert_eq!(admitted, 1_000, "the burst");
    let TooOften(wait) = guard.admit_address(flooder, 1).unwrap_err();
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
    guard.admit_address(neighbour, 1).unwrap();
    clock.advance(wait);
    guard.admit_address(flooder, 1).unwrap();
    assert!(guard.admit_address(flooder, 1).is_err(), "more than the rate allows");
}

#[test]
fn what_garbage_costs_is_owed_when_nothing_is_left() {
    let (guard, clock) = guard();
    let flooder: IpAddr = "203.0.113.9".parse().unwrap();
    while guard.admit_address(flooder, 1).is_ok() {}
    guard.charge_address(flooder, GuardConfig::GARBAGE_COST);
    clock.advance(Duration::from_millis(300));
    assert!(guard.admit_address(flooder, 1).is_err(), "15 tokens came back, 20 are owed");
    for _ in 0..1_000 {
        guard.charge_address(flooder, GuardConfig::GARBAGE_COST);
    }
    let TooOften(wait) = guard.admit_address(flooder, 1).unwrap_err();
    assert!(wait <= Duration::from_secs(41), "a debt has an end: {wait:?}");
}

#[test]
fn one_line_has_one_bucket_however_many_addresses_of_its_prefix_it_uses() {
    let (guard, _) = guard();
    let address = |last: u16| IpAddr::V6(format!("2001:db8:0:1::{last:x}").parse().unwrap());
    let admitted = (0..5_000).filter(|&last| guard.admit_address(address(last), 1).is_ok()).count();
    assert_eq!(admitted, 1_000);
    guard.admit_address("2001:db8:1::1".parse().unwrap(), 1).unwrap();
}

#[test]
fn a_device_says_so_much_of_a_hexagon_and_day_and_no_more() {
    let (guard, _) = guard();
    let device = DeviceSecret::random();
    let mut visit = guard.visit(&device);
    let mut first = track(std::iter::repeat_n(essen(), 200));
    let judged = judge(&mut visit, &mut first, 1).unwrap();
    assert_eq!(points_of(&first), 200);
    // In the same batch, before anything is committed.
    let mut second = track(std::iter::repeat_n(essen(), 200));
    let mut cut = BTreeMap::new();
    visit.judge(&mut second, 2, &mut cut).unwrap();
    assert_eq!((points_of(&second), cut), (40, BTreeMap::from([(RejectionReason::TooMany, 160)])));
    assert_eq!(judge(&mut visit, &mut track([essen()]), 3).unwrap_err(), RejectionReason::TooMany);
    visit.remember(&judged.trace);

    let mut later = track(std::iter::repeat_n(essen(), 200));
    judge(&mut guard.visit(&device), &mut later, 4).unwrap();
    assert_eq!(points_of(&later), 40, "only what was committed counts, and it does");
    let mut others = track(std::iter::repeat_n(essen(), 200));
    judge(&mut guard.visit(&DeviceSecret::random()), &mut others, 5).unwrap();
    assert_eq!(points_of(&others), 200, "another device has its own say");
}

#[test]
fn a_batch_that_was_not_committed_has_used_up_nothing() {
    let (guard, _) = guard();
    let device = DeviceSecret::random();
    for _ in 0..50 {
        let mut all = track(std::iter::repeat_n(essen(), 240));
        let judged = judge(&mut guard.visit(&device), &mut all, 1).unwrap();
        assert_eq!(points_of(&all), 240);
        assert_eq!(judged.quarantine, None);
    }
}

#[test]
fn what_was_committed_and_is_sent_again_is_judged_by_the_database_alone() {
    let (guard, _) = guard();
    let device = DeviceSecret::random();
    let mut all = track(std::iter::repeat_n(essen(), 240));
    let mut again = all.clone();
    let mut visit = guard.visit(&device);
    let judged = judge(&mut visit, &mut all, 1).unwrap();
    visit.remember(&judged.trace);
    // The answer was lost. The cap is used up, by this very item.
    assert_eq!(judge(&mut guard.visit(&device), &mut again, 1).unwrap().quarantine, None);
    assert_eq!(points_of(&again), 240);
    let mut other = track([essen()]);
    assert_eq!(judge(&mut guard.visit(&device), &mut other, 2).unwrap_err(), RejectionReason::TooMany);
}

#[test]
fn caps_are_forgotten_after_a_day() {
    let (guard, clock) = guard();
    let device = DeviceSecret::random();
    let mut full = track(std::iter::repeat_n(essen(), 240));
    let mut visit = guard.visit(&device);
    let judged = judge(&mut visit, &mut full, 1).unwrap();
    visit.remember(&judged.trace);
    assert!(judge(&mut guard.visit(&device), &mut track([essen()]), 2).is_err());
    clock.advance(Duration::from_hours(24));
    judge(&mut guard.visit(&device), &mut track([essen()]), 2).unwrap();
}

#[test]
fn nobody_reports_from_two_ends_of_the_country_within_minutes() {
    let (guard, _) = guard();
    let device = DeviceSecret::random();
    let cologne = Hex::from_degrees(50.94, 6.96, Hex::MOBILE).unwrap();
    let mut visit = guard.visit(&device);
    let judged = judge(&mut visit, &mut report("2026-06-10T12:00:00Z", essen()), 1).unwrap();
    visit.remember(&judged.trace);
    // 57 km: too far for two minutes and what the minutes hide, near enough for an hour by train.
    let mut visit = guard.visit(&device);
    let soon = judge(&mut visit, &mut report("2026-06-10T12:02:00Z", cologne), 2);
    assert_eq!(soon.unwrap_err(), RejectionReason::ImplausibleTravel);
    // What was seen long before hides nothing.
    let judged = judge(&mut visit, &mut report("2026-06-09T12:00:00Z", essen()), 5).unwrap();
    visit.remember(&judged.trace);
    let mut visit = guard.visit(&device);
    let soon = judge(&mut visit, &mut report("2026-06-10T12:02:00Z", cologne), 6);
    assert_eq!(soon.unwrap_err(), RejectionReason::ImplausibleTravel);
    judge(&mut visit, &mut report("2026-06-10T13:00:00Z", cologne), 3).unwrap();
    judge(&mut guard.visit(&DeviceSecret::random()), &mut report("2026-06-10T12:02:00Z", cologne), 4).unwrap();
}

#[test]
fn the_same_content_under_another_id_repeats_and_the_same_item_again_does_not() {
    let (guard, _) = guard();
    let device = DeviceSecret::random();
    let mut item = report("2026-06-10T12:00:00Z", essen());
    let mut visit = guard.visit(&device);
    let judged = judge(&mut visit, &mut item, 7).unwrap();
    assert_eq!(judged.quarantine, None);
    let mut copy = report("2026-06-10T12:00:00Z", essen());
    assert_eq!(
        judge(&mut visit, &mut copy, 7).unwrap().quarantine,
        Some(QuarantineReason::RepeatedContent),
        "in the same batch"
    );
    visit.remember(&judged.trace);
    assert_eq!(
        judge(&mut guard.visit(&device), &mut copy, 7).unwrap().quarantine,
        Some(QuarantineReason::RepeatedContent),
        "in a later batch"
    );
    assert_eq!(
        judge(&mut guard.visit(&device), &mut item, 7).unwrap().quarantine,
        None,
        "sent again after a lost answer"
    );
    let other = DeviceSecret::random();
    assert_eq!(judge(&mut guard.visit(&other), &mut copy, 7).unwrap().quarantine, None, "two phones may see the same");
}

#[test]
fn a_test_like_one_within_four_hours_stays_outside_and_the_next_after_them_counts() {
    let (guard, _) = guard();
    let device = DeviceSecret::random();
    let test = |at: &str, medium, outcome| {
        Record::SpeedTest(SpeedTest {
            id: ItemId::random(),
            at: at.parse().unwrap(),
            hex: essen().at_most(Hex::FIXED),
            network: Network::Fixed { medium, access: None },
            outcome,
            protocol: Protocol::Ndt7,
            bytes: ByteCount::default(),
            plan_download: None,
        })
    };
    let done = TestOutcome::Completed(SpeedResult::default());
    let failed = TestOutcome::Failed(FailureCause::Interrupted);
    let similar = Some(QuarantineReason::SimilarTest);
    for (content, (at, medium, outcome, expected)) in [
        ("2026-06-10T08:00:00Z", FixedMedium::Lan, failed, None),
        ("2026-06-10T08:01:00Z", FixedMedium::Lan, done, None),
        ("2026-06-10T08:02:00Z", FixedMedium::Wifi, done, None),
        ("2026-06-10T12:00:00Z", FixedMedium::Lan, done, similar),
        ("2026-06-10T12:01:00Z", FixedMedium::Lan, done, None),
        // An older one from the queue of the phone.
        ("2026-06-10T09:00:00Z", FixedMedium::Lan, done, similar),
    ]
    .into_iter()
    .enumerate()
    {
        let mut visit = guard.visit(&device);
        let judged = judge(&mut visit, &mut test(at, medium, outcome), content as u64).unwrap();
        assert_eq!(judged.quarantine, expected, "{at} {medium:?}");
        visit.remember(&judged.trace);
    }
}
