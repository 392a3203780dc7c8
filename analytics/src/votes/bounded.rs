//! What keeps a leaf small when one device measures very often in one place: values become buckets.

use super::{Entry, Figures, LeafVotes, Values};

/// Distinct values of one device, hexagon, part of the day and metric that are kept as they are.
const EXACT: usize = 64;
/// Buckets of an octave are linear: 2 to the power of this. The middle of a bucket is at most 1/128 from its values.
const BUCKETS: u32 = 6;

impl LeafVotes {
    /// Of all evidence of a block: beyond 64 distinct values, these are known to 0.8 % only. Shares do not depend on them:
    /// thresholds have exact counters. Not for a part of the evidence, or the order of parts would show.
    pub(super) fn bounded(mut self) -> Self {
        for Entry { figures, .. } in &mut self.entries {
            match figures {
                Figures::Mobile(signal) => bound(signal),
                Figures::Fixed(fixed) => fixed.values.iter_mut().for_each(bound),
            }
        }
        self
    }
}

/// Sorted values stay sorted: buckets are in the order of their values.
fn bound(values: &mut Values) {
    if values.len() <= EXACT {
        return;
    }
    for (value, _) in values.iter_mut() {
        *value = middle(*value);
    }
    values.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
}

/// The middle of a value's bucket; below 128 each value is its own.
fn middle(value: i64) -> i64 {
    let size = value.unsigned_abs();
    let Some(shift) = size.checked_ilog2().and_then(|octave| octave.checked_sub(BUCKETS)).filter(|&shift| shift > 0)
    else {
        return value;
    };
    let middle = (size >> shift << shift) + (1 << (shift - 1));
    let middle = i64::try_from(middle).unwrap_or(i64::MAX);
    if value < 0 { -middle } else { middle }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_within_one_percent_of_its_values() {
        let mut value = 1_i64;
        while value < 100_000_000_000 {
            for value in [value, -value] {
                let off = (middle(value) - value).abs() as f64 / value.abs() as f64;
                assert!(off <= 1.0 / 128.0, "{value} became {}", middle(value));
                assert_eq!(middle(middle(value)), middle(value));
                assert!(value.abs() >= 128 || middle(value) == value, "dBm and other small numbers stay");
            }
            assert!(middle(value + 1) >= middle(value));
            value += 1 + value / 97;
        }
        assert_eq!((middle(0), middle(i64::MAX) > 0, middle(i64::MIN) < 0), (0, true, true));
    }

    #[test]
    fn few_values_stay_and_many_become_few_without_losing_one() {
        let few: Values = (0..64).map(|at| (15_000_000 + at, 1)).collect();
        let mut same = few.clone();
        bound(&mut same);
        assert_eq!(same, few);
        // 100 kbit/s to 10 Gbit/s in steps of 0.01 %.
        let mut many: Values = (0..115_000).map(|at| ((1e5 * 1.0001_f64.powi(at)) as i64, 2)).collect();
        many.dedup_by_key(|(value, _)| *value);
        let tests: u32 = many.iter().map(|(_, times)| times).sum();
        bound(&mut many);
        assert!(many.len() < 17 * 64, "{} buckets", many.len());
        assert_eq!(many.iter().map(|(_, times)| times).sum::<u32>(), tests);
        assert!(many.is_sorted_by(|a, b| a.0 < b.0));
    }
}
