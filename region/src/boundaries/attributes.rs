//! The columns we need, whatever the container: AGS (or ARS), GEN, and GF where there is one.

use std::path::Path;

use domain::{AreaKey, Invalid};

use crate::BuildError;

/// Where the columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) key: KeyColumn,
    pub(super) name: usize,
    pub(super) geofactor: Option<usize>,
}

/// AGS is preferred; ARS holds it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyColumn {
    Ags(usize),
    Ars(usize),
}

impl KeyColumn {
    pub(super) const fn index(self) -> usize {
        match self {
            Self::Ags(index) | Self::Ars(index) => index,
        }
    }

    /// The official key in a field of this column.
    pub(super) fn parse(self, text: &str) -> Result<AreaKey, Invalid> {
        match self {
            Self::Ars(_) if text.len() == 12 => AreaKey::from_ars(text),
            Self::Ags(_) | Self::Ars(_) => text.parse(),
        }
    }
}

impl Columns {
    /// Finds the columns by name, upper or lower case.
    pub(super) fn find(file: &Path, names: &[String]) -> Result<Self, BuildError> {
        let find = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let missing = |missing: &str| BuildError::Columns {
            file: file.to_owned(),
            missing: missing.to_owned(),
            found: names.join(", "),
        };
        Ok(Self {
            key: find("AGS")
                .map(KeyColumn::Ags)
                .or_else(|| find("ARS").map(KeyColumn::Ars))
                .ok_or_else(|| missing("AGS or ARS (official key)"))?,
            name: find("GEN").ok_or_else(|| missing("GEN (official name)"))?,
            geofactor: find("GF"),
        })
    }
}

/// Geofaktor of the federal boundary files: 1 and 2 are water, 3 and 4 land, 9 both in one.
pub(super) fn is_water(geofactor: &str) -> bool {
    matches!(geofactor.trim(), "1" | "2")
}
