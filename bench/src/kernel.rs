//! The hexagon kernel beside h3o, on one core: ns a point, medians of five. Positions around North Rhine-Westphalia, in no order.

use std::{hint::black_box, time::Duration};

use domain::{Clock, SystemClock};
use h3o::{LatLng, Resolution};
use hexkernel::HexKernel;

const POINTS: usize = 4_000_000;
/// What h3o is asked for: it takes long.
const FEWER: usize = POINTS / 8;

/// Prints all of them.
pub fn run() {
    let (lat, lng) = positions();
    let mut hexes = vec![0; POINTS];
    println!("{POINTS} positions in NRW, one core, ns a point");
    let read = median_ns(POINTS, || {
        black_box(lat.iter().zip(&lng).fold(0.0, |sum, (lat, lng)| sum + lat * lng));
    });
    println!("  {:<52}{read:>8.1}", "limit: read two f64 columns");
    for resolution in [Resolution::Eight, Resolution::Nine] {
        let h3o = median_ns(FEWER, || {
            for ((lat, lng), hex) in lat.iter().zip(&lng).zip(&mut hexes[..FEWER]) {
                *hex = LatLng::new(*lat, *lng).map_or(0, |point| point.to_cell(resolution).into());
            }
        });
        println!("  {:<52}{h3o:>8.1}", format!("resolution {resolution}: h3o, to_cell"));
        let told = |name: &str, ns: f64| {
            println!(
                "  {:<52}{ns:>8.1} {:>6.1} x faster than h3o",
                format!("resolution {resolution}: {name}"),
                h3o / ns
            );
        };
        let kernels = [("", HexKernel::new(resolution)), (", portable", HexKernel::portable(resolution))];
        for (name, mut kernel) in kernels {
            told(&format!("grouping key{name}"), median_ns(POINTS, || kernel.keys(&lat, &lng, &mut hexes)));
            let first = once_ns(|| kernel.hexes(&lat, &lng, &mut hexes)) / POINTS as f64;
            told(&format!("H3 index{name}, all hexagons new"), first);
            told(&format!("H3 index{name}"), median_ns(POINTS, || kernel.hexes(&lat, &lng, &mut hexes)));
        }
    }
}

fn positions() -> (Vec<f64>, Vec<f64>) {
    let mut state = 42_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..POINTS).map(|_| (50.3 + 2.3 * next(), 5.8 + 3.7 * next())).unzip()
}

fn once_ns(run: impl FnOnce()) -> f64 {
    let clock = SystemClock::default();
    let start = clock.monotonic();
    run();
    Duration::as_nanos(&clock.monotonic().saturating_sub(start)) as f64
}

fn median_ns(points: usize, mut run: impl FnMut()) -> f64 {
    crate::median((0..5).map(|_| once_ns(&mut run) / points as f64).collect())
}
