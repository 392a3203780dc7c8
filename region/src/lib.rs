//! Official files in, derived tables out: what `whitespot region build` does.
//!
//! A [`Recipe`] names the files, their licences and credits; [`BuildSpec`] is the same with paths resolved.
//! [`build`] reads boundaries, inhabitants, supply and sites, joins them on the official key as text, and covers
//! each municipality with resolution-9 hexagons, every hexagon in exactly one. The result is [`RegionTables`],
//! which writes itself as one small folder, and a [`Report`] that lists by key everything the files disagree on.
//!
//! | module | holds |
//! |---|---|
//! | [`spec`], [`recipe`] | what to build, from which files, under whose licence |
//! | [`boundaries`] | Shapefile and GeoPackage, reference systems, polygons in degrees |
//! | [`inputs`] | population, supply and sites: CSV as the offices publish it |
//! | [`assign`] | which hexagon belongs to which municipality |
//! | [`build`](mod@build) | puts them together |
//! | [`report`] | what did not fit |
//! | [`tables`] | the derived tables and their files |
//! | [`error`] | why a build or a reading stopped, and what to do |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod assign;
pub mod boundaries;
pub mod build;
pub mod error;
pub mod inputs;
pub mod recipe;
pub mod report;
pub mod spec;
pub mod tables;

pub use build::build;
pub use error::{BuildError, ReadError};
pub use recipe::Recipe;
pub use report::{Finding, FindingKind, Report};
pub use spec::{BuildSpec, Credit, Progress, Source, Stage};
pub use tables::{Area, RegionTables, Site};
