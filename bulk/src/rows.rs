//! Some rows of a file, as columns of numbers.

use std::borrow::Cow;

/// Stands where a row has no device.
pub const NO_DEVICE: u64 = 1 << 63;

/// Where the rows are.
#[derive(Debug)]
pub enum Places<'b> {
    /// Degrees north and east; NaN where there is none.
    Coordinates(Cow<'b, [f64]>, Cow<'b, [f64]>),
    /// H3 indexes; 0 where there is none.
    Hexagons(Cow<'b, [u64]>),
}

/// Columns of one length; borrowed where the file has them in this form.
#[derive(Debug)]
pub struct Rows<'b> {
    /// Where.
    pub places: Places<'b>,
    /// Whose; empty if the file does not say.
    pub devices: Cow<'b, [u64]>,
    /// What was measured, NaN where it was not.
    pub metrics: Vec<Cow<'b, [f64]>>,
}

impl Rows<'_> {
    /// How many.
    pub fn len(&self) -> usize {
        match &self.places {
            Places::Coordinates(lat, _) => lat.len(),
            Places::Hexagons(hexes) => hexes.len(),
        }
    }
}

/// What is wrong with a latitude or longitude.
pub fn impossible(lat: f64, lng: f64) -> Option<String> {
    let out = |name: &str, value: f64, most: f64| {
        (value.abs() > most || value.is_nan()).then(|| format!("{name} {value} is not between -{most} and {most}"))
    };
    out("latitude", lat, 90.0).or_else(|| out("longitude", lng, 180.0))
}

/// The number of a device by its name. A number in the only way to write it is the same device as in a column of numbers;
/// `007` is a name.
pub fn device_named(name: &[u8]) -> u64 {
    let digits = name.strip_prefix(b"-").unwrap_or(name);
    let is_plain = matches!(digits, [b'1'..=b'9', ..]) || name == b"0";
    let number = std::str::from_utf8(name).ok().filter(|_| is_plain).and_then(|name| name.parse::<i64>().ok());
    number.map_or_else(|| device_of(name), i64::cast_unsigned)
}

/// The number of a device whose name is a text: 64 bits of a hash that is the same on every machine (FNV-1a, mixed).
fn device_of(name: &[u8]) -> u64 {
    let mut hash = name
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^= hash >> 32;
    if hash == NO_DEVICE { 1 } else { hash }
}
