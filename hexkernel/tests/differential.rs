//! Not one point may get another hex than from `h3o`: two maps of one place would differ.
//!
//! `POINTS=100000000 cargo nextest run --release -p hexkernel` for the long form (`make soak`).
#![expect(clippy::many_single_char_names, reason = "points a and b, coordinates x, y and z")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use h3o::{CellIndex, LatLng, Resolution};
use hexkernel::{HexKernel, NO_HEX};

/// A fixed recurrence: the same points on every machine.
struct Random(u64);

impl Random {
    /// 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Either side of 0, of all magnitudes down to 1e-13.
    fn tiny(&mut self) -> f64 {
        let size = 10_f64.powf(-13.0 * self.next());
        if self.next() < 0.5 { -size } else { size }
    }

    fn globe(&mut self) -> (f64, f64) {
        ((2.0 * self.next() - 1.0).asin().to_degrees(), 360.0 * self.next() - 180.0)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[(self.next() * all.len() as f64) as usize]
    }
}

/// Where the two could differ, and where people live.
struct Places {
    /// Corners and midpoints of edges of hexes, among them pentagons.
    borders: Vec<(f64, f64)>,
    /// Centres of the icosahedron's faces, points along its edges, poles.
    corners: Vec<(f64, f64)>,
}

impl Places {
    fn new(resolution: Resolution, random: &mut Random) -> Self {
        let mut hexes: Vec<CellIndex> = resolution.pentagons().collect();
        hexes.extend((0..2_000).map(|_| hex(random.globe(), resolution)));
        hexes.extend((0..2_000).map(|_| hex(nrw(random), resolution)));
        let mut borders = Vec::new();
        for hex in hexes {
            let corners: Vec<LatLng> = hex.boundary().iter().copied().collect();
            borders.extend(corners.iter().map(|corner| (corner.lat(), corner.lng())));
            borders.extend(corners.iter().zip(corners.iter().skip(1)).map(|(a, b)| middle(*a, *b)));
        }
        // The icosahedron has its corners at the pentagons; middles of two of them are on an edge or on a face.
        let pentagons: Vec<LatLng> = Resolution::Zero.pentagons().map(LatLng::from).collect();
        let mut corners: Vec<(f64, f64)> = vec![(90.0, 0.0), (-90.0, 0.0), (0.0, 180.0), (0.0, -180.0), (0.0, 0.0)];
        for a in &pentagons {
            for b in &pentagons {
                let mut points = vec![*a, *b];
                for _ in 0..4 {
                    points = points.iter().zip(points.iter().skip(1)).fold(vec![points[0]], |mut all, (a, b)| {
                        let (lat, lng) = middle(*a, *b);
                        all.extend([LatLng::new(lat, lng).unwrap(), *b]);
                        all
                    });
                }
                corners.extend(points.iter().map(|point| (point.lat(), point.lng())));
            }
        }
        Self { borders, corners }
    }

    fn point(&self, random: &mut Random) -> (f64, f64) {
        let near = |(lat, lng): (f64, f64), random: &mut Random| (lat + random.tiny(), lng + random.tiny());
        match (random.next() * 6.0) as u32 {
            0 => random.globe(),
            1 => nrw(random),
            2 => near(random.one_of(&self.borders), random),
            3 => near(random.one_of(&self.corners), random),
            4 => (random.globe().0, random.one_of(&[180.0, -180.0, 360.0, 540.0]) + random.tiny()),
            _ => near((random.one_of(&[90.0, -90.0, 0.0]), random.globe().1), random),
        }
    }
}

fn nrw(random: &mut Random) -> (f64, f64) {
    (50.3 + 2.3 * random.next(), 5.8 + 3.7 * random.next())
}

fn middle(a: LatLng, b: LatLng) -> (f64, f64) {
    let vector = |at: LatLng| {
        let (lat, lng) = (at.lat_radians(), at.lng_radians());
        [lat.cos() * lng.cos(), lat.cos() * lng.sin(), lat.sin()]
    };
    let (a, b) = (vector(a), vector(b));
    let [x, y, z] = [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
    (z.atan2(x.hypot(y)).to_degrees(), y.atan2(x).to_degrees())
}

fn hex((lat, lng): (f64, f64), resolution: Resolution) -> CellIndex {
    LatLng::new(lat, lng).unwrap().to_cell(resolution)
}

/// Points of one resolution, in blocks of which some are all in one region and some are spread over the globe.
fn differences(mut kernel: HexKernel, points: usize) -> usize {
    const AT_ONCE: usize = 4_096;
    let resolution = kernel.resolution();
    let mut random = Random(88_172_645_463_325_252 + u64::from(u8::from(resolution)));
    let places = Places::new(resolution, &mut random);
    let (mut hexes, mut keys) = (vec![0; AT_ONCE], vec![0; AT_ONCE]);
    let mut different = 0;
    for block in 0..points.div_ceil(AT_ONCE) {
        let point = |random: &mut Random| if block % 2 == 0 { nrw(random) } else { places.point(random) };
        let (lat, lng): (Vec<f64>, Vec<f64>) = (0..AT_ONCE).map(|_| point(&mut random)).unzip();
        kernel.hexes(&lat, &lng, &mut hexes);
        let expected: Vec<u64> = lat.iter().zip(&lng).map(|(&lat, &lng)| hex((lat, lng), resolution).into()).collect();
        different += hexes.iter().zip(&expected).filter(|(ours, theirs)| ours != theirs).count();
        kernel.keys(&lat, &lng, &mut keys);
        let mut hexes_of_keys: Vec<(u64, u64)> = keys.iter().copied().zip(expected).collect();
        hexes_of_keys.sort_unstable();
        hexes_of_keys.dedup();
        different += hexes_of_keys.windows(2).filter(|pair| pair[0].0 == pair[1].0).count();
    }
    different
}

#[test]
fn every_point_gets_the_hexagon_that_h3o_gives_it() {
    let points: usize = std::env::var("POINTS").map_or(20_000, |points| points.parse::<usize>().unwrap() / 32);
    for resolution in (0..=15).map(|resolution| Resolution::try_from(resolution).unwrap()) {
        assert_eq!(differences(HexKernel::new(resolution), points), 0, "resolution {resolution}");
        assert_eq!(differences(HexKernel::portable(resolution), points), 0, "portable, resolution {resolution}");
    }
}

#[test]
fn single_precision_is_that_of_the_same_numbers() {
    let mut random = Random(7);
    let (lat, lng): (Vec<f32>, Vec<f32>) =
        (0..10_000).map(|_| nrw(&mut random)).map(|(a, b)| (a as f32, b as f32)).unzip();
    let mut hexes = vec![0; lat.len()];
    HexKernel::new(Resolution::Nine).hexes(&lat, &lng, &mut hexes);
    for ((&lat, &lng), &ours) in lat.iter().zip(&lng).zip(&hexes) {
        assert_eq!(ours, u64::from(hex((lat.into(), lng.into()), Resolution::Nine)));
    }
}

#[test]
fn what_is_no_coordinate_has_no_hexagon_and_spoils_no_other() {
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let lat = [51.0, bad[0], 51.0, bad[1], 51.0, 51.0, bad[2], 1e300];
    let lng = [7.0, 7.0, bad[0], 7.0, bad[1], 7.0, bad[2], 7.0];
    let mut hexes = [1; 8];
    let mut kernel = HexKernel::new(Resolution::Eight);
    kernel.hexes(&lat, &lng, &mut hexes);
    let good = u64::from(hex((51.0, 7.0), Resolution::Eight));
    assert_eq!(hexes[..7], [good, NO_HEX, NO_HEX, NO_HEX, NO_HEX, good, NO_HEX]);
    assert_eq!(hexes[7], u64::from(hex((1e300, 7.0), Resolution::Eight)), "what h3o takes, it decides");
    kernel.hexes::<f64>(&[], &[], &mut []);
}

#[test]
fn parents_and_centres_are_those_of_h3o() {
    let mut random = Random(3);
    for resolution in (0..=15).map(|resolution| Resolution::try_from(resolution).unwrap()) {
        let hexes: Vec<CellIndex> =
            (0..300).map(|_| hex(random.globe(), resolution)).chain(resolution.pentagons()).collect();
        let indexes: Vec<u64> = hexes.iter().map(|&hex| hex.into()).collect();
        let mut found = vec![1; hexes.len()];
        for of in (0..=15).map(|resolution| Resolution::try_from(resolution).unwrap()) {
            hexkernel::parents(&indexes, of, &mut found);
            for (hex, &found) in hexes.iter().zip(&found) {
                assert_eq!(found, hex.parent(of).map_or(NO_HEX, u64::from), "{hex} at {of}");
            }
        }
        let (mut lat, mut lng) = (vec![0.0; hexes.len()], vec![0.0; hexes.len()]);
        hexkernel::centres(&indexes, &mut lat, &mut lng);
        for ((&hex, lat), lng) in hexes.iter().zip(lat).zip(lng) {
            let centre = LatLng::from(hex);
            assert_eq!((lat.to_bits(), lng.to_bits()), (centre.lat().to_bits(), centre.lng().to_bits()));
        }
    }
    hexkernel::parents(&[NO_HEX], Resolution::Zero, &mut [1]);
    let (mut lat, mut lng) = ([0.0], [0.0]);
    hexkernel::centres(&[NO_HEX], &mut lat, &mut lng);
    assert!(lat[0].is_nan() && lng[0].is_nan());
}
