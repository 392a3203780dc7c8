//! The ranked list and the documents that carry it.
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests stop at the first surprise; compared figures are exact"
)]

use std::collections::BTreeMap;

use analytics::{
    AreaFacts, Grade, GroundBelow, Outline, Posterior, Quantiles, RankHeader, RankInput, Ranking, ReachShares,
    RuleBook, Share, State, Track, UnitSummary, rank,
};
use domain::{AreaKey, Hex, Layer, Resolution, SourceClass, Window};

fn header() -> RankHeader {
    RankHeader {
        region: "nrw".parse().unwrap(),
        release: "5f2c9a7be01d4c3a".parse().unwrap(),
        window: Window::Campaign("messwoche-nrw-2026".parse().unwrap()),
        source: SourceClass::Simulated,
        simulated: true,
        ruleset_hash: RuleBook::builtin().hash(),
        generated_from: vec!["Simulierte Kampagne".to_owned()],
    }
}

fn area(key: &str, name: &str, inhabitants: i64) -> AreaFacts {
    AreaFacts {
        key: key.parse().unwrap(),
        name: name.to_owned(),
        district: "Städteregion Aachen, eine mit einem langen Namen".to_owned(),
        inhabitants: Some(inhabitants),
        area_km2: 100.0,
        site_hexes_total: 4,
        site_hexes_below: 1,
        reach: [(Layer::Fixed, ReachShares { measured: 0.25, coarser: 0.5, not_measured: 0.25 })].into(),
    }
}

fn unit(share: f64, devices: u32, median: f64) -> UnitSummary {
    let n = f64::from(devices);
    let spread = |p50: f64, p80: f64| Some(Quantiles { devices, p10: None, p50, p80, p90: None });
    UnitSummary {
        state: if share > 0.5 { State::Dead } else { State::Covered },
        devices,
        attempts: u64::from(devices) * 3,
        share: Some(Share { low: share / 2.0, value: share, high: 0.5 + share / 2.0 }),
        n_eff: n,
        grade: Grade::B,
        posterior: Some(Posterior { a: 2.0 + share * n, b: 8.0 + (1.0 - share) * n }),
        download_mbps: spread(median, median * 1.5),
        idle_latency_ms: spread(30.0, 80.0),
        ..UnitSummary::not_measured()
    }
}

const SLOW: &str = "05334002";
const FAST: &str = "05334004";
const UNKNOWN: &str = "05334008";

fn ranking(track: Track) -> Ranking {
    let book = RuleBook::builtin();
    let layer = |operator: &str| -> Layer { format!("mobile-{operator}-broadband").parse().unwrap() };
    let of = |share, median| match track {
        Track::Fixed => vec![(Layer::Fixed, unit(share, 60, median))],
        Track::Mobile => vec![
            (layer("26201"), unit(share / 2.0, 40, median)),
            (layer("26202"), unit(share, 30, median)),
            ("mobile-26203-any".parse().unwrap(), unit(1.0, 99, median)),
        ],
    };
    let units: BTreeMap<AreaKey, _> =
        [(SLOW.parse().unwrap(), of(0.8, 11.0)), (FAST.parse().unwrap(), of(0.05, 180.0))].into();
    let areas = vec![
        area(UNKNOWN, "Herzogenrath", 4_000),
        area(FAST, "Alsdorf, die \"Stadt\"", 40_000),
        area(SLOW, "Aachen am Ende einer sehr langen Zeile", 3_000),
    ];
    rank(RankInput { track, header: header(), areas, units, profile: book.profile(track), seed: 1 })
}

#[test]
fn the_needier_comes_first_and_the_unmeasured_last_without_a_rank() {
    let list = ranking(Track::Fixed);
    let rows: Vec<_> = list.rows.iter().map(|row| (row.key.to_string(), row.rank, row.state)).collect();
    assert_eq!(
        rows,
        [
            (SLOW.to_owned(), Some(1), State::Dead),
            (FAST.to_owned(), Some(2), State::Covered),
            (UNKNOWN.to_owned(), None, State::NotMeasured)
        ]
    );
    assert_eq!((list.rows[2].need, list.rows[2].share), (None, None));
    assert!(list.rows[2].components.values().all(Option::is_none), "unknown is never shown as a value");
    assert!(list.rows[0].need_low.unwrap() < list.rows[0].need.unwrap());
}

#[test]
fn every_ranked_row_says_why_in_one_sentence() {
    for track in [Track::Fixed, Track::Mobile] {
        for row in ranking(track).rows.iter().filter(|row| row.rank.is_some()) {
            let reason = &row.reason;
            assert!(reason.ends_with("Aussagekraft B.") && !reason.trim_end_matches('.').contains(". "), "{reason}");
            assert!(reason.contains("Geräte") && reason.contains("zwischen"), "{reason}");
        }
    }
    let list = ranking(Track::Fixed);
    assert!(list.rows[0].reason.contains("80 % der Geräte") && list.rows[0].reason.contains("11 Mbit/s"));
    assert_eq!(list.note, "Keine Repräsentativerhebung; ersetzt kein Markterkundungsverfahren.");
}

#[test]
fn the_mobile_list_rests_on_broadband_alone_and_names_what_it_lacks() {
    let list = ranking(Track::Mobile);
    assert_eq!(list.missing_components, ["transport", "emergency"]);
    let first = &list.rows[0];
    assert_eq!((first.devices, first.share.map(|share: Share| share.value)), (30, Some(0.8)));
    // Worst operator (2 + 24) / 40; grey: the mean with (2 + 16) / 50.
    assert_eq!(first.components["worst_operator"], Some(0.65));
    assert_eq!(first.components["grey"], Some(0.505));
    assert!(first.reason.contains("Vodafone"), "{}", first.reason);
}

#[test]
fn the_same_input_gives_the_same_document() {
    assert_eq!(ranking(Track::Fixed).to_json(), ranking(Track::Fixed).to_json());
}

#[test]
fn the_committed_schema_is_the_one_of_this_program() {
    let committed: serde_json::Value =
        serde_json::from_str(include_str!("../../schemas/rank.json")).unwrap_or_default();
    assert!(
        committed == Ranking::json_schema(),
        "write it anew: cargo run -p analytics --example rank_schema > schemas/rank.json"
    );
}

#[test]
fn a_document_fits_the_schema_and_reads_back() {
    let validator = jsonschema::validator_for(&Ranking::json_schema()).unwrap();
    for track in [Track::Fixed, Track::Mobile] {
        let list = ranking(track);
        let document: serde_json::Value = serde_json::from_str(&list.to_json()).unwrap();
        assert!(validator.is_valid(&document), "{:?}", validator.iter_errors(&document).next());
        assert_eq!(document["simulated"], true);
        assert_eq!(serde_json::from_value::<Ranking>(document).unwrap(), list);
    }
}

#[test]
fn every_row_says_how_much_of_its_ground_was_measured() {
    for row in ranking(Track::Fixed).rows {
        assert_eq!(row.reach["fixed"].not_measured, 0.25, "{row:?}");
    }
}

#[test]
fn the_csv_keeps_leading_zeros_and_quotes_what_needs_it() {
    let list = ranking(Track::Fixed);
    let csv = list.to_csv();
    assert!(csv.contains(",\"05334002\","), "{csv}");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());

    let (key, name, need, rank) = {
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let at = |name: &str| headers.iter().position(|header| header == name).unwrap();
        (at("key"), at("name"), at("need"), at("rank"))
    };
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!((&rows[1][key], &rows[1][name]), (FAST, "Alsdorf, die \"Stadt\""));
    assert_eq!(rows[0][need].parse::<f64>().unwrap(), list.rows[0].need.unwrap());
    assert_eq!((&rows[2][rank], &rows[2][need]), ("", ""));
}

#[test]
fn the_table_fits_a_terminal_and_says_that_it_is_simulated() {
    for track in [Track::Fixed, Track::Mobile] {
        let table = ranking(track).to_table(None);
        for line in table.lines() {
            assert!(line.chars().count() <= 120, "{} columns: {line}", line.chars().count());
        }
        assert!(table.contains("SIMULIERT") && table.contains("nicht gemessen") && table.contains(SLOW));
        assert!(ranking(track).to_table(Some(1)).contains("2 weitere"));
    }
}

#[test]
fn geojson_follows_the_right_hand_rule_and_keeps_rows_without_outline() {
    let clockwise = vec![[6.0, 51.0], [6.0, 52.0], [7.0, 52.0], [7.0, 51.0]];
    let outline = Outline { key: SLOW.parse().unwrap(), polygons: vec![vec![clockwise]] };
    let text = ranking(Track::Fixed).to_geojson(&[outline]);
    let collection: geojson::FeatureCollection = text.parse().unwrap();
    assert_eq!(collection.features.len(), 3);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let ring = &document["features"][0]["geometry"]["coordinates"][0][0];
    assert_eq!(ring, &serde_json::json!([[6.0, 51.0], [7.0, 51.0], [7.0, 52.0], [6.0, 52.0], [6.0, 51.0]]));
    assert_eq!(document["features"][1]["geometry"], serde_json::Value::Null);
    assert_eq!(document["features"][0]["properties"]["key"], SLOW);
}

#[test]
fn a_site_is_below_the_floor_where_the_published_ground_is() {
    let block = Hex::from_degrees(51.0, 7.5, Resolution::Seven).unwrap();
    let nines: Vec<Hex> = block.children(Resolution::Nine).collect();
    let below = GroundBelow::from_iter([nines[0].at_most(Resolution::Eight)]);
    assert_eq!(below.count(&[nines[0], nines[1], nines[48], nines[30]]), 2);
}
