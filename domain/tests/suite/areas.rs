use domain::{AreaKey, AreaLevel};

fn key(text: &str) -> AreaKey {
    text.parse().unwrap()
}

#[test]
fn a_key_keeps_its_leading_zero() {
    assert_eq!(key("05334002").as_str(), "05334002");
    assert_eq!(serde_json::to_string(&key("05334002")).unwrap(), "\"05334002\"");
}

#[test]
fn the_level_follows_from_the_length() {
    assert_eq!(key("05").level(), AreaLevel::State);
    assert_eq!(key("05334").level(), AreaLevel::District);
    assert_eq!(key("05334002").level(), AreaLevel::Municipality);
}

#[test]
fn a_municipality_knows_its_district_and_state() {
    assert_eq!(key("05334002").district(), Some(key("05334")));
    assert_eq!(key("05334").district(), Some(key("05334")));
    assert_eq!(key("05").district(), None);
    assert_eq!(key("05334002").state(), key("05"));
}

#[test]
fn an_area_lies_in_itself_and_in_what_its_key_begins_with() {
    for around in ["05334002", "05334", "05"] {
        assert!(key("05334002").lies_in(key(around)), "{around}");
    }
    assert!(!key("05334002").lies_in(key("05358")) && !key("05334").lies_in(key("05334002")));
}

#[test]
fn a_key_that_a_number_column_ate_the_zero_of_says_so() {
    for lost in ["5334002", "5334", "5"] {
        let error = lost.parse::<AreaKey>().unwrap_err();
        assert!(error.to_string().contains("lost its leading zero"), "{error}");
    }
}

#[test]
fn other_lengths_and_letters_are_refused() {
    for odd in ["", "053", "053340", "053340021", "0533400a", "05 34002", "０５３３４００２"] {
        assert!(odd.parse::<AreaKey>().is_err(), "{odd}");
    }
}

#[test]
fn the_regional_key_leads_to_the_municipal_one_without_the_association() {
    // Heek in the Kreis Borken: ARS 05 5 54 0024 024.
    assert_eq!(AreaKey::from_ars("055540024024").unwrap(), key("05554024"));
    assert_eq!(AreaKey::from_ars("033515402004").unwrap(), key("03351004"));
}

#[test]
fn a_regional_key_without_its_leading_zero_is_not_read_as_another_place() {
    let error = AreaKey::from_ars("55540024024").unwrap_err();
    assert!(error.to_string().contains("leading zero"), "{error}");
    assert!(AreaKey::from_ars("05554002402x").is_err());
}

#[test]
fn keys_sort_as_official_tables_do() {
    let mut keys = [key("05334002"), key("05"), key("05334"), key("03351004")];
    keys.sort();
    assert_eq!(keys.map(|key| key.to_string()), ["03351004", "05", "05334", "05334002"]);
}
