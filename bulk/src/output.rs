//! The result as a file, complete or not at all.

use std::{
    fmt::Display,
    fs::{File, Permissions},
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{ArrayRef, BinaryArray, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema};
use h3o::{CellIndex, LatLng};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
};
use serde_json::json;
use tempfile::{Builder, NamedTempFile};

use crate::BulkError;

/// Rows of a row group.
const ROW_GROUP: usize = 100_000;

/// How the result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GeoParquet 1.1: hexagons as polygons.
    Parquet,
    /// A feature collection.
    GeoJson,
    /// A line for each hexagon.
    Csv,
}

impl Format {
    /// By the ending of a name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "parquet" => Some(Self::Parquet),
            "geojson" | "json" => Some(Self::GeoJson),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// A column of the result, behind that of the hexagons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// As it stands in the file.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Count,
    /// Numbers.
    Number,
    /// Text.
    Text,
}

/// What is known of a hexagon in one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// In a column of [`Kind::Count`].
    Count(u64),
    /// In a column of [`Kind::Number`].
    Number(f64),
    /// In a column of [`Kind::Text`].
    Text(String),
    /// In any column.
    Nothing,
}

/// A hexagon with a value for each column.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The H3 index.
    pub hex: u64,
    /// In the order of the columns.
    pub values: Vec<Value>,
}

#[derive(Debug)]
enum Writer {
    Csv(BufWriter<File>),
    GeoJson(BufWriter<File>, bool),
    Parquet(Box<ArrowWriter<File>>, Extent),
}

/// A result that is being written beside its place: it is there whole, or not at all.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    unfinished: NamedTempFile,
    columns: Vec<Column>,
    writer: Writer,
}

impl Output {
    /// Begins it.
    ///
    /// # Errors
    /// [`BulkError::Output`] if nothing can be written there.
    pub fn create(path: &Path, format: Format, columns: Vec<Column>) -> Result<Self, BulkError> {
        let failed = |error: &dyn Display| BulkError::Output { file: path.to_owned(), reason: error.to_string() };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Readable for whom the user lets read, like any file.
        let readable = Permissions::from_mode(0o666);
        let unfinished = Builder::new().permissions(readable).tempfile_in(folder).map_err(|error| failed(&error))?;
        let file = unfinished.reopen().map_err(|error| failed(&error))?;
        let writer = match format {
            Format::Csv => {
                let mut file = BufWriter::new(file);
                let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                writeln!(file, "hex,{}", names.join(",")).map_err(|error| failed(&error))?;
                Writer::Csv(file)
            }
            Format::GeoJson => {
                let mut file = BufWriter::new(file);
                file.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[").map_err(|error| failed(&error))?;
                Writer::GeoJson(file, true)
            }
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(ROW_GROUP))
                    .build();
                let writer = ArrowWriter::try_new(file, Arc::new(schema(&columns)), Some(properties));
                Writer::Parquet(Box::new(writer.map_err(|error| failed(&error))?), Extent::default())
            }
        };
        Ok(Self { path: path.to_owned(), unfinished, columns, writer })
    }

    /// Adds hexagons.
    ///
    /// # Errors
    /// [`BulkError::Output`], for example when the disk is full.
    pub fn write(&mut self, rows: &[Row]) -> Result<(), BulkError> {
        let written = match &mut self.writer {
            Writer::Csv(file) => rows.iter().try_for_each(|row| line(file, row)).map_err(|e| e.to_string()),
            Writer::GeoJson(file, first) => rows
                .iter()
                .try_for_each(|row| {
                    let comma = if std::mem::take(first) { "\n" } else { ",\n" };
                    write!(file, "{comma}{}", feature(row, &self.columns))
                })
                .map_err(|e| e.to_string()),
            Writer::Parquet(writer, extent) => {
                let batch = batch(rows, &self.columns, extent);
                batch.map_err(|e| e.to_string()).and_then(|batch| writer.write(&batch).map_err(|e| e.to_string()))
            }
        };
        written.map_err(|reason| BulkError::Output { file: self.path.clone(), reason })
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// [`BulkError::Output`]; then the place is as it was.
    pub fn finish(self) -> Result<(), BulkError> {
        let failed = |error: &dyn Display| BulkError::Output { file: self.path.clone(), reason: error.to_string() };
        let file = match self.writer {
            Writer::Csv(file) => file.into_inner().map_err(|error| failed(&error))?,
            Writer::GeoJson(mut file, _) => {
                file.write_all(b"\n]}\n").map_err(|error| failed(&error))?;
                file.into_inner().map_err(|error| failed(&error))?
            }
            Writer::Parquet(mut writer, extent) => {
                writer.append_key_value_metadata(KeyValue::new("geo".to_owned(), extent.geo().to_string()));
                writer.into_inner().map_err(|error| failed(&error))?
            }
        };
        file.sync_all().map_err(|error| failed(&error))?;
        self.unfinished.persist(&self.path).map_err(|error| failed(&error))?;
        Ok(())
    }
}

fn line(file: &mut impl Write, row: &Row) -> io::Result<()> {
    write!(file, "{:x}", row.hex)?;
    for value in &row.values {
        match value {
            Value::Count(count) => write!(file, ",{count}")?,
            Value::Number(number) => write!(file, ",{number}")?,
            Value::Text(text) => write!(file, ",\"{}\"", text.replace('"', "\"\""))?,
            Value::Nothing => write!(file, ",")?,
        }
    }
    writeln!(file)
}

fn feature(row: &Row, columns: &[Column]) -> serde_json::Value {
    let mut properties = serde_json::Map::new();
    properties.insert("hex".into(), format!("{:x}", row.hex).into());
    for (column, value) in columns.iter().zip(&row.values) {
        let value = match value {
            Value::Count(count) => json!(count),
            Value::Number(number) => json!(number),
            Value::Text(text) => json!(text),
            Value::Nothing => json!(null),
        };
        properties.insert(column.name.clone(), value);
    }
    let outline: Vec<[f64; 2]> = outline(row.hex).into_iter().map(|(lng, lat)| [lng, lat]).collect();
    json!({
        "type": "Feature",
        "id": format!("{:x}", row.hex),
        "geometry": { "type": "Polygon", "coordinates": [outline] },
        "properties": properties,
    })
}

/// Longitude and latitude of a hexagon's corners, the first one again at the end. One that lies across the date line goes
/// on beyond 180 degrees, so that it stays one polygon.
fn outline(hex: u64) -> Vec<(f64, f64)> {
    let Ok(hex) = CellIndex::try_from(hex) else { return Vec::new() };
    let mut corners: Vec<(f64, f64)> =
        hex.boundary().iter().map(|corner: &LatLng| (corner.lng(), corner.lat())).collect();
    let (least, most) = corners.iter().fold((f64::MAX, f64::MIN), |(a, b), corner| (a.min(corner.0), b.max(corner.0)));
    if most - least > 180.0 {
        for corner in corners.iter_mut().filter(|corner| corner.0 < 0.0) {
            corner.0 += 360.0;
        }
    }
    corners.extend(corners.first().copied());
    corners
}

fn schema(columns: &[Column]) -> Schema {
    let mut fields = vec![Field::new("hex", DataType::Utf8, false)];
    fields.extend(columns.iter().map(|column| {
        let kind = match column.kind {
            Kind::Count => DataType::UInt64,
            Kind::Number => DataType::Float64,
            Kind::Text => DataType::Utf8,
        };
        Field::new(&column.name, kind, true)
    }));
    fields.push(Field::new("geometry", DataType::Binary, false));
    Schema::new(fields)
}

fn batch(rows: &[Row], columns: &[Column], extent: &mut Extent) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let hexes = StringArray::from_iter_values(rows.iter().map(|row| format!("{:x}", row.hex)));
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(hexes)];
    for (at, column) in columns.iter().enumerate() {
        let values = rows.iter().map(|row| &row.values[at]);
        arrays.push(match column.kind {
            Kind::Count => Arc::new(values.map(Value::count).collect::<UInt64Array>()),
            Kind::Number => Arc::new(values.map(Value::number).collect::<Float64Array>()),
            Kind::Text => Arc::new(values.map(Value::text).collect::<StringArray>()),
        });
    }
    arrays.push(Arc::new(BinaryArray::from_iter_values(rows.iter().map(|row| extent.polygon(row.hex)))));
    RecordBatch::try_new(Arc::new(schema(columns)), arrays)
}

impl Value {
    const fn count(&self) -> Option<u64> {
        if let Self::Count(count) = self { Some(*count) } else { None }
    }

    const fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    const fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text.as_str()) } else { None }
    }
}

/// What all polygons together cover.
#[derive(Debug)]
struct Extent([f64; 4]);

impl Default for Extent {
    fn default() -> Self {
        Self([f64::MAX, f64::MAX, f64::MIN, f64::MIN])
    }
}

impl Extent {
    /// A hexagon as well-known binary.
    fn polygon(&mut self, hex: u64) -> Vec<u8> {
        let corners = outline(hex);
        let mut bytes = Vec::with_capacity(13 + 16 * corners.len());
        bytes.push(1);
        for word in [3, 1, corners.len() as u32] {
            bytes.extend(word.to_le_bytes());
        }
        for (lng, lat) in corners {
            let Self([west, south, east, north]) = self;
            (*west, *south, *east, *north) = (west.min(lng), south.min(lat), east.max(lng), north.max(lat));
            bytes.extend(lng.to_le_bytes());
            bytes.extend(lat.to_le_bytes());
        }
        bytes
    }

    /// What GeoParquet 1.1 wants to be said. Coordinates are WGS 84, longitude first, unless something else is said.
    fn geo(&self) -> serde_json::Value {
        let mut geometry = json!({ "encoding": "WKB", "geometry_types": ["Polygon"] });
        if self.0[0] <= self.0[2] {
            geometry["bbox"] = json!(self.0);
        }
        json!({ "version": "1.1.0", "primary_column": "geometry", "columns": { "geometry": geometry } })
    }
}
