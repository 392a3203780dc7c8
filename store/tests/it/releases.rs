use domain::{Access, Hex, Layer, Resolution, SourceClass, Window};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use store::{
    AreaRow, NewRelease, PieceRow, ReachRow, ReleaseLayer, Store, StoreError, all_pieces, area_rows, insert_release,
    latest_release, piece_at, pieces, private_part, reach_rows, release, release_layers, releases,
    testing::TestDatabase, tile,
};

use crate::make;

fn layer() -> Layer {
    "mobile-26201-broadband".parse().unwrap()
}

/// One measured resolution-10 hexagon and the rest of its resolution-7 block.
fn new_release(id: &str) -> NewRelease {
    let measured = make::essen(Hex::MOBILE);
    let mut rest = Vec::new();
    let mut around = make::essen(Hex::BLOCK);
    for resolution in [Resolution::Eight, Resolution::Nine, Resolution::Ten] {
        let inner = measured.at_most(resolution);
        rest.extend(around.children(resolution).filter(|hex| *hex != inner));
        around = inner;
    }
    let summary = json!({
        "state": "dead", "devices": 6, "grade": "B", "share": {"low": 0.44, "value": 0.83, "high": 0.97},
        "signal_dbm": {"devices": 6, "p50": -117.0, "p80": -111.0},
    });
    let piece = |number, kind: &str, hexes, state: &str, devices, summary| PieceRow {
        number,
        kind: kind.to_owned(),
        resolution: 10,
        hexes,
        state: state.to_owned(),
        devices,
        attempts: i64::from(devices) * 3,
        summary,
    };
    NewRelease {
        id: id.parse().unwrap(),
        region: "probe".parse().unwrap(),
        window: Window::Year(2026),
        source: SourceClass::Simulated,
        simulated: true,
        manifest: json!({"rules": "abc"}),
        layers: vec![ReleaseLayer {
            layer: layer(),
            pieces: vec![
                piece(1, "hex", vec![measured], "dead", 6, summary.clone()),
                piece(2, "remainder", rest, "not_measured", 0, json!({"state": "not_measured"})),
            ],
            areas: vec![AreaRow {
                key: "05113001".parse().unwrap(),
                state: "dead".to_owned(),
                devices: 6,
                attempts: 18,
                summary,
            }],
            reach: vec![ReachRow { key: "05113001".parse().unwrap(), reach: json!({"hexes": 49}) }],
        }],
        private: vec![(layer().access(), vec![1, 2, 3])],
    }
}

async fn publish(store: &Store, release: &NewRelease) -> Result<bool, StoreError> {
    store.run_tx("publish", |tx| Box::pin(insert_release(tx, release))).await
}

#[tokio::test]
async fn a_release_comes_back_as_it_was_published() {
    let db = TestDatabase::create().await;
    let (old, new) = (new_release("aaaa"), new_release("bbbb"));
    assert!(publish(db.store(), &old).await.unwrap());
    assert!(publish(db.store(), &new).await.unwrap());
    assert!(!publish(db.store(), &new).await.unwrap(), "the same release is published once");

    let listed = releases(db.store(), &old.region).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["bbbb", "aaaa"], "newest first");
    assert!(listed.iter().all(|row| row.simulated && row.manifest == old.manifest));
    let latest = latest_release(db.store(), &old.region, Some(&old.window), Some(old.source)).await.unwrap();
    assert_eq!(latest.as_ref(), Some(&listed[0]));
    let crowd = latest_release(db.store(), &old.region, None, Some(SourceClass::Crowd)).await.unwrap();
    assert_eq!(crowd, None, "simulated evidence never answers for the crowd");
    assert_eq!(release(db.store(), &old.id).await.unwrap().as_ref(), Some(&listed[1]));

    let layers = release_layers(db.store(), &new.id).await.unwrap();
    assert_eq!((layers.len(), layers[0].layer, layers[0].pieces, layers[0].areas), (1, layer(), 2, 1));
    let stored = pieces(db.store(), &new.id, layer(), None, None, 100).await.unwrap();
    assert_eq!(stored, new.layers[0].pieces);
    assert_eq!(area_rows(db.store(), &new.id, layer()).await.unwrap(), new.layers[0].areas);
    assert_eq!(reach_rows(db.store(), &new.id, layer()).await.unwrap(), new.layers[0].reach);
    let private = |access| private_part(db.store(), &new.region, &new.window, new.source, access);
    assert_eq!(private(layer().access()).await.unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(private(Access::Fixed).await.unwrap(), None);
    let mut without = new_release("cccc");
    without.layers.clear();
    without.private.clear();
    publish(db.store(), &without).await.unwrap();
    let still = private(layer().access()).await.unwrap();
    assert_eq!(still, Some(vec![1, 2, 3]), "a release without the network forgets nothing");
}

#[tokio::test]
async fn pieces_are_found_by_page_by_box_and_by_place() {
    let db = TestDatabase::create().await;
    let new = new_release("aaaa");
    publish(db.store(), &new).await.unwrap();
    let number = |rows: Vec<PieceRow>| rows.iter().map(|piece| piece.number).collect::<Vec<_>>();
    let page = |bbox, after| pieces(db.store(), &new.id, layer(), bbox, after, 1);
    assert_eq!(number(page(None, None).await.unwrap()), [1]);
    assert_eq!(number(page(None, Some(1)).await.unwrap()), [2]);
    assert_eq!(number(page(None, Some(2)).await.unwrap()), [0; 0]);
    let (lat, lng) = make::essen(Hex::MOBILE).centre_degrees();
    let around = |d: f64| Some([lng - d, lat - d, lng + d, lat + d]);
    assert_eq!(number(pieces(db.store(), &new.id, layer(), around(1e-5), None, 9).await.unwrap()), [1]);
    assert_eq!(number(pieces(db.store(), &new.id, layer(), around(0.01), None, 9).await.unwrap()), [1, 2]);
    let elsewhere = Some([10.0, 50.0, 10.1, 50.1]);
    assert_eq!(number(pieces(db.store(), &new.id, layer(), elsewhere, None, 9).await.unwrap()), [0; 0]);

    let at = async |hex: Hex| piece_at(db.store(), &new.id, layer(), hex).await.unwrap().map(|piece| piece.number);
    let measured = make::essen(Hex::MOBILE);
    assert_eq!(at(measured).await, Some(1));
    let neighbour = measured.at_most(Hex::FIXED).children(Hex::MOBILE).find(|hex| *hex != measured).unwrap();
    assert_eq!(at(neighbour).await, Some(2));
    let in_coarse = new.layers[0].pieces[1].hexes[0].children(Hex::MOBILE).last().unwrap();
    assert_eq!(at(in_coarse).await, Some(2), "inside a compacted hexagon");
    assert_eq!(at(make::hex(50.0, 10.0, Hex::MOBILE)).await, None);
}

#[tokio::test]
async fn layers_with_the_same_ground_share_its_hexagons_and_are_found_alike() {
    let db = TestDatabase::create().await;
    let mut new = new_release("aaaa");
    let any: Layer = "mobile-26201-any".parse().unwrap();
    let mut second = new.layers[0].clone();
    second.layer = any;
    second.pieces[0].state = "covered".to_owned();
    let elsewhere: Layer = "mobile-26202-any".parse().unwrap();
    let mut third = second.clone();
    third.layer = elsewhere;
    third.pieces[1].hexes.pop();
    let hexes = |layer: &ReleaseLayer| layer.pieces.iter().map(|piece| piece.hexes.len() as i64).sum::<i64>();
    let kept = hexes(&second) + hexes(&third);
    new.layers.extend([second, third]);
    publish(db.store(), &new).await.unwrap();

    let mut conn = PgConnection::connect(db.url()).await.unwrap();
    let rows: i64 = sqlx::query_scalar("select count(*) from release_hexes").fetch_one(&mut conn).await.unwrap();
    assert_eq!(rows, kept, "the first two once, the third for itself");
    let (lat, lng) = make::essen(Hex::MOBILE).centre_degrees();
    let here = Some([lng - 1e-5, lat - 1e-5, lng + 1e-5, lat + 1e-5]);
    for (layer, state) in [(layer(), "dead"), (any, "covered"), (elsewhere, "covered")] {
        let at = piece_at(db.store(), &new.id, layer, make::essen(Hex::MOBILE)).await.unwrap();
        assert_eq!(at.map(|piece| piece.state).as_deref(), Some(state), "{layer}");
        let boxed = pieces(db.store(), &new.id, layer, here, None, 9).await.unwrap();
        assert_eq!(boxed.iter().map(|piece| piece.state.as_str()).collect::<Vec<_>>(), [state], "{layer}");
        let drawn = tile(db.store(), &new.id, layer, 9, 265, 170).await.unwrap();
        assert!(drawn.windows(state.len()).any(|part| part == state.as_bytes()), "{layer}");
    }
}

#[tokio::test]
async fn a_published_release_cannot_be_changed_by_any_statement() {
    let db = TestDatabase::create().await;
    publish(db.store(), &new_release("aaaa")).await.unwrap();
    let mut conn = PgConnection::connect(db.url()).await.unwrap();
    let statements = [
        "update releases set simulated = false",
        "delete from releases",
        "truncate releases cascade",
        "update release_layers set ground = 1",
        "update release_private set private = ''",
        "delete from release_private",
        "insert into release_private values ('aaaa', 'fixed', '')",
        "delete from release_layers",
        "update release_pieces set state = 'covered'",
        "delete from release_pieces",
        "truncate release_pieces",
        "update release_hexes set number = 2",
        "delete from release_hexes",
        "update release_areas set devices = 500",
        "delete from release_areas",
        "update release_reach set reach = '{}'",
        "delete from release_reach",
        "truncate release_reach",
        "insert into release_reach select layer_id, '05', reach from release_reach",
        "insert into release_layers (release, layer) values ('aaaa', 'fixed')",
        "insert into release_pieces select layer_id, 3, kind, resolution, hexes, state, devices, attempts, summary \
         from release_pieces limit 1",
        "insert into release_hexes select layer_id, 1, number from release_hexes limit 1",
        "insert into release_areas select layer_id, '05', state, devices, attempts, summary from release_areas",
    ];
    for statement in statements {
        let error = sqlx::query(statement).execute(&mut conn).await.expect_err(statement);
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap().into_owned();
        assert_eq!(code, "WS001", "{statement}: {error}");
    }
}

#[tokio::test]
async fn simulated_evidence_is_not_published_without_saying_so() {
    let db = TestDatabase::create().await;
    let mut silent = new_release("aaaa");
    silent.simulated = false;
    let error = publish(db.store(), &silent).await.unwrap_err();
    assert!(error.to_string().contains("simulated"), "{error}");
    assert!(releases(db.store(), &silent.region).await.unwrap().is_empty());
}

#[tokio::test]
async fn pieces_that_share_ground_are_refused() {
    let db = TestDatabase::create().await;
    for resolution in [Hex::MOBILE, Hex::FIXED] {
        let mut overlapping = new_release("aaaa");
        overlapping.layers[0].pieces[1].hexes.push(make::essen(resolution));
        let error = publish(db.store(), &overlapping).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{error}");
        assert!(releases(db.store(), &overlapping.region).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_tile_shows_the_pieces_that_lie_in_it_from_afar_and_near() {
    let db = TestDatabase::create().await;
    let new = new_release("aaaa");
    publish(db.store(), &new).await.unwrap();
    let (lat, lng) = make::essen(Hex::MOBILE).centre_degrees();
    for zoom in [6_u8, 7, 9, 12, 15] {
        let tiles = f64::from(1_u32 << zoom);
        let x = (lng + 180.0) / 360.0 * tiles;
        let y = (1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * tiles;
        let mvt = tile(db.store(), &new.id, layer(), zoom, x as u32, y as u32).await.unwrap();
        let shown = String::from_utf8_lossy(&mvt);
        for word in ["hexes", "dead", "not_measured", "share_low", "grade", "signal_dbm", "remainder", "number"] {
            assert!(shown.contains(word), "zoom {zoom} lacks {word}");
        }
    }
    assert!(tile(db.store(), &new.id, layer(), 9, 0, 0).await.unwrap().is_empty());
    assert!(tile(db.store(), &new.id, Layer::Fixed, 9, 265, 170).await.unwrap().is_empty());
    assert!(tile(db.store(), &new.id, layer(), 40, 0, 0).await.unwrap().is_empty(), "no such tile on any map");
}

/// A page has a limit; a file that ends after it would pass for the whole layer.
#[tokio::test]
async fn a_whole_layer_is_more_than_one_page() {
    let db = TestDatabase::create().await;
    let mut new = new_release("5f2c9a7be01d4c3b");
    let pieces_of_layer = &mut new.layers[0].pieces;
    let piece = pieces_of_layer[0].clone();
    let hexes = make::essen(Resolution::Five).children(Hex::MOBILE).take(10_001);
    *pieces_of_layer =
        (1..).zip(hexes).map(|(number, hex)| PieceRow { number, hexes: vec![hex], ..piece.clone() }).collect();
    publish(db.store(), &new).await.unwrap();
    assert_eq!(pieces(db.store(), &new.id, layer(), None, None, i64::MAX).await.unwrap().len(), 10_000);
    let all = all_pieces(db.store(), &new.id, layer(), None).await.unwrap();
    assert_eq!((all.len(), all.last().map(|piece| piece.number)), (10_001, Some(10_001)));
}
