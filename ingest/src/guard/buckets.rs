use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::TooOften;

/// Places in each of the two rows.
const PLACES: usize = 1 << 16;

/// Token buckets in a table of fixed size (GCRA): each place holds the moment at
/// which its bucket would be full again, in microseconds.
#[derive(Debug)]
pub(super) struct Buckets {
    rows: [Box<[AtomicU64]>; 2],
    /// Microseconds that one token takes to come back.
    interval: u64,
    /// Microseconds of tokens that a full bucket holds.
    depth: u64,
}

impl Buckets {
    pub fn new(per_second: f64, burst: u32) -> Self {
        let row = || (0..PLACES).map(|_| AtomicU64::new(0)).collect();
        let interval = (1e6 / per_second).max(1.0) as u64;
        Self { rows: [row(), row()], interval, depth: interval * u64::from(burst) }
    }

    /// Takes tokens, or says when there will be enough. A race of two requests may let both pass: the next
    /// one pays for it.
    pub fn take(&self, key: u64, tokens: u32, now: Duration) -> Result<(), TooOften> {
        let (after, latest) = (self.after(key, tokens, now), now.as_micros() as u64 + self.depth);
        if after > latest {
            return Err(TooOften(Duration::from_micros(after - latest)));
        }
        self.set(key, after);
        Ok(())
    }

    /// Takes tokens that may not be there: then the next ones wait, up to the time of a whole bucket longer.
    pub fn charge(&self, key: u64, tokens: u32, now: Duration) {
        let longest = now.as_micros() as u64 + 2 * self.depth;
        self.set(key, self.after(key, tokens, now).min(longest));
    }

    /// When the bucket would be full again without so many tokens.
    fn after(&self, key: u64, tokens: u32, now: Duration) -> u64 {
        let full_again = self.places(key).iter().map(|place| place.load(Ordering::Relaxed)).min().unwrap_or(0);
        full_again.max(now.as_micros() as u64).saturating_add(self.interval.saturating_mul(u64::from(tokens)))
    }

    fn set(&self, key: u64, full_again: u64) {
        for place in self.places(key) {
            place.fetch_max(full_again, Ordering::Relaxed);
        }
    }

    fn places(&self, key: u64) -> [&AtomicU64; 2] {
        let [first, second] = &self.rows;
        [&first[key as usize % PLACES], &second[(key >> 32) as usize % PLACES]]
    }
}
