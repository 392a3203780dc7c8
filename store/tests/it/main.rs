//! Against a real PostgreSQL with PostGIS.
#![expect(missing_docs, reason = "tests")]

mod campaigns;
mod cluster;
mod dirty;
mod evidence;
mod leaves;
mod make;
mod privacy;
mod regions;
mod releases;
mod schema;
mod transactions;
