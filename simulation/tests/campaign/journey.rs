//! From the truth to what is sent: nothing better than what is there, and close to it on the whole.

use std::collections::BTreeMap;

use domain::{
    Operator, Record, Technology, TechnologyView,
    record::{FixedMedium, Network, TestOutcome},
};
use simulation::Simulation;

use crate::support::{config, records, region, simulation};

#[test]
fn no_point_and_no_test_shows_a_better_technology_than_there_is() {
    let simulation = simulation(1_500);
    let truth = simulation.truth();
    let mut checked = 0;
    for batch in simulation.batches() {
        for record in records(&batch) {
            let seen: Vec<_> = match record {
                Record::CoverageTrack(track) => {
                    track.points.iter().map(|p| (p.operator, p.hex, p.technology)).collect()
                }
                Record::SpeedTest(test) => match test.network {
                    Network::Mobile { operator, technology, .. } => vec![(operator, test.hex, technology)],
                    Network::Fixed { .. } => continue,
                },
                Record::DeadSpotReport(_) => continue,
            };
            for (operator, hex, technology) in seen {
                assert!(technology <= truth.best_technology(operator, hex).unwrap(), "{operator} {hex}");
                checked += 1;
            }
        }
    }
    assert!(checked > 30_000);
}

#[test]
fn most_devices_in_a_place_tell_whether_it_is_dead() {
    let simulation = simulation(6_000);
    let truth = simulation.truth();
    // One vote a device, hexagon and operator: the share of its looks without mobile broadband.
    let mut votes = BTreeMap::<(Operator, domain::Hex), Vec<f64>>::new();
    for batch in simulation.batches() {
        let mut looks = BTreeMap::<(Operator, domain::Hex), (u32, u32)>::new();
        for record in records(&batch) {
            let Record::CoverageTrack(track) = record else { continue };
            for point in track.points {
                let look = looks.entry((point.operator, point.hex.at_most(domain::Hex::COARSEST))).or_default();
                look.0 += u32::from(!point.technology.is_some_and(Technology::is_broadband));
                look.1 += 1;
            }
        }
        for (key, (poor, all)) in looks {
            votes.entry(key).or_default().push(f64::from(poor) / f64::from(all));
        }
    }
    let judged = votes.iter().filter(|(_, votes)| votes.len() >= 5);
    let (mut right, mut wrong, mut dead) = (0, 0, 0);
    for ((operator, hex), votes) in judged {
        let share = votes.iter().sum::<f64>() / votes.len() as f64;
        let truly_dead = !truth.best_technology(*operator, *hex).unwrap().is_some_and(Technology::is_broadband);
        dead += i32::from(truly_dead);
        if (share > 0.5) == truly_dead { right += 1 } else { wrong += 1 }
    }
    println!("places judged as they are: {right}, otherwise: {wrong}; truly dead: {dead}");
    assert!(dead >= 10);
    assert!(wrong * 100 <= right);
}

/// Share of wired tests below the floor against the truth, all municipalities together.
#[test]
fn wired_tests_find_the_true_share_of_bad_lines() {
    let region = region();
    let simulation = Simulation::new(&region, simulation::SimConfig { target_points: 0, ..config(20_000) }).unwrap();
    let truth = simulation.truth();
    let (mut expected, mut found, mut devices) = (0.0, 0.0, 0.0);
    for batch in simulation.batches() {
        for record in records(&batch).into_iter().take(1) {
            let Record::SpeedTest(test) = record else { continue };
            let (Network::Fixed { medium: FixedMedium::Lan, .. }, TestOutcome::Completed(result)) =
                (test.network, test.outcome)
            else {
                continue;
            };
            let home = region.cover.municipality(test.hex).unwrap();
            let below = result.download.unwrap().as_mbps_f64() < 15.0
                || result.upload.unwrap().as_mbps_f64() < 5.0
                || result.idle_latency.unwrap().as_millis_f64() > 150.0;
            expected += truth.fixed(home).unwrap().share_below_floor;
            found += f64::from(u8::from(below));
            devices += 1.0;
        }
    }
    let (expected, found) = (expected / devices, found / devices);
    println!("below the floor: truth {expected:.4}, wired tests {found:.4} of {devices} devices");
    assert!((found - expected).abs() < 0.012);
}

#[test]
fn supply_decides_how_good_the_lines_are_where_it_is_known() {
    let mut region = region();
    for (n, area) in region.areas.iter_mut().enumerate() {
        let good = n % 2 == 0;
        let share = if good { 0.99 } else { 0.6 };
        area.supply =
            Some(simulation::SimSupply { at_least_50: share, at_least_100: share - 0.1, at_least_1000: share / 2.0 });
    }
    let simulation = Simulation::new(&region, config(1)).unwrap();
    let truth = simulation.truth();
    let worst_good =
        region.areas.iter().step_by(2).map(|a| truth.fixed(a.key).unwrap().share_below_floor).fold(0.0, f64::max);
    let bad: Vec<f64> =
        region.areas.iter().skip(1).step_by(2).map(|a| truth.fixed(a.key).unwrap().share_below_floor).collect();
    let mean_bad = bad.iter().sum::<f64>() / bad.len() as f64;
    assert!(mean_bad > 0.1 && mean_bad > 2.0 * worst_good, "{mean_bad} {worst_good}");
    for area in &region.areas {
        let median = truth.fixed(area.key).unwrap().median_download_mbps;
        assert!((20.0..=1_000.0).contains(&median), "{median} {:?}", truth.fixed(area.key));
        assert!(truth.area_share("26201".parse().unwrap(), TechnologyView::TwoG, Some(area.key)).is_none());
    }
}
