//! Row groups of Parquet files.

use std::{borrow::Cow, fs::File, path::Path, sync::Arc};

use arrow_array::{
    Array, ArrayRef, RecordBatch,
    cast::AsArray,
    types::{Float64Type, Int64Type, UInt64Type},
};
use arrow_schema::DataType;
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{
        ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    },
};

use crate::{
    BulkError, Wanted,
    roles::{Metric, PlaceColumns, Roles},
    rows::{NO_DEVICE, Places, Rows, device_named, impossible},
    wkb,
};

/// Rows that are decoded at once: their columns fit into the second cache.
const BATCH: usize = 16 * 1024;

/// An open file.
#[derive(Clone)]
pub(crate) struct ParquetFile {
    path: Arc<Path>,
    meta: ArrowReaderMetadata,
    roles: Roles,
    wanted: Arc<Wanted>,
}

impl ParquetFile {
    /// Reads what the file says about itself.
    pub fn open(path: &Path, wanted: &Arc<Wanted>) -> Result<Self, BulkError> {
        let broken = |error: &dyn std::fmt::Display| {
            BulkError::input(path, format!("is no whole Parquet file ({error}): copy it again, or leave it out"))
        };
        let file = File::open(path).map_err(|error| BulkError::input(path, error))?;
        let meta = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| broken(&error))?;
        let columns: Vec<String> = meta.schema().fields().iter().map(|field| field.name().clone()).collect();
        let roles = wanted.find(&columns).map_err(|reason| BulkError::input(path, reason))?;
        if let PlaceColumns::Points(point) = roles.place {
            let described = meta.metadata().file_metadata().key_value_metadata();
            let geo = described.and_then(|entries| entries.iter().find(|entry| entry.key == "geo")?.value.as_deref());
            wkb::check_degrees(geo, &columns[point]).map_err(|reason| BulkError::input(path, reason))?;
        }
        Ok(Self { path: path.into(), meta, roles, wanted: Arc::clone(wanted) })
    }

    pub const fn roles(&self) -> &Roles {
        &self.roles
    }

    pub fn row_groups(&self) -> usize {
        self.meta.metadata().num_row_groups()
    }

    /// Reads one row group.
    pub fn read(
        &self,
        group: usize,
        mut take: impl FnMut(&Rows<'_>) -> Result<(), BulkError>,
    ) -> Result<(), BulkError> {
        let at = |row: usize| format!("row group {group}, row {row}");
        let damaged = |row: usize, error: &dyn std::fmt::Display| BulkError::at(&self.path, at(row), error);
        let (place, device) = (self.roles.place, self.roles.device);
        let mut wanted: Vec<usize> = match place {
            PlaceColumns::Coordinates(lat, lng) => vec![lat, lng],
            PlaceColumns::Hexagons(hex) => vec![hex],
            PlaceColumns::Points(point) => vec![point],
        };
        wanted.extend(device);
        wanted.extend(self.roles.metrics.iter().map(|&(_, column)| column));
        let reader = self.reader(group, &wanted).map_err(|error| damaged(0, &error))?;
        let mut row = 0;
        for batch in reader {
            let batch = batch.map_err(|error| damaged(row, &error))?;
            let columns = Columns { file: self, batch: &batch, group, row };
            let rows = Rows {
                places: match place {
                    PlaceColumns::Coordinates(lat, lng) => columns.coordinates(lat, lng)?,
                    PlaceColumns::Hexagons(hex) => columns.hexagons(hex)?,
                    PlaceColumns::Points(point) => columns.points(point)?,
                },
                devices: device.map(|device| columns.devices(device)).transpose()?.unwrap_or_default(),
                metrics: self
                    .roles
                    .metrics
                    .iter()
                    .map(|&(metric, column)| columns.metric(metric, column))
                    .collect::<Result<_, _>>()?,
            };
            row += batch.num_rows();
            take(&rows)?;
        }
        let said = self.meta.metadata().row_group(group).num_rows();
        if i64::try_from(row).ok() != Some(said) {
            let reason =
                format!("the row group ends here, and should have {said} rows: copy the file again, or leave it out");
            return Err(damaged(row, &reason));
        }
        Ok(())
    }

    fn reader(&self, group: usize, columns: &[usize]) -> Result<ParquetRecordBatchReader, Box<dyn std::error::Error>> {
        let file = File::open(&self.path)?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.meta.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
        Ok(builder.with_projection(mask).with_row_groups(vec![group]).with_batch_size(BATCH).build()?)
    }
}

/// Columns of a batch as numbers.
struct Columns<'b> {
    file: &'b ParquetFile,
    batch: &'b RecordBatch,
    group: usize,
    /// Its first one.
    row: usize,
}

impl<'b> Columns<'b> {
    fn name(&self, column: usize) -> &str {
        self.file.meta.schema().field(column).name()
    }

    fn column(&self, column: usize) -> Result<&'b ArrayRef, BulkError> {
        let name = self.name(column);
        self.batch.column_by_name(name).ok_or_else(|| self.error(0, format!("there is no column `{name}`")))
    }

    fn error(&self, row: usize, reason: impl ToString) -> BulkError {
        BulkError::at(&self.file.path, format!("row group {}, row {}", self.group, self.row + row), reason)
    }

    /// NaN where there is nothing.
    fn numbers(&self, column: usize) -> Result<Cow<'b, [f64]>, BulkError> {
        let array = self.column(column)?;
        let floats = if let Some(floats) = array.as_primitive_opt::<Float64Type>() {
            if floats.null_count() == 0 {
                return Ok(Cow::Borrowed(floats.values()));
            }
            Arc::clone(array)
        } else if array.data_type().is_numeric() {
            // What a number of another type does not say in 64 bits is nothing.
            arrow_cast::cast(array, &DataType::Float64).map_err(|error| self.error(0, error))?
        } else {
            let (name, is) = (self.name(column), array.data_type());
            return Err(self.error(0, format!("column `{name}` is {is}, and numbers are needed")));
        };
        Ok(floats.as_primitive::<Float64Type>().iter().map(|value| value.unwrap_or(f64::NAN)).collect())
    }

    fn points(&self, column: usize) -> Result<Places<'b>, BulkError> {
        let array = self.column(column)?;
        let bytes = match array.data_type() {
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
                arrow_cast::cast(array, &DataType::Binary).map_err(|error| self.error(0, error))?
            }
            other => {
                let name = self.name(column);
                return Err(
                    self.error(0, format!("column `{name}` is {other}, and points as well-known binary are needed"))
                );
            }
        };
        let (mut lats, mut lngs) = (Vec::with_capacity(array.len()), Vec::with_capacity(array.len()));
        for (row, point) in bytes.as_binary::<i32>().iter().enumerate() {
            let (lng, lat) = match point {
                Some(point) => wkb::point(point).map_err(|reason| self.error(row, reason))?,
                None => (f64::NAN, f64::NAN),
            };
            // An empty point is nothing.
            if !(lat.is_nan() && lng.is_nan())
                && let Some(reason) = impossible(lat, lng)
            {
                return Err(self.error(row, reason));
            }
            lats.push(lat);
            lngs.push(lng);
        }
        Ok(Places::Coordinates(lats.into(), lngs.into()))
    }

    fn coordinates(&self, lat: usize, lng: usize) -> Result<Places<'b>, BulkError> {
        let (lats, lngs) = (self.numbers(lat)?, self.numbers(lng)?);
        let pairs = lats.iter().zip(&*lngs);
        let fine = pairs.fold(true, |all, (lat, lng)| all & (lat.abs() <= 90.0) & (lng.abs() <= 180.0));
        if !fine {
            let nothing = |column: usize, row: usize| Ok::<_, BulkError>(self.column(column)?.is_null(row));
            for (row, (&lat_here, &lng_here)) in lats.iter().zip(&*lngs).enumerate() {
                if let Some(reason) = impossible(lat_here, lng_here)
                    && !nothing(lat, row)?
                    && !nothing(lng, row)?
                {
                    return Err(self.error(row, reason));
                }
            }
        }
        Ok(Places::Coordinates(lats, lngs))
    }

    fn hexagons(&self, column: usize) -> Result<Places<'b>, BulkError> {
        let array = self.column(column)?;
        let whole = array.null_count() == 0;
        let hexes: Cow<'b, [u64]> = match array.data_type() {
            DataType::UInt64 if whole => Cow::Borrowed(array.as_primitive::<UInt64Type>().values()),
            DataType::Int64 if whole => Cow::Borrowed(bytemuck::cast_slice(array.as_primitive::<Int64Type>().values())),
            DataType::UInt64 => array.as_primitive::<UInt64Type>().iter().map(Option::unwrap_or_default).collect(),
            DataType::Int64 => {
                array.as_primitive::<Int64Type>().iter().map(|hex| hex.unwrap_or_default().cast_unsigned()).collect()
            }
            _ => self
                .text(column)?
                .as_string::<i32>()
                .iter()
                .map(|text| text.map_or(0, |text| u64::from_str_radix(text, 16).unwrap_or(u64::MAX)))
                .collect(),
        };
        let mut last = 0;
        for (row, &hex) in hexes.iter().enumerate() {
            if hex != last && hex != 0 {
                self.file.wanted.check_hexagon(hex).map_err(|reason| self.error(row, reason))?;
                last = hex;
            }
        }
        Ok(Places::Hexagons(hexes))
    }

    fn text(&self, column: usize) -> Result<ArrayRef, BulkError> {
        let array = self.column(column)?;
        arrow_cast::cast(array, &DataType::Utf8)
            .map_err(|error| self.error(0, format!("column `{}` is {}: {error}", self.name(column), array.data_type())))
    }

    fn devices(&self, column: usize) -> Result<Cow<'b, [u64]>, BulkError> {
        let array = self.column(column)?;
        let numbers = match array.data_type() {
            DataType::UInt64 => array.as_primitive::<UInt64Type>().iter().collect::<Vec<_>>(),
            DataType::Int64 if array.null_count() == 0 => {
                return Ok(Cow::Borrowed(bytemuck::cast_slice(array.as_primitive::<Int64Type>().values())));
            }
            kind if kind.is_integer() => {
                let cast = arrow_cast::cast(array, &DataType::Int64).map_err(|error| self.error(0, error))?;
                cast.as_primitive::<Int64Type>().iter().map(|device| device.map(i64::cast_unsigned)).collect()
            }
            DataType::Binary | DataType::FixedSizeBinary(_) => {
                let bytes = arrow_cast::cast(array, &DataType::Binary).map_err(|error| self.error(0, error))?;
                bytes.as_binary::<i32>().iter().map(|name| name.map(device_named)).collect()
            }
            _ => {
                let text = self.text(column)?;
                text.as_string::<i32>().iter().map(|name| name.map(|name| device_named(name.as_bytes()))).collect()
            }
        };
        Ok(numbers.into_iter().map(|device| device.unwrap_or(NO_DEVICE)).collect())
    }

    fn metric(&self, metric: Metric, column: usize) -> Result<Cow<'b, [f64]>, BulkError> {
        let values = self.numbers(column)?;
        // A NaN is nothing measured; comparisons with it are false.
        let wrong = |value: &f64| (*value < 0.0) | value.is_infinite();
        // All of them first: that is a few vector instructions.
        if values.iter().fold(false, |any, value| any | wrong(value))
            && let Some(row) = values.iter().position(wrong)
        {
            let reason = format!("{} {} is no {}", metric.name(), values[row], metric.unit());
            return Err(self.error(row, reason));
        }
        Ok(values)
    }
}
