//! Runs the built `whitespot` binary and looks at it from outside.
//!
//! ```text
//!  Whitespot::new()            a data folder of its own, gone at the end
//!    .serve().await            starts `serve`, waits until it takes connections -> Server
//!    .run(&["rank", ...])      runs a command to its end                        -> Finished
//!  Server::url("/v1/regions"), Server::stop().await.assert_clean()
//! ```
//!
//! The binary is that of `WHITESPOT_BIN`, or the one built beside the test.
//! A test that leaves without [`Server::stop`] still takes its server down with it.
#![warn(missing_docs)]

mod binary;
mod command;
mod contributor;
pub mod hexagons;
mod http;
mod load;
mod log;
mod postgres;
mod server;

pub use binary::{binary, workspace};
pub use command::{Finished, Whitespot};
pub use contributor::{Contributor, post, track};
pub use http::http;
pub use load::{Ledger, Load, Sent, outcome, send_once};
pub use log::Log;
pub use postgres::Postgres;
pub use server::Server;
