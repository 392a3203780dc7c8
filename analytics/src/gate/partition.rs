//! Going down the tree (METHODS 6): what stands, what merges into a remainder, what the remainder absorbs.

use std::ops::Range;

use domain::{Hex, Resolution};

use super::{
    PieceKind,
    ground::{Ground, position, span},
};

/// One device at one recorded hexagon, in this release, in the previous one, or in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Of the hexagon as recorded, see [`position`].
    pub(super) at: u64,
    /// Number of the device.
    pub(super) device: u32,
    /// Digest of its votes here now; 0 for none.
    pub(super) new: u32,
    /// Digest of its votes here when the ground was last published; 0 for none.
    pub(super) old: u32,
}

impl Mark {
    pub(super) const fn changed(&self) -> bool {
        self.new != self.old
    }
}

/// A part of the partition: some ground, and the votes recorded at coarser hexagons that lie somewhere in it.
///
/// A vote of a hexagon whose parts were published apart belongs to none of these parts: it is known only
/// to lie in one of them. Such a hexagon is listed in `own`, and its votes count in this part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: PieceKind,
    pub(super) resolution: u8,
    pub(super) hexes: Vec<Hex>,
    pub(super) own: Vec<Hex>,
}

/// Distinct devices in some ground.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Devices {
    pub(super) new: u32,
    pub(super) old: u32,
    pub(super) changed: u32,
}

impl Devices {
    /// Nobody, or at least k: now, before, and in what changed. Then neither this ground nor its
    /// difference to the previous release singles out fewer than k.
    pub(super) const fn is_safe(self, k: u32) -> bool {
        const fn safe(count: u32, k: u32) -> bool {
            count == 0 || count >= k
        }
        safe(self.new, k) && safe(self.old, k) && safe(self.changed, k)
    }
}

/// Splits ground into parts.
#[derive(Debug)]
pub(super) struct Splitter<'a> {
    pub(super) k: u32,
    pub(super) finest: Resolution,
    pub(super) ground: &'a Ground,
    pub(super) marks: &'a [Mark],
    seen: Vec<[u32; 3]>,
    round: u32,
    /// Parts with votes.
    pub(super) parts: Vec<Part>,
    /// Parts without.
    pub(super) empty: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Child {
    hex: Hex,
    marks: Range<usize>,
    devices: Devices,
}

/// What becomes of the children of one hexagon.
#[derive(Debug)]
struct Family {
    rest: Option<Part>,
    empty: Option<Part>,
    standing: Vec<Hex>,
}

impl<'a> Splitter<'a> {
    pub(super) fn new(k: u32, finest: Resolution, ground: &'a Ground, marks: &'a [Mark], devices: usize) -> Self {
        let (parts, empty) = (Vec::new(), Vec::new());
        Self { k, finest, ground, marks, seen: vec![[0; 3]; devices], round: 0, parts, empty }
    }

    /// The marks of a part.
    pub(super) fn marks_of(&self, part: &Part) -> Vec<Range<usize>> {
        ranges_of(self.marks, part)
    }

    /// Distinct devices of some marks.
    pub(super) fn count(&mut self, ranges: &[Range<usize>]) -> Devices {
        self.round += 1;
        let mut devices = Devices::default();
        for mark in ranges.iter().flat_map(|range| &self.marks[range.clone()]) {
            let seen = &mut self.seen[mark.device as usize];
            let mut first = |at: usize, holds: bool| {
                let first = holds && seen[at] != self.round;
                if first {
                    seen[at] = self.round;
                }
                u32::from(first)
            };
            devices.new += first(0, mark.new != 0);
            devices.old += first(1, mark.old != 0);
            devices.changed += first(2, mark.changed());
        }
        devices
    }

    /// Splits a part that is safe as a whole; every resulting part is safe too.
    pub(super) fn split(&mut self, whole: Part) {
        let refined = match whole.hexes.as_slice() {
            [hex] if whole.kind == PieceKind::Hex => {
                let hex = *hex;
                match hex.resolution().succ() {
                    Some(finer) if hex.resolution() < self.finest => {
                        // Records are never coarser than this, so coarser hexagons have no votes of their own.
                        let own = if hex.resolution() >= Hex::COARSEST { vec![hex] } else { Vec::new() };
                        self.children(hex.children(finer).collect(), own, whole.resolution)
                    }
                    _ => None,
                }
            }
            _ => self.children(whole.hexes.clone(), whole.own.clone(), whole.resolution),
        };
        match refined {
            None => self.parts.push(whole),
            Some(family) => {
                self.parts.extend(family.rest);
                self.empty.extend(family.empty);
                for hex in family.standing {
                    self.split(hexagon(hex));
                }
            }
        }
    }

    /// Sorts children into standing ones, a remainder and empty ground; `None` if the whole cannot be split.
    fn children(&mut self, hexes: Vec<Hex>, own: Vec<Hex>, resolution: u8) -> Option<Family> {
        let own_marks: Vec<Range<usize>> = own.iter().map(|&hex| exactly(self.marks, hex)).collect();
        let own_votes = own_marks.iter().any(|range| !range.is_empty());
        let (mut standing, mut rest, mut empty) = (Vec::new(), Vec::new(), Vec::new());
        let all = hexes.len();
        for hex in hexes.into_iter().filter(|&hex| self.ground.touches(hex)) {
            let marks = below(self.marks, hex);
            if marks.is_empty() {
                // A coarser vote may lie anywhere here, so nobody can say that nobody measured.
                if own_votes { &mut rest } else { &mut empty }.push(Child { hex, marks, devices: Devices::default() });
                continue;
            }
            let devices = self.count(std::slice::from_ref(&marks));
            if devices.is_safe(self.k) { &mut standing } else { &mut rest }.push(Child { hex, marks, devices });
        }
        standing.sort_by_key(|child| (std::cmp::Reverse(child.devices.new), std::cmp::Reverse(position(child.hex))));
        loop {
            let ranges: Vec<_> =
                rest.iter().map(|c: &Child| c.marks.clone()).chain(own_marks.iter().cloned()).collect();
            let homeless = rest.is_empty() && own_votes;
            if !homeless && self.count(&ranges).is_safe(self.k) {
                break;
            }
            rest.push(standing.pop()?);
        }
        if standing.is_empty() && empty.is_empty() && all > 0 {
            return None;
        }
        let hexes_of = |children: &[Child]| children.iter().map(|child| child.hex).collect::<Vec<_>>();
        let part = |hexes, own| Part { kind: PieceKind::Remainder, resolution, hexes, own };
        // Room for votes of `own` that may come later goes to the remainder, or else to the empty ground.
        let (own_rest, own_empty) = if rest.is_empty() { (Vec::new(), own) } else { (own, Vec::new()) };
        // Ground that at least k devices have left again is empty now.
        let (gone, standing): (Vec<Child>, Vec<Child>) = standing.into_iter().partition(|c| c.devices.new == 0);
        empty.extend(gone);
        Some(Family {
            rest: (!rest.is_empty()).then(|| part(hexes_of(&rest), own_rest)),
            empty: (!empty.is_empty()).then(|| part(hexes_of(&empty), own_empty)),
            standing: hexes_of(&standing),
        })
    }
}

/// A hexagon as a part of its own.
pub(super) fn hexagon(hex: Hex) -> Part {
    Part { kind: PieceKind::Hex, resolution: hex.resolution().into(), hexes: vec![hex], own: Vec::new() }
}

/// Index ranges of a part's marks.
pub(super) fn ranges_of(marks: &[Mark], part: &Part) -> Vec<Range<usize>> {
    let inside = part.hexes.iter().map(|&hex| below(marks, hex));
    let own = part.own.iter().map(|&hex| exactly(marks, hex));
    inside.chain(own).filter(|range| !range.is_empty()).collect()
}

fn below(marks: &[Mark], hex: Hex) -> Range<usize> {
    let span = span(hex);
    marks.partition_point(|mark| mark.at < span.start)..marks.partition_point(|mark| mark.at < span.end)
}

fn exactly(marks: &[Mark], hex: Hex) -> Range<usize> {
    let at = position(hex);
    marks.partition_point(|mark| mark.at < at)..marks.partition_point(|mark| mark.at <= at)
}
