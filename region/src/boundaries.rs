//! Boundary files: Shapefile or GeoPackage, in one of a few reference systems, as polygons in degrees.

mod attributes;
mod bytes;
pub mod crs;
mod dbf;
pub(crate) mod encoding;
mod gpkg;
pub mod polygons;
mod shp;
mod wkb;

use std::path::{Path, PathBuf};

use domain::AreaKey;

pub use crs::Crs;
pub use polygons::{Polygons, Ring};

use crate::BuildError;

/// One record of a boundary file that belongs to the states asked for.
#[derive(Clone, Debug)]
pub struct Boundary {
    /// Number of the record, from 1 (Shapefile), or its row id (GeoPackage).
    pub record: u64,
    /// Official key.
    pub key: AreaKey,
    /// Official name.
    pub name: String,
    /// Geofaktor 1 or 2 of the federal boundary files: a water area.
    pub water: bool,
    /// Outline in degrees, WGS 84, longitude first.
    pub polygons: Polygons,
}

/// A boundary file, read.
#[derive(Clone, Debug)]
pub struct BoundaryFile {
    /// The files that were read, for checksums: for a Shapefile all its parts.
    pub files: Vec<PathBuf>,
    /// Records of the states asked for, in the order of the file.
    pub boundaries: Vec<Boundary>,
    /// Keys of all states in the file.
    pub states: Vec<AreaKey>,
    /// Whether the text was read as Latin-1 although no .cpg says so.
    pub assumed_latin1: bool,
}

/// Reads the municipalities or districts of `states` from a Shapefile or GeoPackage.
///
/// Errors name file and record; a file that has none of the states is [`BuildError::OtherState`].
pub fn read(path: &Path, layer: Option<&str>, states: &[AreaKey]) -> Result<BoundaryFile, BuildError> {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let file = if extension == "shp" {
        shp::read(path, states)?
    } else if extension == "gpkg" {
        gpkg::read(path, layer, states)?
    } else {
        return Err(BuildError::BoundaryFormat { file: path.to_owned() });
    };
    let absent: Vec<_> = states.iter().filter(|state| !file.states.contains(state)).map(AreaKey::as_str).collect();
    if !absent.is_empty() {
        return Err(BuildError::OtherState {
            file: path.to_owned(),
            wanted: absent.join(", "),
            found: file.states.iter().map(AreaKey::as_str).collect::<Vec<_>>().join(", "),
        });
    }
    Ok(file)
}

/// The boundary file meant by `path`: itself, or the only `*_GEM.shp` of a folder.
pub fn resolve(path: &Path) -> Result<PathBuf, BuildError> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let mut found = with_ending(path, "_gem.shp")?;
    match (found.len(), found.pop()) {
        (1, Some(file)) => Ok(file),
        (count, _) => Err(BuildError::BoundaryFolder { folder: path.to_owned(), found: count }),
    }
}

/// The district file beside a municipality file `*_GEM.shp`, if there is one.
pub fn districts_beside(boundaries: &Path) -> Option<PathBuf> {
    let name = boundaries.file_name()?.to_str()?;
    let stem = name.get(..name.len().checked_sub("_GEM.shp".len())?)?;
    ["_KRS.shp", "_krs.shp"]
        .map(|end| boundaries.with_file_name(format!("{stem}{end}")))
        .into_iter()
        .find(|f| f.is_file())
}

fn with_ending(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, BuildError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(BuildError::io(folder))? {
        let path = entry.map_err(BuildError::io(folder))?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().to_ascii_lowercase().ends_with(ending)) {
            found.push(path);
        }
    }
    Ok(found)
}
