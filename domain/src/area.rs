//! Administrative areas and their official keys. Keys are text: NRW's begin with a zero.

use std::{fmt, str::FromStr};

use crate::{
    Invalid,
    text::{coded_enum, text_form},
};

coded_enum! {
    /// Level of an administrative area.
    pub enum AreaLevel ("area level") {
        /// Bundesland.
        State = "state",
        /// Kreis or kreisfreie Stadt.
        District = "district",
        /// Gemeinde.
        Municipality = "municipality",
    }
}

/// Amtlicher Gemeindeschlüssel (AGS): 8 digits for a municipality, 5 for a district, 2 for a state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaKey {
    digits: [u8; 8],
    len: u8,
}

impl AreaKey {
    /// The key as text, leading zeros kept.
    pub fn as_str(&self) -> &str {
        // Only ASCII digits are ever stored.
        std::str::from_utf8(&self.digits[..usize::from(self.len)]).unwrap_or_default()
    }

    /// Level by length.
    pub const fn level(self) -> AreaLevel {
        match self.len {
            2 => AreaLevel::State,
            5 => AreaLevel::District,
            _ => AreaLevel::Municipality,
        }
    }

    /// The district of a municipality or district; `None` for a state.
    pub fn district(self) -> Option<Self> {
        (self.len >= 5).then(|| self.cut(5))
    }

    /// The state.
    #[must_use]
    pub fn state(self) -> Self {
        self.cut(2)
    }

    /// Whether it is `area`, or a part of it: keys begin with those of the areas around.
    pub fn lies_in(self, area: Self) -> bool {
        self.as_str().starts_with(area.as_str())
    }

    /// The AGS inside a 12-digit Amtlicher Regionalschlüssel (ARS): state, district and municipality
    /// without the four digits of the association (METHODS 7: ARS to AGS is possible, not back).
    pub fn from_ars(ars: &str) -> Result<Self, Invalid> {
        if ars.len() != 12 || !ars.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Invalid::new(
                "ARS",
                ars,
                "must be 12 digits; a missing leading zero was perhaps lost in a number column",
            ));
        }
        format!("{}{}", &ars[..5], &ars[9..]).parse()
    }

    fn cut(self, len: u8) -> Self {
        let mut digits = [0; 8];
        let n = usize::from(len);
        digits[..n].copy_from_slice(&self.digits[..n]);
        Self { digits, len }
    }
}

impl fmt::Display for AreaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AreaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AreaKey({self})")
    }
}

impl FromStr for AreaKey {
    type Err = Invalid;

    fn from_str(s: &str) -> Result<Self, Invalid> {
        let bytes = s.as_bytes();
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(Invalid::new("AGS", s, "must be digits only"));
        }
        let len = match bytes.len() {
            2 => 2,
            5 => 5,
            8 => 8,
            1 | 4 | 7 => {
                return Err(Invalid::new("AGS", s, "has lost its leading zero: keep official keys as text"));
            }
            _ => return Err(Invalid::new("AGS", s, "must have 8 digits (municipality), 5 (district) or 2 (state)")),
        };
        let mut digits = [0; 8];
        digits[..bytes.len()].copy_from_slice(bytes);
        Ok(Self { digits, len })
    }
}

text_form!(AreaKey, "^([0-9]{2}|[0-9]{5}|[0-9]{8})$", "05334002");
