//! Who is in some ground, who was when it was last published, and who changed in between.

use std::ops::Range;

use super::{
    figures::{MAIN, Shown},
    ground::Place,
};

/// Levels that publish numbers, from the bottom: pieces, municipalities, districts, states.
pub(super) const LEVELS: usize = 4;
/// Digests of a figure: as last published by each level, and now.
pub(super) const TIMES: usize = LEVELS + 1;
/// Pairs of times: the next ones first, then those further apart. What came between two times and went before a third
/// shows in no difference of neighbours, so every pair counts.
const PAIRS: [(usize, usize); 10] = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (2, 4)];
/// Bits of a figure: whether it was there at each time, and whether it is another at one time than at another.
const BITS: usize = TIMES + PAIRS.len();

/// What one device at one recorded hexagon was and is, a bit for each fact.
pub(super) type Facts = u128;

/// The facts of the digests of each figure at each time.
pub(super) fn facts<'d>(digests: impl IntoIterator<Item = &'d [u32; TIMES]>) -> Facts {
    let mut facts = 0;
    for (figure, times) in digests.into_iter().enumerate() {
        let there = (0..TIMES).filter(|&time| times[time] != 0);
        let changed = (0..PAIRS.len()).filter(|&pair| times[PAIRS[pair].0] != times[PAIRS[pair].1]);
        let changed = changed.map(|pair| TIMES + pair);
        there.chain(changed).for_each(|bit| facts |= 1 << (figure * BITS + bit));
    }
    facts
}

/// One device at one recorded hexagon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) place: Place,
    /// Number of the device.
    pub(super) device: u32,
    pub(super) facts: Facts,
}

/// Numbers of distinct devices for each fact.
#[derive(Clone, Debug)]
pub(super) struct Tally([u32; 128]);

impl Tally {
    /// Devices in a figure now.
    pub(super) const fn now(&self, figure: usize) -> u32 {
        self.0[figure * BITS + LEVELS]
    }

    /// Devices in a figure of the pieces as last published.
    pub(super) const fn before(&self, figure: usize) -> u32 {
        self.0[figure * BITS]
    }

    /// Devices that changed since the pieces were last published, at most.
    pub(super) fn changed(&self) -> u32 {
        self.0[MAIN * BITS + TIMES..][..LEVELS].iter().sum()
    }

    /// Nobody or at least so many, at each time and in what changed between any two. Then neither the
    /// numbers of this ground nor any difference of two of them single out fewer.
    pub(super) fn is_safe(&self, figure: usize, least: u32) -> bool {
        self.0[figure * BITS..(figure + 1) * BITS].iter().all(|&count| safe(count, least))
    }

    /// The same in several figures.
    pub(super) fn are_safe(&self, figures: Shown, least: u32) -> bool {
        (0..8).filter(|figure| figures >> figure & 1 == 1).all(|figure| self.is_safe(figure, least))
    }

    /// Whether nobody or at least so many are in a figure now.
    pub(super) const fn is_tellable(&self, figure: usize, least: u32) -> bool {
        safe(self.now(figure), least)
    }

    /// Nobody or at least so many in what changed between any two times: what a total says beyond the
    /// pieces whose numbers stayed behind.
    pub(super) fn is_safe_beside(&self, figure: usize, least: u32) -> bool {
        self.0[figure * BITS + TIMES..(figure + 1) * BITS].iter().all(|&count| safe(count, least))
    }
}

const fn safe(count: u32, least: u32) -> bool {
    count == 0 || count >= least
}

/// Counts distinct devices.
#[derive(Debug)]
pub(super) struct Counter<'m> {
    pub(super) marks: &'m [Mark],
    seen: Vec<Facts>,
    touched: Vec<u32>,
}

impl<'m> Counter<'m> {
    pub(super) fn new(marks: &'m [Mark], devices: usize) -> Self {
        Self { marks, seen: vec![0; devices], touched: Vec::new() }
    }

    pub(super) fn tally(&mut self, ranges: &[Range<usize>]) -> Tally {
        for mark in ranges.iter().flat_map(|range| &self.marks[range.clone()]) {
            let seen = &mut self.seen[mark.device as usize];
            if *seen == 0 {
                self.touched.push(mark.device);
            }
            *seen |= mark.facts;
        }
        let mut counts = [0; 128];
        for device in self.touched.drain(..) {
            let mut facts = std::mem::take(&mut self.seen[device as usize]);
            while facts != 0 {
                counts[facts.trailing_zeros() as usize] += 1;
                facts &= facts - 1;
            }
        }
        Tally(counts)
    }
}
