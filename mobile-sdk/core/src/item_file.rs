//! One waiting item on disk: a line that describes it, a line that will be sent.

use domain::{CampaignId, HourStamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Version of this format and of the state file. A later version reads all earlier ones
/// (`tests/golden` holds a folder of each).
pub(crate) const FORMAT: u32 = 1;

/// Order of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Lane {
    /// Requests to delete what was contributed. No quota touches them.
    Deletion,
    /// Given to a campaign, which ends.
    Campaign,
    /// Everything else.
    Passive,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub format: u32,
    pub id: Uuid,
    pub lane: Lane,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// To the hour: the file need not know more than the record.
    pub recorded_hour: i32,
    /// First 64 bits of SHA-256 of the payload, to tell a damaged file.
    pub check: String,
}

impl Head {
    pub(crate) fn new(id: Uuid, lane: Lane, campaign: Option<CampaignId>, hour: HourStamp, payload: &[u8]) -> Self {
        Self { format: FORMAT, id, lane, campaign, recorded_hour: hour.as_hours(), check: check(payload) }
    }
}

/// Why a file is not an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Not ours, cut or changed.
    Damaged,
    /// Written by a newer SDK: left alone.
    Newer,
}

pub(crate) fn encode(head: &Head, payload: &[u8]) -> Vec<u8> {
    // Serialising own plain structs to memory cannot fail.
    let mut file = serde_json::to_vec(head).unwrap_or_default();
    file.push(b'\n');
    file.extend_from_slice(payload);
    file.push(b'\n');
    file
}

pub(crate) fn decode(file: &[u8]) -> Result<(Head, &str), Unreadable> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let text = std::str::from_utf8(file).map_err(|_| Unreadable::Damaged)?;
    let (head, payload) = text.split_once('\n').ok_or(Unreadable::Damaged)?;
    let version: Version = serde_json::from_str(head).map_err(|_| Unreadable::Damaged)?;
    if version.format > FORMAT {
        return Err(Unreadable::Newer);
    }
    let head: Head = serde_json::from_str(head).map_err(|_| Unreadable::Damaged)?;
    let payload = payload.strip_suffix('\n').ok_or(Unreadable::Damaged)?;
    if head.check == check(payload.as_bytes()) { Ok((head, payload)) } else { Err(Unreadable::Damaged) }
}

fn check(payload: &[u8]) -> String {
    Sha256::digest(payload)[..8].iter().fold(String::with_capacity(16), |mut hex, byte| {
        use std::fmt::Write as _;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn example() -> Vec<u8> {
        let payload = br#"{"kind":"dead_spot_report"}"#;
        let hour = HourStamp::from_hours(494_000).unwrap();
        encode(&Head::new(Uuid::nil(), Lane::Campaign, "messwoche".parse().ok(), hour, payload), payload)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let file = example();
        let (head, payload) = decode(&file).unwrap();
        assert_eq!((head.lane, head.recorded_hour), (Lane::Campaign, 494_000));
        assert_eq!(payload, r#"{"kind":"dead_spot_report"}"#);
    }

    #[test]
    fn a_newer_file_is_told_from_a_damaged_one() {
        let newer = String::from_utf8(example()).unwrap().replace("\"format\":1", "\"format\":2");
        assert_eq!(decode(newer.as_bytes()), Err(Unreadable::Newer));
    }

    proptest! {
        #[test]
        fn a_file_cut_anywhere_is_damaged(cut in 0..example().len()) {
            let file = example();
            prop_assert_eq!(decode(&file[..cut]), Err(Unreadable::Damaged));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }

        #[test]
        fn one_changed_byte_of_the_payload_is_noticed(at in 0usize..27) {
            let mut file = example();
            let payload_start = file.iter().position(|&b| b == b'\n').unwrap() + 1;
            file[payload_start + at] ^= 1;
            prop_assert_eq!(decode(&file), Err(Unreadable::Damaged));
        }
    }
}
