use domain::{Record, Resolution};

use super::*;
use crate::import::testing::{
    LAT, LNG,
    fixtures::{FUNKLOCH_HEADER, funkloch_row, table},
    read,
};

/// A row: type, serving MCC and MNC, RSSI, RSRP, place, accuracy, date, time, phone, test.
fn row(changes: &[(usize, &str)]) -> String {
    let mut fields = funkloch_row(LAT, LNG);
    for (at, value) in changes {
        fields[*at] = value;
    }
    fields.join(",")
}

fn file(rows: &[String]) -> Vec<u8> {
    table(FUNKLOCH_HEADER, rows).into_bytes()
}

#[test]
fn a_row_is_a_look_at_the_serving_network_in_local_time() {
    let found = read(&FunklochApp, &file(&[row(&[])])).unwrap();
    let point = found.points()[0];
    assert_eq!(point.operator.as_str(), "26201", "the network that served, not the SIM's");
    assert_eq!(point.technology, Some(Technology::FourG));
    assert_eq!((point.signal.unwrap().as_dbm(), point.quality.unwrap().as_db()), (-97, -11));
    assert_eq!(point.hour.start().to_string(), "2026-05-14T11:00:00Z", "summer time");
    assert_eq!(point.hex, Hex::from_degrees(51.434_417, 6.762_329, Resolution::Ten).unwrap());
}

#[test]
fn no_network_is_a_dead_look_of_the_sims_operator() {
    let nothing = [(1, "kein Netz"), (5, "null"), (6, "null"), (7, "-"), (11, "null"), (12, "-"), (13, "null")];
    let found = read(&FunklochApp, &file(&[row(&nothing)])).unwrap();
    let point = found.points()[0];
    assert_eq!((point.technology, point.operator.as_str(), point.signal), (None, "26202", None));
}

#[test]
fn a_2g_look_has_its_rssi_and_a_bad_fix_a_coarse_hexagon() {
    let found = read(&FunklochApp, &file(&[row(&[(1, "2G"), (17, "120")]), row(&[(17, "null")])])).unwrap();
    let points = found.points();
    assert_eq!(points[0].signal.unwrap().as_dbm(), -61);
    assert_eq!(points[0].hex.resolution(), Resolution::Nine);
    assert_eq!(points[1].hex.resolution(), Resolution::Nine, "an accuracy that is not told cannot be good");
}

#[test]
fn damaged_rows_are_refused_by_their_number_and_the_others_stay() {
    let rows = [
        row(&[]),
        row(&[(1, "6G")]),
        row(&[(15, "0.0"), (16, "0.0")]),
        row(&[(15, "north")]),
        row(&[(18, "null")]),
        row(&[(18, "31.02.26")]),
        row(&[(6, "262"), (7, "77")]),
        row(&[(12, "55")]),
        row(&[(17, "900")]),
        "1,4G".to_owned(),
        row(&[]),
    ];
    let found = read(&FunklochApp, &file(&rows)).unwrap();
    let expected = [
        (3, RejectionReason::UnknownTechnology),
        (4, RejectionReason::NullIsland),
        (5, RejectionReason::BadPosition),
        (6, RejectionReason::NoTime),
        (7, RejectionReason::NoTime),
        (8, RejectionReason::UnknownOperator),
        (9, RejectionReason::ImplausibleValue),
        (10, RejectionReason::PositionTooCoarse),
        (11, RejectionReason::Malformed),
    ];
    assert_eq!(found.refused, expected);
    assert_eq!(found.records[0].1, [2, 12], "each point knows its row");
}

#[test]
fn tests_are_tracks_and_one_phone_has_one_voice() {
    let rows = [row(&[]), row(&[(23, "2")]), row(&[(23, "2")]), row(&[(22, "Muster X2"), (23, "3")])];
    let found = read(&FunklochApp, &file(&rows)).unwrap();
    let lengths: Vec<usize> = found.records.iter().map(|(_, rows, _)| rows.len()).collect();
    assert_eq!(lengths, [1, 2, 1]);
    assert_eq!(found.records[0].0, found.records[1].0, "another test of the same phone is the same voice");
    assert_ne!(found.records[0].0, found.records[2].0);
}

#[test]
fn the_same_file_gives_the_same_ids_and_a_place_within_the_hexagon_does_not_change_them() {
    let ids = |content: &[u8]| -> Vec<_> {
        read(&FunklochApp, content).unwrap().records.iter().map(|(_, _, record)| Record::id(record)).collect()
    };
    let once = ids(&file(&[row(&[])]));
    assert_eq!(once, ids(&file(&[row(&[])])));
    // Otherwise whoever has the id could find the position by trying.
    assert_eq!(once, ids(&file(&[row(&[(15, "51.434420"), (19, "13:20:00")])])));
    assert_ne!(once, ids(&file(&[row(&[(12, "-80")])])));
}
