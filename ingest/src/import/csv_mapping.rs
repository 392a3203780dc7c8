//! Any CSV, with a mapping file that says which column means what.
//!
//! A voice is the device that a column names; without one a fixed line is its hexagon, and all mobile rows of
//! such files together have one voice.

mod mapping;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::Read,
};

use domain::{
    ByteCount, CoveragePoint, Hex, HourStamp, Loss, Operator, RejectionReason, SpeedTest, Technology,
    record::{Network, SpeedResult},
};
use jiff::{Timestamp, tz::TimeZone};

pub use mapping::Mapping;
use mapping::{Kind, Spec};

use super::{
    FileRef, Format, Found, Head, ImportError, Sink, Target,
    derive::{Track, id_of, row_number, speed_test},
    network,
    place::{self, Known},
    table::{Column, Row, Table},
    values,
};
use crate::Recorder;

/// See the module.
#[derive(Debug)]
pub struct Csv {
    /// Absent: not asked for.
    pub mapping: Option<Mapping>,
}

const NAME: &str = "csv";
/// Devices whose tracks are gathered at the same time.
const MAX_DEVICES: usize = 1_000;

impl Format for Csv {
    fn name(&self) -> &'static str {
        NAME
    }

    fn target(&self) -> Target {
        Target::Evidence(self.mapping.as_ref().map_or(domain::SourceClass::Reported, |mapping| mapping.source))
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["csv", "tsv", "txt"]
    }

    /// A table says nothing about what its columns mean: it is never guessed.
    fn detect(&self, _: &Head) -> bool {
        false
    }

    fn takes_anything(&self) -> bool {
        true
    }

    fn ready(&self) -> Result<(), ImportError> {
        let why = "a TOML file that says which column means what, as docs/IMPORT.md shows";
        let missing = ImportError::NeedsOption { format: NAME, option: "--mapping FILE", why };
        self.mapping.as_ref().map(drop).ok_or(missing)
    }

    fn read_file(&self, file: &FileRef, content: &mut dyn Read, found: Sink<'_>) -> Result<(), ImportError> {
        let Some(mapping) = &self.mapping else { return self.ready() };
        let mut table = Table::open(NAME, file, content, mapping.delimiter())?;
        let columns = Columns::of(&table, mapping)?;
        let mut tracks: BTreeMap<String, Track> = BTreeMap::new();
        table.each_row(&mut |line, row| {
            let refuse = |reason| Found::Refused { file: file.name.clone(), row: line, reason };
            let row = match row {
                Ok(row) => row,
                Err(reason) => return found(refuse(reason)),
            };
            match mapping.kind {
                Kind::SpeedTest => found(match columns.speed_test(row) {
                    Ok((recorder, id, test)) => {
                        let record = speed_test(&recorder, &format!("{NAME} {id}"), test);
                        Found::Record { recorder, file: file.name.clone(), rows: vec![row_number(line)], record }
                    }
                    Err(reason) => refuse(reason),
                }),
                Kind::Coverage => match columns.point(row) {
                    Ok((device, point)) => {
                        if tracks.len() == MAX_DEVICES && !tracks.contains_key(&device) {
                            for (_, mut track) in std::mem::take(&mut tracks) {
                                track.flush(found)?;
                            }
                        }
                        let track = match tracks.entry(device) {
                            Entry::Occupied(track) => track.into_mut(),
                            Entry::Vacant(place) => {
                                let recorder = Recorder::named(&[NAME, place.key()]);
                                place.insert(Track::new(recorder, NAME, &file.name))
                            }
                        };
                        track.push(line, point, found)
                    }
                    Err(reason) => found(refuse(reason)),
                },
            }
        })?;
        tracks.into_values().try_for_each(|mut track| track.flush(found))
    }
}

/// The mapping, applied to the header of a file.
struct Columns<'m> {
    mapping: &'m Mapping,
    zone: TimeZone,
    at: BTreeMap<&'m str, (Column, &'m Spec)>,
}

impl<'m> Columns<'m> {
    /// Fails on a column that the mapping names and the file lacks.
    fn of(table: &Table<'_>, mapping: &'m Mapping) -> Result<Self, ImportError> {
        let mut at = BTreeMap::new();
        for (field, spec) in &mapping.columns {
            at.insert(field.as_str(), (table.need(spec.column())?, spec));
        }
        Ok(Self { mapping, zone: mapping.zone(), at })
    }

    fn text<'r>(&self, row: Row<'r>, field: &str) -> Result<Option<&'r str>, RejectionReason> {
        row.optional(self.at.get(field).map(|(column, _)| *column))
    }

    fn number(&self, row: Row<'_>, field: &str) -> Result<Option<f64>, RejectionReason> {
        row.number(self.at.get(field).map(|(column, _)| *column))
    }

    fn unit(&self, field: &str) -> Option<&str> {
        self.at.get(field).and_then(|(_, spec)| spec.unit())
    }

    fn place(&self, row: Row<'_>, finest: domain::Resolution) -> Result<Hex, RejectionReason> {
        if let Some(hex) = self.text(row, "hex")? {
            return place::named(hex, finest);
        }
        let degrees = |field| self.number(row, field).map_err(|_| RejectionReason::BadPosition);
        let known = Known::Radius(self.number(row, "accuracy")?);
        place::hex((degrees("latitude")?, degrees("longitude")?), known, finest)
    }

    fn time(&self, row: Row<'_>) -> Result<Timestamp, RejectionReason> {
        let text = self.text(row, "time")?;
        let (Some(written), Some((_, spec))) = (text, self.at.get("time")) else { return Err(RejectionReason::NoTime) };
        let no_time = RejectionReason::NoTime;
        let at = match (spec.unit(), spec.format()) {
            (Some("s"), _) => Timestamp::from_second(written.parse().map_err(|_| no_time)?).map_err(|_| no_time)?,
            (Some(_), _) => Timestamp::from_millisecond(written.parse().map_err(|_| no_time)?).map_err(|_| no_time)?,
            (None, Some(format)) => {
                let local = jiff::civil::DateTime::strptime(format, written).map_err(|_| no_time)?;
                local.to_zoned(self.zone.clone()).map_err(|_| no_time)?.timestamp()
            }
            (None, None) => values::time(text, &self.zone)?,
        };
        Ok(values::to_minute(at))
    }

    fn operator(&self, row: Row<'_>) -> Result<Option<Operator>, RejectionReason> {
        if let Some(both) = self.text(row, "operator")? {
            return network::operator_text(both).map(Some);
        }
        let codes = self.text(row, "mcc")?.zip(self.text(row, "mnc")?);
        codes.map(|(mcc, mnc)| network::operator(mcc, mnc)).transpose()
    }

    /// The mapping's word for it, or our own code.
    fn technology(&self, row: Row<'_>) -> Result<Option<Technology>, RejectionReason> {
        let unknown = RejectionReason::UnknownTechnology;
        let word = self.text(row, "technology")?.ok_or(unknown)?;
        match self.mapping.technologies.get(word).map_or(word, String::as_str) {
            "none" => Ok(None),
            code => code.parse().map(Some).map_err(|_| unknown),
        }
    }

    fn point(&self, row: Row<'_>) -> Result<(String, CoveragePoint), RejectionReason> {
        let point = CoveragePoint {
            hex: self.place(row, Hex::MOBILE)?,
            hour: HourStamp::containing(self.time(row)?),
            operator: self.operator(row)?.ok_or(RejectionReason::UnknownOperator)?,
            technology: self.technology(row)?,
            signal: network::signal(self.number(row, "signal")?)?,
            quality: network::ratio(self.number(row, "quality")?)?,
            sinr: network::ratio(self.number(row, "sinr")?)?,
        };
        Ok((self.text(row, "device")?.unwrap_or_default().to_owned(), point))
    }

    fn speed_test(&self, row: Row<'_>) -> Result<(Recorder, String, SpeedTest), RejectionReason> {
        let network = match self.operator(row)? {
            Some(operator) => Network::Mobile { operator, technology: self.technology(row)?, roaming: false },
            None => Network::Fixed { medium: self.mapping.medium, access: None },
        };
        let mobile = matches!(network, Network::Mobile { .. });
        let hex = self.place(row, if mobile { Hex::MOBILE } else { Hex::FIXED })?;
        let rate = |field| values::rate(self.number(row, field)?, mapping::bits(self.unit(field)));
        let latency = |field| {
            let millis = if self.unit(field) == Some("s") { 1e3 } else { 1.0 };
            values::latency(self.number(row, field)?.map(|value| value * millis))
        };
        let ratio = match self.unit("loss") {
            Some("%") => 1e-2,
            Some("ppm") => 1e-6,
            _ => 1.0,
        };
        let loss = self.number(row, "loss")?.map(|value| Loss::from_ratio(value * ratio)).transpose();
        let result = SpeedResult {
            download: rate("download")?,
            upload: rate("upload")?,
            idle_latency: latency("latency")?,
            loaded_latency: latency("loaded_latency")?,
            jitter: latency("jitter")?,
            loss: loss.map_err(|_| RejectionReason::ImplausibleValue)?,
        };
        let recorder = match self.text(row, "device")? {
            Some(device) => Recorder::named(&[NAME, device]),
            None if mobile => Recorder::named(&[NAME, ""]),
            None => Recorder::named(&["fixed line", &hex.to_string()]),
        };
        let test = SpeedTest {
            id: id_of(&[]),
            at: self.time(row)?,
            hex,
            network,
            outcome: values::completed(result)?,
            protocol: self.mapping.protocol,
            bytes: ByteCount::default(),
            plan_download: rate("plan_download")?,
        };
        Ok((recorder, self.text(row, "id")?.unwrap_or_default().to_owned(), test))
    }
}

#[cfg(test)]
#[path = "csv_mapping_tests.rs"]
mod tests;
