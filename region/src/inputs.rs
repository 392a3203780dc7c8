//! Inhabitants, supply and sites: CSV as the offices publish it.

mod keys;
pub mod population;
pub mod sites;
pub mod supply;
mod text_table;

pub use text_table::TextTable;
