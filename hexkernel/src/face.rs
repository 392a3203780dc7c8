//! The icosahedron of the H3 grid: its faces, and how a face is projected onto the plane of a resolution.
#![expect(clippy::unreadable_literal, reason = "numbers of the specification, digit for digit")]

use h3o::Resolution;

/// A vector on the unit sphere.
pub(crate) type Vector = [f64; 3];

pub(crate) const FACES: usize = 20;

/// Centres of the faces (specification of H3).
const CENTRES: [Vector; FACES] = [
    [0.2199307791404606, 0.6583691780274996, 0.7198475378926182],
    [-0.2139234834501421, 0.1478171829550703, 0.9656017935214205],
    [0.1092625278784797, -0.481195157287321, 0.8697775121287253],
    [0.7428567301586791, -0.3593941678278028, 0.5648005936517033],
    [0.8112534709140969, 0.3448953237639384, 0.472138773641393],
    [-0.1055498149613921, 0.9794457296411413, 0.1718874610009365],
    [-0.8075407579970092, 0.1533552485898818, 0.5695261994882688],
    [-0.2846148069787907, -0.8644080972654206, 0.4144792552473539],
    [0.7405621473854482, -0.6673299564565524, -0.0789837646326737],
    [0.8512303986474293, 0.4722343788582681, -0.2289137388687808],
    [-0.7405621473854481, 0.6673299564565524, 0.0789837646326737],
    [-0.8512303986474292, -0.4722343788582682, 0.2289137388687808],
    [0.1055498149613919, -0.9794457296411413, -0.1718874610009365],
    [0.8075407579970092, -0.1533552485898819, -0.5695261994882688],
    [0.2846148069787908, 0.8644080972654204, -0.4144792552473539],
    [-0.7428567301586791, 0.3593941678278027, -0.5648005936517033],
    [-0.811253470914097, -0.3448953237639382, -0.472138773641393],
    [-0.2199307791404607, -0.6583691780274996, -0.7198475378926182],
    [0.213923483450142, -0.1478171829550704, -0.9656017935214205],
    [-0.1092625278784796, 0.481195157287321, -0.8697775121287253],
];

/// Azimuth of the first axis of each face, from its centre, in radians (specification of H3).
const AZIMUTHS: [f64; FACES] = [
    5.6199582685239395,
    5.7603390817141875,
    0.78021365439343,
    0.4304693639799999,
    6.130269123335111,
    2.692877706530643,
    2.982963003477244,
    3.532912002790141,
    3.494305004259568,
    3.0032141694995382,
    5.930472956509812,
    0.13837848409025486,
    0.4487149470591504,
    0.15862965011254937,
    5.891865957979238,
    2.711123289609793,
    3.294508837434268,
    3.80481969224544,
    3.6644388790551923,
    2.361378999196363,
];

/// By which the grid of an odd resolution is turned against the even one before it: asin(√(3/28)).
const TURN: f64 = 0.3334731722518321;

/// Edges of the plane's grid in resolution 0 for a gnomonic unit.
const UNITS_AT_0: f64 = 2.618033988749896;

/// How one face is projected, and where it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Face {
    pub centre: Vector,
    /// The plane's axes on the sphere, in edges of the resolution's hexagons.
    pub x: Vector,
    pub y: Vector,
    /// Centres of the faces across its three edges: a point is nearer to this one than to them.
    pub neighbours: [Vector; 3],
}

/// Grid edges of a resolution in a gnomonic unit.
pub(crate) fn units(resolution: Resolution) -> f64 {
    UNITS_AT_0 * 7_f64.sqrt().powi(i32::from(u8::from(resolution)))
}

pub(crate) fn faces(resolution: Resolution) -> [Face; FACES] {
    let units = units(resolution);
    let turn = if u8::from(resolution) % 2 == 1 { TURN } else { 0.0 };
    std::array::from_fn(|face| {
        let centre = CENTRES[face];
        // North and east at the centre.
        let north = normal([-centre[2] * centre[0], -centre[2] * centre[1], 1.0 - centre[2] * centre[2]]);
        let east = cross(north, centre);
        let (sin, cos) = (AZIMUTHS[face] - turn).sin_cos();
        Face {
            centre,
            x: std::array::from_fn(|k| units * (cos * north[k] + sin * east[k])),
            y: std::array::from_fn(|k| units * (sin * north[k] - cos * east[k])),
            neighbours: neighbours(face),
        }
    })
}

/// The face whose centre is nearest.
pub(crate) fn nearest(point: Vector) -> usize {
    let nearer = |&a: &usize, &b: &usize| dot(point, CENTRES[a]).total_cmp(&dot(point, CENTRES[b]));
    (0..FACES).max_by(nearer).unwrap_or(0)
}

fn neighbours(face: usize) -> [Vector; 3] {
    let mut others: Vec<usize> = (0..FACES).filter(|&other| other != face).collect();
    others.sort_by(|&a, &b| dot(CENTRES[face], CENTRES[b]).total_cmp(&dot(CENTRES[face], CENTRES[a])));
    std::array::from_fn(|nth| CENTRES[others[nth]])
}

pub(crate) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn normal(a: Vector) -> Vector {
    let length = dot(a, a).sqrt();
    a.map(|x| x / length)
}
