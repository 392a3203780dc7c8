//! From degrees to a hexagon, as soon as a row is read. Nothing behind this file can hold degrees.

use domain::{Accuracy, Hex, RejectionReason, Resolution};

/// What is known of the accuracy of a format's positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known {
    /// Instruments: good enough for any hexagon.
    Good,
    /// The radius of a phone's position in metres, if it says one.
    Radius(Option<f64>),
}

/// The hexagon of a position, not finer than `finest`, and coarser where the position is worse (PRIVACY 1).
///
/// A phone that does not say how good its position is cannot claim the finest hexagon.
pub fn hex(degrees: (Option<f64>, Option<f64>), known: Known, finest: Resolution) -> Result<Hex, RejectionReason> {
    let (Some(lat), Some(lng)) = degrees else { return Err(RejectionReason::BadPosition) };
    let allowed = match known {
        Known::Good => Resolution::Ten,
        // Zero and negative radii are sentinels of receivers, not accuracies.
        Known::Radius(Some(metres)) if metres > 0.0 => {
            let accuracy = Accuracy::from_metres(metres).map_err(|_| RejectionReason::PositionTooCoarse)?;
            accuracy.finest_resolution().ok_or(RejectionReason::PositionTooCoarse)?
        }
        Known::Radius(_) => Resolution::Nine,
    };
    if Hex::is_null_island(lat, lng) {
        return Err(RejectionReason::NullIsland);
    }
    Hex::from_degrees(lat, lng, allowed.min(finest)).map_err(|_| RejectionReason::BadPosition)
}

/// A hexagon that a file names itself, made as coarse as it has to be.
pub fn named(text: &str, finest: Resolution) -> Result<Hex, RejectionReason> {
    let hex: Hex = text.parse().map_err(|_| RejectionReason::BadPosition)?;
    hex.at_most(finest).checked_for_record(finest).map_err(|_| RejectionReason::PositionTooCoarse)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: (Option<f64>, Option<f64>) = (Some(51.434_417), Some(6.762_329));

    #[test]
    fn a_position_becomes_as_coarse_as_it_is_inaccurate() {
        let resolution = |known, finest| hex(AT, known, finest).map(|hex| u8::from(hex.resolution()));
        assert_eq!(resolution(Known::Radius(Some(5.0)), Hex::MOBILE), Ok(10));
        assert_eq!(resolution(Known::Radius(Some(5.0)), Hex::FIXED), Ok(9));
        assert_eq!(resolution(Known::Radius(Some(51.0)), Hex::MOBILE), Ok(9));
        assert_eq!(resolution(Known::Radius(Some(400.0)), Hex::MOBILE), Ok(8));
        assert_eq!(resolution(Known::Radius(Some(500.0)), Hex::MOBILE), Err(RejectionReason::PositionTooCoarse));
        assert_eq!(resolution(Known::Radius(Some(1e9)), Hex::MOBILE), Err(RejectionReason::PositionTooCoarse));
        for unknown in [None, Some(0.0), Some(-1.0), Some(f64::NAN)] {
            assert_eq!(resolution(Known::Radius(unknown), Hex::MOBILE), Ok(9), "{unknown:?}");
        }
        assert_eq!(resolution(Known::Good, Hex::MOBILE), Ok(10));
    }

    #[test]
    fn what_is_no_place_says_why() {
        let refused = |lat, lng| hex((lat, lng), Known::Good, Hex::MOBILE).unwrap_err();
        assert_eq!(refused(None, Some(7.0)), RejectionReason::BadPosition);
        assert_eq!(refused(Some(f64::NAN), Some(7.0)), RejectionReason::BadPosition);
        assert_eq!(refused(Some(151.0), Some(7.0)), RejectionReason::BadPosition);
        assert_eq!(refused(Some(0.0), Some(0.0)), RejectionReason::NullIsland);
    }

    #[test]
    fn a_named_hexagon_is_made_coarse_and_not_refused_for_being_fine() {
        let fine = Hex::from_degrees(51.434_417, 6.762_329, Resolution::Thirteen).unwrap();
        assert_eq!(named(&fine.to_string(), Hex::FIXED), Ok(fine.at_most(Hex::FIXED)));
        let coarse = fine.at_most(Resolution::Five).to_string();
        assert_eq!(named(&coarse, Hex::FIXED), Err(RejectionReason::PositionTooCoarse));
        assert_eq!(named("51.434417", Hex::FIXED), Err(RejectionReason::BadPosition));
    }
}
