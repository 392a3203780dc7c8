//! Drive tests: each receiver speaks for itself, at the finest resolution and in all views.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod common;

use std::collections::BTreeMap;

use analytics::{
    GateInput, Gated, Ground, HexAccumulator, LeafBuilder, LeafVotes, PieceKind, RuleBook, aggregate::Judging,
    build_layers,
};
use common::{Look, about, broadband, children, cover, network, region, votes};
use domain::{Hex, Resolution, SourceClass, Technology, Window};
use jiff::tz::TimeZone;

const ONE: &[&str] = &["05334002"];

fn gate(votes: LeafVotes, ground: &Ground, previous: Option<&[u8]>) -> Gated {
    build_layers(GateInput {
        access: network(),
        source: SourceClass::Survey,
        min_devices: SourceClass::Survey.min_devices(),
        window: &Window::Year(2026),
        leaves: vec![votes],
        ground,
        district_level: true,
        previous,
    })
    .unwrap()
}

#[test]
fn a_drive_test_is_published_at_its_finest_with_its_own_grade() {
    let spots = children(children(region(), Resolution::Seven)[0], Resolution::Ten);
    let looks = [Look::good(0, spots[0]), Look::dead(0, spots[9])];
    let release = broadband(gate(votes(&looks), &Ground::new(cover(ONE)), None));
    let measured = release.pieces.iter().filter(|piece| piece.summary.devices > 0);
    let measured: Vec<_> = measured.map(|piece| (piece.kind, piece.summary.devices)).collect();
    assert_eq!(measured, [(PieceKind::Hex, 1), (PieceKind::Hex, 1)]);
    assert!(release.pieces.iter().all(|piece| piece.summary.devices == 0 || piece.summary.grade.code() == "S"));
}

/// Receivers that see one technology each: a layer says what a count of its own says, and nothing where it has nothing.
#[test]
fn layers_of_a_drive_test_say_what_each_receiver_can_say() {
    let spots = children(children(region(), Resolution::Seven)[0], Resolution::Ten);
    let seen = |device, at: usize, technology: Option<Technology>, locked_to| {
        let look = Look { technology, signal: technology.map(|_| -80), ..Look::good(device, spots[at]) };
        let mut evidence = look.evidence();
        (evidence.source, evidence.track.locked_to) = (SourceClass::Survey, locked_to);
        evidence
    };
    let (two, four) = (Some(Technology::TwoG), Some(Technology::FourG));
    let free = seen(2, 2, Some(Technology::FiveGNsa), None);
    let evidence = [seen(0, 0, four, four), seen(0, 1, None, four), seen(1, 0, two, two), free, seen(3, 3, None, None)];
    let (rules, window, ground) = (RuleBook::builtin(), Window::Year(2026), Ground::new(cover(ONE)));
    let mut previous: Option<Vec<u8>> = None;
    for (some, layers) in [(4, 5), (5, 6), (5, 6)] {
        let mut builder = LeafBuilder::new(TimeZone::UTC, &rules);
        evidence[..some].iter().for_each(|track| builder.add_coverage(track));
        let votes = about(builder.finish(), network());
        let gated = gate(votes.clone(), &ground, previous.as_deref());
        assert_eq!(gated.layers.len(), layers, "nobody could say anything of 3G at first");
        for layer in &gated.layers {
            let judging = Judging::new(layer.layer, SourceClass::Survey, &window);
            let mut total = HexAccumulator::new();
            let mut hexes: BTreeMap<Hex, HexAccumulator<'_>> = BTreeMap::new();
            for entry in votes.entries() {
                total.add(entry);
                hexes.entry(entry.key.hex).or_default().add(entry);
            }
            let expected: BTreeMap<_, _> = hexes.into_iter().map(|(hex, unit)| (hex, unit.finish(&judging))).collect();
            let found = layer.pieces.iter().filter(|piece| piece.summary.devices > 0);
            let found: BTreeMap<_, _> = found.map(|piece| (piece.hexes[0], piece.summary.clone())).collect();
            let some = expected.into_iter().filter(|(_, unit)| unit.devices > 0);
            assert_eq!(found, some.collect(), "{}", layer.layer);
            let total = total.finish(&judging);
            assert!(layer.areas.len() == 3 && layer.areas.iter().all(|area| area.summary == total), "{}", layer.layer);
        }
        previous = Some(gated.private);
    }
}
