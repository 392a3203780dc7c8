//! The hexes of places: digits from the arithmetic of the grid, and what `h3o` says once of each hex of resolution 0.

use h3o::{CellIndex, Resolution};

use crate::{face::FACES, project};

/// Places of resolution 0 on a face, from -3 to 3 on both axes.
const ACROSS: i32 = 7;

/// Digit of a hex within its parent by its place there, from -1 to 1 on both axes (specification of H3).
const DIGITS: [u8; 9] = [1, 3, 0, 5, 0, 2, 0, 4, 6];

/// What digits become when the grid is turned by a sixth against the clock (specification of H3).
const TURNED: [u8; 8] = [0, 5, 3, 1, 6, 4, 2, 7];

/// A hex of resolution 0, as one face has it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Root {
    Unknown,
    /// A pentagon: `h3o` decides of all that is in it.
    Ask,
    /// Its number, and what digits on this face become.
    Known {
        base: u64,
        turned: [u8; 8],
    },
}

/// Hexes of places on the faces' grids.
#[derive(Clone, Debug)]
pub(crate) struct Hexes {
    resolution: u8,
    roots: Vec<Root>,
}

impl Hexes {
    pub fn new(resolution: Resolution) -> Self {
        Self { resolution: resolution.into(), roots: vec![Root::Unknown; FACES * (ACROSS * ACROSS) as usize] }
    }

    /// The hex of a place. `ask` is asked now and then; its answer is for a point of this place.
    pub fn of(&mut self, key: u64, ask: impl FnOnce() -> u64) -> u64 {
        let (face, i, j) = project::place(key);
        let mut digits = [0_u8; 16];
        let (i, j) = self.climb(i, j, &mut digits);
        if i.abs() > 3 || j.abs() > 3 {
            return ask();
        }
        let root = &mut self.roots[face * (ACROSS * ACROSS) as usize + ((i + 3) * ACROSS + j + 3) as usize];
        match *root {
            Root::Known { base, turned } => hex_of(self.resolution, base, &digits, turned),
            Root::Ask => ask(),
            Root::Unknown => {
                let hex = ask();
                *root = learn(self.resolution, hex, &digits);
                hex
            }
        }
    }

    /// From parent to parent up to resolution 0, noting the digits on the way.
    fn climb(&self, mut i: i32, mut j: i32, digits: &mut [u8; 16]) -> (i32, i32) {
        // A seventh of the area: parents lie √7 steps apart, turned to one side and then to the other.
        let seventh = |n: i32| (n + 3).div_euclid(7);
        for resolution in (1..=self.resolution).rev() {
            let (up, centre) = if resolution % 2 == 1 {
                let up = (seventh(3 * i - j), seventh(i + 2 * j));
                (up, (2 * up.0 + up.1, 3 * up.1 - up.0))
            } else {
                let up = (seventh(2 * i + j), seventh(3 * j - i));
                (up, (3 * up.0 - up.1, up.0 + 2 * up.1))
            };
            digits[usize::from(resolution)] = DIGITS[((i - centre.0 + 1) * 3 + j - centre.1 + 1) as usize];
            (i, j) = up;
        }
        (i, j)
    }
}

/// How a face names what lies in a hex of resolution 0, from one hex in it; unknown if that does not show.
fn learn(resolution: u8, hex: u64, digits: &[u8; 16]) -> Root {
    let Ok(cell) = CellIndex::try_from(hex) else { return Root::Unknown };
    if cell.base_cell().is_pentagon() {
        return Root::Ask;
    }
    if digits.iter().all(|&digit| digit == 0) {
        // In the middle all directions look the same.
        return Root::Unknown;
    }
    let base = u64::from(u8::from(cell.base_cell()));
    let mut turned = std::array::from_fn(|digit| digit as u8);
    for _ in 0..6 {
        if hex_of(resolution, base, digits, turned) == hex {
            return Root::Known { base, turned };
        }
        turned = turned.map(|digit| TURNED[usize::from(digit)]);
    }
    Root::Ask
}

fn hex_of(resolution: u8, base: u64, digits: &[u8; 16], turned: [u8; 8]) -> u64 {
    // Finer digits are all ones.
    let unused = (1_u64 << (3 * (15 - u32::from(resolution)))) - 1;
    let digits = digits[1..=usize::from(resolution)].iter();
    let digits = digits.fold(0, |all, &digit| all << 3 | u64::from(turned[usize::from(digit & 7)]));
    let head = 1 << 59 | u64::from(resolution) << 52 | base << 45;
    head | digits << (3 * (15 - u32::from(resolution))) | unused
}
