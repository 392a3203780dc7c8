//! What is public of the releases of a network, all layers of it, beside the looks that each number was made from.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use analytics::{GateInput, Gated, LayerRelease, LeafVotes, PieceKind, UnitSummary, build_layers};
use domain::{
    Access, AreaKey, AreaLevel, Cover, Generation, Hex, Layer, Resolution, SourceClass, Technology, TechnologyView,
    Window,
};

use super::solver::{Group, System};

/// Figures of a unit, each with its own devices. The first is what every look counts in that its layer judges.
pub const FIGURES: [fn(&Unit) -> bool; 10] = [
    |_| true,
    |unit| unit.tells_signal(Generation::Fourth),
    |unit| unit.tells_signal(Generation::Fifth),
    |unit| unit.summary.download_mbps.is_some(),
    |unit| unit.summary.upload_mbps.is_some(),
    |unit| unit.summary.idle_latency_ms.is_some(),
    |unit| unit.summary.loaded_latency_ms.is_some(),
    |unit| unit.summary.below.is_some_and(|below| below.download.is_some()),
    |unit| unit.summary.below.is_some_and(|below| below.upload.is_some()),
    |unit| unit.summary.below.is_some_and(|below| below.latency.is_some()),
];

/// Something that one device saw at one place.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub device: u32,
    pub hex: Hex,
    /// Of a phone.
    pub technology: Option<Technology>,
    /// Which of the figures it counts in, a bit for each.
    pub figures: u16,
}

/// One statement: the ground, the numbers, and the looks behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    pub layer: Layer,
    pub ground: Ground,
    pub kind: PieceKind,
    pub resolution: u8,
    pub summary: UnitSummary,
    pub looks: Vec<usize>,
}

impl Unit {
    fn tells_signal(&self, generation: Generation) -> bool {
        self.summary.signal_dbm.is_some() && self.layer.view().and_then(TechnologyView::signal) == Some(generation)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Ground {
    Hexes(Vec<Hex>),
    Area(AreaKey),
}

/// A release as the attacker sees it, and as it came about.
#[derive(Clone, Debug)]
pub struct Public {
    pub units: Vec<Unit>,
    pub private: Vec<u8>,
}

type Votes<'a> = Box<dyn Fn(&[usize]) -> LeafVotes + 'a>;

/// Everything that was ever seen, and the ground.
pub struct World<'a> {
    pub looks: Vec<Seen>,
    /// Votes of these looks.
    pub votes: Votes<'a>,
    pub cover: &'a Cover,
    pub access: Access,
    pub min_devices: u32,
}

impl World<'_> {
    /// The next release, of the looks that are `present`, judged against the one before.
    pub fn publish(&self, present: &[usize], before: Option<&Public>) -> Public {
        let release = self.gate(present, before.map(|before| &before.private[..]));
        let units = release.layers.iter().flat_map(|layer| self.public(present, layer, before));
        Public { units: units.collect(), private: release.private.clone() }
    }

    pub fn gate(&self, present: &[usize], previous: Option<&[u8]>) -> Gated {
        build_layers(GateInput {
            access: self.access,
            source: SourceClass::Crowd,
            min_devices: self.min_devices,
            window: &Window::Year(2026),
            leaves: vec![(self.votes)(present)],
            ground: &analytics::Ground::new(self.cover.clone()),
            district_level: true,
            previous,
        })
        .unwrap()
    }

    /// Puts the looks beside the numbers, and holds both against each other.
    pub fn public(&self, present: &[usize], release: &LayerRelease, before: Option<&Public>) -> Vec<Unit> {
        let layer = release.layer;
        let pieces = release.pieces.iter().filter(|piece| piece.summary.devices > 0);
        let pieces: Vec<_> = pieces
            .map(|piece| (Ground::Hexes(piece.hexes.clone()), piece.kind, piece.resolution, &piece.summary))
            .collect();
        let mut held = self.held(present, &pieces);
        let areas = release.areas.iter().map(|area| {
            let level = area.key.level();
            let inside = present.iter().copied().filter(|&look| self.area(look, level) == area.key);
            held.push(inside.collect());
            (Ground::Area(area.key), PieceKind::Remainder, 4, &area.summary)
        });
        let areas: Vec<_> = areas.collect();
        let units = pieces.into_iter().chain(areas).zip(held).map(|((ground, kind, resolution, summary), looks)| {
            let same = |old: &&Unit| (old.layer, &old.ground, &old.summary) == (layer, &ground, summary);
            // Numbers that are not of today are of the release before.
            let looks = match before.and_then(|before| before.units.iter().find(same)) {
                Some(old) => old.looks.clone(),
                None => looks.into_iter().filter(|&look| self.is_judged(look, layer)).collect(),
            };
            assert_eq!(self.devices(&looks).len(), summary.devices as usize, "{ground:?} is not what is said of it");
            Unit { layer, ground, kind, resolution, summary: summary.clone(), looks }
        });
        units.collect()
    }

    fn is_judged(&self, look: usize, layer: Layer) -> bool {
        layer.view().is_none_or(|view| view.verdict(self.looks[look].technology, None).is_some())
    }

    /// The gate switched off: every hexagon in which anybody measured, and every total.
    pub fn every_hexagon(&self, present: &[usize]) -> Public {
        let mut hexes: BTreeMap<Hex, Vec<usize>> = BTreeMap::new();
        for &look in present {
            hexes.entry(self.looks[look].hex).or_default().push(look);
        }
        let mut units: Vec<Unit> =
            hexes.into_iter().map(|(hex, looks)| self.naive(Ground::Hexes(vec![hex]), PieceKind::Hex, looks)).collect();
        units.extend(self.every_total(present));
        Public { units, private: Vec::new() }
    }

    /// Totals of all areas with anybody in them.
    pub fn every_total(&self, present: &[usize]) -> Vec<Unit> {
        let mut totals: BTreeMap<AreaKey, Vec<usize>> = BTreeMap::new();
        for &look in present {
            for &level in AreaLevel::ALL {
                totals.entry(self.area(look, level)).or_default().push(look);
            }
        }
        totals.into_iter().map(|(key, looks)| self.naive(Ground::Area(key), PieceKind::Remainder, looks)).collect()
    }

    /// A statement about these looks that no gate has seen; its numbers do not matter.
    fn naive(&self, ground: Ground, kind: PieceKind, looks: Vec<usize>) -> Unit {
        let layer = self.access.layers(SourceClass::Crowd)[0];
        Unit { layer, ground, kind, resolution: 10, summary: UnitSummary::not_measured(), looks }
    }

    pub fn devices(&self, looks: &[usize]) -> BTreeSet<u32> {
        looks.iter().map(|&look| self.looks[look].device).collect()
    }

    pub fn area(&self, look: usize, level: AreaLevel) -> AreaKey {
        let municipality = self.cover.municipality(self.looks[look].hex).unwrap();
        match level {
            AreaLevel::Municipality => municipality,
            AreaLevel::District => municipality.district().unwrap(),
            AreaLevel::State => municipality.state(),
        }
    }

    /// Looks of each piece. A look known only coarsely is in the piece that holds all of its hexagon that lies in its
    /// municipality, or else in the remainder there.
    fn held(&self, present: &[usize], pieces: &[(Ground, PieceKind, u8, &UnitSummary)]) -> Vec<Vec<usize>> {
        let mut at: HashMap<Hex, usize> = HashMap::new();
        for (number, (ground, ..)) in pieces.iter().enumerate() {
            if let Ground::Hexes(hexes) = ground {
                at.extend(hexes.iter().map(|&hex| (hex, number)));
            }
        }
        let holder = |hex: Hex| {
            let resolutions = [10, 9, 8, 7, 6, 5].map(|r| Resolution::try_from(r).unwrap());
            resolutions.iter().filter_map(|&r| hex.parent(r)).find_map(|outer| at.get(&outer).copied())
        };
        let mut places: BTreeMap<Hex, Option<usize>> = BTreeMap::new();
        let mut held = vec![Vec::new(); pieces.len()];
        for &look in present {
            let hex = self.looks[look].hex;
            let place = *places.entry(hex).or_insert_with(|| {
                holder(hex).or_else(|| {
                    let home = self.cover.municipality(hex);
                    let parts = hex.children(Resolution::Ten).filter(|&part| self.cover.municipality(part) == home);
                    let holders: BTreeSet<usize> = parts.filter_map(holder).collect();
                    let own = u8::from(hex.resolution());
                    match holders.len() {
                        1 => holders.first().copied(),
                        _ => holders.into_iter().find(|&n| (pieces[n].1, pieces[n].2) == (PieceKind::Remainder, own)),
                    }
                })
            });
            if let Some(number) = place {
                held[number].push(look);
            }
        }
        held
    }

    /// Whom an attacker with all layers of these releases and k - 1 devices of his own isolates, by any figure.
    pub fn attack(&self, releases: &[&Public], most: usize) -> Option<Group> {
        FIGURES.iter().enumerate().find_map(|(figure, said)| {
            let mut system = System::new(self.looks.iter().map(|look| look.device).collect());
            let counts = |&&look: &&usize| self.looks[look].figures >> figure & 1 == 1;
            let units = releases.iter().flat_map(|release| &release.units).filter(|unit| said(unit));
            // Layers say the same of the same looks.
            let statements: BTreeSet<Vec<usize>> =
                units.map(|unit| unit.looks.iter().filter(counts).copied().collect()).collect();
            for looks in &statements {
                system.state(looks);
            }
            system.isolate(most)
        })
    }
}
