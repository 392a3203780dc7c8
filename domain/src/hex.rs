//! H3 hexagons. The word *cell* is banned: a radio cell is something else.

use std::{fmt, str::FromStr};

pub use h3o::Resolution;
use h3o::{CellIndex, LatLng};

use crate::{Invalid, text::text_form};

/// One H3 hexagon (or pentagon) with its resolution, valid by construction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex(CellIndex);

impl Hex {
    /// Leaf resolution of mobile evidence: about 66 m edge, 0.015 km².
    pub const MOBILE: Resolution = Resolution::Ten;
    /// Leaf resolution of fixed-line evidence and of area membership: about 174 m edge, 0.105 km².
    pub const FIXED: Resolution = Resolution::Nine;
    /// Resolution of storage blocks: evidence of one block is kept and rebuilt together (5.2 km²).
    pub const BLOCK: Resolution = Resolution::Seven;
    /// Coarsest resolution a record may carry; coarser says nothing about a place.
    pub const COARSEST: Resolution = Resolution::Eight;

    /// The hexagon that holds a position in degrees (WGS 84). The position itself is not kept.
    ///
    /// Refuses NaN, infinities, values out of range, and the neighbourhood of 0/0, which is where
    /// broken receivers are (nobody measures a mobile network in the Gulf of Guinea at ±0.01°).
    pub fn from_degrees(lat: f64, lng: f64, resolution: Resolution) -> Result<Self, Invalid> {
        if !lat.is_finite() || !lng.is_finite() {
            return Err(Invalid::new("position", "not shown", "must be finite numbers"));
        }
        if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lng) {
            return Err(Invalid::new("position", "not shown", "must be degrees, latitude first"));
        }
        if Self::is_null_island(lat, lng) {
            return Err(Invalid::new("position", "not shown", "is 0/0: the receiver had no fix"));
        }
        LatLng::new(lat, lng)
            .map(|position| Self(position.to_cell(resolution)))
            .map_err(|_| Invalid::new("position", "not shown", "must be degrees"))
    }

    /// Whether a position in degrees is where receivers without a fix claim to be.
    pub fn is_null_island(lat: f64, lng: f64) -> bool {
        lat.abs() < 0.01 && lng.abs() < 0.01
    }

    /// From the integer form used in SQL.
    pub fn from_i64(index: i64) -> Result<Self, Invalid> {
        CellIndex::try_from(index.cast_unsigned())
            .map(Self)
            .map_err(|_| Invalid::new("hexagon", index, "is not an H3 cell index"))
    }

    /// The integer form used in SQL (`bigint`). The high bit of an H3 cell is zero, so it never turns negative.
    pub fn as_i64(self) -> i64 {
        u64::from(self.0).cast_signed()
    }

    /// For the crates that do geometry.
    pub const fn as_h3(self) -> CellIndex {
        self.0
    }

    /// From the crates that do geometry.
    pub const fn from_h3(index: CellIndex) -> Self {
        Self(index)
    }

    /// H3 resolution.
    pub fn resolution(self) -> Resolution {
        self.0.resolution()
    }

    /// This hexagon, if it is not finer than `finest` and not coarser than [`Self::COARSEST`].
    pub fn checked_for_record(self, finest: Resolution) -> Result<Self, Invalid> {
        // The index of a hexagon that is too fine is an exact position: the error must not carry it.
        let shown = format_args!("of resolution {}", self.resolution());
        if self.resolution() > finest {
            Err(Invalid::new("hexagon", shown, "is finer than the promise to contributors allows"))
        } else if self.resolution() < Self::COARSEST {
            Err(Invalid::new("hexagon", shown, "is coarser than resolution 8"))
        } else {
            Ok(self)
        }
    }

    /// The ancestor at `resolution`, or itself; `None` if `resolution` is finer.
    pub fn parent(self, resolution: Resolution) -> Option<Self> {
        self.0.parent(resolution).map(Self)
    }

    /// The ancestor at `resolution`, or itself where it is already as coarse.
    #[must_use]
    pub fn at_most(self, resolution: Resolution) -> Self {
        self.parent(resolution).unwrap_or(self)
    }

    /// Children at `resolution` (itself at its own resolution, none at a coarser one).
    pub fn children(self, resolution: Resolution) -> impl Iterator<Item = Self> {
        self.0.children(resolution).map(Self)
    }

    /// Centre of the hexagon as (latitude, longitude) in degrees: public geometry, nobody's position.
    pub fn centre_degrees(self) -> (f64, f64) {
        let centre = LatLng::from(self.0);
        (centre.lat(), centre.lng())
    }

    /// The border as a closed ring of (longitude, latitude) in degrees, counter-clockwise: public geometry too.
    /// Six decimals are a tenth of a metre.
    pub fn outline_degrees(self) -> Vec<[f64; 2]> {
        let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
        let corner = |corner: &LatLng| [round(corner.lng()), round(corner.lat())];
        let mut ring: Vec<[f64; 2]> = self.0.boundary().iter().map(corner).collect();
        ring.extend(ring.first().copied());
        ring
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hex({self})")
    }
}

impl FromStr for Hex {
    type Err = Invalid;

    fn from_str(s: &str) -> Result<Self, Invalid> {
        // Not shown: what stands in place of a hexagon is often a coordinate, or a finer index.
        let refuse = || Invalid::new("hexagon", "not shown", "must be an H3 cell index of 15 hexadecimal digits");
        if s.len() != 15 || !s.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(refuse());
        }
        s.parse().map(Self).map_err(|_| refuse())
    }
}

text_form!(Hex, "^8[0-9a-f]{14}$", "891fa1b5d5bffff");
