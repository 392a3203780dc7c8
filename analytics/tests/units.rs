//! Every unit is counted from what each device did in it, and never from smaller units.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod common;

use std::collections::BTreeMap;

use analytics::{GateInput, Gathering, Ground, Hexagons, RuleBook, UnitSummary, build_layers};
use common::{Look, broadband, children, cover, mobile, network, region, votes};
use domain::{AreaLevel, CoverageEvidence, Hex, Resolution, SourceClass, TechnologyView, Window};
use jiff::tz::TimeZone;
use proptest::prelude::*;

const AREAS: &[&str] = &["05334002", "05334004", "05362008"];

/// What a unit's looks say, the slow way: mean over devices of the share of each one's looks without service.
#[derive(Debug, Default)]
struct Slowly {
    by_device: BTreeMap<u32, (u32, u32)>,
}

impl Slowly {
    fn add(&mut self, look: &Look) {
        let (dead, all) = self.by_device.entry(look.device).or_default();
        *dead += u32::from(look.technology.is_none());
        *all += 1;
    }

    /// `crowd`: no device counts for more attempts than all others together.
    fn assert_is(&self, unit: &UnitSummary, crowd: bool, name: &str) {
        let devices = self.by_device.len();
        let made = || self.by_device.values().map(|&(_, all)| u64::from(all));
        let (sum, most) = (made().sum::<u64>(), made().max().unwrap_or(0));
        let attempts = if crowd && devices > 1 { sum.min(2 * (sum - most)) } else { sum };
        assert_eq!((unit.devices as usize, unit.attempts), (devices, attempts), "{name}");
        let sum: f64 = self.by_device.values().map(|&(dead, all)| f64::from(dead) / f64::from(all)).sum();
        let share = unit.share.unwrap().value;
        assert!((share - sum / devices as f64).abs() < 2e-6, "{name}: {share}, slowly {}", sum / devices as f64);
    }
}

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let spots = children(region(), Resolution::Ten);
    // Clustered in some hexagons of some blocks, a few devices in many of them.
    let look = (0u32..25, 0usize..7, 0usize..40, 0u32..60, any::<bool>(), 0u8..8);
    let look = look.prop_map(move |(device, block, spot, hour, dead, coarse)| {
        let spot = spots[(block * 343 + spot * 3) % spots.len()];
        // The ends of tracks are known coarser.
        let hex = if coarse == 0 { spot.at_most(Resolution::Eight) } else { spot };
        Look { hour, ..if dead { Look::dead(device, hex) } else { Look::good(device, hex) } }
    });
    prop::collection::vec(look, 1..250)
}

fn hexagons(evidence: &[CoverageEvidence], resolution: Resolution) -> Hexagons {
    let rules = RuleBook::builtin();
    let mut gathering = Gathering::new(TimeZone::UTC, &rules);
    for evidence in evidence {
        gathering.add_coverage(evidence);
    }
    gathering.hexagons(mobile(TechnologyView::Broadband), resolution)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn hexagons_of_all_resolutions_are_what_a_slow_count_says(looks in looks()) {
        let evidence: Vec<CoverageEvidence> = looks.iter().map(Look::evidence).collect();
        for resolution in [Resolution::Five, Resolution::Six, Resolution::Seven, Resolution::Eight, Resolution::Nine, Resolution::Ten] {
            let mut slowly: BTreeMap<Hex, Slowly> = BTreeMap::new();
            let mut coarser = 0;
            for look in &looks {
                match look.hex.parent(resolution) {
                    Some(hex) => slowly.entry(hex).or_default().add(look),
                    None => coarser += 1,
                }
            }
            let found = hexagons(&evidence, resolution);
            prop_assert_eq!((found.hexagons.len(), found.coarser), (slowly.len(), coarser));
            for unit in &found.hexagons {
                slowly[&unit.hex].assert_is(&unit.summary, true, &format!("{} at {resolution}", unit.hex));
            }
        }
    }

    #[test]
    fn any_order_and_any_split_of_the_evidence_gives_the_same(looks in looks(), turn in 0usize..250, size in 1usize..20) {
        let evidence: Vec<CoverageEvidence> = looks.iter().map(Look::evidence).collect();
        let mut turned = evidence.clone();
        turned.rotate_left(turn % evidence.len());
        turned.reverse();
        // One track of a device holds what several held.
        let mut tracks: Vec<CoverageEvidence> = Vec::new();
        for piece in turned {
            match tracks.iter_mut().find(|track| track.device == piece.device && track.track.points.len() < size) {
                Some(track) => track.track.points.extend(piece.track.points),
                None => tracks.push(piece),
            }
        }
        for resolution in [Resolution::Five, Resolution::Eight] {
            prop_assert_eq!(hexagons(&tracks, resolution), hexagons(&evidence, resolution));
        }
    }

    #[test]
    fn totals_of_areas_are_what_a_slow_count_says(looks in looks()) {
        let (cover, window) = (cover(AREAS), Window::Year(2026));
        let input = GateInput {
            access: network(),
            // Of drive tests everything is published.
            source: SourceClass::Survey,
            min_devices: SourceClass::Survey.min_devices(),
            window: &window,
            leaves: vec![votes(&looks)],
            ground: &Ground::new(cover.clone()),
            district_level: true,
            previous: None,
        };
        let release = broadband(build_layers(input).unwrap());
        let mut published = 0;
        for level in AreaLevel::ALL {
            let mut slowly: BTreeMap<_, Slowly> = BTreeMap::new();
            for look in &looks {
                let municipality = cover.municipality(look.hex).unwrap();
                let area = match level {
                    AreaLevel::Municipality => municipality,
                    AreaLevel::District => municipality.district().unwrap(),
                    AreaLevel::State => municipality.state(),
                };
                slowly.entry(area).or_default().add(look);
            }
            for area in release.areas.iter().filter(|area| area.key.level() == *level) {
                slowly[&area.key].assert_is(&area.summary, false, &area.key.to_string());
                published += 1;
            }
        }
        prop_assert!(published > 0);
    }
}
