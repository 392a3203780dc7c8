//! Outlines of hexagons as WKB in web mercator (EPSG:3857). Public geometry of the H3 grid, nobody's position.

use domain::{Hex, Invalid};
use h3o::{LatLng, geom::SolventBuilder};

/// Radius of the sphere of EPSG:3857 in metres.
const RADIUS_M: f64 = 6_378_137.0;
/// Where web mercator ends: its world is a square.
const MAX_LAT: f64 = 85.051_128_78;

const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

/// One hexagon as a polygon.
pub(crate) fn hex_outline(hex: Hex) -> Vec<u8> {
    let centre = LatLng::from(hex.as_h3()).lng();
    let mut ring: Vec<(f64, f64)> = hex
        .as_h3()
        .boundary()
        .iter()
        .map(|corner| {
            // A hexagon on the antimeridian stays in one piece beside the map instead of going around it.
            let turns = ((centre - corner.lng()) / 360.0).round();
            project(corner.lng() + 360.0 * turns, corner.lat())
        })
        .collect();
    ring.extend(ring.first().copied());
    let mut out = Vec::with_capacity(13 + 16 * ring.len());
    header(&mut out, POLYGON, 1);
    push_ring(&mut out, &ring);
    out
}

/// The outline of many hexagons (compacted or not, none of them twice) as a multipolygon.
pub(crate) fn outline(hexes: &[Hex]) -> Result<Vec<u8>, Invalid> {
    let finest = hexes.iter().map(|hex| hex.resolution()).max().unwrap_or(Hex::FIXED);
    let solvent = SolventBuilder::new().enable_heterogeneous_support(finest).build();
    let dissolved = solvent
        .dissolve(hexes.iter().map(|hex| hex.as_h3()))
        .map_err(|error| Invalid::new("set of hexagons", error, "must hold each hexagon once"))?;
    let mut out = Vec::new();
    header(&mut out, MULTI_POLYGON, dissolved.0.len());
    for polygon in &dissolved {
        header(&mut out, POLYGON, 1 + polygon.interiors().len());
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            let ring: Vec<_> = ring.coords().map(|at| project(at.x, at.y)).collect();
            push_ring(&mut out, &ring);
        }
    }
    Ok(out)
}

fn project(lng: f64, lat: f64) -> (f64, f64) {
    let lat = lat.clamp(-MAX_LAT, MAX_LAT).to_radians();
    (RADIUS_M * lng.to_radians(), RADIUS_M * (std::f64::consts::FRAC_PI_4 + lat / 2.0).tan().ln())
}

/// Byte order (little endian), type, and how many parts follow.
fn header(out: &mut Vec<u8>, kind: u32, parts: usize) {
    out.push(1);
    out.extend(kind.to_le_bytes());
    out.extend((parts as u32).to_le_bytes());
}

fn push_ring(out: &mut Vec<u8>, ring: &[(f64, f64)]) {
    out.extend((ring.len() as u32).to_le_bytes());
    for (x, y) in ring {
        out.extend(x.to_le_bytes());
        out.extend(y.to_le_bytes());
    }
}
