use std::{
    sync::atomic::{AtomicU8, AtomicU64, Ordering},
    time::Duration,
};

/// Counters in each of the two rows: 8 MB in all.
const PLACES: usize = 1 << 22;

const DAY_SECONDS: u64 = 86_400;

/// How much each key was seen since yesterday or today, never less than it was (a count-min sketch with
/// conservative update). It forgets everything once a day: otherwise it would be full in the end.
#[derive(Debug)]
pub(super) struct Caps {
    rows: [Box<[AtomicU8]>; 2],
    day: AtomicU64,
}

impl Default for Caps {
    fn default() -> Self {
        let row = || (0..PLACES).map(|_| AtomicU8::new(0)).collect();
        Self { rows: [row(), row()], day: AtomicU64::new(0) }
    }
}

impl Caps {
    pub fn count(&self, key: u64) -> u32 {
        let seen = self.places(key).map(|place| place.load(Ordering::Relaxed));
        u32::from(seen[0].min(seen[1]))
    }

    /// Forgets yesterday. `now` is monotonic.
    pub fn turn(&self, now: Duration) {
        let today = now.as_secs() / DAY_SECONDS;
        if self.day.swap(today, Ordering::Relaxed) != today {
            for place in self.rows.iter().flatten() {
                place.store(0, Ordering::Relaxed);
            }
        }
    }

    pub fn add(&self, key: u64, more: u32) {
        let sum = u8::try_from(self.count(key) + more).unwrap_or(u8::MAX);
        for place in self.places(key) {
            place.fetch_max(sum, Ordering::Relaxed);
        }
    }

    fn places(&self, key: u64) -> [&AtomicU8; 2] {
        let [first, second] = &self.rows;
        [&first[key as usize % PLACES], &second[(key >> 32) as usize % PLACES]]
    }
}
