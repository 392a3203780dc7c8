//! What a release remembers for the gate of the next one. Never published. Version 1:
//!
//! ```text
//! "WSGP" version=1
//! parts:  kind · resolution · hexagons · own hexagons · summary (JSON, empty for unmeasured ground)
//! areas:  key · summary (JSON) · per channel: devices with the digest of what they contributed
//! devices: 8 bytes each · votes: position difference · device number · digest
//! first 8 bytes of SHA-256 over all of the above
//! ```
//! Devices are kept as a hash of their pseudonym, contributions as digests: enough to see what changed,
//! not enough to say what anybody measured.

use domain::{AreaKey, DevicePseudonym, Hex};
use sha2::{Digest, Sha256};

use super::{PieceKind, partition::Part};
use crate::{
    bytes::{Reader, Writer},
    summary::UnitSummary,
    votes::{DecodeError, Entry, Figures, unsealed},
};

const MAGIC: &[u8; 4] = b"WSGP";
const VERSION: u8 = 1;

/// First 64 bits of a hash of the pseudonym.
pub(super) type DeviceHash = u64;

/// Per device, a digest of what it contributed to something published.
pub(super) type Channel = Vec<(DeviceHash, u32)>;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Private {
    /// Parts with their published summary; `None`: published as unmeasured.
    pub(super) parts: Vec<(Part, Option<UnitSummary>)>,
    /// Areas as last published.
    pub(super) areas: Vec<PublishedArea>,
    /// Position, device and digest of the votes behind the parts, sorted.
    pub(super) votes: Vec<(u64, DeviceHash, u32)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PublishedArea {
    pub(super) key: AreaKey,
    pub(super) summary: UnitSummary,
    pub(super) channels: Vec<Channel>,
}

pub(super) fn hash_of(device: &DevicePseudonym) -> DeviceHash {
    let hash = Sha256::new().chain_update(b"whitespot gate").chain_update(device.as_bytes()).finalize();
    hash.iter().take(8).fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// A digest of an entry's content (FNV-1a), never 0. Stored, so it must not change between versions.
pub(super) fn digest_of(entry: &Entry) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |value: i64| {
        for byte in value.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    eat(entry.key.part as i64);
    eat(i64::from(entry.attempts));
    eat(i64::from(entry.below));
    entry.days.iter().for_each(|&day| eat(i64::from(day)));
    let mut eat_values = |values: &[(i64, u32)]| {
        eat(values.len() as i64);
        for &(value, times) in values {
            eat(value);
            eat(i64::from(times));
        }
    };
    match &entry.figures {
        Figures::Mobile(signal) => eat_values(signal),
        Figures::Fixed(figures) => {
            figures.values.iter().for_each(|values| eat_values(values));
            for count in figures.counts {
                eat_values(&[(i64::from(count.below), count.judged)]);
            }
        }
    }
    ((hash ^ hash >> 32) as u32).max(1)
}

impl Private {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.raw(MAGIC);
        out.raw(&[VERSION]);
        out.uint(self.parts.len() as u64);
        for (part, summary) in &self.parts {
            out.raw(&[u8::from(part.kind == PieceKind::Remainder), part.resolution]);
            write_hexes(&mut out, &part.hexes);
            write_hexes(&mut out, &part.own);
            write_summary(&mut out, summary.as_ref());
        }
        out.uint(self.areas.len() as u64);
        for area in &self.areas {
            out.uint(area.key.as_str().len() as u64);
            out.raw(area.key.as_str().as_bytes());
            write_summary(&mut out, Some(&area.summary));
            out.uint(area.channels.len() as u64);
            for channel in &area.channels {
                out.uint(channel.len() as u64);
                for (device, digest) in channel {
                    out.raw(&device.to_le_bytes());
                    out.raw(&digest.to_le_bytes());
                }
            }
        }
        let mut devices: Vec<DeviceHash> = self.votes.iter().map(|vote| vote.1).collect();
        devices.sort_unstable();
        devices.dedup();
        out.uint(devices.len() as u64);
        for device in &devices {
            out.raw(&device.to_le_bytes());
        }
        out.uint(self.votes.len() as u64);
        let mut last = 0;
        for (at, device, digest) in &self.votes {
            out.uint(at - last);
            last = *at;
            out.uint(devices.binary_search(device).unwrap_or_default() as u64);
            out.raw(&digest.to_le_bytes());
        }
        out.sealed()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes.get(..5) {
            Some([magic @ .., version]) if magic == MAGIC => {
                if *version != VERSION {
                    return Err(DecodeError::UnknownVersion(*version));
                }
            }
            _ => return Err(DecodeError::Damaged("not a private part")),
        }
        let mut input = Reader::new(&unsealed(bytes)?[5..]);
        let parts = (0..input.count(5)?).map(|_| read_part(&mut input)).collect::<Result<Vec<_>, _>>()?;
        let areas = (0..input.count(4)?).map(|_| read_area(&mut input)).collect::<Result<Vec<_>, _>>()?;
        let devices = (0..input.count(8)?).map(|_| input.array().map(u64::from_le_bytes));
        let devices = devices.collect::<Result<Vec<_>, _>>()?;
        let mut at = 0u64;
        let votes = (0..input.count(6)?).map(|_| {
            at = at.checked_add(input.uint()?).ok_or(DecodeError::Damaged("position"))?;
            let device = usize::try_from(input.uint()?).ok().and_then(|n| devices.get(n));
            let device = *device.ok_or(DecodeError::Damaged("device number"))?;
            Ok((at, device, u32::from_le_bytes(input.array()?)))
        });
        let votes = votes.collect::<Result<Vec<_>, DecodeError>>()?;
        if input.is_empty() { Ok(Self { parts, areas, votes }) } else { Err(DecodeError::Damaged("left-over bytes")) }
    }
}

fn read_part(input: &mut Reader<'_>) -> Result<(Part, Option<UnitSummary>), DecodeError> {
    let [remainder, resolution] = input.array()?;
    let kind = if remainder == 1 { PieceKind::Remainder } else { PieceKind::Hex };
    let (hexes, own) = (read_hexes(input)?, read_hexes(input)?);
    Ok((Part { kind, resolution, hexes, own }, read_summary(input)?))
}

fn read_area(input: &mut Reader<'_>) -> Result<PublishedArea, DecodeError> {
    let len = input.count(1)?;
    let key = std::str::from_utf8(input.slice(len)?).ok().and_then(|key| key.parse().ok());
    let key = key.ok_or(DecodeError::Damaged("area key"))?;
    let summary = read_summary(input)?.ok_or(DecodeError::Damaged("area summary"))?;
    let channels = (0..input.count(1)?).map(|_| {
        (0..input.count(12)?)
            .map(|_| Ok((u64::from_le_bytes(input.array()?), u32::from_le_bytes(input.array()?))))
            .collect::<Result<Channel, DecodeError>>()
    });
    let channels = channels.collect::<Result<Vec<_>, _>>()?;
    Ok(PublishedArea { key, summary, channels })
}

fn write_hexes(out: &mut Writer, hexes: &[Hex]) {
    out.uint(hexes.len() as u64);
    let mut last = 0;
    for hex in hexes {
        out.int(hex.as_i64() - last);
        last = hex.as_i64();
    }
}

fn read_hexes(input: &mut Reader<'_>) -> Result<Vec<Hex>, DecodeError> {
    let mut last = 0i64;
    (0..input.count(1)?)
        .map(|_| {
            last = last.checked_add(input.int()?).ok_or(DecodeError::Damaged("hexagon"))?;
            Hex::from_i64(last).map_err(|_| DecodeError::Damaged("hexagon"))
        })
        .collect()
}

fn write_summary(out: &mut Writer, summary: Option<&UnitSummary>) {
    // A summary is plain numbers and closed sets; it always has a JSON form.
    let json = summary.and_then(|summary| serde_json::to_vec(summary).ok()).unwrap_or_default();
    out.uint(json.len() as u64);
    out.raw(&json);
}

fn read_summary(input: &mut Reader<'_>) -> Result<Option<UnitSummary>, DecodeError> {
    let len = input.count(1)?;
    let json = input.slice(len)?;
    if json.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(json).map(Some).map_err(|_| DecodeError::Damaged("summary"))
}
