//! All inputs as one queue of work.

use std::{
    collections::VecDeque,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

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
    /// Files that are given out, or are to be.
    pub listed: u64,
    /// Files of folders that are neither Parquet nor CSV, and the first of them.
    pub left_out: (u64, Option<PathBuf>),
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
    /// Files, and the Parquet and CSV files of folders, and of folders in these, in the order of their names. None of them is
    /// to be the output.
    pub fn new(paths: &[PathBuf], output: &Path, wanted: Wanted) -> Result<Self, BulkError> {
        let (mut files, mut left_out) = (VecDeque::new(), (0, None));
        for path in paths {
            if !path.is_dir() {
                files.push_back(path.clone());
                continue;
            }
            let mut inside = Vec::new();
            list(path, &mut inside, &mut left_out)?;
            if inside.is_empty() {
                return Err(BulkError::input(path, "holds no file that ends with .parquet or .csv"));
            }
            inside.sort_unstable();
            files.extend(inside);
        }
        if let Ok(place) = output.canonicalize() {
            // By name first: of a million files few are asked where they are.
            let mut namesakes = files.iter().filter(|file| file.file_name() == place.file_name());
            if namesakes.any(|file| file.canonicalize().is_ok_and(|file| file == place)) {
                let reason = "is one of the inputs, and would be lost or counted again: name another place".to_owned();
                return Err(BulkError::Output { file: output.to_owned(), reason });
            }
        }
        let listed = files.len() as u64;
        let wanted = Arc::new(wanted);
        let first = files.pop_front().ok_or(BulkError::NoInput)?;
        let open = open(&first, &wanted)?;
        let shape = Shape::of(open.roles());
        Ok(Self { files, open: Some(open), wanted, shape, first, listed, left_out })
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

/// What a folder holds. Names that begin with a dot or a low line are marks of other programs.
fn list(folder: &Path, files: &mut Vec<PathBuf>, left_out: &mut (u64, Option<PathBuf>)) -> Result<(), BulkError> {
    let failed = |error: io::Error| BulkError::input(folder, error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let kind = path.extension().unwrap_or_default().to_ascii_lowercase();
        if name.starts_with(['.', '_']) {
            continue;
        }
        if path.is_dir() {
            list(&path, files, left_out)?;
        } else if kind == "parquet" || kind == "csv" {
            files.push(path);
        } else {
            left_out.0 += 1;
            left_out.1.get_or_insert(path);
        }
    }
    Ok(())
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
