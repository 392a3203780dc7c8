//! What must never reach a log: device secrets, pseudonyms, exact positions.

use domain::{
    DevicePseudonym, DeviceSecret, Hex, Resolution,
    record::Comment,
    wire::v1::{Batch, BatchEnvelope},
};

const SECRET: &str = "00f1e2d3c4b5a69788796a5b4c3d2e1f";

fn batch_json() -> String {
    format!(
        r#"{{"batch_id":"904eb6b5-ad15-41e5-9c05-d8393fbb9a20","device_secret":"{SECRET}",
            "sent_at":"2026-05-19T18:42:00Z","client":{{"name":"t","version":"1"}},"items":[]}}"#
    )
}

#[test]
fn a_device_secret_is_never_printed() {
    let secret: DeviceSecret = SECRET.parse().unwrap();
    assert_eq!(secret.to_wire(), SECRET);
    for printed in [format!("{secret:?}"), format!("{secret:#?}"), format!("{:?}", Some(secret))] {
        assert!(!printed.contains("f1") && !printed.contains("241"), "{printed}");
    }
}

#[test]
fn a_batch_is_printed_without_its_secret() {
    let batch: Batch = serde_json::from_str(&batch_json()).unwrap();
    let envelope: BatchEnvelope = serde_json::from_str(&batch_json()).unwrap();
    for printed in [format!("{batch:?}"), format!("{envelope:#?}")] {
        assert!(printed.contains("904eb6b5") && !printed.contains(SECRET), "{printed}");
    }
}

#[test]
fn an_envelope_is_printed_without_its_items() {
    let json = batch_json().replace("[]", r#"[{"lat":50.9413,"lng":6.9583}]"#);
    let envelope: BatchEnvelope = serde_json::from_str(&json).unwrap();
    assert!(!format!("{envelope:?}").contains("50.9413"));
}

#[test]
fn a_refused_secret_is_not_repeated() {
    for odd in [&SECRET[1..], "zzf1e2d3c4b5a69788796a5b4c3d2e1f", "+1f1e2d3c4b5a69788796a5b4c3d2e1f", &"0".repeat(32)] {
        let error = odd.parse::<DeviceSecret>().unwrap_err();
        assert!(!error.to_string().contains("f1e2"), "{error}");
    }
}

#[test]
fn secrets_differ_and_survive_the_wire() {
    let (one, other) = (DeviceSecret::random(), DeviceSecret::random());
    assert!(one != other);
    assert!(one.to_wire().parse::<DeviceSecret>().unwrap() == one);
}

#[test]
fn all_bits_of_a_secret_are_random() {
    // Fixed bits would show as a bit that never, or always, is one; chance does that once in 2^250.
    let (mut ones, mut zeros) = ([0_u8; 16], [0_u8; 16]);
    for _ in 0..256 {
        for (i, byte) in DeviceSecret::random().expose().iter().enumerate() {
            ones[i] |= byte;
            zeros[i] |= !byte;
        }
    }
    assert_eq!((ones, zeros), ([0xff; 16], [0xff; 16]));
}

#[test]
fn a_pseudonym_is_not_printed() {
    assert_eq!(format!("{:?}", DevicePseudonym::from_bytes([7; 16])), "DevicePseudonym(…)");
}

#[test]
fn errors_about_positions_do_not_hold_them() {
    let too_fine = Hex::from_degrees(50.9413, 6.9583, Resolution::Fifteen).unwrap();
    let errors = [
        Hex::from_degrees(950.9413, 6.9583, Resolution::Ten).unwrap_err(),
        too_fine.checked_for_record(Hex::MOBILE).unwrap_err(),
        "50.9413,6.9583".parse::<Hex>().unwrap_err(),
    ];
    for error in errors {
        let text = format!("{error} {error:?}");
        assert!(!text.contains("0.9413") && !text.contains("6.9583"), "{text}");
        assert!(!text.contains(&too_fine.to_string()), "{text}");
    }
}

#[test]
fn a_refused_comment_is_not_repeated() {
    let error = "call me: 0211 123456\u{7}".parse::<Comment>().unwrap_err();
    assert!(!error.to_string().contains("0211"), "{error}");
}

#[test]
fn a_hostile_value_does_not_fill_the_log() {
    let error = "ü".repeat(100_000).parse::<domain::Operator>().unwrap_err();
    assert!(error.to_string().len() < 200);
}
