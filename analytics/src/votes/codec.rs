//! The compact form of [`LeafVotes`] in the database. Version 2:
//!
//! ```text
//! "WSLV" version=2  kind (0 mobile, 1 fixed)
//! n devices, 16 bytes each, ascending
//! n entries, ascending by (hexagon, device, part, seen):
//!   hexagon minus the previous one · device number and part · attempts · below (fixed), seen (mobile) · days · figures
//! first 8 bytes of SHA-256 over all of the above
//! ```
//! Integers are LEB128, signed ones zigzag; days and values are differences to the one before. Seen: 1 to 7 for 2G, 3G, 4G,
//! 5G, DSS, NSA, SA, 0 for none; and eight times that of the technology that the receiver is locked to.

use domain::{DayPart, DevicePseudonym, Hex, Technology};
use sha2::{Digest, Sha256};

use super::{Count, Entry, Figures, FixedFigures, LeafVotes, Seen, Values, VoteKey};
use crate::bytes::{Reader, Writer};

const MAGIC: &[u8; 4] = b"WSLV";
const VERSION: u8 = 2;
pub(crate) const CHECKSUM: usize = 8;

/// A blob that is not what [`LeafVotes::encode`] wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Cut short, or bits have changed.
    #[error("leaf votes are damaged ({0}); mark their block dirty so that it is rebuilt from evidence")]
    Damaged(&'static str),
    /// Written by another program.
    #[error("leaf votes have version {0}, this program reads version 2: update it, or mark their block dirty")]
    UnknownVersion(u8),
}

impl LeafVotes {
    /// The compact form.
    pub fn encode(&self) -> Vec<u8> {
        let mut devices: Vec<DevicePseudonym> = self.entries.iter().map(|entry| entry.key.device).collect();
        devices.sort_unstable();
        devices.dedup();
        let fixed = matches!(self.entries.first(), Some(Entry { figures: Figures::Fixed(_), .. }));
        let mut out = Writer::default();
        out.raw(MAGIC);
        out.raw(&[VERSION, u8::from(fixed)]);
        out.uint(devices.len() as u64);
        for device in &devices {
            out.raw(device.as_bytes());
        }
        out.uint(self.entries.len() as u64);
        let mut last_hex = 0;
        for entry in &self.entries {
            let hex = entry.key.hex.as_i64();
            out.int(hex - last_hex);
            last_hex = hex;
            let device = devices.binary_search(&entry.key.device).unwrap_or_default();
            out.uint(device as u64 * 3 + entry.key.part as u64);
            out.uint(u64::from(entry.attempts));
            out.uint(if fixed { u64::from(entry.below) } else { entry.key.seen.code().into() });
            write_days(&mut out, &entry.days);
            match &entry.figures {
                Figures::Mobile(signal) => write_values(&mut out, signal),
                Figures::Fixed(figures) => {
                    for count in figures.counts {
                        out.uint(u64::from(count.judged));
                        out.uint(u64::from(count.below));
                    }
                    figures.values.iter().for_each(|values| write_values(&mut out, values));
                }
            }
        }
        out.sealed()
    }

    /// From the compact form.
    ///
    /// # Errors
    /// [`DecodeError`] for everything that `encode` did not write; never a panic, never a huge allocation.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        // The version comes first: a newer form may end differently.
        match bytes.get(..6) {
            Some([magic @ .., version, _]) if magic == MAGIC => {
                if *version != VERSION {
                    return Err(DecodeError::UnknownVersion(*version));
                }
            }
            _ => return Err(DecodeError::Damaged("not leaf votes")),
        }
        let body = unsealed(bytes)?;
        let fixed = match body.get(5) {
            Some(0) => false,
            Some(1) => true,
            _ => return Err(DecodeError::Damaged("unknown kind")),
        };
        let mut input = Reader::new(&body[6..]);
        let devices = (0..input.count(16)?).map(|_| input.array().map(DevicePseudonym::from_bytes));
        let devices = devices.collect::<Result<Vec<_>, _>>()?;
        let count = input.count(6)?;
        let mut entries: Vec<Entry> = Vec::with_capacity(count);
        let mut hex = 0i64;
        for _ in 0..count {
            hex = hex.checked_add(input.int()?).ok_or(DecodeError::Damaged("hexagon"))?;
            let entry = read_entry(&mut input, hex, &devices, fixed)?;
            if entries.last().is_some_and(|last| last.key >= entry.key) {
                return Err(DecodeError::Damaged("order"));
            }
            entries.push(entry);
        }
        if input.is_empty() { Ok(Self { entries }) } else { Err(DecodeError::Damaged("left-over bytes")) }
    }
}

fn read_entry(
    input: &mut Reader<'_>,
    hex: i64,
    devices: &[DevicePseudonym],
    fixed: bool,
) -> Result<Entry, DecodeError> {
    let hex = Hex::from_i64(hex).map_err(|_| DecodeError::Damaged("hexagon"))?;
    let who = input.uint()?;
    let device = usize::try_from(who / 3).ok().and_then(|at| devices.get(at));
    let device = *device.ok_or(DecodeError::Damaged("device number"))?;
    let part = DayPart::ALL[(who % 3) as usize];
    let attempts = input.u32()?;
    let (below, seen) = if fixed { (input.u32()?, Seen::default()) } else { (0, Seen::of_code(input.uint()?)?) };
    if attempts == 0 || below > attempts {
        return Err(DecodeError::Damaged("counters"));
    }
    let days = read_days(input)?;
    let figures = if fixed {
        let mut figures = FixedFigures::default();
        for count in &mut figures.counts {
            *count = Count { judged: input.u32()?, below: input.u32()? };
            if count.below > count.judged || count.judged > attempts {
                return Err(DecodeError::Damaged("counters"));
            }
        }
        for values in &mut figures.values {
            *values = read_values(input)?;
        }
        Figures::Fixed(Box::new(figures))
    } else {
        Figures::Mobile(read_values(input)?)
    };
    Ok(Entry { key: VoteKey { hex, device, part, seen }, attempts, below, days, figures })
}

/// In the order of their codes, from 1 on. Stored, so neither this order nor that of the enum may change.
const TECHNOLOGIES: [Technology; 7] = [
    Technology::TwoG,
    Technology::ThreeG,
    Technology::FourG,
    Technology::FiveG,
    Technology::FiveGDss,
    Technology::FiveGNsa,
    Technology::FiveGSa,
];

impl Seen {
    /// Below 64.
    pub(crate) fn code(self) -> u8 {
        let code = |technology| {
            (1..).zip(TECHNOLOGIES).find(|&(_, other)| Some(other) == technology).map_or(0, |(code, _)| code)
        };
        code(self.technology) + 8 * code(self.locked_to)
    }

    fn of_code(code: u64) -> Result<Self, DecodeError> {
        let technology = |code: u64| code.checked_sub(1).map(|at| TECHNOLOGIES[at as usize]);
        match code {
            0..64 => Ok(Self { technology: technology(code % 8), locked_to: technology(code / 8) }),
            _ => Err(DecodeError::Damaged("technology")),
        }
    }
}

fn write_days(out: &mut Writer, days: &[i32]) {
    out.uint(days.len() as u64);
    let mut last = 0;
    for &day in days {
        out.int(i64::from(day) - last);
        last = i64::from(day);
    }
}

fn read_days(input: &mut Reader<'_>) -> Result<Vec<i32>, DecodeError> {
    let mut last = None;
    (0..input.count(1)?)
        .map(|_| {
            let day = following(last, input.int()?).ok_or(DecodeError::Damaged("day"))?;
            last = Some(day);
            i32::try_from(day).map_err(|_| DecodeError::Damaged("day"))
        })
        .collect()
}

/// The value a step behind the last one; values are stored in ascending order.
fn following(last: Option<i64>, step: i64) -> Option<i64> {
    match last {
        None => Some(step),
        Some(last) if step > 0 => last.checked_add(step),
        Some(_) => None,
    }
}

fn write_values(out: &mut Writer, values: &Values) {
    out.uint(values.len() as u64);
    let mut last = 0;
    for &(value, times) in values {
        out.int(value - last);
        out.uint(u64::from(times));
        last = value;
    }
}

fn read_values(input: &mut Reader<'_>) -> Result<Values, DecodeError> {
    let mut last = None;
    (0..input.count(2)?)
        .map(|_| {
            let value = following(last, input.int()?).ok_or(DecodeError::Damaged("value"))?;
            last = Some(value);
            match input.u32()? {
                0 => Err(DecodeError::Damaged("value without number")),
                times => Ok((value, times)),
            }
        })
        .collect()
}

/// The blob without its checksum, if that is right.
pub(crate) fn unsealed(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let at = bytes.len().checked_sub(CHECKSUM).ok_or(DecodeError::Damaged("too short"))?;
    let (body, seal) = bytes.split_at(at);
    if Sha256::digest(body)[..CHECKSUM] == *seal { Ok(body) } else { Err(DecodeError::Damaged("checksum")) }
}
