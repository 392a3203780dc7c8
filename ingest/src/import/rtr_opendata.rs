//! Open data of the RTR-NetTest (CSV, CC BY 4.0) and of servers of its kind: speed tests.
//!
//! `open_uuid` names a client for a while only, so that one person has several. A voice is therefore a device
//! model with its SIM's network, or with its provider's AS on a fixed line: never more voices than devices.
//! Network addresses are not read.

use std::io::Read;

use domain::{
    ByteCount, Hex, Operator, RejectionReason, SourceClass, SpeedTest, Technology,
    record::{FixedMedium, Network, Protocol, SpeedResult},
};

use super::{
    FileRef, Format, Found, Head, ImportError, Sink, Target,
    derive::{id_of, row_number, speed_test},
    network,
    place::{self, Known},
    table::{Column, Row, Table},
    values,
};
use crate::Recorder;

/// See the module.
#[derive(Debug)]
pub struct RtrOpendata;

impl Format for RtrOpendata {
    fn name(&self) -> &'static str {
        "rtr-opendata"
    }

    fn target(&self) -> Target {
        Target::Evidence(SourceClass::Crowd)
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["csv"]
    }

    fn detect(&self, head: &Head) -> bool {
        head.is_table_with(&["open_test_uuid", "cat_technology", "download_kbit"])
    }

    fn read_file(&self, file: &FileRef, content: &mut dyn Read, found: Sink<'_>) -> Result<(), ImportError> {
        let mut table = Table::open(self.name(), file, content, None)?;
        let columns = Columns::of(&table)?;
        table.each_row(&mut |line, row| {
            let name = || file.name.clone();
            match row.and_then(|row| Ok((columns.test(row)?, columns.voice(row)?, row.text(columns.id)?))) {
                Ok((test, voice, id)) => {
                    let recorder = Recorder::named(&[self.name(), &voice]);
                    let record = speed_test(&recorder, &format!("{} {}", self.name(), id.unwrap_or_default()), test);
                    found(Found::Record { recorder, file: name(), rows: vec![row_number(line)], record })
                }
                Err(reason) => found(Found::Refused { file: name(), row: line, reason }),
            }
        })
    }
}

struct Columns {
    id: Column,
    time: Column,
    category: Column,
    kind: Option<Column>,
    lat: Column,
    lng: Column,
    source: Option<Column>,
    accuracy: Option<Column>,
    download: Column,
    upload: Column,
    ping: Column,
    serving: Option<Column>,
    sim: Option<Column>,
    model: Option<Column>,
    platform: Option<Column>,
    provider: Option<Column>,
    implausible: Option<Column>,
}

impl Columns {
    fn of(table: &Table<'_>) -> Result<Self, ImportError> {
        Ok(Self {
            id: table.need("open_test_uuid")?,
            time: match table.find("time") {
                Some(column) if table.find("time_utc").is_none() => column,
                _ => table.need("time_utc")?,
            },
            category: table.need("cat_technology")?,
            kind: table.find("network_type"),
            lat: table.need("lat")?,
            lng: table.need("long")?,
            source: table.find("loc_src"),
            accuracy: table.find("loc_accuracy"),
            download: table.need("download_kbit")?,
            upload: table.need("upload_kbit")?,
            ping: table.need("ping_ms")?,
            serving: table.find("network_mcc_mnc"),
            sim: table.find("sim_mcc_mnc"),
            model: table.find("model"),
            platform: table.find("platform"),
            provider: table.find("asn"),
            implausible: table.find("implausible"),
        })
    }

    fn test(&self, row: Row<'_>) -> Result<SpeedTest, RejectionReason> {
        if matches!(row.optional(self.implausible)?, Some("true" | "t" | "1")) {
            return Err(RejectionReason::ImplausibleValue);
        }
        let network = self.network(row)?;
        let finest = if matches!(network, Network::Mobile { .. }) { Hex::MOBILE } else { Hex::FIXED };
        let degrees = |column: Column| row.number(Some(column)).map_err(|_| RejectionReason::BadPosition);
        // The publisher moves some places to a grid of 100 m, whatever accuracy they had.
        let known = match row.optional(self.source)? {
            Some("rastered") => Known::Radius(None),
            _ => Known::Radius(row.number(self.accuracy)?),
        };
        let kbit = |column: Column| values::rate(row.number(Some(column))?, 1e3);
        let result = SpeedResult {
            download: kbit(self.download)?,
            upload: kbit(self.upload)?,
            idle_latency: values::latency(row.number(Some(self.ping))?)?,
            ..SpeedResult::default()
        };
        Ok(SpeedTest {
            id: id_of(&[]),
            at: values::time(row.text(self.time)?, &jiff::tz::TimeZone::UTC)?,
            hex: place::hex((degrees(self.lat)?, degrees(self.lng)?), known, finest)?,
            network,
            outcome: values::completed(result)?,
            protocol: Protocol::Rmbt,
            bytes: ByteCount::default(),
            plan_download: None,
        })
    }

    fn network(&self, row: Row<'_>) -> Result<Network, RejectionReason> {
        let technology = match row.text(self.category)? {
            Some("2G") => Technology::TwoG,
            Some("3G") => Technology::ThreeG,
            Some("4G") => Technology::FourG,
            Some("5G") => match row.optional(self.kind)? {
                Some(kind) if kind.contains("NSA") => Technology::FiveGNsa,
                Some(kind) if kind.contains("SA") => Technology::FiveGSa,
                _ => Technology::FiveG,
            },
            Some("WLAN") => return Ok(Network::Fixed { medium: FixedMedium::Wifi, access: None }),
            Some("LAN" | "ETHERNET") => return Ok(Network::Fixed { medium: FixedMedium::Lan, access: None }),
            Some("CLI" | "BROWSER") => return Ok(Network::Fixed { medium: FixedMedium::Unknown, access: None }),
            _ => return Err(RejectionReason::UnknownTechnology),
        };
        let code = |column| row.optional(column)?.map(network::operator_text).transpose();
        let (serving, sim): (Option<Operator>, Option<Operator>) = (code(self.serving)?, code(self.sim)?);
        let operator = serving.or(sim).ok_or(RejectionReason::UnknownOperator)?;
        let roaming = sim.is_some_and(|sim| sim != operator);
        Ok(Network::Mobile { operator, technology: Some(technology), roaming })
    }

    fn voice(&self, row: Row<'_>) -> Result<String, RejectionReason> {
        let word = |column| Ok(row.optional(column)?.unwrap_or_default());
        let network = match word(self.sim)? {
            "" => word(self.provider)?,
            sim => sim,
        };
        Ok(format!("{} {} {network}", word(self.platform)?, word(self.model)?))
    }
}

#[cfg(test)]
#[path = "rtr_opendata_tests.rs"]
mod tests;
