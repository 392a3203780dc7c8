//! What evidence is about: the fixed network, or the mobile network of one operator.

use std::{fmt, str::FromStr};

use crate::{Hex, Invalid, Layer, Operator, Resolution, SourceClass, TechnologyView};

/// Evidence is kept, and published ground is divided, once for each access network. All layers that judge it share both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Fixed lines, all providers.
    Fixed,
    /// One serving network (the SIM's home network when nothing serves).
    Mobile(Operator),
}

impl Access {
    /// Finest resolution at which its evidence is summarised.
    pub const fn leaf_resolution(self) -> Resolution {
        match self {
            Self::Fixed => Hex::FIXED,
            Self::Mobile(_) => Hex::MOBILE,
        }
    }

    /// The layers that judge evidence of this class.
    pub fn layers(self, source: SourceClass) -> Vec<Layer> {
        match self {
            Self::Fixed => vec![Layer::Fixed],
            Self::Mobile(operator) => {
                TechnologyView::of(source).iter().map(|&view| Layer::Mobile { operator, view }).collect()
            }
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed => f.write_str("fixed"),
            Self::Mobile(operator) => write!(f, "mobile-{operator}"),
        }
    }
}

impl FromStr for Access {
    type Err = Invalid;

    fn from_str(s: &str) -> Result<Self, Invalid> {
        match s.strip_prefix("mobile-") {
            Some(operator) => operator.parse().map(Self::Mobile),
            None if s == "fixed" => Ok(Self::Fixed),
            None => Err(Invalid::new("access network", s, "must be `fixed` or like `mobile-26201`")),
        }
    }
}
