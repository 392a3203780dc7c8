use std::{collections::BTreeSet, sync::Arc};

use domain::{Cover, CoverageTrack, Record, RejectionReason};

use super::{ImportReport, run::weight};
use crate::{Checked, Validator};

/// The judge of HTTP, told which row each point comes from.
#[derive(Clone, Debug)]
pub struct Judge {
    /// By time and place.
    pub validator: Validator,
    /// The ground of the region.
    pub cover: Arc<Cover>,
}

impl Judge {
    /// The plausible part of a record; what is cut is counted, with the row where each reason came first.
    pub(super) fn check(&self, file: &str, rows: &[u32], record: Record, report: &mut ImportReport) -> Option<Record> {
        let points = weight(&record);
        let place = |row: u32| format!("{file}, row {row}");
        let before = match &record {
            Record::CoverageTrack(track) => Some(track.clone()),
            Record::SpeedTest(_) | Record::DeadSpotReport(_) => None,
        };
        match (self.validator.check(record), before) {
            (Ok(Checked { record, points_rejected }), Some(before)) if !points_rejected.is_empty() => {
                let first = self.first_rows(&before, rows, points_rejected.len());
                for (reason, count) in points_rejected {
                    let row = first.iter().find(|(found, _)| *found == reason).map_or(0, |(_, row)| *row);
                    report.reject(reason, u64::from(count), || place(row));
                }
                Some(record)
            }
            (Ok(Checked { record, .. }), _) => Some(record),
            // Nothing is left of a track, perhaps for several reasons: each point gets its own.
            (Err(_), Some(before)) if !before.points.is_empty() => {
                for (index, row) in rows.iter().enumerate().take(before.points.len()) {
                    if let Some(reason) = self.reason(&before, index) {
                        report.reject(reason, 1, || place(*row));
                    }
                }
                None
            }
            (Err(reason), _) => {
                report.reject(reason, points, || place(rows.first().copied().unwrap_or(0)));
                None
            }
        }
    }

    /// The first row of each reason; `reasons` says how many there are to find.
    fn first_rows(&self, track: &CoverageTrack, rows: &[u32], reasons: usize) -> Vec<(RejectionReason, u32)> {
        let mut seen = BTreeSet::new();
        let mut first = Vec::new();
        for (index, row) in rows.iter().enumerate().take(track.points.len()) {
            if let Some(reason) = self.reason(track, index)
                && seen.insert(reason)
            {
                first.push((reason, *row));
                if first.len() == reasons {
                    break;
                }
            }
        }
        first
    }

    /// Why one point is refused: it is judged as a track of its own.
    fn reason(&self, track: &CoverageTrack, index: usize) -> Option<RejectionReason> {
        let alone = CoverageTrack { id: track.id, locked_to: track.locked_to, points: vec![track.points[index]] };
        self.validator.check(Record::CoverageTrack(alone)).err()
    }
}
