//! One thread's share of the work: rows of all files into its shards.

use hexkernel::{HexKernel, Memo, NO_HEX, Resolution};

use crate::{
    BulkError,
    packing::{Packed, thousandths},
    rows::{Places, Rows},
    shards::{Budget, NOWHERE, Segment, Shards},
};

/// Takes rows.
pub(crate) struct Gatherer<'b> {
    resolution: Resolution,
    kernel: HexKernel<u32>,
    /// Names of hexagons that come as such.
    known: Memo<u32>,
    shards: Shards<'b>,
    names: Vec<u32>,
    /// Rows without a place.
    pub nowhere: u64,
}

impl<'b> Gatherer<'b> {
    pub fn new(resolution: Resolution, shards: Shards<'b>) -> Self {
        let kernel = HexKernel::new(resolution);
        Self { resolution, kernel, known: Memo::default(), shards, names: Vec::new(), nowhere: 0 }
    }

    /// Adds rows; places are checked before.
    pub fn add(&mut self, rows: &Rows) -> Result<(), BulkError> {
        let narrow: Option<Vec<Vec<u32>>> =
            if self.shards.wide() { None } else { rows.metrics.iter().map(|values| thousandths(values)).collect() };
        if narrow.is_none() && !self.shards.wide() {
            self.shards.widen();
            self.forget();
        }
        self.names.resize(rows.len(), NOWHERE);
        let shards = &mut self.shards;
        let mut name = |hex: u64| if hex == NO_HEX { NOWHERE } else { shards.name(hex) };
        match &rows.places {
            Places::Coordinates(lat, lng) => self.kernel.named(lat, lng, &mut self.names, name),
            Places::Hexagons(hexes) => {
                let mut parents = vec![NO_HEX; hexes.len()];
                hexkernel::parents(hexes, self.resolution, &mut parents);
                for (to, &hex) in self.names.iter_mut().zip(&parents) {
                    *to = if hex == NO_HEX { NOWHERE } else { self.known.of_hex(hex, self.resolution, || name(hex)) };
                }
            }
        }
        self.nowhere += self.names.iter().filter(|&&name| name == NOWHERE).count() as u64;
        let values: Vec<Packed<'_>> = match narrow {
            Some(narrow) => narrow.into_iter().map(Packed::Narrow).collect(),
            None => rows.metrics.iter().map(|values| Packed::Wide(values)).collect(),
        };
        self.shards.add(&self.names, &rows.devices, &values);
        if self.shards.settle()? {
            self.forget();
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.kernel.forget();
        self.known.forget();
    }

    /// All of it, by partition.
    pub fn finish(self) -> Vec<Vec<Segment>> {
        self.shards.finish()
    }
}

/// The smallest limit in bytes with which so many threads can work: chunks of all partitions twice, what is read, and
/// a table of hexagons for each.
pub const fn least_memory(threads: usize) -> usize {
    threads * (64 << 20)
}

impl Budget {
    pub(crate) fn check(&self) -> Result<(), BulkError> {
        let least = least_memory(self.threads);
        if self.limit >= least {
            return Ok(());
        }
        // As on the command line: 1 MB is a million bytes.
        let (given, least) = (self.limit / 1_000_000, least.div_ceil(1_000_000));
        Err(BulkError::Memory { given, least, threads: self.threads })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::reduce::{HexRow, reduce};

    fn rows(batch: u64, thousandths: bool) -> Rows<'static> {
        let number = |at: u64| (at * 2_654_435_761 + batch * 97) % 10_007;
        let column = |of: &dyn Fn(u64) -> f64| (0..5_000).map(|at| of(number(at))).collect();
        let scale = if thousandths { 1_000.0 } else { 7.0 };
        Rows {
            places: Places::Coordinates(
                column(&|n| 51.0 + (n % 101) as f64 / 100.0),
                column(&|n| 7.0 + (n / 101) as f64 / 100.0),
            ),
            devices: (0..5_000).map(|at| number(at) % 61).collect(),
            metrics: vec![column(&|n| if n % 9 == 0 { f64::NAN } else { n as f64 / scale })],
        }
    }

    /// All hexagons with a memory of so many bytes, and how many bytes were set aside.
    fn summary(limit: usize) -> (Vec<HexRow>, usize) {
        let budget = Budget { limit, threads: 1, used: AtomicUsize::new(0), spilled: AtomicUsize::new(0) };
        let scratch = std::env::temp_dir();
        let mut gatherer = Gatherer::new(Resolution::Eight, Shards::new(true, 1, &budget, &scratch));
        for batch in 0..6 {
            // Half-way the values are no thousandths any more, and are packed as they are.
            gatherer.add(&rows(batch, batch < 3)).unwrap();
        }
        let rows = gatherer.finish().into_iter().flat_map(|segments| reduce(segments, &[0.1, 0.5]).unwrap());
        (rows.collect(), budget.spilled.load(Ordering::Relaxed))
    }

    #[test]
    fn what_was_set_aside_on_disk_counts_like_what_was_not() {
        let (all, nothing) = summary(usize::MAX);
        let (same, spilled) = summary(0);
        assert_eq!(nothing, 0);
        assert!(spilled > 6 * 5_000 * 16, "every row went to disk: {spilled} bytes");
        assert!(all.len() > 1_000 && all.iter().map(|hex| hex.tests).sum::<u64>() == 30_000);
        assert_eq!(same, all);
    }
}
