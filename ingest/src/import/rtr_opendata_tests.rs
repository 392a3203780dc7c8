use domain::{Resolution, record::TestOutcome};

use super::*;
use crate::import::testing::{
    LAT, LNG,
    fixtures::{RTR_HEADER, rtr_row, table},
    read,
};

fn row(changes: &[(usize, &str)]) -> String {
    let mut fields = rtr_row(LAT, LNG);
    for (at, value) in changes {
        fields[*at] = value;
    }
    fields.join(",")
}

fn file(rows: &[String]) -> Vec<u8> {
    table(RTR_HEADER, rows).into_bytes()
}

#[test]
fn a_row_is_a_speed_test_with_its_network() {
    let rows = [row(&[]), row(&[(3, "WLAN"), (4, "WLAN"), (14, ""), (15, "")]), row(&[(3, "5G"), (4, "5G (NSA)")])];
    let tests = read(&RtrOpendata, &file(&rows)).unwrap().tests();
    let TestOutcome::Completed(result) = tests[0].outcome else { panic!("a result") };
    assert_eq!(result.download.unwrap().as_bps(), 48_000_000);
    assert_eq!(result.upload.unwrap().as_bps(), 9_500_500);
    assert_eq!(result.idle_latency.unwrap().as_micros(), 31_250);
    assert_eq!(tests[0].at.to_string(), "2026-05-14T11:59:00Z");
    assert_eq!(tests[0].hex, Hex::from_degrees(51.434_417, 6.762_329, Resolution::Ten).unwrap());
    assert!(matches!(tests[0].network, Network::Mobile { technology: Some(Technology::FourG), roaming: false, .. }));
    assert!(matches!(tests[1].network, Network::Fixed { medium: FixedMedium::Wifi, .. }));
    assert_eq!(tests[1].hex.resolution(), Resolution::Nine, "a line at home is never finer");
    assert!(matches!(tests[2].network, Network::Mobile { technology: Some(Technology::FiveGNsa), .. }));
}

#[test]
fn a_place_that_the_publisher_moved_is_coarse() {
    let tests = read(&RtrOpendata, &file(&[row(&[(7, "rastered")])])).unwrap().tests();
    assert_eq!(tests[0].hex.resolution(), Resolution::Nine);
}

#[test]
fn damaged_rows_are_refused_by_their_number() {
    let rows = [
        row(&[(18, "true")]),
        row(&[(5, ""), (6, "")]),
        row(&[(2, "")]),
        row(&[(3, "LTE?")]),
        row(&[(14, ""), (15, "")]),
        row(&[(9, "many")]),
        row(&[(9, ""), (10, ""), (11, "")]),
        row(&[(8, "2000")]),
    ];
    let found = read(&RtrOpendata, &file(&rows)).unwrap();
    let expected = [
        (2, RejectionReason::ImplausibleValue),
        (3, RejectionReason::BadPosition),
        (4, RejectionReason::NoTime),
        (5, RejectionReason::UnknownTechnology),
        (6, RejectionReason::UnknownOperator),
        (7, RejectionReason::ImplausibleValue),
        (8, RejectionReason::Malformed),
        (9, RejectionReason::PositionTooCoarse),
    ];
    assert_eq!((found.refused.as_slice(), found.records.len()), (expected.as_slice(), 0));
}

#[test]
fn a_client_under_another_name_is_the_same_voice() {
    let rows = [row(&[]), row(&[(0, "P2"), (1, "O2")]), row(&[(13, "Muster X2"), (1, "O3")])];
    let found = read(&RtrOpendata, &file(&rows)).unwrap();
    assert_eq!(found.records[0].0, found.records[1].0);
    assert_ne!(found.records[0].0, found.records[2].0);
    assert_ne!(found.records[0].2.id(), found.records[1].2.id(), "two tests are two records");
}
