//! The campaign as a whole: fixed once, then one batch a device on demand.

use domain::wire::v1::Batch;

use crate::{SimConfig, SimRegion, SimulationError, Truth};

/// A simulated campaign. Immutable: batches can be made in any order and in parallel.
#[derive(Debug)]
pub struct Simulation {
    config: SimConfig,
    truth: Truth,
}

impl Simulation {
    /// Lays out the truth; no batch is made yet.
    pub fn new(_region: &SimRegion, _config: SimConfig) -> Result<Self, SimulationError> {
        Err(SimulationError::EmptyRegion)
    }

    /// How it was asked for.
    pub const fn config(&self) -> &SimConfig {
        &self.config
    }

    /// What is really there.
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Number of devices, and so of batches.
    pub const fn devices(&self) -> u32 {
        self.config.devices
    }

    /// What device number `device` (from 0) sends: all it measured in one batch. The same each time it is asked.
    pub fn batch(&self, _device: u32) -> Batch {
        todo!("next commit")
    }

    /// All batches, made as they are taken.
    pub fn batches(&self) -> impl Iterator<Item = Batch> + '_ {
        (0..self.config.devices).map(|device| self.batch(device))
    }
}
