//! Against a real PostgreSQL with PostGIS.
#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

mod campaigns;
mod cluster;
mod dirty;
mod evidence;
mod leaves;
mod make;
mod privacy;
mod quarantine;
mod regions;
mod releases;
mod schema;
mod transactions;
