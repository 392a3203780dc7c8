use std::collections::BTreeMap;

use domain::{
    Outcome, QuarantineReason, RejectionReason,
    wire::v1::{BatchAnswer, ItemAnswer},
};

#[test]
fn an_answer_of_a_newer_server_is_read() {
    let answer: BatchAnswer = serde_json::from_value(serde_json::json!({
        "batch_id": "904eb6b5-ad15-41e5-9c05-d8393fbb9a20",
        "took_ms": 4,
        "items": [
            { "id": null, "outcome": "rejected", "reason": "moon_phase", "detail": "wait" },
            { "id": "3473aaf8-ebf9-4d49-a587-f8d7df34b1c3", "outcome": "accepted",
              "points_rejected": { "outside_area": 3, "moon_phase": 2 } },
        ]
    }))
    .unwrap();
    assert_eq!(answer.items[0].outcome, "rejected");
    assert_eq!((answer.items[0].reason, answer.items[0].detail.as_deref()), (None, Some("wait")));
    assert_eq!(answer.items[1].points_rejected, BTreeMap::from([(RejectionReason::OutsideArea, 3)]));
}

#[test]
fn an_answer_is_written_with_what_there_is_to_say() {
    let item = ItemAnswer {
        id: Some("3473aaf8-ebf9-4d49-a587-f8d7df34b1c3".parse().unwrap()),
        outcome: Outcome::Rejected(RejectionReason::InFuture).code().to_owned(),
        reason: Some(RejectionReason::InFuture),
        detail: None,
        points_rejected: BTreeMap::new(),
    };
    let answer = BatchAnswer {
        batch_id: "904eb6b5-ad15-41e5-9c05-d8393fbb9a20".parse().unwrap(),
        items: vec![item],
        follow_up: None,
    };
    let json = serde_json::to_string(&answer).unwrap();
    assert_eq!(
        json,
        r#"{"batch_id":"904eb6b5-ad15-41e5-9c05-d8393fbb9a20","items":[{"id":"3473aaf8-ebf9-4d49-a587-f8d7df34b1c3","outcome":"rejected","reason":"in_future"}]}"#
    );
    assert_eq!(serde_json::from_str::<BatchAnswer>(&json).unwrap(), answer);
}

#[test]
fn every_outcome_has_its_word() {
    let outcomes = [
        Outcome::Accepted(None),
        Outcome::Accepted(Some(QuarantineReason::Outlier)),
        Outcome::Duplicate,
        Outcome::Conflict,
        Outcome::Rejected(RejectionReason::Malformed),
    ];
    let words = outcomes.map(Outcome::code);
    assert_eq!(words, ["accepted", "quarantined", "duplicate", "conflict", "rejected"]);
}
