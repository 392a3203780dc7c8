//! Types that are text outside: what is printed is read back, and the published pattern tells the same.

use domain::{
    AreaKey, BatchId, CampaignId, Hex, ItemId, Layer, Operator, RegionId, ReleaseId, Resolution, TechnologyView,
    Window, record::Comment,
};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

/// Text, JSON and JSON schema agree about one value.
fn holds<T>(value: &T) -> Result<(), TestCaseError>
where
    T: std::fmt::Display + std::fmt::Debug + std::str::FromStr<Err = domain::Invalid> + PartialEq,
    T: Serialize + DeserializeOwned + JsonSchema,
{
    prop_assert_eq!(&value.to_string().parse::<T>().unwrap(), value);
    let json = serde_json::to_value(value).unwrap();
    prop_assert_eq!(&json, &serde_json::Value::String(value.to_string()));
    let schema = schemars::schema_for!(T).to_value();
    prop_assert!(jsonschema::is_valid(&schema, &json), "{} does not fit {}", json, schema);
    prop_assert!(schema["examples"][0].as_str().unwrap().parse::<T>().is_ok());
    prop_assert_eq!(&serde_json::from_value::<T>(json).unwrap(), value);
    Ok(())
}

fn operators() -> impl Strategy<Value = Operator> {
    "[2-7][0-9]{4,5}".prop_map(|text| text.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hexagons_are_read_back(lat in -85.0_f64..85.0, lng in 1.0_f64..180.0, resolution in 0_u8..=15) {
        let resolution = Resolution::try_from(resolution).unwrap();
        holds(&Hex::from_degrees(lat, lng, resolution).unwrap())?;
    }

    #[test]
    fn operators_are_read_back(operator in operators()) {
        holds(&operator)?;
        prop_assert_eq!(Operator::from_codes(operator.mcc(), operator.mnc()).unwrap(), operator);
    }

    #[test]
    fn area_keys_are_read_back(text in "[0-9]{2}|[0-9]{5}|[0-9]{8}") {
        let key: AreaKey = text.parse().unwrap();
        prop_assert_eq!(key.as_str(), text);
        holds(&key)?;
    }

    #[test]
    fn layers_are_read_back(operator in operators(), view in proptest::sample::select(TechnologyView::ALL)) {
        holds(&Layer::Mobile { operator, view })?;
        holds(&Layer::Fixed)?;
    }

    #[test]
    fn windows_are_read_back(year in 1970_i16..=2400, month in 1_i8..=12, id in "[a-z0-9][a-z0-9-]{0,63}") {
        holds(&Window::Year(year))?;
        holds(&Window::Month { year, month })?;
        holds(&Window::Campaign(id.parse().unwrap()))?;
    }

    #[test]
    fn ids_are_read_back(text in "[a-z0-9][a-z0-9-]{0,63}") {
        holds(&text.parse::<CampaignId>().unwrap())?;
        holds(&text.parse::<RegionId>().unwrap())?;
        holds(&text.parse::<ReleaseId>().unwrap())?;
        holds(&ItemId::random())?;
        holds(&BatchId::random())?;
    }

    #[test]
    fn comments_are_read_back(text in "[^\\p{Cc}\\s][^\\p{Cc}]{0,200}") {
        holds(&text.parse::<Comment>().unwrap())?;
    }

    #[test]
    fn no_text_makes_a_parser_panic(text: String) {
        let _ = text.parse::<Hex>();
        let _ = text.parse::<Operator>();
        let _ = text.parse::<AreaKey>();
        let _ = text.parse::<Layer>();
        let _ = text.parse::<Window>();
        let _ = text.parse::<CampaignId>();
        let _ = text.parse::<ItemId>();
        let _ = text.parse::<Comment>();
        let _ = text.parse::<domain::DeviceSecret>();
        let _ = AreaKey::from_ars(&text);
    }
}

#[test]
fn ids_that_carry_a_time_are_refused() {
    for odd in [
        "01997f3e-7a10-7c3e-8b6a-6f1d2c3b4a59",
        "c232ab00-9414-11ec-b3c8-9f6bdeced846",
        "00000000-0000-0000-0000-000000000000",
        "904eb6b5-ad15-41e5-1c05-d8393fbb9a20",
        "17",
    ] {
        assert!(odd.parse::<ItemId>().is_err(), "{odd}");
    }
}

#[test]
fn ids_that_are_file_names_hold_no_path() {
    for odd in ["", "-x", "NRW", "../etc", "a/b", "a b", "ü", &"a".repeat(65)] {
        assert!(odd.parse::<RegionId>().is_err(), "{odd}");
    }
}

#[test]
fn a_comment_has_no_control_characters_and_at_most_280_characters() {
    assert_eq!("  kein Netz\n".parse::<Comment>().unwrap().as_str(), "kein Netz");
    assert!("ü".repeat(280).parse::<Comment>().is_ok());
    assert!("ü".repeat(281).parse::<Comment>().is_err());
    assert!("\u{1b}[31mred".parse::<Comment>().is_err());
    assert!(" \n".parse::<Comment>().is_err());
}
