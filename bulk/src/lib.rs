//! Whole files of tests into hexagons: CSV and Parquet in, GeoParquet, GeoJSON or CSV out.
//!
//! Every test counts the same here, as in open data of other platforms: number of tests and distinct devices, and exact
//! quantiles of what was measured. What releases publish gives each device one voice instead (`analytics`).
//!
//! ```text
//! row groups, blocks of lines --threads--> columns -> hexagon (hexkernel) -> 256 partitions, packed; on disk beyond the limit
//! partitions --threads--> hexagon by hexagon: count, select quantiles -> file beside its place -> renamed
//! ```
//! The result does not depend on the number of threads, the memory limit or the order of the files.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod csv_input;
mod error;
mod gather;
mod input;
mod output;
mod packing;
mod parquet_input;
mod reduce;
mod roles;
mod rows;
mod shards;
mod wkb;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

pub use error::BulkError;
use gather::Gatherer;
pub use gather::least_memory;
use h3o::{CellIndex, Resolution};
use input::Inputs;
pub use output::{Column, Format, Kind, Output, Row, Value};
use reduce::HexRow;
use roles::Roles;
pub use roles::{Metric, Names, Role};
use shards::{Budget, PARTITIONS, Segment, Shards};

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Request {
    /// Files, or folders of files.
    pub inputs: Vec<PathBuf>,
    /// Where the result goes.
    pub output: PathBuf,
    /// Its form.
    pub format: Format,
    /// Of the hexagons.
    pub resolution: Resolution,
    /// Columns that have no usual name.
    pub names: Names,
    /// What is summarised; all that is there if `None`.
    pub metrics: Option<Vec<Metric>>,
    /// Between 0 and 1, ascending.
    pub quantiles: Vec<f64>,
    /// For rows that wait for their turn; beyond it they wait on disk.
    pub memory_bytes: usize,
    /// At least 1.
    pub threads: usize,
    /// Folder for what does not fit into memory.
    pub scratch: PathBuf,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Files that were read.
    pub files: u64,
    /// Files in folders that were not, as their names end neither with .parquet nor with .csv.
    pub left_out: u64,
    /// One of these.
    pub first_left_out: Option<PathBuf>,
    /// Rows that were read.
    pub rows: u64,
    /// Rows without a place, which are in no hexagon.
    pub without_place: u64,
    /// Hexagons of the result.
    pub hexagons: u64,
    /// What was set aside on disk.
    pub spilled_bytes: u64,
}

/// What is wanted of every file.
#[derive(Clone, Debug)]
struct Wanted {
    names: Names,
    metrics: Option<Vec<Metric>>,
    resolution: Resolution,
}

impl Wanted {
    fn find(&self, columns: &[String]) -> Result<Roles, String> {
        Roles::find(columns, &self.names, self.metrics.as_deref())
    }

    fn check_hexagon(&self, hex: u64) -> Result<(), String> {
        let hex = CellIndex::try_from(hex).map_err(|_| format!("{hex:x} is no H3 index"))?;
        if hex.resolution() < self.resolution {
            let (has, wants) = (u8::from(hex.resolution()), u8::from(self.resolution));
            return Err(format!("hexagon {hex} has resolution {has}, coarser than the {wants} that are asked for"));
        }
        Ok(())
    }
}

/// Reads everything, then writes the result. `progress` hears how many rows have been read since it heard last.
///
/// # Errors
/// [`BulkError`]; then there is no new file at the place of the output.
pub fn aggregate(request: &Request, progress: &(dyn Fn(u64) + Sync)) -> Result<Report, BulkError> {
    let threads = request.threads.max(1);
    let budget =
        Budget { limit: request.memory_bytes, threads, used: AtomicUsize::new(0), spilled: AtomicUsize::new(0) };
    budget.check()?;
    let wanted =
        Wanted { names: request.names.clone(), metrics: request.metrics.clone(), resolution: request.resolution };
    let inputs = Inputs::new(&request.inputs, &request.output, wanted)?;
    let shape = inputs.shape().clone();
    let columns = columns(shape.devices, &shape.metrics, &request.quantiles);
    // Before all the work, so that a place that cannot be written is heard of at once.
    let mut output = Output::create(&request.output, request.format, columns)?;
    let (left_out, first_left_out) = inputs.left_out.clone();
    let mut report = Report { files: inputs.listed, left_out, first_left_out, ..Report::default() };
    let partitions = read(request, inputs, &budget, progress, &mut report)?;
    if report.rows == report.without_place {
        return Err(BulkError::Nothing { rows: report.rows });
    }
    report.spilled_bytes = budget.spilled.load(Ordering::Relaxed) as u64;
    write(request, threads, partitions, |rows| {
        report.hexagons += rows.len() as u64;
        output.write(&rows.iter().map(|row| values(row, request.quantiles.len())).collect::<Vec<_>>())
    })?;
    output.finish()?;
    Ok(report)
}

/// Number of tests and devices; for each metric the number of its tests, and its quantiles.
fn columns(devices: bool, metrics: &[Metric], quantiles: &[f64]) -> Vec<Column> {
    let column = |name: String, kind| Column { name, kind };
    let mut columns = vec![column("tests".to_owned(), Kind::Count)];
    if devices {
        columns.push(column("devices".to_owned(), Kind::Count));
    }
    for metric in metrics {
        columns.push(column(format!("{}_tests", metric.name()), Kind::Count));
        columns.extend(quantiles.iter().map(|q| {
            let percent = (q * 100.0 * 1e6).round() / 1e6;
            column(format!("{}_p{percent}_{}", metric.name(), metric.unit()), Kind::Number)
        }));
    }
    columns
}

fn values(row: &HexRow, quantiles: usize) -> Row {
    let mut values = vec![Value::Count(row.tests)];
    values.extend(row.devices.map(Value::Count));
    for (tests, found) in &row.metrics {
        values.push(Value::Count(*tests));
        values.extend(
            (0..quantiles).map(|at| found.get(at).map_or(Value::Nothing, |&value| Value::Number(rounded(value)))),
        );
    }
    Row { hex: row.hex, values }
}

/// Six decimals: beyond them there is only the error of an interpolation.
fn rounded(value: f64) -> f64 {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded.is_finite() { rounded } else { value }
}

/// All rows, by partition.
fn read(
    request: &Request,
    inputs: Inputs,
    budget: &Budget,
    progress: &(dyn Fn(u64) + Sync),
    report: &mut Report,
) -> Result<Vec<Vec<Segment>>, BulkError> {
    let shape = inputs.shape().clone();
    let queue = Mutex::new(Ok(inputs));
    let read_some = || -> Result<(Gatherer<'_>, u64), BulkError> {
        let shards = Shards::new(shape.devices, shape.metrics.len(), budget, &request.scratch);
        let (mut gatherer, mut count) = (Gatherer::new(request.resolution, shards), 0);
        loop {
            // After an error of another thread there is nothing more to do.
            let mut inputs = queue.lock().unwrap_or_else(PoisonError::into_inner);
            let task = match inputs.as_mut().map(Inputs::next) {
                Ok(Ok(task)) => task,
                Ok(Err(error)) => {
                    *inputs = Err(());
                    return Err(error);
                }
                Err(()) => None,
            };
            drop(inputs);
            let Some(task) = task else { return Ok((gatherer, count)) };
            let read = task.read(|rows| {
                count += rows.len() as u64;
                progress(rows.len() as u64);
                gatherer.add(rows)
            });
            if let Err(error) = read {
                *queue.lock().unwrap_or_else(PoisonError::into_inner) = Err(());
                return Err(error);
            }
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..budget.threads).map(|_| scope.spawn(read_some)).collect();
        let mut partitions: Vec<Vec<Segment>> = (0..PARTITIONS).map(|_| Vec::new()).collect();
        let mut failed = None;
        for thread in threads {
            match thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                Ok((gatherer, count)) => {
                    report.rows += count;
                    report.without_place += gatherer.nowhere;
                    for (all, mine) in partitions.iter_mut().zip(gatherer.finish()) {
                        all.extend(mine);
                    }
                }
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(partitions), Err)
    })
}

/// Reduces partitions side by side, and writes them in their order.
fn write(
    request: &Request,
    threads: usize,
    partitions: Vec<Vec<Segment>>,
    mut take: impl FnMut(&[HexRow]) -> Result<(), BulkError>,
) -> Result<(), BulkError> {
    let queue = Mutex::new(partitions.into_iter().enumerate());
    // Where all rows are in a few hexagons, a partition is large, and only one of these is in memory at a time.
    let (share, one_large) = (request.memory_bytes / threads, Mutex::new(()));
    let (to, from) = mpsc::sync_channel(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (to, queue, one_large) = (to.clone(), &queue, &one_large);
            scope.spawn(move || {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((number, segments)) = next else { return };
                    let is_large = segments.iter().map(Segment::needs).sum::<usize>() > share;
                    let alone = is_large.then(|| one_large.lock().unwrap_or_else(PoisonError::into_inner));
                    let rows = reduce::reduce(segments, &request.quantiles);
                    drop(alone);
                    if to.send((number, rows)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(to);
        let (mut early, mut turn) = (BTreeMap::new(), 0);
        for (number, rows) in from {
            early.insert(number, rows?);
            while let Some(rows) = early.remove(&turn) {
                take(&rows)?;
                turn += 1;
            }
        }
        Ok(())
    })
}
