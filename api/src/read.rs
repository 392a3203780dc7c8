//! The read side. Everything here comes from a release, and says which one.

mod areas;
mod campaigns;
mod estimates;
mod hexes;
mod legend;
mod next;
mod rankings;
mod regions;
mod releases;
mod tiles;

pub use areas::*;
pub use campaigns::*;
pub use estimates::*;
pub use hexes::*;
pub use legend::*;
pub use next::*;
pub use rankings::*;
pub use regions::*;
pub use releases::*;
pub use tiles::*;

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{RegionId, ReleaseId};
use store::{ReleaseRow, Store};

use crate::ApiError;

/// A response made from a release: the release is its version.
pub(crate) fn of_release(release: &ReleaseId, response: impl IntoResponse) -> Response {
    let mut headers = HeaderMap::new();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{release}\"")) {
        headers.insert(header::ETAG, tag);
    }
    (headers, response).into_response()
}

pub(crate) async fn find_release(store: &Store, id: &ReleaseId) -> Result<ReleaseRow, ApiError> {
    store::release(store, id).await?.ok_or_else(|| ApiError::NotFound {
        what: "release",
        id: id.to_string(),
        hint: "GET /v1/releases?region=… lists them".into(),
    })
}

pub(crate) async fn find_region(store: &Store, id: &RegionId) -> Result<store::RegionRow, ApiError> {
    let regions = store::regions(store).await?;
    regions.into_iter().find(|region| region.id == *id).ok_or_else(|| ApiError::NotFound {
        what: "region",
        id: id.to_string(),
        hint: "GET /v1/regions lists them; `whitespot region load` adds one".into(),
    })
}
