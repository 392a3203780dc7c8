//! A country made for the tests: two towns and the land around them.

use domain::{
    CampaignId, Cover, Hex, Record, Resolution,
    wire::v1::{Batch, Item, read_item},
};
use jiff::Timestamp;
use simulation::{SimArea, SimConfig, SimRegion, Simulation};

/// 169 municipalities of one resolution-6 hexagon each (about 37 km²) around 51° N 7° E. Two of them are cores of
/// towns; the number of inhabitants falls with the distance from the nearer core.
pub fn region() -> SimRegion {
    let middle = Hex::from_degrees(51.0, 7.0, Resolution::Six).unwrap().as_h3();
    let mut hexes: Vec<_> = middle.grid_disk::<Vec<_>>(7);
    hexes.sort_unstable();
    let cores = [hexes[40], hexes[120]];
    let mut areas = Vec::new();
    let mut pairs = Vec::new();
    for (n, hex) in hexes.iter().enumerate() {
        let key = format!("05{:06}", 100_000 + n).parse().unwrap();
        let distance = cores.iter().map(|core| core.grid_distance(*hex).unwrap()).min().unwrap();
        let density = 90.0 + 2_400.0 * (-f64::from(distance).powi(2) / 5.0).exp() + f64::from(distance % 3) * 40.0;
        let area_km2 = hex.area_km2();
        let inhabitants = (density * area_km2) as i64;
        areas.push(SimArea { key, name: format!("Musterstadt {n}"), inhabitants, area_km2, supply: None });
        // Half of the cover comes compacted, half as leaves, as region files may hold both.
        if n % 2 == 0 {
            pairs.push((Hex::from_h3(*hex), key));
        } else {
            pairs.extend(hex.children(Cover::RESOLUTION).map(|leaf| (Hex::from_h3(leaf), key)));
        }
    }
    SimRegion { areas, cover: Cover::new(pairs) }
}

pub fn campaign() -> CampaignId {
    "messwoche-test".parse().unwrap()
}

/// 00:00 CEST on the first day.
pub fn start() -> Timestamp {
    "2026-05-22T22:00:00Z".parse().unwrap()
}

pub fn config(devices: u32) -> SimConfig {
    let week = SimConfig::week(7, campaign(), start());
    SimConfig { devices, target_points: devices * 28, ..week }
}

pub fn simulation(devices: u32) -> Simulation {
    Simulation::new(&region(), config(devices)).unwrap()
}

/// Every item through the same door as the server's.
pub fn records(batch: &Batch) -> Vec<Record> {
    let read = |item: &Item| {
        let raw = serde_json::value::to_raw_value(item).unwrap();
        read_item(&raw).map_or_else(|refusal| panic!("{refusal:?} for {item:?}"), |(record, ..)| record)
    };
    batch.items.iter().map(read).collect()
}
