//! A simulated campaign in one district stands the same attack as hand-made data (`analytics/tests/attack`). It is here
//! because `analytics` must not know the simulation.
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

#[path = "../../analytics/tests/attack/outputs.rs"]
#[allow(dead_code, reason = "the other test uses the rest")]
mod outputs;
#[path = "../../analytics/tests/attack/solver.rs"]
mod solver;

use std::collections::{BTreeSet, HashMap};

use analytics::{
    Leaf, LeafBuilder, LeafVotes, RuleBook,
    votes::{Entry, Figures},
};
use domain::{
    Access, AreaLevel, Cover, CoverageEvidence, DevicePseudonym, Generation, Record, SourceClass, SpeedEvidence,
    Technology,
};
use jiff::tz::TimeZone;
use outputs::{Public, Seen, World};
use region::RegionTables;
use simulation::{SimArea, SimConfig, SimRegion, Simulation};

/// Städteregion Aachen: ten municipalities.
const DISTRICT: &str = "05334";
const DEVICES: u32 = 800;
/// An attacker owns four of the nine devices that everything rests on.
const MOST: usize = 8;

fn district() -> SimRegion {
    let tables = RegionTables::read(&e2e::workspace().join("data/regions/nrw")).unwrap();
    let inside = |key: &str| key.starts_with(DISTRICT);
    let areas = tables.areas().filter(|area| area.level() == AreaLevel::Municipality && inside(area.key.as_str()));
    let area = |area: &region::Area| SimArea {
        key: area.key,
        name: area.name.clone(),
        inhabitants: area.inhabitants.and_then(|n| i64::try_from(n).ok()).unwrap_or(0),
        area_km2: area.area_km2,
        supply: None,
    };
    let cover = Cover::new(tables.cover().pairs().filter(|(_, key)| inside(key.as_str())));
    SimRegion { areas: areas.map(area).collect(), cover }
}

/// All leaves of the campaign, and the number of each device.
fn campaign(ground: &SimRegion) -> (Vec<Leaf>, HashMap<DevicePseudonym, u32>) {
    let start = "2026-05-29T22:00:00Z".parse().unwrap();
    let week = SimConfig::week(2026, "messwoche".parse().unwrap(), start);
    let config = SimConfig { devices: DEVICES, target_points: 60 * DEVICES, ..week };
    let simulation = Simulation::new(ground, config).unwrap();
    let rules = RuleBook::builtin();
    let mut builder = LeafBuilder::new(TimeZone::UTC, &rules);
    let mut numbers = HashMap::new();
    for number in 0..DEVICES {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        let (device, source) = (DevicePseudonym::from_bytes(bytes), SourceClass::Simulated);
        numbers.insert(device, number);
        for item in &simulation.batch(number).items {
            match Record::try_from(item).unwrap() {
                Record::CoverageTrack(track) => builder.add_coverage(&CoverageEvidence { device, source, track }),
                Record::SpeedTest(test) => builder.add_speed(&SpeedEvidence { device, source, test }),
                Record::DeadSpotReport(_) => {}
            }
        }
    }
    (builder.finish().collect(), numbers)
}

/// Bits in the order of `outputs::FIGURES`.
fn figures(entry: &Entry) -> u16 {
    let bit = |at: usize, holds: bool| u16::from(holds) << at;
    let generation = entry.key.seen.technology.map(Technology::generation);
    match &entry.figures {
        Figures::Mobile(signal) => {
            let is_of = |wanted: Generation| !signal.is_empty() && generation == Some(wanted);
            1 | bit(1, is_of(Generation::Fourth)) | bit(2, is_of(Generation::Fifth))
        }
        Figures::Fixed(fixed) => {
            let values = fixed.values.iter().enumerate().map(|(at, values)| bit(3 + at, !values.is_empty()));
            let counts = fixed.counts.iter().enumerate().map(|(at, count)| bit(7 + at, count.judged > 0));
            values.chain(counts).fold(1, |bits, bit| bits | bit)
        }
    }
}

#[test]
fn three_releases_of_a_simulated_campaign_isolate_nobody() {
    let ground = district();
    let (leaves, numbers) = campaign(&ground);
    let (mut layers, mut pieces, mut older) = (BTreeSet::new(), 0, 0);
    let is_tried = |leaf: &&Leaf| leaf.access == Access::Fixed || leaf.access.to_string() == "mobile-26201";
    for leaf in leaves.iter().filter(is_tried) {
        let entries = leaf.votes.entries();
        let device = |look: &usize| numbers[&entries[*look].key.device];
        let world = World {
            looks: entries
                .iter()
                .map(|entry| Seen {
                    device: numbers[&entry.key.device],
                    hex: entry.key.hex,
                    technology: entry.key.seen.technology,
                    figures: figures(entry),
                })
                .collect(),
            votes: Box::new(|present| LeafVotes::from_entries(present.iter().map(|&at| entries[at].clone()).collect())),
            cover: &ground.cover,
            access: leaf.access,
            min_devices: SourceClass::Simulated.min_devices(),
        };
        let mut before: Option<Public> = None;
        for share in [DEVICES * 3 / 4, DEVICES * 9 / 10, DEVICES] {
            let present: Vec<usize> = (0..entries.len()).filter(|look| device(look) < share).collect();
            let next = world.publish(&present, before.as_ref());
            let both: Vec<&Public> = before.iter().chain([&next]).collect();
            assert_eq!(world.attack(&both, MOST), None, "{}", leaf.access);
            pieces += next.units.len();
            layers.extend(next.units.iter().map(|unit| unit.layer));
            older += before.iter().flat_map(|before| &before.units).filter(|unit| next.units.contains(unit)).count();
            before = Some(next);
        }
        // The same data without a memory of the release before, and without any gate.
        let all: Vec<usize> = (0..entries.len()).collect();
        let last = before.unwrap();
        assert!(world.attack(&[&last, &world.publish(&all[..all.len() - 1], None)], MOST).is_some(), "{}", leaf.access);
        assert!(world.attack(&[&world.every_hexagon(&all)], MOST).is_some(), "{}", leaf.access);
    }
    assert!(layers.len() == 4 && pieces > 400, "{layers:?} with {pieces} pieces and totals prove little");
    assert!(older > 20, "only {older} numbers had to wait: the releases are too far apart to prove anything");
}
