//! Polygons out of a GeoPackage geometry: its header, then well-known binary.

use super::{Polygons, Ring, bytes::Bytes};

const SHORT: &str = "geometry is cut short";

/// Parses a GeoPackage geometry blob. An empty geometry has no parts.
pub(super) fn parse(blob: &[u8]) -> Result<Polygons, &'static str> {
    let mut bytes = Bytes::new(blob);
    if bytes.take(2) != Some(b"GP") {
        return Err("geometry does not begin with the GeoPackage mark");
    }
    bytes.u8().ok_or(SHORT)?;
    let flags = bytes.u8().ok_or(SHORT)?;
    // Bits 1 to 3 say which envelope stands between header and geometry.
    let envelope = match (flags >> 1) & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err("geometry has an unknown envelope"),
    };
    bytes.take(4 + envelope).ok_or(SHORT)?;
    let mut polygons = Polygons::default();
    geometry(&mut bytes, &mut polygons, 0)?;
    Ok(polygons)
}

fn geometry(bytes: &mut Bytes<'_>, out: &mut Polygons, depth: u8) -> Result<(), &'static str> {
    let little = match bytes.u8().ok_or(SHORT)? {
        0 => false,
        1 => true,
        _ => return Err("geometry has an unknown byte order"),
    };
    let code = bytes.u32(little).ok_or(SHORT)?;
    let dimensions = match code / 1000 {
        0 => 2,
        1 | 2 => 3,
        3 => 4,
        _ => return Err("geometry has an unknown type"),
    };
    match code % 1000 {
        3 => {
            let rings = bytes.u32(little).ok_or(SHORT)?;
            let mut part = Vec::new();
            for number in 0..rings {
                part.push(Ring { points: points(bytes, little, dimensions)?, hole: number > 0 });
            }
            if !part.is_empty() {
                out.parts.push(part);
            }
        }
        // A MultiPolygon (6) or a collection of surfaces holds whole geometries.
        6 if depth == 0 => {
            for _ in 0..bytes.u32(little).ok_or(SHORT)? {
                geometry(bytes, out, 1)?;
            }
        }
        _ => return Err("geometry is not a polygon: boundaries must be areas, not lines or points"),
    }
    Ok(())
}

fn points(bytes: &mut Bytes<'_>, little: bool, dimensions: usize) -> Result<Vec<(f64, f64)>, &'static str> {
    let count = bytes.u32(little).ok_or(SHORT)? as usize;
    let size = count.checked_mul(dimensions * 8).ok_or(SHORT)?;
    let mut block = Bytes::new(bytes.take(size).ok_or(SHORT)?);
    let mut points = Vec::with_capacity(count);
    for _ in 0..count {
        let (x, y) = block.f64(little).zip(block.f64(little)).ok_or(SHORT)?;
        block.take((dimensions - 2) * 8).ok_or(SHORT)?;
        points.push((x, y));
    }
    Ok(points)
}
