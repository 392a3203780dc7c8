//! Parents and centres of columns of hexes.

use h3o::{CellIndex, LatLng, Resolution};

use crate::NO_HEX;

/// Where the resolution stands in an index.
const RESOLUTION: u32 = 52;
/// Bits of a digit; the one of resolution 15 is the lowest.
const DIGIT: u32 = 3;

/// The hex of `resolution` that holds each hex, by H3's tree; [`NO_HEX`] where a hex is coarser, or is none.
///
/// # Panics
/// If the slices differ in length.
pub fn parents(hexes: &[u64], resolution: Resolution, parents: &mut [u64]) {
    assert_eq!(hexes.len(), parents.len(), "columns of one length");
    let resolution = u64::from(u8::from(resolution));
    let unused = (1 << (DIGIT * (15 - resolution as u32))) - 1;
    for (parent, &hex) in parents.iter_mut().zip(hexes) {
        let of_hex = hex >> RESOLUTION & 0xF;
        let coarser = (hex & !(0xF << RESOLUTION)) | resolution << RESOLUTION | unused;
        *parent = if hex != NO_HEX && of_hex >= resolution { coarser } else { NO_HEX };
    }
}

/// The centre of each hex in degrees, as `h3o` gives it; NaN where there is no hex.
///
/// # Panics
/// If the slices differ in length.
pub fn centres(hexes: &[u64], lat: &mut [f64], lng: &mut [f64]) {
    assert!(hexes.len() == lat.len() && hexes.len() == lng.len(), "columns of one length");
    let mut last = (NO_HEX, (f64::NAN, f64::NAN));
    for ((&hex, lat), lng) in hexes.iter().zip(lat).zip(lng) {
        if hex != last.0 {
            let centre = CellIndex::try_from(hex).map(LatLng::from);
            last = (hex, centre.map_or((f64::NAN, f64::NAN), |centre| (centre.lat(), centre.lng())));
        }
        (*lat, *lng) = last.1;
    }
}
