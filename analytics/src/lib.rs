//! From evidence to a ranked list, without I/O and without a clock: aggregate, gate, score, rank, explain.
//!
//! | module | holds |
//! |---|---|
//! | [`rules`] | dated legal thresholds and score profiles, embedded from `data/rules` |
//! | [`stats`] | Wilson interval, Kish's effective n, Beta posterior, quantiles, evidence grade |
//! | [`outliers()`] | which of a device's speed tests are far from its others, and do not vote |
//! | [`votes`] | what each device saw in each leaf hexagon; its compact form; building it from evidence |
//! | [`Gathering`] | evidence of whole files into leaves and hexagons, without a database |
//! | [`aggregate`] | one vote per device and unit: the summary of a hexagon or an area |
//! | [`gate`] | summaries into a publication in which nothing is below k contributors |
//! | [`rank`] | need, ranks with their uncertainty, reasons, and the documents that carry them |
//! | [`reach()`] | how many hexagons of an area were measured, and how many only in something larger |
//! | [`estimate`] | estimates for planners, never mixed with what was measured |
//! | [`next`] | where to measure next |
//!
//! Formulas and their sources: `docs/METHODS.md`.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod aggregate;
mod bytes;
mod collection;
pub mod estimate;
pub mod gate;
mod gathering;
mod holders;
pub mod next;
mod outliers;
pub mod rank;
mod reach;
pub mod rules;
pub mod stats;
pub mod summary;
mod text;
pub mod votes;

pub use aggregate::HexAccumulator;
pub use estimate::{Estimate, EstimateHeader, Estimates, estimate};
pub use gate::{AreaUnit, GateError, GateInput, Gated, Ground, LayerRelease, Piece, PieceKind, build_layers};
pub use gathering::{Gathering, HexSummary, Hexagons};
pub use holders::hexes_of;
pub use next::{NextArea, NextAsk, NextInput, NextLayer, NextList, next};
pub use outliers::{MIN_TESTS, outliers};
pub use rank::{AreaFacts, GroundBelow, Outline, RankHeader, RankInput, RankRow, Ranking, Track, rank};
pub use reach::{Coarser, CoarserPart, Counted, Measured, Reach, ReachShares, Sites, reach};
pub use rules::{RuleBook, RuleError, ScoreProfile};
pub use summary::{Below, Grade, Posterior, Quantiles, Served, Share, State, UnitSummary};
pub use votes::{DecodeError, Leaf, LeafBuilder, LeafVotes};
