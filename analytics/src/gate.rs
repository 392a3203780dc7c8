//! The publication gate (METHODS 6): one partition of the ground per layer, window and source class, in
//! which every piece has either no device or at least k; and area totals that betray no remainder.

mod areas;
mod evidence;
mod ground;
mod partition;
mod private;

use std::collections::{BTreeMap, HashMap};

use domain::{AreaKey, AreaLevel, Cover, Hex, Layer, Resolution, SourceClass, Window};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    areas::{Areas, Placed, Verdict, at_level},
    evidence::Evidence,
    ground::{Ground, compact, position},
    partition::{Part, Splitter},
    private::{Private, PublishedArea},
};
use crate::{aggregate::Judging, summary::UnitSummary, votes::LeafVotes};

/// What a piece of the partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// One hexagon (cut to the region at its border).
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

/// Everything one layer's publication is made from.
#[derive(Debug)]
pub struct LayerInput<'a> {
    /// What is judged.
    pub layer: Layer,
    /// Decides k: [`SourceClass::min_devices`].
    pub source: SourceClass,
    /// A campaign reaches grade B at best.
    pub window: &'a Window,
    /// All leaves of the layer, one for each block, in any order.
    pub leaves: Vec<LeafVotes>,
    /// The ground. Votes outside of it are left out.
    pub cover: &'a Cover,
    /// Whether districts and states are published beside municipalities.
    pub district_level: bool,
    /// [`LayerRelease::private`] of the previous release of the same layer, window and source.
    pub previous: Option<&'a [u8]>,
}

/// One layer of a release.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRelease {
    /// The partition; empty if fewer than k devices contributed at all.
    pub pieces: Vec<Piece>,
    /// Published totals.
    pub areas: Vec<AreaUnit>,
    /// For the gate of the next release only; never leaves the server.
    pub private: Vec<u8>,
}

/// Why a layer cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// The private part of the previous release is damaged.
    #[error(
        "the private part of the previous release is unusable ({0}); restore it from backup: without it a new release could reveal what the previous one withheld"
    )]
    Previous(crate::votes::DecodeError),
}

/// Where the published numbers of a part come from.
#[derive(Debug)]
enum Numbers {
    /// Today's votes.
    Today,
    /// The previous release; `None`: it was published as unmeasured.
    Before(Option<Box<UnitSummary>>),
}

/// A part of the partition on its way to publication.
#[derive(Debug)]
struct Candidate {
    part: Part,
    numbers: Numbers,
}

impl Candidate {
    const fn is_kept(&self) -> bool {
        matches!(self.numbers, Numbers::Before(_))
    }
}

/// Builds the publication of one layer.
///
/// Without a previous release the region as a whole goes down the tree. With one, each of its parts does
/// for itself: a part in which 1 to k-1 devices changed keeps its old numbers; another may be split where
/// old votes, new votes and changes are each nobody or at least k on every side. A release therefore only
/// ever refines the one before. It is compared with that one alone, not with all earlier ones.
///
/// # Errors
/// [`GateError`] if the previous release's private part cannot be read: nothing is published then.
pub fn build_layer(input: LayerInput<'_>) -> Result<LayerRelease, GateError> {
    let LayerInput { layer, source, window, leaves, cover, district_level, previous } = input;
    let previous = previous.map(Private::decode).transpose().map_err(GateError::Previous)?.unwrap_or_default();
    let judging = Judging::new(source, window);
    let k = source.min_devices();
    let ground = Ground::new(cover);
    let votes = LeafVotes::merge_all(leaves);
    let evidence = Evidence::new(&votes, cover, &previous);
    let candidates = partition(k, layer.leaf_resolution(), &ground, &evidence, previous.parts);
    let summaries: Vec<Option<UnitSummary>> = candidates
        .par_iter()
        .map(|candidate| match &candidate.numbers {
            Numbers::Before(summary) => summary.as_deref().cloned(),
            Numbers::Today => evidence.summary(&candidate.part, &judging),
        })
        .collect();

    let levels = if district_level {
        &[AreaLevel::Municipality, AreaLevel::District, AreaLevel::State][..]
    } else {
        &[AreaLevel::Municipality]
    };
    let published = publish_areas(k, levels, &evidence, &candidates, &judging, previous.areas);
    let areas = published.now.iter().map(|area| AreaUnit { key: area.key, summary: area.summary.clone() }).collect();
    let private = Private {
        votes: evidence.remembered(&candidates),
        areas: published.now.into_iter().chain(published.before).collect(),
        parts: candidates
            .iter()
            .zip(&summaries)
            .map(|(candidate, summary)| (candidate.part.clone(), summary.clone()))
            .collect(),
    };
    Ok(LayerRelease { pieces: pieces(&ground, &candidates, &summaries), areas, private: private.encode() })
}

fn partition(
    k: u32,
    finest: Resolution,
    ground: &Ground,
    evidence: &Evidence<'_>,
    previous: Vec<(Part, Option<UnitSummary>)>,
) -> Vec<Candidate> {
    let mut splitter = Splitter::new(k, finest, ground, &evidence.marks, evidence.devices.len());
    let mut candidates = Vec::new();
    if previous.is_empty() {
        let region =
            Part { kind: PieceKind::Remainder, resolution: 4, hexes: ground.roots().to_vec(), own: Vec::new() };
        let everything = splitter.marks_of(&region);
        let devices = splitter.count(&everything);
        // Where 1 to k-1 devices are all there is, even "not measured" would say where they were not.
        if devices.new > 0 && devices.is_safe(k) {
            splitter.split(region);
        }
    }
    for (part, summary) in previous {
        let marks = splitter.marks_of(&part);
        let devices = splitter.count(&marks);
        if devices.changed == 0 || !devices.is_safe(k) {
            candidates.push(Candidate { part, numbers: Numbers::Before(summary.map(Box::new)) });
        } else {
            splitter.split(part);
        }
    }
    let fresh = splitter.parts.into_iter().chain(splitter.empty);
    candidates.extend(fresh.map(|part| Candidate { part, numbers: Numbers::Today }));
    candidates.sort_by_key(|candidate| candidate.part.hexes.first().map(|&hex| position(hex)));
    candidates
}

struct PublishedAreas {
    now: Vec<PublishedArea>,
    /// Published earlier and not now; still to be compared with.
    before: Vec<PublishedArea>,
}

fn publish_areas(
    k: u32,
    levels: &[AreaLevel],
    evidence: &Evidence<'_>,
    candidates: &[Candidate],
    judging: &Judging,
    previous: Vec<PublishedArea>,
) -> PublishedAreas {
    let parts = evidence.parts_of_marks(candidates);
    let places = evidence.marks.iter().zip(&evidence.municipalities).zip(parts);
    let placed: Vec<Placed> =
        places.map(|((&mark, &municipality), part)| Placed { mark, municipality, part }).collect();
    let stale: Vec<bool> = candidates.iter().map(Candidate::is_kept).collect();
    let mut previous: HashMap<AreaKey, PublishedArea> = previous.into_iter().map(|area| (area.key, area)).collect();
    let areas = Areas { k, placed: &placed, stale: &stale, devices: &evidence.devices, previous: &previous };
    let verdicts = areas.judge(levels);
    let units = evidence.by_area(|municipality| {
        let keys = levels.iter().map(|&level| at_level(municipality, level));
        keys.filter(|key| matches!(verdicts.get(key), Some(Verdict::Publish(_)))).collect()
    });
    let mut now: Vec<PublishedArea> = units
        .into_par_iter()
        .filter_map(|(key, unit)| match verdicts.get(&key) {
            Some(Verdict::Publish(channels)) => {
                Some(PublishedArea { key, summary: unit.finish(judging), channels: channels.clone() })
            }
            _ => None,
        })
        .collect();
    now.extend(verdicts.into_values().filter_map(|verdict| match verdict {
        Verdict::Keep(old) => Some(*old),
        Verdict::Publish(_) | Verdict::Withhold => None,
    }));
    now.sort_by_key(|area| area.key);
    for area in &now {
        previous.remove(&area.key);
    }
    let mut before: Vec<PublishedArea> = previous.into_values().collect();
    before.sort_by_key(|area| area.key);
    PublishedAreas { now, before }
}

/// Measured parts one by one; unmeasured ground gathered by resolution-6 hexagon, for it has nobody to hide.
fn pieces(ground: &Ground, candidates: &[Candidate], summaries: &[Option<UnitSummary>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut unmeasured: BTreeMap<u64, (Hex, Vec<Hex>)> = BTreeMap::new();
    for (candidate, summary) in candidates.iter().zip(summaries) {
        let cut = |hex: Hex| {
            let mut here = Vec::new();
            ground.cut(hex, &mut here);
            here
        };
        if let Some(summary) = summary {
            let hexes = compact(candidate.part.hexes.iter().flat_map(|&hex| cut(hex)).collect());
            let (kind, resolution) = (candidate.part.kind, candidate.part.resolution);
            pieces.push(Piece { number: 0, kind, resolution, hexes, summary: summary.clone() });
        } else {
            for &hex in &candidate.part.hexes {
                let at = hex.at_most(Resolution::Six);
                unmeasured.entry(position(at)).or_insert_with(|| (at, Vec::new())).1.extend(cut(hex));
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
