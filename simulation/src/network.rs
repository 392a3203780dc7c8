//! The four networks of the simulated country. Codes are those of Germany; what they cover is invented to fit the
//! published totals, not taken from any operator.

use domain::{Operator, Technology};

/// What an operator covers and who uses it. Shares are 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    mnc: &'static str,
    /// Of all devices.
    pub(crate) market: f64,
    /// Of the area: 4G or better (published: 90.6 to 95.2 %).
    pub(crate) four_g: f64,
    /// Of the area: 5G of any kind (published: 66 to 88.5 %).
    pub(crate) five_g: f64,
    /// Of the area: nothing at all.
    pub(crate) nothing: f64,
    /// 5G kind where few, some and many people live (below 150 and above 1,500 inhabitants per km²).
    kinds: [Technology; 3],
}

use Technology::{FiveGDss as Dss, FiveGNsa as Nsa, FiveGSa as Sa};

/// In the order in which everything else numbers them. The fourth roams nationally; that is folded into its shares.
pub(crate) const NETWORKS: [Network; 4] = [
    Network { mnc: "01", market: 0.33, four_g: 0.952, five_g: 0.885, nothing: 0.008, kinds: [Dss, Nsa, Sa] },
    Network { mnc: "02", market: 0.27, four_g: 0.941, five_g: 0.82, nothing: 0.010, kinds: [Dss, Nsa, Sa] },
    Network { mnc: "03", market: 0.30, four_g: 0.925, five_g: 0.76, nothing: 0.014, kinds: [Nsa, Nsa, Nsa] },
    Network { mnc: "23", market: 0.10, four_g: 0.906, five_g: 0.66, nothing: 0.018, kinds: [Sa, Sa, Sa] },
];

/// Area with 4G of at least one operator (published: 98.2 %).
pub(crate) const ANY_FOUR_G: f64 = 0.982;
/// Area with 5G of at least one operator (published: 93.7 %).
pub(crate) const ANY_FIVE_G: f64 = 0.937;

impl Network {
    /// MCC and MNC.
    pub(crate) fn operator(&self) -> Operator {
        // Unwrap safety: the codes above are valid, and every test of this crate passes here.
        Operator::from_codes("262", self.mnc).unwrap_or_else(|_| unreachable!("the codes above are valid"))
    }

    /// Kind of 5G where this many people live per km².
    pub(crate) const fn five_g_kind(&self, density: f64) -> Technology {
        match density {
            ..150.0 => self.kinds[0],
            150.0..1_500.0 => self.kinds[1],
            _ => self.kinds[2],
        }
    }
}
