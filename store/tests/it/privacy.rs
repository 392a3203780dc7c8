use sqlx::{Connection, PgConnection};
use store::testing::TestDatabase;

use crate::{evidence::insert, make};

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
