use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{PoisonError, RwLock},
};

use domain::{DevicePseudonym, DeviceSecret, HourStamp, Record, Window};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use store::{Store, StoreError};

use crate::Recorder;

/// Turns a device's secret into the pseudonym of a calendar year: HMAC-SHA-256(secret, key of the year), 128 bits.
///
/// Keys live in the database and go with the evidence of their year, so a pseudonym never spans two years.
#[derive(Debug)]
pub struct Pseudonymiser {
    store: Store,
    keys: RwLock<HashMap<i16, [u8; 32]>>,
}

impl Pseudonymiser {
    /// Reads keys from `store`, making them when first needed.
    pub fn new(store: Store) -> Self {
        Self { store, keys: RwLock::default() }
    }

    /// Forgets the keys of earlier years: they were destroyed.
    pub(crate) fn forget_before(&self, year: i16) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).retain(|&of, _| of >= year);
    }

    /// The pseudonym for the year of a record's first hour, and those of other years that a track reaches.
    pub async fn pseudonyms(
        &self,
        secret: &DeviceSecret,
        record: &Record,
    ) -> Result<(DevicePseudonym, BTreeMap<i16, DevicePseudonym>), StoreError> {
        self.of_message(secret.expose(), record).await
    }

    /// The same for a recorder of a foreign format.
    pub async fn of_recorder(
        &self,
        recorder: &Recorder,
        record: &Record,
    ) -> Result<(DevicePseudonym, BTreeMap<i16, DevicePseudonym>), StoreError> {
        self.of_message(&recorder.message(), record).await
    }

    async fn of_message(
        &self,
        message: &[u8],
        record: &Record,
    ) -> Result<(DevicePseudonym, BTreeMap<i16, DevicePseudonym>), StoreError> {
        let hours: BTreeSet<HourStamp> = record.hours().collect();
        let mut years: BTreeMap<i16, DevicePseudonym> = BTreeMap::new();
        for hour in hours {
            if let Window::Year(year) = Window::year_of(hour)
                && !years.contains_key(&year)
            {
                years.insert(year, self.pseudonym(message, hour).await?);
            }
        }
        match years.pop_first() {
            Some((_, first)) => Ok((first, years)),
            // A track without points is never written; its name is nobody's.
            None => Ok((derive(&[0; 32], message), years)),
        }
    }

    /// The pseudonyms of all years whose key exists.
    pub async fn of_all_years(&self, secret: &DeviceSecret) -> Result<Vec<DevicePseudonym>, StoreError> {
        let keys = store::year_keys(&self.store).await?;
        Ok(keys.iter().map(|(_, key)| derive(key, secret.expose())).collect())
    }

    /// The pseudonym of a device for evidence of the year that holds `hour`.
    pub(crate) async fn of_device(
        &self,
        secret: &DeviceSecret,
        hour: HourStamp,
    ) -> Result<DevicePseudonym, StoreError> {
        self.pseudonym(secret.expose(), hour).await
    }

    /// The pseudonym of `message` for evidence of the year that holds `hour`.
    async fn pseudonym(&self, message: &[u8], hour: HourStamp) -> Result<DevicePseudonym, StoreError> {
        let Window::Year(year) = Window::year_of(hour) else { unreachable!("year_of gives a year") };
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&year).copied();
        let key = if let Some(key) = known {
            key
        } else {
            let key = self.store.run_tx("year_key", |tx| Box::pin(store::year_key(tx, year))).await?;
            self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(year, key);
            key
        };
        Ok(derive(&key, message))
    }
}

pub(crate) fn derive(key: &[u8; 32], message: &[u8]) -> DevicePseudonym {
    // HMAC takes a key of any length.
    #[expect(clippy::expect_used, reason = "HMAC accepts every key length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(message);
    let digest = mac.finalize().into_bytes();
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    DevicePseudonym::from_bytes(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_another_name_in_another_year_and_the_same_within_one() {
        let secret = DeviceSecret::random();
        let secret = secret.expose();
        assert_eq!(derive(&[1; 32], secret), derive(&[1; 32], secret));
        assert_ne!(derive(&[1; 32], secret), derive(&[2; 32], secret));
        assert_ne!(derive(&[1; 32], secret).as_bytes(), secret);
    }
}
