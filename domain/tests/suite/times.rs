use domain::{DayPart, HourStamp};
use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

#[test]
fn day_parts_change_at_7_18_and_23() {
    let expected = |hour| match hour {
        0..7 | 23 => DayPart::Night,
        7..18 => DayPart::Day,
        _ => DayPart::Peak,
    };
    for hour in 0..24 {
        assert_eq!(DayPart::of_hour(hour), expected(hour), "{hour}");
    }
}

#[test]
fn a_day_part_is_local_in_summer_and_in_winter() {
    assert_eq!(DayPart::of(at("2026-07-01T16:00:00Z"), &berlin()), DayPart::Peak);
    assert_eq!(DayPart::of(at("2026-01-01T16:59:59Z"), &berlin()), DayPart::Day);
    assert_eq!(DayPart::of(at("2026-01-01T17:00:00Z"), &berlin()), DayPart::Peak);
    assert_eq!(DayPart::of(at("2026-07-01T16:00:00Z"), &TimeZone::UTC), DayPart::Day);
}

#[test]
fn an_hour_stamp_has_the_day_part_of_its_place() {
    let hour = HourStamp::containing(at("2026-07-01T20:30:00Z"));
    assert_eq!(hour.day_part(&berlin()), DayPart::Peak);
    assert_eq!(HourStamp::containing(at("2026-07-01T21:00:00Z")).day_part(&berlin()), DayPart::Night);
}

#[test]
fn the_weights_of_the_day_parts_sum_to_one() {
    let sum: f64 = DayPart::ALL.iter().map(|part| part.weight()).sum();
    assert!((sum - 1.0).abs() < 1e-12);
}

#[test]
fn the_post_stratified_share_is_that_of_methods_t11() {
    let below = [(DayPart::Day, 2.0 / 20.0), (DayPart::Peak, 6.0 / 10.0), (DayPart::Night, 0.0 / 10.0)];
    let share: f64 = below.iter().map(|(part, share)| part.weight() * share).sum();
    assert!((share - 0.285).abs() < 1e-12, "{share}");
}

#[test]
fn an_hour_keeps_nothing_finer() {
    let hour = HourStamp::containing(at("2026-05-19T18:59:59.999Z"));
    assert_eq!(hour.start(), at("2026-05-19T18:00:00Z"));
    assert_eq!(hour.as_hours(), 494_226);
    assert_eq!(HourStamp::containing(hour.start()), hour);
}

#[test]
fn an_hour_knows_its_day() {
    assert_eq!(HourStamp::containing(at("1970-01-01T23:59:59Z")).day(), 0);
    assert_eq!(HourStamp::containing(at("1970-01-02T00:00:00Z")).day(), 1);
}

#[test]
fn hours_out_of_range_are_refused() {
    assert!(HourStamp::from_hours(0).is_ok() && HourStamp::from_hours(-1).is_err());
    let last = HourStamp::MAX.as_hours();
    assert!(HourStamp::from_hours(last).is_ok() && HourStamp::from_hours(last + 1).is_err());
}

proptest! {
    #[test]
    fn every_instant_gives_an_hour_that_can_be_read_back(second in Timestamp::MIN.as_second()..=Timestamp::MAX.as_second()) {
        let hour = HourStamp::containing(Timestamp::from_second(second).unwrap());
        prop_assert_eq!(HourStamp::from_hours(hour.as_hours()).unwrap(), hour);
    }
}
