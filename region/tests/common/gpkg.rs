//! GeoPackages: only the tables and columns that a reader needs.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{Record, project};

/// How a geometry is written.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Polygon,
    MultiPolygonZ,
    /// A point, which is no boundary.
    Point,
}

/// Writes one layer. Byte order and envelope alternate from row to row, since both are free.
pub fn write(path: &Path, layer: &str, epsg: u32, shape: Shape, records: &[Record]) {
    let db = Connection::open(path).unwrap();
    db.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, \
           organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
         CREATE TABLE IF NOT EXISTS gpkg_geometry_columns (table_name TEXT, column_name TEXT, \
           geometry_type_name TEXT, srs_id INTEGER, z INTEGER, m INTEGER);
         INSERT OR REPLACE INTO gpkg_spatial_ref_sys VALUES ('test', 99, 'EPSG', {epsg}, 'undefined');
         INSERT INTO gpkg_geometry_columns VALUES ('{layer}', 'geom', 'GEOMETRY', 99, 0, 0);
         CREATE TABLE \"{layer}\" (fid INTEGER PRIMARY KEY, geom BLOB, gf INTEGER, ars TEXT, ags TEXT, gen TEXT);"
    ))
    .unwrap();
    for (row, record) in records.iter().enumerate() {
        let blob = blob(record, epsg, shape, row % 2 == 0);
        db.execute(
            &format!("INSERT INTO \"{layer}\" (geom, gf, ars, ags, gen) VALUES (?1, ?2, 'unused', ?3, ?4)"),
            params![blob, record.geofactor, record.key, record.name],
        )
        .unwrap();
    }
}

fn blob(record: &Record, epsg: u32, shape: Shape, little: bool) -> Vec<u8> {
    let u32_bytes = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let f64_bytes = |value: f64| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    // Envelope 1 is four numbers, 0 is none.
    let mut out = b"GP\x00".to_vec();
    out.push(if little { 0b11 } else { 0b00 });
    out.extend(u32_bytes(99));
    if little {
        out.extend([0; 32]);
    }
    let open = |out: &mut Vec<u8>, code: u32, count: u32| {
        out.push(u8::from(little));
        out.extend(u32_bytes(code));
        out.extend(u32_bytes(count));
    };
    match shape {
        Shape::Point => {
            out.push(u8::from(little));
            out.extend(u32_bytes(1));
            out.extend([6.0, 50.0].map(f64_bytes).concat());
            return out;
        }
        Shape::Polygon => open(&mut out, 3, record.rings.len() as u32),
        Shape::MultiPolygonZ => {
            open(&mut out, 1006, 1);
            open(&mut out, 1003, record.rings.len() as u32);
        }
    }
    for ring in &record.rings {
        out.extend(u32_bytes(ring.len() as u32));
        for (x, y) in ring.iter().map(|&point| project(epsg, point)) {
            out.extend([x, y].map(f64_bytes).concat());
            if matches!(shape, Shape::MultiPolygonZ) {
                out.extend(f64_bytes(77.0));
            }
        }
    }
    out
}
