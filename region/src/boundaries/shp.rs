//! Shapefile: .shp with its .dbf, .prj and .cpg.
//!
//! The geometry is read here, not by a library: a damaged count must become a message with the record's number,
//! never a panic or a huge allocation. Tests write their files with the `shapefile` crate, so that two
//! implementations must agree.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use domain::AreaKey;

use super::{
    Boundary, BoundaryFile, Crs, Polygons, Ring,
    attributes::{Columns, is_water},
    bytes::Bytes,
    dbf::Dbf,
    encoding::Encoding,
    polygons,
};
use crate::BuildError;

const ADVICE: &str = "Download the file again, all its parts from the same archive";

pub(super) fn read(path: &Path, states: &[AreaKey]) -> Result<BoundaryFile, BuildError> {
    let content = std::fs::read(path).map_err(BuildError::io(path))?;
    let shapes = shapes(path, &content)?;
    let (crs, prj) = crs(path)?;
    let (encoding, cpg) = encoding(path)?;
    let dbf_path = beside(path, "dbf");
    let dbf = Dbf::read(&dbf_path, encoding)?;
    if dbf.len() != shapes.len() {
        return Err(BuildError::Damaged {
            file: path.to_owned(),
            place: "whole file".into(),
            what: format!("holds {} shapes, but its .dbf {} rows", shapes.len(), dbf.len()),
            advice: ADVICE,
        });
    }
    let names: Vec<String> = dbf.column_names().map(str::to_owned).collect();
    let columns = Columns::find(&dbf_path, &names)?;
    let to_wgs84 = crs.to_wgs84();
    let mut found_states = BTreeSet::new();
    let mut boundaries = Vec::new();
    let mut assumed_latin1 = false;
    for (number, (row, shape)) in (1_u64..).zip(dbf.rows().zip(shapes)) {
        if row.is_deleted() {
            continue;
        }
        let place = || format!("record {number}");
        let text = |column: usize| {
            row.text(column).ok_or_else(|| BuildError::Damaged {
                file: dbf_path.clone(),
                place: place(),
                what: format!("column {} is not UTF-8, although the .cpg says so", names[column]),
                advice: "If names should read with umlauts, write ISO-8859-1 into the .cpg file",
            })
        };
        let key_text = text(columns.key.index())?;
        let key = columns.key.parse(&key_text).map_err(|invalid| BuildError::Damaged {
            file: dbf_path.clone(),
            place: place(),
            what: invalid.to_string(),
            advice: "Official keys must be text in the boundary file",
        })?;
        found_states.insert(key.state());
        if !states.contains(&key.state()) {
            continue;
        }
        assumed_latin1 |= encoding == Encoding::Guess && row.is_not_utf8(columns.name);
        boundaries.push(Boundary {
            record: number,
            key,
            name: text(columns.name)?,
            water: columns.geofactor.map(text).transpose()?.is_some_and(|value| is_water(&value)),
            polygons: polygons::to_degrees(path, &place(), shape, &to_wgs84)?,
        });
    }
    let shx = Some(beside(path, "shx")).filter(|file| file.is_file());
    let files = [Some(path.to_owned()), Some(dbf_path), Some(prj), cpg, shx].into_iter().flatten().collect();
    Ok(BoundaryFile { files, boundaries, states: found_states.into_iter().collect(), assumed_latin1 })
}

/// The sibling with another extension, in the case the file has.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let upper = path.with_extension(extension.to_ascii_uppercase());
    if path.extension().is_some_and(|e| e == "SHP") && upper.is_file() { upper } else { path.with_extension(extension) }
}

fn crs(path: &Path) -> Result<(Crs, PathBuf), BuildError> {
    let prj = beside(path, "prj");
    let wkt = std::fs::read(&prj).map_err(BuildError::io(&prj))?;
    let wkt = super::encoding::latin1(&wkt);
    let found = || wkt.chars().take(100).collect();
    Crs::from_wkt(&wkt)
        .ok_or_else(|| BuildError::UnknownCrs { file: prj.clone(), found: found() })
        .map(|crs| (crs, prj))
}

fn encoding(path: &Path) -> Result<(Encoding, Option<PathBuf>), BuildError> {
    let cpg = beside(path, "cpg");
    if !cpg.is_file() {
        return Ok((Encoding::Guess, None));
    }
    let text = std::fs::read(&cpg).map_err(BuildError::io(&cpg))?;
    let text = super::encoding::latin1(&text);
    let encoding = Encoding::from_cpg(&text).ok_or_else(|| BuildError::Damaged {
        file: cpg.clone(),
        place: "line 1".into(),
        what: format!("encoding {:?} is not known", text.trim()),
        advice: "Known are UTF-8, ISO-8859-1 and 1252: transform the file (ogr2ogr -lco ENCODING=UTF-8)",
    })?;
    Ok((encoding, Some(cpg)))
}

/// All shapes in the order of the file, in its own coordinates; a null shape has no parts.
fn shapes(path: &Path, content: &[u8]) -> Result<Vec<Polygons>, BuildError> {
    let damaged =
        |place: String, what: String| BuildError::Damaged { file: path.to_owned(), place, what, advice: ADVICE };
    let mut header = Bytes::new(content);
    let (Some(9994), Some(_), Some(words)) = (header.u32(false), header.take(20), header.u32(false)) else {
        return Err(damaged("header".into(), "is not a Shapefile".into()));
    };
    let promised = u64::from(words) * 2;
    if promised != content.len() as u64 {
        let what =
            format!("has {} bytes, but its header promises {promised}: it is cut short or damaged", content.len());
        return Err(damaged("header".into(), what));
    }
    let mut body = Bytes::new(content.get(100..).unwrap_or_default());
    let mut shapes = Vec::new();
    while body.len() > 0 {
        let place = || format!("record {}", shapes.len() + 1);
        let record = body
            .take(4)
            .and_then(|_| body.u32(false))
            .and_then(|words| usize::try_from(words).ok()?.checked_mul(2))
            .and_then(|length| body.take(length))
            .ok_or_else(|| damaged(place(), "is cut short".into()))?;
        let polygons = polygon(record).map_err(|what| damaged(place(), what.into()))?;
        shapes.push(polygons);
    }
    Ok(shapes)
}

/// One record: a polygon (5), with Z (15) or M (25), or a null shape (0). Z and M values follow the points; not read.
fn polygon(record: &[u8]) -> Result<Polygons, &'static str> {
    const SHORT: &str = "is shorter than its counts say";
    let mut bytes = Bytes::new(record);
    match bytes.u32(true) {
        Some(0) => return Ok(Polygons::default()),
        Some(5 | 15 | 25) => {}
        Some(_) => return Err("is not a polygon: boundaries must be areas, not lines or points"),
        None => return Err(SHORT),
    }
    bytes.take(32).ok_or(SHORT)?;
    let ring_count = bytes.u32(true).ok_or(SHORT)? as usize;
    let point_count = bytes.u32(true).ok_or(SHORT)? as usize;
    let starts = bytes.take(ring_count.checked_mul(4).ok_or(SHORT)?).ok_or(SHORT)?;
    let points = bytes.take(point_count.checked_mul(16).ok_or(SHORT)?).ok_or(SHORT)?;
    let mut starts = Bytes::new(starts);
    let starts: Vec<usize> = std::iter::from_fn(|| starts.u32(true)).map(|start| start as usize).collect();
    let ends = starts.iter().skip(1).copied().chain([point_count]);
    let mut rings = Vec::with_capacity(starts.len());
    for (start, end) in starts.iter().copied().zip(ends) {
        if start > end || end > point_count {
            return Err("has rings that overlap or lie outside its points");
        }
        let mut ring = Bytes::new(&points[start * 16..end * 16]);
        let points: Vec<(f64, f64)> = std::iter::from_fn(|| ring.f64(true).zip(ring.f64(true))).collect();
        // Shapefile rings run clockwise around ground and counter-clockwise around holes.
        let hole = doubled_area(&points) > 0.0;
        rings.push(Ring { points, hole });
    }
    Ok(Polygons { parts: vec![rings] })
}

/// Twice the area in the plane, positive for counter-clockwise rings. Taken from the first point on, so that
/// large northings do not eat the digits.
fn doubled_area(points: &[(f64, f64)]) -> f64 {
    let Some(&(x0, y0)) = points.first() else { return 0.0 };
    points.windows(2).map(|edge| (edge[0].0 - x0) * (edge[1].1 - y0) - (edge[1].0 - x0) * (edge[0].1 - y0)).sum()
}
