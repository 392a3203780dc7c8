//! What a judgement is about: the fixed network, or one operator seen through one technology view.

use std::{fmt, str::FromStr};

use crate::{
    Access, Generation, Invalid, Operator, SourceClass, Technology,
    text::{coded_enum, text_form},
};

coded_enum! {
    /// The question that a mobile layer answers.
    pub enum TechnologyView ("technology view") {
        /// Is there any service?
        Any = "any",
        /// Is there mobile broadband (4G or better)?
        Broadband = "broadband",
        /// Is there 2G?
        TwoG = "2g",
        /// Is there 3G?
        ThreeG = "3g",
        /// Is there 4G?
        FourG = "4g",
        /// Is there 5G of any kind?
        FiveG = "5g",
    }
}

impl TechnologyView {
    /// The views of a source class.
    ///
    /// Those of contributors all judge every look of a free phone: where one view left out what another judges, their
    /// difference would be a few phones, perhaps one (METHODS, "The gate"). What a free phone cannot say of 2G, 3G and 4G
    /// by themselves is asked of drive tests, with receivers that are locked to one technology.
    pub const fn of(source: SourceClass) -> &'static [Self] {
        match source {
            SourceClass::Survey => Self::ALL,
            SourceClass::Crowd | SourceClass::Reported | SourceClass::Simulated => {
                &[Self::Any, Self::Broadband, Self::FiveG]
            }
        }
    }

    /// The generation whose received power is a figure of this view. Each is a quantity of its own (RxLev, RSCP, RSRP,
    /// SS-RSRP), so `any` has none.
    pub const fn signal(self) -> Option<Generation> {
        match self {
            Self::Any => None,
            Self::TwoG => Some(Generation::Second),
            Self::ThreeG => Some(Generation::Third),
            Self::Broadband | Self::FourG => Some(Generation::Fourth),
            Self::FiveG => Some(Generation::Fifth),
        }
    }

    /// What one observed point says: served, not served, or nothing (`None`).
    ///
    /// - `observed`: the serving technology, `None` for no service.
    /// - `locked_to`: a receiver fixed to one technology. It says nothing about the others: what it
    ///   fails to see is "not served" only where the view asks for exactly what it is locked to.
    ///
    /// A free phone takes the best it is offered. So a better technology proves nothing about a
    /// lesser one (5G does not prove 2G), a lesser one says that the better was not to be had, and
    /// no service says it of all. Two kinds of 5G prove 4G as well: NSA has a 4G anchor, DSS shares
    /// a 4G carrier.
    pub fn verdict(self, observed: Option<Technology>, locked_to: Option<Technology>) -> Option<bool> {
        let seen = observed.map(Technology::generation);
        let served = match (self, observed) {
            (Self::Any, _) => Some(seen.is_some()),
            (Self::Broadband, _) => Some(observed.is_some_and(Technology::is_broadband)),
            (Self::FourG, Some(Technology::FiveGNsa | Technology::FiveGDss)) => Some(true),
            (Self::TwoG, _) => exact(seen, Generation::Second),
            (Self::ThreeG, _) => exact(seen, Generation::Third),
            (Self::FourG, _) => exact(seen, Generation::Fourth),
            (Self::FiveG, _) => exact(seen, Generation::Fifth),
        };
        served.filter(|&served| served || locked_to.is_none_or(|lock| self.asks_for_exactly(lock)))
    }

    /// Whether a receiver that sees only `lock` answers this view alone. One locked to a kind of 5G
    /// does not: another kind may be there.
    const fn asks_for_exactly(self, lock: Technology) -> bool {
        matches!(
            (self, lock),
            (Self::TwoG, Technology::TwoG)
                | (Self::ThreeG, Technology::ThreeG)
                | (Self::FourG, Technology::FourG)
                | (Self::FiveG, Technology::FiveG)
        )
    }
}

fn exact(seen: Option<Generation>, wanted: Generation) -> Option<bool> {
    match seen {
        Some(seen) if seen > wanted => None,
        seen => Some(seen == Some(wanted)),
    }
}

/// A slice of evidence that is judged on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Fixed-line access, all providers.
    Fixed,
    /// One serving network (the SIM's home network when nothing serves) through one view.
    Mobile {
        /// The network.
        operator: Operator,
        /// The question asked.
        view: TechnologyView,
    },
}

impl Layer {
    /// The network whose evidence this layer judges.
    pub const fn access(self) -> Access {
        match self {
            Self::Fixed => Access::Fixed,
            Self::Mobile { operator, .. } => Access::Mobile(operator),
        }
    }

    /// The operator of a mobile layer.
    pub const fn operator(self) -> Option<Operator> {
        match self {
            Self::Fixed => None,
            Self::Mobile { operator, .. } => Some(operator),
        }
    }

    /// The view of a mobile layer.
    pub const fn view(self) -> Option<TechnologyView> {
        match self {
            Self::Fixed => None,
            Self::Mobile { view, .. } => Some(view),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed => f.write_str("fixed"),
            Self::Mobile { operator, view } => write!(f, "mobile-{operator}-{view}"),
        }
    }
}

impl FromStr for Layer {
    type Err = Invalid;

    fn from_str(s: &str) -> Result<Self, Invalid> {
        if s == "fixed" {
            return Ok(Self::Fixed);
        }
        let mut parts = s.splitn(3, '-');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("mobile"), Some(operator), Some(view)) => {
                Ok(Self::Mobile { operator: operator.parse()?, view: view.parse()? })
            }
            _ => Err(Invalid::new("layer", s, "must be `fixed` or like `mobile-26201-broadband`")),
        }
    }
}

text_form!(Layer, "^(fixed|mobile-[2-7][0-9]{4,5}-(any|broadband|2g|3g|4g|5g))$", "mobile-26201-broadband");
