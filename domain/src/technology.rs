//! Radio access technologies.

use crate::text::coded_enum;

coded_enum! {
    /// What served the phone, as fine as it could tell.
    pub enum Technology ("technology") {
        /// GSM, GPRS, EDGE.
        TwoG = "2g",
        /// UMTS, HSPA.
        ThreeG = "3g",
        /// LTE.
        FourG = "4g",
        /// 5G of unknown kind.
        FiveG = "5g",
        /// 5G sharing a 4G carrier.
        FiveGDss = "5g_dss",
        /// 5G on its own carrier beside a 4G anchor.
        FiveGNsa = "5g_nsa",
        /// 5G standing alone.
        FiveGSa = "5g_sa",
    }
}

coded_enum! {
    /// Mobile generation, ordered.
    pub enum Generation ("generation") {
        /// GSM.
        Second = "2g",
        /// UMTS.
        Third = "3g",
        /// LTE.
        Fourth = "4g",
        /// NR.
        Fifth = "5g",
    }
}

impl Technology {
    /// The generation.
    pub const fn generation(self) -> Generation {
        match self {
            Self::TwoG => Generation::Second,
            Self::ThreeG => Generation::Third,
            Self::FourG => Generation::Fourth,
            Self::FiveG | Self::FiveGDss | Self::FiveGNsa | Self::FiveGSa => Generation::Fifth,
        }
    }

    /// 4G or better: what German law calls mobile broadband (METHODS 1.4).
    pub fn is_broadband(self) -> bool {
        self.generation() >= Generation::Fourth
    }
}
