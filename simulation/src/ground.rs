//! The ground: resolution-8 patches of land, whose they are and how many people live there.

use std::collections::BTreeMap;

use domain::{AreaKey, AreaLevel, Cover, Hex, Resolution};
use h3o::CellIndex;
use rand::Rng;

use crate::{
    SimRegion, SimulationError,
    random::{Purpose, between, pick, running, stream},
};

/// One hexagon of resolution 8 whose centre lies in the region: the unit of the truth.
#[derive(Clone, Debug)]
pub(crate) struct Patch {
    pub(crate) hex: CellIndex,
    /// Index into [`Ground::towns`].
    pub(crate) town: usize,
    /// Bit per child (H3 digit): in the region at all.
    inside: u8,
    /// Bit per child: in the same municipality.
    own: u8,
    /// Place in km east and north of the middle of the region.
    pub(crate) at: (f64, f64),
    /// Inhabitants per km².
    pub(crate) density: f64,
}

/// One municipality.
#[derive(Clone, Debug)]
pub(crate) struct Town {
    pub(crate) key: AreaKey,
    pub(crate) inhabitants: f64,
    /// Inhabitants per km² over the whole municipality.
    pub(crate) density: f64,
    /// Index into [`SimRegion::areas`].
    pub(crate) area: usize,
    pub(crate) patches: Vec<usize>,
    /// Running sums of people over `patches`.
    people: Vec<f64>,
}

/// All of it.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// Ascending by hexagon.
    pub(crate) patches: Vec<Patch>,
    pub(crate) towns: Vec<Town>,
}

impl Ground {
    pub(crate) fn new(region: &SimRegion, seed: u64) -> Result<Self, SimulationError> {
        let mut towns: Vec<Town> = region.areas.iter().enumerate().filter_map(town).collect();
        towns.sort_by_key(|town| town.key);
        let patches = patches(region, &towns);
        for (at, patch) in patches.iter().enumerate() {
            towns[patch.town].patches.push(at);
        }
        let mut ground = Self { patches, towns };
        if ground.patches.is_empty() {
            return Err(SimulationError::EmptyRegion);
        }
        ground.place();
        ground.settle(seed);
        Ok(ground)
    }

    /// The patch of a hexagon of resolution 9 or finer that may be walked on; `hint` is where the walker was before.
    ///
    /// The hexagon and the centre of its patch both lie in the region, so a coarsened position does too.
    pub(crate) fn patch_of(&self, hex: CellIndex, hint: usize) -> Option<usize> {
        let parent = hex.parent(Hex::COARSEST)?;
        let at = match self.patches.get(hint) {
            Some(patch) if patch.hex == parent => hint,
            _ => self.patches.binary_search_by_key(&parent, |patch| patch.hex).ok()?,
        };
        (self.patches[at].inside & bit(hex) != 0).then_some(at)
    }

    /// A place to live in a municipality: the patch, and a hexagon of resolution 9 of this municipality.
    pub(crate) fn home(&self, town: usize, rng: &mut impl Rng) -> (usize, CellIndex) {
        let town = &self.towns[town];
        let at = town.patches[pick(rng, &town.people)];
        let patch = &self.patches[at];
        let choice = rng.random_range(0..patch.own.count_ones());
        let mut own = patch.hex.children(Hex::FIXED).filter(|&child| patch.own & bit(child) != 0);
        (at, own.nth(choice as usize).unwrap_or(patch.hex))
    }

    /// A hexagon of resolution 10 somewhere in a patch.
    pub(crate) fn somewhere(&self, patch: usize, rng: &mut impl Rng) -> CellIndex {
        let Patch { hex, inside, .. } = self.patches[patch];
        let choice = rng.random_range(0..inside.count_ones() as usize);
        let leaf = hex.children(Hex::FIXED).filter(|&child| inside & bit(child) != 0).nth(choice).unwrap_or(hex);
        leaf.children(Hex::MOBILE).nth(rng.random_range(0..7)).unwrap_or(leaf)
    }

    /// Places on a plane; good to a percent over a few hundred kilometres.
    fn place(&mut self) {
        let degrees: Vec<_> = self.patches.iter().map(|patch| Hex::from_h3(patch.hex).centre_degrees()).collect();
        let n = degrees.len() as f64;
        let (lat, lng) = degrees.iter().fold((0.0, 0.0), |(a, b), (lat, lng)| (a + lat / n, b + lng / n));
        for (patch, (own_lat, own_lng)) in self.patches.iter_mut().zip(degrees) {
            patch.at = ((own_lng - lng) * 111.32 * lat.to_radians().cos(), (own_lat - lat) * 111.2);
        }
    }

    /// Spreads the inhabitants of each municipality over a few villages or quarters and thinly between them.
    fn settle(&mut self, seed: u64) {
        let mut rng = stream(seed, Purpose::Settlement);
        for town in self.towns.iter_mut().filter(|town| !town.patches.is_empty()) {
            let size = town.inhabitants / 12_000.0;
            let centres: Vec<_> = (0..(1.0 + size.sqrt() * 2.0).min(14.0) as u32)
                .map(|_| {
                    let middle = self.patches[town.patches[rng.random_range(0..town.patches.len())]].at;
                    (middle, between(&mut rng, 0.3, 1.0), between(&mut rng, 0.7, 1.3) * size.max(0.5).powf(0.22))
                })
                .collect();
            let pull = |at: (f64, f64)| {
                let near = |&((x, y), share, radius): &((f64, f64), f64, f64)| {
                    share * (-((at.0 - x).powi(2) + (at.1 - y).powi(2)) / (radius * radius)).exp()
                };
                0.03 + centres.iter().map(near).sum::<f64>()
            };
            let pulls: Vec<f64> = town.patches.iter().map(|&at| pull(self.patches[at].at)).collect();
            let mean = pulls.iter().sum::<f64>() / pulls.len() as f64;
            for (&at, pull) in town.patches.iter().zip(&pulls) {
                self.patches[at].density = town.density * pull / mean;
            }
            town.people = running(pulls);
        }
    }
}

fn town((area, from): (usize, &crate::SimArea)) -> Option<Town> {
    let fits = from.key.level() == AreaLevel::Municipality && from.inhabitants > 0 && from.area_km2 > 0.0;
    fits.then(|| Town {
        key: from.key,
        inhabitants: from.inhabitants as f64,
        density: from.inhabitants as f64 / from.area_km2,
        area,
        patches: Vec::new(),
        people: Vec::new(),
    })
}

/// Groups the cover, however compacted, by resolution-8 hexagon, in ascending order.
fn patches(region: &SimRegion, towns: &[Town]) -> Vec<Patch> {
    let number: BTreeMap<AreaKey, usize> = towns.iter().enumerate().map(|(at, town)| (town.key, at)).collect();
    let mut leaves: Vec<(CellIndex, usize)> = Vec::new();
    for (hex, key) in region.cover.pairs() {
        if let Some(&town) = number.get(&key) {
            leaves.extend(hex.children(Cover::RESOLUTION).map(|leaf| (leaf.as_h3(), town)));
        }
    }
    // The cover is a hash map: sorting takes its order out of the result. H3 indexes of siblings are neighbours.
    leaves.sort_unstable();
    let siblings = leaves.chunk_by(|(a, _), (b, _)| a.parent(Resolution::Eight) == b.parent(Resolution::Eight));
    siblings.filter_map(patch).collect()
}

fn patch(children: &[(CellIndex, usize)]) -> Option<Patch> {
    const CENTRE: u8 = 1;
    let &(_, town) = children.iter().find(|(child, _)| bit(*child) == CENTRE)?;
    let bits = |all: bool| {
        let counted = children.iter().filter(|(_, other)| all || *other == town);
        counted.fold(0, |mask, (child, _)| mask | bit(*child))
    };
    let hex = children.first()?.0.parent(Resolution::Eight)?;
    Some(Patch { hex, town, inside: bits(true), own: bits(false), at: (0.0, 0.0), density: 0.0 })
}

/// The bit of the resolution-9 ancestor among its siblings.
fn bit(hex: CellIndex) -> u8 {
    hex.direction_at(Resolution::Nine).map_or(0, |digit| 1 << u8::from(digit))
}
