//! Small official-looking files, written by the tests themselves in every format. All content is made up.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod gpkg;
pub mod shp;

use std::{fmt::Write as _, fs, path::Path};

use domain::AreaKey;
use proj4rs::Proj;
use region::{BuildSpec, Credit, Source};
use tempfile::TempDir;

/// A boundary record: key, name, Geofaktor, rings in degrees (the first around ground, others around holes).
#[derive(Clone, Debug)]
pub struct Record {
    pub key: String,
    pub name: String,
    pub geofactor: i32,
    pub rings: Vec<Vec<(f64, f64)>>,
}

/// The reference systems to write.
pub const CRS: [u32; 3] = [31467, 25832, 4326];

pub fn key(text: &str) -> AreaKey {
    text.parse().unwrap()
}

/// A closed rectangle, counter-clockwise.
pub fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Vec<(f64, f64)> {
    vec![(west, south), (east, south), (east, north), (west, north), (west, south)]
}

pub fn record(key: &str, name: &str, ring: Vec<(f64, f64)>) -> Record {
    Record { key: key.into(), name: name.into(), geofactor: 9, rings: vec![ring] }
}

/// Three municipalities of state 05 that share borders, one with a hole that a fourth fills, and one of state 03.
pub fn records() -> Vec<Record> {
    let mut around = record("05358008", "Düren", rectangle(6.00, 50.76, 6.10, 50.80));
    around.rings.push(rectangle(6.04, 50.77, 6.06, 50.79));
    vec![
        record("05334004", "Würselen", rectangle(6.05, 50.70, 6.10, 50.76)),
        record("05334002", "Aachen", rectangle(6.00, 50.70, 6.05, 50.76)),
        around,
        record("05358004", "Insel", rectangle(6.04, 50.77, 6.06, 50.79)),
        record("03101000", "Braunschweig", rectangle(10.50, 52.20, 10.56, 52.25)),
    ]
}

/// Degrees to the coordinates of a reference system.
pub fn project(epsg: u32, point: (f64, f64)) -> (f64, f64) {
    let definition = match epsg {
        31467 => {
            "+proj=tmerc +lat_0=0 +lon_0=9 +k=1 +x_0=3500000 +y_0=0 +ellps=bessel \
             +towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7"
        }
        25832 => "+proj=utm +zone=32 +ellps=GRS80 +towgs84=0,0,0,0,0,0,0",
        _ => return point,
    };
    let degrees = Proj::from_proj_string("+proj=longlat +ellps=WGS84 +datum=WGS84").unwrap();
    let to = Proj::from_proj_string(definition).unwrap();
    let mut at = (point.0.to_radians(), point.1.to_radians(), 0.0);
    proj4rs::transform::transform(&degrees, &to, &mut at).unwrap();
    (at.0, at.1)
}

/// All inputs in one folder: a Shapefile in EPSG:25832 and the CSV files.
pub fn folder() -> TempDir {
    let dir = TempDir::new().unwrap();
    shp::write(&dir.path().join("TEST_GEM.shp"), 25832, &records());
    let districts = [
        record("05334", "Städteregion Aachen", rectangle(6.00, 50.70, 6.10, 50.76)),
        record("05358", "Kreis Düren", rectangle(6.00, 50.76, 6.10, 50.80)),
    ];
    shp::write(&dir.path().join("TEST_KRS.shp"), 25832, &districts);
    fs::write(dir.path().join("population.csv"), POPULATION).unwrap();
    fs::write(dir.path().join("supply.csv"), supply()).unwrap();
    fs::write(dir.path().join("sites.csv"), SITES).unwrap();
    dir
}

/// 12-digit ARS in a column called `ags`, as the census publishes it.
pub const POPULATION: &str = "state,ags,place,population\n\
    NW,053340002002,Aachen,249070\nNW,053340004004,Würselen,38756\nNW,053580008008,Düren,92820\n\
    NW,053580004004,Insel,7\nNI,031010000000,Braunschweig,251551\n";

/// As the office publishes it: the keys have lost their zero, some coordinates are missing or far away.
pub const SITES: &str = "Schulform,Amtlicher Gemeindeschlüssel,Schulnummer,latitude,longitude\n\
    Gymnasium,5334002,100001,50.73,6.02\nGrundschule,5334002,100002,50.73,6.02\nGrundschule,5334004,100003,50.73,6.07\n\
    Grundschule,5334004,100004,,\nGrundschule,5358008,100005,49.19,-0.36\nGrundschule,5334004,100006,50.72,6.01\n";

pub fn supply() -> String {
    let columns = region::inputs::supply::COLUMNS.map(|(published, _)| format!("\"{published}\"")).join(",");
    let mut text = format!("\"AGS\",\"alle Technologien ≥ 1 Mbit/s\",{columns}\n");
    for (key, share) in [("05334002", "99.50"), ("05334004", "88.25"), ("05358008", "100.32"), ("05334901", "50.00")] {
        writeln!(text, "\"{key}\",100.00{}", format!(",{share}").repeat(15)).unwrap();
    }
    text
}

/// The order to build the folder's files for `states`.
pub fn spec(dir: &Path, states: &[&str]) -> BuildSpec {
    BuildSpec {
        id: "test".parse().unwrap(),
        title: "Testland".into(),
        states: states.iter().map(|state| key(state)).collect(),
        boundaries: source(dir, "TEST_GEM.shp", "made-up boundaries"),
        layer: None,
        districts: None,
        population: Some(source(dir, "population.csv", "made-up census")),
        supply: Some(source(dir, "supply.csv", "made-up supply")),
        sites: Some(source(dir, "sites.csv", "made-up schools")),
        command: "whitespot region build test.toml --data DATA_FOLDER".into(),
    }
}

/// Only boundaries.
pub fn boundaries_only(path: &Path, states: &[&str]) -> BuildSpec {
    let mut spec = spec(path.parent().unwrap(), states);
    path.clone_into(&mut spec.boundaries.path);
    BuildSpec { population: None, supply: None, sites: None, ..spec }
}

fn source(dir: &Path, file: &str, credit: &str) -> Source {
    Source {
        path: dir.join(file),
        title: credit.into(),
        reference_date: "2026-01-01".into(),
        credits: vec![Credit { licence: "CC0-1.0".into(), credit: format!("© {credit}") }],
    }
}
