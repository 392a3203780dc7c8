use domain::{Accuracy, AreaKey, Cover, Hex, Resolution};

use super::{HEX_7, HEX_8, HEX_9, HEX_10, hex};

#[test]
fn a_position_becomes_its_hexagon() {
    let place = |resolution| Hex::from_degrees(50.9413, 6.9583, resolution).unwrap();
    assert_eq!(place(Resolution::Ten), hex(HEX_10));
    assert_eq!(place(Resolution::Nine), hex(HEX_9));
}

#[test]
fn positions_that_are_none_are_refused() {
    let odd = [(f64::NAN, 7.0), (51.0, f64::INFINITY), (90.1, 7.0), (51.0, -180.1), (0.0, 0.0), (-0.0099, 0.0099)];
    for (lat, lng) in odd {
        assert!(Hex::from_degrees(lat, lng, Resolution::Ten).is_err(), "{lat} {lng}");
    }
    assert!(Hex::from_degrees(0.02, 0.0, Resolution::Ten).is_ok());
}

#[test]
fn a_record_carries_resolution_8_to_10_from_a_phone_and_8_to_9_from_a_line() {
    let fits = |text, finest| hex(text).checked_for_record(finest).is_ok();
    assert!(fits(HEX_10, Hex::MOBILE) && fits(HEX_8, Hex::MOBILE));
    assert!(fits(HEX_9, Hex::FIXED) && !fits(HEX_10, Hex::FIXED));
    assert!(!fits(HEX_7, Hex::MOBILE));
    assert!(!fits("8b1fa19991b3fff", Hex::MOBILE));
}

#[test]
fn a_hexagon_survives_the_database() {
    for text in [HEX_7, HEX_8, HEX_9, HEX_10] {
        let kept = hex(text).as_i64();
        assert!(kept > 0);
        assert_eq!(Hex::from_i64(kept).unwrap(), hex(text));
    }
    for odd in [0, -1, i64::MAX, hex(HEX_9).as_i64() + 1] {
        assert!(Hex::from_i64(odd).is_err(), "{odd}");
    }
}

#[test]
fn upper_case_is_read_and_other_spellings_are_not() {
    assert_eq!(HEX_10.to_uppercase().parse::<Hex>().unwrap(), hex(HEX_10));
    for odd in ["", "0", "+91fa19991bffff", "0891fa19991bffff", " 891fa19991bffff", "0x891fa19991bff"] {
        assert!(odd.parse::<Hex>().is_err(), "{odd:?}");
    }
}

#[test]
fn parents_and_children_are_one_another() {
    assert_eq!(hex(HEX_10).parent(Resolution::Eight), Some(hex(HEX_8)));
    assert_eq!(hex(HEX_8).parent(Resolution::Ten), None);
    assert_eq!(hex(HEX_8).at_most(Resolution::Ten), hex(HEX_8));
    assert_eq!(hex(HEX_10).at_most(Resolution::Eight), hex(HEX_8));
    assert_eq!(hex(HEX_8).children(Resolution::Ten).filter(|child| *child == hex(HEX_10)).count(), 1);
}

#[test]
fn a_worse_accuracy_claims_a_coarser_hexagon() {
    let finest = |metres| Accuracy::from_metres(metres).unwrap().finest_resolution();
    assert_eq!(finest(0.3), Some(Resolution::Ten));
    assert_eq!(finest(50.0), Some(Resolution::Ten));
    assert_eq!(finest(50.1), Some(Resolution::Nine));
    assert_eq!(finest(174.0), Some(Resolution::Nine));
    assert_eq!(finest(174.5), Some(Resolution::Eight));
    assert_eq!(finest(461.0), Some(Resolution::Eight));
    assert_eq!(finest(461.1), None);
}

fn area(text: &str) -> AreaKey {
    text.parse().unwrap()
}

#[test]
fn a_hexagon_belongs_where_its_resolution_9_ancestor_does() {
    let cover = Cover::new([(hex(HEX_9), area("05315000"))]);
    assert_eq!(cover.municipality(hex(HEX_9)), Some(area("05315000")));
    assert_eq!(cover.municipality(hex(HEX_10)), Some(area("05315000")));
    let neighbour = Hex::from_degrees(51.2277, 6.7735, Resolution::Nine).unwrap();
    assert_eq!(cover.municipality(neighbour), None);
    assert!(!cover.contains(neighbour));
}

#[test]
fn a_compacted_cover_answers_as_the_full_one() {
    let full = Cover::new(hex(HEX_7).children(Resolution::Nine).map(|leaf| (leaf, area("05315000"))));
    let compacted = Cover::new([(hex(HEX_7), area("05315000"))]);
    assert_eq!((full.leaf_count(), compacted.leaf_count()), (49, 49));
    for resolution in [Resolution::Eight, Resolution::Nine, Resolution::Ten] {
        for child in hex(HEX_7).children(resolution) {
            assert_eq!(full.municipality(child), compacted.municipality(child));
            assert!(compacted.contains(child));
        }
    }
}

#[test]
fn a_coarser_hexagon_belongs_where_its_centre_does() {
    let centre = Hex::from_h3(hex(HEX_8).as_h3().center_child(Resolution::Nine).unwrap());
    let pairs = hex(HEX_8)
        .children(Resolution::Nine)
        .map(|leaf| (leaf, if leaf == centre { area("05315000") } else { area("05362004") }));
    let cover = Cover::new(pairs);
    assert_eq!(cover.municipality(hex(HEX_8)), Some(area("05315000")));
}

#[test]
fn the_parts_of_a_hexagon_are_its_ground_in_each_municipality_and_nothing_outside() {
    let eights: Vec<Hex> = hex(HEX_7).children(Resolution::Eight).collect();
    // One child as a whole, of another one leaf, and the rest lies outside.
    let leaf = eights[1].children(Resolution::Nine).next().unwrap();
    let cover = Cover::new([(eights[0], area("05315000")), (leaf, area("05362004"))]);
    let parts = |of: Hex| {
        let mut found = std::collections::BTreeMap::new();
        cover.parts(of, &mut |key, leaves| *found.entry(key).or_insert(0) += leaves);
        found.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(parts(hex(HEX_7)), [(area("05315000"), 7), (area("05362004"), 1)]);
    assert_eq!(parts(eights[0].children(Resolution::Nine).next().unwrap()), [(area("05315000"), 1)]);
    assert_eq!(parts(leaf.children(Resolution::Ten).next().unwrap()), [(area("05362004"), 1)]);
    assert_eq!(parts(eights[2]), []);
}

#[test]
fn an_empty_cover_holds_nothing() {
    assert!(Cover::default().is_empty());
    assert_eq!(Cover::default().municipality(hex(HEX_9)), None);
}
