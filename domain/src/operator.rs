//! Mobile networks by MCC and MNC.

use std::{fmt, str::FromStr};

use crate::{Invalid, text::text_form};

/// A mobile network: MCC and MNC as text, because `262-01` and `262-001` are different networks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator {
    digits: [u8; 6],
    len: u8,
}

impl Operator {
    /// From separate codes as foreign formats carry them; `mnc` keeps its leading zeros.
    pub fn from_codes(mcc: &str, mnc: &str) -> Result<Self, Invalid> {
        let fits = mcc.len() == 3
            && (2..=3).contains(&mnc.len())
            && mcc.bytes().chain(mnc.bytes()).all(|b| b.is_ascii_digit())
            && matches!(mcc.as_bytes()[0], b'2'..=b'7');
        if !fits {
            return Err(Invalid::new(
                "operator",
                format_args!("{mcc}{mnc}"),
                "must be a 3-digit MCC (200 to 799) and a 2- or 3-digit MNC",
            ));
        }
        let mut digits = [0; 6];
        digits[..3].copy_from_slice(mcc.as_bytes());
        digits[3..3 + mnc.len()].copy_from_slice(mnc.as_bytes());
        Ok(Self { digits, len: if mnc.len() == 2 { 5 } else { 6 } })
    }

    /// MCC and MNC run together, for example `26201`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..usize::from(self.len)]).unwrap_or_default()
    }

    /// Mobile country code.
    pub fn mcc(&self) -> &str {
        &self.as_str()[..3]
    }

    /// Mobile network code with its leading zeros.
    pub fn mnc(&self) -> &str {
        &self.as_str()[3..]
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operator({self})")
    }
}

impl FromStr for Operator {
    type Err = Invalid;

    fn from_str(s: &str) -> Result<Self, Invalid> {
        match s.split_at_checked(3) {
            Some((mcc, mnc)) => Self::from_codes(mcc, mnc.strip_prefix('-').unwrap_or(mnc)),
            None => Err(Invalid::new("operator", s, "must be MCC and MNC, for example 26201")),
        }
    }
}

text_form!(Operator, "^[2-7][0-9]{4,5}$", "26201");
