use domain::Resolution;

use super::*;

/// A point `north_m` metres north of the town hall, `second` seconds into the walk.
fn point(north_m: f64, second: i64) -> TrackPoint {
    TrackPoint {
        at: Timestamp::from_second(1_780_000_000 + second).unwrap(),
        position: Position::from_degrees(51.4344 + north_m / 111_195.0, 6.7623, 5.0).unwrap(),
        operator: "26201".parse().unwrap(),
        technology: None,
        signal: None,
        quality: None,
        sinr: None,
    }
}

fn walk(metres: impl IntoIterator<Item = u32>) -> Track {
    let mut track = Track::default();
    for (i, north_m) in metres.into_iter().enumerate() {
        track.add(point(f64::from(north_m), i64::try_from(i).unwrap() * 20), None).unwrap();
    }
    track
}

fn resolutions(points: &[CoveragePoint]) -> Vec<u8> {
    points.iter().map(|point| point.hex.resolution().into()).collect()
}

#[test]
fn the_first_and_the_last_300_metres_are_resolution_8() {
    let mut track = walk((0..=1_000).step_by(100));
    // The point at 700 m is 300 m from the end, but its fine hexagon reaches closer.
    assert_eq!(resolutions(track.finish(None)), [8, 8, 8, 10, 10, 10, 10, 8, 8, 8, 8]);
}

#[test]
fn a_short_walk_is_coarse_throughout() {
    let mut track = walk((0..=250).step_by(50));
    assert!(track.finish(None).iter().all(|point| point.hex.resolution() == Resolution::Eight));
}

#[test]
fn a_way_back_makes_what_it_passes_near_its_end_coarse_as_well() {
    let out_and_half_back = (0..=2_000).step_by(100).chain((1_000..2_000).rev().step_by(100));
    let mut track = walk(out_and_half_back);
    let end = point(1_000.0, 0).position;
    for point in track.finish(None) {
        if point.hex.resolution() == Resolution::Ten {
            assert!(!end.near_centre_of(point.hex, TRACK_END_M), "a fine hexagon near the end");
        }
    }
}

#[test]
fn circling_the_house_never_gives_a_fine_hexagon_of_it() {
    // 5 km of walking, never farther than 200 m away.
    let rounds = (0..25).flat_map(|_| [0, 100, 200, 100]);
    let mut track = walk(rounds);
    assert!(track.settled.is_empty(), "nothing settles while the newest point is near");
    assert!(track.finish(None).iter().all(|point| point.hex.resolution() == Resolution::Eight));
}

#[test]
fn hexagons_settle_only_once_300_metres_lie_between() {
    let track = walk((0..=1_000).step_by(100));
    assert_eq!(track.settled.len(), 8);
    assert_eq!(track.tail.len(), 3);
}

#[test]
fn a_jump_faster_than_a_train_is_left_out_and_the_track_goes_on() {
    let mut track = walk([0, 20]);
    assert!(matches!(track.add(point(50_000.0, 40), None), Err(RecordError::ImplausibleTravel)));
    track.add(point(40.0, 60), None).unwrap();
    assert_eq!(track.finish(None).len(), 3);
}

#[test]
fn an_inaccurate_point_is_told_at_once() {
    let mut coarse = point(0.0, 0);
    coarse.position = Position::from_degrees(51.4, 6.7, 800.0).unwrap();
    assert!(matches!(Track::default().add(coarse, None), Err(RecordError::PositionTooCoarse)));
}

#[test]
fn points_know_the_hour_only() {
    let mut track = walk([0]);
    assert_eq!(track.finish(None)[0].hour, HourStamp::containing(point(0.0, 0).at));
}

#[test]
fn whoever_stays_at_one_place_for_days_does_not_fill_the_memory() {
    let mut track = walk((0..u32::try_from(MAX_TAIL).unwrap() + 10).map(|i| i % 7));
    assert_eq!(track.tail.len(), MAX_TAIL);
    assert!(track.finish(None).iter().all(|point| point.hex.resolution() == Resolution::Eight));
}
