//! METHODS T1: the same line meets the law on one day and not on the next.

use domain::{BitRate, Rtt, rules::Rule};
use jiff::civil::{Date, date};

fn universal_service() -> Vec<Rule> {
    serde_json::from_value(serde_json::json!([
        {
            "id": "tkmv-2022", "jurisdiction": "DE", "legal_source": "TKMV § 2", "verified": true,
            "valid_from": "2022-06-01", "valid_to": "2024-12-30",
            "download_mbps": 10.0, "upload_mbps": 1.7, "latency_ms": 150.0
        },
        {
            "id": "tkmv-2024", "jurisdiction": "DE", "legal_source": "TKMV § 2", "verified": true,
            "valid_from": "2024-12-31",
            "download_mbps": 15.0, "upload_mbps": 5.0, "latency_ms": 150.0
        }
    ]))
    .unwrap()
}

/// Download, upload and latency of a line of 12 / 2 Mbit/s and 40 ms, judged on a day.
fn judged(day: Date) -> Option<[Option<bool>; 3]> {
    let rules = universal_service();
    let floor = rules.iter().find(|rule| rule.in_force(day))?.floor().unwrap();
    Some([
        floor.download.is_met_by(Some(BitRate::from_mbps(12))),
        floor.upload.is_met_by(Some(BitRate::from_mbps(2))),
        floor.latency.is_met_by(Some(Rtt::from_millis(40))),
    ])
}

#[test]
fn a_line_is_judged_by_the_rule_of_its_day() {
    assert_eq!(judged(date(2024, 12, 30)), Some([Some(true), Some(true), Some(true)]));
    assert_eq!(judged(date(2024, 12, 31)), Some([Some(false), Some(false), Some(true)]));
}

#[test]
fn before_the_first_rule_there_is_none() {
    assert_eq!(judged(date(2022, 5, 31)), None);
    assert!(judged(date(2022, 6, 1)).is_some());
}

#[test]
fn one_rule_is_in_force_on_each_day_and_the_last_has_no_end() {
    let rules = universal_service();
    let mut day = date(2022, 6, 1);
    while day < date(2030, 1, 1) {
        assert_eq!(rules.iter().filter(|rule| rule.in_force(day)).count(), 1, "{day}");
        day = day.tomorrow().unwrap();
    }
}

#[test]
fn decimal_thresholds_are_exact() {
    let floor = universal_service()[0].floor().unwrap();
    assert_eq!(floor.upload.bound(), BitRate::from_kbps(1_700));
    assert_eq!(floor.latency.bound(), Rtt::from_millis(150));
}

#[test]
fn a_threshold_that_is_no_number_is_refused() {
    let mut rule = universal_service().remove(0);
    rule.download_mbps = f64::NAN;
    assert!(rule.floor().is_err());
    rule.download_mbps = -1.0;
    assert!(rule.floor().is_err());
}
