//! A CSV file with comma or semicolon, UTF-8 or Latin-1, that knows its line numbers.

use std::path::{Path, PathBuf};

use csv::StringRecord;

use crate::{BuildError, boundaries::encoding::latin1};

/// A read file.
#[derive(Clone, Debug)]
pub struct TextTable {
    /// Where it came from.
    pub file: PathBuf,
    /// Column names, trimmed.
    pub columns: Vec<String>,
    /// Rows with the line each begins on, from 1, the header included.
    pub rows: Vec<(u64, StringRecord)>,
    /// Whether it was not UTF-8 and was read as Latin-1.
    pub latin1: bool,
}

impl TextTable {
    /// Reads the whole file; a row with another number of fields than the header is an error.
    pub fn read(file: &Path) -> Result<Self, BuildError> {
        let bytes = std::fs::read(file).map_err(BuildError::io(file))?;
        let (text, latin1) = match String::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(error) => (latin1(error.as_bytes()), true),
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let header = text.lines().next().unwrap_or_default();
        let delimiter = if header.matches(';').count() > header.matches(',').count() { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
        let broken = |error: &csv::Error| BuildError::Value {
            file: file.to_owned(),
            line: error.position().map_or(1, csv::Position::line),
            what: error.to_string(),
            advice: "The file is cut short or not a CSV table: download it again",
        };
        let columns = reader.headers().map_err(|error| broken(&error))?.iter().map(|c| c.trim().to_owned()).collect();
        let mut rows = Vec::new();
        for record in reader.into_records() {
            let record = record.map_err(|error| broken(&error))?;
            rows.push((record.position().map_or(0, csv::Position::line), record));
        }
        Ok(Self { file: file.to_owned(), columns, rows, latin1 })
    }

    /// Index of the first of `names` that the file has, upper or lower case; `None` if it has none of them.
    pub fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.columns.iter().position(|c| c.to_lowercase() == name.to_lowercase()))
    }

    /// As [`Self::find`]; an error that lists the columns there are.
    pub fn column(&self, names: &[&str]) -> Result<usize, BuildError> {
        self.find(names).ok_or_else(|| BuildError::Columns {
            file: self.file.clone(),
            missing: names.join(" or "),
            found: self.columns.join(", "),
        })
    }

    /// An error about one line.
    pub fn wrong(&self, line: u64, what: impl Into<String>, advice: &'static str) -> BuildError {
        BuildError::Value { file: self.file.clone(), line, what: what.into(), advice }
    }

    /// The file's name without its folder.
    pub fn name(&self) -> String {
        self.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}
