//! Physical quantities: newtypes with one canonical integer unit, and conversions with the unit in the name.

mod accuracy;
mod bit_rate;
mod byte_count;
mod loss;
mod rtt;
mod signal;

pub use accuracy::Accuracy;
pub use bit_rate::BitRate;
pub use byte_count::ByteCount;
pub use loss::Loss;
pub use rtt::Rtt;
pub use signal::{SignalDb, SignalDbm};

use crate::Invalid;

/// A finite, non-negative float times `scale`, rounded to its integer unit, or a reason that shows
/// the value as it was given.
fn rounded(what: &'static str, value: f64, scale: f64, max: u64) -> Result<u64, Invalid> {
    if !value.is_finite() {
        return Err(Invalid::new(what, value, "must be a finite number"));
    }
    if value < 0.0 {
        return Err(Invalid::new(what, value, "must not be negative"));
    }
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "bounds are far below 2^53")]
    if value * scale > max as f64 {
        return Err(Invalid::new(what, value, "is beyond anything that can be measured"));
    }
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "finite, non-negative and below max, checked above"
    )]
    Ok((value * scale).round() as u64)
}
