//! Single pieces in memory, each beside the cost of reading its input. Medians of five.

use std::hint::black_box;

use analytics::{GateInput, Ground, LeafBuilder, LeafVotes, RuleBook, build_layers};
use domain::{
    Access, AreaKey, Clock, Cover, CoverageEvidence, CoveragePoint, CoverageTrack, DevicePseudonym, Hex, HourStamp,
    ItemId, Operator, SourceClass, SystemClock, Technology, Window,
};
use jiff::tz::TimeZone;

const POINTS: usize = 1_000_000;
const DEVICES: usize = 36_000;

fn median_ns(points: usize, mut run: impl FnMut()) -> f64 {
    let clock = SystemClock::default();
    let mut times: Vec<f64> = (0..5)
        .map(|_| {
            let start = clock.monotonic();
            run();
            clock.monotonic().saturating_sub(start).as_nanos() as f64 / points as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[2]
}

fn line(name: &str, ns: f64, limit: f64) {
    println!("  {name:<44}{ns:>9.1} ns a point {:>8.1} x the limit", ns / limit);
}

/// Positions in a square of 100 km around Essen, from a fixed recurrence: the same on every machine.
fn positions() -> Vec<(f64, f64)> {
    let mut state = 42_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..POINTS).map(|_| (51.0 + next(), 6.5 + 1.5 * next())).collect()
}

fn tracks(hexes: &[Hex], operator: Operator) -> Vec<CoverageEvidence> {
    let hour = HourStamp::from_hours(494_300).unwrap_or(HourStamp::MAX);
    let point = |&hex: &Hex| CoveragePoint {
        hex,
        hour,
        operator,
        technology: Some(Technology::FourG),
        signal: domain::SignalDbm::from_dbm(-95).ok(),
        quality: None,
        sinr: None,
    };
    let track = |(device, hexes): (usize, &[Hex])| {
        let mut pseudonym = [0; 16];
        pseudonym[..8].copy_from_slice(&(device as u64).to_be_bytes());
        let points = hexes.iter().map(point).collect();
        CoverageEvidence {
            device: DevicePseudonym::from_bytes(pseudonym),
            source: SourceClass::Simulated,
            track: CoverageTrack { id: ItemId::random(), locked_to: None, points },
        }
    };
    hexes.chunks(POINTS / DEVICES).enumerate().map(track).collect()
}

/// A dirty block with so many pieces of evidence in one hexagon, all views, into its compact form.
fn rebuild(rules: &RuleBook, operator: Operator) {
    const PIECES: usize = 10_000;
    let Ok(hex) = Hex::from_degrees(51.45, 7.01, Hex::MOBILE) else { return };
    // Each point a piece of its own, 27 of a device.
    let split: Vec<CoverageEvidence> = tracks(&vec![hex; PIECES], operator)
        .into_iter()
        .flat_map(|CoverageEvidence { device, source, track: CoverageTrack { id, locked_to, points } }| {
            points.into_iter().map(move |point| CoverageEvidence {
                device,
                source,
                track: CoverageTrack { id, locked_to, points: vec![point] },
            })
        })
        .collect();
    let ns = median_ns(1, || {
        let mut builder = LeafBuilder::new(TimeZone::UTC, rules);
        for piece in &split {
            builder.add_coverage(piece);
        }
        black_box(builder.finish().map(|leaf| leaf.votes.encode().len()).sum::<usize>());
    });
    println!(
        "  {:<44}{:>9.1} ms in memory, 20 are allowed",
        format!("a dirty hexagon with {} pieces", split.len()),
        ns / 1e6
    );
}

/// Prints all of them.
pub fn run() {
    let positions = positions();
    println!("{POINTS} coverage points of {DEVICES} devices");
    let read = median_ns(POINTS, || {
        black_box(positions.iter().fold(0.0, |sum, (lat, lng)| sum + lat * lng));
    });
    line("limit: read two f64 columns", read, read);
    let mut hexes = Vec::new();
    let hexagons = median_ns(POINTS, || {
        hexes = positions.iter().filter_map(|&(lat, lng)| Hex::from_degrees(lat, lng, Hex::MOBILE).ok()).collect();
    });
    line("position to hexagon (h3o)", hexagons, read);

    let Ok(operator) = "26201".parse::<Operator>() else { return };
    let (rules, evidence) = (RuleBook::builtin(), tracks(&hexes, operator));
    let access = Access::Mobile(operator);
    let mut votes = LeafVotes::from_entries(Vec::new());
    let leaves = median_ns(POINTS, || {
        let mut builder = LeafBuilder::new(TimeZone::UTC, &rules);
        for track in &evidence {
            builder.add_coverage(track);
        }
        let found = builder.finish().into_iter().find(|leaf| leaf.access == access);
        votes = found.map_or_else(|| LeafVotes::from_entries(Vec::new()), |leaf| leaf.votes);
    });
    line("evidence to votes", leaves, read);
    rebuild(&rules, operator);
    let bytes = votes.encode();
    let codec = median_ns(POINTS, || {
        black_box(LeafVotes::decode(&bytes).is_ok());
    });
    line(&format!("decode votes ({:.1} bytes a point)", bytes.len() as f64 / POINTS as f64), codec, read);

    let Ok(area) = "05113000".parse::<AreaKey>() else { return };
    let mut around: Vec<Hex> = hexes.iter().map(|hex| hex.at_most(domain::Resolution::Five)).collect();
    around.sort_unstable();
    around.dedup();
    let ground = Ground::new(Cover::new(around.into_iter().map(|hex| (hex, area))));
    let Ok(window) = "2026".parse::<Window>() else { return };
    let mut pieces = 0;
    let gate = median_ns(POINTS, || {
        let input = GateInput {
            access,
            source: SourceClass::Simulated,
            min_devices: SourceClass::Simulated.min_devices(),
            window: &window,
            leaves: LeafVotes::decode(&bytes).into_iter().collect(),
            ground: &ground,
            district_level: true,
            previous: None,
        };
        let layers = build_layers(input).map_or_else(|_| Vec::new(), |gated| gated.layers);
        pieces = layers.iter().map(|layer| layer.pieces.len()).sum();
    });
    line(&format!("votes to a release of {pieces} pieces, all layers"), gate, read);
}
