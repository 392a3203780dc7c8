//! The compact form of votes: stable, exact, and safe to read whatever it holds.
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests stop at the first surprise; compared figures are exact"
)]

mod common;

use analytics::{
    DecodeError, LeafVotes,
    votes::{Entry, Seen, VoteKey},
};
use common::{Line, Look, children, line_votes, region, votes};
use domain::{Resolution, Technology};
use proptest::prelude::*;

fn mobile() -> LeafVotes {
    let hexes = children(region(), Resolution::Ten);
    let mut looks = vec![Look::good(1, hexes[3]), Look::good(1, hexes[3]), Look::dead(2, hexes[3])];
    looks.push(Look { hour: 20, signal: Some(-101), ..Look::good(2, hexes[40].at_most(Resolution::Eight)) });
    let mut all = votes(&looks).entries().to_vec();
    // Every technology, and receivers that see only one.
    for &technology in Technology::ALL {
        let look = Look { technology: Some(technology), signal: None, ..Look::good(3, hexes[9]) };
        let entry = votes(&[look]).entries()[0].clone();
        let locked = Seen { locked_to: Some(technology), ..entry.key.seen };
        all.extend([entry.clone(), Entry { key: VoteKey { seen: locked, ..entry.key }, ..entry.clone() }]);
    }
    LeafVotes::from_entries(all)
}

fn fixed() -> LeafVotes {
    let hex = children(region(), Resolution::Nine)[7];
    line_votes(&[
        Line { device: 1, hex, hour: 9, result: Some((12, 4, 160)) },
        Line { device: 1, hex, hour: 33, result: Some((50, 10, 20)) },
        Line { device: 2, hex, hour: 20, result: None },
    ])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Version 2 is in databases: these bytes must be readable for ever.
#[test]
fn version_2_is_written_and_read_as_it_always_was() {
    for (votes, golden) in
        [(mobile(), include_str!("golden/votes-2-mobile.hex")), (fixed(), include_str!("golden/votes-2-fixed.hex"))]
    {
        assert_eq!(hexadecimal(&votes.encode()), golden.trim());
        assert_eq!(LeafVotes::decode(&votes.encode()).unwrap(), votes);
    }
}

#[test]
fn a_newer_version_asks_for_a_newer_program() {
    let mut bytes = mobile().encode();
    bytes[4] = 3;
    assert_eq!(LeafVotes::decode(&bytes), Err(DecodeError::UnknownVersion(3)));
}

#[test]
fn every_truncation_and_every_flipped_bit_is_noticed() {
    for bytes in [mobile().encode(), fixed().encode()] {
        for len in 0..bytes.len() {
            assert!(LeafVotes::decode(&bytes[..len]).is_err(), "cut at {len}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(LeafVotes::decode(&bytes).is_err(), "bit {bit}");
        }
    }
}

/// With a right checksum, so that the reader itself is tried and not only the seal.
fn resealed(mut body: Vec<u8>) -> Vec<u8> {
    use sha2::Digest as _;
    let seal = sha2::Sha256::digest(&body);
    body.extend_from_slice(&seal[..8]);
    body
}

proptest! {
    #[test]
    fn hostile_bytes_are_an_error_and_not_a_panic(
        fixed_kind in any::<bool>(),
        tail in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut body = b"WSLV\x02".to_vec();
        body.push(u8::from(fixed_kind));
        body.extend(tail);
        let _ = LeafVotes::decode(&resealed(body));
    }

    #[test]
    fn a_changed_byte_under_a_right_seal_never_panics(at in 6usize..200, value in any::<u8>()) {
        for bytes in [mobile().encode(), fixed().encode()] {
            let mut body = bytes[..bytes.len() - 8].to_vec();
            let at = at % body.len();
            body[at] = value;
            if let Ok(votes) = LeafVotes::decode(&resealed(body)) {
                prop_assert_eq!(LeafVotes::decode(&votes.encode()).unwrap(), votes);
            }
        }
    }
}
