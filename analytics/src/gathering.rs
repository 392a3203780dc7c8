//! Evidence of any ground and time, in any order, into leaves and hexagons without a database: the second driver of the
//! aggregate (`whitespot aggregate --layer`). The first one (`worker`) makes the same leaves block by block.

use std::collections::BTreeMap;

use domain::{
    CoverageEvidence, CoveragePoint, CoverageTrack, Hex, HourStamp, Layer, Resolution, SourceClass, SpeedEvidence,
    Window,
};
use jiff::tz::TimeZone;

use crate::{HexAccumulator, LeafBuilder, LeafVotes, RuleBook, aggregate::Judging, summary::UnitSummary, votes::Leaf};

/// Collects evidence, by calendar year (UTC) and block as the store keeps it. Holds all of it in memory: some 60 bytes a point.
#[derive(Debug)]
pub struct Gathering<'r> {
    zone: TimeZone,
    rules: &'r RuleBook,
    blocks: BTreeMap<(Window, Hex), LeafBuilder<'r>>,
}

/// One hexagon of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct HexSummary {
    /// The calendar year that it is about.
    pub window: Window,
    /// Never mixed with another.
    pub source: SourceClass,
    /// Where.
    pub hex: Hex,
    /// What is known. Not gated: for whoever owns the evidence, not for publication.
    pub summary: UnitSummary,
}

/// All hexagons of a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hexagons {
    /// By window, source class and hexagon.
    pub hexagons: Vec<HexSummary>,
    /// Attempts that are in none of them: their place is known only coarser than that.
    pub coarser: u64,
}

impl<'r> Gathering<'r> {
    /// `zone`: in which days and parts of the day are counted.
    pub const fn new(zone: TimeZone, rules: &'r RuleBook) -> Self {
        Self { zone, rules, blocks: BTreeMap::new() }
    }

    /// Adds a track, or a part of one. Each record once.
    pub fn add_coverage(&mut self, evidence: &CoverageEvidence) {
        let mut parts: BTreeMap<(Window, Hex), Vec<CoveragePoint>> = BTreeMap::new();
        for point in &evidence.track.points {
            parts.entry(place(point.hour, point.hex)).or_default().push(*point);
        }
        for (place, points) in parts {
            let CoverageTrack { id, locked_to, .. } = evidence.track;
            self.block(place).add_coverage(&CoverageEvidence {
                device: evidence.device,
                source: evidence.source,
                track: CoverageTrack { id, locked_to, points },
            });
        }
    }

    /// Adds a speed test. Each record once.
    pub fn add_speed(&mut self, evidence: &SpeedEvidence) {
        let place = place(HourStamp::containing(evidence.test.at), evidence.test.hex);
        self.block(place).add_speed(evidence);
    }

    fn block(&mut self, place: (Window, Hex)) -> &mut LeafBuilder<'r> {
        self.blocks.entry(place).or_insert_with(|| LeafBuilder::new(self.zone.clone(), self.rules))
    }

    /// The leaves of each window and block.
    pub fn leaves(self) -> impl Iterator<Item = (Window, Hex, Leaf)> {
        let leaves = |((window, block), builder): ((Window, Hex), LeafBuilder<'r>)| {
            builder.finish().map(move |leaf| (window.clone(), block, leaf))
        };
        self.blocks.into_iter().flat_map(leaves)
    }

    /// One layer by hexagon; each device has one voice in each.
    pub fn hexagons(self, layer: Layer, resolution: Resolution) -> Hexagons {
        let mut votes: BTreeMap<(Window, SourceClass), Vec<LeafVotes>> = BTreeMap::new();
        let is_judged = |leaf: &Leaf| leaf.access.layers(leaf.source).contains(&layer);
        for (window, _, leaf) in self.leaves().filter(|(_, _, leaf)| is_judged(leaf)) {
            votes.entry((window, leaf.source)).or_default().push(leaf.votes);
        }
        let mut all = Hexagons::default();
        for ((window, source), votes) in votes {
            let (judging, votes) = (Judging::new(layer, source, &window), LeafVotes::merge_all(votes));
            let mut units: BTreeMap<Hex, HexAccumulator<'_>> = BTreeMap::new();
            for entry in votes.entries().iter().filter(|entry| entry.below(layer.view()).is_some()) {
                match entry.key.hex.parent(resolution) {
                    Some(hex) => units.entry(hex).or_default().add(entry),
                    None => all.coarser += u64::from(entry.attempts),
                }
            }
            all.hexagons.extend(units.into_iter().map(|(hex, unit)| HexSummary {
                window: window.clone(),
                source,
                hex,
                summary: unit.finish(&judging),
            }));
        }
        all
    }
}

fn place(hour: HourStamp, hex: Hex) -> (Window, Hex) {
    (Window::year_of(hour), hex.at_most(Hex::BLOCK))
}
