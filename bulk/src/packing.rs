//! Rows as words: a hexagon's number, a device, and what was measured.

use crate::shards::NUMBER;

/// Stands where nothing was measured.
pub(crate) const NOTHING: u32 = u32::MAX;
/// Rows that are packed at once.
const BLOCK: usize = 512;

/// How a row is packed into words: hexagon, device (two words, if there are devices), and values: in thousandths (a word)
/// where that loses nothing, or as they are (two).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub devices: bool,
    pub metrics: usize,
    pub wide: bool,
}

impl Layout {
    pub const fn words(self) -> usize {
        1 + if self.devices { 2 } else { 0 } + self.metrics * if self.wide { 2 } else { 1 }
    }

    /// The word at which the values begin.
    pub const fn first_value(self) -> usize {
        1 + if self.devices { 2 } else { 0 }
    }
}

/// Packs rows with the names of their hexagons, and hands them on with these, some at a time.
pub(crate) fn in_blocks(
    layout: Layout,
    names: &[u32],
    devices: &[u64],
    values: &[Packed<'_>],
    mut take: impl FnMut(&[u32], &[u32]),
) {
    let words = layout.words();
    let mut packed = vec![0; words * BLOCK];
    for (at, names) in names.chunks(BLOCK).enumerate() {
        let here = at * BLOCK..at * BLOCK + names.len();
        put(&mut packed, 0, words, names.iter().map(|name| name & NUMBER));
        if layout.devices {
            let devices = &devices[here.clone()];
            put(&mut packed, 1, words, devices.iter().map(|&device| device as u32));
            put(&mut packed, 2, words, devices.iter().map(|&device| (device >> 32) as u32));
        }
        for (metric, values) in values.iter().enumerate() {
            match values {
                Packed::Narrow(values) => {
                    put(&mut packed, layout.first_value() + metric, words, values[here.clone()].iter().copied());
                }
                Packed::Wide(values) => {
                    let (first, bits) =
                        (layout.first_value() + 2 * metric, values[here.clone()].iter().map(|v| v.to_bits()));
                    put(&mut packed, first, words, bits.clone().map(|bits| bits as u32));
                    put(&mut packed, first + 1, words, bits.map(|bits| (bits >> 32) as u32));
                }
            }
        }
        take(names, &packed[..words * names.len()]);
    }
}

/// Writes one word of each packed row.
fn put(packed: &mut [u32], word: usize, words: usize, values: impl Iterator<Item = u32>) {
    packed[word..].iter_mut().step_by(words).zip(values).for_each(|(to, value)| *to = value);
}

/// Values of some rows.
#[derive(Debug)]
pub(crate) enum Packed<'v> {
    Narrow(Vec<u32>),
    Wide(&'v [f64]),
}

/// Values in thousandths, [`NOTHING`] for NaN; `None` if one of them would be another then.
#[expect(clippy::needless_bitwise_bool, reason = "without a branch it becomes vector instructions")]
#[expect(clippy::float_cmp, reason = "nothing may be lost")]
pub(crate) fn thousandths(values: &[f64]) -> Option<Vec<u32>> {
    /// Added, it leaves the nearest whole number in the low bits.
    const WHOLE: f64 = 4_503_599_627_370_496.0; // 2^52
    let mut exact = true;
    let packed = values
        .iter()
        .map(|&value| {
            let moved = value * 1e3 + WHOLE;
            let whole = moved - WHOLE;
            exact &= value.is_nan() | ((whole >= 0.0) & (whole < f64::from(NOTHING)) & (whole / 1e3 == value));
            if value.is_nan() { NOTHING } else { moved.to_bits() as u32 }
        })
        .collect();
    exact.then_some(packed)
}
