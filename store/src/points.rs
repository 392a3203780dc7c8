//! The points of a track in one storage block, packed: about nine bytes a point.
//!
//! ```text
//! version     u8 = 1
//! operators   u8 count, then each: u8 length, digits
//! points      repeated to the end:
//!   place       u16 little endian: the three H3 digits below the block, 7 where the hexagon is coarser
//!   hour        zigzag varint: hours after the point before (the first: after 1970)
//!   operator    u8 index
//!   technology  u8: 0 no service
//!   signal      u8: 0 none, else dBm + 161
//!   quality     u8: 0 none, else dB + 51
//!   sinr        u8: 0 none, else dB + 51
//! ```

use domain::{CoveragePoint, Hex, HourStamp, Invalid, Operator, SignalDb, SignalDbm, Technology};

const VERSION: u8 = 1;
/// Bit offset of the digit of resolution 10 in an H3 index; the two coarser ones lie above it.
const DIGITS_SHIFT: u32 = (15 - 10) * 3;
const DIGITS_MASK: u64 = 0o777;
const RESOLUTION_SHIFT: u32 = 52;

/// Packs points that all lie in one block. Refuses a hexagon outside of resolutions 7 to 10 (see [`block_of`]).
pub(crate) fn encode<'p>(points: impl IntoIterator<Item = &'p CoveragePoint>) -> Result<Vec<u8>, Invalid> {
    let mut operators: Vec<Operator> = Vec::new();
    let mut body = Vec::new();
    let mut before = 0_i32;
    for point in points {
        block_of(point.hex)?;
        body.extend_from_slice(&place(point.hex).to_le_bytes());
        varint(&mut body, point.hour.as_hours().wrapping_sub(before));
        before = point.hour.as_hours();
        body.push(index_of(&mut operators, point.operator)?);
        body.push(point.technology.map_or(0, technology_code));
        body.push(level(point.signal.map(SignalDbm::as_dbm), 161));
        body.push(level(point.quality.map(SignalDb::as_db), 51));
        body.push(level(point.sinr.map(SignalDb::as_db), 51));
    }
    let mut out = Vec::with_capacity(2 + 7 * operators.len() + body.len());
    out.extend([VERSION, operators.len() as u8]);
    for operator in &operators {
        out.push(operator.as_str().len() as u8);
        out.extend_from_slice(operator.as_str().as_bytes());
    }
    out.extend_from_slice(&body);
    Ok(out)
}

/// The storage block of a hexagon; refuses what no record may carry.
pub(crate) fn block_of(hex: Hex) -> Result<Hex, Invalid> {
    if hex.resolution() > Hex::MOBILE {
        return Err(Invalid::new("hexagon", hex, "is finer than resolution 10: reduce the position first"));
    }
    hex.parent(Hex::BLOCK).ok_or_else(|| Invalid::new("hexagon", hex, "is coarser than resolution 7"))
}

/// Reads what [`encode`] wrote; the error says what is wrong.
pub(crate) fn decode(block: Hex, bytes: &[u8]) -> Result<Vec<CoveragePoint>, String> {
    let mut input = Input(bytes);
    if input.byte()? != VERSION {
        return Err(format!("version {} is not known", bytes[0]));
    }
    let mut operators = Vec::new();
    for _ in 0..input.byte()? {
        let length = usize::from(input.byte()?);
        let digits = std::str::from_utf8(input.take(length)?).map_err(|e| e.to_string())?;
        operators.push(digits.parse::<Operator>().map_err(|e| e.to_string())?);
    }
    let mut points = Vec::with_capacity(input.0.len() / 8);
    let mut hour = 0_i32;
    while !input.0.is_empty() {
        let place = u16::from_le_bytes([input.byte()?, input.byte()?]);
        hour = hour.wrapping_add(input.varint()?);
        let text = |error: Invalid| error.to_string();
        points.push(CoveragePoint {
            hex: hex_at(block, place)?,
            hour: HourStamp::from_hours(hour).map_err(text)?,
            operator: *operators.get(usize::from(input.byte()?)).ok_or("operator index out of range")?,
            technology: technology(input.byte()?)?,
            signal: input.level(161)?.map(SignalDbm::from_dbm).transpose().map_err(text)?,
            quality: input.level(51)?.map(SignalDb::from_db).transpose().map_err(text)?,
            sinr: input.level(51)?.map(SignalDb::from_db).transpose().map_err(text)?,
        });
    }
    Ok(points)
}

fn place(hex: Hex) -> u16 {
    ((hex.as_i64().cast_unsigned() >> DIGITS_SHIFT) & DIGITS_MASK) as u16
}

fn hex_at(block: Hex, place: u16) -> Result<Hex, String> {
    let place = u64::from(place);
    let depth = (0..3).take_while(|i| (place >> (6 - 3 * i)) & 7 != 7).count() as u64;
    let resolution = u64::from(u8::from(Hex::BLOCK)) + depth;
    let bits = block.as_i64().cast_unsigned();
    let bits = bits & !(DIGITS_MASK << DIGITS_SHIFT) & !(0xF << RESOLUTION_SHIFT);
    let bits = bits | (place << DIGITS_SHIFT) | (resolution << RESOLUTION_SHIFT);
    Hex::from_i64(bits.cast_signed()).map_err(|error| error.to_string())
}

fn index_of(operators: &mut Vec<Operator>, wanted: Operator) -> Result<u8, Invalid> {
    let at = operators.iter().position(|&known| known == wanted).unwrap_or_else(|| {
        operators.push(wanted);
        operators.len() - 1
    });
    u8::try_from(at)
        .ok()
        .filter(|&at| at < u8::MAX)
        .ok_or_else(|| Invalid::new("coverage track", at, "names more networks than a place can have (254)"))
}

/// Written down, not taken from the order of the enum: stored bytes outlive it.
const fn technology_code(technology: Technology) -> u8 {
    match technology {
        Technology::TwoG => 1,
        Technology::ThreeG => 2,
        Technology::FourG => 3,
        Technology::FiveG => 4,
        Technology::FiveGDss => 5,
        Technology::FiveGNsa => 6,
        Technology::FiveGSa => 7,
    }
}

fn technology(code: u8) -> Result<Option<Technology>, String> {
    if code == 0 {
        return Ok(None);
    }
    let found = Technology::ALL.iter().copied().find(|&technology| technology_code(technology) == code);
    found.map(Some).ok_or_else(|| format!("technology code {code} is not known"))
}

fn level(value: Option<i16>, offset: i16) -> u8 {
    value.map_or(0, |value| (value + offset) as u8)
}

fn varint(out: &mut Vec<u8>, value: i32) {
    let mut rest = ((value << 1) ^ (value >> 31)).cast_unsigned();
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn take(&mut self, n: usize) -> Result<&'b [u8], String> {
        let (head, rest) = self.0.split_at_checked(n).ok_or("it ends in the middle of a value")?;
        self.0 = rest;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn varint(&mut self) -> Result<i32, String> {
        let mut value = 0_u32;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err("a number is too long".to_owned())
    }

    fn level(&mut self, offset: i16) -> Result<Option<i16>, String> {
        self.byte().map(|byte| (byte != 0).then(|| i16::from(byte) - offset))
    }
}

#[cfg(test)]
#[path = "points_tests.rs"]
mod tests;
