//! The facade that Kotlin, Swift and Python see: types that cross the language border, and no logic.
//!
//! One object, [`CoverageSdk`], holds the engine behind a lock; the app executes what
//! [`CoverageSdk::next_upload`] asks for and reports back. Errors are few, and each names an action.
#![warn(missing_docs)]
#![expect(clippy::needless_pass_by_value, reason = "values that cross the language border are owned")]

mod error;
mod sdk;
mod types;

pub use error::SdkError;
pub use sdk::CoverageSdk;
pub use types::{SdkConditions, SdkDeadSpot, SdkFailing, SdkMethod, SdkUploadRequest, SdkUploadResult, SdkUploadTask};

uniffi::setup_scaffolding!("whitespot_sdk");
