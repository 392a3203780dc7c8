//! What is kept outside of the statistics: seen by those who run a campaign, and counted once they let it in.
#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

use std::{collections::BTreeMap, sync::Arc};

use analytics::LeafVotes;
use domain::{
    Access, AreaKey, AreaLevel, BitRate, ByteCount, CoveragePoint, CoverageTrack, DevicePseudonym, Hex, HourStamp,
    ItemId, NewEvidence, QuarantineReason, Record, Resolution, SourceClass, SpeedTest, SystemClock, Technology, Window,
    record::{FixedMedium, Network, Protocol, SpeedResult, TestOutcome},
};
use store::{AreaData, CampaignRow, Lifted, RegionData, Store, insert_evidence, testing::TestDatabase};
use worker::{Aggregator, QuarantineReport, QuarantineSelection, WorkerError, lift_quarantine, quarantine_report};

const ESSEN: (f64, f64) = (51.45, 7.01);
const DORTMUND: (f64, f64) = (51.51, 7.46);

fn hex((lat, lng): (f64, f64), resolution: Resolution) -> Hex {
    Hex::from_degrees(lat, lng, resolution).unwrap()
}

fn key(text: &str) -> AreaKey {
    text.parse().unwrap()
}

/// A region for each city, so that one can be asked for without the other.
async fn with_regions() -> TestDatabase {
    let db = TestDatabase::create().await;
    for (id, city, name, place) in [("west", "05113000", "Essen", ESSEN), ("east", "05913000", "Dortmund", DORTMUND)] {
        let area = |key: AreaKey, level: AreaLevel, hexes: Vec<Hex>| AreaData {
            key,
            level,
            name: name.to_owned(),
            parent: None,
            inhabitants: None,
            supply: serde_json::json!({}),
            sites: Vec::new(),
            hexes,
        };
        let ground = vec![hex(place, Resolution::Seven)];
        let region = RegionData {
            id: id.parse().unwrap(),
            title: name.to_owned(),
            provenance: serde_json::json!({}),
            areas: vec![area(key(city), AreaLevel::Municipality, ground)],
        };
        db.store().run_tx("region", |tx| Box::pin(store::save_region(tx, &region))).await.unwrap();
    }
    let campaign = CampaignRow {
        id: "probewoche".parse().unwrap(),
        region: "west".parse().unwrap(),
        title: "Probewoche".to_owned(),
        from: "2026-05-01T00:00:00Z".parse().unwrap(),
        to: "2026-06-01T00:00:00Z".parse().unwrap(),
        source: SourceClass::Crowd,
    };
    db.store().run_tx("campaign", |tx| Box::pin(store::save_campaign(tx, &campaign))).await.unwrap();
    db
}

fn evidence(device: u8, record: Record, quarantine: Option<QuarantineReason>) -> NewEvidence {
    NewEvidence {
        device: DevicePseudonym::from_bytes([device; 16]),
        other_years: BTreeMap::new(),
        source: SourceClass::Crowd,
        campaign: None,
        quarantine,
        content_hash: [1; 16],
        record,
    }
}

fn test(place: (f64, f64), minute: i32, mbps: u32) -> Record {
    let result = SpeedResult { download: Some(BitRate::from_mbps(mbps)), ..SpeedResult::default() };
    Record::SpeedTest(SpeedTest {
        id: ItemId::random(),
        at: format!("2026-05-{:02}T09:{:02}:00Z", 1 + minute / 60, minute % 60).parse().unwrap(),
        hex: hex(place, Hex::FIXED),
        network: Network::Fixed { medium: FixedMedium::Lan, access: None },
        outcome: TestOutcome::Completed(result),
        protocol: Protocol::Ndt7,
        bytes: ByteCount::default(),
        plan_download: None,
    })
}

fn track(places: &[(f64, f64)]) -> Record {
    let point = |place: &(f64, f64)| CoveragePoint {
        hex: hex(*place, Hex::MOBILE),
        hour: HourStamp::from_hours(494_300).unwrap(),
        operator: "26201".parse().unwrap(),
        technology: Some(Technology::FourG),
        signal: None,
        quality: None,
        sinr: None,
    };
    let points = places.iter().map(point).collect();
    Record::CoverageTrack(CoverageTrack { id: ItemId::random(), locked_to: None, points })
}

async fn insert(store: &Store, items: &[NewEvidence]) {
    store.run_tx("insert", |tx| Box::pin(insert_evidence(tx, items))).await.unwrap();
}

/// Attempts in all leaves of the fixed layer of a window.
async fn attempts(store: &Store, window: &str) -> u32 {
    Aggregator::new(store.clone(), Arc::new(SystemClock::default())).drain(&|_| {}).await.unwrap();
    let window: Window = window.parse().unwrap();
    let leaves = store::read_leaves(store, &window, SourceClass::Crowd, Access::Fixed).await.unwrap();
    let votes = leaves.iter().map(|leaf| LeafVotes::decode(leaf).unwrap());
    votes.flat_map(|votes| votes.entries().iter().map(|entry| entry.attempts).collect::<Vec<_>>()).sum()
}

type Line = (QuarantineReason, &'static str, Option<AreaKey>, u64, u64);

fn lines(report: &QuarantineReport) -> Vec<Line> {
    let line =
        |group: &worker::QuarantineGroup| (group.reason, group.kind, group.municipality, group.items, group.devices);
    report.groups.iter().map(line).collect()
}

fn in_region(region: &str) -> QuarantineSelection {
    QuarantineSelection { region: Some(region.parse().unwrap()), ..QuarantineSelection::default() }
}

#[tokio::test]
async fn a_quarantined_test_is_listed_and_not_counted_and_counts_once_it_is_lifted() {
    let db = with_regions().await;
    let similar = Some(QuarantineReason::SimilarTest);
    let items = [
        evidence(1, test(ESSEN, 0, 50), None),
        evidence(1, test(ESSEN, 61, 50), similar),
        evidence(1, test(ESSEN, 125, 50), similar),
        evidence(2, test(DORTMUND, 0, 50), similar),
        evidence(2, track(&[ESSEN, DORTMUND]), Some(QuarantineReason::RepeatedContent)),
        evidence(3, test((50.0, 8.0), 0, 50), similar),
    ];
    insert(db.store(), &items).await;
    assert_eq!(attempts(db.store(), "2026").await, 1);

    let all = quarantine_report(db.store(), &QuarantineSelection::default()).await.unwrap();
    assert_eq!((all.items, all.devices), (5, 3), "the track is one item, although it is in both cities");
    let (essen, dortmund) = (Some(key("05113000")), Some(key("05913000")));
    let repeated = QuarantineReason::RepeatedContent;
    let expected = [
        (repeated, "coverage_track", essen, 1, 1),
        (repeated, "coverage_track", dortmund, 1, 1),
        (QuarantineReason::SimilarTest, "speed_test", None, 1, 1),
        (QuarantineReason::SimilarTest, "speed_test", essen, 2, 1),
        (QuarantineReason::SimilarTest, "speed_test", dortmund, 1, 1),
    ];
    assert_eq!(lines(&all), expected);
    let group = &all.groups[3];
    assert_eq!((group.first_day.to_string(), group.last_day.to_string()), ("2026-05-02".into(), "2026-05-03".into()));
    assert_eq!(group.name.as_deref(), Some("Essen"));
    let shown = format!("{} {all:?}", serde_json::to_string(&all).unwrap());
    for device in [1_u8, 2, 3] {
        assert!(!shown.contains(&format!("{device:02x}").repeat(4)), "a pseudonym is shown: {shown}");
    }

    // Only on the ground of the region that was named.
    let lifted = lift_quarantine(db.store(), similar, &in_region("west")).await.unwrap();
    assert_eq!(lifted, Lifted { speed_tests: 2, ..Lifted::default() });
    assert_eq!(attempts(db.store(), "2026").await, 3);
    let left = quarantine_report(db.store(), &in_region("east")).await.unwrap();
    let expected =
        [(repeated, "coverage_track", dortmund, 1, 1), (QuarantineReason::SimilarTest, "speed_test", dortmund, 1, 1)];
    assert_eq!(lines(&left), expected);
    // A track that is partly there is lifted whole.
    let lifted = lift_quarantine(db.store(), Some(repeated), &in_region("east")).await.unwrap();
    assert_eq!(lifted, Lifted { coverage_tracks: 1, ..Lifted::default() });
    let west = quarantine_report(db.store(), &in_region("west")).await.unwrap();
    assert_eq!((west.items, west.groups.len()), (0, 0));
}

#[tokio::test]
async fn one_item_or_one_campaign_is_lifted_without_the_others() {
    let db = with_regions().await;
    let similar = Some(QuarantineReason::SimilarTest);
    let mut given = evidence(1, test(ESSEN, 0, 50), similar);
    given.campaign = Some("probewoche".parse().unwrap());
    let others = [evidence(1, test(ESSEN, 1, 50), similar), evidence(1, test(ESSEN, 2, 50), similar)];
    insert(db.store(), &[given, others[0].clone(), others[1].clone()]).await;

    let campaign = QuarantineSelection { campaign: Some("probewoche".parse().unwrap()), ..Default::default() };
    assert_eq!(quarantine_report(db.store(), &campaign).await.unwrap().items, 1);
    assert_eq!(lift_quarantine(db.store(), similar, &campaign).await.unwrap().speed_tests, 1);
    assert_eq!((attempts(db.store(), "campaign:probewoche").await, attempts(db.store(), "2026").await), (1, 1));

    let item = QuarantineSelection { item: Some(others[1].record.id()), ..Default::default() };
    let wrong = lift_quarantine(db.store(), Some(QuarantineReason::RepeatedContent), &item).await;
    assert!(matches!(wrong, Err(WorkerError::NotQuarantined(_))), "another reason: {wrong:?}");
    assert_eq!(lift_quarantine(db.store(), None, &item).await.unwrap().speed_tests, 1);
    assert_eq!(attempts(db.store(), "2026").await, 2);
    let again = lift_quarantine(db.store(), None, &item).await.unwrap_err().to_string();
    assert!(again.contains("no quarantined item") && again.contains("check the id"), "{again}");
}

#[tokio::test]
async fn an_outlier_is_listed_does_not_count_and_cannot_be_lifted() {
    let db = with_regions().await;
    let mut items: Vec<NewEvidence> =
        (0..8).map(|n| evidence(1, test(ESSEN, 200 * n, 50 + n.cast_unsigned()), None)).collect();
    let odd = evidence(1, test(ESSEN, 61, 1_900), None);
    items.push(odd.clone());
    // A neighbour whose line has always been slow, and one who tested seldom.
    items.extend((0..9).map(|n| evidence(2, test(ESSEN, 200 * n, 1), None)));
    items.extend([100, 100, 100, 100, 100, 100, 1].iter().map(|&mbps| evidence(3, test(DORTMUND, 0, mbps), None)));
    // In the campaign the odd one is one of four.
    for item in &mut items[5..] {
        item.campaign = (item.device == odd.device).then(|| "probewoche".parse().unwrap());
    }
    insert(db.store(), &items).await;
    assert_eq!(attempts(db.store(), "2026").await, 8 + 9 + 7);
    assert_eq!(attempts(db.store(), "campaign:probewoche").await, 4, "too few to show what is usual");

    let everywhere = QuarantineSelection::default();
    let report = quarantine_report(db.store(), &everywhere).await.unwrap();
    let outlier = (QuarantineReason::Outlier, "speed_test", Some(key("05113000")), 1, 1);
    assert_eq!(lines(&report), [outlier]);
    assert_eq!(report.groups[0].first_day.to_string(), "2026-05-02");
    assert_eq!(lines(&quarantine_report(db.store(), &in_region("west")).await.unwrap()), [outlier]);
    assert_eq!(quarantine_report(db.store(), &in_region("east")).await.unwrap().items, 0);
    let campaign = QuarantineSelection { campaign: Some("probewoche".parse().unwrap()), ..Default::default() };
    assert_eq!(quarantine_report(db.store(), &campaign).await.unwrap().items, 0, "each window is judged for itself");

    let item = QuarantineSelection { item: Some(odd.record.id()), ..Default::default() };
    assert_eq!(lines(&quarantine_report(db.store(), &item).await.unwrap()), [outlier]);
    for (reason, selection) in [(Some(QuarantineReason::Outlier), &everywhere), (None, &item)] {
        let error = lift_quarantine(db.store(), reason, selection).await.unwrap_err();
        assert!(error.to_string().contains("an outlier cannot be lifted"), "{error}");
    }

    // It counts once the device's other tests agree with it, and nobody has to decide anything.
    let as_odd = (0..7).map(|n| evidence(1, test(ESSEN, 1_700 + n, 1_900), None)).collect::<Vec<_>>();
    insert(db.store(), &as_odd).await;
    assert_eq!(attempts(db.store(), "2026").await, 8 + 1 + 7 + 9 + 7);
    assert_eq!(quarantine_report(db.store(), &everywhere).await.unwrap().items, 0);
}

#[tokio::test]
async fn a_region_or_campaign_that_nobody_knows_is_an_error_and_not_an_empty_list() {
    let db = with_regions().await;
    let north = in_region("north");
    let error = quarantine_report(db.store(), &north).await.unwrap_err().to_string();
    assert!(error.contains("no region `north`") && error.contains("region load"), "{error}");
    let unknown = QuarantineSelection { campaign: Some("keine".parse().unwrap()), ..Default::default() };
    let error = lift_quarantine(db.store(), Some(QuarantineReason::SimilarTest), &unknown).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("no campaign `keine`") && error.contains("/v1/campaigns"), "{error}");
    assert_eq!(quarantine_report(db.store(), &in_region("west")).await.unwrap().items, 0);
}
