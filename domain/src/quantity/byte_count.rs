/// An amount of data. Canonical unit: byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteCount(u64);

impl ByteCount {
    /// From bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// From megabytes (1,000,000 bytes, as data plans count).
    pub const fn from_megabytes(mb: u32) -> Self {
        #[expect(clippy::as_conversions, reason = "u32 to u64 in a const fn")]
        Self(mb as u64 * 1_000_000)
    }

    /// In bytes.
    pub const fn as_bytes(self) -> u64 {
        self.0
    }

    /// In megabytes, for display.
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "display only")]
    pub fn as_megabytes_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The sum, held at the largest value instead of wrapping.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
