//! The publication gate (METHODS 6): one partition of the ground per network, window and source class, in
//! which every piece has either no device or enough; and area totals that betray no remainder. All layers of a network
//! share them, for the difference of two layers must not tell who is in one of them only.

mod areas;
mod evidence;
mod figures;
mod ground;
mod partition;
mod private;
mod tally;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use domain::{Access, AreaKey, AreaLevel, Hex, Layer, Resolution, SourceClass, Window};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::ground::Ground;
use self::{
    areas::{Group, Totals, Verdict},
    evidence::Evidence,
    figures::{MAIN, MAIN_ONLY, Shown},
    ground::{compact, position},
    partition::{Part, Splitter, ranges_of},
    private::{Private, PublishedArea, PublishedPart},
    tally::{Counter, LEVELS},
};
use crate::{
    aggregate::Judging,
    summary::UnitSummary,
    votes::{DecodeError, LeafVotes},
};

/// What a piece of the partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// One hexagon (cut to its municipality at a border).
    Hex,
    /// The rest of a hexagon, or of the region, after its other parts were published; or unmeasured ground.
    Remainder,
}

impl PieceKind {
    /// The stable code (SQL, JSON).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Remainder => "remainder",
        }
    }
}

/// A piece of ground with what is known about it. The pieces of a layer are disjoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// 1, 2, 3 … in the order of the ground.
    pub number: i32,
    /// One hexagon or a remainder.
    pub kind: PieceKind,
    /// Resolution of the hexagon, or of the hexagon whose rest this is.
    pub resolution: u8,
    /// The ground: compacted, disjoint, sorted.
    pub hexes: Vec<Hex>,
    /// What is known. `not_measured` for ground without votes.
    pub summary: UnitSummary,
}

/// A published total of a municipality, district or state. Areas that are not listed stay unpublished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaUnit {
    /// Official key.
    pub key: AreaKey,
    /// What is known.
    pub summary: UnitSummary,
}

/// Everything that the publication of one network is made from.
#[derive(Debug)]
pub struct GateInput<'a> {
    /// Which network.
    pub access: Access,
    /// Drive tests are graded apart, and have more layers.
    pub source: SourceClass,
    /// Devices in everything published and in every difference: [`SourceClass::min_devices`].
    pub min_devices: u32,
    /// A campaign reaches grade B at best.
    pub window: &'a Window,
    /// All leaves of the network, one for each block, in any order.
    pub leaves: Vec<LeafVotes>,
    /// The region. Votes outside of it are left out.
    pub ground: &'a Ground,
    /// Whether districts and states are published beside municipalities.
    pub district_level: bool,
    /// [`Gated::private`] of the previous release of the same network, window and source.
    pub previous: Option<&'a [u8]>,
}

/// What may be published of one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Gated {
    /// Its layers; none if too few devices contributed at all.
    pub layers: Vec<LayerRelease>,
    /// For the gate of the next release only; never leaves the server.
    pub private: Vec<u8>,
}

/// One layer of a release.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRelease {
    /// Which.
    pub layer: Layer,
    /// The partition.
    pub pieces: Vec<Piece>,
    /// Published totals.
    pub areas: Vec<AreaUnit>,
}

/// Why a network cannot be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// The private part of the previous release is damaged.
    #[error(
        "the private part of the previous release is unusable ({0}); restore it from backup: without it a new release could reveal what the previous one withheld"
    )]
    Previous(DecodeError),
    /// The previous release was made by an earlier version of the gate.
    #[error(
        "the previous release of this window was made by an earlier gate, with smaller groups that a new release cannot be held against; publish the next window (year or campaign), or begin with an empty database"
    )]
    Earlier,
    /// Municipalities have other borders than in the previous release.
    #[error(
        "the municipalities of the region have changed since the previous release of this window; publish the next window (year or campaign) with the new ones: totals over old and new borders of one could reveal what was withheld"
    )]
    Borders,
}

/// Where the published numbers of a part come from.
#[derive(Debug)]
enum Numbers {
    /// Today's votes.
    Today,
    /// The previous release, of each layer; none: it was published as unmeasured.
    Before(Vec<UnitSummary>),
}

/// A part of the partition as it is published.
#[derive(Debug)]
struct Candidate {
    part: Part,
    shown: Shown,
    numbers: Numbers,
}

/// Builds the publication of one network, all layers of it.
///
/// Without a previous release the region as a whole goes down the tree. With one, each of its parts does
/// for itself: a part in which too few devices changed keeps its old numbers; another may be split where
/// old votes, new votes and changes are each nobody or enough on every side. A release therefore only
/// ever refines the one before. It is compared with that one alone, not with all earlier ones.
///
/// # Errors
/// [`GateError`] if the previous release's private part cannot be read, or was made for other borders:
/// nothing is published then.
pub fn build_layers(input: GateInput<'_>) -> Result<Gated, GateError> {
    let GateInput { access, source, min_devices, window, leaves, ground, district_level, previous } = input;
    let (layers, figures) = (access.layers(source), figures::count(access, source));
    let previous = match previous {
        Some(bytes) => {
            let previous = Private::decode(bytes).map_err(|error| match error {
                DecodeError::UnknownVersion(version) if version < private::VERSION => GateError::Earlier,
                other => GateError::Previous(other),
            })?;
            if previous.fingerprint != ground.fingerprint() {
                return Err(GateError::Borders);
            }
            if previous.figures != figures || !previous.has_layers(layers.len()) {
                return Err(GateError::Previous(DecodeError::Damaged("layers")));
            }
            if !previous.lies_in(ground.municipalities()) {
                return Err(GateError::Previous(DecodeError::Damaged("municipality")));
            }
            previous
        }
        None => Private::default(),
    };
    let judgings: Vec<Judging> = layers.iter().map(|&layer| Judging::new(layer, source, window)).collect();
    let leaves = LeafVotes::apart(leaves);
    let evidence = Evidence::new(&leaves, ground, figures, &previous);
    let Private { parts, areas, .. } = previous;
    let before: BTreeMap<AreaKey, PublishedArea> = areas.into_iter().map(|area| (area.key, area)).collect();
    let gate = Gate { least: min_devices, figures, finest: access.leaf_resolution(), ground };
    let levels = if district_level { &LEVELS_OF_AREAS[..] } else { &LEVELS_OF_AREAS[..1] };
    let (candidates, verdicts) = gate.decide(&evidence, levels, parts, &before);

    let withhold = |summaries: &mut Vec<UnitSummary>, shown: Shown| {
        for (&layer, summary) in layers.iter().zip(summaries) {
            figures::withhold(layer, summary, shown);
        }
    };
    let summaries: Vec<Vec<UnitSummary>> = candidates
        .par_iter()
        .map(|candidate| match &candidate.numbers {
            Numbers::Before(summaries) => summaries.clone(),
            Numbers::Today => {
                let mut summaries = evidence.summaries(&candidate.part, &judgings);
                withhold(&mut summaries, candidate.shown);
                summaries
            }
        })
        .collect();
    let mut areas = totals(ground, levels, &evidence, &verdicts, &judgings, before);
    for area in &mut areas {
        withhold(&mut area.summaries, area.shown);
    }
    let (votes, said) = remembered(ground, &evidence, &candidates, &verdicts, &areas);
    let private = Private {
        fingerprint: ground.fingerprint(),
        figures,
        devices: evidence.devices.clone(),
        votes,
        said,
        parts: candidates
            .iter()
            .zip(&summaries)
            .map(|(Candidate { part, shown, .. }, summaries)| PublishedPart {
                part: part.clone(),
                shown: *shown,
                summaries: summaries.clone(),
            })
            .collect(),
        areas,
    };
    let layer = |(at, &layer): (usize, &Layer)| {
        let summaries: Vec<_> = summaries.iter().map(|all| all.get(at).filter(|summary| summary.devices > 0)).collect();
        let areas = private.areas.iter().filter(|area| area.summaries[at].devices > 0);
        let areas = areas.map(|area| AreaUnit { key: area.key, summary: area.summaries[at].clone() }).collect();
        let is_measured = summaries.iter().any(Option::is_some);
        is_measured.then(|| LayerRelease { layer, pieces: pieces(ground, &candidates, &summaries), areas })
    };
    let layers = || layers.par_iter().enumerate().filter_map(layer).collect();
    let (layers, private) = rayon::join(layers, || private.encode());
    Ok(Gated { layers, private })
}

/// Levels with totals, from the bottom; pieces stand below them.
const LEVELS_OF_AREAS: [AreaLevel; LEVELS - 1] = [AreaLevel::Municipality, AreaLevel::District, AreaLevel::State];

/// What a decision depends on besides the evidence.
#[derive(Debug)]
struct Gate<'a> {
    least: u32,
    figures: usize,
    finest: Resolution,
    ground: &'a Ground,
}

impl Gate<'_> {
    fn decide(
        &self,
        evidence: &Evidence<'_>,
        levels: &[AreaLevel],
        previous: Vec<PublishedPart>,
        before: &BTreeMap<AreaKey, PublishedArea>,
    ) -> (Vec<Candidate>, BTreeMap<AreaKey, Verdict>) {
        let previous: Vec<PublishedPart> = previous.into_iter().flat_map(by_home).collect();
        let mut counter = Counter::new(&evidence.marks, evidence.devices.len());
        // Each old part with what may come in its place; without old ones, all parts of the region.
        let mut fresh: Vec<Vec<(Part, Shown)>> = Vec::new();
        let mut groups = Vec::new();
        for old in &previous {
            let marks = ranges_of(&evidence.marks, &old.part);
            let tally = counter.tally(&marks);
            let is_renewed = tally.changed() > 0 && tally.are_safe(old.shown, self.least);
            let parts = if is_renewed { self.split(&mut counter, old.part.clone(), old.shown) } else { Vec::new() };
            groups.push(Group {
                homes: homes(&old.part),
                withheld: self.withheld(evidence, &parts),
                is_old: true,
                is_renewed,
                changed: tally.changed(),
                is_deserted: tally.before(MAIN) > 0 && tally.now(MAIN) < self.least,
                marks,
            });
            fresh.push(parts);
        }
        if previous.is_empty() {
            let region = Part::of_areas(self.ground.roots().to_vec());
            let all = counter.tally(&ranges_of(&evidence.marks, &region));
            // Where too few devices are all there is, even "not measured" would say where they were not.
            if all.now(MAIN) < self.least.max(1) {
                return (Vec::new(), BTreeMap::new());
            }
            for part in self.split(&mut counter, region, MAIN_ONLY) {
                groups.push(Group {
                    homes: homes(&part.0),
                    withheld: self.withheld(evidence, std::slice::from_ref(&part)),
                    is_old: false,
                    is_renewed: true,
                    changed: 0,
                    is_deserted: false,
                    marks: ranges_of(&evidence.marks, &part.0),
                });
                fresh.push(vec![part]);
            }
        }
        let mut totals = Totals {
            least: self.least,
            figures: self.figures,
            ground: self.ground,
            counter: &mut counter,
            groups: &mut groups,
            previous: before,
            verdicts: BTreeMap::new(),
        };
        totals.judge(levels);
        let mut verdicts = totals.verdicts;
        // What was published stays published.
        for &key in before.keys() {
            verdicts.entry(key).or_insert(Verdict::Keep);
        }

        let mut previous: Vec<Option<PublishedPart>> = previous.into_iter().map(Some).collect();
        previous.resize_with(groups.len(), || None);
        let mut candidates = Vec::new();
        for ((group, old), fresh) in groups.iter().zip(previous).zip(fresh) {
            match old {
                Some(PublishedPart { part, shown, summaries }) if !group.is_renewed => {
                    candidates.push(Candidate { part, shown, numbers: Numbers::Before(summaries) });
                }
                _ => candidates.extend(fresh.into_iter().map(|(part, shown)| Candidate {
                    part,
                    shown,
                    numbers: Numbers::Today,
                })),
            }
        }
        candidates.sort_by_key(|candidate| candidate.part.plots.first().map(|plot| (position(plot.hex), plot.home)));
        (candidates, verdicts)
    }

    /// The parts of a safe part, each with the figures that may be shown of it.
    fn split(&self, counter: &mut Counter<'_>, whole: Part, figures: Shown) -> Vec<(Part, Shown)> {
        let (least, finest, ground) = (self.least, self.finest, self.ground);
        let mut splitter = Splitter { least, finest, ground, counter, figures, parts: Vec::new() };
        splitter.split(whole);
        let parts = splitter.parts;
        let shown = |part: &Part, counter: &mut Counter<'_>| {
            let tally = counter.tally(&ranges_of(counter.marks, part));
            let safe = |&figure: &usize| tally.now(figure) >= least && tally.is_safe(figure, least);
            (0..self.figures).filter(safe).fold(figures & MAIN_ONLY, |bits, figure| bits | 1 << figure)
        };
        parts
            .into_iter()
            .map(|part| {
                let shown = shown(&part, counter);
                (part, shown)
            })
            .collect()
    }

    /// For each figure the marks of the parts that withhold it.
    fn withheld(&self, evidence: &Evidence<'_>, parts: &[(Part, Shown)]) -> Vec<Vec<Range<usize>>> {
        let of = |figure: usize| parts.iter().filter(move |(_, shown)| shown >> figure & 1 == 0);
        (0..self.figures)
            .map(|figure| of(figure).flat_map(|(part, _)| ranges_of(&evidence.marks, part)).collect())
            .collect()
    }
}

/// Unmeasured ground of several municipalities is one part for each of them: nobody is in it, so it joins nothing,
/// and a municipality where people begin to measure does not wait for the others.
fn by_home(old: PublishedPart) -> Vec<PublishedPart> {
    if !old.summaries.is_empty() || homes(&old.part).len() < 2 {
        return vec![old];
    }
    let mut plots: BTreeMap<u32, Vec<ground::Plot>> = BTreeMap::new();
    for &plot in &old.part.plots {
        plots.entry(plot.home).or_default().push(plot);
    }
    let part = |plots| PublishedPart { part: Part { plots, ..old.part.clone() }, ..old.clone() };
    plots.into_values().map(part).collect()
}

fn homes(part: &Part) -> BTreeSet<u32> {
    part.plots.iter().map(|plot| plot.home).collect()
}

/// The published totals, by key.
fn totals(
    ground: &Ground,
    levels: &[AreaLevel],
    evidence: &Evidence<'_>,
    verdicts: &BTreeMap<AreaKey, Verdict>,
    judgings: &[Judging],
    mut before: BTreeMap<AreaKey, PublishedArea>,
) -> Vec<PublishedArea> {
    let renewed = |key: &AreaKey| match verdicts.get(key) {
        Some(&Verdict::Renew(shown)) => Some(shown),
        _ => None,
    };
    let key =
        |home, level| Some(ground.area(home, level)).filter(|key| levels.contains(&level) && renewed(key).is_some());
    let keys: Vec<_> = (0..ground.municipalities()).map(|home| LEVELS_OF_AREAS.map(|level| key(home, level))).collect();
    let fresh = evidence.by_area(&keys, judgings).into_iter().filter_map(|(key, summaries)| {
        let shown = renewed(&key)?;
        Some((key, PublishedArea { key, shown, summaries }))
    });
    before.extend(fresh);
    before.into_values().collect()
}

/// What each vote has said by now at each level.
fn remembered(
    ground: &Ground,
    evidence: &Evidence<'_>,
    candidates: &[Candidate],
    verdicts: &BTreeMap<AreaKey, Verdict>,
    areas: &[PublishedArea],
) -> (Vec<private::Voted>, Vec<[u32; LEVELS]>) {
    let mut holders: Vec<Option<&Candidate>> = vec![None; evidence.marks.len()];
    for candidate in candidates {
        for range in ranges_of(&evidence.marks, &candidate.part) {
            holders[range].fill(Some(candidate));
        }
    }
    let shown: BTreeMap<AreaKey, Shown> = areas.iter().map(|area| (area.key, area.shown)).collect();
    // For each municipality, what its areas say: the figures, and whether they are today's.
    let homes: Vec<[(Shown, bool); LEVELS - 1]> = (0..ground.municipalities())
        .map(|home| {
            LEVELS_OF_AREAS.map(|level| {
                let key = ground.area(home, level);
                let is_new = matches!(verdicts.get(&key), Some(Verdict::Renew(_)));
                (shown.get(&key).copied().unwrap_or_default(), is_new)
            })
        })
        .collect();
    evidence.remembered(|mark, figure, &times| {
        let now = times[LEVELS];
        let mut said = [0; LEVELS];
        said[0] = match holders[mark] {
            Some(Candidate { numbers: Numbers::Today, shown, .. }) if shown >> figure & 1 == 1 => now,
            Some(Candidate { numbers: Numbers::Today, .. }) | None => 0,
            Some(_) => times[0],
        };
        for (level, (shown, is_new)) in (1..).zip(homes[evidence.marks[mark].place.0 as usize]) {
            said[level] = match (shown >> figure & 1 == 1, is_new) {
                (true, true) => now,
                (true, false) => times[level],
                // Nothing but what the level below says.
                (false, _) => said[level - 1],
            };
        }
        said
    })
}

/// Measured parts one by one; unmeasured ground gathered by resolution-6 hexagon, for it has nobody to hide.
fn pieces(ground: &Ground, candidates: &[Candidate], summaries: &[Option<&UnitSummary>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut unmeasured: BTreeMap<u64, (Hex, Vec<Hex>)> = BTreeMap::new();
    for (candidate, summary) in candidates.iter().zip(summaries) {
        let cut = |plot| {
            let mut here = Vec::new();
            ground.cut(plot, &mut here);
            here
        };
        if let Some(summary) = *summary {
            let hexes = compact(candidate.part.plots.iter().flat_map(|&plot| cut(plot)).collect());
            let (kind, resolution) = (candidate.part.kind, candidate.part.resolution);
            pieces.push(Piece { number: 0, kind, resolution, hexes, summary: summary.clone() });
        } else {
            for &plot in &candidate.part.plots {
                let at = plot.hex.at_most(Resolution::Six);
                unmeasured.entry(position(at)).or_insert_with(|| (at, Vec::new())).1.extend(cut(plot));
            }
        }
    }
    pieces.extend(unmeasured.into_values().map(|(at, hexes)| {
        let hexes = compact(hexes);
        let kind = if hexes.len() == 1 { PieceKind::Hex } else { PieceKind::Remainder };
        let resolution = match hexes.as_slice() {
            [hex] => hex.resolution().into(),
            _ => at.resolution().into(),
        };
        Piece { number: 0, kind, resolution, hexes, summary: UnitSummary::not_measured() }
    }));
    pieces.sort_by_key(|piece| piece.hexes.first().map(|&hex| position(hex)));
    for (number, piece) in (1..).zip(&mut pieces) {
        piece.number = number;
    }
    pieces
}
