//! One module a command.

pub mod aggregate;
pub mod campaign;
pub mod demo;
pub mod export;
pub mod import;
pub mod measure;
pub mod quarantine;
pub mod rank;
pub mod region;
pub mod release;
pub mod retention;
pub mod serve;
