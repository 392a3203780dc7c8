//! Shapefiles, written with the `shapefile` crate: another implementation than the reader under test.

use std::{fs, path::Path};

use shapefile::{
    Point, Polygon, PolygonRing, Writer,
    dbase::{FieldName, FieldValue, Record as Row, TableWriterBuilder},
};

use super::{Record, project};

pub fn wkt(epsg: u32) -> &'static str {
    match epsg {
        31467 => {
            r#"PROJCS["DHDN_3_Degree_Gauss_Zone_3",GEOGCS["GCS_DHDN",UNIT["Degree",0.017]],AUTHORITY["EPSG",31467]]"#
        }
        25832 => r#"PROJCS["ETRS_1989_UTM_Zone_32N",GEOGCS["GCS_ETRS_1989",UNIT["Degree",0.017]],UNIT["Meter",1.0]]"#,
        4326 => r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"],UNIT["Degree",0.017]]"#,
        _ => r#"PROJCS["RGF93_Lambert_93",AUTHORITY["EPSG",2154]]"#,
    }
}

/// Writes .shp, .shx, .dbf, .prj and a .cpg that says UTF-8.
pub fn write(path: &Path, epsg: u32, records: &[Record]) {
    write_columns(path, epsg, records, ["AGS", "GEN"]);
}

/// As [`write`], with other names for the columns of key and name.
pub fn write_columns(path: &Path, epsg: u32, records: &[Record], [key, name]: [&str; 2]) {
    let field = |text: &str| FieldName::try_from(text).unwrap();
    let table = TableWriterBuilder::new()
        .add_numeric_field(field("GF"), 2, 0)
        .add_character_field(field(key), 8)
        .add_character_field(field(name), 60);
    let mut writer = Writer::from_path(path, table).unwrap();
    for record in records {
        let rings = record.rings.iter().enumerate().map(|(number, ring)| {
            let points = ring.iter().map(|&point| project(epsg, point)).map(|(x, y)| Point::new(x, y)).collect();
            if number == 0 { PolygonRing::Outer(points) } else { PolygonRing::Inner(points) }
        });
        let mut row = Row::default();
        row.insert("GF".into(), FieldValue::Numeric(Some(record.geofactor.into())));
        row.insert(key.into(), FieldValue::Character(Some(record.key.clone())));
        row.insert(name.into(), FieldValue::Character(Some(record.name.clone())));
        writer.write_shape_and_record(&Polygon::with_rings(rings.collect()), &row).unwrap();
    }
    drop(writer);
    fs::write(path.with_extension("prj"), wkt(epsg)).unwrap();
    fs::write(path.with_extension("cpg"), "UTF-8").unwrap();
}

/// Rewrites the .dbf in place with other bytes of the same length.
pub fn replace_in_dbf(path: &Path, from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let dbf = path.with_extension("dbf");
    let mut bytes = fs::read(&dbf).unwrap();
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    fs::write(&dbf, bytes).unwrap();
}
