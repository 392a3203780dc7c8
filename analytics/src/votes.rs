//! What each device saw, kept exactly: one entry per leaf hexagon, device and part of the day.
//!
//! Parents and areas are computed from these entries, never by adding hexagons (METHODS 2.4).

mod bounded;
mod build;
mod codec;

pub use build::LeafBuilder;
pub use codec::DecodeError;
pub(crate) use codec::unsealed;

use domain::{DayPart, DevicePseudonym, Hex, Layer, SourceClass};

/// Sorted values with how often each occurred: bit/s, µs or dBm.
pub(crate) type Values = Vec<(i64, u32)>;

/// Votes of one storage block in one layer and source class.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Never mixed with another.
    pub source: SourceClass,
    /// What the votes are about.
    pub layer: Layer,
    /// The votes.
    pub votes: LeafVotes,
}

/// Where, who, and in which part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VoteKey {
    /// The hexagon as recorded: leaf resolution, or coarser where the position was reduced further.
    pub hex: Hex,
    /// Whose.
    pub device: DevicePseudonym,
    /// When in the day.
    pub part: DayPart,
}

/// What one device saw in one hexagon in one part of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where, who, when.
    pub key: VoteKey,
    /// Points or tests that say something about this layer.
    pub attempts: u32,
    /// Of these, without service (mobile) or below the floor (fixed).
    pub below: u32,
    /// Local days since 1970, sorted, each once.
    pub days: Vec<i32>,
    /// What was measured.
    pub figures: Figures,
}

/// Measured values of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figures {
    /// Received power in dBm where the layer's technology served.
    Mobile(Values),
    /// Speed tests of a line.
    Fixed(Box<FixedFigures>),
}

/// A threshold's counter: below, and judged at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Attempts below the floor; failed attempts are.
    pub below: u32,
    /// Attempts that could be judged.
    pub judged: u32,
}

/// Exact counters and values of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FixedFigures {
    /// Download, upload, latency against their thresholds.
    pub counts: [Count; 3],
    /// Download and upload in bit/s, idle and loaded latency in µs.
    pub values: [Values; 4],
}

/// The votes of one layer on some ground, sorted by key, each key once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeafVotes {
    entries: Vec<Entry>,
}

impl LeafVotes {
    /// From entries in any order; entries of the same key are added up.
    pub fn from_entries(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable_by_key(|entry| entry.key);
        let mut merged: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            match merged.last_mut() {
                Some(last) if last.key == entry.key => last.absorb(entry),
                _ => merged.push(entry),
            }
        }
        Self { entries: merged }
    }

    /// Both together, in any order and any split the same result.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let mut entries = self.entries;
        entries.extend(other.entries);
        Self::from_entries(entries)
    }

    /// Many together.
    pub fn merge_all(all: impl IntoIterator<Item = Self>) -> Self {
        Self::from_entries(all.into_iter().flat_map(|votes| votes.entries).collect())
    }

    /// The same leaves if each hexagon is in one of them only, else all in one.
    pub(crate) fn apart(leaves: Vec<Self>) -> Vec<Self> {
        let hexes = |leaf: &Self| -> Vec<Hex> {
            leaf.entries.chunk_by(|a, b| a.key.hex == b.key.hex).map(|here| here[0].key.hex).collect()
        };
        let mut hexes: Vec<Hex> = leaves.iter().flat_map(hexes).collect();
        hexes.sort_unstable();
        if hexes.windows(2).all(|two| two[0] != two[1]) { leaves } else { vec![Self::merge_all(leaves)] }
    }

    /// In the order of their keys.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Entry {
    fn absorb(&mut self, other: Self) {
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.below = self.below.saturating_add(other.below);
        self.days.extend(other.days);
        self.days.sort_unstable();
        self.days.dedup();
        match (&mut self.figures, other.figures) {
            (Figures::Mobile(mine), Figures::Mobile(theirs)) => add_values(mine, theirs),
            (Figures::Fixed(mine), Figures::Fixed(theirs)) => {
                for (count, other) in mine.counts.iter_mut().zip(theirs.counts) {
                    count.below = count.below.saturating_add(other.below);
                    count.judged = count.judged.saturating_add(other.judged);
                }
                for (values, other) in mine.values.iter_mut().zip(theirs.values) {
                    add_values(values, other);
                }
            }
            // One LeafVotes is one layer; a mixture cannot be built.
            (Figures::Mobile(_), Figures::Fixed(_)) | (Figures::Fixed(_), Figures::Mobile(_)) => {}
        }
    }
}

/// Adds one multiset to another, keeping it sorted.
pub(crate) fn add_values(into: &mut Values, more: Values) {
    if more.is_empty() {
        return;
    }
    into.extend(more);
    into.sort_unstable_by_key(|&(value, _)| value);
    into.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
}
