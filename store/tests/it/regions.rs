use domain::{AreaKey, AreaLevel, Hex, Resolution};
use serde_json::json;
use store::{
    AreaData, RegionData, SiteRef, Store, StoreError, area_outlines_geojson, area_tile, areas, load_cover, regions,
    save_region, testing::TestDatabase,
};

use crate::make;

/// Two municipalities of one resolution-7 hexagon each, their district and state.
pub fn region() -> RegionData {
    let area = |key: &str, name: &str, hexes: Vec<Hex>| {
        let key: AreaKey = key.parse().unwrap();
        let parent = match key.level() {
            AreaLevel::State => None,
            AreaLevel::District => Some(key.state()),
            AreaLevel::Municipality => key.district(),
        };
        AreaData {
            key,
            level: key.level(),
            name: name.to_owned(),
            parent,
            inhabitants: Some(1_234),
            supply: json!({"households_1000_mbps_percent": 41.5}),
            sites: vec![SiteRef { kind: "school".to_owned(), hex: make::essen(Hex::FIXED) }],
            hexes,
        }
    };
    let (inner, outer): (Vec<Hex>, Vec<Hex>) =
        make::essen(Hex::BLOCK).children(Resolution::Eight).partition(|hex| *hex == centre(Resolution::Eight));
    RegionData {
        id: "probe".parse().unwrap(),
        title: "Proberegion".to_owned(),
        provenance: json!({"credit": "made up"}),
        areas: vec![
            area("05", "Probeland", vec![]),
            area("05113", "Probekreis", vec![]),
            area("05113001", "Innen", inner),
            area("05113002", "Außen", outer),
        ],
    }
}

/// The hexagon in the middle of the block.
fn centre(resolution: Resolution) -> Hex {
    let (lat, lng) = make::essen(Hex::BLOCK).centre_degrees();
    make::hex(lat, lng, resolution)
}

pub async fn save(store: &Store, region: &RegionData) -> Result<(), StoreError> {
    store.run_tx("save_region", |tx| Box::pin(save_region(tx, region))).await
}

#[tokio::test]
async fn a_region_comes_back_with_its_areas_and_its_cover() {
    let db = TestDatabase::create().await;
    let region = region();
    save(db.store(), &region).await.unwrap();
    // Again: replaced, not doubled.
    save(db.store(), &region).await.unwrap();

    let listed = regions(db.store()).await.unwrap();
    assert_eq!((listed.len(), &listed[0].id, &listed[0].provenance), (1, &region.id, &region.provenance));
    let mut expected = region.areas.clone();
    for area in &mut expected {
        area.hexes.clear();
    }
    assert_eq!(areas(db.store(), &region.id).await.unwrap(), expected);

    let cover = load_cover(db.store(), &region.id).await.unwrap();
    assert_eq!(cover.leaf_count(), 49);
    assert_eq!(cover.municipality(centre(Hex::MOBILE)), Some("05113001".parse().unwrap()));
    assert_eq!(cover.municipality(region.areas[3].hexes[0]), Some("05113002".parse().unwrap()));
    assert!(load_cover(db.store(), &"nirgends".parse().unwrap()).await.unwrap().is_empty());
}

#[tokio::test]
async fn outlines_of_all_levels_are_drawn_in_the_right_place() {
    let db = TestDatabase::create().await;
    let region = region();
    save(db.store(), &region).await.unwrap();
    let outlines = area_outlines_geojson(db.store(), &region.id).await.unwrap();
    let features = outlines["features"].as_array().unwrap();
    assert_eq!(features.len(), 4, "the district and the state are drawn from their municipalities");
    for feature in features {
        let first = &feature["geometry"]["coordinates"][0][0][0];
        let (lng, lat) = (first[0].as_f64().unwrap(), first[1].as_f64().unwrap());
        assert!((lng - 7.01).abs() < 0.05 && (lat - 51.45).abs() < 0.05, "{feature}");
    }
    let rings = |i: usize| features[i]["geometry"]["coordinates"][0].as_array().unwrap().len();
    assert_eq!((rings(0), rings(3)), (1, 2), "the outer municipality has a hole where the inner one lies");

    let tile = area_tile(db.store(), &region.id, 8, 132, 85).await.unwrap();
    let shown = String::from_utf8_lossy(&tile);
    assert!(shown.contains("areas") && shown.contains("05113001") && shown.contains("Außen"), "{shown}");
    assert!(area_tile(db.store(), &region.id, 8, 0, 0).await.unwrap().is_empty());
    assert!(area_tile(db.store(), &region.id, 3, 900, 0).await.unwrap().is_empty(), "no such tile on any map");
}

#[tokio::test]
async fn ground_that_belongs_to_two_municipalities_is_refused_and_nothing_is_loaded() {
    let db = TestDatabase::create().await;
    let mut region = region();
    let stolen = region.areas[2].hexes[0];
    region.areas[3].hexes.push(stolen);
    let error = save(db.store(), &region).await.unwrap_err();
    assert!(error.to_string().contains(&stolen.to_string()), "{error}");
    assert!(regions(db.store()).await.unwrap().is_empty());
}
