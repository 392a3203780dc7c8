//! Rows of a CSV file, one at a time, with the separator and the columns read off its first line.

use std::{
    cell::Cell,
    io::{self, Cursor, Read},
    rc::Rc,
};

use csv::ByteRecord;
use domain::RejectionReason;

use super::{
    ImportError,
    files::FileRef,
    head::{HEAD_BYTES, names, separator},
};

/// Longest row; one of an open quotation mark would otherwise hold the whole file.
const MAX_ROW: u64 = 1024 * 1024;

/// Takes the number of a line and its row, or why it cannot be read.
type EachRow<'e> = &'e mut dyn FnMut(u64, Result<Row<'_>, RejectionReason>) -> Result<(), ImportError>;

/// A table that is being read.
pub struct Table<'a> {
    format: &'static str,
    file: &'a FileRef,
    reader: csv::Reader<Watched<'a>>,
    columns: Vec<String>,
    seen: Rc<Seen>,
    /// Lines end in CR LF: the reader takes the LF with the next row.
    crlf: bool,
}

/// What passed on the way to the reader.
#[derive(Default)]
struct Seen {
    /// Bytes that the row may still take.
    left: Cell<u64>,
    last: Cell<u8>,
    ended: Cell<bool>,
}

impl<'a> Table<'a> {
    /// Reads the first line. `delimiter` overrules what is read off it.
    pub fn open(
        format: &'static str,
        file: &'a FileRef,
        content: &'a mut dyn Read,
        delimiter: Option<u8>,
    ) -> Result<Self, ImportError> {
        let mut head = Vec::new();
        (&mut *content).take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(|error| file.failed(error))?;
        let start: u8 = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let delimiter = delimiter.unwrap_or_else(|| separator(&head[usize::from(start)..]));
        let mut head = Cursor::new(head);
        head.set_position(start.into());
        let crlf = head.get_ref().windows(2).find(|pair| pair[1] == b'\n').is_some_and(|pair| pair[0] == b'\r');
        let seen = Rc::new(Seen::default());
        let watched = Watched { content: Box::new(head.chain(content)), seen: Rc::clone(&seen) };
        let reader =
            csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(watched);
        let mut table = Self { format, file, reader, columns: Vec::new(), seen, crlf };
        let mut header = ByteRecord::new();
        table.next(&mut header)?;
        table.columns = header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        Ok(table)
    }

    /// Where a column stands, if there is one of this name.
    pub fn find(&self, name: &str) -> Option<Column> {
        self.columns.iter().position(|column| column == name).map(Column)
    }

    /// Where a column stands that every file of the format has.
    pub fn need(&self, name: &str) -> Result<Column, ImportError> {
        self.find(name).ok_or_else(|| ImportError::WrongColumns {
            format: self.format,
            file: self.file.name.clone(),
            what: "column",
            missing: name.to_owned(),
            found: names(self.columns.iter().map(String::as_str)),
        })
    }

    /// Calls `each` for every line behind the header, which is line 1.
    pub fn each_row(&mut self, each: EachRow<'_>) -> Result<(), ImportError> {
        let mut record = ByteRecord::new();
        while self.next(&mut record)? {
            let line = self.line_of(&record);
            // Empty fields behind the last column are a habit of spreadsheets.
            let whole =
                record.len() >= self.columns.len() && record.iter().skip(self.columns.len()).all(<[u8]>::is_empty);
            if !whole && record.len() < self.columns.len() && self.is_open() {
                return Err(ImportError::Cut { file: self.file.name.clone(), row: line });
            }
            each(line, if whole { Ok(Row { record: &record }) } else { Err(RejectionReason::Malformed) })?;
        }
        Ok(())
    }

    fn next(&mut self, record: &mut ByteRecord) -> Result<bool, ImportError> {
        self.seen.left.set(MAX_ROW);
        match self.reader.read_byte_record(record) {
            Ok(more) => Ok(more),
            Err(error) => {
                let row = self.reader.position().line();
                let source = match error.into_kind() {
                    csv::ErrorKind::Io(source) => source,
                    other => io::Error::other(format!("{other:?}")),
                };
                if source.kind() == io::ErrorKind::QuotaExceeded {
                    return Err(ImportError::Endless { file: self.file.name.clone(), row, limit: MAX_ROW });
                }
                Err(self.file.failed(source))
            }
        }
    }

    /// The line where a row begins, as an editor counts. (The position that the reader keeps in the row lies
    /// before empty lines and before the LF of the last row.)
    fn line_of(&self, record: &ByteRecord) -> u64 {
        let inside: u64 = record.as_slice().iter().map(|&byte| u64::from(byte == b'\n')).sum();
        let behind = u64::from(!self.crlf && !self.is_open());
        self.reader.position().line().saturating_sub(inside + behind)
    }

    /// Whether the file ended without the end of a line.
    fn is_open(&self) -> bool {
        self.seen.ended.get() && self.seen.last.get() != b'\n' && self.seen.last.get() != b'\r'
    }
}

/// Where a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column(usize);

/// A row with as many fields as the header.
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    record: &'r ByteRecord,
}

impl<'r> Row<'r> {
    /// A field; `None` for a missing value in any of the usual spellings.
    pub fn text(self, column: Column) -> Result<Option<&'r str>, RejectionReason> {
        let bytes = self.record.get(column.0).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|_| RejectionReason::Malformed)?.trim();
        let missing = matches!(text, "" | "-" | "null" | "NULL" | "\\N" | "NaN" | "nan");
        Ok(if missing { None } else { Some(text) })
    }

    /// The same for a column that a file may lack.
    pub fn optional(self, column: Option<Column>) -> Result<Option<&'r str>, RejectionReason> {
        column.map_or(Ok(None), |column| self.text(column))
    }

    /// A number; one that cannot be read is implausible.
    pub fn number(self, column: Option<Column>) -> Result<Option<f64>, RejectionReason> {
        self.optional(column)?.map(number).transpose()
    }
}

/// A finite decimal number; a German file may write its comma.
pub fn number(text: &str) -> Result<f64, RejectionReason> {
    let parsed = text.parse().or_else(|_| text.replace(',', ".").parse::<f64>());
    parsed.ok().filter(|value| value.is_finite()).ok_or(RejectionReason::ImplausibleValue)
}

/// Fails when a row goes on for too long, and remembers the last byte.
struct Watched<'a> {
    content: Box<dyn Read + 'a>,
    seen: Rc<Seen>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.seen.left.get() == 0 {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let n = self.content.read(buffer)?;
        self.seen.left.set(self.seen.left.get().saturating_sub(n as u64));
        match buffer[..n].last() {
            Some(&last) => self.seen.last.set(last),
            None => self.seen.ended.set(true),
        }
        Ok(n)
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
