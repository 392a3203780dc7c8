use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{SystemClock, wire::v1::Client};
use sdk_core::{Consent, Engine, Now, Policy, UploadId};

use crate::{SdkConditions, SdkDeadSpot, SdkError, SdkUploadResult, SdkUploadTask};

/// The engine of one app. Safe to call from any thread; no call waits for the network.
#[derive(Debug, uniffi::Object)]
pub struct CoverageSdk {
    engine: Mutex<Engine>,
    clock: SystemClock,
}

#[uniffi::export]
impl CoverageSdk {
    /// Opens the queue in a folder of the app. Nothing is written before `grant_consent`.
    #[uniffi::constructor]
    pub fn new(folder: String, app_name: String, app_version: String) -> Result<Arc<Self>, SdkError> {
        let clock = SystemClock::default();
        let client = Client { name: app_name, version: app_version };
        let seed = uuid::Uuid::new_v4().as_u64_pair().0;
        let engine = Engine::open(Path::new(&folder), Policy::default(), client, seed, Now::of(&clock))?;
        Ok(Arc::new(Self { engine: Mutex::new(engine), clock }))
    }

    /// The contributor agreed, to a campaign or to everyday recording.
    pub fn grant_consent(&self, campaign: Option<String>, metered_uploads: bool) -> Result<(), SdkError> {
        let campaign = campaign.as_deref().map(str::parse).transpose()?;
        Ok(self.engine().grant_consent(Consent { campaign, metered_uploads })?)
    }

    /// The contributor withdrew: what waits is cleared. Deleting what was sent is a request of its own.
    pub fn revoke_consent(&self) -> Result<(), SdkError> {
        Ok(self.engine().revoke_consent()?)
    }

    /// Asks the server to delete everything this device sent.
    pub fn request_deletion(&self) -> Result<(), SdkError> {
        Ok(self.engine().request_deletion(self.now())?)
    }

    /// Reduces and queues a report; returns its id.
    pub fn record_dead_spot(&self, spot: SdkDeadSpot) -> Result<String, SdkError> {
        let id = self.engine().record_dead_spot(spot.try_into()?, self.now())?;
        Ok(id.to_string())
    }

    /// Items that have not been delivered or lost.
    pub fn pending_count(&self) -> u64 {
        self.engine().stats(self.now()).pending as u64
    }

    /// What to do now.
    pub fn next_upload(&self, conditions: SdkConditions) -> SdkUploadTask {
        self.engine().next_upload(self.now(), conditions.into()).into()
    }

    /// How an upload went.
    pub fn report_upload(&self, id: u64, result: SdkUploadResult) {
        self.engine().report(UploadId(id), result.into(), self.now());
    }
}

impl CoverageSdk {
    /// After a panic elsewhere the folder is still the truth, so the lock stays usable.
    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Now {
        Now::of(&self.clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SdkFailing;

    fn spot(latitude_degrees: f64) -> SdkDeadSpot {
        SdkDeadSpot {
            latitude_degrees,
            longitude_degrees: 6.7623,
            accuracy_m: 12.0,
            at_unix_ms: 1_790_000_000_000,
            failing: SdkFailing::NoService,
            operator: Some("26201".into()),
            comment: None,
        }
    }

    fn sdk(folder: &Path) -> Arc<CoverageSdk> {
        CoverageSdk::new(folder.to_str().unwrap().into(), "test".into(), "1".into()).unwrap()
    }

    const WIFI: SdkConditions = SdkConditions { online: true, metered: false, charging: true, battery_percent: None };

    #[test]
    fn a_dead_spot_travels_from_the_app_to_the_server_as_a_hexagon() {
        let folder = tempfile::tempdir().unwrap();
        let sdk = sdk(folder.path());
        sdk.grant_consent(Some("messwoche-nrw-2026".into()), false).unwrap();
        let id = sdk.record_dead_spot(spot(51.4344)).unwrap();
        assert_eq!(sdk.pending_count(), 1);
        let SdkUploadTask::Upload { request } = sdk.next_upload(WIFI) else { panic!("nothing to upload") };
        let body = String::from_utf8(request.body.clone()).unwrap();
        assert!(body.contains(&id) && !body.contains("51.43"), "{request:?}");
        let answer = format!(
            r#"{{"batch_id":"8c1d4f0e-6a39-4c55-9d0b-2f3a5b7c9e11","items":[{{"id":"{id}","outcome":"accepted"}}]}}"#
        );
        sdk.report_upload(request.id, SdkUploadResult::Http { status: 200, retry_after_s: None, body: answer.into() });
        assert_eq!(sdk.pending_count(), 0);
        assert!(matches!(sdk.next_upload(WIFI), SdkUploadTask::Done));
    }

    #[test]
    fn each_error_names_an_action() {
        let folder = tempfile::tempdir().unwrap();
        let sdk = sdk(folder.path());
        assert!(matches!(sdk.record_dead_spot(spot(51.4)), Err(SdkError::ConsentRequired)));
        sdk.grant_consent(None, false).unwrap();
        for bad in [spot(f64::NAN), spot(91.0), SdkDeadSpot { operator: Some("x".into()), ..spot(51.4) }] {
            assert!(matches!(sdk.record_dead_spot(bad), Err(SdkError::InvalidInput { .. })));
        }
        assert!(matches!(sdk.grant_consent(Some("NOT A SLUG".into()), false), Err(SdkError::InvalidInput { .. })));
        assert_eq!(sdk.pending_count(), 0);
    }

    #[test]
    fn what_was_recorded_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = sdk(folder.path());
        first.grant_consent(None, false).unwrap();
        first.record_dead_spot(spot(51.4)).unwrap();
        drop(first);
        assert_eq!(sdk(folder.path()).pending_count(), 1);
    }
}
