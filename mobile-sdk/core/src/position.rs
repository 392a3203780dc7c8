//! Positions come in here and leave as hexagons; nothing else in this crate stores degrees.

use std::fmt;

use domain::{Accuracy, Hex, Invalid, Resolution};

/// The first and the last stretch of a track are kept at resolution 8 (DESIGN, promise 1).
pub(crate) const TRACK_END_M: f64 = 300.0;
/// Farthest that a point of a resolution-10 hexagon lies from its centre, rounded up.
pub(crate) const MOBILE_HEX_RADIUS_M: f64 = 90.0;

/// A position with its accuracy. Held in memory only, never printed.
#[derive(Clone, Copy, PartialEq)]
pub struct Position {
    lat: f64,
    lng: f64,
    accuracy: Accuracy,
}

impl Position {
    /// WGS 84 degrees and the radius of the 68 % circle in metres.
    ///
    /// Refuses NaN, infinities, values out of range, 0/0 and an accuracy of zero.
    pub fn from_degrees(lat: f64, lng: f64, accuracy_m: f64) -> Result<Self, Invalid> {
        Hex::from_degrees(lat, lng, Hex::COARSEST)?;
        Ok(Self { lat, lng, accuracy: Accuracy::from_metres(accuracy_m)? })
    }

    /// How good it is.
    pub const fn accuracy(&self) -> Accuracy {
        self.accuracy
    }

    /// Great-circle distance (haversine on the mean sphere; 0.5 % is enough for a privacy radius).
    pub(crate) fn metres_to(&self, other: &Self) -> f64 {
        metres_between((self.lat, self.lng), (other.lat, other.lng))
    }

    /// Whether this position lies within `radius_m` of the centre of a hexagon.
    pub(crate) fn near_centre_of(&self, hex: Hex, radius_m: f64) -> bool {
        metres_between((self.lat, self.lng), hex.centre_degrees()) < radius_m
    }

    /// The hexagon at the finest resolution that the accuracy, `limit` and the home zone allow;
    /// `None` if the accuracy is too poor to name a place.
    pub(crate) fn reduce(&self, limit: Resolution, home: Option<&HomeZone>) -> Option<Hex> {
        let allowed = self.accuracy.finest_resolution()?.min(limit);
        let resolution = if home.is_some_and(|home| home.holds(self)) { Hex::COARSEST } else { allowed };
        Hex::from_degrees(self.lat, self.lng, resolution).ok()
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position(…, {} m)", self.accuracy.as_metres())
    }
}

/// A circle in which every record is kept at resolution 8. The app hands it over at each start;
/// the engine never writes it.
#[derive(Clone, Copy, PartialEq)]
pub struct HomeZone {
    centre: Position,
    radius_m: f64,
}

impl HomeZone {
    /// Centre in degrees, radius between 50 and 5,000 m.
    pub fn from_degrees(lat: f64, lng: f64, radius_m: f64) -> Result<Self, Invalid> {
        if !(50.0..=5_000.0).contains(&radius_m) {
            return Err(Invalid::new("home zone radius (m)", radius_m, "must lie between 50 and 5000"));
        }
        Ok(Self { centre: Position::from_degrees(lat, lng, 1.0)?, radius_m })
    }

    /// An inaccurate position inside the zone may be reported outside of it, so its circle counts as well.
    fn holds(&self, position: &Position) -> bool {
        self.centre.metres_to(position) < self.radius_m + f64::from(position.accuracy.as_metres())
    }

    fn touches(&self, hex: Hex) -> bool {
        self.centre.near_centre_of(hex, self.radius_m + 2.0 * MOBILE_HEX_RADIUS_M)
    }
}

impl fmt::Debug for HomeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HomeZone(…, {} m)", self.radius_m)
    }
}

/// Where something was recorded: a position, or a hexagon that the contributor chose on a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// From the receiver; reduced before anything is stored.
    Position(Position),
    /// From a map; made coarser where the rules ask for it.
    Hex(Hex),
}

impl Place {
    /// As [`Position::reduce`]; a hexagon coarser than resolution 8 is `None`.
    pub(crate) fn reduce(&self, limit: Resolution, home: Option<&HomeZone>) -> Option<Hex> {
        match self {
            Self::Position(position) => position.reduce(limit, home),
            Self::Hex(hex) => {
                let limit = if home.is_some_and(|home| home.touches(*hex)) { Hex::COARSEST } else { limit };
                hex.at_most(limit).checked_for_record(limit).ok()
            }
        }
    }
}

fn metres_between((lat_a, lng_a): (f64, f64), (lat_b, lng_b): (f64, f64)) -> f64 {
    const EARTH_RADIUS_M: f64 = 6_371_008.8;
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let h = half(lat_a, lat_b) + lat_a.to_radians().cos() * lat_b.to_radians().cos() * half(lng_a, lng_b);
    2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(accuracy_m: f64) -> Position {
        Position::from_degrees(51.4344, 6.7623, accuracy_m).unwrap()
    }

    #[test]
    fn a_poorer_accuracy_gives_a_coarser_hexagon_and_then_none() {
        let resolution = |m| at(m).reduce(Hex::MOBILE, None).map(|hex| u8::from(hex.resolution()));
        assert_eq!(
            [resolution(50.0), resolution(51.0), resolution(175.0), resolution(462.0)],
            [Some(10), Some(9), Some(8), None]
        );
    }

    #[test]
    fn a_fixed_line_is_never_finer_than_resolution_9() {
        assert_eq!(at(3.0).reduce(Hex::FIXED, None).map(Hex::resolution), Some(Resolution::Nine));
        let chosen = Hex::from_degrees(51.4344, 6.7623, Resolution::Twelve).unwrap();
        assert_eq!(Place::Hex(chosen).reduce(Hex::FIXED, None).map(Hex::resolution), Some(Resolution::Nine));
    }

    #[test]
    fn inside_the_home_zone_everything_is_resolution_8() {
        let home = HomeZone::from_degrees(51.4344, 6.7623, 200.0).unwrap();
        assert_eq!(at(3.0).reduce(Hex::MOBILE, Some(&home)).map(Hex::resolution), Some(Resolution::Eight));
        let chosen = at(3.0).reduce(Hex::MOBILE, None).unwrap();
        assert_eq!(Place::Hex(chosen).reduce(Hex::MOBILE, Some(&home)).map(Hex::resolution), Some(Resolution::Eight));
        let elsewhere = Position::from_degrees(51.4444, 6.7623, 3.0).unwrap();
        assert_eq!(elsewhere.reduce(Hex::MOBILE, Some(&home)).map(Hex::resolution), Some(Resolution::Ten));
    }

    #[test]
    fn broken_receivers_are_refused() {
        for (lat, lng, accuracy) in
            [(f64::NAN, 6.0, 5.0), (51.0, f64::INFINITY, 5.0), (0.0, 0.0, 5.0), (91.0, 6.0, 5.0), (51.0, 6.0, 0.0)]
        {
            assert!(Position::from_degrees(lat, lng, accuracy).is_err(), "{lat} {lng} {accuracy}");
        }
    }

    #[test]
    fn nothing_printed_holds_the_coordinates() {
        let home = HomeZone::from_degrees(51.4344, 6.7623, 200.0).unwrap();
        let printed = format!("{:?} {home:?} {:?}", at(3.0), Place::Position(at(3.0)));
        assert!(!printed.contains("51.4") && !printed.contains("6.76"), "{printed}");
    }

    #[test]
    fn a_thousandth_of_a_degree_north_is_111_metres() {
        let north = Position::from_degrees(51.4354, 6.7623, 3.0).unwrap();
        assert!((at(3.0).metres_to(&north) - 111.2).abs() < 0.1);
    }
}
