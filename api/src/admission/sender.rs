//! Who sends a request, for as long as it takes to decide whether they may. Never logged, never stored.

use std::net::IpAddr;

use axum::{extract::FromRequestParts, http::request::Parts};
use ingest::{AddressPrefix, GuardConfig};

use crate::{ApiError, AppState, measure::Endpoints};

/// A request whose sender may send one more. Asked before its body is read.
#[derive(Clone, Copy)]
pub struct Admitted {
    address: Option<IpAddr>,
}

impl Admitted {
    /// Of the address that counts.
    pub(super) fn prefix(self) -> Option<AddressPrefix> {
        self.address.map(ingest::prefix)
    }

    /// A request that turned out to be garbage costs its sender more than a good one.
    pub fn was_garbage(self, state: &AppState) {
        self.costs(state, GuardConfig::GARBAGE_COST);
    }

    /// What a body of so many bytes costs beside its request.
    pub(super) fn held(self, state: &AppState, bytes: usize) {
        self.costs(state, u32::try_from(bytes / GuardConfig::BYTES_A_REQUEST).unwrap_or(u32::MAX));
    }

    fn costs(self, state: &AppState, requests: u32) {
        if let (Some(address), Some(ingest)) = (self.address, state.ingest()) {
            ingest.guard().charge_address(address, requests);
        }
    }
}

impl Admitted {
    pub(super) fn ask(parts: &Parts, state: &AppState) -> Result<Self, ApiError> {
        let address = sender(parts, state.trusted_proxies());
        if let (Some(address), Some(ingest)) = (address, state.ingest()) {
            ingest.guard().admit_address(address, 1).map_err(ingest::IngestError::from)?;
        }
        Ok(Self { address })
    }
}

impl FromRequestParts<AppState> for Admitted {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        // Who sends no body was not asked at the door.
        parts.extensions.get().copied().map_or_else(|| Self::ask(parts, state), Ok)
    }
}

/// Of the address that counts.
pub(super) fn prefix(parts: &Parts, proxies: &[IpAddr]) -> Option<AddressPrefix> {
    sender(parts, proxies).map(ingest::prefix)
}

/// The address that counts: of the connection, or what a proxy of ours says. `None` for programs of this
/// machine itself, which are the operator's.
fn sender(parts: &Parts, proxies: &[IpAddr]) -> Option<IpAddr> {
    let connected = Endpoints::of(parts)?.address();
    let itself = (!connected.is_loopback()).then_some(connected);
    if !proxies.contains(&connected) {
        return itself;
    }
    let named = parts.headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let named: Vec<&str> = named.flat_map(|line| line.split(',')).map(str::trim).collect();
    // From the right: what stands left of the first foreign address may be anybody's invention.
    let foreign =
        named.iter().rev().map(|text| text.parse().ok()).find(|address| address.is_none_or(|a| !proxies.contains(&a)));
    foreign.flatten().or(itself)
}
