//! What is really there in the simulated region: the yardstick for everything computed from its measurements.

use std::collections::BTreeMap;

use domain::{AreaKey, Hex, Operator, Resolution, Technology, TechnologyView};
use serde::{Deserialize, Serialize};

/// The known truth of a simulated campaign. Serialises to a compact JSON document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "crate::truth_file::TruthFile", try_from = "crate::truth_file::TruthFile")]
pub struct Truth {
    pub(crate) seed: u64,
    /// Ascending.
    pub(crate) hexes: Vec<Hex>,
    /// The municipality of each hexagon (by centre).
    pub(crate) homes: Vec<AreaKey>,
    /// Best technology of each operator in each hexagon, in the order of `hexes`.
    pub(crate) best: BTreeMap<Operator, Vec<Option<Technology>>>,
    pub(crate) fixed: BTreeMap<AreaKey, FixedTruth>,
}

/// The fixed lines of one municipality.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixedTruth {
    /// Share of lines, 0 to 1, whose download, upload or latency misses the TKMV floor of 2024 (15 / 5 Mbit/s, 150 ms)
    /// even by cable and off peak.
    pub share_below_floor: f64,
    /// Half of the lines reach this download, Mbit/s.
    pub median_download_mbps: f64,
}

impl Truth {
    /// Resolution at which mobile coverage is uniform.
    pub const RESOLUTION: Resolution = Resolution::Eight;

    /// Seed it came from.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// All hexagons of the region at [`Self::RESOLUTION`], ascending.
    pub fn hexes(&self) -> &[Hex] {
        &self.hexes
    }

    /// The networks, ascending.
    pub fn operators(&self) -> impl Iterator<Item = Operator> + '_ {
        self.best.keys().copied()
    }

    /// The best technology an operator offers outdoors in a hexagon of resolution 8 or finer: `Some(None)` is no
    /// service, `None` is outside of the region or an operator that does not exist.
    pub fn best_technology(&self, operator: Operator, hex: Hex) -> Option<Option<Technology>> {
        let at = self.hexes.binary_search(&hex.parent(Self::RESOLUTION)?).ok()?;
        self.best.get(&operator)?.get(at).copied()
    }

    /// The fixed lines of a municipality.
    pub fn fixed(&self, municipality: AreaKey) -> Option<FixedTruth> {
        self.fixed.get(&municipality).copied()
    }

    /// All municipalities with their fixed lines, by key.
    pub fn municipalities(&self) -> impl Iterator<Item = (AreaKey, FixedTruth)> + '_ {
        self.fixed.iter().map(|(&key, &fixed)| (key, fixed))
    }

    /// Share of the area, 0 to 1, where an operator offers what a view asks for: `any` service, `broadband` or `4g`
    /// (4G or better), `5g`. Of one municipality, or of the whole region. `None` without hexagons there, or for views
    /// of single older technologies, which the truth does not hold.
    pub fn area_share(&self, operator: Operator, view: TechnologyView, within: Option<AreaKey>) -> Option<f64> {
        let best = self.best.get(&operator)?;
        self.share(within, |at| offers(best[at], view))
    }

    /// The same for at least one of all operators.
    pub fn area_share_of_any(&self, view: TechnologyView, within: Option<AreaKey>) -> Option<f64> {
        let fold = |at: usize| {
            self.best.values().map(|best| offers(best[at], view)).try_fold(false, |any, offer| Some(any || offer?))
        };
        self.share(within, fold)
    }

    fn share(&self, within: Option<AreaKey>, served: impl Fn(usize) -> Option<bool>) -> Option<f64> {
        let (mut yes, mut all) = (0_u32, 0_u32);
        for (at, home) in self.homes.iter().enumerate() {
            if within.is_none_or(|key| key == *home) {
                all += 1;
                yes += u32::from(served(at)?);
            }
        }
        (all > 0).then(|| f64::from(yes) / f64::from(all))
    }
}

fn offers(best: Option<Technology>, view: TechnologyView) -> Option<bool> {
    match view {
        TechnologyView::Any => Some(best.is_some()),
        TechnologyView::Broadband | TechnologyView::FourG => Some(best.is_some_and(Technology::is_broadband)),
        TechnologyView::FiveG => Some(best.is_some_and(|t| t >= Technology::FiveG)),
        TechnologyView::TwoG | TechnologyView::ThreeG => None,
    }
}
