//! A simulated campaign week with a known truth.
//!
//! [`Simulation::new`] invents what is really there in a region: for every operator and hexagon the best technology,
//! for every municipality the quality of its fixed lines. Then contributors who do not represent anybody measure it:
//! they live in towns more often than people do, few of them do most of the work, some municipalities hardly take
//! part, their Wi-Fi is slow and their tests break. What they send are wire-v1 batches like those of a real client,
//! positions reduced to hexagons, so that they can go through the real HTTP path. The [`Truth`] stays behind, and
//! tests hold the results against it.
//!
//! Everything follows from a seed; volumes and shares follow the published figures of the campaign weeks in NRW.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod config;
mod coverage;
mod device;
mod field;
mod fixed_test;
mod ground;
mod lines;
mod mobile_test;
mod network;
mod phone;
mod random;
mod report;
mod schedule;
mod simulation;
mod track;
mod truth;
mod truth_file;
mod walk;

pub use config::{SimArea, SimConfig, SimRegion, SimSupply, SimulationError};
pub use simulation::Simulation;
pub use truth::{FixedTruth, Truth};
