//! The attribute table of a Shapefile (dBase III), as text.
//!
//! Read here, not by a library, because rows must stay in step with the shapes (deleted rows included) and because
//! every complaint needs file and record.

use std::path::Path;

use super::{bytes::Bytes, encoding::Encoding};
use crate::BuildError;

const ADVICE: &str = "Download the file again, all its parts from the same archive";

/// Columns by name, rows as raw bytes.
#[derive(Debug)]
pub(super) struct Dbf {
    columns: Vec<Column>,
    rows: Vec<Vec<u8>>,
    encoding: Encoding,
}

#[derive(Debug)]
struct Column {
    name: String,
    start: usize,
    length: usize,
}

/// One row that knows its number, for complaints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    table: &'a Dbf,
    bytes: &'a [u8],
}

impl Dbf {
    pub(super) fn read(path: &Path, encoding: Encoding) -> Result<Self, BuildError> {
        let content = std::fs::read(path).map_err(BuildError::io(path))?;
        let damaged = |place: String, what: &str| BuildError::Damaged {
            file: path.to_owned(),
            place,
            what: what.to_owned(),
            advice: ADVICE,
        };
        let (count, header_size, row_size) =
            header(&content).ok_or_else(|| damaged("header".into(), "is not a dBase table"))?;
        let fields = content.get(32..header_size).ok_or_else(|| damaged("header".into(), "is cut short"))?;
        let mut columns = Vec::new();
        let mut start = 1;
        for field in fields.chunks_exact(32).take_while(|field| field[0] != 0x0D) {
            let name = field[..11].split(|&byte| byte == 0).next().unwrap_or_default();
            let length = usize::from(field[16]);
            columns.push(Column { name: String::from_utf8_lossy(name).trim().to_owned(), start, length });
            start += length;
        }
        if start > row_size {
            return Err(damaged("header".into(), "says that rows are shorter than their columns together"));
        }
        let body = content.get(header_size..).unwrap_or_default();
        let rows: Vec<Vec<u8>> = body.chunks_exact(row_size).take(count).map(<[u8]>::to_vec).collect();
        if rows.len() < count {
            let place = format!("record {}", rows.len() + 1);
            return Err(damaged(place, &format!("the table ends here, but its header promises {count} records")));
        }
        Ok(Self { columns, rows, encoding })
    }

    pub(super) fn column_names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|bytes| Row { table: self, bytes })
    }
}

impl Row<'_> {
    /// Whether the row is marked as deleted.
    pub(super) fn is_deleted(&self) -> bool {
        self.bytes.first() == Some(&b'*')
    }

    /// The trimmed text of a column; `None` where its bytes are not in the promised encoding.
    pub(super) fn text(&self, column: usize) -> Option<String> {
        let column = &self.table.columns[column];
        let bytes = self.bytes.get(column.start..column.start + column.length)?;
        let text = self.table.encoding.decode(bytes)?;
        Some(text.trim_matches(['\0', ' ', '\t']).to_owned())
    }

    /// Whether the text of the column is not UTF-8.
    pub(super) fn is_not_utf8(&self, column: usize) -> bool {
        let column = &self.table.columns[column];
        self.bytes.get(column.start..column.start + column.length).is_some_and(|b| std::str::from_utf8(b).is_err())
    }
}

/// Number of rows, size of the header, size of a row.
fn header(content: &[u8]) -> Option<(usize, usize, usize)> {
    let mut bytes = Bytes::new(content);
    let version = bytes.u8()?;
    bytes.take(3)?;
    let count = usize::try_from(bytes.u32(true)?).ok()?;
    let header_size = usize::from(bytes.u16_le()?);
    let row_size = usize::from(bytes.u16_le()?);
    // 3 is dBase III without memo; GDAL and ESRI write nothing else.
    (version & 7 == 3 && header_size > 32 && row_size > 1).then_some((count, header_size, row_size))
}
