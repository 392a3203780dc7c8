//! An attacker with linear algebra.
//!
//! Unknown are single **looks** (one device, one place, one time); known are **statements**, each a sum over some of them.
//! Whatever can be computed from statements by adding and subtracting is a combination of their 0/1 rows. A combination whose
//! looks come from few devices says something about these few: that is what [`System::isolate`] finds.
//!
//! **The attacker's own devices.** Somebody who owns k - 1 devices knows their looks and takes them out of every sum. He
//! isolates 1 to k - 1 strangers exactly if there is a combination over at most 2k - 2 devices: of these he owns what he
//! needs to. So the worst choice of devices is found by asking for 2k - 2 without fixing whose they are.
//!
//! **What is exact.** Looks that stand in the same statements are one column. Columns with too many devices must cancel;
//! elimination leaves the combinations where they do. Among the small columns left, the search asks for each: is there a
//! combination that holds it and nothing beyond the devices allowed so far? If not, elimination names a circuit: columns of
//! which any such combination must hold at least one more. The search allows each in turn, up to the number of devices asked
//! for. That is complete. Arithmetic is modulo 2^31 - 1; a combination over the rationals is one there too, unless the prime
//! divides a minor of the 0/1 matrix, which nested statements (minors 0 and ±1) exclude.
//!
//! **What it cannot find.** Guesses from outside knowledge, bounds (all of nine saw nothing), medians and distinct counts of
//! overlapping groups, which are no sums; statements older than those it is given.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

const P: u64 = (1 << 31) - 1;

/// Far above what any test needs: an incomplete search must not pass for a clean one.
const MOST_STEPS: usize = 200_000;

pub type Group = BTreeSet<u32>;

/// Coefficients by column, ascending, none 0.
type Row = Vec<(usize, u64)>;

/// Looks and what is published about them.
#[derive(Default)]
pub struct System {
    /// Device of each look.
    owners: Vec<u32>,
    /// Looks of each statement.
    statements: Vec<Vec<usize>>,
}

impl System {
    /// Looks by number, each with its device.
    pub fn new(owners: Vec<u32>) -> Self {
        Self { owners, statements: Vec::new() }
    }

    /// A sum over these looks is known.
    pub fn state(&mut self, looks: &[usize]) {
        self.statements.push(looks.to_vec());
    }

    /// Devices of a combination of statements that holds at least one and at most `most` of them; `None`: there is none.
    pub fn isolate(&self, most: usize) -> Option<Group> {
        let group = |looks: &Vec<usize>| looks.iter().map(|&look| self.owners[look]).collect::<Group>();
        let alone = |group: &Group| (1..=most).contains(&group.len());
        if let Some(alone) = self.statements.iter().map(group).find(alone) {
            return Some(alone);
        }
        let (rows, groups) = self.columns();
        let large: Vec<bool> = groups.iter().map(|group| group.len() > most).collect();
        let (_, small) = eliminate(rows, |column| large[column]);
        parts(small).into_iter().find_map(|basis| {
            let columns: BTreeSet<usize> = basis.iter().flatten().map(|&(column, _)| column).collect();
            let mut search = Search { groups: &groups, most, steps: 0, seen: HashSet::new() };
            columns.into_iter().find_map(|column| {
                search.seen.clear();
                search.with(&basis, column, &groups[column])
            })
        })
    }

    /// Statements as rows over columns, and the devices of each column.
    fn columns(&self) -> (Vec<Row>, Vec<Group>) {
        let mut patterns: Vec<Vec<usize>> = vec![Vec::new(); self.owners.len()];
        for (row, looks) in self.statements.iter().enumerate() {
            for &look in looks {
                patterns[look].push(row);
            }
        }
        let mut numbers: HashMap<&[usize], usize> = HashMap::new();
        let (mut rows, mut groups) = (vec![Row::new(); self.statements.len()], Vec::<Group>::new());
        for (look, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| !pattern.is_empty()) {
            let column = *numbers.entry(pattern).or_insert_with(|| {
                groups.push(Group::new());
                for &row in pattern {
                    rows[row].push((groups.len() - 1, 1));
                }
                groups.len() - 1
            });
            groups[column].insert(self.owners[look]);
        }
        // What is contained comes first, so that larger sums lose it and become short.
        rows.sort_by_key(Vec::len);
        rows.dedup();
        (rows, groups)
    }
}

struct Search<'a> {
    groups: &'a [Group],
    most: usize,
    steps: usize,
    /// Sets of devices that were tried for the column in question.
    seen: HashSet<Group>,
}

impl Search<'_> {
    /// A combination of `basis` that holds `column`, over devices that include `allowed`.
    fn with(&mut self, basis: &[Row], column: usize, allowed: &Group) -> Option<Group> {
        if allowed.len() > self.most || !self.seen.insert(allowed.clone()) {
            return None;
        }
        self.steps += 1;
        assert!(self.steps < MOST_STEPS, "the search is not complete: give it less, or more steps");
        let beyond = |other: usize| !self.groups[other].is_subset(allowed);
        let out_of_reach = |other: usize| self.groups[other].union(allowed).count() > self.most;
        let (_, basis) = eliminate(basis.to_vec(), |other| beyond(other) && out_of_reach(other));
        let (mut pivots, inside) = eliminate(basis.clone(), beyond);
        if let Some(found) = inside.iter().find(|row| at(row, column) != 0) {
            return Some(found.iter().flat_map(|&(other, _)| self.groups[other].iter().copied()).collect());
        }
        // Wholly reduced, the pivot rows that hold `column` name the circuit it is in.
        for later in (1..pivots.len()).rev() {
            let (earlier, rest) = pivots.split_at_mut(later);
            let (pivot, row) = &rest[0];
            for (_, before) in earlier {
                *before = without(before, at(before, *pivot), row);
            }
        }
        let circuit = pivots.iter().filter(|(_, row)| at(row, column) != 0).map(|&(pivot, _)| pivot);
        circuit.collect::<Vec<_>>().into_iter().find_map(|other| {
            let allowed = allowed.union(&self.groups[other]).copied().collect();
            self.with(&basis, column, &allowed)
        })
    }
}

/// Rows that cancel in all columns that `must` cancel, and the others in echelon form, each with its pivot.
fn eliminate(rows: Vec<Row>, must: impl Fn(usize) -> bool) -> (Vec<(usize, Row)>, Vec<Row>) {
    let mut pivots: Vec<(usize, Row)> = Vec::new();
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let mut left = Vec::new();
    for row in rows {
        let mut row: BTreeMap<usize, u64> = row.into_iter().collect();
        // A pivot row holds no earlier pivot, so each is needed once, in this order.
        let mut due: BTreeSet<usize> = row.keys().filter_map(|column| numbers.get(column)).copied().collect();
        while let Some(first) = due.pop_first() {
            let (pivot, reduced) = &pivots[first];
            let factor = row.get(pivot).copied().unwrap_or_default();
            if factor != 0 {
                subtract(&mut row, factor, reduced);
                due.extend(reduced.iter().filter_map(|(column, _)| numbers.get(column)).filter(|&&next| next > first));
            }
        }
        match row.iter().find(|&(&column, _)| must(column)) {
            Some((&pivot, &value)) => {
                let scale = inverse(value);
                numbers.insert(pivot, pivots.len());
                pivots.push((pivot, row.into_iter().map(|(column, value)| (column, value * scale % P)).collect()));
            }
            None if row.is_empty() => {}
            None => left.push(row.into_iter().collect()),
        }
    }
    (pivots, left)
}

/// Rows that share no column with those of another part.
fn parts(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut parts: Vec<(BTreeSet<usize>, Vec<Row>)> = Vec::new();
    for row in rows {
        let mut columns: BTreeSet<usize> = row.iter().map(|&(column, _)| column).collect();
        let mut together = vec![row];
        parts.retain_mut(|(others, rows)| {
            let apart = columns.is_disjoint(others);
            if !apart {
                columns.append(others);
                together.append(rows);
            }
            apart
        });
        parts.push((columns, together));
    }
    parts.into_iter().map(|(_, rows)| rows).collect()
}

fn at(row: &Row, column: usize) -> u64 {
    row.binary_search_by_key(&column, |&(column, _)| column).map_or(0, |at| row[at].1)
}

/// `row` - `factor` · `other`.
fn without(row: &Row, factor: u64, other: &Row) -> Row {
    let mut row = row.iter().copied().collect();
    subtract(&mut row, factor, other);
    row.into_iter().collect()
}

fn subtract(row: &mut BTreeMap<usize, u64>, factor: u64, other: &Row) {
    for &(column, value) in other {
        let entry = row.entry(column).or_default();
        *entry = (*entry + (P - factor) * value) % P;
        if *entry == 0 {
            row.remove(&column);
        }
    }
}

/// Fermat: a^(P - 2).
fn inverse(value: u64) -> u64 {
    let (mut result, mut base, mut exponent) = (1, value, P - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % P;
        }
        base = base * base % P;
        exponent >>= 1;
    }
    result
}

#[test]
fn the_solver_subtracts_parts_from_totals_and_totals_from_each_other() {
    // Devices 0 to 9 have one look each.
    let isolate = |statements: &[&[usize]], most| {
        let mut system = System::new((0..10).collect());
        for looks in statements {
            system.state(looks);
        }
        system.isolate(most)
    };
    let group = |devices: &[u32]| Some(devices.iter().copied().collect());
    assert_eq!(isolate(&[&[0, 1, 2, 3, 4, 5], &[0, 1, 2, 3]], 2), group(&[4, 5]));
    assert_eq!(isolate(&[&[0, 1, 2, 3, 4, 5], &[0, 1, 2]], 2), None);
    // No pair of these differs by less than two looks, but (A + B + C) / 2 - A is one.
    assert_eq!(isolate(&[&[0, 1], &[1, 2], &[0, 2]], 1), group(&[0]));
    // A chain: only all of it together leaves the ends.
    assert_eq!(isolate(&[&[0, 1], &[1, 2], &[2, 3], &[3, 4]], 1), None);
    assert_eq!(isolate(&[&[0, 1], &[1, 2], &[2, 3], &[3, 4]], 2).map(|found| found.len()), Some(2));
    assert_eq!(isolate(&[&[0, 1, 2], &[3, 4, 5], &[0, 1, 2, 3, 4, 5]], 2), None);
    assert_eq!(isolate(&[], 9), None);
}
