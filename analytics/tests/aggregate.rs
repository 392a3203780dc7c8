//! One device, one voice: exact, order-independent, equal to a naive computation.
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests stop at the first surprise; compared figures are exact"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use analytics::{
    HexAccumulator, LeafBuilder, LeafVotes, RuleBook, Served, State, UnitSummary, aggregate::Judging, votes::Figures,
};
use common::{Line, Look, children, line_votes, mobile, network, region, votes};
use domain::{Access, DayPart, Hex, Layer, Resolution, SourceClass, Technology, TechnologyView, Window};
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn judging(layer: Layer) -> Judging {
    Judging::new(layer, SourceClass::Crowd, &Window::Year(2026))
}

/// Lines, or phones through the view `broadband`.
fn summary(votes: &LeafVotes) -> UnitSummary {
    let fixed = votes.entries().first().is_some_and(|entry| matches!(entry.figures, Figures::Fixed(_)));
    through(if fixed { Layer::Fixed } else { mobile(TechnologyView::Broadband) }, votes)
}

fn through(layer: Layer, votes: &LeafVotes) -> UnitSummary {
    let mut unit = HexAccumulator::new();
    for entry in votes.entries() {
        unit.add(entry);
    }
    unit.finish(&judging(layer))
}

fn leaf() -> Hex {
    children(region(), Resolution::Nine)[5]
}

/// METHODS T9: 9 of 10 bad for one device, then 0, 0, 0, 1 of one each: .38, not .714286.
#[test]
fn a_phone_that_tests_ten_times_has_one_voice() {
    let bad = |device| Line { device, hex: leaf(), hour: 9, result: Some((5, 1, 20)) };
    let good = |device| Line { device, hex: leaf(), hour: 9, result: Some((100, 40, 20)) };
    let mut lines = vec![bad(0); 9];
    lines.extend([good(0), good(1), good(2), good(3), bad(4)]);
    let unit = summary(&line_votes(&lines));
    assert_eq!(unit.share.unwrap().value, 0.38);
    // Nor do its ten attempts show: they count as many as those of the four others.
    assert_eq!((unit.devices, unit.attempts, unit.n_eff), (5, 8, 5.0));
    assert_eq!(unit.state, State::Covered);
}

#[test]
fn a_phone_in_a_hundred_hexagons_still_has_one_voice_in_their_parent() {
    let hexes = children(region(), Resolution::Nine);
    let mut looks: Vec<Look> = hexes.iter().take(100).map(|&hex| Look::dead(0, hex)).collect();
    looks.extend([Look::good(1, hexes[0]), Look::good(2, hexes[1])]);
    let unit = summary(&votes(&looks));
    assert_eq!((unit.devices, unit.state), (3, State::Covered));
    assert!((unit.share.unwrap().value - 1.0 / 3.0).abs() < 1e-6);
}

/// METHODS T1.
#[test]
fn a_test_is_judged_by_the_rule_of_its_day() {
    let share_on = |hour: i32| {
        let rules = RuleBook::builtin();
        let mut builder = LeafBuilder::new(TimeZone::UTC, &rules);
        let mut evidence = Line { device: 0, hex: leaf(), hour: 0, result: Some((12, 2, 40)) }.evidence();
        evidence.test.at = jiff::civil::date(2024, 12, 30).at(12, 0, 0, 0).in_tz("UTC").unwrap().timestamp()
            + jiff::SignedDuration::from_hours(hour.into());
        builder.add_speed(&evidence);
        let unit = summary(&common::about(builder.finish(), Access::Fixed));
        let below = unit.below.unwrap();
        [
            unit.share.unwrap().value,
            below.download.unwrap().value,
            below.upload.unwrap().value,
            below.latency.unwrap().value,
        ]
    };
    assert_eq!(share_on(0), [0.0; 4]);
    assert_eq!(share_on(24), [1.0, 1.0, 1.0, 0.0]);
}

#[test]
fn a_test_that_the_network_broke_counts_as_below() {
    let unit = summary(&line_votes(&[
        Line { device: 0, hex: leaf(), hour: 9, result: None },
        Line { device: 0, hex: leaf(), hour: 9, result: Some((100, 40, 10)) },
        Line { device: 1, hex: leaf(), hour: 9, result: None },
    ]));
    assert_eq!((unit.share.unwrap().value, unit.attempts, unit.state), (0.75, 2, State::Dead));
    assert_eq!(unit.download_mbps.unwrap().devices, 1);
}

#[test]
fn exactly_half_of_the_votes_is_not_dead() {
    let both = [Look::good(0, leaf()), Look::dead(1, leaf())];
    assert_eq!(summary(&votes(&both)).state, State::Covered);
    assert_eq!(summary(&votes(&both[1..])).state, State::Dead);
    assert_eq!(summary(&LeafVotes::default()).state, State::NotMeasured);
    assert_eq!(summary(&LeafVotes::default()).share, None);
}

/// METHODS 3.4: .45 day, .40 peak, .15 night, over the parts that the device has.
#[test]
fn a_line_that_is_slow_in_the_evening_is_weighted_by_part_of_the_day() {
    let at = |hour, down| Line { device: 0, hex: leaf(), hour, result: Some((down, 40, 10)) };
    let unit = summary(&line_votes(&[at(9, 100), at(10, 100), at(11, 100), at(20, 5)]));
    assert!((unit.share.unwrap().value - 0.40 / 0.85).abs() < 1e-6);
    assert_eq!(unit.day_parts, [DayPart::Day, DayPart::Peak]);
}

#[test]
fn a_device_value_is_the_median_of_its_medians_by_place_and_part_of_the_day() {
    let hexes = children(region(), Resolution::Nine);
    let look = |hex, hour, signal| Look { hour, signal: Some(signal), ..Look::good(0, hex) };
    // Place 0 by day: median -100 of many; place 0 at night: -80; place 1 by day: -70.
    let mut looks = vec![look(hexes[0], 9, -100); 50];
    looks.extend([look(hexes[0], 2, -80), look(hexes[1], 9, -70)]);
    assert_eq!(summary(&votes(&looks)).signal_dbm.unwrap().p50, -80.0);
    // In a unit finer than 9, over its own parts of the day: (-100 + -80) / 2.
    let fine = children(hexes[0], Resolution::Ten)[2];
    let looks = [look(fine, 9, -100), look(fine, 9, -100), look(fine, 2, -80)];
    assert_eq!(summary(&votes(&looks)).signal_dbm.unwrap().p50, -90.0);
}

#[test]
fn views_judge_the_same_points_differently() {
    let look =
        |technology, signal| Look { technology: Some(technology), signal: Some(signal), ..Look::good(0, leaf()) };
    let both = votes(&[look(Technology::TwoG, -70), look(Technology::FiveGSa, -100)]);
    let seen = |view| through(mobile(view), &both);
    let share = |view| seen(view).share.map(|share| share.value);
    assert_eq!(share(TechnologyView::Any), Some(0.0));
    assert_eq!(share(TechnologyView::Broadband), Some(0.5));
    assert_eq!(share(TechnologyView::FiveG), Some(0.5));
    let expected = Served { second: 0.5, third: 0.0, fourth: 0.0, fifth: 0.5 };
    assert_eq!((seen(TechnologyView::Any).served, seen(TechnologyView::Broadband).served), (Some(expected), None));
    // A phone on 5G says nothing about 2G, never "dead".
    assert_eq!((share(TechnologyView::TwoG), seen(TechnologyView::TwoG).attempts), (Some(0.0), 1));
    // Received power is another quantity in each generation.
    let signal = |view| seen(view).signal_dbm.map(|signal| signal.p50);
    assert_eq!((signal(TechnologyView::TwoG), signal(TechnologyView::FiveG)), (Some(-70.0), Some(-100.0)));
    assert_eq!((signal(TechnologyView::Any), signal(TechnologyView::Broadband)), (None, None));
}

#[test]
fn a_locked_receiver_counts_in_drive_tests_only() {
    let rules = RuleBook::builtin();
    let mut builder = LeafBuilder::new(TimeZone::UTC, &rules);
    for source in [SourceClass::Crowd, SourceClass::Survey] {
        let mut evidence = Look::good(0, leaf()).evidence();
        (evidence.source, evidence.track.locked_to) = (source, Some(Technology::FourG));
        builder.add_coverage(&evidence);
    }
    let leaves: Vec<_> = builder.finish().collect();
    assert_eq!(leaves.iter().map(|leaf| leaf.source).collect::<Vec<_>>(), [SourceClass::Survey]);
    let unit = |view| through(mobile(view), &leaves[0].votes);
    assert_eq!((unit(TechnologyView::FourG).devices, unit(TechnologyView::FiveG).devices), (1, 0));
}

#[test]
fn networks_without_a_name_are_judged_by_nobody() {
    let rules = RuleBook::builtin();
    let mut builder = LeafBuilder::new(TimeZone::UTC, &rules);
    // Whoever invents networks makes no layers.
    for code in 300..400 {
        let mut evidence = Look::dead(0, leaf()).evidence();
        evidence.track.points[0].operator = format!("204{code}").parse().unwrap();
        builder.add_coverage(&evidence);
    }
    builder.add_coverage(&Look::good(0, leaf()).evidence());
    let leaves: Vec<_> = builder.finish().collect();
    assert!(!leaves.is_empty() && leaves.iter().all(|leaf| leaf.access == network()));
}

#[test]
fn a_source_class_is_never_mixed_with_another() {
    let rules = RuleBook::builtin();
    let mut builder = LeafBuilder::new(TimeZone::UTC, &rules);
    let mut survey = Look::dead(0, leaf()).evidence();
    survey.source = SourceClass::Survey;
    builder.add_coverage(&survey);
    builder.add_coverage(&Look::good(1, leaf()).evidence());
    let leaves: Vec<_> = builder.finish().collect();
    let states: Vec<_> = leaves.iter().map(|leaf| (leaf.source, summary(&leaf.votes).state)).collect();
    assert_eq!(states, [(SourceClass::Crowd, State::Covered), (SourceClass::Survey, State::Dead)]);
}

prop_compose! {
    fn look()(device in 0u32..6, at in 0usize..343, fine in 0usize..8, hour in 0u32..60, tech in 0usize..4,
              signal in prop::option::of(-120i16..-60)) -> Look {
        let nine = children(region(), Resolution::Nine)[at];
        // Mostly leaves; some reduced to 9 and 8, as near the ends of tracks.
        let hex = match fine {
            0..=5 => children(nine, Resolution::Ten)[fine],
            6 => nine,
            _ => nine.at_most(Resolution::Eight),
        };
        let technology = [None, Some(Technology::TwoG), Some(Technology::FourG), Some(Technology::FiveGNsa)][tech];
        Look { device, hex, hour, technology, signal: signal.filter(|_| technology.is_some()) }
    }
}

prop_compose! {
    fn line()(device in 0u32..6, at in 0usize..20, hour in 0u32..60,
              result in prop::option::weighted(0.9, (1u32..60, 1u32..20, 10u32..200))) -> Line {
        Line { device, hex: children(region(), Resolution::Nine)[at], hour, result }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_and_any_split_give_the_same_summary(
        (looks, shuffled) in prop::collection::vec(look(), 1..60).prop_flat_map(|l| (Just(l.clone()), Just(l).prop_shuffle())),
        cut in 0usize..60,
    ) {
        let whole = votes(&looks);
        let (a, b) = shuffled.split_at(cut.min(shuffled.len()));
        let parts = votes(b).merge(votes(a));
        prop_assert_eq!(&parts, &whole);
        prop_assert_eq!(parts.encode(), whole.encode());
        let mut first = HexAccumulator::new();
        let mut second = HexAccumulator::new();
        for (at, entry) in whole.entries().iter().enumerate() {
            if at % 3 == cut % 3 { second.add(entry) } else { first.add(entry) }
        }
        second.merge(first);
        prop_assert_eq!(second.finish(&judging(mobile(TechnologyView::Broadband))), summary(&whole));
    }

    #[test]
    fn lines_in_any_order_give_the_same_summary(
        (lines, shuffled) in prop::collection::vec(line(), 1..60).prop_flat_map(|l| (Just(l.clone()), Just(l).prop_shuffle())),
        cut in 0usize..60,
    ) {
        prop_assert_eq!(line_votes(&shuffled), line_votes(&lines));
        // Apart, as two blocks are: what is usual for a device is asked in each (docs/adr/0009).
        let (a, b) = shuffled.split_at(cut.min(shuffled.len()));
        prop_assert_eq!(line_votes(b).merge(line_votes(a)), line_votes(a).merge(line_votes(b)));
    }

    #[test]
    fn shares_stay_between_their_bounds(looks in prop::collection::vec(look(), 1..60)) {
        let unit = summary(&votes(&looks));
        let share = unit.share.unwrap();
        prop_assert!(0.0 <= share.low && share.low <= share.value && share.value <= share.high && share.high <= 1.0);
        prop_assert!(unit.n_eff <= f64::from(unit.devices));
        prop_assert_eq!(unit.state == State::Dead, share.value > 0.5);
    }

    #[test]
    fn the_fast_summary_equals_a_naive_one(looks in prop::collection::vec(look(), 1..80)) {
        let unit = summary(&votes(&looks));
        let naive = naive_mobile(&looks);
        let of = |device| looks.iter().filter(|look| look.device == device).count();
        let most = looks.iter().map(|look| of(look.device)).max().unwrap_or_default();
        let told = if naive.0 > 1 { looks.len().min(2 * (looks.len() - most)) } else { looks.len() };
        prop_assert_eq!((unit.devices, unit.attempts, unit.days), (naive.0, told as u64, naive.1));
        prop_assert!((unit.share.unwrap().value - naive.2).abs() < 1e-6);
        prop_assert!(is_told(unit.signal_dbm.map(|s| s.p50), naive.3), "{:?} {:?}", unit.signal_dbm, naive.3);
    }

    #[test]
    fn the_fast_summary_of_lines_equals_a_naive_one(lines in prop::collection::vec(line(), 1..80)) {
        let unit = summary(&line_votes(&lines));
        let (share, median) = naive_fixed(&lines);
        prop_assert!((unit.share.unwrap().value - share).abs() < 2e-6);
        prop_assert!(is_told(unit.download_mbps.map(|d| d.p50), median), "{:?} {median:?}", unit.download_mbps);
    }
}

/// Three digits are told of a quantile.
fn is_told(told: Option<f64>, exact: Option<f64>) -> bool {
    match (told, exact) {
        (Some(told), Some(exact)) => (told - exact).abs() <= 0.005 * exact.abs() + 1e-9,
        (told, exact) => told.is_none() && exact.is_none(),
    }
}

/// The definition read aloud, without any care for speed: devices, days, share, median signal.
fn naive_mobile(looks: &[Look]) -> (u32, u32, f64, Option<f64>) {
    let devices: BTreeSet<u32> = looks.iter().map(|look| look.device).collect();
    let days: BTreeSet<u32> = looks.iter().map(|look| look.hour / 24).collect();
    let (mut votes, mut values) = (Vec::new(), Vec::new());
    for device in &devices {
        let mine: Vec<&Look> = looks.iter().filter(|look| look.device == *device).collect();
        let served = |look: &&&Look| look.technology.is_some_and(Technology::is_broadband);
        votes.push(1.0 - mine.iter().filter(served).count() as f64 / mine.len() as f64);
        let mut groups: BTreeMap<(Hex, DayPart), Vec<f64>> = BTreeMap::new();
        for look in mine.iter().filter(served) {
            let part = DayPart::of_hour(u8::try_from(look.hour % 24).unwrap());
            let values = groups.entry((look.hex.at_most(Resolution::Nine), part)).or_default();
            // Of 4G: power received on 5G is another quantity.
            let signal = look.signal.filter(|_| look.technology == Some(Technology::FourG));
            values.extend(signal.map(f64::from));
        }
        let medians: Vec<f64> = groups.into_values().filter_map(median).collect();
        values.extend(median(medians));
    }
    let share = votes.iter().sum::<f64>() / votes.len() as f64;
    (devices.len() as u32, days.len() as u32, share, median(values))
}

/// Share below the floor and median download.
fn naive_fixed(lines: &[Line]) -> (f64, Option<f64>) {
    let lines: Vec<Line> = lines.iter().filter(|line| !naive_is_out(line, lines)).copied().collect();
    let lines = lines.as_slice();
    let (mut votes, mut values) = (Vec::new(), Vec::new());
    let part = |line: &Line| DayPart::of_hour(u8::try_from(line.hour % 24).unwrap());
    let below = |line: &&&Line| line.result.is_none_or(|(down, up, ms)| down < 15 || up < 5 || ms > 150);
    for device in lines.iter().map(|line| line.device).collect::<BTreeSet<_>>() {
        let mine: Vec<&Line> = lines.iter().filter(|line| line.device == device).collect();
        let (mut sum, mut weights) = (0.0, 0.0);
        for &stratum in DayPart::ALL {
            let here: Vec<&Line> = mine.iter().copied().filter(|line| part(line) == stratum).collect();
            if !here.is_empty() {
                sum += stratum.weight() * here.iter().filter(below).count() as f64 / here.len() as f64;
                weights += stratum.weight();
            }
        }
        votes.push(sum / weights);
        let mut groups: BTreeMap<(Hex, DayPart), Vec<f64>> = BTreeMap::new();
        for line in mine {
            groups.entry((line.hex, part(line))).or_default().extend(line.result.map(|(down, ..)| f64::from(down)));
        }
        values.extend(median(groups.into_values().filter_map(median).collect()));
    }
    (votes.iter().sum::<f64>() / votes.len() as f64, median(values))
}

/// Whether a test is far from its device's others, and few are.
fn naive_is_out(line: &Line, all: &[Line]) -> bool {
    let ln = |line: &Line| line.result.map(|(down, ..)| (f64::from(down) * 1e6).ln());
    let own: Vec<f64> = all.iter().filter(|other| other.device == line.device).filter_map(ln).collect();
    let Some(x) = ln(line).filter(|_| own.len() >= 8) else { return false };
    let usual = median(own.clone()).unwrap();
    let mad = median(own.iter().map(|x| (x - usual).abs()).collect()).unwrap();
    let far = |x: &&f64| (**x - usual).abs() / (1.4826 * mad).max(2_f64.ln()) > 5.0;
    far(&&x) && own.iter().filter(far).count() * 8 <= own.len()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    (n > 0).then(|| f64::midpoint(values[(n - 1) / 2], values[n / 2]))
}
