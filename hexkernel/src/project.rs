//! Coordinates to unit vectors to places in the plane's grid, a block at a time. Written so that the compiler makes vector
//! instructions of it: no branch, no call, no table.
#![expect(
    clippy::inline_always,
    clippy::needless_bitwise_bool,
    clippy::needless_range_loop,
    clippy::many_single_char_names,
    reason = "only what is inlined whole, without a branch, becomes vector instructions"
)]

use pulp::{Arch, Simd, WithSimd};

use crate::face::Face;

/// Points of a block: its vectors fit into the first cache.
pub(crate) const BLOCK: usize = 256;

/// Added and taken away again, it rounds to the nearest whole number, ties to even; its low bits are that number.
const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 × 2^52

/// Distance to a border, in edges, below which `h3o` decides: a hundred times the error of either of us.
const NEAR_BORDER: f64 = 1e-6;
/// Difference of two distances below which a point may belong to either face.
const NEAR_EDGE: f64 = 1e-9;

/// A key that says: ask `h3o`.
pub(crate) const UNDECIDED: u64 = u64::MAX;

/// Unit vectors of a block.
#[derive(Clone, Debug)]
pub(crate) struct Vectors {
    x: [f64; BLOCK],
    y: [f64; BLOCK],
    z: [f64; BLOCK],
}

/// Some of them.
#[derive(Clone, Copy)]
pub(crate) struct Points<'v> {
    x: &'v [f64],
    y: &'v [f64],
    z: &'v [f64],
}

impl Vectors {
    pub fn at(&self, at: usize) -> [f64; 3] {
        [self.x[at], self.y[at], self.z[at]]
    }

    pub fn set(&mut self, at: usize, [x, y, z]: [f64; 3]) {
        (self.x[at], self.y[at], self.z[at]) = (x, y, z);
    }

    /// Without those before.
    pub fn from(&self, first: usize) -> Points<'_> {
        Points { x: &self.x[first..], y: &self.y[first..], z: &self.z[first..] }
    }
}

impl Default for Vectors {
    fn default() -> Self {
        Self { x: [0.0; BLOCK], y: [0.0; BLOCK], z: [0.0; BLOCK] }
    }
}

/// A face's plane, and when it is not to be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane<'f> {
    pub face: &'f Face,
    /// Of the face.
    pub number: u64,
    /// Cosine of the distance to the face's centre above which `h3o` has lost digits.
    pub flattest: f64,
}

/// Work on a block, with fused multiply-add (`FUSED`) or without.
pub(crate) trait Work {
    fn run<const FUSED: bool>(self);
}

/// Degrees to vectors to places on a face.
pub(crate) struct Project<'b, T> {
    pub lat: &'b [T],
    pub lng: &'b [T],
    pub vectors: &'b mut Vectors,
    pub plane: Plane<'b>,
    pub keys: &'b mut [u64],
}

impl<T: Copy + Into<f64>> Work for Project<'_, T> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        vectors::<FUSED, T>(self.lat, self.lng, self.vectors);
        places::<FUSED>(self.vectors.from(0), self.plane, self.keys);
    }
}

/// Vectors to places on a face.
pub(crate) struct Place<'b> {
    pub points: Points<'b>,
    pub plane: Plane<'b>,
    pub keys: &'b mut [u64],
}

impl Work for Place<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        places::<FUSED>(self.points, self.plane, self.keys);
    }
}

/// Does it with the instructions that were found. All of it must be inlined, or it is compiled for every machine.
pub(crate) fn run<W: Work>(arch: Arch, work: W) {
    struct Inside<W>(W);
    impl<W: Work> WithSimd for Inside<W> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            self.0.run::<true>();
        }
    }
    match arch {
        // Without the instruction a fused operation is a call.
        Arch::Scalar => work.run::<false>(),
        arch => arch.dispatch(Inside(work)),
    }
}

/// a·b + c.
#[inline(always)]
fn fma<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// The polynomial with these coefficients, highest first.
#[inline(always)]
fn polynomial<const FUSED: bool, const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = coefficients[0];
    for &coefficient in &coefficients[1..] {
        sum = fma::<FUSED>(sum, x, coefficient);
    }
    sum
}

/// Sine and cosine to 1 ulp or so for angles of some turns: reduced to ±π/4, then minimax polynomials.
#[inline(always)]
fn sin_cos<const FUSED: bool>(angle: f64) -> (f64, f64) {
    const HALF_PI_HIGH: f64 = 1.570_796_326_734_125_6;
    const HALF_PI_LOW: f64 = 6.077_100_506_506_192e-11;
    let turns = fma::<FUSED>(angle, std::f64::consts::FRAC_2_PI, ROUND);
    let quarter = turns.to_bits();
    let whole = turns - ROUND;
    let r = fma::<FUSED>(-whole, HALF_PI_LOW, fma::<FUSED>(-whole, HALF_PI_HIGH, angle));
    let z = r * r;
    let sin_tail = polynomial::<FUSED, 6>(
        z,
        [
            1.589_690_995_211_55e-10,
            -2.505_076_025_340_686_3e-8,
            2.755_731_370_707_007e-6,
            -1.984_126_982_985_795e-4,
            8.333_333_333_322_49e-3,
            -1.666_666_666_666_663_2e-1,
        ],
    );
    let sin = fma::<FUSED>(r * z, sin_tail, r);
    let cos_tail = polynomial::<FUSED, 6>(
        z,
        [
            -1.135_964_755_778_819_5e-11,
            2.087_572_321_298_175e-9,
            -2.755_731_435_139_066_3e-7,
            2.480_158_728_947_673e-5,
            -1.388_888_888_887_411e-3,
            4.166_666_666_666_66e-2,
        ],
    );
    let cos = fma::<FUSED>(z * z, cos_tail, fma::<FUSED>(-0.5, z, 1.0));
    let odd = quarter & 1 == 1;
    let (s, c) = if odd { (cos, sin) } else { (sin, cos) };
    let s = f64::from_bits(s.to_bits() ^ ((quarter & 2) << 62));
    let c = f64::from_bits(c.to_bits() ^ ((quarter.wrapping_add(1) & 2) << 62));
    (s, c)
}

/// Degrees to unit vectors. What is no coordinate becomes NaN, and stays undecided.
#[inline(always)]
fn vectors<const FUSED: bool, T: Copy + Into<f64>>(lat: &[T], lng: &[T], out: &mut Vectors) {
    let count = lat.len().min(lng.len()).min(BLOCK);
    let (lat, lng) = (&lat[..count], &lng[..count]);
    let (x, y, z) = (&mut out.x[..count], &mut out.y[..count], &mut out.z[..count]);
    for at in 0..count {
        let (lat, lng): (f64, f64) = (lat[at].into(), lng[at].into());
        // Larger angles lose digits here: they are not decided here.
        let usual = (lat.abs() <= 90.0) & (lng.abs() <= 720.0);
        let lat = if usual { lat } else { f64::NAN };
        let (sin_lat, cos_lat) = sin_cos::<FUSED>(lat * (std::f64::consts::PI / 180.0));
        let (sin_lng, cos_lng) = sin_cos::<FUSED>(lng * (std::f64::consts::PI / 180.0));
        x[at] = cos_lng * cos_lat;
        y[at] = sin_lng * cos_lat;
        z[at] = sin_lat;
    }
}

/// Places of the points that lie on one face, as keys; of all others [`UNDECIDED`].
#[inline(always)]
fn places<const FUSED: bool>(points: Points<'_>, plane: Plane<'_>, out: &mut [u64]) {
    // In the basis of two axes at 120°: 1 / sin 60°.
    const ACROSS: f64 = 1.154_700_538_379_251_5;
    let count = out.len().min(points.x.len());
    let (px, py, pz) = (&points.x[..count], &points.y[..count], &points.z[..count]);
    let Plane { face, number, flattest } = plane;
    let along = |v: [f64; 3], at: usize| fma::<FUSED>(px[at], v[0], fma::<FUSED>(py[at], v[1], pz[at] * v[2]));
    for at in 0..count {
        let near = along(face.centre, at);
        let others = [along(face.neighbours[0], at), along(face.neighbours[1], at), along(face.neighbours[2], at)];
        let nearest_other = greater(greater(others[0], others[1]), others[2]);
        let inverse = 1.0 / near;
        let x = along(face.x, at) * inverse;
        let y = along(face.y, at) * inverse;
        // Cube coordinates; their sum is 0.
        let v = y * ACROSS;
        let u = x + 0.5 * v;
        let (a, b, c) = (u, -v, v - u);
        let (whole_a, whole_b, whole_c) = (whole(a), whole(b), whole(c));
        let (off_a, off_b, off_c) = ((a - whole_a).abs(), (b - whole_b).abs(), (c - whole_c).abs());
        // The coordinate that was rounded furthest follows from the others.
        let fix_a = (off_a > off_b) & (off_a > off_c);
        let fix_b = !fix_a & (off_b > off_c);
        let centre_a = if fix_a { -whole_b - whole_c } else { whole_a };
        let centre_b = if fix_b { -whole_a - whole_c } else { whole_b };
        let (rest_a, rest_b) = (a - centre_a, b - centre_b);
        let rest_c = -rest_a - rest_b;
        // 1 at the border of the hexagon.
        let out_of_centre = greater(greater((rest_a - rest_b).abs(), (rest_b - rest_c).abs()), (rest_c - rest_a).abs());
        let decided = (out_of_centre < 1.0 - NEAR_BORDER) & (near > nearest_other + NEAR_EDGE) & (near < flattest);
        let i = (centre_a + ROUND).to_bits().wrapping_add(HALF) & AXIS;
        let j = (ROUND - centre_b).to_bits().wrapping_add(HALF) & AXIS;
        let key = (number << (2 * AXIS_BITS)) | (i << AXIS_BITS) | j;
        out[at] = if decided { key } else { UNDECIDED };
    }
}

/// Bits of an axis: resolution 15 has fewer than 2^24 steps either way.
const AXIS_BITS: u32 = 29;
const AXIS: u64 = (1 << AXIS_BITS) - 1;
const HALF: u64 = 1 << (AXIS_BITS - 1);

/// Face and place of a key.
#[inline(always)]
pub(crate) const fn parts(key: u64) -> (u64, u64, u64) {
    (key >> (2 * AXIS_BITS), key >> AXIS_BITS & AXIS, key & AXIS)
}

/// Number of the face, and the place there on two axes at 120°.
pub(crate) const fn place(key: u64) -> (usize, i32, i32) {
    let (face, i, j) = parts(key);
    (face as usize, (i as i64 - HALF as i64) as i32, (j as i64 - HALF as i64) as i32)
}

/// The greater one, or the second where one is not a number: one instruction, unlike `f64::max`.
#[inline(always)]
const fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

#[inline(always)]
fn whole(x: f64) -> f64 {
    (x + ROUND) - ROUND
}
