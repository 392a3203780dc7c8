//! What each device saw, kept exactly: one entry per leaf hexagon, device and part of the day.
//!
//! Parents and areas are computed from these entries, never by adding hexagons (METHODS 2.4).

mod bounded;
mod build;
mod codec;

pub use build::LeafBuilder;
pub use codec::DecodeError;
pub(crate) use codec::unsealed;

use domain::{Access, DayPart, DevicePseudonym, Generation, Hex, SourceClass, Technology, TechnologyView};

/// Sorted values with how often each occurred: bit/s, µs or dBm.
pub(crate) type Values = Vec<(i64, u32)>;

/// Votes of one storage block about one network, of one source class.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Never mixed with another.
    pub source: SourceClass,
    /// What the votes are about.
    pub access: Access,
    /// The votes.
    pub votes: LeafVotes,
}

/// Where, who, in which part of the day, and what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VoteKey {
    /// The hexagon as recorded: leaf resolution, or coarser where the position was reduced further.
    pub hex: Hex,
    /// Whose.
    pub device: DevicePseudonym,
    /// When in the day.
    pub part: DayPart,
    /// Mobile: what the phone saw, as each view judges it.
    pub seen: Seen,
}

/// What a look at a mobile network found. Tests of lines have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seen {
    /// The serving technology; `None`: no service.
    pub technology: Option<Technology>,
    /// The only technology that the receiver looks for.
    pub locked_to: Option<Technology>,
}

/// What one device found in one hexagon in one part of the day; of a mobile network, as often as it saw the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where, who, when, what.
    pub key: VoteKey,
    /// Points or tests.
    pub attempts: u32,
    /// Fixed: of these, below the floor. What is below in a mobile layer is the view's to say.
    pub below: u32,
    /// Local days since 1970, sorted, each once.
    pub days: Vec<i32>,
    /// What was measured.
    pub figures: Figures,
}

/// Measured values of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figures {
    /// Received power in dBm.
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

/// The votes about one network on some ground, sorted by key, each key once.
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
    /// How many of the attempts are below, as a layer judges them through its view; `None` if it says nothing of them.
    pub(crate) fn below(&self, view: Option<TechnologyView>) -> Option<u32> {
        let Some(view) = view else { return Some(self.below) };
        let served = view.verdict(self.key.seen.technology, self.key.seen.locked_to)?;
        Some(if served { 0 } else { self.attempts })
    }

    /// The generation that served.
    pub(crate) fn generation(&self) -> Option<Generation> {
        self.key.seen.technology.map(Technology::generation)
    }

    /// Received power on this generation.
    pub(crate) fn signal(&self, generation: Option<Generation>) -> &Values {
        const NONE: &Values = &Values::new();
        let is_asked = generation.is_some() && self.generation() == generation;
        match &self.figures {
            Figures::Mobile(signal) if is_asked => signal,
            Figures::Mobile(_) | Figures::Fixed(_) => NONE,
        }
    }

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
            // One LeafVotes is about one network; a mixture cannot be built.
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
