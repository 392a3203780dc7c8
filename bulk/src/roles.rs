//! Which column of a file says what.

use std::fmt;

/// Something that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// To the device, Mbit/s.
    Download,
    /// From the device, Mbit/s.
    Upload,
    /// Of the idle line, ms.
    Latency,
    /// Of the full line, ms.
    LoadedLatency,
}

impl Metric {
    /// All of them, in the order of the output.
    pub const ALL: [Self; 4] = [Self::Download, Self::Upload, Self::Latency, Self::LoadedLatency];

    /// Name of its columns.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Upload => "upload",
            Self::Latency => "latency",
            Self::LoadedLatency => "loaded_latency",
        }
    }

    /// Unit of its values, as it stands in names of columns.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Download | Self::Upload => "mbps",
            Self::Latency | Self::LoadedLatency => "ms",
        }
    }
}

/// What a column can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Degrees north.
    Lat,
    /// Degrees east.
    Lng,
    /// An H3 index: text or a number.
    Hex,
    /// A point as well-known binary (GeoParquet): degrees, longitude first.
    Point,
    /// Whose measurement it is.
    Device,
    /// A measured value.
    Metric(Metric),
}

impl Role {
    const ALL: [Self; 9] = [
        Self::Lat,
        Self::Lng,
        Self::Hex,
        Self::Point,
        Self::Device,
        Self::Metric(Metric::Download),
        Self::Metric(Metric::Upload),
        Self::Metric(Metric::Latency),
        Self::Metric(Metric::LoadedLatency),
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lat => "lat",
            Self::Lng => "lng",
            Self::Hex => "hex",
            Self::Point => "point",
            Self::Device => "device",
            Self::Metric(metric) => metric.name(),
        }
    }

    /// Names of columns that are understood without being told.
    const fn usual(self) -> &'static [&'static str] {
        match self {
            Self::Lat => &["lat", "latitude"],
            Self::Lng => &["lng", "lon", "long", "longitude"],
            Self::Hex => &["hex", "h3", "h3_index", "hexagon"],
            Self::Point => &["geometry", "geom"],
            Self::Device => &["device", "device_id"],
            Self::Metric(Metric::Download) => &["download", "download_mbps"],
            Self::Metric(Metric::Upload) => &["upload", "upload_mbps"],
            Self::Metric(Metric::Latency) => &["latency", "latency_ms"],
            Self::Metric(Metric::LoadedLatency) => &["loaded_latency", "loaded_latency_ms"],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|role| role.name()).collect();
            format!("`{name}` is nothing that a column can be: {}", names.join(", "))
        })
    }
}

/// Names of columns that are not the usual ones.
pub type Names = Vec<(Role, String)>;

/// Where a row says its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceColumns {
    /// Latitude and longitude.
    Coordinates(usize, usize),
    /// An H3 index.
    Hexagons(usize),
    /// A point as well-known binary.
    Points(usize),
}

/// The numbers of a file's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Of the place.
    pub place: PlaceColumns,
    /// Of the device; without it no devices are counted.
    pub device: Option<usize>,
    /// Of what was measured.
    pub metrics: Vec<(Metric, usize)>,
}

impl Roles {
    /// Of no file.
    pub(crate) const fn none() -> Self {
        Self { place: PlaceColumns::Hexagons(0), device: None, metrics: Vec::new() }
    }

    /// Finds the columns by their names. Without `metrics` all that are there are taken.
    pub fn find(columns: &[String], names: &Names, metrics: Option<&[Metric]>) -> Result<Self, String> {
        let there = |name: &str| columns.iter().position(|column| column.eq_ignore_ascii_case(name));
        let column = |role: Role| -> Result<Option<usize>, String> {
            match names.iter().find(|(named, _)| *named == role) {
                Some((_, name)) => there(name)
                    .map(Some)
                    .ok_or_else(|| format!("there is no column `{name}` for {role}; there are {}", columns.join(", "))),
                None => Ok(role.usual().iter().find_map(|name| there(name))),
            }
        };
        // Whoever names a hexagon's column means it, whatever else there is.
        let named = |role: Role| names.iter().any(|(named, _)| *named == role);
        let place = match (column(Role::Lat)?, column(Role::Lng)?, column(Role::Hex)?, column(Role::Point)?) {
            (_, _, Some(hex), _) if named(Role::Hex) => PlaceColumns::Hexagons(hex),
            (_, _, _, Some(point)) if named(Role::Point) => PlaceColumns::Points(point),
            (Some(lat), Some(lng), _, _) => PlaceColumns::Coordinates(lat, lng),
            (_, _, Some(hex), _) => PlaceColumns::Hexagons(hex),
            (_, _, _, Some(point)) => PlaceColumns::Points(point),
            _ => {
                return Err(format!(
                    "no place: neither lat and lng nor hex nor a geometry is among the columns {}; name them with --columns lat=…,lng=…",
                    columns.join(", ")
                ));
            }
        };
        let mut found = Vec::new();
        for metric in Metric::ALL {
            let asked_for = metrics.is_some_and(|metrics| metrics.contains(&metric));
            if metrics.is_some() && !asked_for {
                continue;
            }
            match column(Role::Metric(metric))? {
                Some(at) => found.push((metric, at)),
                None if asked_for => {
                    return Err(format!(
                        "no column for {}; there are {}; name it with --columns {}=…",
                        metric.name(),
                        columns.join(", "),
                        metric.name()
                    ));
                }
                None => {}
            }
        }
        Ok(Self { place, device: column(Role::Device)?, metrics: found })
    }
}
