use std::{path::Path, sync::Arc};

use domain::{Clock, NewEvidence, Record, wire::v1::Item};
use store::{Store, Stored};

use super::{Format, Found, ImportError, ImportReport};
use crate::{Checked, Pseudonymiser, Validator};

/// Where an import goes and who judges it.
#[derive(Debug)]
pub struct ImportTarget<'a> {
    /// The database.
    pub store: &'a Store,
    /// The same judge as for HTTP.
    pub validator: &'a Validator,
    /// For the duration in the report.
    pub clock: &'a dyn Clock,
}

/// Rows of one INSERT call; all calls of an import share one transaction.
const ITEMS_PER_CALL: usize = 50;

/// Reads `input`, judges every record, and writes all of it in one transaction, or nothing.
///
/// `progress` is told how many points were read, and then how many were written.
pub async fn import(
    format: &dyn Format,
    input: &Path,
    target: ImportTarget<'_>,
    progress: &(dyn Fn(&'static str, u64) + Sync),
) -> Result<ImportReport, ImportError> {
    let start = target.clock.monotonic();
    let mut report = ImportReport { format: format.name().to_owned(), ..ImportReport::default() };
    let mut records = Vec::new();
    format.read(input, &mut |found| {
        match found {
            Found::Refused { file, record, reason } => {
                report.read += 1;
                report.reject(reason, 1, || format!("{file}, record {record}"));
            }
            Found::Record { recorder, file, record } => {
                report.read += weight(&record);
                if let Some(record) = judge(target.validator, &file, record, &mut report) {
                    records.push((recorder, record));
                }
            }
        }
        progress("read", report.read);
    })?;

    let pseudonyms = Pseudonymiser::new(target.store.clone());
    let mut items = Vec::with_capacity(records.len());
    for (recorder, record) in records {
        let (device, other_years) = pseudonyms.pseudonyms(&recorder, &record).await?;
        let content_hash = Item::from(&record).content_hash();
        let source = format.source();
        items.push(NewEvidence { device, other_years, source, campaign: None, quarantine: None, content_hash, record });
    }
    let items: Arc<[NewEvidence]> = items.into();
    let stored = target
        .store
        .run_tx("import", |tx| {
            let items = Arc::clone(&items);
            Box::pin(async move {
                let mut stored = Vec::with_capacity(items.len());
                for chunk in items.chunks(ITEMS_PER_CALL) {
                    stored.extend(store::insert_evidence(tx, chunk).await?);
                }
                Ok(stored)
            })
        })
        .await?;
    for (item, stored) in items.iter().zip(stored) {
        let count = match stored {
            Stored::New => &mut report.accepted,
            Stored::Duplicate => &mut report.duplicate,
            Stored::Conflict => &mut report.conflict,
        };
        *count += weight(&item.record);
        progress("written", report.accepted + report.duplicate + report.conflict);
    }
    report.seconds = target.clock.monotonic().saturating_sub(start).as_secs_f64();
    Ok(report)
}

/// The plausible part of a record; what is cut is counted.
fn judge(validator: &Validator, file: &str, record: Record, report: &mut ImportReport) -> Option<Record> {
    let points = weight(&record);
    let place = || file.to_owned();
    match validator.check(record) {
        Ok(Checked { record, points_rejected }) => {
            for (reason, count) in points_rejected {
                report.reject(reason, u64::from(count), place);
            }
            Some(record)
        }
        Err(reason) => {
            report.reject(reason, points, place);
            None
        }
    }
}

fn weight(record: &Record) -> u64 {
    match record {
        Record::CoverageTrack(track) => track.points.len() as u64,
        Record::SpeedTest(_) | Record::DeadSpotReport(_) => 1,
    }
}
