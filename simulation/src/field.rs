//! Smooth random landscapes: hills of goodness and valleys of neglect.

use std::f64::consts::{SQRT_2, TAU};

use rand::Rng;

use crate::random::{between, log_between};

/// A sum of plane waves in random directions; about standard normal at each place, alike at near places.
#[derive(Clone, Debug)]
pub(crate) struct SmoothField {
    /// Wave vector (radians a km) and phase.
    waves: Vec<(f64, f64, f64)>,
}

impl SmoothField {
    const WAVES: u32 = 24;

    /// With wavelengths around `wavelength_km`.
    pub(crate) fn new(rng: &mut impl Rng, wavelength_km: f64) -> Self {
        let wave = |_| {
            let (sin, cos) = between(rng, 0.0, TAU).sin_cos();
            let k = TAU / log_between(rng, wavelength_km / 2.0, wavelength_km * 2.0);
            (k * cos, k * sin, between(rng, 0.0, TAU))
        };
        Self { waves: (0..Self::WAVES).map(wave).collect() }
    }

    /// Value at a place, km east and north of some origin.
    pub(crate) fn at(&self, (x_km, y_km): (f64, f64)) -> f64 {
        let sum: f64 = self.waves.iter().map(|(kx, ky, phase)| (kx * x_km + ky * y_km + phase).cos()).sum();
        sum * SQRT_2 / f64::from(Self::WAVES).sqrt()
    }
}
