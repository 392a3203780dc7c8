//! The votes of a layer in the order of the tree, beside what was published before.

use std::{collections::HashMap, ops::Range};

use domain::{AreaKey, Cover, Hex};

use super::{
    figures,
    ground::{Ground, Place, position},
    partition::Part,
    private::{DeviceHash, Private, Voted, hash_of},
    tally::{LEVELS, Mark, TIMES, facts},
};
use crate::{
    aggregate::{HexAccumulator, Judging},
    summary::UnitSummary,
    votes::{Entry, LeafVotes},
};

#[derive(Debug)]
pub(super) struct Evidence<'v> {
    /// Sorted by place, device and part of the day; only what lies in the region.
    entries: Vec<(Place, &'v Entry)>,
    /// One for each device and hexagon, sorted.
    pub(super) marks: Vec<Mark>,
    /// Digests of each mark, figure by figure.
    digests: Vec<[u32; TIMES]>,
    figures: usize,
    /// By device number.
    devices: Vec<DeviceHash>,
}

impl<'v> Evidence<'v> {
    pub(super) fn new(
        votes: &'v LeafVotes,
        cover: &Cover,
        ground: &Ground,
        figures: usize,
        previous: &Private,
    ) -> Self {
        let home = |hex: Hex| {
            let inside = hex.resolution() >= Hex::COARSEST;
            cover.municipality(hex).filter(|_| inside).and_then(|key| ground.number(key))
        };
        let here = votes.entries().chunk_by(|a, b| a.key.hex == b.key.hex);
        let mut entries: Vec<(Place, &Entry)> = here
            .filter_map(|here| home(here[0].key.hex).map(|home| (home, here)))
            .flat_map(|(home, here)| here.iter().map(move |entry| ((home, position(entry.key.hex)), entry)))
            .collect();
        entries.sort_unstable_by_key(|(place, entry)| (*place, entry.key));

        let mut names: Vec<_> = entries.iter().map(|(_, entry)| entry.key.device).collect();
        names.sort_unstable();
        names.dedup();
        let mut devices: Vec<DeviceHash> = names.iter().map(hash_of).collect();
        let mut numbers: HashMap<DeviceHash, u32> =
            devices.iter().enumerate().map(|(number, &hash)| (hash, number as u32)).collect();

        // Both lists at once: what is here now, and what was when its ground was last published.
        let mut places: Vec<(Place, u32, Range<usize>, Option<usize>)> = Vec::with_capacity(entries.len());
        let mut at = 0;
        for group in entries.chunk_by(|a, b| a.0 == b.0 && a.1.key.device == b.1.key.device) {
            let device = names.binary_search(&group[0].1.key.device).unwrap_or_default();
            places.push((group[0].0, device as u32, at..at + group.len(), None));
            at += group.len();
        }
        for (before, vote) in previous.votes.iter().enumerate() {
            let number = *numbers.entry(vote.device).or_insert_with(|| {
                devices.push(vote.device);
                devices.len() as u32 - 1
            });
            places.push((vote.place, number, 0..0, Some(before)));
        }
        places.sort_unstable_by_key(|(place, device, ..)| (*place, *device));
        let (mut marks, mut digests) = (Vec::with_capacity(places.len()), Vec::new());
        for same in places.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let first = digests.len();
            let now = same.iter().flat_map(|(_, _, range, _)| range.clone()).map(|at| entries[at].1);
            let before = same.iter().find_map(|(.., before)| *before).map(|at| &previous.votes[at].said);
            for figure in 0..figures {
                let given = now.clone().map(|entry| figures::digest(entry, figure)).filter(|&digest| digest != 0);
                let sum = given.reduce(u32::wrapping_add).map_or(0, |sum| sum.max(1));
                let said = before.and_then(|said| said.get(figure)).copied().unwrap_or_default();
                digests.push([said[0], said[1], said[2], said[3], sum]);
            }
            marks.push(Mark { place: same[0].0, device: same[0].1, facts: facts(&digests[first..]) });
        }
        Self { entries, marks, digests, figures, devices }
    }

    /// Number of distinct devices, now and before.
    pub(super) fn devices(&self) -> usize {
        self.devices.len()
    }

    /// Summary of a part; `None` without votes.
    pub(super) fn summary(&self, part: &Part, judging: &Judging) -> Option<UnitSummary> {
        let mut unit = HexAccumulator::new();
        let below = part.plots.iter().map(|plot| plot.span());
        let own = part.own.iter().map(|plot| plot.place()).map(|(home, at)| (home, at)..(home, at + 1));
        for span in below.chain(own) {
            let at = |place: Place| self.entries.partition_point(|entry| entry.0 < place);
            for (_, entry) in &self.entries[at(span.start)..at(span.end)] {
                unit.add(entry);
            }
        }
        let summary = unit.finish(judging);
        (summary.devices > 0).then_some(summary)
    }

    /// Votes of areas, given the keys under which a municipality counts.
    pub(super) fn by_area(&self, keys_of: impl Fn(u32) -> Vec<AreaKey>) -> HashMap<AreaKey, HexAccumulator<'v>> {
        let mut units: HashMap<AreaKey, HexAccumulator<'v>> = HashMap::new();
        for here in self.entries.chunk_by(|a, b| a.0.0 == b.0.0) {
            for key in keys_of(here[0].0.0) {
                let unit = units.entry(key).or_default();
                for (_, entry) in here {
                    unit.add(entry);
                }
            }
        }
        units
    }

    /// What has been published of each vote, by level; `said` turns the digests of a mark into that.
    pub(super) fn remembered(&self, mut said: impl FnMut(usize, usize, &[u32; TIMES]) -> [u32; LEVELS]) -> Vec<Voted> {
        let votes = self.marks.iter().zip(self.digests.chunks(self.figures)).enumerate();
        let votes = votes.map(|(number, (mark, digests))| Voted {
            place: mark.place,
            device: self.devices[mark.device as usize],
            said: digests.iter().enumerate().map(|(figure, times)| said(number, figure, times)).collect(),
        });
        votes.filter(|vote| vote.said.iter().flatten().any(|&digest| digest != 0)).collect()
    }
}
