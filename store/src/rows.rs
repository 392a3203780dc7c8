//! From columns to domain types: what cannot be read is an error that names the column.

use std::{fmt::Display, str::FromStr};

use domain::{Hex, Window};
use jiff::Timestamp;

use crate::StoreError;

/// A text column in its domain type.
pub(crate) fn parsed<T>(what: &'static str, text: &str) -> Result<T, StoreError>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| StoreError::corrupt(what, error))
}

/// The same for a column that may be null.
pub(crate) fn parsed_opt<T>(what: &'static str, text: Option<&str>) -> Result<Option<T>, StoreError>
where
    T: FromStr,
    T::Err: Display,
{
    text.map(|text| parsed(what, text)).transpose()
}

/// A value of a checked domain type.
pub(crate) fn checked<T, E: Display>(what: &'static str, value: Result<T, E>) -> Result<T, StoreError> {
    value.map_err(|error| StoreError::corrupt(what, error))
}

/// A `bigint` hexagon.
pub(crate) fn hex(index: i64) -> Result<Hex, StoreError> {
    checked("a hexagon", Hex::from_i64(index))
}

/// A block and a window.
pub(crate) fn key((block, window): (i64, String)) -> Result<(Hex, Window), StoreError> {
    Ok((hex(block)?, parsed("a window", &window)?))
}

/// A `bigint[]` of hexagons.
pub(crate) fn hexes(indexes: &[i64]) -> Result<Vec<Hex>, StoreError> {
    indexes.iter().map(|&index| hex(index)).collect()
}

/// Bytes of a fixed length.
pub(crate) fn bytes<const N: usize>(what: &'static str, value: &[u8]) -> Result<[u8; N], StoreError> {
    value.try_into().map_err(|_| StoreError::corrupt(what, format_args!("{} bytes instead of {N}", value.len())))
}

/// Whole minutes since 1970.
pub(crate) fn minute_of(at: Timestamp) -> i32 {
    // A timestamp ends in the year 9999, after 4.2 milliard minutes; a record's is checked to be near now.
    i32::try_from(at.as_second().div_euclid(60)).unwrap_or(i32::MAX)
}

/// Back from [`minute_of`].
pub(crate) fn at_minute(minute: i32) -> Result<Timestamp, StoreError> {
    checked("a time", Timestamp::from_second(i64::from(minute) * 60))
}

/// Hexagons as the text form of a `bigint[]`: SQL cannot unnest an array of arrays.
pub(crate) fn hex_array(hexes: &[Hex]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(2 + 20 * hexes.len());
    out.push('{');
    for (i, hex) in hexes.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(out, "{comma}{}", hex.as_i64());
    }
    out.push('}');
    out
}

/// A tile address in SQL's integers; `None` for one that no map has (PostGIS would answer with an error).
pub(crate) fn tile_address(z: u8, x: u32, y: u32) -> Option<(i32, i32, i32)> {
    let edge = 1_u32.checked_shl(u32::from(z)).filter(|_| z <= 24)?;
    (x < edge && y < edge).then_some((i32::from(z), x.cast_signed(), y.cast_signed()))
}
