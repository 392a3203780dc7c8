//! What a real client promises, the simulated one keeps.

use std::collections::HashSet;

use domain::{DeviceSecret, Hex, Record, Resolution};
use proptest::prelude::*;
use simulation::{SimConfig, SimRegion, Simulation, SimulationError, Truth};

use crate::support::{config, records, region, simulation, start};

fn bytes(simulation: &Simulation, device: u32) -> Vec<u8> {
    serde_json::to_vec(&simulation.batch(device)).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes_in_any_order() {
    let (one, two) = (simulation(50), simulation(50));
    let forwards: Vec<_> = (0..50).map(|device| bytes(&one, device)).collect();
    let mut backwards: Vec<_> = (0..50).rev().map(|device| bytes(&two, device)).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
    assert_eq!(one.truth(), two.truth());
}

#[test]
fn another_seed_gives_another_truth_and_other_people() {
    let other = Simulation::new(&region(), SimConfig { seed: 8, ..config(50) }).unwrap();
    let first = simulation(50);
    assert_ne!(bytes(&first, 0), bytes(&other, 0));
    assert_ne!(first.truth(), other.truth());
}

#[test]
fn the_truth_survives_being_written_and_read() {
    let simulation = simulation(1);
    let text = serde_json::to_string(simulation.truth()).unwrap();
    assert!(text.contains(r#""simulated":true"#), "a reader of the file must see that it is simulated");
    let read: Truth = serde_json::from_str(&text).unwrap();
    assert_eq!(&read, simulation.truth());
    let cut = text.replacen(r#""seed":7"#, r#""schema":"other""#, 1);
    assert!(serde_json::from_str::<Truth>(&cut).is_err());
}

#[test]
fn no_item_id_and_no_device_secret_occurs_twice() {
    let simulation = simulation(1_500);
    let (mut ids, mut secrets) = (HashSet::new(), HashSet::new());
    for batch in simulation.batches() {
        assert!(secrets.insert(batch.device_secret.clone()));
        assert!(batch.device_secret.parse::<DeviceSecret>().is_ok());
        assert!(!batch.items.is_empty(), "a batch without items is noise");
        assert!(batch.items.iter().all(|item| ids.insert(item.uuid())));
    }
}

#[test]
fn every_position_lies_in_the_region_and_every_time_in_the_campaign() {
    let (region, simulation) = (region(), simulation(600));
    let first = start();
    let end = first + jiff::SignedDuration::from_hours(8 * 24);
    for batch in simulation.batches() {
        let mut latest = first;
        for record in records(&batch) {
            assert!(record.hexes().all(|hex| region.cover.contains(hex)), "a hexagon outside would be rejected");
            let times: Vec<_> = match &record {
                Record::SpeedTest(test) => vec![test.at],
                Record::CoverageTrack(track) => track.points.iter().map(|point| point.hour.start()).collect(),
                Record::DeadSpotReport(report) => vec![report.at],
            };
            assert!(times.iter().all(|at| (first..end).contains(at)), "{times:?}");
            latest = latest.max(times.into_iter().max().unwrap());
        }
        assert!(latest <= batch.sent_at && batch.sent_at < end, "sent after it was measured, while the campaign runs");
        assert_eq!(batch.campaign.as_ref(), Some(&simulation.config().campaign));
        assert_eq!(batch.client.name, Simulation::CLIENT);
    }
}

#[test]
fn tracks_are_connected_and_their_ends_coarse() {
    let simulation = simulation(600);
    let (mut fine, mut all) = (0, 0);
    for batch in simulation.batches() {
        for record in records(&batch) {
            let Record::CoverageTrack(track) = record else { continue };
            let hexes: Vec<Hex> = track.points.iter().map(|point| point.hex).collect();
            let coarse = |hex: &&Hex| hex.resolution() == Resolution::Eight;
            // 300 m are three hexagons of resolution 10 and a bit: the fourth is the first that may be exact.
            assert!(hexes.iter().take(4).all(|hex| coarse(&hex)), "the first 300 m say where somebody lives");
            assert!(hexes.iter().rev().take(4).all(|hex| coarse(&hex)), "the last 300 m say where somebody goes");
            for pair in hexes.windows(2) {
                let connected = match (pair[0].resolution(), pair[1].resolution()) {
                    (Resolution::Ten, Resolution::Ten) | (Resolution::Eight, Resolution::Eight) => {
                        pair[0].as_h3().grid_distance(pair[1].as_h3()).unwrap() <= 1
                    }
                    _ => {
                        pair[0]
                            .at_most(Hex::COARSEST)
                            .as_h3()
                            .grid_distance(pair[1].at_most(Hex::COARSEST).as_h3())
                            .unwrap()
                            <= 1
                    }
                };
                assert!(connected, "{pair:?}");
            }
            all += hexes.len();
            fine += hexes.iter().filter(|hex| hex.resolution() == Resolution::Ten).count();
        }
    }
    println!("points at resolution 10: {fine} of {all}");
    assert!(fine * 2 > all, "coarse ends shall not be most of a campaign");
}

#[test]
fn a_region_without_people_is_refused_with_what_to_do() {
    let error = Simulation::new(&SimRegion::default(), config(10)).unwrap_err();
    assert_eq!(error, SimulationError::EmptyRegion);
    assert!(error.to_string().contains("whitespot region build"));
    let none = Simulation::new(&region(), SimConfig { days: 0, ..config(10) }).unwrap_err();
    assert_eq!(none, SimulationError::NoCampaign);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_item_of_every_campaign_is_valid(seed: u64, devices in 1_u32..40, per_device in 0_u32..400, days in 1_u16..15) {
        let config = SimConfig { seed, days, target_points: devices * per_device, ..config(devices) };
        let simulation = Simulation::new(&region(), config).unwrap();
        for batch in simulation.batches() {
            prop_assert!(!records(&batch).is_empty());
            prop_assert!(batch.items.len() <= domain::wire::v1::MAX_ITEMS);
        }
    }
}
