//! The result as a file, complete or not at all.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write as _},
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
use tempfile::NamedTempFile;

use crate::{BulkError, reduce::HexRow, roles::Metric};

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

/// Names of the columns.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub devices: bool,
    pub metrics: Vec<Metric>,
    pub quantiles: Vec<f64>,
}

impl Columns {
    /// For each metric the number of its tests, and its quantiles.
    fn of_metrics(&self) -> impl Iterator<Item = (String, Vec<String>)> {
        self.metrics.iter().map(|metric| {
            let quantile =
                |q: &f64| format!("{}_p{}_{}", metric.name(), (q * 100.0 * 1e6).round() / 1e6, metric.unit());
            (format!("{}_tests", metric.name()), self.quantiles.iter().map(quantile).collect())
        })
    }
}

enum Kind {
    Csv(BufWriter<File>),
    GeoJson(BufWriter<File>, bool),
    Parquet(Box<ArrowWriter<File>>, Extent),
}

/// A result that is being written beside its place.
pub(crate) struct Output {
    path: PathBuf,
    unfinished: NamedTempFile,
    columns: Columns,
    kind: Kind,
}

impl Output {
    pub fn create(path: &Path, format: Format, columns: Columns) -> Result<Self, BulkError> {
        let failed =
            |error: &dyn std::fmt::Display| BulkError::Output { file: path.to_owned(), reason: error.to_string() };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let unfinished = NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
        let file = unfinished.reopen().map_err(|error| failed(&error))?;
        let kind = match format {
            Format::Csv => {
                let mut file = BufWriter::new(file);
                let metrics = columns.of_metrics().flat_map(|(tests, quantiles)| [vec![tests], quantiles].concat());
                let devices = columns.devices.then(|| "devices".to_owned());
                let names: Vec<String> =
                    ["hex".to_owned(), "tests".to_owned()].into_iter().chain(devices).chain(metrics).collect();
                writeln!(file, "{}", names.join(",")).map_err(|error| failed(&error))?;
                Kind::Csv(file)
            }
            Format::GeoJson => {
                let mut file = BufWriter::new(file);
                file.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[").map_err(|error| failed(&error))?;
                Kind::GeoJson(file, true)
            }
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(ROW_GROUP))
                    .build();
                let writer = ArrowWriter::try_new(file, Arc::new(schema(&columns)), Some(properties));
                Kind::Parquet(Box::new(writer.map_err(|error| failed(&error))?), Extent::default())
            }
        };
        Ok(Self { path: path.to_owned(), unfinished, columns, kind })
    }

    #[expect(clippy::needless_pass_by_value, reason = "a text or an error, whatever is at hand")]
    fn failed(&self, error: impl ToString) -> BulkError {
        BulkError::Output { file: self.path.clone(), reason: error.to_string() }
    }

    pub fn write(&mut self, rows: &[HexRow]) -> Result<(), BulkError> {
        let written = match &mut self.kind {
            Kind::Csv(file) => rows
                .iter()
                .try_for_each(|row| writeln!(file, "{}", line(row, self.columns.quantiles.len())))
                .map_err(|e| e.to_string()),
            Kind::GeoJson(file, first) => rows
                .iter()
                .try_for_each(|row| {
                    let comma = if std::mem::take(first) { "\n" } else { ",\n" };
                    write!(file, "{comma}{}", feature(row, &self.columns))
                })
                .map_err(|e| e.to_string()),
            Kind::Parquet(writer, extent) => {
                let batch = batch(rows, &self.columns, extent);
                batch.map_err(|e| e.to_string()).and_then(|batch| writer.write(&batch).map_err(|e| e.to_string()))
            }
        };
        written.map_err(|error| self.failed(error))
    }

    /// Puts it in its place.
    pub fn finish(self) -> Result<(), BulkError> {
        let failed =
            |error: &dyn std::fmt::Display| BulkError::Output { file: self.path.clone(), reason: error.to_string() };
        let file = match self.kind {
            Kind::Csv(file) => file.into_inner().map_err(|error| failed(&error))?,
            Kind::GeoJson(mut file, _) => {
                file.write_all(b"\n]}\n").map_err(|error| failed(&error))?;
                file.into_inner().map_err(|error| failed(&error))?
            }
            Kind::Parquet(mut writer, extent) => {
                writer.append_key_value_metadata(KeyValue::new("geo".to_owned(), extent.geo().to_string()));
                writer.into_inner().map_err(|error| failed(&error))?
            }
        };
        file.sync_all().map_err(|error| failed(&error))?;
        self.unfinished.persist(&self.path).map_err(|error| failed(&error))?;
        Ok(())
    }
}

fn line(row: &HexRow, quantiles: usize) -> String {
    let mut line = format!("{:x},{}", row.hex, row.tests);
    if let Some(devices) = row.devices {
        let _ = write!(line, ",{devices}");
    }
    for (tests, values) in &row.metrics {
        let _ = write!(line, ",{tests}");
        for at in 0..quantiles {
            line.push(',');
            if let Some(value) = values.get(at) {
                let _ = write!(line, "{value}");
            }
        }
    }
    line
}

fn feature(row: &HexRow, columns: &Columns) -> serde_json::Value {
    let mut properties = serde_json::Map::new();
    properties.insert("hex".into(), format!("{:x}", row.hex).into());
    properties.insert("tests".into(), row.tests.into());
    if let Some(devices) = row.devices {
        properties.insert("devices".into(), devices.into());
    }
    for ((tests, names), (count, values)) in columns.of_metrics().zip(&row.metrics) {
        properties.insert(tests, (*count).into());
        for (at, name) in names.into_iter().enumerate() {
            properties.insert(name, json!(values.get(at)));
        }
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

fn schema(columns: &Columns) -> Schema {
    let field = |name: String, kind: DataType| Field::new(name, kind, true);
    let mut fields = vec![Field::new("hex", DataType::Utf8, false), Field::new("tests", DataType::UInt64, false)];
    if columns.devices {
        fields.push(Field::new("devices", DataType::UInt64, false));
    }
    for (tests, quantiles) in columns.of_metrics() {
        fields.push(field(tests, DataType::UInt64));
        fields.extend(quantiles.into_iter().map(|name| field(name, DataType::Float64)));
    }
    fields.push(Field::new("geometry", DataType::Binary, false));
    Schema::new(fields)
}

fn batch(rows: &[HexRow], columns: &Columns, extent: &mut Extent) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let numbers =
        |of: &dyn Fn(&HexRow) -> u64| -> ArrayRef { Arc::new(UInt64Array::from_iter_values(rows.iter().map(of))) };
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| format!("{:x}", row.hex)))),
        numbers(&|row| row.tests),
    ];
    if columns.devices {
        arrays.push(numbers(&|row| row.devices.unwrap_or_default()));
    }
    for metric in 0..columns.metrics.len() {
        arrays.push(numbers(&|row| row.metrics[metric].0));
        for at in 0..columns.quantiles.len() {
            arrays.push(Arc::new(
                rows.iter().map(|row| row.metrics[metric].1.get(at).copied()).collect::<Float64Array>(),
            ));
        }
    }
    arrays.push(Arc::new(BinaryArray::from_iter_values(rows.iter().map(|row| extent.polygon(row.hex)))));
    RecordBatch::try_new(Arc::new(schema(columns)), arrays)
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
