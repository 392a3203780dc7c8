//! The votes of a layer in the order of the tree, beside what was published before.

use std::{collections::HashMap, ops::Range};

use domain::{AreaKey, Cover, Hex};

use super::{
    Candidate,
    ground::{hexagon_at, position, span},
    partition::{Mark, Part, ranges_of},
    private::{DeviceHash, Private, digest_of, hash_of},
};
use crate::{
    aggregate::{HexAccumulator, Judging},
    summary::UnitSummary,
    votes::{Entry, LeafVotes},
};

#[derive(Debug)]
pub(super) struct Evidence<'v> {
    /// Sorted by position, device and part of the day; only what lies in the region.
    entries: Vec<(u64, &'v Entry)>,
    /// One for each device and hexagon, sorted.
    pub(super) marks: Vec<Mark>,
    /// Municipality of each mark.
    pub(super) municipalities: Vec<AreaKey>,
    /// By device number.
    pub(super) devices: Vec<DeviceHash>,
}

impl<'v> Evidence<'v> {
    pub(super) fn new(votes: &'v LeafVotes, cover: &Cover, previous: &Private) -> Self {
        let all = votes.entries();
        let mut entries: Vec<(u64, &Entry)> = all
            .chunk_by(|a, b| a.key.hex == b.key.hex)
            .filter(|here| here[0].key.hex.resolution() >= Hex::COARSEST && cover.contains(here[0].key.hex))
            .flat_map(|here| here.iter().map(|entry| (position(entry.key.hex), entry)))
            .collect();
        entries.sort_unstable_by_key(|(at, entry)| (*at, entry.key));

        let mut names: Vec<_> = entries.iter().map(|(_, entry)| entry.key.device).collect();
        names.sort_unstable();
        names.dedup();
        let mut devices: Vec<DeviceHash> = names.iter().map(hash_of).collect();
        let mut numbers: HashMap<DeviceHash, u32> =
            devices.iter().enumerate().map(|(number, &hash)| (hash, number as u32)).collect();
        for &(_, hash, _) in &previous.votes {
            numbers.entry(hash).or_insert_with(|| {
                devices.push(hash);
                devices.len() as u32 - 1
            });
        }

        // Both lists at once: what is here now, and what was when its ground was last published.
        let mut marks: Vec<Mark> = Vec::with_capacity(entries.len());
        for group in entries.chunk_by(|a, b| a.0 == b.0 && a.1.key.device == b.1.key.device) {
            let (at, first) = group[0];
            let device = names.binary_search(&first.key.device).unwrap_or_default();
            let new = group.iter().fold(0u32, |sum, (_, entry)| sum.wrapping_add(digest_of(entry))).max(1);
            marks.push(Mark { at, device: numbers[&devices[device]], new, old: 0 });
        }
        marks.extend(previous.votes.iter().map(|&(at, hash, old)| Mark { at, device: numbers[&hash], new: 0, old }));
        marks.sort_unstable_by_key(|mark| (mark.at, mark.device));
        marks.dedup_by(|next, kept| {
            let same = (next.at, next.device) == (kept.at, kept.device);
            if same {
                kept.new |= next.new;
                kept.old |= next.old;
            }
            same
        });
        // What the region no longer holds cannot be compared with anything in it.
        let mut municipalities = Vec::with_capacity(marks.len());
        let mut here: Option<(u64, Option<AreaKey>)> = None;
        marks.retain(|mark| {
            let area = match here {
                Some((at, area)) if at == mark.at => area,
                _ => hexagon_at(mark.at).and_then(|hex| cover.municipality(hex)),
            };
            here = Some((mark.at, area));
            municipalities.extend(area);
            area.is_some()
        });
        Self { entries, marks, municipalities, devices }
    }

    /// Summary of a part; `None` without votes.
    pub(super) fn summary(&self, part: &Part, judging: &Judging) -> Option<UnitSummary> {
        let mut unit = HexAccumulator::new();
        let exactly = |hex: &Hex| position(*hex)..position(*hex) + 1;
        for span in part.hexes.iter().map(|&hex| span(hex)).chain(part.own.iter().map(exactly)) {
            for (_, entry) in &self.entries[self.between(span)] {
                unit.add(entry);
            }
        }
        let summary = unit.finish(judging);
        (summary.devices > 0).then_some(summary)
    }

    /// Summaries of areas, given the area keys under which a municipality counts.
    pub(super) fn by_area(&self, keys_of: impl Fn(AreaKey) -> Vec<AreaKey>) -> HashMap<AreaKey, HexAccumulator<'v>> {
        let mut units: HashMap<AreaKey, HexAccumulator<'v>> = HashMap::new();
        let mut mark = 0;
        for here in self.entries.chunk_by(|a, b| a.0 == b.0) {
            // Every entry has a mark at its position, and both are in the same order.
            mark += self.marks[mark..].partition_point(|mark| mark.at < here[0].0);
            for key in self.municipalities.get(mark).map(|&area| keys_of(area)).unwrap_or_default() {
                let unit = units.entry(key).or_default();
                for (_, entry) in here {
                    unit.add(entry);
                }
            }
        }
        units
    }

    /// The part that holds each mark.
    pub(super) fn parts_of_marks(&self, candidates: &[Candidate]) -> Vec<Option<u32>> {
        let mut parts = vec![None; self.marks.len()];
        for (number, candidate) in candidates.iter().enumerate() {
            for range in ranges_of(&self.marks, &candidate.part) {
                parts[range].fill(Some(number as u32));
            }
        }
        parts
    }

    /// What the parts were made from: today's votes, or the old ones where the old numbers stay.
    pub(super) fn remembered(&self, candidates: &[Candidate]) -> Vec<(u64, DeviceHash, u32)> {
        let parts = self.parts_of_marks(candidates);
        let digest = |mark: &Mark, part: Option<u32>| {
            let candidate = &candidates[part? as usize];
            Some(if candidate.is_kept() { mark.old } else { mark.new }).filter(|&digest| digest != 0)
        };
        let kept = self.marks.iter().zip(parts).filter_map(|(mark, part)| {
            digest(mark, part).map(|digest| (mark.at, self.devices[mark.device as usize], digest))
        });
        kept.collect()
    }

    fn between(&self, span: Range<u64>) -> Range<usize> {
        self.entries.partition_point(|(at, _)| *at < span.start)..self.entries.partition_point(|(at, _)| *at < span.end)
    }
}
