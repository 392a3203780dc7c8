//! The truth as a document: one letter a hexagon and operator keeps a large region at about a megabyte.

use std::collections::BTreeMap;

use domain::{AreaKey, Hex, Operator, Technology};
use serde::{Deserialize, Serialize};

use crate::{Truth, truth::FixedTruth};

const SCHEMA: &str = "whitespot-simulated-truth-1";

/// One letter for each state; the position in the list is not stored, so new ones may be added anywhere.
const LETTERS: [(char, Option<Technology>); 8] = [
    ('-', None),
    ('2', Some(Technology::TwoG)),
    ('3', Some(Technology::ThreeG)),
    ('4', Some(Technology::FourG)),
    ('5', Some(Technology::FiveG)),
    ('d', Some(Technology::FiveGDss)),
    ('n', Some(Technology::FiveGNsa)),
    ('s', Some(Technology::FiveGSa)),
];

#[derive(Serialize, Deserialize)]
pub(crate) struct TruthFile {
    schema: String,
    /// Always true: nobody shall take this for a measurement.
    simulated: bool,
    seed: u64,
    /// Resolution 8, ascending.
    hexes: Vec<Hex>,
    /// Municipality of each hexagon.
    municipality: Vec<AreaKey>,
    /// By operator, one letter a hexagon: `-` no service, `2`, `3`, `4`, `5`, `d` 5G DSS, `n` 5G NSA, `s` 5G SA.
    technology: BTreeMap<Operator, String>,
    fixed: BTreeMap<AreaKey, FixedTruth>,
}

impl From<Truth> for TruthFile {
    fn from(truth: Truth) -> Self {
        let letter = |best: &Option<Technology>| LETTERS.iter().find(|(_, t)| t == best).map_or('-', |&(c, _)| c);
        Self {
            schema: SCHEMA.to_owned(),
            simulated: true,
            seed: truth.seed,
            technology: truth.best.iter().map(|(&op, best)| (op, best.iter().map(letter).collect())).collect(),
            hexes: truth.hexes,
            municipality: truth.homes,
            fixed: truth.fixed,
        }
    }
}

impl TryFrom<TruthFile> for Truth {
    type Error = String;

    fn try_from(file: TruthFile) -> Result<Self, String> {
        if file.schema != SCHEMA {
            return Err(format!("schema is `{}`, expected `{SCHEMA}`: simulate the campaign again", file.schema));
        }
        let read = |c: char| {
            let known = LETTERS.iter().find(|&&(letter, _)| letter == c);
            known.map(|&(_, t)| t).ok_or_else(|| format!("technology letter `{c}` is unknown"))
        };
        let columns = file.technology.into_iter().map(|(op, text)| {
            let best = text.chars().map(read).collect::<Result<Vec<_>, _>>()?;
            Ok((op, best))
        });
        let best = columns.collect::<Result<BTreeMap<_, _>, String>>()?;
        let n = file.hexes.len();
        if file.municipality.len() != n || best.values().any(|column| column.len() != n) {
            return Err(format!("all columns must have {n} entries, one a hexagon"));
        }
        if !file.hexes.is_sorted_by(|a, b| a < b) {
            return Err("hexagons must be ascending".to_owned());
        }
        Ok(Self { seed: file.seed, hexes: file.hexes, homes: file.municipality, best, fixed: file.fixed })
    }
}
