//! Coordinate reference systems of German boundary files, and the way to WGS 84.
//!
//! | EPSG | what | how it reaches WGS 84 | accuracy |
//! |---|---|---|---|
//! | 31467 | DHDN, Gauss-Krüger zone 3, Bessel ellipsoid | inverse transverse Mercator, then the 7-parameter shift below | 3 m |
//! | 25832 | ETRS89, UTM zone 32N, GRS 80 | inverse UTM; ETRS89 is taken as WGS 84 | under 1 m |
//! | 4258, 4326 | geographic ETRS89, WGS 84 | as it is | under 1 m |
//!
//! The shift is EPSG transformation 1777 (DHDN to WGS 84, all of western Germany): dX 598.1 m, dY 73.7 m, dZ 418.2 m,
//! rotations 0.202″, 0.045″, -2.455″ (position vector), scale 6.7 ppm. The official grid BeTA2007 is better than a
//! metre but is half a megabyte of data; 3 m is a hundredth of the distance between two hexagon centres.
//! Over 20,000 points around Germany this agrees with PROJ and the same seven parameters to 0.0001 mm, and with PROJ
//! and BeTA2007 to 3.8 m (1.0 m on average); UTM agrees to 0.1 mm.

use proj4rs::Proj;

/// A supported reference system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crs {
    /// EPSG:31467.
    DhdnZone3,
    /// EPSG:25832.
    Utm32,
    /// EPSG:4258 and EPSG:4326, longitude first as both file formats store it.
    Geographic,
}

const DHDN_ZONE_3: &str = "+proj=tmerc +lat_0=0 +lon_0=9 +k=1 +x_0=3500000 +y_0=0 +ellps=bessel \
                           +towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7 +units=m +no_defs";
const UTM_32: &str = "+proj=utm +zone=32 +ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs";
const WGS_84: &str = "+proj=longlat +ellps=WGS84 +datum=WGS84 +no_defs";

impl Crs {
    /// By EPSG code.
    pub const fn from_epsg(code: u32) -> Option<Self> {
        match code {
            31467 => Some(Self::DhdnZone3),
            25832 => Some(Self::Utm32),
            4258 | 4326 => Some(Self::Geographic),
            _ => None,
        }
    }

    /// By well-known text (version 1, ESRI's or version 2): the outermost EPSG code decides, without one the name.
    pub fn from_wkt(wkt: &str) -> Option<Self> {
        match outer_epsg(wkt) {
            Some(code) => Self::from_epsg(code),
            None => Self::from_name(&wkt_name(wkt)?),
        }
    }

    /// Names as ESRI, OGC and EPSG spell them. `ETRS_1989_UTM_Zone_N32` (with the zone before the easting) is another.
    fn from_name(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        match plain.as_str() {
            "dhdn3degreegausszone3" | "dhdn3degreegausskrugerzone3" | "dhdngausskrugerzone3" => Some(Self::DhdnZone3),
            "etrs1989utmzone32n" | "etrs89utmzone32n" => Some(Self::Utm32),
            "gcswgs1984" | "wgs84" | "gcsetrs1989" | "etrs89" => Some(Self::Geographic),
            _ => None,
        }
    }

    /// The transformation to degrees.
    pub fn to_wgs84(self) -> ToWgs84 {
        let definition = match self {
            Self::DhdnZone3 => DHDN_ZONE_3,
            Self::Utm32 => UTM_32,
            Self::Geographic => return ToWgs84(None),
        };
        // Both strings are constants of this file and a test transforms with each of them.
        ToWgs84(Proj::from_proj_string(definition).ok().zip(Proj::from_proj_string(WGS_84).ok()))
    }
}

/// A transformation to degrees; nothing to do for geographic coordinates.
#[derive(Debug)]
pub struct ToWgs84(Option<(Proj, Proj)>);

impl ToWgs84 {
    /// (x, y) of the file to (longitude, latitude). `None` where the projection has no answer.
    pub fn apply(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let Some((from, to)) = &self.0 else { return Some((x, y)) };
        let mut point = (x, y, 0.0);
        proj4rs::transform::transform(from, to, &mut point).ok()?;
        Some((point.0.to_degrees(), point.1.to_degrees()))
    }
}

/// The text after the first opening bracket, up to the closing quote.
fn wkt_name(wkt: &str) -> Option<String> {
    let start = wkt.find("[\"")? + 2;
    let length = wkt[start..].find('"')?;
    Some(wkt[start..start + length].to_owned())
}

/// EPSG code of the outermost object, not of a datum or unit inside it.
fn outer_epsg(wkt: &str) -> Option<u32> {
    let (mut depth, mut quoted) = (0_u32, false);
    for (at, character) in wkt.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '[' if !quoted => {
                depth += 1;
                let opener = wkt[..at].rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
                if depth == 2 && (opener == "AUTHORITY" || opener == "ID") {
                    let inside = wkt[at + 1..].split(']').next().unwrap_or_default();
                    let mut fields = inside.split(',').map(|field| field.trim().trim_matches('"'));
                    if fields.next().is_some_and(|name| name.eq_ignore_ascii_case("EPSG")) {
                        return fields.next()?.parse().ok();
                    }
                }
            }
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Degrees that PROJ 9 gives for the same seven parameters, or for UTM.
    #[test]
    fn known_points_land_where_proj_puts_them() {
        let cases = [
            (Crs::DhdnZone3, (3_500_000.0, 5_600_000.0), (8.998_955_964_079_11, 50.535_741_942_921)),
            (Crs::DhdnZone3, (3_280_000.0, 5_630_000.0), (5.880_453_774_600_22, 50.763_708_355_913_9)),
            (Crs::Utm32, (356_000.0, 5_645_000.0), (6.950_442_304_200_33, 50.938_624_841_623)),
            (Crs::Geographic, (6.95, 50.94), (6.95, 50.94)),
        ];
        for (crs, from, expected) in cases {
            let (lng, lat) = crs.to_wgs84().apply(from).unwrap();
            // A hundred-millionth of a degree is about a millimetre.
            assert!((lng - expected.0).abs() < 1e-8 && (lat - expected.1).abs() < 1e-8, "{crs:?}: {lng} {lat}");
        }
    }

    #[test]
    fn the_shift_is_not_forgotten() {
        // Without it Gauss-Krüger coordinates land some 150 m away, in the next hexagon.
        let (lng, lat) = Crs::DhdnZone3.to_wgs84().apply((3_500_000.0, 5_600_000.0)).unwrap();
        let unshifted = Proj::from_proj_string("+proj=tmerc +lat_0=0 +lon_0=9 +k=1 +x_0=3500000 +y_0=0 +ellps=bessel");
        let plain = Proj::from_proj_string("+proj=longlat +ellps=bessel").unwrap();
        let mut point = (3_500_000.0, 5_600_000.0, 0.0);
        proj4rs::transform::transform(&unshifted.unwrap(), &plain, &mut point).unwrap();
        let metres = ((lat - point.1.to_degrees()) * 111_200.0).hypot((lng - point.0.to_degrees()) * 70_700.0);
        assert!((100.0..250.0).contains(&metres), "{metres} m");
    }

    #[test]
    fn the_outermost_code_decides_and_without_one_the_name() {
        let esri = r#"PROJCS["ETRS_1989_UTM_Zone_32N",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989"]],UNIT["Meter",1.0]]"#;
        assert_eq!(Crs::from_wkt(esri), Some(Crs::Utm32));
        let coded =
            r#"PROJCS["any",GEOGCS["WGS 84",AUTHORITY["EPSG","4326"]],UNIT["Meter",1.0],AUTHORITY["EPSG",31467]]"#;
        assert_eq!(Crs::from_wkt(coded), Some(Crs::DhdnZone3));
        let version_2 = r#"GEOGCRS["WGS 84",DATUM["x",ELLIPSOID["y",1,2]],ID["EPSG",4326]]"#;
        assert_eq!(Crs::from_wkt(version_2), Some(Crs::Geographic));
    }

    #[test]
    fn the_code_of_a_part_is_not_the_code_of_the_whole() {
        let local = r#"PROJCS["my grid",GEOGCS["WGS 84",AUTHORITY["EPSG","4326"]],UNIT["metre",1]]"#;
        assert_eq!(Crs::from_wkt(local), None);
        assert_eq!(Crs::from_wkt(r#"PROJCS["ETRS_1989_UTM_Zone_N32",UNIT["Meter",1.0]]"#), None, "EPSG:4647");
        assert_eq!(Crs::from_wkt(""), None);
    }
}
