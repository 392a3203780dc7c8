//! Going down the tree (METHODS 6): what stands, what merges into a remainder, what the remainder absorbs.

use std::{collections::BTreeMap, ops::Range};

use domain::{AreaKey, AreaLevel, Hex, Resolution};

use super::{
    PieceKind,
    figures::Shown,
    ground::{Ground, Plot},
    tally::{Counter, Mark, Tally},
};

/// A part of the partition: some ground, and the votes recorded at coarser hexagons that lie somewhere in it.
///
/// A vote of a hexagon whose parts were published apart belongs to none of these parts: it is known only
/// to lie in one of them. Such a hexagon is listed in `own`, and its votes count in this part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: PieceKind,
    pub(super) resolution: u8,
    pub(super) plots: Vec<Plot>,
    pub(super) own: Vec<Plot>,
}

impl Part {
    /// The rest of the region, or of an area.
    pub(super) const fn of_areas(plots: Vec<Plot>) -> Self {
        Self { kind: PieceKind::Remainder, resolution: 4, plots, own: Vec::new() }
    }
}

/// Splits ground into parts.
#[derive(Debug)]
pub(super) struct Splitter<'a, 'm> {
    pub(super) least: u32,
    pub(super) finest: Resolution,
    pub(super) ground: &'a Ground,
    pub(super) counter: &'a mut Counter<'m>,
    /// Figures that must be safe in every part: those that were published of the whole.
    pub(super) figures: Shown,
    /// The parts; those without votes too.
    pub(super) parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Child {
    plots: Vec<Plot>,
    marks: Vec<Range<usize>>,
    devices: u32,
}

/// What becomes of the children of one hexagon.
#[derive(Debug)]
struct Family {
    rest: Option<Part>,
    empty: Option<Part>,
    standing: Vec<Vec<Plot>>,
}

impl Splitter<'_, '_> {
    /// Splits a part that is safe as a whole; every resulting part is safe too.
    pub(super) fn split(&mut self, whole: Part) {
        let single = match whole.plots.as_slice() {
            [plot] if whole.kind == PieceKind::Hex => Some(*plot),
            _ => None,
        };
        let refined = match single {
            Some(plot) => match plot.hex.resolution().succ() {
                Some(finer) if plot.hex.resolution() < self.finest => {
                    // Records are never coarser than this, so coarser hexagons have no votes of their own.
                    let own = if plot.hex.resolution() >= Hex::COARSEST { vec![plot] } else { Vec::new() };
                    self.children(plot.children(finer).map(|child| vec![child]).collect(), own, whole.resolution)
                }
                _ => None,
            },
            None => self.children(self.groups(&whole.plots), whole.own.clone(), whole.resolution),
        };
        match refined {
            None => self.parts.push(whole),
            Some(family) => {
                self.parts.extend(family.rest);
                self.parts.extend(family.empty);
                for plots in family.standing {
                    self.split(standing(plots));
                }
            }
        }
    }

    /// Plots of several states, districts or municipalities by these; those of one municipality one by one.
    fn groups(&self, plots: &[Plot]) -> Vec<Vec<Plot>> {
        for level in [AreaLevel::State, AreaLevel::District, AreaLevel::Municipality] {
            let mut groups: BTreeMap<AreaKey, Vec<Plot>> = BTreeMap::new();
            for &plot in plots {
                groups.entry(self.ground.area(plot.home, level)).or_default().push(plot);
            }
            if groups.len() > 1 {
                return groups.into_values().collect();
            }
        }
        plots.iter().map(|&plot| vec![plot]).collect()
    }

    fn is_safe(&self, tally: &Tally) -> bool {
        tally.are_safe(self.figures, self.least)
    }

    /// Sorts children into standing ones, a remainder and empty ground; `None` if the whole cannot be split.
    fn children(&mut self, children: Vec<Vec<Plot>>, own: Vec<Plot>, resolution: u8) -> Option<Family> {
        let own_marks: Vec<Range<usize>> = own.iter().map(|&plot| exactly(self.counter.marks, plot)).collect();
        let own_votes = own_marks.iter().any(|range| !range.is_empty());
        let (mut standing, mut rest, mut empty) = (Vec::new(), Vec::new(), Vec::new());
        let all = children.len();
        for mut plots in children {
            plots.retain(|&plot| self.ground.touches(plot));
            if plots.is_empty() {
                continue;
            }
            let marks: Vec<_> =
                plots.iter().map(|&plot| below(self.counter.marks, plot)).filter(|range| !range.is_empty()).collect();
            if marks.is_empty() {
                // A coarser vote may lie anywhere here, so nobody can say that nobody measured.
                if own_votes { &mut rest } else { &mut empty }.push(Child { plots, marks, devices: 0 });
                continue;
            }
            let tally = self.counter.tally(&marks);
            let child = Child { plots, marks, devices: tally.now(0) };
            if self.is_safe(&tally) { &mut standing } else { &mut rest }.push(child);
        }
        standing.sort_by_key(|child| {
            (std::cmp::Reverse(child.devices), std::cmp::Reverse(child.plots.first().map(|plot| plot.place())))
        });
        loop {
            let ranges: Vec<_> =
                rest.iter().flat_map(|c: &Child| c.marks.iter().cloned()).chain(own_marks.iter().cloned()).collect();
            let homeless = rest.is_empty() && own_votes;
            let tally = self.counter.tally(&ranges);
            if !homeless && self.is_safe(&tally) {
                break;
            }
            rest.push(standing.pop()?);
        }
        if standing.is_empty() && empty.is_empty() && all > 0 {
            return None;
        }
        let part = |children: &[Child], own| Part {
            kind: PieceKind::Remainder,
            resolution,
            plots: children.iter().flat_map(|child| child.plots.iter().copied()).collect(),
            own,
        };
        // Room for votes of `own` that may come later goes to the remainder, or else to the empty ground.
        let (own_rest, own_empty) = if rest.is_empty() { (Vec::new(), own) } else { (own, Vec::new()) };
        // Ground that enough devices have left again is empty now.
        let (gone, standing): (Vec<Child>, Vec<Child>) = standing.into_iter().partition(|child| child.devices == 0);
        empty.extend(gone);
        Some(Family {
            rest: (!rest.is_empty()).then(|| part(&rest, own_rest)),
            empty: (!empty.is_empty()).then(|| part(&empty, own_empty)),
            standing: standing.into_iter().map(|child| child.plots).collect(),
        })
    }
}

/// A part of its own: one hexagon, or all of an area.
fn standing(plots: Vec<Plot>) -> Part {
    match plots[..] {
        [plot] => Part { kind: PieceKind::Hex, resolution: plot.hex.resolution().into(), plots, own: Vec::new() },
        _ => Part::of_areas(plots),
    }
}

/// Index ranges of a part's marks.
pub(super) fn ranges_of(marks: &[Mark], part: &Part) -> Vec<Range<usize>> {
    let inside = part.plots.iter().map(|&plot| below(marks, plot));
    let own = part.own.iter().map(|&plot| exactly(marks, plot));
    inside.chain(own).filter(|range| !range.is_empty()).collect()
}

fn below(marks: &[Mark], plot: Plot) -> Range<usize> {
    let span = plot.span();
    marks.partition_point(|mark| mark.place < span.start)..marks.partition_point(|mark| mark.place < span.end)
}

fn exactly(marks: &[Mark], plot: Plot) -> Range<usize> {
    let at = plot.place();
    marks.partition_point(|mark| mark.place < at)..marks.partition_point(|mark| mark.place <= at)
}
