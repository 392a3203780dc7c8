//! Which pieces and totals get today's numbers (METHODS 6).
//!
//! Pieces nest in municipalities, these in districts and states. So a total says nothing that its pieces do not say,
//! except where a piece keeps older numbers, or withholds a figure: the rest of the total. Totals go up the tree, and each is
//! renewed only if its rest is nobody or enough devices in every step of time. What lies under a total that stays
//! old stays old too, so that numbers never get younger downwards.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use domain::{AreaKey, AreaLevel};

use super::{
    figures::{MAIN, MAIN_ONLY, Shown},
    ground::Ground,
    private::PublishedArea,
    tally::{Counter, Tally},
};

/// A part on its way to publication.
#[derive(Debug)]
pub(super) struct Group {
    /// Municipalities that it lies in.
    pub(super) homes: BTreeSet<u32>,
    pub(super) marks: Vec<Range<usize>>,
    /// Whether it was published before, and so may keep its numbers.
    pub(super) is_old: bool,
    /// Whether it gets today's numbers.
    pub(super) is_renewed: bool,
    /// Marks that today's numbers would leave out of a figure: those of the pieces that withhold it.
    pub(super) withheld: Vec<Vec<Range<usize>>>,
    /// Devices that changed.
    pub(super) changed: u32,
    /// Was published, and is left by so many that its numbers cannot be renewed.
    pub(super) is_deserted: bool,
}

impl Group {
    /// Marks whose contribution to a figure the part does not say.
    fn beside(&self, figure: usize) -> &[Range<usize>] {
        if self.is_renewed { &self.withheld[figure] } else { &self.marks }
    }
}

/// What is decided for an area that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Today's numbers, these figures of them.
    Renew(Shown),
    /// Those of the release before.
    Keep,
}

/// Groups that say together what they have in common: a part, or an area with all that is in it.
#[derive(Clone, Debug)]
struct Node {
    groups: Vec<usize>,
    /// For each figure, those of them that no total says.
    open: Vec<Vec<usize>>,
    /// The area whose total is renewed.
    renewed: Option<AreaKey>,
}

#[derive(Debug)]
pub(super) struct Totals<'a, 'm> {
    pub(super) least: u32,
    pub(super) figures: usize,
    pub(super) ground: &'a Ground,
    pub(super) counter: &'a mut Counter<'m>,
    pub(super) groups: &'a mut [Group],
    pub(super) previous: &'a BTreeMap<AreaKey, PublishedArea>,
    pub(super) verdicts: BTreeMap<AreaKey, Verdict>,
}

impl Totals<'_, '_> {
    /// Decides level by level, from municipalities up.
    pub(super) fn judge(&mut self, levels: &[AreaLevel]) {
        let mut nodes: Vec<Node> = (0..self.groups.len()).map(|group| self.untold(vec![group])).collect();
        for &level in levels {
            let mut members: BTreeMap<AreaKey, Vec<Node>> = BTreeMap::new();
            let (mut crossed, mut rest) = (BTreeSet::new(), Vec::new());
            for node in nodes {
                let homes = node.groups.iter().flat_map(|&group| &self.groups[group].homes);
                let keys: BTreeSet<AreaKey> = homes.map(|&home| self.ground.area(home, level)).collect();
                match keys.first() {
                    Some(&key) if keys.len() == 1 => members.entry(key).or_default().push(node),
                    _ => {
                        crossed.extend(keys);
                        rest.push(node);
                    }
                }
            }
            for (key, members) in members {
                if crossed.contains(&key) && !self.previous.contains_key(&key) {
                    rest.extend(members);
                } else {
                    rest.extend(self.judge_one(key, members));
                }
            }
            nodes = rest;
        }
    }

    /// The area as one node, or its members where it has no total.
    fn judge_one(&mut self, key: AreaKey, mut members: Vec<Node>) -> Vec<Node> {
        let groups: Vec<usize> = members.iter().flat_map(|node| node.groups.iter().copied()).collect();
        let marks: Vec<_> = groups.iter().flat_map(|&group| self.groups[group].marks.iter().cloned()).collect();
        let whole = self.counter.tally(&marks);
        let before = self.previous.get(&key).map(|area| area.shown);
        let mut stayed: Vec<usize> = Vec::new();
        // A figure that was published is published again, so what is left of it has to be enough.
        let told = before.unwrap_or(MAIN_ONLY);
        let is_tellable =
            (0..self.figures).all(|figure| told >> figure & 1 == 0 || whole.is_tellable(figure, self.least));
        if whole.now(MAIN) >= self.least && is_tellable && self.settle(&mut members, before, &mut stayed) {
            let shown = (0..self.figures).filter(|&figure| {
                before.is_some_and(|before| before >> figure & 1 == 1)
                    || whole.now(figure) >= self.least && self.rest(&members, figure).is_safe_beside(figure, self.least)
            });
            let shown: Shown = shown.fold(0, |bits, figure| bits | 1 << figure);
            self.verdicts.insert(key, Verdict::Renew(shown));
            let open = |figure: usize| match shown >> figure & 1 {
                0 => members.iter().flat_map(|node| node.open[figure].iter().copied()).collect(),
                _ => Vec::new(),
            };
            let open = (0..self.figures).map(open).collect();
            return vec![Node { groups, open, renewed: Some(key) }];
        }
        if before.is_none() {
            for group in stayed {
                self.groups[group].is_renewed = true;
            }
            return members;
        }
        self.verdicts.insert(key, Verdict::Keep);
        vec![self.freeze(key, groups)]
    }

    /// Leaves an area as it was published, with all that is inside.
    fn freeze(&mut self, key: AreaKey, groups: Vec<usize>) -> Node {
        for &group in &groups {
            self.groups[group].is_renewed = false;
        }
        // Nothing inside is younger. An area that would have been new is not published.
        let is_inside = |area: &AreaKey| area.as_str().starts_with(key.as_str());
        let previous = self.previous;
        self.verdicts.retain(|area, _| !is_inside(area) || previous.contains_key(area));
        self.verdicts.iter_mut().filter(|(area, _)| is_inside(area)).for_each(|(_, verdict)| *verdict = Verdict::Keep);
        self.untold(groups)
    }

    fn untold(&self, groups: Vec<usize>) -> Node {
        Node { open: vec![groups.clone(); self.figures], groups, renewed: None }
    }

    /// Whether the rest can be made safe in all figures that were published. Where too few changed in it, the part with
    /// the fewest changes stays behind as well, noted in `stayed`; or else, of an area that was published, the
    /// area inside with the fewest.
    fn settle(&mut self, members: &mut [Node], before: Option<Shown>, stayed: &mut Vec<usize>) -> bool {
        let shown = before.unwrap_or(MAIN_ONLY);
        loop {
            let deserted = members.iter().flat_map(|node| &node.groups).any(|&group| {
                let group = &self.groups[group];
                group.is_deserted && !group.is_renewed
            });
            if deserted {
                return false;
            }
            let mut figures = (0..self.figures).filter(|figure| shown >> figure & 1 == 1);
            if figures.all(|figure| self.rest(members, figure).is_safe_beside(figure, self.least)) {
                return true;
            }
            // What an area below said stays as it is.
            let willing = members.iter().flat_map(|node| &node.open[MAIN]).copied().filter(|&group| {
                let group = &self.groups[group];
                group.is_renewed && group.is_old && group.changed > 0
            });
            if let Some(next) = willing.min_by_key(|&group| self.groups[group].changed) {
                self.groups[next].is_renewed = false;
                stayed.push(next);
                continue;
            }
            let changed = |node: &Node| node.groups.iter().map(|&group| self.groups[group].changed).sum::<u32>();
            let areas =
                members.iter_mut().filter(|node| before.is_some() && node.renewed.is_some() && changed(node) > 0);
            let Some(next) = areas.min_by_key(|node| changed(node)) else { return false };
            if let Some(key) = next.renewed {
                *next = self.freeze(key, std::mem::take(&mut next.groups));
            }
        }
    }

    /// What the members do not say of a figure.
    fn rest(&mut self, members: &[Node], figure: usize) -> Tally {
        let open = members.iter().flat_map(|node| &node.open[figure]);
        let marks: Vec<_> = open.flat_map(|&group| self.groups[group].beside(figure).iter().cloned()).collect();
        self.counter.tally(&marks)
    }
}
