//! Exports of the Funkloch-App of the Bundesnetzagentur: CSV, one file a test, rows of points.
//!
//! The file names no person. A voice is a phone model with its SIM's network: whoever hands in many tests of
//! one phone has one voice. Two people with the same model and network share one, which errs on the side that
//! publishes less. The exact place becomes a hexagon, the exact time an hour; the radio cell's id is not read.

use std::io::Read;

use domain::{CoveragePoint, Hex, HourStamp, RejectionReason, SourceClass, Technology};
use jiff::{civil::DateTime, tz::TimeZone};

use super::{
    FileRef, Format, Found, Head, ImportError, Sink, Target,
    derive::Track,
    network,
    place::{self, Known},
    table::{Column, Row, Table},
};
use crate::Recorder;

/// See the module.
#[derive(Debug)]
pub struct FunklochApp;

impl Format for FunklochApp {
    fn name(&self) -> &'static str {
        "funkloch-app"
    }

    fn target(&self) -> Target {
        Target::Evidence(SourceClass::Crowd)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["csv"]
    }

    fn detect(&self, head: &Head) -> bool {
        head.is_table_with(&["Messpunkt", "Netzwerk Mobile Network Code", "Breitengrad", "Test-ID"])
    }

    fn read_file(&self, file: &FileRef, content: &mut dyn Read, found: Sink<'_>) -> Result<(), ImportError> {
        let mut table = Table::open(self.name(), file, content, None)?;
        let columns = Columns::of(&table)?;
        // Where the zone table is missing nothing can be dated.
        let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
        let mut current: Option<(String, Track)> = None;
        table.each_row(&mut |line, row| {
            let read = row.and_then(|row| {
                let point = columns.point(row, &zone)?;
                Ok((row.text(columns.test)?.unwrap_or_default(), columns.phone(row)?, point))
            });
            match read {
                Ok((test, phone, point)) => {
                    if current.as_ref().is_none_or(|(running, _)| running != test) {
                        if let Some((_, track)) = &mut current {
                            track.flush(found)?;
                        }
                        let recorder = Recorder::named(&[self.name(), &phone]);
                        current = Some((test.to_owned(), Track::new(recorder, self.name(), &file.name)));
                    }
                    match &mut current {
                        Some((_, track)) => track.push(line, point, found),
                        None => Ok(()),
                    }
                }
                Err(reason) => found(Found::Refused { file: file.name.clone(), row: line, reason }),
            }
        })?;
        current.map_or(Ok(()), |(_, mut track)| track.flush(found))
    }
}

/// Where the columns stand that are read; no other is looked at.
struct Columns {
    technology: Column,
    sim: (Column, Column),
    serving: (Column, Column),
    rssi: Column,
    rsrp: Column,
    rsrq: Column,
    lat: Column,
    lng: Column,
    accuracy: Column,
    date: Column,
    time: Column,
    phone: Column,
    test: Column,
}

impl Columns {
    fn of(table: &Table<'_>) -> Result<Self, ImportError> {
        Ok(Self {
            technology: table.need("Typ")?,
            sim: (table.need("SIM Mobile Country Code")?, table.need("SIM Mobile Network Code")?),
            serving: (table.need("Netzwerk Mobile Country Code")?, table.need("Netzwerk Mobile Network Code")?),
            rssi: table.need("Signalstärke (RSSI) [dBm]")?,
            rsrp: table.need("Signalstärke (RSRP) [dBm]")?,
            rsrq: table.need("Signalqualität (RSRQ) [dBm]")?,
            lat: table.need("Breitengrad")?,
            lng: table.need("Längengrad")?,
            accuracy: table.need("Genauigkeit [m]")?,
            date: table.need("Datum")?,
            time: table.need("Uhrzeit")?,
            phone: table.need("Smartphone Typ")?,
            test: table.need("Test-ID")?,
        })
    }

    fn point(&self, row: Row<'_>, zone: &TimeZone) -> Result<CoveragePoint, RejectionReason> {
        let number = |column: Column| row.number(Some(column));
        let degrees = |column: Column| number(column).map_err(|_| RejectionReason::BadPosition);
        let known = Known::Radius(number(self.accuracy)?);
        let hex = place::hex((degrees(self.lat)?, degrees(self.lng)?), known, Hex::MOBILE)?;
        let technology = match row.text(self.technology)? {
            Some("5G") => Some(Technology::FiveG),
            Some("4G") => Some(Technology::FourG),
            Some("3G") => Some(Technology::ThreeG),
            Some("2G") => Some(Technology::TwoG),
            Some("kein Netz") => None,
            _ => return Err(RejectionReason::UnknownTechnology),
        };
        let level = match technology {
            Some(Technology::TwoG) => number(self.rssi)?,
            // The app exports no RSCP.
            Some(Technology::ThreeG) | None => None,
            Some(_) => number(self.rsrp)?,
        };
        let quality = if technology.is_some() { number(self.rsrq)? } else { None };
        Ok(CoveragePoint {
            hex,
            hour: self.hour(row, zone)?,
            operator: self.operator(row, technology.is_some())?,
            technology,
            signal: network::signal(level)?,
            quality: network::ratio(quality)?,
            sinr: None,
        })
    }

    /// The serving network, or the SIM's when nothing serves or the phone does not say.
    fn operator(&self, row: Row<'_>, served: bool) -> Result<domain::Operator, RejectionReason> {
        let codes = |(mcc, mnc): (Column, Column)| Ok(row.text(mcc)?.zip(row.text(mnc)?));
        let serving = if served { codes(self.serving)? } else { None };
        let (mcc, mnc) = serving.or(codes(self.sim)?).ok_or(RejectionReason::UnknownOperator)?;
        network::operator(mcc, mnc)
    }

    /// Local time, `dd.mm.yy` and `HH:MM:SS`.
    fn hour(&self, row: Row<'_>, zone: &TimeZone) -> Result<HourStamp, RejectionReason> {
        let (Some(date), Some(time)) = (row.text(self.date)?, row.text(self.time)?) else {
            return Err(RejectionReason::NoTime);
        };
        let local = DateTime::strptime("%d.%m.%y %H:%M:%S", format!("{date} {time}"));
        let at = local.and_then(|local| local.to_zoned(zone.clone())).map_err(|_| RejectionReason::NoTime)?;
        Ok(HourStamp::containing(at.timestamp()))
    }

    fn phone(&self, row: Row<'_>) -> Result<String, RejectionReason> {
        let word = |column: Column| Ok(row.text(column)?.unwrap_or_default());
        Ok(format!("{} {} {}", word(self.phone)?, word(self.sim.0)?, word(self.sim.1)?))
    }
}

#[cfg(test)]
#[path = "funkloch_app_tests.rs"]
mod tests;
