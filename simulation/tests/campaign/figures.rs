//! Volumes, shares and biases against the published figures (NRW, campaign weeks of 2023 to 2025).

use std::collections::{BTreeMap, BTreeSet};

use domain::{AreaKey, DayPart, Hex, Operator, Record, TechnologyView, record::Network};
use jiff::tz::TimeZone;

use crate::support::{records, region, simulation};

fn percent(share: f64) -> f64 {
    (share * 1_000.0).round() / 10.0
}

#[test]
fn area_shares_are_those_that_nrw_published() {
    let simulation = simulation(1);
    let truth = simulation.truth();
    let share = |view| truth.operators().map(move |op| percent(truth.area_share(op, view, None).unwrap()));
    let (four_g, five_g): (Vec<_>, Vec<_>) =
        (share(TechnologyView::FourG).collect(), share(TechnologyView::FiveG).collect());
    let any_four_g = percent(truth.area_share_of_any(TechnologyView::FourG, None).unwrap());
    let any_five_g = percent(truth.area_share_of_any(TechnologyView::FiveG, None).unwrap());
    println!("area with 4G {four_g:?} any {any_four_g}; 5G {five_g:?} any {any_five_g}");
    assert!(four_g.iter().all(|share| (90.5..=95.3).contains(share)));
    assert!(five_g.iter().all(|share| (65.8..=88.7).contains(share)));
    assert!((97.9..=98.5).contains(&any_four_g));
    assert!((93.2..=94.2).contains(&any_five_g));
    let served_by = |hex: &Hex| {
        truth
            .operators()
            .filter(|&op| truth.best_technology(op, *hex).unwrap().is_some_and(domain::Technology::is_broadband))
            .count()
    };
    let grey = truth.hexes().iter().filter(|hex| (1..4).contains(&served_by(hex))).count();
    let grey = percent(grey as f64 / truth.hexes().len() as f64);
    println!("some but not all operators with 4G: {grey}");
    assert!((8.0..=16.0).contains(&grey), "published: 12 %");
}

#[test]
fn few_people_means_worse_networks() {
    let (region, simulation) = (region(), simulation(1));
    let truth = simulation.truth();
    let mut areas: Vec<_> =
        region.areas.iter().map(|area| (area.inhabitants as f64 / area.area_km2, area.key)).collect();
    areas.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mean = |keys: &[(f64, AreaKey)], of: &dyn Fn(AreaKey) -> f64| {
        keys.iter().map(|&(_, key)| of(key)).sum::<f64>() / keys.len() as f64
    };
    let quarter = areas.len() / 4;
    let op: Operator = "26203".parse().unwrap();
    let broadband = |key| truth.area_share(op, TechnologyView::Broadband, Some(key)).unwrap();
    let below = |key| truth.fixed(key).unwrap().share_below_floor;
    let (rural, urban) = (&areas[..quarter], &areas[areas.len() - quarter..]);
    println!("4G area: rural {:.3} urban {:.3}", mean(rural, &broadband), mean(urban, &broadband));
    println!("lines below the floor: rural {:.3} urban {:.3}", mean(rural, &below), mean(urban, &below));
    assert!(mean(rural, &broadband) + 0.03 < mean(urban, &broadband));
    assert!(mean(rural, &below) > 1.5 * mean(urban, &below));
}

/// A quarter of a campaign week.
const DEVICES: u32 = 9_000;

#[test]
fn a_crowd_of_points_looks_like_a_campaign_week() {
    let simulation = simulation(DEVICES);
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let (mut points, mut broadband, mut second, mut none) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut parts = BTreeMap::<DayPart, u32>::new();
    let mut days = BTreeSet::new();
    let mut tracks_of = Vec::new();
    let mut reports = 0;
    for batch in simulation.batches() {
        let mut own = 0;
        for record in records(&batch) {
            let track = match record {
                Record::CoverageTrack(track) => track,
                Record::DeadSpotReport(_) => {
                    reports += 1;
                    continue;
                }
                Record::SpeedTest(_) => continue,
            };
            for point in &track.points {
                own += 1;
                match point.technology {
                    Some(technology) if technology.is_broadband() => broadband += 1,
                    Some(_) => second += 1,
                    None => none += 1,
                }
                *parts.entry(point.hour.day_part(&zone)).or_default() += 1;
                days.insert(point.hour.day());
            }
        }
        points += own;
        tracks_of.push(own);
    }
    let share = |n: u32| f64::from(n) / f64::from(points) * 100.0;
    println!("{points} points; 4G/5G {:.2} %, 2G {:.2} %, none {:.2} %", share(broadband), share(second), share(none));
    println!("day parts {parts:?}; reports {reports}");
    let target = f64::from(DEVICES) * 28.0;
    assert!((1.0..=1.1).contains(&(f64::from(points) / target)));
    assert!((94.0..=98.0).contains(&share(broadband)), "published: 94 to 98 %");
    assert!((1.0..=5.5).contains(&share(second)), "published: more than 1 to 5 %");
    assert!((0.4..=1.0).contains(&share(none)), "published: 0.7 %");
    assert!(DayPart::ALL.iter().all(|part| parts[part] > points / 25), "every part of the day is measured");
    assert!(days.len() >= 8);
    assert!(reports > 5);
    tracks_of.sort_unstable();
    let top: u32 = tracks_of.iter().rev().take(tracks_of.len() / 10).sum();
    println!("the most active tenth made {:.0} % of the points", share(top));
    assert!(share(top) > 35.0, "few do most of the work");
}

#[test]
fn contributors_do_not_represent_the_people() {
    let (region, simulation) = (region(), simulation(DEVICES));
    let density: BTreeMap<_, _> = region.areas.iter().map(|a| (a.key, a.inhabitants as f64 / a.area_km2)).collect();
    let people: i64 = region.areas.iter().map(|area| area.inhabitants).sum();
    let urban = |key: &AreaKey| density[key] > 1_000.0;
    let urban_people: i64 = region.areas.iter().filter(|a| urban(&a.key)).map(|a| a.inhabitants).sum();
    let mut devices = BTreeMap::<AreaKey, u32>::new();
    let mut points = BTreeMap::<AreaKey, u32>::new();
    for batch in simulation.batches() {
        let mut home = None;
        for record in records(&batch) {
            match record {
                Record::SpeedTest(test) if matches!(test.network, Network::Fixed { .. }) => {
                    assert_eq!(test.hex.resolution(), Hex::FIXED);
                    home = region.cover.municipality(test.hex);
                }
                Record::CoverageTrack(track) => {
                    let key = region.cover.municipality(track.points[0].hex).unwrap();
                    *points.entry(key).or_default() += track.points.len() as u32;
                }
                _ => {}
            }
        }
        if let Some(key) = home {
            *devices.entry(key).or_default() += 1;
        }
    }
    let share = |counts: &BTreeMap<AreaKey, u32>| {
        let all: u32 = counts.values().sum();
        f64::from(counts.iter().filter(|(key, _)| urban(key)).map(|(_, n)| n).sum::<u32>()) / f64::from(all)
    };
    let population = urban_people as f64 / people as f64;
    println!(
        "urban share: people {population:.3}, points {:.3}, fixed-line devices {:.3}",
        share(&points),
        share(&devices)
    );
    assert!(share(&points) > population + 0.02);

    let testers: u32 = devices.values().sum();
    println!("{testers} of {DEVICES} devices test their line, {:.2}", f64::from(testers) / f64::from(DEVICES));
    assert!((0.28..=0.45).contains(&(f64::from(testers) / f64::from(DEVICES))));
    let enough = region.areas.iter().filter(|a| devices.get(&a.key).is_some_and(|&n| n >= 5)).count();
    let per_head = |key: &AreaKey, people: i64| f64::from(points.get(key).copied().unwrap_or(0)) / people as f64;
    let mut heads: Vec<f64> = region.areas.iter().map(|a| per_head(&a.key, a.inhabitants)).collect();
    heads.sort_by(f64::total_cmp);
    let (poorest, middle) = (heads[heads.len() / 20], heads[heads.len() / 2]);
    println!(
        "{enough} of {} municipalities with five devices or more; points a head: 5 % quantile {poorest:.4}, median {middle:.4}",
        heads.len()
    );
    assert!(enough * 10 > heads.len() * 6);
    assert!(poorest < middle / 4.0, "some municipalities hardly take part");
}
