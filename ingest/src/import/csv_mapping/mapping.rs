//! The mapping file.

use std::{collections::BTreeMap, path::Path};

use domain::{
    SourceClass, Technology,
    record::{FixedMedium, Protocol},
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::import::ImportError;

/// What the rows are, and which column means what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What a row is.
    pub kind: Kind,
    /// The operator of the server answers for the class.
    pub source: SourceClass,
    /// Separator; read off the header where absent.
    delimiter: Option<char>,
    /// Of times without an offset; UTC where absent.
    time_zone: Option<String>,
    /// Of speed tests.
    #[serde(default = "librespeed")]
    pub protocol: Protocol,
    /// Of fixed lines.
    #[serde(default = "unknown")]
    pub medium: FixedMedium,
    /// By field of ours.
    pub columns: BTreeMap<String, Spec>,
    /// The file's words for technologies.
    #[serde(default)]
    pub technologies: BTreeMap<String, String>,
}

const fn librespeed() -> Protocol {
    Protocol::LibreSpeed
}

const fn unknown() -> FixedMedium {
    FixedMedium::Unknown
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One speed test.
    SpeedTest,
    /// One look at the network.
    Coverage,
}

/// A column, with what its values are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Spec {
    /// In the unit that docs/IMPORT.md names first.
    Plain(String),
    /// In another one.
    Detailed(Detailed),
}

/// A column with a unit or a format.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detailed {
    column: String,
    unit: Option<String>,
    format: Option<String>,
}

impl Spec {
    /// Its name in the header.
    pub fn column(&self) -> &str {
        match self {
            Self::Plain(column) => column,
            Self::Detailed(detailed) => &detailed.column,
        }
    }

    /// `Mbit/s`, `ms` …
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Detailed(detailed) => detailed.unit.as_deref(),
        }
    }

    /// Of a time.
    pub fn format(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Detailed(detailed) => detailed.format.as_deref(),
        }
    }
}

/// Fields, and the units each may have; the first is taken where none is named.
const FIELDS: &[(&str, &[&str])] = &[
    ("time", &["s", "ms"]),
    ("latitude", &[]),
    ("longitude", &[]),
    ("accuracy", &["m"]),
    ("hex", &[]),
    ("device", &[]),
    ("id", &[]),
    ("operator", &[]),
    ("mcc", &[]),
    ("mnc", &[]),
    ("technology", &[]),
    ("signal", &["dBm"]),
    ("quality", &["dB"]),
    ("sinr", &["dB"]),
    ("download", RATES),
    ("upload", RATES),
    ("plan_download", RATES),
    ("latency", &["ms", "s"]),
    ("loaded_latency", &["ms", "s"]),
    ("jitter", &["ms", "s"]),
    ("loss", &["ratio", "%", "ppm"]),
];
const RATES: &[&str] = &["Mbit/s", "kbit/s", "bit/s", "MB/s", "kB/s", "B/s"];

/// Bits a second of one of a unit of [`RATES`].
pub fn bits(unit: Option<&str>) -> f64 {
    match unit {
        Some("kbit/s") => 1e3,
        Some("bit/s") => 1.0,
        Some("MB/s") => 8e6,
        Some("kB/s") => 8e3,
        Some("B/s") => 8.0,
        _ => 1e6,
    }
}

impl Mapping {
    /// Reads a mapping file and checks it against itself.
    pub fn read(path: &Path) -> Result<Self, ImportError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ImportError::Open { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|message| ImportError::Mapping { path: path.to_owned(), message })
    }

    /// The same from text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mapping: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        mapping.check()?;
        Ok(mapping)
    }

    fn check(&self) -> Result<(), String> {
        for (field, spec) in &self.columns {
            let Some((_, units)) = FIELDS.iter().find(|(name, _)| name == field) else {
                let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
                return Err(format!("there is no field `{field}`: use {}", known.join(", ")));
            };
            if let Some(unit) = spec.unit()
                && !units.contains(&unit)
            {
                let hint =
                    if units.is_empty() { "it has none".to_owned() } else { format!("use {}", units.join(", ")) };
                return Err(format!("`{field}` cannot have the unit `{unit}`: {hint}"));
            }
            if spec.format().is_some() && field != "time" {
                return Err(format!("`{field}` cannot have a format: only `time` can"));
            }
        }
        let has = |field: &str| self.columns.contains_key(field);
        let mut missing = Vec::new();
        if !has("time") {
            missing.push("time");
        }
        if !(has("hex") || has("latitude") && has("longitude")) {
            missing.push("hex, or latitude and longitude");
        }
        match self.kind {
            Kind::Coverage => {
                if !(has("operator") || has("mcc") && has("mnc")) {
                    missing.push("operator, or mcc and mnc");
                }
                if !has("technology") {
                    missing.push("technology");
                }
            }
            Kind::SpeedTest => {
                if !["download", "upload", "latency"].into_iter().any(has) {
                    missing.push("one of download, upload, latency");
                }
            }
        }
        if !missing.is_empty() {
            return Err(format!("[columns] lacks {}", missing.join("; ")));
        }
        for (word, code) in &self.technologies {
            if code != "none" && code.parse::<Technology>().is_err() {
                let known: Vec<&str> = Technology::ALL.iter().map(|technology| technology.code()).collect();
                return Err(format!("[technologies] `{word}` cannot be `{code}`: use none, {}", known.join(", ")));
            }
        }
        if self.delimiter.is_some_and(|delimiter| !delimiter.is_ascii()) {
            return Err("the delimiter must be one ASCII character".to_owned());
        }
        match &self.time_zone {
            Some(name) if TimeZone::get(name).is_err() => Err(format!("there is no time zone `{name}`")),
            _ => Ok(()),
        }
    }

    /// Of times without an offset.
    pub fn zone(&self) -> TimeZone {
        self.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }

    /// Separator, if named.
    pub fn delimiter(&self) -> Option<u8> {
        self.delimiter.and_then(|delimiter| u8::try_from(delimiter).ok())
    }
}
