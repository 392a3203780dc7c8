//! What a release remembers of one network for the gate of the next one. Never published. Version 3:
//!
//! ```text
//! "WSGP" version=3 · fingerprint of the ground (8 bytes) · number of figures
//! parts:   kind · resolution · plots · own plots · shown figures · summary of each layer (JSON; none for unmeasured ground)
//! areas:   key · shown figures · summary of each layer (JSON)
//! devices: 8 bytes each
//! votes:   municipality and position (differences) · device number · for each figure: which digests follow, digests
//! first 8 bytes of SHA-256 over all of the above
//! ```
//! Devices are kept as a hash of their pseudonym, contributions as digests: enough to see what changed,
//! not enough to say what anybody measured. A digest is kept for each level that published the vote: its piece,
//! its municipality, district and state, which may be of different releases.

use domain::{AreaKey, DevicePseudonym, Hex};
use sha2::{Digest, Sha256};

use super::{
    PieceKind,
    figures::Shown,
    ground::{Place, Plot},
    partition::Part,
    tally::LEVELS,
};
use crate::{
    bytes::{Reader, Writer},
    summary::UnitSummary,
    votes::{DecodeError, unsealed},
};

const MAGIC: &[u8; 4] = b"WSGP";
pub(super) const VERSION: u8 = 3;

/// First 64 bits of a hash of the pseudonym.
pub(super) type DeviceHash = u64;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Private {
    /// Which hexagon belonged to which municipality.
    pub(super) fingerprint: u64,
    pub(super) figures: usize,
    pub(super) parts: Vec<PublishedPart>,
    /// Areas as last published, by key.
    pub(super) areas: Vec<PublishedArea>,
    /// Whose votes these are, each once.
    pub(super) devices: Vec<DeviceHash>,
    /// The votes behind parts and areas, sorted by place.
    pub(super) votes: Vec<Voted>,
    /// For each of them, figure by figure, the digest that each level published last; 0 for nothing.
    pub(super) said: Vec<[u32; LEVELS]>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PublishedPart {
    pub(super) part: Part,
    pub(super) shown: Shown,
    /// As each layer says; none: published as unmeasured.
    pub(super) summaries: Vec<UnitSummary>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PublishedArea {
    pub(super) key: AreaKey,
    pub(super) shown: Shown,
    /// As each layer says.
    pub(super) summaries: Vec<UnitSummary>,
}

/// The votes of one device at one recorded hexagon, as published.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Voted {
    pub(super) place: Place,
    /// Number of the device.
    pub(super) device: u32,
}

pub(super) fn hash_of(device: &DevicePseudonym) -> DeviceHash {
    let hash = Sha256::new().chain_update(b"whitespot gate").chain_update(device.as_bytes()).finalize();
    hash.iter().take(8).fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// A digest of numbers, never 0. Stored, so it must not change between versions.
pub(super) fn mix(first: i64, numbers: impl Iterator<Item = i64>) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for number in std::iter::once(first).chain(numbers) {
        hash = (hash ^ number.cast_unsigned()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 29;
    }
    ((hash ^ hash >> 32) as u32).max(1)
}

impl Private {
    /// What has been published of a vote, figure by figure.
    pub(super) fn said(&self, vote: usize) -> &[[u32; LEVELS]] {
        self.said.get(vote * self.figures..(vote + 1) * self.figures).unwrap_or_default()
    }

    /// Whether each measured part and each area has a summary for so many layers.
    pub(super) fn has_layers(&self, layers: usize) -> bool {
        let is_whole = |summaries: &Vec<UnitSummary>| summaries.len() == layers;
        self.parts.iter().all(|part| part.summaries.is_empty() || is_whole(&part.summaries))
            && self.areas.iter().all(|area| is_whole(&area.summaries))
    }

    /// Whether all of it is in so many municipalities.
    pub(super) fn lies_in(&self, municipalities: u32) -> bool {
        let plots = self.parts.iter().flat_map(|part| part.part.plots.iter().chain(&part.part.own));
        let mut homes = plots.map(|plot| plot.home).chain(self.votes.iter().map(|vote| vote.place.0));
        homes.all(|home| home < municipalities)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.raw(MAGIC);
        out.raw(&[VERSION]);
        out.raw(&self.fingerprint.to_le_bytes());
        out.uint(self.figures as u64);
        out.uint(self.parts.len() as u64);
        for PublishedPart { part, shown, summaries } in &self.parts {
            out.raw(&[u8::from(part.kind == PieceKind::Remainder), part.resolution]);
            write_plots(&mut out, &part.plots);
            write_plots(&mut out, &part.own);
            out.raw(&[*shown]);
            write_summaries(&mut out, summaries);
        }
        out.uint(self.areas.len() as u64);
        for area in &self.areas {
            out.uint(area.key.as_str().len() as u64);
            out.raw(area.key.as_str().as_bytes());
            out.raw(&[area.shown]);
            write_summaries(&mut out, &area.summaries);
        }
        // Who has no vote left is not kept.
        let mut used = vec![false; self.devices.len()];
        self.votes.iter().for_each(|vote| used[vote.device as usize] = true);
        let mut kept: Vec<usize> = (0..used.len()).filter(|&device| used[device]).collect();
        kept.sort_unstable_by_key(|&device| self.devices[device]);
        let mut numbers = vec![0; self.devices.len()];
        out.uint(kept.len() as u64);
        for (number, device) in (0..).zip(kept) {
            out.raw(&self.devices[device].to_le_bytes());
            numbers[device] = number;
        }
        out.uint(self.votes.len() as u64);
        let mut last = (0, 0);
        for (at, vote) in self.votes.iter().enumerate() {
            out.uint(u64::from(vote.place.0 - last.0));
            out.int(vote.place.1.wrapping_sub(last.1).cast_signed());
            last = vote.place;
            out.uint(numbers[vote.device as usize]);
            for said in self.said(at) {
                write_said(&mut out, said);
            }
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
        let fingerprint = u64::from_le_bytes(input.array()?);
        let figures = usize::try_from(input.uint()?).ok().filter(|figures| (1..=8).contains(figures));
        let figures = figures.ok_or(DecodeError::Damaged("figures"))?;
        let parts = (0..input.count(6)?).map(|_| read_part(&mut input)).collect::<Result<Vec<_>, _>>()?;
        let areas = (0..input.count(4)?).map(|_| read_area(&mut input)).collect::<Result<Vec<_>, _>>()?;
        let devices = (0..input.count(8)?).map(|_| input.array().map(u64::from_le_bytes));
        let devices = devices.collect::<Result<Vec<_>, _>>()?;
        let mut place: Place = (0, 0);
        let count = input.count(4)?;
        let mut said = Vec::with_capacity(count.saturating_mul(figures));
        let votes = (0..count).map(|_| {
            let home = place.0.checked_add(input.u32()?).ok_or(DecodeError::Damaged("municipality"))?;
            place = (home, place.1.wrapping_add(input.int()?.cast_unsigned()));
            let device = input.u32()?;
            if device as usize >= devices.len() {
                return Err(DecodeError::Damaged("device number"));
            }
            for _ in 0..figures {
                said.push(read_said(&mut input)?);
            }
            Ok(Voted { place, device })
        });
        let votes = votes.collect::<Result<Vec<_>, DecodeError>>()?;
        if !input.is_empty() {
            return Err(DecodeError::Damaged("left-over bytes"));
        }
        Ok(Self { fingerprint, figures, parts, areas, devices, votes, said })
    }
}

fn read_part(input: &mut Reader<'_>) -> Result<PublishedPart, DecodeError> {
    let [remainder, resolution] = input.array()?;
    let kind = if remainder == 1 { PieceKind::Remainder } else { PieceKind::Hex };
    let (plots, own) = (read_plots(input)?, read_plots(input)?);
    let [shown] = input.array()?;
    Ok(PublishedPart { part: Part { kind, resolution, plots, own }, shown, summaries: read_summaries(input)? })
}

fn read_area(input: &mut Reader<'_>) -> Result<PublishedArea, DecodeError> {
    let len = input.count(1)?;
    let key = std::str::from_utf8(input.slice(len)?).ok().and_then(|key| key.parse().ok());
    let key = key.ok_or(DecodeError::Damaged("area key"))?;
    let [shown] = input.array()?;
    Ok(PublishedArea { key, shown, summaries: read_summaries(input)? })
}

/// Mostly all levels published the same: a bit for each that differs from the one below, and only these digests.
fn write_said(out: &mut Writer, said: &[u32; LEVELS]) {
    let differs = |level: usize| said[level] != if level == 0 { 0 } else { said[level - 1] };
    let levels = || (0..LEVELS).filter(|&level| differs(level));
    out.raw(&[levels().fold(0, |bits, level| bits | 1 << level)]);
    levels().for_each(|level| out.raw(&said[level].to_le_bytes()));
}

fn read_said(input: &mut Reader<'_>) -> Result<[u32; LEVELS], DecodeError> {
    let [bits] = input.array()?;
    let (mut said, mut last) = ([0; LEVELS], 0);
    for (level, digest) in said.iter_mut().enumerate() {
        if bits >> level & 1 == 1 {
            last = u32::from_le_bytes(input.array()?);
        }
        *digest = last;
    }
    Ok(said)
}

fn write_plots(out: &mut Writer, plots: &[Plot]) {
    out.uint(plots.len() as u64);
    let mut last = 0;
    for plot in plots {
        out.uint(u64::from(plot.home));
        out.int(plot.hex.as_i64() - last);
        last = plot.hex.as_i64();
    }
}

fn read_plots(input: &mut Reader<'_>) -> Result<Vec<Plot>, DecodeError> {
    let mut last = 0i64;
    (0..input.count(2)?)
        .map(|_| {
            let home = input.u32()?;
            last = last.checked_add(input.int()?).ok_or(DecodeError::Damaged("hexagon"))?;
            let hex = Hex::from_i64(last).map_err(|_| DecodeError::Damaged("hexagon"))?;
            Ok(Plot { home, hex })
        })
        .collect()
}

fn write_summaries(out: &mut Writer, summaries: &[UnitSummary]) {
    out.uint(summaries.len() as u64);
    for summary in summaries {
        // A summary is plain numbers and closed sets; it always has a JSON form.
        let json = serde_json::to_vec(summary).unwrap_or_default();
        out.uint(json.len() as u64);
        out.raw(&json);
    }
}

fn read_summaries(input: &mut Reader<'_>) -> Result<Vec<UnitSummary>, DecodeError> {
    let count = input.count(1)?;
    let summary = |_| {
        let len = input.count(1)?;
        serde_json::from_slice(input.slice(len)?).map_err(|_| DecodeError::Damaged("summary"))
    };
    (0..count).map(summary).collect()
}
