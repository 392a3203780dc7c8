use std::{collections::BTreeMap, fmt};

use domain::RejectionReason;
use serde::Serialize;

/// Places of a reason that a person is shown; JSON has more.
const SHOWN: usize = 3;

/// What became of every point of an import. `read = accepted + duplicate + conflict + rejected`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImportReport {
    /// Format read.
    pub format: String,
    /// Nothing was written: `accepted` is what would be taken, unless it is there already.
    pub dry_run: bool,
    /// Points (or single records) read.
    pub read: u64,
    /// Now in the database.
    pub accepted: u64,
    /// Were there before, unchanged.
    pub duplicate: u64,
    /// Were there before with other content: the first stays.
    pub conflict: u64,
    /// Not taken, by reason.
    pub rejected: BTreeMap<RejectionReason, u64>,
    /// Where each reason was met: the first row (line of a table, number of an item of a document) of up to
    /// [`Self::PLACES`] records or tracks.
    pub rejected_at: BTreeMap<RejectionReason, Vec<String>>,
    /// Wall time of reading, judging and writing.
    pub seconds: f64,
}

impl ImportReport {
    /// Places that are named for each reason.
    pub const PLACES: usize = 20;

    pub(super) fn reject(&mut self, reason: RejectionReason, count: u64, place: impl FnOnce() -> String) {
        *self.rejected.entry(reason).or_insert(0) += count;
        let places = self.rejected_at.entry(reason).or_default();
        if places.len() < Self::PLACES {
            places.push(place());
        }
    }

    /// Sum over all reasons.
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.read as f64 / self.seconds.max(1e-9);
        writeln!(f, "{}: {} points read in {:.1} s ({rate:.0} points/s)", self.format, self.read, self.seconds)?;
        if self.dry_run {
            writeln!(f, "  a dry run: nothing was written, and nothing compared with what is there")?;
            writeln!(f, "  acceptable {:>9}", self.accepted)?;
        } else {
            writeln!(f, "  accepted   {:>9}", self.accepted)?;
            writeln!(f, "  duplicate  {:>9}", self.duplicate)?;
        }
        if self.conflict > 0 {
            writeln!(f, "  conflict   {:>9}   same id, other content: what came first stays", self.conflict)?;
        }
        writeln!(f, "  rejected   {:>9}", self.rejected_total())?;
        for (reason, count) in &self.rejected {
            let places = self.rejected_at.get(reason).map(Vec::as_slice).unwrap_or_default();
            let shown = &places[..places.len().min(SHOWN)];
            let more = if *count > shown.len() as u64 { ", …" } else { "" };
            writeln!(f, "    {:<18}{count:>9}   at: {}{more}", reason.code(), shown.join(", "))?;
        }
        Ok(())
    }
}
