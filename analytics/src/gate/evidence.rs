//! The votes about a network in the order of the tree, beside what was published before.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use domain::{AreaKey, Hex};
use rayon::prelude::*;

use super::{
    figures,
    ground::{Ground, Place, position},
    partition::Part,
    private::{DeviceHash, Private, Voted, hash_of},
    tally::{LEVELS, Mark, TIMES, facts},
};
use crate::{
    aggregate::{HexAccumulator, Judging, Voices},
    summary::UnitSummary,
    votes::{Entry, LeafVotes},
};

#[derive(Debug)]
pub(super) struct Evidence<'v> {
    /// Sorted by place, device and part of the day; only what lies in the region.
    votes: Vec<Vote<'v>>,
    /// One for each device and hexagon, sorted.
    pub(super) marks: Vec<Mark>,
    /// Digests of each mark, figure by figure.
    digests: Vec<[u32; TIMES]>,
    figures: usize,
    /// By device number. Those of today come first, in the order of their pseudonyms.
    pub(super) devices: Vec<DeviceHash>,
}

/// Devices whose votes for areas are gathered in one piece of work.
const DEVICES_AT_ONCE: usize = 512;

/// One entry of a leaf.
#[derive(Clone, Copy, Debug)]
struct Vote<'v> {
    place: Place,
    /// Number of the device.
    device: u32,
    entry: &'v Entry,
}

/// What one device says at one place: its votes of today, and its number among those of the previous release.
#[derive(Clone, Debug)]
struct Stay {
    place: Place,
    device: u32,
    now: Range<usize>,
    before: Option<usize>,
}

/// Each hexagon in the region with its entries, in the order of the ground.
fn by_place<'v>(leaves: &'v [LeafVotes], ground: &Ground) -> Vec<(Place, &'v [Entry])> {
    let home = |hex: Hex| if hex.resolution() >= Hex::COARSEST { ground.home(hex) } else { None };
    let of_leaf = |leaf: &'v LeafVotes| -> Vec<(Place, &'v [Entry])> {
        let here = leaf.entries().chunk_by(|a, b| a.key.hex == b.key.hex);
        here.filter_map(|here| home(here[0].key.hex).map(|home| ((home, position(here[0].key.hex)), here))).collect()
    };
    let mut all: Vec<_> = leaves.par_iter().flat_map_iter(of_leaf).collect();
    all.par_sort_unstable_by_key(|&(place, _)| place);
    all
}

impl<'v> Evidence<'v> {
    /// No hexagon in two leaves.
    pub(super) fn new(leaves: &'v [LeafVotes], ground: &Ground, figures: usize, previous: &Private) -> Self {
        let here = by_place(leaves, ground);
        let mut names: Vec<_> =
            here.par_iter().flat_map_iter(|(_, entries)| entries.iter().map(|entry| entry.key.device)).collect();
        names.par_sort_unstable();
        names.dedup();
        // Entries of one hexagon are sorted by device and part of the day.
        let number = |entry: &Entry| names.binary_search(&entry.key.device).unwrap_or_default() as u32;
        let vote = |place, entry| Vote { place, device: number(entry), entry };
        let votes: Vec<Vote<'_>> = here
            .par_iter()
            .flat_map_iter(|&(place, entries)| entries.iter().map(move |entry| vote(place, entry)))
            .collect();

        let mut devices: Vec<DeviceHash> = names.par_iter().map(hash_of).collect();
        let mut numbers: HashMap<DeviceHash, u32> =
            devices.iter().enumerate().map(|(number, &hash)| (hash, number as u32)).collect();
        // Both lists at once: what is here now, and what was when its ground was last published.
        let mut stays: Vec<Stay> = Vec::with_capacity(votes.len());
        let mut at = 0;
        for same in votes.chunk_by(|a, b| (a.place, a.device) == (b.place, b.device)) {
            let now = at..at + same.len();
            at = now.end;
            stays.push(Stay { place: same[0].place, device: same[0].device, now, before: None });
        }
        let known: Vec<u32> = (previous.devices.iter())
            .map(|&hash| {
                *numbers.entry(hash).or_insert_with(|| {
                    devices.push(hash);
                    devices.len() as u32 - 1
                })
            })
            .collect();
        for (before, vote) in previous.votes.iter().enumerate() {
            let device = known[vote.device as usize];
            stays.push(Stay { place: vote.place, device, now: 0..0, before: Some(before) });
        }
        stays.par_sort_by_key(|stay| (stay.place, stay.device));
        let same: Vec<&[Stay]> = stays.chunk_by(|a, b| (a.place, a.device) == (b.place, b.device)).collect();
        let digests: Vec<[u32; TIMES]> =
            same.par_iter().flat_map_iter(|same| digests_of(same, &votes, figures, previous)).collect();
        let mark = |(same, digests): (&&[Stay], &[[u32; TIMES]])| Mark {
            place: same[0].place,
            device: same[0].device,
            facts: facts(digests),
        };
        let marks = same.par_iter().zip(digests.par_chunks(figures)).map(mark).collect();
        Self { votes, marks, digests, figures, devices }
    }

    /// What each layer says of a part; nothing without votes.
    pub(super) fn summaries(&self, part: &Part, judgings: &[Judging]) -> Vec<UnitSummary> {
        let mut unit = HexAccumulator::new();
        let below = part.plots.iter().map(|plot| plot.span());
        let own = part.own.iter().map(|plot| plot.place()).map(|(home, at)| (home, at)..(home, at + 1));
        for span in below.chain(own) {
            let at = |place: Place| self.votes.partition_point(|vote| vote.place < place);
            for vote in &self.votes[at(span.start)..at(span.end)] {
                unit.add(vote.entry);
            }
        }
        if unit.is_empty() { Vec::new() } else { unit.finish_all(judgings) }
    }

    /// What each layer says of areas; `keys` are those under which each municipality counts, level by level. Device by device, so
    /// that nothing as large as a state has to be sorted.
    pub(super) fn by_area<const N: usize>(
        &self,
        keys: &[[Option<AreaKey>; N]],
        judgings: &[Judging],
    ) -> BTreeMap<AreaKey, Vec<UnitSummary>> {
        let key_of = |vote: &Vote<'_>, level: usize| keys[vote.place.0 as usize][level];
        let nobody = || -> Vec<Voices> { judgings.iter().map(|judging| Voices::of(judging.view)).collect() };
        let voices_of = |devices: &[Vec<u32>]| {
            let mut units: BTreeMap<AreaKey, Vec<Voices>> = BTreeMap::new();
            for mine in devices {
                let mine: Vec<Vote<'_>> = mine.iter().map(|&at| self.votes[at as usize]).collect();
                for level in 0..N {
                    // Areas follow one another as their municipalities do.
                    for here in mine.chunk_by(|a, b| key_of(a, level) == key_of(b, level)) {
                        let Some(key) = key_of(&here[0], level) else { continue };
                        let mut here: Vec<&Entry> = here.iter().map(|vote| vote.entry).collect();
                        here.sort_unstable_by_key(|entry| (entry.key.part, entry.key.hex));
                        units.entry(key).or_insert_with(nobody).iter_mut().for_each(|voices| voices.add(&here));
                    }
                }
            }
            units
        };
        let together = |mut first: BTreeMap<AreaKey, Vec<Voices>>, second: BTreeMap<AreaKey, Vec<Voices>>| {
            for (key, later) in second {
                let all = first.entry(key).or_insert_with(nobody);
                all.iter_mut().zip(later).for_each(|(voices, later)| voices.append(later));
            }
            first
        };
        let units = self.by_device().par_chunks(DEVICES_AT_ONCE).map(voices_of).reduce(BTreeMap::new, together);
        let finish = |(voices, judging): (Voices, &Judging)| voices.finish(judging);
        units.into_par_iter().map(|(key, all)| (key, all.into_iter().zip(judgings).map(finish).collect())).collect()
    }

    /// Where the votes of each device of today are, in the order of the ground.
    fn by_device(&self) -> Vec<Vec<u32>> {
        let mut counts = vec![0; self.devices.len()];
        self.votes.iter().for_each(|vote| counts[vote.device as usize] += 1);
        let mut found: Vec<Vec<u32>> = counts.into_iter().map(Vec::with_capacity).collect();
        for (at, vote) in (0..).zip(&self.votes) {
            found[vote.device as usize].push(at);
        }
        found
    }

    /// What has been published of each vote, by level; `said` turns the digests of a mark into that.
    pub(super) fn remembered(
        &self,
        said: impl Fn(usize, usize, &[u32; TIMES]) -> [u32; LEVELS] + Sync,
    ) -> (Vec<Voted>, Vec<[u32; LEVELS]>) {
        let all: Vec<[u32; LEVELS]> = (self.digests.par_iter().enumerate())
            .map(|(at, times)| said(at / self.figures, at % self.figures, times))
            .collect();
        let (mut votes, mut known) = (Vec::with_capacity(self.marks.len()), Vec::with_capacity(all.len()));
        for (mark, said) in self.marks.iter().zip(all.chunks(self.figures)) {
            if said.iter().flatten().any(|&digest| digest != 0) {
                votes.push(Voted { place: mark.place, device: mark.device });
                known.extend_from_slice(said);
            }
        }
        (votes, known)
    }
}

/// What the votes of one device at one place give to each figure, as each level published it last and now.
fn digests_of(
    same: &[Stay],
    votes: &[Vote<'_>],
    figures: usize,
    previous: &Private,
) -> impl Iterator<Item = [u32; TIMES]> {
    let now = same.iter().flat_map(|stay| &votes[stay.now.clone()]).map(|vote| vote.entry);
    let before = same.iter().find_map(|stay| stay.before).map(|at| previous.said(at));
    (0..figures).map(move |figure| {
        let given = now.clone().map(|entry| figures::digest(entry, figure)).filter(|&digest| digest != 0);
        let sum = given.reduce(u32::wrapping_add).map_or(0, |sum| sum.max(1));
        let said = before.and_then(|said| said.get(figure)).copied().unwrap_or_default();
        [said[0], said[1], said[2], said[3], sum]
    })
}
