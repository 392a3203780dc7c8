//! Columns of latitudes and longitudes to H3 hexes, bit-identical to `h3o` and several times as fast.
//!
//! A point is projected onto its face of the icosahedron without inverse trigonometry and rounded to a place in the face's
//! hexagonal grid, many points at a time. The place has its hex by arithmetic of the grid; `h3o` says once of each hex of resolution
//! 0 how that is called on each face, and decides itself about points near a border, near an edge of the icosahedron and
//! near the centre of a face, and about all in pentagons of resolution 0.
//!
//! ```
//! use hexkernel::{HexKernel, Resolution};
//!
//! let mut kernel = HexKernel::new(Resolution::Nine);
//! let mut hexes = [0; 2];
//! kernel.hexes(&[51.4556, f64::NAN], &[7.0116, 7.0], &mut hexes);
//! assert_eq!(hexes, [0x891f_a535_0aff_fff, hexkernel::NO_HEX]);
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod digits;
mod face;
mod memo;
mod project;
mod relatives;

use digits::Hexes;
use face::{FACES, Face};
use h3o::LatLng;
pub use h3o::Resolution;
pub use memo::{Memo, Name};
use project::{BLOCK, Place, Plane, Project, UNDECIDED, Vectors};
use pulp::Arch;
pub use relatives::{centres, parents};

/// What is no coordinate has no hex: this is no H3 index.
pub const NO_HEX: u64 = 0;

/// Undecided points of a block from which on other faces are tried before `h3o` is asked.
const ELSEWHERE: usize = 8;

/// Hexagons of one resolution. Remembers the names of places: one for each thread serves best.
#[derive(Clone, Debug)]
pub struct HexKernel<N = u64> {
    resolution: Resolution,
    faces: [Face; FACES],
    /// Cosine of the distance to a face's centre above which `h3o` has lost digits.
    flattest: f64,
    arch: Arch,
    known: Memo<N>,
    hexes: Hexes,
    /// The face that had the most points of the last block.
    likely: usize,
}

impl<N: Name> HexKernel<N> {
    /// With the instructions that this machine has.
    pub fn new(resolution: Resolution) -> Self {
        Self::on(resolution, Arch::new())
    }

    /// With the instructions that every machine of this kind has.
    pub fn portable(resolution: Resolution) -> Self {
        Self::on(resolution, Arch::Scalar)
    }

    fn on(resolution: Resolution, arch: Arch) -> Self {
        // Near a face's centre h3o takes the distance from an arc cosine, which has lost digits there.
        let radius = face::units(resolution) * 2e-15 / 1e-6;
        let flattest = 1.0 - radius * radius / 2.0 - 1e-15;
        let (faces, hexes) = (face::faces(resolution), Hexes::new(resolution));
        Self { resolution, faces, flattest, arch, known: Memo::default(), hexes, likely: 0 }
    }

    /// Its resolution.
    pub const fn resolution(&self) -> Resolution {
        self.resolution
    }

    /// What `name` makes of the hex of each point. Asked about a hex when it is met first, and now and then again: a
    /// caller who numbers hexes may give one several numbers. Use one kernel with one way of naming.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn named<T: Copy + Into<f64>>(
        &mut self,
        lat: &[T],
        lng: &[T],
        names: &mut [N],
        mut name: impl FnMut(u64) -> N,
    ) {
        assert!(lat.len() == lng.len() && lat.len() == names.len(), "columns of one length");
        let (mut vectors, mut keys) = (Vectors::default(), [UNDECIDED; BLOCK]);
        for ((lat, lng), names) in lat.chunks(BLOCK).zip(lng.chunks(BLOCK)).zip(names.chunks_mut(BLOCK)) {
            let keys = &mut keys[..names.len()];
            self.block(lat, lng, &mut vectors, keys);
            // Tracks stay in a hex for some points.
            let mut last = (UNDECIDED, N::NOTHING);
            for (at, (found, &key)) in names.iter_mut().zip(&*keys).enumerate() {
                let ask = || hex_of(lat[at].into(), lng[at].into(), self.resolution);
                if key == UNDECIDED {
                    *found = name(ask());
                    continue;
                }
                if key != last.0 {
                    let (face, i, j) = project::parts(key);
                    let hexes = &mut self.hexes;
                    last = (key, self.known.of_place(face, i, j, || name(hexes.of(key, ask))));
                }
                *found = last.1;
            }
        }
    }

    /// Forgets what hexes were named.
    pub fn forget(&mut self) {
        self.known.forget();
    }

    /// A key for each point, sooner than its hex: points of one key are in one hex. A hex that lies across an edge of
    /// the icosahedron has several. No key is [`NO_HEX`], which stands where one of the two is not finite.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn keys<T: Copy + Into<f64>>(&mut self, lat: &[T], lng: &[T], keys: &mut [u64]) {
        assert!(lat.len() == lng.len() && lat.len() == keys.len(), "columns of one length");
        let mut vectors = Vectors::default();
        for ((lat, lng), keys) in lat.chunks(BLOCK).zip(lng.chunks(BLOCK)).zip(keys.chunks_mut(BLOCK)) {
            self.block(lat, lng, &mut vectors, keys);
            for (at, key) in keys.iter_mut().enumerate() {
                // The highest bit of a hex is clear.
                *key = if *key == UNDECIDED {
                    hex_of(lat[at].into(), lng[at].into(), self.resolution)
                } else {
                    *key | 1 << 63
                };
            }
        }
    }

    /// Places of a block: on the face where most of the last one were, then on the others that have points.
    fn block<T: Copy + Into<f64>>(&mut self, lat: &[T], lng: &[T], vectors: &mut Vectors, keys: &mut [u64]) {
        let face = self.likely;
        let plane = self.plane(face);
        project::run(self.arch, Project { lat, lng, vectors, plane, keys });
        let (mut undecided, mut count) = ([0; BLOCK], 0);
        for (at, &key) in keys.iter().enumerate() {
            undecided[count] = at;
            count += usize::from(key == UNDECIDED);
        }
        if count >= ELSEWHERE {
            self.elsewhere(&undecided[..count], vectors, keys);
        }
    }

    fn plane(&self, face: usize) -> Plane<'_> {
        Plane { face: &self.faces[face], number: face as u64, flattest: self.flattest }
    }

    fn elsewhere(&mut self, undecided: &[usize], vectors: &Vectors, keys: &mut [u64]) {
        // Sorted by face: counted first.
        let mut nearest = [0_u8; BLOCK];
        let mut ends = [0; FACES];
        for (face, &at) in nearest.iter_mut().zip(undecided) {
            *face = face::nearest(vectors.at(at)) as u8;
            ends[usize::from(*face)] += 1;
        }
        let mut starts = [0; FACES];
        for face in 1..FACES {
            starts[face] = starts[face - 1] + ends[face - 1];
        }
        ends = starts;
        let (mut sorted, mut decided) = (Vectors::default(), [UNDECIDED; BLOCK]);
        let mut from = [0; BLOCK];
        for (&face, &at) in nearest.iter().zip(undecided) {
            let to = &mut ends[usize::from(face)];
            sorted.set(*to, vectors.at(at));
            from[*to] = at;
            *to += 1;
        }
        for face in 0..FACES {
            let here = starts[face]..ends[face];
            if here.is_empty() {
                continue;
            }
            let (points, plane) = (sorted.from(here.start), self.plane(face));
            project::run(self.arch, Place { points, plane, keys: &mut decided[here.clone()] });
            for (&at, &key) in from[here.clone()].iter().zip(&decided[here.clone()]) {
                keys[at] = key;
            }
            if here.len() > keys.len() / 2 {
                self.likely = face;
            }
        }
    }
}

impl HexKernel {
    /// The hex of each point in degrees, as `h3o` gives it; [`NO_HEX`] where one of the two is not finite.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn hexes<T: Copy + Into<f64>>(&mut self, lat: &[T], lng: &[T], hexes: &mut [u64]) {
        self.named(lat, lng, hexes, |hex| hex);
    }
}

fn hex_of(lat: f64, lng: f64, resolution: Resolution) -> u64 {
    LatLng::new(lat, lng).map_or(NO_HEX, |point| point.to_cell(resolution).into())
}
