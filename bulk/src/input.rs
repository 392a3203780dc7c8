//! All inputs as one queue of work.

use std::{collections::VecDeque, fs, io::Read as _, path::PathBuf, sync::Arc};

use crate::{
    BulkError, Wanted,
    csv_input::{Block, CsvFile},
    parquet_input::ParquetFile,
    roles::{Metric, Roles},
    rows::Rows,
};

/// Something that one thread reads.
pub(crate) enum Task {
    RowGroup(ParquetFile, usize),
    Lines(Block),
}

impl Task {
    pub fn read(self, take: impl FnMut(&Rows<'_>) -> Result<(), BulkError>) -> Result<(), BulkError> {
        match self {
            Self::RowGroup(file, group) => file.read(group, take),
            Self::Lines(block) => block.read(take),
        }
    }
}

enum Open {
    Parquet(ParquetFile, usize),
    Csv(Box<CsvFile>),
}

/// Files that are opened one after the other: a million of them are as good as one.
pub(crate) struct Inputs {
    files: VecDeque<PathBuf>,
    open: Option<Open>,
    wanted: Arc<Wanted>,
    shape: Shape,
    first: PathBuf,
}

/// What all files have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub devices: bool,
    pub metrics: Vec<Metric>,
}

impl Shape {
    fn of(roles: &Roles) -> Self {
        Self { devices: roles.device.is_some(), metrics: roles.metrics.iter().map(|&(metric, _)| metric).collect() }
    }
}

impl Inputs {
    /// Files, and the Parquet and CSV files of folders in the order of their names.
    pub fn new(paths: &[PathBuf], wanted: Wanted) -> Result<Self, BulkError> {
        let mut files = VecDeque::new();
        for path in paths {
            if !path.is_dir() {
                files.push_back(path.clone());
                continue;
            }
            let listed = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let mut inside: Vec<PathBuf> = listed
                .map_err(|error| BulkError::input(path, error))?
                .into_iter()
                .map(|entry| entry.path())
                .filter(|file| file.extension().is_some_and(|kind| kind == "parquet" || kind == "csv"))
                .collect();
            if inside.is_empty() {
                return Err(BulkError::input(path, "holds no file that ends with .parquet or .csv"));
            }
            inside.sort_unstable();
            files.extend(inside);
        }
        let wanted = Arc::new(wanted);
        let first = files.pop_front().ok_or(BulkError::NoInput)?;
        let open = open(&first, &wanted)?;
        let shape = Shape::of(open.roles());
        Ok(Self { files, open: Some(open), wanted, shape, first })
    }

    /// Of the first file, and so of all.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The next piece of work; `None` when all are given out.
    pub fn next(&mut self) -> Result<Option<Task>, BulkError> {
        loop {
            match &mut self.open {
                Some(Open::Parquet(file, group)) if *group < file.row_groups() => {
                    *group += 1;
                    return Ok(Some(Task::RowGroup(file.clone(), *group - 1)));
                }
                Some(Open::Csv(file)) => {
                    if let Some(block) = file.next()? {
                        return Ok(Some(Task::Lines(block)));
                    }
                }
                _ => {}
            }
            let Some(path) = self.files.pop_front() else {
                self.open = None;
                return Ok(None);
            };
            let open = open(&path, &self.wanted)?;
            if Shape::of(open.roles()) != self.shape {
                let reason = format!(
                    "does not have the columns of {}: all files need the same; --metrics names those that are read",
                    self.first.display()
                );
                return Err(BulkError::input(&path, reason));
            }
            self.open = Some(open);
        }
    }
}

impl Open {
    fn roles(&self) -> &Roles {
        match self {
            Self::Parquet(file, _) => file.roles(),
            Self::Csv(file) => file.roles(),
        }
    }
}

/// By its content, not its name.
fn open(path: &PathBuf, wanted: &Arc<Wanted>) -> Result<Open, BulkError> {
    let mut magic = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(4).read_to_end(&mut magic));
    read.map_err(|error| BulkError::input(path, error))?;
    if magic == b"PAR1" {
        return Ok(Open::Parquet(ParquetFile::open(path, wanted)?, 0));
    }
    Ok(Open::Csv(Box::new(CsvFile::open(path, wanted)?)))
}
