//! Prints the size of a whole simulated week on an invented country of 817 municipalities:
//! `time cargo run --release -p simulation --example figures`.
#![expect(clippy::unwrap_used, reason = "an example on invented data")]

use domain::{Cover, Hex, Resolution, wire::v1::Item};
use simulation::{SimArea, SimConfig, SimRegion, Simulation};

fn main() {
    let middle = Hex::from_degrees(51.0, 7.0, Resolution::Six).unwrap().as_h3();
    let mut hexes: Vec<_> = middle.grid_disk::<Vec<_>>(16);
    hexes.sort_unstable();
    let key = |n: usize| format!("05{n:06}").parse().unwrap();
    let area = |(n, hex): (usize, &h3o::CellIndex)| SimArea {
        key: key(n),
        name: format!("Musterstadt {n}"),
        inhabitants: (hex.area_km2() * (120.0 + 3_000.0 / (1.0 + (n % 40) as f64))) as i64,
        area_km2: hex.area_km2(),
        supply: None,
    };
    let areas = hexes.iter().enumerate().map(area).collect();
    let cover = Cover::new(hexes.iter().enumerate().map(|(n, &hex)| (Hex::from_h3(hex), key(n))));
    let week = SimConfig::week(1, "figures".parse().unwrap(), "2026-05-22T22:00:00Z".parse().unwrap());
    let simulation = Simulation::new(&SimRegion { areas, cover }, week).unwrap();
    let (mut points, mut tests, mut reports) = (0, 0, 0);
    for item in simulation.batches().flat_map(|batch| batch.items) {
        match item {
            Item::CoverageTrack(track) => points += track.hex.len(),
            Item::SpeedTest(_) => tests += 1,
            Item::DeadSpotReport(_) => reports += 1,
        }
    }
    let patches = simulation.truth().hexes().len();
    println!(
        "{} devices, {points} points, {tests} speed tests, {reports} reports on {patches} hexagons of resolution 8",
        simulation.devices()
    );
}
