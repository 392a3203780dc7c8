//! Blocks of lines of CSV files.

use std::{borrow::Cow, fs::File, io::Read as _, path::Path, sync::Arc};

use csv::{ByteRecord, ReaderBuilder};

use crate::{
    BulkError, Wanted,
    roles::{PlaceColumns, Roles},
    rows::{NO_DEVICE, Places, Rows, device_named, impossible},
};

/// Bytes of a block, and how far it may grow until a line ends.
const BLOCK: usize = 4 << 20;
const LONGEST: usize = 4 * BLOCK;
/// Rows that are handed on at once.
const BATCH: usize = 16 * 1024;

/// An open file, read block by block.
pub(crate) struct CsvFile {
    shape: Arc<Shape>,
    file: File,
    /// Read, and not yet part of a block.
    rest: Vec<u8>,
    ended: bool,
    /// Lines before `rest`.
    lines: u64,
}

/// What all blocks of a file share.
pub(crate) struct Shape {
    path: Arc<Path>,
    delimiter: u8,
    columns: usize,
    roles: Roles,
    wanted: Arc<Wanted>,
}

/// Whole lines.
pub(crate) struct Block {
    shape: Arc<Shape>,
    bytes: Vec<u8>,
    /// Lines of the file before it.
    lines: u64,
}

impl CsvFile {
    /// Reads the first line: names of columns, between commas, semicolons or tabs.
    pub fn open(path: &Path, wanted: &Arc<Wanted>) -> Result<Self, BulkError> {
        let wrong = |reason: String| BulkError::input(path, reason);
        let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
        let shape =
            Shape { path: path.into(), delimiter: b',', columns: 0, roles: Roles::none(), wanted: Arc::clone(wanted) };
        let mut opened = Self { shape: Arc::new(shape), file, rest: Vec::new(), ended: false, lines: 0 };
        opened.fill(BLOCK)?;
        let Some(end) = memchr::memchr(b'\n', &opened.rest) else {
            let size = opened.rest.len();
            return Err(wrong(if size == 0 { "is empty".into() } else { "has no line with names of columns".into() }));
        };
        let first: Vec<u8> = opened.rest.drain(..=end).collect();
        let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&first);
        let often = |delimiter: u8| memchr::memchr_iter(delimiter, first).count();
        let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|&delimiter| (often(delimiter), delimiter == b','));
        let delimiter = delimiter.unwrap_or(b',');
        let mut record = ByteRecord::new();
        let mut reader = ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(first);
        reader.read_byte_record(&mut record).map_err(|error| wrong(error.to_string()))?;
        let columns: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        let roles = wanted.find(&columns).map_err(wrong)?;
        if let PlaceColumns::Points(point) = roles.place {
            let reason = format!(
                "`{}` would be a geometry, which only Parquet files hold: name lat and lng, or hex",
                columns[point]
            );
            return Err(wrong(reason));
        }
        opened.shape =
            Arc::new(Shape { path: path.into(), delimiter, columns: columns.len(), roles, wanted: Arc::clone(wanted) });
        opened.lines = 1;
        Ok(opened)
    }

    pub fn roles(&self) -> &Roles {
        &self.shape.roles
    }

    fn fill(&mut self, up_to: usize) -> Result<(), BulkError> {
        // Without zeros before it: a million small files would mostly be that.
        let missing = up_to.saturating_sub(self.rest.len());
        if !self.ended && missing > 0 {
            let read = (&self.file).take(missing as u64).read_to_end(&mut self.rest);
            self.ended = read.map_err(|error| BulkError::input(&self.shape.path, error))? < missing;
        }
        Ok(())
    }

    /// The next lines; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Block>, BulkError> {
        let mut size = BLOCK;
        let end = loop {
            self.fill(size)?;
            if self.rest.is_empty() {
                return Ok(None);
            }
            match last_line_end(&self.rest) {
                _ if self.ended => break self.rest.len(),
                Some(end) => break end,
                None if size < LONGEST => size *= 2,
                None => {
                    let place = format!("line {}", self.lines + 1);
                    return Err(BulkError::at(&self.shape.path, place, "a field in quotes does not end"));
                }
            }
        };
        let rest = self.rest.split_off(end);
        let bytes = std::mem::replace(&mut self.rest, rest);
        let lines = self.lines;
        self.lines += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Ok(Some(Block { shape: Arc::clone(&self.shape), bytes, lines }))
    }
}

/// Behind the last line end that stands in no quotes.
fn last_line_end(bytes: &[u8]) -> Option<usize> {
    let mut quotes = memchr::memchr_iter(b'"', bytes).count();
    let mut end = bytes.len();
    for at in memchr::memrchr_iter(b'\n', bytes) {
        quotes -= memchr::memchr_iter(b'"', &bytes[at..end]).count();
        end = at;
        if quotes.is_multiple_of(2) {
            return Some(at + 1);
        }
    }
    None
}

impl Block {
    /// Reads it.
    pub fn read(&self, mut take: impl FnMut(&Rows<'_>) -> Result<(), BulkError>) -> Result<(), BulkError> {
        let shape = &self.shape;
        let mut builder = ReaderBuilder::new();
        let mut reader = builder.has_headers(false).delimiter(shape.delimiter).flexible(true).from_reader(&*self.bytes);
        let (mut record, mut rows) = (ByteRecord::new(), shape.empty());
        loop {
            let line = self.lines + reader.position().line();
            let error = |reason: String| BulkError::at(&shape.path, format!("line {line}"), reason);
            if !reader.read_byte_record(&mut record).map_err(|damaged| error(damaged.to_string()))? {
                break;
            }
            if record.len() != shape.columns {
                return Err(error(format!("has {} fields, and the first line {}", record.len(), shape.columns)));
            }
            shape.add(&record, &mut rows).map_err(error)?;
            if rows.len() == BATCH {
                take(&rows)?;
                rows = shape.empty();
            }
        }
        take(&rows)
    }
}

impl Shape {
    fn empty(&self) -> Rows<'static> {
        let places = match self.roles.place {
            PlaceColumns::Coordinates(..) => Places::Coordinates(Cow::default(), Cow::default()),
            PlaceColumns::Hexagons(_) | PlaceColumns::Points(_) => Places::Hexagons(Cow::default()),
        };
        Rows { places, devices: Cow::default(), metrics: vec![Cow::default(); self.roles.metrics.len()] }
    }

    fn add(&self, record: &ByteRecord, rows: &mut Rows<'static>) -> Result<(), String> {
        match (&mut rows.places, self.roles.place) {
            (Places::Coordinates(lats, lngs), PlaceColumns::Coordinates(lat, lng)) => {
                let (lat, lng) = (number(&record[lat])?, number(&record[lng])?);
                if let (Some(lat), Some(lng)) = (lat, lng)
                    && let Some(reason) = impossible(lat, lng)
                {
                    return Err(reason);
                }
                lats.to_mut().push(lat.unwrap_or(f64::NAN));
                lngs.to_mut().push(lng.unwrap_or(f64::NAN));
            }
            (Places::Hexagons(hexes), PlaceColumns::Hexagons(hex)) => {
                let text = text(&record[hex])?;
                let hex = if text.is_empty() { 0 } else { u64::from_str_radix(text, 16).unwrap_or(u64::MAX) };
                if hex != 0 && hexes.last() != Some(&hex) {
                    self.wanted.check_hexagon(hex).map_err(|reason| format!("`{text}`: {reason}"))?;
                }
                hexes.to_mut().push(hex);
            }
            _ => unreachable!("rows are made for these roles"),
        }
        if let Some(device) = self.roles.device {
            let name = record[device].trim_ascii();
            rows.devices.to_mut().push(if name.is_empty() { NO_DEVICE } else { device_named(name) });
        }
        for (values, &(metric, column)) in rows.metrics.iter_mut().zip(&self.roles.metrics) {
            let value = number(&record[column])?;
            if let Some(value) = value.filter(|value| *value < 0.0 || value.is_infinite()) {
                return Err(format!("{} {value} is no {}", metric.name(), metric.unit()));
            }
            values.to_mut().push(value.unwrap_or(f64::NAN));
        }
        Ok(())
    }
}

fn text(field: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(field);
    text.map(str::trim).map_err(|_| format!("`{}` is no UTF-8 text", String::from_utf8_lossy(field)))
}

/// `None` for nothing.
fn number(field: &[u8]) -> Result<Option<f64>, String> {
    let text = text(field)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| format!("`{text}` is no number (with a point, without a unit)"))
}
