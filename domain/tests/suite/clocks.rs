use std::time::Duration;

use domain::{Clock, ManualClock, SystemClock};

#[test]
fn a_stepped_wall_clock_leaves_the_monotonic_one_alone() {
    let clock = ManualClock::new("2026-05-19T12:00:00Z".parse().unwrap());
    clock.advance(Duration::from_secs(90));
    clock.step_to("2026-05-19T11:00:00Z".parse().unwrap());
    assert_eq!(clock.now(), "2026-05-19T11:00:00Z".parse().unwrap());
    assert_eq!(clock.monotonic(), Duration::from_secs(90));
}

#[test]
fn clones_share_their_time() {
    let clock = ManualClock::new("2026-05-19T12:00:00Z".parse().unwrap());
    clock.clone().advance(Duration::from_mins(1));
    assert_eq!(clock.now(), "2026-05-19T12:01:00Z".parse().unwrap());
    assert_eq!(clock.monotonic(), Duration::from_mins(1));
}

#[test]
fn advancing_past_the_end_of_time_stays_there() {
    let clock = ManualClock::new("2026-05-19T12:00:00Z".parse().unwrap());
    clock.advance(Duration::MAX);
    clock.advance(Duration::MAX);
    assert_eq!(clock.monotonic(), Duration::MAX);
}

#[test]
fn the_system_clock_never_runs_back() {
    let clock = SystemClock::default();
    let first = clock.monotonic();
    assert!(clock.monotonic() >= first);
}
