//! What devices sent: taken once, in one transaction with its dirty marks; read back by block and window.

mod coverage;
mod dead_spot;
mod ids;
mod known;
mod read;
mod speed;

use std::collections::BTreeSet;

use domain::{DevicePseudonym, Hex, NewEvidence, QuarantineReason, Record, SourceClass, Window};
pub use known::known_items;
pub use read::{BlockEvidence, Piece, PieceRead, read_block, read_speed_tests, send_evidence};
use uuid::Uuid;

use crate::{StoreError, Tx, dirty, month::Month, points};

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stored {
    /// Kept.
    New,
    /// The same content was there already.
    Duplicate,
    /// Another content was there under the same id; the first stays.
    Conflict,
}

const BESIDE_RETENTION: &str = "\
-- evidence_beside_retention
select pg_advisory_xact_lock_shared(hashtext('whitespot retention'))";
const PARTITIONS: &str = "\
-- evidence_partitions
select evidence_partition(wanted), (select kept_from from retention) from unnest($1::integer[]) as wanted";

/// Keeps each item that is new and marks its blocks dirty; answers in the order of `items`.
///
/// An item counts for its campaign, if it has one, and for the calendar year (UTC) of each of its points.
/// Quarantined items and dead-spot reports are kept but mark nothing: no leaf is made of them.
/// Refuses the whole call if an item has a hexagon finer than resolution 10 or coarser than 7, or is from a year whose
/// evidence was destroyed.
pub async fn insert_evidence(tx: &mut Tx<'_>, items: &[NewEvidence]) -> Result<Vec<Stored>, StoreError> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    for item in items {
        item.record.hexes().try_for_each(|hex| points::block_of(hex).map(drop))?;
    }
    // Before anything is locked: who waits here for another's new partition holds nothing they want.
    make_partitions(tx, items).await?;
    let stored = ids::take(tx, items).await?;

    let mut dirty = BTreeSet::new();
    let mut coverage = coverage::Rows::default();
    let mut speed = speed::Columns::default();
    let mut dead_spots = dead_spot::Columns::default();
    for (item, _) in items.iter().zip(&stored).filter(|(_, stored)| **stored == Stored::New) {
        match &item.record {
            Record::SpeedTest(test) => {
                let place = speed.push(item, test)?;
                mark(&mut dirty, item, &place);
            }
            Record::CoverageTrack(track) => {
                for place in coverage.push(item, track)? {
                    mark(&mut dirty, item, &place);
                }
            }
            Record::DeadSpotReport(report) => dead_spots.push(item, report)?,
        }
    }
    coverage.insert(tx).await?;
    speed.insert(tx).await?;
    dead_spots.insert(tx).await?;
    dirty::mark(tx, &dirty.into_iter().collect::<Vec<_>>()).await?;
    Ok(stored)
}

fn mark(dirty: &mut BTreeSet<(Hex, Window)>, item: &NewEvidence, place: &Place) {
    if item.quarantine.is_some() {
        return;
    }
    if let Some(campaign) = &item.campaign {
        dirty.insert((place.block, Window::Campaign(campaign.clone())));
    }
    dirty.insert((place.block, Window::Year(place.month.year())));
}

/// Until the end of the transaction no year is destroyed. The first thing that a transaction does which changes evidence.
pub async fn beside_retention(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let locked = sqlx::query(BESIDE_RETENTION).execute(tx.conn()).await;
    locked.map(drop).map_err(StoreError::doing("write beside a retention"))
}

async fn make_partitions(tx: &mut Tx<'_>, items: &[NewEvidence]) -> Result<(), StoreError> {
    let mut months = BTreeSet::new();
    for item in items {
        match &item.record {
            Record::SpeedTest(test) => drop(months.insert(Month::of(test.at))),
            Record::DeadSpotReport(report) => drop(months.insert(Month::of(report.at))),
            Record::CoverageTrack(track) => {
                // Most points of a track share an hour: ask the calendar once a run.
                let hours: BTreeSet<_> = track.points.iter().map(|point| point.hour).collect();
                months.extend(hours.into_iter().map(Month::of_hour));
            }
        }
    }
    let doing = || StoreError::doing("make the tables of a month");
    beside_retention(tx).await?;
    let first = months.first().map_or(i16::MAX, |month| month.year());
    let months: Vec<i32> = months.into_iter().map(|month| month.0).collect();
    let made: Vec<((), Option<i16>)> =
        sqlx::query_as(PARTITIONS).bind(months).fetch_all(tx.conn()).await.map_err(doing())?;
    match made.first() {
        Some(&((), Some(kept_from))) if first < kept_from => Err(StoreError::Forgotten { year: first, kept_from }),
        _ => Ok(()),
    }
}

/// Where in the tables a row goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    block: Hex,
    month: Month,
}

/// A device has another name in another year.
fn device_in(item: &NewEvidence, month: Month) -> &DevicePseudonym {
    item.other_years.get(&month.year()).unwrap_or(&item.device)
}

/// The columns that the tables of single measurements share.
#[derive(Debug, Default)]
struct Common {
    ids: Vec<Uuid>,
    months: Vec<i32>,
    blocks: Vec<i64>,
    devices: Vec<Vec<u8>>,
    sources: Vec<&'static str>,
    campaigns: Vec<Option<String>>,
    quarantines: Vec<Option<&'static str>>,
}

impl Common {
    fn push(&mut self, item: &NewEvidence, place: Place) {
        self.ids.push(item.record.id().as_uuid());
        self.months.push(place.month.0);
        self.blocks.push(place.block.as_i64());
        self.devices.push(DevicePseudonym::as_bytes(device_in(item, place.month)).to_vec());
        self.sources.push(SourceClass::code(item.source));
        self.campaigns.push(item.campaign.as_ref().map(ToString::to_string));
        self.quarantines.push(item.quarantine.map(QuarantineReason::code));
    }
}
