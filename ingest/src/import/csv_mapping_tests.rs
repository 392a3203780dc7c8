use domain::{
    Resolution, SourceClass,
    record::{FixedMedium, Protocol, TestOutcome},
};

use super::*;
use crate::import::testing::{LAT, LNG, Read, read};

const LINES: &str = r#"
kind = "speed_test"
source = "crowd"
delimiter = ";"
time_zone = "Europe/Berlin"
protocol = "ndt7"
medium = "lan"

[columns]
time = { column = "Zeit", format = "%d.%m.%Y %H:%M" }
latitude = "Breite"
longitude = "Länge"
download = { column = "Down", unit = "kbit/s" }
latency = "Ping"
loss = { column = "Verlust", unit = "%" }
device = "Gerät"
"#;

const WALK: &str = r#"
kind = "coverage"
source = "survey"

[columns]
time = { column = "at", unit = "ms" }
hex = "hex"
mcc = "mcc"
mnc = "mnc"
technology = "net"
signal = "dbm"
device = "who"

[technologies]
LTE = "4g"
"no service" = "none"
"#;

fn csv(mapping: &str) -> Csv {
    Csv { mapping: Some(Mapping::parse(mapping).unwrap()) }
}

fn lines(rows: &[&str]) -> Read {
    let text = format!("Zeit;Breite;Länge;Down;Ping;Verlust;Gerät\n{}\n", rows.join("\n"));
    read(&csv(LINES), text.as_bytes()).unwrap()
}

fn walk(rows: &[String]) -> Read {
    read(&csv(WALK), format!("at,hex,mcc,mnc,net,dbm,who\n{}\n", rows.join("\n")).as_bytes()).unwrap()
}

#[test]
fn a_mapped_row_is_a_speed_test_in_its_units_and_zone() {
    let found = lines(&[&format!("14.05.2026 13:59;{LAT};{LNG};48000,5;31,25;1;a")]);
    let test = &found.tests()[0];
    let TestOutcome::Completed(result) = test.outcome else { panic!("a result") };
    assert_eq!(result.download.unwrap().as_bps(), 48_000_500);
    assert_eq!(result.idle_latency.unwrap().as_micros(), 31_250);
    assert_eq!(result.loss.unwrap().as_ppm(), 10_000);
    assert_eq!(test.at.to_string(), "2026-05-14T11:59:00Z");
    assert_eq!((test.protocol, test.hex.resolution()), (Protocol::Ndt7, Resolution::Nine));
    assert!(matches!(test.network, Network::Fixed { medium: FixedMedium::Lan, .. }));
    assert_eq!(csv(LINES).target(), Target::Evidence(SourceClass::Crowd));
}

#[test]
fn mapped_rows_of_coverage_become_a_track_for_each_device() {
    let hex = Hex::from_degrees(51.434_417, 6.762_329, Resolution::Ten).unwrap();
    let row = |net: &str, who: &str| format!("1778760000000,{hex},262,01,{net},-97,{who}");
    let found = walk(&[row("LTE", "a"), row("no service", "b"), row("2g", "a")]);
    let rows: Vec<_> = found.records.iter().map(|(_, rows, _)| rows.clone()).collect();
    assert_eq!(rows, [vec![2, 4], vec![3]]);
    let technologies: Vec<_> = found.points().iter().map(|point| point.technology).collect();
    assert_eq!(technologies, [Some(Technology::FourG), Some(Technology::TwoG), None]);
    assert_ne!(found.records[0].0, found.records[1].0);
}

#[test]
fn damaged_rows_are_refused_by_their_number() {
    let found = lines(&[
        &format!("14.15.2026 13:59;{LAT};{LNG};1;1;1;a"),
        &format!("14.05.2026 13:59;;{LNG};1;1;1;a"),
        &format!("14.05.2026 13:59;{LAT};{LNG};much;1;1;a"),
        &format!("14.05.2026 13:59;{LAT};{LNG};;;;a"),
        "14.05.2026 13:59",
    ]);
    let expected = [
        (2, RejectionReason::NoTime),
        (3, RejectionReason::BadPosition),
        (4, RejectionReason::ImplausibleValue),
        (5, RejectionReason::Malformed),
        (6, RejectionReason::Malformed),
    ];
    assert_eq!(found.refused, expected);
    let row = |net: &str, mnc: &str| format!("1778760000000,8a1fa1b5d50ffff,262,{mnc},{net},-97,a");
    let found = walk(&[row("6G", "01"), row("LTE", "77")]);
    assert_eq!(found.refused.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn without_a_device_a_line_is_its_place_and_all_phones_are_one_voice() {
    let one = |who: &str| lines(&[&format!("14.05.2026 13:59;{LAT};{LNG};1;1;1;{who}")]).records[0].0;
    let place = Hex::from_degrees(51.434_417, 6.762_329, Hex::FIXED).unwrap().to_string();
    assert_eq!(one(""), Recorder::named(&["fixed line", &place]));
    assert_ne!(one("a"), one("b"));
}

#[test]
fn a_mapping_that_cannot_work_says_what_is_wrong() {
    let says = |change: (&str, &str), words: &str| {
        let message = Mapping::parse(&LINES.replace(change.0, change.1)).unwrap_err();
        assert!(message.contains(words), "{message}");
    };
    says(("latency =", "ping ="), "no field `ping`: use time, latitude");
    says(("kbit/s", "Kbps"), "`download` cannot have the unit `Kbps`: use Mbit/s, kbit/s");
    says(("latitude = \"Breite\"\n", ""), "lacks hex, or latitude and longitude");
    says(("Europe/Berlin", "Europe/Essen"), "no time zone `Europe/Essen`");
    says(("source = \"crowd\"\n", ""), "missing field `source`");
    says(("medium", "mediun"), "unknown field `mediun`");
    let message = Mapping::parse(&WALK.replace("4g", "LTE")).unwrap_err();
    assert!(message.contains("[technologies] `LTE` cannot be `LTE`"), "{message}");
    let message = Mapping::parse(&WALK.replace("mnc = \"mnc\"\n", "")).unwrap_err();
    assert!(message.contains("lacks operator, or mcc and mnc"), "{message}");
}

#[test]
fn a_column_that_the_file_lacks_is_named_with_those_it_has() {
    let error = read(&csv(WALK), b"at,hex\n1,2\n").unwrap_err().to_string();
    assert!(error.contains("no column `who`") && error.contains("(it has at, hex)"), "{error}");
    let error = (Csv { mapping: None }).ready().unwrap_err().to_string();
    assert!(error.contains("--mapping FILE"), "{error}");
}

#[test]
fn the_mappings_of_the_documents_can_be_used() {
    for text in [
        include_str!("../../../docs/examples/speed-tests.mapping.toml"),
        include_str!("../../../docs/examples/coverage.mapping.toml"),
    ] {
        Mapping::parse(text).unwrap();
    }
}
