use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{Clock, DevicePseudonym, ItemId, NewEvidence, Record, RejectionReason, SourceClass, wire::v1::Item};
use store::{Store, Stored, SupplyTile};
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{Format, Found, ImportError, ImportReport, Judge, Target};
use crate::{Pseudonymiser, Recorder, pseudonym::derive};

/// Where an import goes and who judges it.
#[derive(Debug)]
pub struct ImportTarget<'a> {
    /// The database; without one, the import is a dry run.
    pub store: Option<&'a Store>,
    /// The same judge as for HTTP.
    pub judge: &'a Judge,
    /// For the duration in the report.
    pub clock: &'a dyn Clock,
    /// Points that the first pass may keep in memory; a larger input is read twice. See [`KEPT_POINTS`].
    pub kept_points: u64,
}

/// What an import tells while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Points read in the first pass.
    Checked(u64),
    /// The first pass is done; so many points are to be written.
    Length(u64),
    /// Points written in the second pass.
    Written(u64),
}

/// Takes progress, from any thread.
pub type Tell = Arc<dyn Fn(Progress) + Send + Sync>;

/// Records of one transaction, and points of one: enough for a group, little enough to hold and to repeat.
const RECORDS_PER_PART: usize = 200;
const POINTS_PER_PART: u64 = 50_000;
const TILES_PER_PART: usize = 1_000;
/// What the first pass may keep, so that a smaller input need not be read again: 100 MB of single tests.
pub const KEPT_POINTS: u64 = 400_000;
/// Parts that may wait for the database.
const PARTS_IN_FLIGHT: usize = 2;

/// Reads `input` to its end before anything is written: an input that is cut off or of another format ends here,
/// with nothing loaded. Then its records are written in parts, each a transaction: from memory if they are few, else
/// while the input is read again. Ids come from content: an import that was stopped goes on where it was, by being
/// run again.
pub async fn import(
    format: Arc<dyn Format>,
    input: &Path,
    target: ImportTarget<'_>,
    tell: Tell,
) -> Result<ImportReport, ImportError> {
    let start = target.clock.monotonic();
    let stop = StopOnDrop::default();
    let reader = Reader { format, input: input.into(), judge: target.judge.clone(), stopped: Arc::clone(&stop.0) };

    let (first, telling) = (reader.clone(), Arc::clone(&tell));
    let keep = if target.store.is_some() { target.kept_points } else { 0 };
    let (mut report, kept) = on_a_thread(move || first.check(keep, &telling)).await?;
    if let Some(store) = target.store {
        tell(Progress::Length(report.accepted));
        report = match kept {
            Some(parts) => {
                let mut writing = Writing::new(store, &tell);
                for part in parts {
                    writing.write(part).await?;
                }
                writing.counted_in(report)
            }
            None => read_and_write(store, reader, &tell).await?,
        };
    }
    report.dry_run = target.store.is_none();
    report.seconds = target.clock.monotonic().saturating_sub(start).as_secs_f64();
    Ok(report)
}

/// A record that the judge let through, and whose it is.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Tells devices apart; made without the key of a year, so it is for memory and not to be kept.
    pub device: DevicePseudonym,
    /// Of the format.
    pub source: SourceClass,
    /// What is kept of it.
    pub record: Record,
}

/// Reads and judges an input as [`import`] does, and hands on each record that it would write, without a database. `seen`
/// are the records of the inputs before: each counts once.
///
/// # Errors
/// [`ImportError`] if the input is cut off or of another format: what was handed on before is not all of it.
pub fn accepted(
    format: Arc<dyn Format>,
    input: &Path,
    judge: Judge,
    seen: &mut BTreeSet<ItemId>,
    mut take: impl FnMut(Accepted),
) -> Result<ImportReport, ImportError> {
    let reader = Reader { format, input: input.into(), judge, stopped: Arc::default() };
    let mut report = ImportReport::default();
    let read = reader.read(&mut |part, _| {
        for (source, recorder, record) in part.records.drain(..) {
            if !seen.insert(record.id()) {
                report.count(Stored::Duplicate, weight(&record));
                continue;
            }
            report.count(Stored::New, weight(&record));
            take(Accepted { device: derive(&[0; 32], &recorder.message()), source, record });
        }
        *part = Part::default();
        Ok(())
    })?;
    Ok(ImportReport { accepted: report.accepted, duplicate: report.duplicate, dry_run: true, ..read })
}

async fn read_and_write(store: &Store, reader: Reader, tell: &Tell) -> Result<ImportReport, ImportError> {
    let (sender, mut parts) = mpsc::channel(PARTS_IN_FLIGHT);
    let reading = tokio::spawn(on_a_thread(move || reader.send(&sender)));
    let mut writing = Writing::new(store, tell);
    while let Some(part) = parts.recv().await {
        // Leaving drops the receiver, which stops the reader.
        writing.write(part).await?;
    }
    let report = reading.await.unwrap_or(Err(ImportError::Stopped))?;
    Ok(writing.counted_in(report))
}

/// Writes part after part, and counts what became of them.
struct Writing<'a> {
    store: &'a Store,
    pseudonyms: Pseudonymiser,
    written: ImportReport,
    tell: &'a Tell,
}

impl<'a> Writing<'a> {
    fn new(store: &'a Store, tell: &'a Tell) -> Self {
        Self { store, pseudonyms: Pseudonymiser::new(store.clone()), written: ImportReport::default(), tell }
    }

    async fn write(&mut self, part: Part) -> Result<(), ImportError> {
        let mut items = Vec::with_capacity(part.records.len());
        for (source, recorder, record) in part.records {
            let (device, other_years) = self.pseudonyms.of_recorder(&recorder, &record).await?;
            let content_hash = Item::from(&record).content_hash();
            items.push(NewEvidence {
                device,
                other_years,
                source,
                campaign: None,
                quarantine: None,
                content_hash,
                record,
            });
        }
        let items: Arc<[NewEvidence]> = items.into();
        let tiles: Arc<[SupplyTile]> = part.tiles.into();
        let (stored, stored_tiles) = self
            .store
            .run_tx("import", |tx| {
                let (items, tiles) = (Arc::clone(&items), Arc::clone(&tiles));
                Box::pin(async move {
                    Ok((store::insert_evidence(tx, &items).await?, store::insert_supply_tiles(tx, &tiles).await?))
                })
            })
            .await?;
        for (item, stored) in items.iter().zip(stored) {
            self.written.count(stored, weight(&item.record));
        }
        for stored in stored_tiles {
            self.written.count(stored, 1);
        }
        (self.tell)(Progress::Written(self.written.accepted + self.written.duplicate + self.written.conflict));
        Ok(())
    }

    fn counted_in(self, report: ImportReport) -> ImportReport {
        let ImportReport { accepted, duplicate, conflict, .. } = self.written;
        ImportReport { accepted, duplicate, conflict, ..report }
    }
}

impl ImportReport {
    fn count(&mut self, stored: Stored, points: u64) {
        match stored {
            Stored::New => self.accepted += points,
            Stored::Duplicate => self.duplicate += points,
            Stored::Conflict => self.conflict += points,
        }
    }
}

/// What is written in one transaction.
#[derive(Debug, Default)]
struct Part {
    records: Vec<(SourceClass, Recorder, Record)>,
    tiles: Vec<SupplyTile>,
    points: u64,
}

impl Part {
    fn is_full(&self) -> bool {
        self.records.len() >= RECORDS_PER_PART || self.tiles.len() >= TILES_PER_PART || self.points >= POINTS_PER_PART
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.tiles.is_empty()
    }

    /// Takes what the other has.
    fn append(&mut self, other: &mut Self) {
        self.records.append(&mut other.records);
        self.tiles.append(&mut other.tiles);
        self.points += std::mem::take(&mut other.points);
    }
}

/// Into the last part, or into a new one.
fn take_into(parts: &mut Vec<Part>, part: &mut Part) {
    match parts.last_mut() {
        Some(last) if !last.is_full() => last.append(part),
        _ => parts.push(std::mem::take(part)),
    }
}

/// Reads and judges on a thread of its own.
#[derive(Clone, Debug)]
struct Reader {
    format: Arc<dyn Format>,
    input: Arc<Path>,
    judge: Judge,
    stopped: Arc<AtomicBool>,
}

impl Reader {
    /// The first pass: what would be accepted, and the parts themselves while they have no more than `keep` points.
    fn check(&self, keep: u64, tell: &Tell) -> Result<(ImportReport, Option<Vec<Part>>), ImportError> {
        let mut accepted = 0;
        let mut told = 0;
        let mut kept = (keep > 0).then(Vec::new);
        let report = self.read(&mut |part, read| {
            accepted += part.points;
            if accepted > keep {
                kept = None;
            }
            match &mut kept {
                Some(parts) => take_into(parts, part),
                None => *part = Part::default(),
            }
            if read - told >= 10_000 {
                told = read;
                tell(Progress::Checked(read));
            }
            Ok(())
        })?;
        Ok((ImportReport { accepted, ..report }, kept))
    }

    /// The second pass: what is to be written.
    fn send(&self, parts: &mpsc::Sender<Part>) -> Result<ImportReport, ImportError> {
        let send = |part: &mut Part| parts.blocking_send(std::mem::take(part)).map_err(|_| ImportError::Stopped);
        let mut last = Part::default();
        let report = self.read(&mut |part, _| {
            last.append(part);
            if last.is_full() { send(&mut last) } else { Ok(()) }
        })?;
        if !last.is_empty() {
            send(&mut last)?;
        }
        Ok(report)
    }

    /// Judges everything; `take` gets what is kept of each record, and how many points were read until now.
    fn read(
        &self,
        take: &mut dyn FnMut(&mut Part, u64) -> Result<(), ImportError>,
    ) -> Result<ImportReport, ImportError> {
        let mut report = ImportReport { format: self.format.name().to_owned(), ..ImportReport::default() };
        let mut part = Part::default();
        self.format.read(&self.input, &mut |found| {
            if self.stopped.load(Ordering::Relaxed) {
                return Err(ImportError::Stopped);
            }
            match found {
                Found::Refused { file, row, reason } => {
                    report.read += 1;
                    report.reject(reason, 1, || format!("{file}, row {row}"));
                }
                Found::Record { recorder, file, rows, record } => {
                    report.read += weight(&record);
                    // What is context has no class, and can be no evidence, whatever its reader says.
                    if let Target::Evidence(source) = self.format.target()
                        && let Some(record) = self.judge.check(&file, &rows, record, &mut report)
                    {
                        part.points = weight(&record);
                        part.records.push((source, recorder, record));
                    }
                }
                Found::Tile { file, row, centre, tile } => {
                    report.read += 1;
                    if self.judge.cover.contains(centre) {
                        part.points = 1;
                        part.tiles.push(tile);
                    } else {
                        report.reject(RejectionReason::OutsideArea, 1, || format!("{file}, row {row}"));
                    }
                }
            }
            take(&mut part, report.read)
        })?;
        Ok(report)
    }
}

/// An import that nobody waits for any more must not keep the process.
#[derive(Debug, Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    spawn_blocking(work).await.unwrap_or_else(|panicked| match panicked.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(ImportError::Stopped),
    })
}

pub(super) fn weight(record: &Record) -> u64 {
    match record {
        Record::CoverageTrack(track) => track.points.len() as u64,
        Record::SpeedTest(_) | Record::DeadSpotReport(_) => 1,
    }
}
