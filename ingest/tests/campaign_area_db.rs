//! A campaign belongs to its region: what was measured elsewhere counts for the year only.
#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

use std::sync::Arc;

use domain::{
    AreaKey, Cover, CoveragePoint, CoverageTrack, DeviceSecret, Hex, HourStamp, ItemId, ManualClock, Record,
    SourceClass, Technology, Window, wire::v1::Item,
};
use ingest::{Directory, FollowUpCode, Guard, GuardConfig, Ingest, Limits, Validator, Writer, WriterConfig};
use jiff::Timestamp;
use serde_json::json;
use store::{CampaignRow, testing::TestDatabase};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn item(hexes: &[Hex]) -> Item {
    let point = |&hex: &Hex| CoveragePoint {
        hex,
        hour: HourStamp::containing(at("2026-05-24T10:00:00Z")),
        operator: "26201".parse().unwrap(),
        technology: Some(Technology::FourG),
        signal: None,
        quality: None,
        sinr: None,
    };
    Item::from(&Record::CoverageTrack(CoverageTrack {
        id: ItemId::random(),
        locked_to: None,
        points: hexes.iter().map(point).collect(),
    }))
}

#[tokio::test]
async fn evidence_from_another_region_is_none_of_the_campaign() {
    let db = TestDatabase::create().await;
    let essen = Hex::from_degrees(51.45, 7.01, Hex::MOBILE).unwrap();
    let bremen = Hex::from_degrees(53.08, 8.80, Hex::MOBILE).unwrap();
    let areas: [AreaKey; 2] = ["05113000".parse().unwrap(), "04011000".parse().unwrap()];
    let around: Vec<Hex> =
        bremen.at_most(Hex::BLOCK).as_h3().grid_disk::<Vec<_>>(3).into_iter().map(Hex::from_h3).collect();
    let ground = around.iter().map(|&block| (block, areas[1]));
    let cover = Cover::new(ground.chain([(essen.at_most(Hex::BLOCK), areas[0])]));
    let clock = Arc::new(ManualClock::new(at("2026-05-24T12:00:00Z")));
    let mut directory = Directory::new();
    directory.add_region(&"nrw".parse().unwrap(), [areas[0]]);
    directory.add_region(&"bremen".parse().unwrap(), [areas[1]]);
    let campaign = |id: &str, source| CampaignRow {
        id: id.parse().unwrap(),
        region: "nrw".parse().unwrap(),
        title: "Probewoche".into(),
        from: at("2026-05-23T00:00:00Z"),
        to: at("2026-05-30T00:00:00Z"),
        source,
    };
    directory.add_campaign(campaign("probewoche", SourceClass::Crowd));
    directory.add_campaign(campaign("simulation", SourceClass::Simulated));
    let writer = Writer::start(db.store(), WriterConfig::default());
    let ingest = Ingest::new(
        db.store().clone(),
        Validator::new(Arc::new(cover), clock.clone(), Limits::default()),
        directory,
        Guard::new(GuardConfig::default(), clock.clone()),
        clock,
        writer.handle(),
    );
    let secret = DeviceSecret::random().to_wire();
    let submit = async |campaign: &str, items: Vec<Item>| {
        let batch = json!({
            "batch_id": ItemId::random().as_uuid(), "device_secret": secret, "sent_at": "2026-05-24T12:00:00Z",
            "client": { "name": "test", "version": "0" }, "campaign": campaign, "items": items,
        });
        ingest.submit(batch.to_string().as_bytes()).await.unwrap()
    };

    let answer = submit("probewoche", vec![item(&[essen]), item(&[bremen])]).await;
    assert!(answer.items.iter().all(|item| item.outcome == "accepted"), "{answer:?}");
    let week = Window::Campaign("probewoche".parse().unwrap());
    for (place, window, tracks) in
        [(essen, &week, 1), (bremen, &week, 0), (essen, &Window::Year(2026), 1), (bremen, &Window::Year(2026), 1)]
    {
        let kept = store::read_block(db.store(), place.at_most(Hex::BLOCK), window).await.unwrap();
        assert_eq!(kept.coverage.len(), tracks, "{window}");
    }
    let code = FollowUpCode::parse(&answer.follow_up.unwrap()).unwrap();
    let followed = store::followed_batch(db.store(), code.hash()).await.unwrap().unwrap().items;
    assert_eq!(followed[0]["regions"], json!(["nrw"]));
    assert_eq!((&followed[1]["regions"], &followed[1]["windows"]), (&json!(["bremen"]), &json!(["2026"])));

    // However long the way to the border is.
    let way: Vec<Hex> =
        around.iter().map(|block| Hex::from_h3(block.as_h3().center_child(Hex::MOBILE).unwrap())).collect();
    submit("probewoche", vec![item(&[way.as_slice(), &[essen]].concat())]).await;
    let kept = store::read_block(db.store(), bremen.at_most(Hex::BLOCK), &week).await.unwrap();
    assert_eq!(kept.coverage.len(), 1, "some of it lies in the campaign's region");

    let answer = submit("simulation", vec![item(&[bremen])]).await;
    assert_eq!(answer.items[0].outcome, "rejected", "what is simulated must never become crowd evidence");
    writer.drain().await;
}
