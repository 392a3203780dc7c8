//! Dated thresholds and score profiles as data: `data/rules/*.toml`, embedded and hashed.

use jiff::civil::Date;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use domain::rules::{Floor, Rule};

use crate::rank::Track;

const TKMV: &str = include_str!("../../data/rules/tkmv.toml");
const SCORE_FIXED: &str = include_str!("../../data/rules/score-fixed.toml");
const SCORE_MOBILE: &str = include_str!("../../data/rules/score-mobile.toml");
const OPERATORS: &str = include_str!("../../data/operators.toml");

/// A rule file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// Not TOML, or a field is missing.
    #[error("rule file {file}: {source}; correct the file in data/rules")]
    Unreadable {
        /// File name.
        file: &'static str,
        /// What the parser said.
        source: Box<toml::de::Error>,
    },
    /// Readable, but makes no sense.
    #[error("rule file {file}: {reason}; correct the file in data/rules")]
    Contradiction {
        /// File name.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// Weights and anchors of one track (METHODS 5). Fixed anchors: an area's score never depends on the others.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ScoreProfile {
    /// Stable id.
    pub id: String,
    /// Which list it scores.
    pub track: Track,
    /// Whether an authority adopted the weights.
    pub adopted: bool,
    /// By component name; they sum to 1.
    pub weights: std::collections::BTreeMap<String, f64>,
    /// By anchor name.
    pub anchors: std::collections::BTreeMap<String, f64>,
    /// Names of networks from `data/operators.toml`, for sentences only; a network that is not listed appears with its code.
    #[serde(skip)]
    pub networks: std::collections::BTreeMap<domain::Operator, String>,
}

/// All rules that a result depends on.
#[derive(Clone, Debug)]
pub struct RuleBook {
    tkmv: Vec<(Rule, Floor)>,
    fixed: ScoreProfile,
    mobile: ScoreProfile,
    hash: String,
}

#[derive(Deserialize)]
struct RuleFile {
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
struct NetworkFile {
    operators: std::collections::BTreeMap<domain::Operator, String>,
}

impl RuleBook {
    /// The rules that were compiled in. A test keeps them valid.
    ///
    /// # Panics
    /// Never with the committed files.
    pub fn builtin() -> Self {
        match Self::parse(TKMV, SCORE_FIXED, SCORE_MOBILE) {
            Ok(book) => book,
            Err(error) => panic!("{error}"),
        }
    }

    /// From the text of the three files.
    ///
    /// # Errors
    /// [`RuleError`] names the file and what is wrong with it.
    pub fn parse(tkmv: &str, fixed: &str, mobile: &str) -> Result<Self, RuleError> {
        let rules: RuleFile = read("tkmv.toml", tkmv)?;
        let mut dated = Vec::with_capacity(rules.rule.len());
        for rule in rules.rule {
            let floor =
                rule.floor().map_err(|e| RuleError::Contradiction { file: "tkmv.toml", reason: e.to_string() })?;
            dated.push((rule, floor));
        }
        dated.sort_by_key(|(rule, _)| rule.valid_from);
        for pair in dated.windows(2) {
            if pair[0].0.valid_to.is_none_or(|last| last >= pair[1].0.valid_from) {
                return Err(RuleError::Contradiction {
                    file: "tkmv.toml",
                    reason: format!("{} and {} are in force on the same day", pair[0].0.id, pair[1].0.id),
                });
            }
        }
        let hash = Sha256::new().chain_update(tkmv).chain_update(fixed).chain_update(mobile).finalize();
        Ok(Self {
            tkmv: dated,
            fixed: profile("score-fixed.toml", fixed, Track::Fixed)?,
            mobile: profile("score-mobile.toml", mobile, Track::Mobile)?,
            hash: hash.iter().take(8).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")),
        })
    }

    /// The universal-service rule of a day; `None` before the first one.
    pub fn tkmv(&self, day: Date) -> Option<&Rule> {
        self.dated(day).map(|(rule, _)| rule)
    }

    /// The thresholds of a day.
    pub fn floor(&self, day: Date) -> Option<Floor> {
        self.dated(day).map(|&(_, floor)| floor)
    }

    /// The score profile of a track.
    pub const fn profile(&self, track: Track) -> &ScoreProfile {
        match track {
            Track::Fixed => &self.fixed,
            Track::Mobile => &self.mobile,
        }
    }

    /// First 64 bits of the SHA-256 of all rule files, hexadecimal; every result carries it.
    pub fn hash(&self) -> String {
        self.hash.clone()
    }

    fn dated(&self, day: Date) -> Option<&(Rule, Floor)> {
        self.tkmv.iter().find(|(rule, _)| rule.in_force(day))
    }
}

impl ScoreProfile {
    /// Weight of a component; 0 if the profile does not have it.
    pub fn weight(&self, component: &str) -> f64 {
        self.weights.get(component).copied().unwrap_or(0.0)
    }

    /// An anchor that [`RuleBook::parse`] checked to be there.
    pub(crate) fn anchor(&self, name: &str) -> f64 {
        self.anchors.get(name).copied().unwrap_or(f64::NAN)
    }
}

fn read<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, RuleError> {
    toml::from_str(text).map_err(|source| RuleError::Unreadable { file, source: Box::new(source) })
}

fn profile(file: &'static str, text: &str, track: Track) -> Result<ScoreProfile, RuleError> {
    let mut profile: ScoreProfile = read(file, text)?;
    profile.networks = read::<NetworkFile>("operators.toml", OPERATORS)?.operators;
    let refuse = |reason: String| Err(RuleError::Contradiction { file, reason });
    if profile.track != track {
        return refuse(format!("track must be {track}"));
    }
    let sum: f64 = profile.weights.values().sum();
    if profile.weights.values().any(|w| !(0.0..=1.0).contains(w)) || (sum - 1.0).abs() > 1e-9 {
        return refuse(format!("weights must lie between 0 and 1 and sum to 1, they sum to {sum}"));
    }
    for name in track.components() {
        if !profile.weights.contains_key(*name) {
            return refuse(format!("the weight `{name}` is missing"));
        }
    }
    if let Some(odd) = profile.weights.keys().find(|key| !track.components().contains(&key.as_str())) {
        return refuse(format!("`{odd}` is not a component of this track"));
    }
    for name in track.anchors() {
        if !profile.anchors.get(*name).is_some_and(|v| v.is_finite() && *v > 0.0) {
            return refuse(format!("the anchor `{name}` must be a number above 0"));
        }
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_rises_on_the_last_day_of_2024() {
        let book = RuleBook::builtin();
        let id = |y, m, d| book.tkmv(jiff::civil::date(y, m, d)).map(|rule| rule.id.clone());
        assert_eq!(id(2022, 5, 31), None);
        assert_eq!(id(2022, 6, 1).as_deref(), Some("tkmv-2022"));
        assert_eq!(id(2024, 12, 30).as_deref(), Some("tkmv-2022"));
        assert_eq!(id(2024, 12, 31).as_deref(), Some("tkmv-2024"));
        assert_eq!(id(2031, 1, 1).as_deref(), Some("tkmv-2024"));
    }

    #[test]
    fn a_changed_figure_changes_the_hash() {
        let other = RuleBook::parse(&TKMV.replace("15.0", "20.0"), SCORE_FIXED, SCORE_MOBILE).unwrap();
        assert_ne!(other.hash(), RuleBook::builtin().hash());
        assert_eq!(RuleBook::builtin().hash().len(), 16);
    }

    #[test]
    fn contradictory_files_are_refused_with_what_to_correct() {
        let refuse =
            |tkmv: &str, fixed: &str, mobile: &str| RuleBook::parse(tkmv, fixed, mobile).unwrap_err().to_string();
        let overlapping = refuse(&TKMV.replace("2024-12-30", "2024-12-31"), SCORE_FIXED, SCORE_MOBILE);
        assert!(overlapping.contains("same day"), "{overlapping}");
        let heavy = refuse(TKMV, &SCORE_FIXED.replace("0.35", "0.45"), SCORE_MOBILE);
        assert!(heavy.contains("sum to 1"), "{heavy}");
        let swapped = refuse(TKMV, SCORE_MOBILE, SCORE_FIXED);
        assert!(swapped.contains("score-fixed.toml"), "{swapped}");
        let negative = refuse(&TKMV.replace("150.0", "-1.0"), SCORE_FIXED, SCORE_MOBILE);
        assert!(negative.contains("latency"), "{negative}");
        assert!(refuse("rule = 3", SCORE_FIXED, SCORE_MOBILE).contains("tkmv.toml"));
    }
}
