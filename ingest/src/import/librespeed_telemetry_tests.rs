use domain::{Record, record::TestOutcome};
use serde_json::json;

use super::*;
use crate::import::testing::{LAT, LNG, read};

const HEADER: &str = "id,timestamp,ip,ispinfo,extra,ua,lang,dl,ul,ping,jitter,log";
const FORMAT: LibrespeedTelemetry = LibrespeedTelemetry { hex: None };

fn row(extra: &str, dl: &str) -> String {
    let extra = extra.replace('"', "\"\"");
    format!("7,2026-05-14 11:59:30,192.0.2.7,\"{{}}\",\"{extra}\",Muster/1.0,de,{dl},9.5,31.25,2.5,\"a,\nb\"")
}

fn file(rows: &[String]) -> Vec<u8> {
    format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes()
}

fn home() -> Hex {
    Hex::from_degrees(51.434_417, 6.762_329, Hex::FIXED).unwrap()
}

#[test]
fn a_row_with_a_place_in_extra_is_a_speed_test_and_no_address_is_read() {
    let places = [
        format!(r#"{{"lat":{LAT},"lng":{LNG},"accuracy":20}}"#),
        format!(r#"{{"lat":{LAT},"lon":{LNG}}}"#),
        format!(r#"{{"hex":"{}"}}"#, home()),
    ];
    for place in places {
        let found = read(&FORMAT, &file(&[row(&place, "48.2")])).unwrap();
        let test = &found.tests()[0];
        assert_eq!(test.hex, home(), "{place}");
        let TestOutcome::Completed(result) = test.outcome else { panic!("a result") };
        assert_eq!(result.download.unwrap().as_bps(), 48_200_000);
        assert_eq!(result.jitter.unwrap().as_micros(), 2_500);
        assert!(!format!("{found:?}").contains("192.0.2.7") && !format!("{found:?}").contains("Muster"));
    }
}

#[test]
fn json_says_the_same_as_csv_and_is_the_same_record() {
    let object = json!({ "id": "7", "timestamp": "2026-05-14 11:59:30", "ip": "192.0.2.7", "ua": "Muster/1.0",
        "extra": format!(r#"{{"hex":"{}"}}"#, home()), "dl": "48.2", "ul": "9.5", "ping": 31.25, "jitter": "2.5" });
    let csv = read(&FORMAT, &file(&[row(&format!(r#"{{"hex":"{}"}}"#, home()), "48.2")])).unwrap();
    for text in [json!([object]).to_string(), format!("{object}\n")] {
        let json = read(&FORMAT, text.as_bytes()).unwrap();
        assert_eq!(json.records[0].2, csv.records[0].2);
    }
}

#[test]
fn rows_without_a_place_and_damaged_ones_are_refused_by_their_number() {
    let good = format!(r#"{{"hex":"{}"}}"#, home());
    let rows = [row("", "48"), row("free text", "48"), row("{}", "48"), row(&good, "fast"), row(r#"{"hex":"x"}"#, "1")];
    let found = read(&FORMAT, &file(&rows)).unwrap();
    // A log over two lines: the number is that of the line where the row begins.
    let expected = [
        (2, RejectionReason::BadPosition),
        (4, RejectionReason::BadPosition),
        (6, RejectionReason::BadPosition),
        (8, RejectionReason::ImplausibleValue),
        (10, RejectionReason::BadPosition),
    ];
    assert_eq!(found.refused, expected);
    assert!(found.records.is_empty());
}

#[test]
fn a_server_that_stands_for_one_place_gives_it_to_all() {
    let format = LibrespeedTelemetry { hex: Some(home()) };
    let found = read(&format, &file(&[row("", "48"), row("", "50")])).unwrap();
    assert!(found.tests().iter().all(|test| test.hex == home()));
    assert_eq!(found.records[0].0, found.records[1].0, "one line, one voice");
    assert_ne!(Record::id(&found.records[0].2), Record::id(&found.records[1].2));
}

#[test]
fn a_device_that_the_page_names_is_a_voice_of_its_own() {
    let extra = |device: &str| format!(r#"{{"hex":"{}","device":"{device}"}}"#, home());
    let rows = [row(&extra(&"a1".repeat(16)), "48"), row(&extra(&"b2".repeat(16)), "48"), row(&extra("me"), "48")];
    let found = read(&FORMAT, &file(&rows)).unwrap();
    assert!(matches!(found.records[0].0, Recorder::Device(_)));
    assert_ne!(found.records[0].0, found.records[1].0);
    assert_eq!(found.records[2].0, Recorder::named(&["fixed line", &home().to_string()]), "no secret, no device");
}
