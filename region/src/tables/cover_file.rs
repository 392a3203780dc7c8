//! `cover.bin.zst`: the hexagons of each municipality.
//!
//! After zstd, version 1 is
//!
//! ```text
//! "WSCOVER" 0x01                      mark and version
//! varint  number of municipalities
//! for each municipality, by ascending key:
//!   8 bytes   key, ASCII digits
//!   varint    number of runs
//!   for each run:
//!     varint  gap: first number minus the end of the run before (0 for the first)
//!     varint  length minus one
//! ```
//!
//! Numbers count resolution-9 hexagons along H3's order: base hexagon, then nine digits, in base 7. A run of
//! 7^k numbers at a multiple of 7^k is one hexagon of resolution 9 - k. Varints are LEB128, seven bits a byte,
//! lowest first.

use std::collections::BTreeMap;

use domain::{AreaKey, AreaLevel, Hex};

use super::ordinal;

const MARK: &[u8; 7] = b"WSCOVER";
/// Version this program writes and reads.
pub const VERSION: u8 = 1;
/// Largest that zstd offers without its slow modes; the table is written once and read often.
const LEVEL: i32 = 19;
/// A whole country at this resolution takes a few MB; a damaged length must not fill the memory.
const LARGEST: usize = 256 << 20;

/// What is wrong with the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CoverError {
    Version(u8),
    Damaged(&'static str),
}

pub(super) fn encode(hexes: &BTreeMap<AreaKey, Vec<Hex>>) -> std::io::Result<Vec<u8>> {
    let mut out = MARK.to_vec();
    out.push(VERSION);
    put(&mut out, hexes.len() as u64);
    for (key, hexes) in hexes {
        out.extend_from_slice(key.as_str().as_bytes());
        let runs = ordinal::runs(hexes.iter().copied());
        put(&mut out, runs.len() as u64);
        let mut before = 0;
        for run in runs {
            put(&mut out, run.start - before);
            put(&mut out, run.end - run.start - 1);
            before = run.end;
        }
    }
    zstd::bulk::compress(&out, LEVEL)
}

pub(super) fn decode(compressed: &[u8]) -> Result<BTreeMap<AreaKey, Vec<Hex>>, CoverError> {
    let bytes = zstd::bulk::decompress(compressed, LARGEST).map_err(|_| CoverError::Damaged("is not zstd data"))?;
    let mut rest = bytes.strip_prefix(MARK).ok_or(CoverError::Damaged("does not begin with WSCOVER"))?;
    match rest.split_off_first() {
        Some(&VERSION) => {}
        Some(&other) => return Err(CoverError::Version(other)),
        None => return Err(CoverError::Damaged("is cut short")),
    }
    let hexes = areas(&mut rest).map_err(CoverError::Damaged)?;
    if rest.is_empty() { Ok(hexes) } else { Err(CoverError::Damaged("goes on after its end")) }
}

fn areas(rest: &mut &[u8]) -> Result<BTreeMap<AreaKey, Vec<Hex>>, &'static str> {
    const SHORT: &str = "is cut short";
    let mut all = BTreeMap::new();
    for _ in 0..get(rest).ok_or(SHORT)? {
        let key = rest.split_off(..8).ok_or(SHORT)?;
        let key = std::str::from_utf8(key).ok().and_then(|key| key.parse::<AreaKey>().ok());
        let key = key.filter(|key| key.level() == AreaLevel::Municipality).ok_or("has a key that is none")?;
        let mut hexes = Vec::new();
        let mut before: u64 = 0;
        for _ in 0..get(rest).ok_or(SHORT)? {
            let (gap, length) = get(rest).zip(get(rest)).ok_or(SHORT)?;
            let start = before.checked_add(gap).ok_or("has a run beyond the globe")?;
            let end = start.checked_add(length).and_then(|last| last.checked_add(1)).filter(|&end| end <= ordinal::END);
            before = end.ok_or("has a run beyond the globe")?;
            hexes.extend(ordinal::hexes(start..before).ok_or("has a number that is no hexagon")?);
        }
        hexes.sort_unstable();
        if all.insert(key, hexes).is_some() {
            return Err("has a key twice");
        }
    }
    Ok(all)
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn get(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *rest.split_off_first()?;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use domain::Resolution;

    use super::*;

    fn sample() -> BTreeMap<AreaKey, Vec<Hex>> {
        let disk = |lat, lng| {
            let centre = Hex::from_degrees(lat, lng, Resolution::Nine).unwrap();
            ordinal::compact(&centre.as_h3().grid_disk::<Vec<_>>(9).into_iter().map(Hex::from_h3).collect::<Vec<_>>())
        };
        BTreeMap::from([
            ("05334002".parse().unwrap(), disk(50.77, 6.08)),
            ("05315000".parse().unwrap(), disk(50.94, 6.96)),
        ])
    }

    #[test]
    fn a_cover_survives_its_file() {
        assert_eq!(decode(&encode(&sample()).unwrap()).unwrap(), sample());
    }

    #[test]
    fn every_cut_and_every_foreign_byte_is_an_error_or_a_cover_but_never_a_panic() {
        let whole = zstd::bulk::decompress(&encode(&sample()).unwrap(), LARGEST).unwrap();
        for cut in 0..whole.len() {
            let result = decode(&zstd::bulk::compress(&whole[..cut], 1).unwrap());
            assert!(result.is_err(), "cut at {cut}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            let _ = decode(&zstd::bulk::compress(&damaged, 1).unwrap());
        }
    }

    #[test]
    fn a_newer_version_is_named() {
        let mut bytes = zstd::bulk::decompress(&encode(&sample()).unwrap(), LARGEST).unwrap();
        bytes[7] = 2;
        assert_eq!(decode(&zstd::bulk::compress(&bytes, 1).unwrap()), Err(CoverError::Version(2)));
    }
}
