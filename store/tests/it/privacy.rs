use sqlx::{Connection, PgConnection};
use store::testing::TestDatabase;

use crate::{evidence::insert, make};

/// Of `make::evidence`.
const DEVICE: domain::DevicePseudonym = domain::DevicePseudonym::from_bytes([7; 16]);

// The only geometry: of the H3 grid and of administrative areas, both public.
const PUBLIC_GEOMETRY: [&str; 2] = ["areas.outline", "hex_outlines.outline"];

#[tokio::test]
async fn no_column_can_hold_the_position_of_a_person() {
    let db = TestDatabase::create().await;
    // With the partitions of a month.
    insert(db.store(), &[make::one_point_track()]).await.unwrap();
    let mut conn = PgConnection::connect(db.url()).await.unwrap();
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "select table_name::text, column_name::text, udt_name::text from information_schema.columns \
         where table_schema = 'public' and table_name not in ('geometry_columns', 'geography_columns', 'spatial_ref_sys')",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert!(columns.iter().any(|(table, ..)| table.starts_with("coverage_blocks_2026")), "the query sees partitions");
    for (table, column, udt) in columns {
        let name = format!("{table}.{column}");
        let words: Vec<&str> = column.split('_').collect();
        let spells_position =
            ["lat", "lon", "lng", "latitude", "longitude", "position", "coordinates", "x", "y", "wkb"]
                .iter()
                .any(|word| words.contains(word));
        assert!(!spells_position, "{name} could hold a person's position");
        let geometric = ["geometry", "geography", "point", "polygon", "path", "box", "line", "lseg", "circle"];
        let free = geometric.contains(&udt.trim_start_matches('_'));
        assert!(!free || PUBLIC_GEOMETRY.contains(&name.as_str()), "{name} is a {udt}");
        let address = ["inet", "cidr", "macaddr"].contains(&udt.as_str()) || words.contains(&"ip");
        assert!(!address, "{name} could hold a network address");
    }
}

#[tokio::test]
async fn errors_and_debug_output_do_not_show_a_password() {
    let error = store::Store::connect("postgres://someone:hunter2@localhost/db?host=/nowhere").await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("--database-url"), "{shown}");
}

#[tokio::test]
async fn the_names_of_a_device_in_two_years_share_no_id() {
    let db = TestDatabase::create().await;
    let here = make::essen(domain::Hex::MOBILE);
    let points = ["2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"].map(|at| make::point(here, at)).to_vec();
    let mut item = make::evidence(domain::Record::CoverageTrack(make::track(points)));
    item.other_years.insert(2027, domain::DevicePseudonym::from_bytes([8; 16]));
    insert(db.store(), &[item]).await.unwrap();
    let mut conn = PgConnection::connect(db.url()).await.unwrap();
    let devices: Vec<(i64, i64)> =
        sqlx::query_as("select count(*), count(distinct device) from coverage_blocks group by id")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    assert_eq!(devices, [(1, 1), (1, 1)], "two rows, two names, two ids");
}

#[tokio::test]
async fn no_hash_of_an_erased_item_is_left_and_its_id_stays_taken() {
    let db = TestDatabase::create().await;
    let (mine, other) = (make::one_point_track(), make::one_point_track());
    let mut kept = other.clone();
    kept.device = domain::DevicePseudonym::from_bytes([9; 16]);
    insert(db.store(), &[mine.clone(), kept.clone()]).await.unwrap();
    let erased = db.store().run_tx("erase", |tx| Box::pin(store::erase_device(tx, &[DEVICE]))).await.unwrap();
    assert_eq!(erased.coverage_tracks, 1);
    let mut conn = PgConnection::connect(db.url()).await.unwrap();
    let hashes: (i64, i64) =
        sqlx::query_as("select count(*), count(content_hash) from item_ids").fetch_one(&mut conn).await.unwrap();
    assert_eq!(hashes, (2, 1));
    let mut changed = mine;
    changed.content_hash = [3; 16];
    let again = insert(db.store(), &[changed, kept]).await.unwrap();
    assert_eq!(again, [store::Stored::Duplicate; 2], "not kept, whatever it is now");
}

#[tokio::test]
async fn no_hash_of_destroyed_evidence_is_left_although_it_came_later() {
    let db = TestDatabase::create().await;
    let points = vec![make::point(make::essen(domain::Hex::MOBILE), "2020-05-28T09:00:00Z")];
    insert(db.store(), &[make::evidence(domain::Record::CoverageTrack(make::track(points)))]).await.unwrap();
    db.store().run_tx("retention", |tx| Box::pin(store::forget_years(tx, 2022))).await.unwrap();
    let mut conn = PgConnection::connect(db.url()).await.unwrap();
    let hashes: (i64, i64) =
        sqlx::query_as("select count(*), count(content_hash) from item_ids").fetch_one(&mut conn).await.unwrap();
    assert_eq!(hashes, (1, 0), "the id stays taken");
}

#[tokio::test]
async fn nothing_is_written_of_a_year_whose_evidence_was_destroyed() {
    let db = TestDatabase::create().await;
    db.store().run_tx("retention", |tx| Box::pin(store::forget_years(tx, 2027))).await.unwrap();
    let refused = insert(db.store(), &[make::one_point_track()]).await.unwrap_err();
    assert!(matches!(refused, store::StoreError::Forgotten { year: 2026, kept_from: 2027 }), "{refused}");
    let key = db.store().run_tx("year_key", |tx| Box::pin(store::year_key(tx, 2026))).await.unwrap_err();
    assert!(matches!(key, store::StoreError::Forgotten { year: 2026, kept_from: 2027 }), "{key}");
    db.store().run_tx("year_key", |tx| Box::pin(store::year_key(tx, 2027))).await.unwrap();
}
