use domain::{CoveragePoint, Hex, HourStamp, Resolution, SignalDb, SignalDbm, Technology};
use proptest::prelude::*;

use super::*;

fn block() -> Hex {
    Hex::from_degrees(51.45, 7.01, Hex::BLOCK).unwrap()
}

fn hex_in_block() -> impl Strategy<Value = Hex> {
    (7_u8..=10, any::<prop::sample::Index>()).prop_map(|(resolution, pick)| {
        let children: Vec<Hex> = block().children(Resolution::try_from(resolution).unwrap()).collect();
        children[pick.index(children.len())]
    })
}

fn point() -> impl Strategy<Value = CoveragePoint> {
    (
        hex_in_block(),
        0..4_000_000_i32,
        prop::sample::select(vec!["26201", "26202", "262003", "310410"]),
        prop::option::of(prop::sample::select(Technology::ALL)),
        prop::option::of(-160_i16..=-20),
        prop::option::of(-50_i16..=50),
        prop::option::of(-50_i16..=50),
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

proptest! {
    #[test]
    fn packed_points_come_back_as_they_were(points in prop::collection::vec(point(), 0..50)) {
        prop_assert_eq!(decode(block(), &encode(&points).unwrap()).unwrap(), points);
    }

    #[test]
    fn damaged_bytes_are_an_error_and_never_a_panic(
        points in prop::collection::vec(point(), 1..5),
        at in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        let mut bytes = encode(&points).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode(block(), &bytes);
        let _ = decode(block(), &bytes[..at]);
    }
}

#[test]
fn a_position_finer_than_resolution_10_is_refused() {
    let fine = Hex::from_degrees(51.45, 7.01, Resolution::Eleven).unwrap();
    assert!(block_of(fine).is_err(), "a finer position would break the promise to contributors");
}

#[test]
fn version_1_bytes_are_still_read() {
    let bytes = [1, 1, 5, b'2', b'6', b'2', b'0', b'1', 0b0101_0011, 0, 0x80, 0xEA, 0x3C, 0, 3, 61, 41, 0];
    let points = decode(block(), &bytes).unwrap();
    assert_eq!(points.len(), 1);
    assert_eq!(points[0].hex.resolution(), Hex::MOBILE);
    assert_eq!(points[0].hour.as_hours(), 498_304);
    assert_eq!(points[0].technology, Some(Technology::FourG));
    assert_eq!(points[0].signal, Some(SignalDbm::from_dbm(-100).unwrap()));
    assert_eq!(points[0].quality, Some(SignalDb::from_db(-10).unwrap()));
    assert_eq!(points[0].sinr, None);
}
