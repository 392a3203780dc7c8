//! GeoPackage: an SQLite file; opened read-only.

use std::{collections::BTreeSet, path::Path};

use domain::AreaKey;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, types::ValueRef};

use super::{
    Boundary, BoundaryFile, Crs,
    attributes::{Columns, is_water},
    polygons, wkb,
};
use crate::BuildError;

/// A feature table with its geometry column.
#[derive(Debug)]
struct Layer {
    table: String,
    geometry: String,
    srs_id: i64,
    columns: Vec<String>,
}

pub(super) fn read(path: &Path, layer: Option<&str>, states: &[AreaKey]) -> Result<BoundaryFile, BuildError> {
    // SQLite would report a missing file as "unable to open".
    std::fs::File::open(path).map_err(BuildError::io(path))?;
    let open = || -> rusqlite::Result<_> {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let layers = layers(&db)?;
        Ok((db, layers))
    };
    let (db, layers) = open().map_err(|error| sql(path, &error))?;
    let layer = choose(path, layers, layer)?;
    let columns = Columns::find(path, &layer.columns)?;
    let crs = crs(path, &db, &layer)?;
    let to_wgs84 = crs.to_wgs84();

    let picked = [columns.key.index(), columns.name, columns.geofactor.unwrap_or(columns.name)];
    let picked = picked.map(|index| quoted(&layer.columns[index])).join(", ");
    let query =
        format!("SELECT rowid, {}, {picked} FROM {} ORDER BY rowid", quoted(&layer.geometry), quoted(&layer.table));
    let mut statement = db.prepare(&query).map_err(|error| sql(path, &error))?;
    let mut rows = statement.query([]).map_err(|error| sql(path, &error))?;
    let mut found_states = BTreeSet::new();
    let mut boundaries = Vec::new();
    while let Some(row) = rows.next().map_err(|error| sql(path, &error))? {
        let record: i64 = row.get(0).map_err(|error| sql(path, &error))?;
        let place = format!("layer {}, row {record}", layer.table);
        let damaged =
            |what: String, advice| BuildError::Damaged { file: path.to_owned(), place: place.clone(), what, advice };
        let text = |index: usize| {
            row.get_ref(index).map_err(|error| sql(path, &error)).map(|value| match value {
                ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).trim().to_owned(),
                ValueRef::Integer(number) => number.to_string(),
                _ => String::new(),
            })
        };
        let key = columns
            .key
            .parse(&text(2)?)
            .map_err(|invalid| damaged(invalid.to_string(), "Official keys must be text in the boundary file"))?;
        found_states.insert(key.state());
        if !states.contains(&key.state()) {
            continue;
        }
        let blob = row.get_ref(1).map_err(|error| sql(path, &error))?;
        let blob = blob.as_blob_or_null().ok().flatten().unwrap_or_default();
        let outline = if blob.is_empty() { Ok(polygons::Polygons::default()) } else { wkb::parse(blob) };
        let outline =
            outline.map_err(|what| damaged(what.to_owned(), "Download the file again, or repair that row"))?;
        boundaries.push(Boundary {
            record: record.unsigned_abs(),
            key,
            name: text(3)?,
            water: columns.geofactor.is_some() && is_water(&text(4)?),
            polygons: polygons::to_degrees(path, &place, outline, &to_wgs84)?,
        });
    }
    Ok(BoundaryFile {
        files: vec![path.to_owned()],
        boundaries,
        states: found_states.into_iter().collect(),
        assumed_latin1: false,
    })
}

fn sql(path: &Path, error: &rusqlite::Error) -> BuildError {
    BuildError::Damaged {
        file: path.to_owned(),
        place: "as a database".into(),
        what: error.to_string(),
        advice: "It is not a GeoPackage, or cut short: download the file again",
    }
}

/// An SQL name may hold anything but must not end its quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn layers(db: &Connection) -> rusqlite::Result<Vec<Layer>> {
    let mut statement =
        db.prepare("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns ORDER BY table_name")?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut layers = Vec::new();
    for row in found {
        let (table, geometry, srs_id): (String, String, i64) = row?;
        let mut info = db.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
        let columns = info.query_map([&table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        layers.push(Layer { table, geometry, srs_id, columns });
    }
    Ok(layers)
}

/// The layer named, or the only one, or the only one whose name ends in `gem` (as the federal files name it).
fn choose(path: &Path, mut layers: Vec<Layer>, wanted: Option<&str>) -> Result<Layer, BuildError> {
    let names = layers.iter().map(|layer| layer.table.as_str()).collect::<Vec<_>>().join(", ");
    let count = layers.len();
    layers.retain(|layer| match wanted {
        Some(name) => layer.table.eq_ignore_ascii_case(name),
        None => count == 1 || layer.table.to_ascii_lowercase().ends_with("gem"),
    });
    let found = layers.len();
    match layers.pop() {
        Some(layer) if found == 1 => Ok(layer),
        _ => Err(BuildError::Layer {
            file: path.to_owned(),
            what: wanted.map_or_else(
                || "several layers could hold the boundaries, or none".to_owned(),
                |name| format!("no layer {name}"),
            ),
            layers: names,
        }),
    }
}

fn crs(path: &Path, db: &Connection, layer: &Layer) -> Result<Crs, BuildError> {
    let row = db
        .query_row(
            "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1",
            [layer.srs_id],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?)),
        )
        .optional()
        .map_err(|error| sql(path, &error))?;
    let unknown = |found: String| BuildError::UnknownCrs { file: path.to_owned(), found };
    let Some((organization, code, definition)) = row else {
        return Err(unknown(format!(
            "number {} of layer {}, which the file does not define",
            layer.srs_id, layer.table
        )));
    };
    if organization.eq_ignore_ascii_case("EPSG") {
        let known = u32::try_from(code).ok().and_then(Crs::from_epsg);
        return known.ok_or_else(|| unknown(format!("EPSG:{code}")));
    }
    Crs::from_wkt(&definition).ok_or_else(|| unknown(definition.chars().take(100).collect()))
}
