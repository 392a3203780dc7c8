//! What a phone says about the network where it is.

use domain::{CoveragePoint, Hex, HourStamp, Operator, SignalDb, SignalDbm, Technology};
use rand::Rng;

use crate::{
    coverage::Coverage,
    network::NETWORKS,
    random::{between, normal},
};

/// The radio side of a device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phone {
    /// Index into [`NETWORKS`].
    pub(crate) network: usize,
    pub(crate) operator: Operator,
    five_g: bool,
    /// Whether its system tells 5G kinds apart.
    tells_kind: bool,
    /// Whether its system lets an app read signal levels; about a third do not.
    tells_signal: bool,
}

impl Phone {
    pub(crate) fn draw(rng: &mut impl Rng) -> Self {
        let market = crate::random::running(NETWORKS.map(|network| network.market));
        let network = crate::random::pick(rng, &market);
        Self {
            network,
            operator: NETWORKS[network].operator(),
            five_g: rng.random_bool(0.72),
            tells_kind: rng.random_bool(0.6),
            tells_signal: rng.random_bool(0.65),
        }
    }

    /// One look at the network: the truth of the patch at best, worse in a cellar or when the phone clings to 2G.
    pub(crate) fn look(
        &self,
        coverage: &Coverage,
        patch: usize,
        (hex, hour): (Hex, HourStamp),
        rng: &mut impl Rng,
    ) -> CoveragePoint {
        let typical = f64::from(coverage.rsrp_dbm[self.network][patch]);
        let weak = typical < -108.0;
        let luck = rng.random::<f64>();
        let technology = match coverage.best[self.network][patch] {
            None => None,
            Some(best) if !best.is_broadband() => (luck > 0.08).then_some(best),
            Some(_) if luck < if weak { 0.010 } else { 0.001 } => None,
            Some(_) if luck < if weak { 0.05 } else { 0.012 } => Some(Technology::TwoG),
            Some(best) if best >= Technology::FiveG && self.five_g && luck < 0.85 => {
                Some(if self.tells_kind { best } else { Technology::FiveG })
            }
            Some(_) => Some(Technology::FourG),
        };
        let told = technology.filter(|_| self.tells_signal);
        let level = |t: Technology| match t {
            Technology::TwoG => between(rng, -103.0, -78.0),
            Technology::FourG | Technology::ThreeG => typical + 5.0 * normal(rng),
            _ => typical - 3.0 + 6.0 * normal(rng),
        };
        let signal = told.map(level).map(|dbm| dbm.clamp(-125.0, -60.0));
        // Quality follows level loosely; 2G has neither figure.
        let level = signal.filter(|_| technology.is_some_and(Technology::is_broadband));
        let quality = level.map(|dbm| (-9.0 + (dbm + 90.0) * 0.12 + 1.5 * normal(rng)).clamp(-20.0, -5.0));
        let sinr = level.map(|dbm| (11.0 + (dbm + 90.0) * 0.45 + 3.0 * normal(rng)).clamp(-10.0, 30.0));
        CoveragePoint {
            hex,
            hour,
            operator: self.operator,
            technology,
            signal: signal.and_then(|dbm| SignalDbm::from_dbm_f64(dbm).ok()),
            quality: quality.and_then(|db| SignalDb::from_db_f64(db).ok()),
            sinr: sinr.and_then(|db| SignalDb::from_db_f64(db).ok()),
        }
    }
}
