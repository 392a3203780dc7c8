//! What the gate takes away, and how long it takes: a simulated campaign week in memory, every network of it gated with the
//! threshold of the promise alone (k = 5) and with the one that also stands against an attacker's own devices (9), and with that as
//! if all of NRW were one municipality (9*): what the borders cost.
//!
//! By kind of network, the same in all of its layers: the share of ground that is published at a resolution or finer, of the
//! ground where somebody measured, and of where people live. The region tables know inhabitants by municipality; they are spread evenly over its hexagons.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    ops::Range,
    time::Duration,
};

use analytics::{GateInput, Ground, LeafBuilder, LeafVotes, Piece, RuleBook, build_layers};
use domain::{
    Access, AreaKey, Clock, Cover, CoverageEvidence, DevicePseudonym, Hex, Operator, Record, Resolution, SourceClass,
    SpeedEvidence, SystemClock, Window,
};
use jiff::tz::TimeZone;
use region::RegionTables;
use simulation::Simulation;

use crate::{Failure, campaign};

/// Thresholds, and whether pieces end at municipal borders.
const CASES: [(u32, bool); 3] = [(5, true), (9, true), (9, false)];
const AT_ONCE: u32 = 2_000;
const FINEST: usize = 10;
const COARSEST: usize = 4;

/// Shares of ground by the resolution at which it is published: 4 stands for larger pieces than hexagons.
type Shares = [f64; FINEST + 1];

/// Weights of a resolution-9 hexagon.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    people: f64,
    measured: bool,
}

/// Gates a week of so many devices with so many points each; of all operators, or of one where all do not fit into memory.
pub fn run(devices: u32, each: u32, only: Option<Operator>) -> Result<(), Failure> {
    let points = devices.checked_mul(each).ok_or("at most four billion points")?;
    let simulation = campaign::simulation_of(devices, points)?;
    let tables = RegionTables::read(&e2e::workspace().join("data/regions/nrw"))?;
    let cover = tables.cover();
    let people = people(&tables, &cover);
    let one: AreaKey = "05000000".parse()?;
    let borderless = Ground::new(Cover::new(cover.pairs().map(|(hex, _)| (hex, one))));
    let ground = Ground::new(cover);
    let rules = RuleBook::builtin();
    let mut builder = LeafBuilder::new(TimeZone::get("Europe/Berlin")?, &rules);
    let mut made = 0;
    for first in (0..devices).step_by(AT_ONCE as usize) {
        let last = (first + AT_ONCE).min(devices);
        let middle = first.midpoint(last);
        let (one, other) = std::thread::scope(|scope| {
            let one = scope.spawn(|| evidence(&simulation, first..middle, only));
            (evidence(&simulation, middle..last, only), one.join())
        });
        let other = other.map_err(|_| "the simulation panicked")?;
        for (tracks, tests) in [one?, other?] {
            made += tracks.iter().map(|track| track.track.points.len()).sum::<usize>();
            for track in &tracks {
                builder.add_coverage(track);
            }
            for test in &tests {
                builder.add_speed(test);
            }
        }
    }
    let whose = only.map_or_else(|| "all operators".to_owned(), |only| format!("operator {only}"));
    println!("the gate: {devices} devices, {made} coverage points of {whose}, all of NRW");

    let window: Window = "2026".parse()?;
    let mut found: BTreeMap<(String, String), (Shares, Shares, u32)> = BTreeMap::new();
    let mut took = [Duration::ZERO; CASES.len()];
    let (mut networks, mut private) = (0, 0);
    let is_asked = |access: Access| match access {
        Access::Fixed => true,
        Access::Mobile(operator) => only.is_none_or(|only| only == operator),
    };
    for leaf in builder.finish().filter(|leaf| is_asked(leaf.access)) {
        networks += 1;
        let mut weights = people.clone();
        for entry in leaf.votes.entries() {
            let nine = entry.key.hex.at_most(Resolution::Nine);
            if let Some(weight) = weights.get_mut(&nine) {
                weight.measured = true;
            }
        }
        for (took, (least, borders)) in took.iter_mut().zip(CASES) {
            let ground = if borders { &ground } else { &borderless };
            let (pieces, time, bytes) = gate(leaf.access, leaf.votes.clone(), ground, &window, least)?;
            let least = name(least, borders);
            let (seconds, entries) = (time.as_secs_f64(), leaf.votes.entries().len());
            println!("  {} with {least}: {entries} votes, {} pieces, {seconds:.1} s", leaf.access, pieces.len());
            *took += time;
            private += bytes;
            let (measured, inhabited) = published(&pieces, &weights);
            let kind = if leaf.access == Access::Fixed { "fixed" } else { "mobile" };
            let sums = found.entry((kind.to_owned(), least)).or_default();
            for (sum, share) in sums.0.iter_mut().zip(measured).chain(sums.1.iter_mut().zip(inhabited)) {
                *sum += share;
            }
            sums.2 += 1;
        }
    }
    for (what, pick) in [("of the measured ground", 0), ("of where people live", 1)] {
        println!("  share {what} published at a resolution or finer, %");
        println!("    network   k       10      9      8      7      6      5    any");
        for ((kind, least), (measured, inhabited, networks)) in &found {
            let shares = if pick == 0 { measured } else { inhabited };
            let mut line = format!("    {kind:<10}{least:<3}");
            for resolution in (COARSEST..=FINEST).rev() {
                let share: f64 = shares[resolution..].iter().sum::<f64>() / f64::from(*networks);
                write!(line, "{:>7.1}", share * 100.0)?;
            }
            println!("{line}");
        }
    }
    for (took, (least, borders)) in took.iter().zip(CASES) {
        let least = name(least, borders);
        println!("  {networks} networks gated with {least} in {:.1} s", took.as_secs_f64());
    }
    println!("  private parts: {:.1} MB a release", private as f64 / 1e6 / CASES.len() as f64);
    Ok(())
}

fn name(least: u32, borders: bool) -> String {
    format!("{least}{}", if borders { "" } else { "*" })
}

type Evidence = (Vec<CoverageEvidence>, Vec<SpeedEvidence>);

fn evidence(simulation: &Simulation, devices: Range<u32>, only: Option<Operator>) -> Result<Evidence, Failure> {
    let (mut tracks, mut tests) = (Vec::new(), Vec::new());
    for number in devices {
        let mut pseudonym = [0x5A; 16];
        pseudonym[..8].copy_from_slice(&u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        let (device, source) = (DevicePseudonym::from_bytes(pseudonym), SourceClass::Simulated);
        for item in &simulation.batch(number).items {
            match Record::try_from(item).map_err(|refusal| refusal.detail)? {
                Record::CoverageTrack(mut track) => {
                    track.points.retain(|point| only.is_none_or(|only| only == point.operator));
                    tracks.push(CoverageEvidence { device, source, track });
                }
                Record::SpeedTest(test) => tests.push(SpeedEvidence { device, source, test }),
                Record::DeadSpotReport(_) => {}
            }
        }
    }
    Ok((tracks, tests))
}

fn gate(
    access: Access,
    votes: LeafVotes,
    ground: &Ground,
    window: &Window,
    min_devices: u32,
) -> Result<(Vec<Piece>, Duration, usize), Failure> {
    let clock = SystemClock::default();
    let start = clock.monotonic();
    let gated = build_layers(GateInput {
        access,
        source: SourceClass::Simulated,
        min_devices,
        window,
        leaves: vec![votes],
        ground,
        district_level: true,
        previous: None,
    })?;
    let took = clock.monotonic().saturating_sub(start);
    let pieces = gated.layers.into_iter().next().map(|layer| layer.pieces).unwrap_or_default();
    Ok((pieces, took, gated.private.len()))
}

/// Each resolution-9 hexagon with its share of the people of its municipality.
fn people(tables: &RegionTables, cover: &Cover) -> HashMap<Hex, Weight> {
    let mut hexes: HashMap<AreaKey, Vec<Hex>> = HashMap::new();
    for (hex, key) in cover.pairs() {
        hexes.entry(key).or_default().extend(hex.children(Cover::RESOLUTION));
    }
    let mut weights = HashMap::new();
    for (key, hexes) in hexes {
        let all = tables.area(key).and_then(|area| area.inhabitants).unwrap_or_default() as f64;
        let people = all / hexes.len() as f64;
        weights.extend(hexes.into_iter().map(|hex| (hex, Weight { people, measured: false })));
    }
    weights
}

/// Shares of measured ground and of people by the resolution of the piece that they are in.
fn published(pieces: &[Piece], weights: &HashMap<Hex, Weight>) -> (Shares, Shares) {
    let (mut ground, mut people) = (Shares::default(), Shares::default());
    for piece in pieces.iter().filter(|piece| piece.summary.devices > 0) {
        let at = usize::from(piece.resolution);
        for &hex in &piece.hexes {
            let (nines, part): (Vec<Hex>, f64) = match hex.parent(Cover::RESOLUTION) {
                Some(nine) if nine != hex => (vec![nine], 1.0 / 7.0),
                _ => (hex.children(Cover::RESOLUTION).collect(), 1.0),
            };
            for weight in nines.iter().filter_map(|nine| weights.get(nine)) {
                people[at] += weight.people * part;
                ground[at] += if weight.measured { part } else { 0.0 };
            }
        }
    }
    let all: f64 = weights.values().map(|weight| weight.people).sum();
    let measured = weights.values().filter(|weight| weight.measured).count() as f64;
    (ground.map(|sum| sum / measured.max(1.0)), people.map(|sum| sum / all))
}
