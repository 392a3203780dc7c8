//! Thresholds that say on which side good lies, so that no caller has to remember.

/// Which direction is better for a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Polarity {
    /// Throughput, signal: more is better.
    HigherIsBetter,
    /// Latency, loss: less is better.
    LowerIsBetter,
}

/// A bound on one metric. Meeting it exactly counts as meeting it (TKMV § 2: "mindestens", "höchstens").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Requirement<T> {
    /// The value must reach this.
    AtLeast(T),
    /// The value must not exceed this.
    AtMost(T),
}

impl<T: PartialOrd + Copy> Requirement<T> {
    /// Whether `value` meets the bound; `None` without a value: unknown is neither met nor failed.
    pub fn is_met_by(self, value: Option<T>) -> Option<bool> {
        value.map(|value| match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        })
    }

    /// The bound itself.
    pub const fn bound(self) -> T {
        match self {
            Self::AtLeast(bound) | Self::AtMost(bound) => bound,
        }
    }

    /// The side on which good lies.
    pub const fn polarity(self) -> Polarity {
        match self {
            Self::AtLeast(_) => Polarity::HigherIsBetter,
            Self::AtMost(_) => Polarity::LowerIsBetter,
        }
    }
}
