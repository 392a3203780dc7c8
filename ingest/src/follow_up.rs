//! The code that shows its holder what became of a batch.
//!
//! It is made from the device's secret and the batch's id, so a batch that is sent again gets the same one.
//! The server keeps a hash of it.

use std::{collections::BTreeSet, fmt};

use domain::{
    BatchId, DevicePseudonym, DeviceSecret, Hex, Outcome, Record, RegionId, RejectionReason, Resolution, SourceClass,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{FollowUpRow, Stored};

/// Crockford's base 32: no letter looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 60 bits: nobody guesses one within a lifetime of requests.
const LENGTH: usize = 12;
/// Places of a track that are listed; of a longer one the rest is counted.
const MAX_PLACES: usize = 20;

/// A code, without hyphens.
#[derive(Clone, PartialEq, Eq)]
pub struct FollowUpCode(String);

// Who holds the code sees the places: it is not for logs.
impl fmt::Debug for FollowUpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FollowUpCode(…)")
    }
}

impl FollowUpCode {
    pub(crate) fn of(secret: &DeviceSecret, batch: BatchId) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"whitespot follow-up code 1");
        hash.update(secret.expose());
        hash.update(batch.as_uuid().as_bytes());
        let digest = hash.finalize();
        let bits = digest.iter().take(8).fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte));
        let digit = |at: usize| char::from(ALPHABET[(bits >> (5 * at)) as usize % ALPHABET.len()]);
        Self((0..LENGTH).map(digit).collect())
    }

    /// As a person may type it: any case, hyphens and spaces anywhere, O for 0, I and L for 1.
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = String::with_capacity(LENGTH);
        for letter in text.chars().filter(|c| !matches!(c, '-' | ' ')).take(LENGTH + 1) {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            u8::try_from(letter).ok().filter(|byte| ALPHABET.contains(byte))?;
            code.push(letter);
        }
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// As it is shown: `XXXX-XXXX-XXXX`.
    pub fn shown(&self) -> String {
        [&self.0[..4], &self.0[4..8], &self.0[8..]].join("-")
    }

    /// What the database knows of it.
    pub fn hash(&self) -> [u8; 16] {
        let digest = Sha256::digest(self.0.as_bytes());
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        short
    }
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedItem {
    /// Record kind, if it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The answer it got.
    pub outcome: String,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RejectionReason>,
    /// Where it counts, resolution 8; of a long track the first ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hexes: Vec<Hex>,
    /// How many hexagons more there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_hexes: u32,
    /// Windows that it counts in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<String>,
    /// Regions that it lies in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionId>,
    /// Class of its evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceClass>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
const fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl FollowedItem {
    pub(crate) fn rejected(reason: RejectionReason) -> Self {
        Self {
            kind: None,
            outcome: Outcome::Rejected(reason).code().to_owned(),
            reason: Some(reason),
            hexes: Vec::new(),
            more_hexes: 0,
            windows: Vec::new(),
            regions: Vec::new(),
            source: None,
        }
    }

    pub(crate) fn kept(
        record: &Record,
        outcome: &str,
        source: SourceClass,
        windows: Vec<String>,
        regions: &BTreeSet<RegionId>,
    ) -> Self {
        let mut hexes: Vec<Hex> = record.hexes().map(|hex| hex.at_most(Resolution::Eight)).collect();
        hexes.sort_unstable();
        hexes.dedup();
        let more_hexes = hexes.len().saturating_sub(MAX_PLACES) as u32;
        hexes.truncate(MAX_PLACES);
        Self {
            kind: Some(record.kind().to_owned()),
            outcome: outcome.to_owned(),
            reason: None,
            hexes,
            more_hexes,
            windows,
            regions: regions.iter().cloned().collect(),
            source: Some(source),
        }
    }

    /// Leaves out where it counts.
    pub(crate) fn without_places(&mut self) {
        (self.hexes, self.more_hexes) = (Vec::new(), 0);
    }
}

/// A batch on its way to the database, to be followed from then on.
#[derive(Clone, Debug)]
pub(crate) struct FollowUp {
    pub code: [u8; 16],
    pub device: DevicePseudonym,
    pub items: Vec<FollowedItem>,
    /// Which of `items` are written, in order.
    pub written: Vec<usize>,
}

impl FollowUp {
    /// With what the database said of the written ones. `None` if all of it was there before: the batch has its row
    /// already, or lost it when its device was erased.
    pub fn row(&self, stored: &[Stored]) -> Option<FollowUpRow> {
        if !stored.contains(&Stored::New) {
            return None;
        }
        let mut items = self.items.clone();
        for (&at, stored) in self.written.iter().zip(stored) {
            match stored {
                Stored::New => {}
                Stored::Duplicate => Outcome::Duplicate.code().clone_into(&mut items[at].outcome),
                Stored::Conflict => Outcome::Conflict.code().clone_into(&mut items[at].outcome),
            }
        }
        Some(FollowUpRow { code: self.code, device: self.device, items: serde_json::json!(items) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_for_the_same_batch_and_can_be_typed_carelessly() {
        let (secret, batch) = (DeviceSecret::random(), BatchId::random());
        let code = FollowUpCode::of(&secret, batch);
        assert!(code == FollowUpCode::of(&secret, batch));
        assert!(code != FollowUpCode::of(&secret, BatchId::random()));
        assert!(code != FollowUpCode::of(&DeviceSecret::random(), batch));
        let careless =
            format!(" {} ", code.shown().to_lowercase().replace('0', "o").replace('1', "l").replace('-', " "));
        assert!(FollowUpCode::parse(&careless).is_some_and(|typed| typed.hash() == code.hash()));
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in ["", "ABCD", "ABCD-EFGH-JKMU", "ABCD-EFGH-JKMNP", "ÄBCD-EFGH-JKMN"] {
            assert!(FollowUpCode::parse(text).is_none(), "{text}");
        }
    }
}
