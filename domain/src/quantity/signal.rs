use crate::Invalid;

/// A received power: RSRP (4G, 5G) or RSSI (2G, 3G). Canonical unit: dBm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalDbm(i16);

impl SignalDbm {
    /// Below the thermal noise of one subcarrier nothing can be reported (3GPP TS 38.133 ends at -156).
    pub const MIN: Self = Self(-160);
    /// No phone reports more than this next to an antenna (3GPP TS 38.133 ends at -31).
    pub const MAX: Self = Self(-20);

    /// From whole dBm.
    pub fn from_dbm(dbm: i16) -> Result<Self, Invalid> {
        if (Self::MIN.0..=Self::MAX.0).contains(&dbm) {
            Ok(Self(dbm))
        } else {
            Err(Invalid::new("signal (dBm)", dbm, "must lie between -160 and -20"))
        }
    }

    /// From decimal dBm, rounded.
    pub fn from_dbm_f64(dbm: f64) -> Result<Self, Invalid> {
        rounded_i16(dbm)
            .ok_or_else(|| Invalid::new("signal (dBm)", dbm, "must be a finite number between -160 and -20"))
            .and_then(Self::from_dbm)
    }

    /// In dBm.
    pub const fn as_dbm(self) -> i16 {
        self.0
    }
}

/// A signal ratio: RSRQ or SINR. Canonical unit: dB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalDb(i16);

impl SignalDb {
    /// From whole dB, between -50 and 50.
    pub fn from_db(db: i16) -> Result<Self, Invalid> {
        if (-50..=50).contains(&db) {
            Ok(Self(db))
        } else {
            Err(Invalid::new("signal ratio (dB)", db, "must lie between -50 and 50"))
        }
    }

    /// From decimal dB, rounded.
    pub fn from_db_f64(db: f64) -> Result<Self, Invalid> {
        rounded_i16(db)
            .ok_or_else(|| Invalid::new("signal ratio (dB)", db, "must be a finite number between -50 and 50"))
            .and_then(Self::from_db)
    }

    /// In dB.
    pub const fn as_db(self) -> i16 {
        self.0
    }
}

#[expect(clippy::as_conversions, reason = "finite and within ±1000, checked")]
fn rounded_i16(value: f64) -> Option<i16> {
    (value.is_finite() && value.abs() < 1000.0).then(|| value.round() as i16)
}
