//! The rows of a partition, hexagon by hexagon.

use std::io;

use crate::{packing::NOTHING, rows::NO_DEVICE, shards::Segment};

/// What is known of the tests in a hexagon.
#[derive(Clone, Debug, PartialEq)]
pub struct HexRow {
    /// The H3 index.
    pub hex: u64,
    /// Rows of the input.
    pub tests: u64,
    /// Distinct devices among them; `None` if the input does not name any.
    pub devices: Option<u64>,
    /// For each metric how many tests measured it, and its quantiles: none without such tests.
    pub metrics: Vec<(u64, Vec<f64>)>,
}

/// All hexagons of a partition, in the order of their indexes.
pub(crate) fn reduce(segments: Vec<Segment>, quantiles: &[f64]) -> io::Result<Vec<HexRow>> {
    let Some(layout) = segments.first().map(|segment| segment.layout) else { return Ok(Vec::new()) };
    let wide = segments.iter().any(|segment| segment.layout.wide);
    let opened = segments.into_iter().map(|segment| Ok((segment.layout, segment.open()?)));
    let opened = opened.collect::<io::Result<Vec<_>>>()?;
    let mut hexes: Vec<u64> = opened.iter().flat_map(|(_, (hexes, _))| hexes.iter().copied()).collect();
    hexes.sort_unstable();
    hexes.dedup();
    let mut parts = Vec::with_capacity(opened.len());
    let mut ends = vec![0_usize; hexes.len() + 1];
    for (layout, (names, pieces)) in opened {
        let group = |hex: &u64| hexes.binary_search(hex).unwrap_or_default() as u32;
        let groups: Vec<u32> = names.iter().map(group).collect();
        for row in pieces.iter().flat_map(|piece| piece.chunks_exact(layout.words())) {
            ends[groups[row[0] as usize] as usize + 1] += 1;
        }
        parts.push((layout, groups, pieces));
    }
    for group in 0..hexes.len() {
        ends[group + 1] += ends[group];
    }
    let starts = ends.clone();
    let rows = starts[hexes.len()];
    let mut devices = vec![0_u64; if layout.devices { rows } else { 0 }];
    let mut narrow = vec![vec![0_u32; if wide { 0 } else { rows }]; layout.metrics];
    let mut exact = vec![vec![0_f64; if wide { rows } else { 0 }]; layout.metrics];
    for (layout, groups, pieces) in parts {
        for row in pieces.iter().flat_map(|piece| piece.chunks_exact(layout.words())) {
            let end = &mut ends[groups[row[0] as usize] as usize];
            let to = *end;
            *end += 1;
            if layout.devices {
                devices[to] = u64::from(row[1]) | u64::from(row[2]) << 32;
            }
            let values = &row[layout.first_value()..];
            if !wide {
                for (column, &value) in narrow.iter_mut().zip(values) {
                    column[to] = value;
                }
            } else if layout.wide {
                for (column, value) in exact.iter_mut().zip(values.chunks_exact(2)) {
                    column[to] = f64::from_bits(u64::from(value[0]) | u64::from(value[1]) << 32);
                }
            } else {
                for (column, &value) in exact.iter_mut().zip(values) {
                    column[to] = plain(value);
                }
            }
        }
    }
    let mut seen = Distinct::default();
    Ok(hexes
        .into_iter()
        .enumerate()
        .filter(|&(group, _)| starts[group] < starts[group + 1])
        .map(|(group, hex)| {
            let mine = starts[group]..starts[group + 1];
            let metrics = if wide {
                exact.iter_mut().map(|column| summarise(&mut column[mine.clone()], quantiles)).collect()
            } else {
                narrow.iter_mut().map(|column| summarise(&mut column[mine.clone()], quantiles)).collect()
            };
            let devices = layout.devices.then(|| seen.count(&devices[mine.clone()]));
            HexRow { hex, tests: mine.len() as u64, devices, metrics }
        })
        .collect())
}

/// A value on its way through selection.
trait Value: Copy {
    fn is_there(self) -> bool;
    fn order(&self, other: &Self) -> std::cmp::Ordering;
    fn plain(self) -> f64;
}

impl Value for u32 {
    fn is_there(self) -> bool {
        self != NOTHING
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.cmp(other)
    }

    fn plain(self) -> f64 {
        plain(self)
    }
}

impl Value for f64 {
    fn is_there(self) -> bool {
        !self.is_nan()
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.total_cmp(other)
    }

    fn plain(self) -> f64 {
        self
    }
}

fn plain(thousandths: u32) -> f64 {
    if thousandths == NOTHING { f64::NAN } else { f64::from(thousandths) / 1e3 }
}

/// Number and quantiles of what was measured, interpolated between neighbours.
fn summarise<T: Value>(values: &mut [T], quantiles: &[f64]) -> (u64, Vec<f64>) {
    let mut count = 0;
    for at in 0..values.len() {
        let value = values[at];
        values[count] = value;
        count += usize::from(value.is_there());
    }
    let values = &mut values[..count];
    let Some(last) = count.checked_sub(1) else { return (0, Vec::new()) };
    let at = |q: f64| q * last as f64;
    let mut ranks: Vec<usize> =
        quantiles.iter().flat_map(|&q| [at(q).floor() as usize, (at(q).floor() as usize + 1).min(last)]).collect();
    ranks.sort_unstable();
    ranks.dedup();
    select(values, 0, &ranks);
    let found = quantiles.iter().map(|&q| {
        let low = at(q).floor() as usize;
        let (below, above) = (values[low].plain(), values[(low + 1).min(last)].plain());
        below + (above - below) * (at(q) - low as f64)
    });
    (count as u64, found.collect())
}

/// Puts the values of these ranks where they belong. `before`: rank of the first value.
fn select<T: Value>(values: &mut [T], before: usize, ranks: &[usize]) {
    /// So few are sorted as soon as selected.
    const FEW: usize = 24;
    if ranks.is_empty() {
        return;
    }
    if values.len() <= FEW {
        values.sort_unstable_by(T::order);
        return;
    }
    let middle = ranks.len() / 2;
    let (left, _, right) = values.select_nth_unstable_by(ranks[middle] - before, T::order);
    select(left, before, &ranks[..middle]);
    select(right, ranks[middle] + 1, &ranks[middle + 1..]);
}

/// Counts distinct devices, with one table for all hexagons.
#[derive(Debug, Default)]
struct Distinct {
    slots: Vec<u64>,
}

impl Distinct {
    fn count(&mut self, devices: &[u64]) -> u64 {
        // No device stands for a free slot.
        let size = (2 * devices.len()).next_power_of_two().max(16);
        if self.slots.len() < size {
            self.slots.resize(size, NO_DEVICE);
        }
        let slots = &mut self.slots[..size];
        slots.fill(NO_DEVICE);
        let shift = 64 - size.trailing_zeros();
        let mut count = 0;
        for &device in devices.iter().filter(|&&device| device != NO_DEVICE) {
            let mut at = (device.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> shift) as usize;
            while slots[at] != device && slots[at] != NO_DEVICE {
                at = (at + 1) & (size - 1);
            }
            count += u64::from(slots[at] == NO_DEVICE);
            slots[at] = device;
        }
        count
    }
}
