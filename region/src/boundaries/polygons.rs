//! Outlines in degrees: point in polygon, bounding box, area.

use std::{cmp::Ordering, path::Path};

use geo::GeodesicArea;
use geo_types::{LineString, Polygon};

use super::crs::ToWgs84;
use crate::BuildError;

/// One closed ring, longitude first. The last point repeats the first or not: it is closed either way.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring {
    /// (x, y): projected units in the file, degrees afterwards.
    pub points: Vec<(f64, f64)>,
    /// Whether it cuts a hole (for the area; membership counts crossings).
    pub hole: bool,
}

/// The ground of one area: parts that may lie apart, each with its holes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Polygons {
    /// A point is inside if any part has it inside; inside a part, crossings of all its rings are counted.
    pub parts: Vec<Vec<Ring>>,
}

/// West, south, east, north.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Smallest longitude.
    pub west: f64,
    /// Smallest latitude.
    pub south: f64,
    /// Largest longitude.
    pub east: f64,
    /// Largest latitude.
    pub north: f64,
}

impl Bounds {
    /// The smallest box around (longitude, latitude) points; `None` without points.
    pub fn around(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        points.into_iter().fold(None, |bounds: Option<Self>, (lng, lat)| {
            let b = bounds.unwrap_or(Self { west: lng, south: lat, east: lng, north: lat });
            Some(Self {
                west: b.west.min(lng),
                south: b.south.min(lat),
                east: b.east.max(lng),
                north: b.north.max(lat),
            })
        })
    }

    /// Whether the two boxes share a point.
    pub fn meets(&self, other: &Self) -> bool {
        self.west <= other.east && other.west <= self.east && self.south <= other.north && other.south <= self.north
    }

    /// Whether a position lies inside or on the edge.
    pub fn holds(&self, lng: f64, lat: f64) -> bool {
        (self.west..=self.east).contains(&lng) && (self.south..=self.north).contains(&lat)
    }
}

impl Ring {
    /// Edges, the closing one included; its length is zero where the last point repeats the first.
    fn edges(&self) -> impl Iterator<Item = ((f64, f64), (f64, f64))> + '_ {
        let next = self.points.iter().cycle().skip(1);
        self.points.iter().zip(next).map(|(&a, &b)| (a, b))
    }
}

impl Polygons {
    /// All points.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.parts.iter().flatten().flat_map(|ring| ring.points.iter().copied())
    }

    /// All points, to transform them.
    pub fn points_mut(&mut self) -> impl Iterator<Item = &mut (f64, f64)> {
        self.parts.iter_mut().flatten().flat_map(|ring| ring.points.iter_mut())
    }

    /// Bounding box; `None` without points.
    pub fn bounds(&self) -> Option<Bounds> {
        Bounds::around(self.points())
    }

    /// Index of edges for many [`EdgeIndex::contains`] questions.
    pub fn index(&self) -> EdgeIndex {
        EdgeIndex { parts: self.parts.iter().map(|rings| PartIndex::new(rings)).collect() }
    }

    /// Area on the WGS 84 ellipsoid in km².
    pub fn area_km2(&self) -> f64 {
        let ring_m2 =
            |ring: &Ring| Polygon::new(LineString::from(ring.points.clone()), Vec::new()).geodesic_area_signed().abs();
        let square_metres: f64 =
            self.parts.iter().flatten().map(|ring| if ring.hole { -ring_m2(ring) } else { ring_m2(ring) }).sum();
        square_metres / 1e6
    }
}

/// Bins of latitude per part: a question looks at one bin's edges only.
const BINS: usize = 256;

/// Edges of an outline sorted into bands of latitude.
#[derive(Clone, Debug)]
pub struct EdgeIndex {
    parts: Vec<PartIndex>,
}

#[derive(Clone, Debug)]
struct PartIndex {
    south: f64,
    bin_degrees: f64,
    bins: Vec<Vec<Edge>>,
}

/// An edge with its southern end first: the same two points give the same edge whichever way a ring runs,
/// so that neighbours compute the same crossing and a point on their common border goes to exactly one.
#[derive(Clone, Copy, Debug)]
struct Edge {
    south: (f64, f64),
    north: (f64, f64),
}

impl Edge {
    /// Whether a ray from the point to the east crosses. Half-open in latitude: a vertex counts once.
    fn is_crossed(&self, lng: f64, lat: f64) -> bool {
        if lat < self.south.1 || lat >= self.north.1 {
            return false;
        }
        let share = (lat - self.south.1) / (self.north.1 - self.south.1);
        lng < share.mul_add(self.north.0 - self.south.0, self.south.0)
    }
}

impl PartIndex {
    fn new(rings: &[Ring]) -> Self {
        let lats = || rings.iter().flat_map(|ring| ring.points.iter().map(|point| point.1));
        let south = lats().fold(f64::INFINITY, f64::min);
        let north = lats().fold(f64::NEG_INFINITY, f64::max);
        let edges: Vec<Edge> = rings
            .iter()
            .flat_map(Ring::edges)
            .filter_map(|(a, b)| match a.1.total_cmp(&b.1) {
                Ordering::Less => Some(Edge { south: a, north: b }),
                Ordering::Greater => Some(Edge { south: b, north: a }),
                // A level edge never crosses a ray to the east.
                Ordering::Equal => None,
            })
            .collect();
        let count = (edges.len() / 4).clamp(1, BINS);
        let mut index = Self { south, bin_degrees: (north - south) / count as f64, bins: vec![Vec::new(); count] };
        for edge in edges {
            for bin in index.bin(edge.south.1)..=index.bin(edge.north.1) {
                index.bins[bin].push(edge);
            }
        }
        index
    }

    fn bin(&self, lat: f64) -> usize {
        // A float cast saturates: below the first bin is 0, above the last is cut.
        (((lat - self.south) / self.bin_degrees) as usize).min(self.bins.len() - 1)
    }

    fn contains(&self, lng: f64, lat: f64) -> bool {
        let crossings = self.bins[self.bin(lat)].iter().filter(|edge| edge.is_crossed(lng, lat)).count();
        crossings % 2 == 1
    }
}

impl EdgeIndex {
    /// Whether the position is inside. A position on a border shared by two areas is inside exactly one of them.
    pub fn contains(&self, lng: f64, lat: f64) -> bool {
        self.parts.iter().any(|part| part.contains(lng, lat))
    }
}

/// Germany with a margin. Keys here are German, so coordinates elsewhere mean a wrong reference system.
const GERMANY: Bounds = Bounds { west: 5.5, south: 47.0, east: 15.6, north: 55.4 };

/// Transforms an outline of `file` to degrees. Refuses NaN and infinite numbers, rings of fewer than three points,
/// and everything that lands outside Germany.
pub(super) fn to_degrees(
    file: &Path,
    place: &str,
    mut polygons: Polygons,
    to_wgs84: &ToWgs84,
) -> Result<Polygons, BuildError> {
    let damaged = |what: &str, advice| BuildError::Damaged {
        file: file.to_owned(),
        place: place.to_owned(),
        what: what.to_owned(),
        advice,
    };
    if polygons.parts.iter().flatten().any(|ring| ring.points.len() < 3) {
        return Err(damaged("has a ring of fewer than three points", "Repair the geometry (ogr2ogr -makevalid)"));
    }
    for point in polygons.points_mut() {
        if !point.0.is_finite() || !point.1.is_finite() {
            return Err(damaged(
                "has a coordinate that is not a finite number",
                "Download the file again, or repair that record",
            ));
        }
        *point = to_wgs84.apply(*point).filter(|&(lng, lat)| GERMANY.holds(lng, lat)).ok_or_else(|| {
            damaged(
                "lies outside Germany after the transformation to WGS 84",
                "The file's reference system (.prj or layer) does not fit its coordinates, or x and y are swapped",
            )
        })?;
    }
    Ok(polygons)
}
