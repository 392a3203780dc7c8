use domain::Operator;

fn operator(text: &str) -> Operator {
    text.parse().unwrap()
}

#[test]
fn two_and_three_digit_network_codes_are_different_networks() {
    assert_ne!(operator("262-01"), operator("262-001"));
    assert_eq!(operator("262-01").as_str(), "26201");
    assert_eq!(operator("262-001").as_str(), "262001");
    assert_ne!(operator("26201"), operator("262010"));
}

#[test]
fn leading_zeros_of_the_network_code_are_kept() {
    let telekom = operator("26201");
    assert_eq!((telekom.mcc(), telekom.mnc()), ("262", "01"));
    assert_eq!(operator("262001").mnc(), "001");
    assert_eq!(Operator::from_codes("262", "01").unwrap(), telekom);
}

#[test]
fn the_hyphen_is_only_a_spelling() {
    assert_eq!(operator("262-23"), operator("26223"));
    assert_eq!(operator("262-23").to_string(), "26223");
}

#[test]
fn codes_of_no_country_and_test_networks_are_refused() {
    for odd in ["", "262", "2620", "2620100", "00101", "90198", "1AB01", "262--1", "telekom", "２６２01", "26 201"] {
        assert!(odd.parse::<Operator>().is_err(), "{odd}");
    }
    // A number column has made `01` a `1`.
    assert!(Operator::from_codes("262", "1").is_err());
}
