//! The campaign as a whole: fixed once, then one batch a device on demand.

use std::collections::BTreeMap;

use domain::{
    Hex, Record,
    wire::v1::{Batch, Client, Item},
};
use rand::Rng;

use crate::{
    SimConfig, SimRegion, SimulationError, Truth,
    coverage::Coverage,
    device::Population,
    fixed_test,
    ground::Ground,
    lines::{Lines, guessed_supply},
    mobile_test,
    network::NETWORKS,
    random::{Purpose, batch_id, device_secret, stream},
    report::reports,
    schedule::{Schedule, instant},
    track::trips,
};

/// A simulated campaign. Immutable: batches can be made in any order and in parallel.
#[derive(Debug)]
pub struct Simulation {
    config: SimConfig,
    schedule: Schedule,
    ground: Ground,
    coverage: Coverage,
    /// By municipality.
    lines: Vec<Lines>,
    population: Population,
    truth: Truth,
}

impl Simulation {
    /// Program name that every batch carries.
    pub const CLIENT: &str = "whitespot-simulation";

    /// Lays out the truth; no batch is made yet.
    pub fn new(region: &SimRegion, config: SimConfig) -> Result<Self, SimulationError> {
        let schedule = Schedule::new(&config)?;
        let ground = Ground::new(region, config.seed)?;
        let coverage = Coverage::new(&ground, config.seed);
        let mut rng = stream(config.seed, Purpose::Lines);
        let lines_of = |town: &crate::ground::Town| {
            let guess = guessed_supply(town.density, &mut rng);
            Lines::new(region.areas[town.area].supply.unwrap_or(guess), &mut rng)
        };
        let lines: Vec<Lines> = ground.towns.iter().map(lines_of).collect();
        let population = Population::new(&ground, config.seed, config.devices, config.target_points);
        let truth = truth(config.seed, &ground, &coverage, &lines);
        Ok(Self { config, schedule, ground, coverage, lines, population, truth })
    }

    /// How it was asked for.
    pub const fn config(&self) -> &SimConfig {
        &self.config
    }

    /// What is really there.
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Number of devices. A device that has nothing to send still has its number.
    pub const fn devices(&self) -> u32 {
        self.config.devices
    }

    /// What device number `device` (from 0) sends: all it measured in one batch. The same each time it is asked.
    pub fn batch(&self, device: u32) -> Batch {
        let mut rng = stream(self.config.seed, Purpose::Device(device));
        let rng = &mut rng;
        let device = self.population.draw(&self.ground, rng);
        let (batch_id, secret) = (batch_id(rng), device_secret(rng));
        let trips = trips(&self.ground, &self.coverage, &self.schedule, &device, rng);
        let line = self.lines[device.town].draw(device.keen, rng);
        let busy: Vec<_> = trips.iter().filter_map(|t| Some((*t.seconds.first()?, *t.seconds.last()?))).collect();
        let mut speed_tests = fixed_test::tests(&self.schedule, &device, line, &busy, rng);
        speed_tests.extend(mobile_test::tests(&trips, rng));
        let reports = reports(&trips, rng);

        let lasts = busy.iter().map(|&(_, to)| to).chain(speed_tests.iter().map(|test| test.at.as_second()));
        let last = lasts.max().unwrap_or_else(|| self.schedule.moment(0, rng));
        // Sent when there is Wi-Fi again.
        let sent = self.schedule.inside(last + 60 * rng.random_range(1..600));
        let records = trips.into_iter().map(|trip| Record::CoverageTrack(trip.track));
        let records = records.chain(speed_tests.into_iter().map(Record::SpeedTest));
        let records = records.chain(reports.into_iter().map(Record::DeadSpotReport));
        Batch {
            batch_id,
            device_secret: secret.to_wire(),
            sent_at: instant(sent),
            campaign: Some(self.config.campaign.clone()),
            client: Client { name: Self::CLIENT.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            items: records.map(|record| Item::from(&record)).collect(),
        }
    }

    /// All batches, made as they are taken.
    pub fn batches(&self) -> impl Iterator<Item = Batch> + '_ {
        (0..self.config.devices).map(|device| self.batch(device))
    }
}

fn truth(seed: u64, ground: &Ground, coverage: &Coverage, lines: &[Lines]) -> Truth {
    let best = NETWORKS.iter().zip(&coverage.best).map(|(network, best)| (network.operator(), best.clone()));
    let measurable = ground.towns.iter().zip(lines).filter(|(town, _)| !town.patches.is_empty());
    Truth {
        seed,
        hexes: ground.patches.iter().map(|patch| Hex::from_h3(patch.hex)).collect(),
        homes: ground.patches.iter().map(|patch| ground.towns[patch.town].key).collect(),
        best: best.collect::<BTreeMap<_, _>>(),
        fixed: measurable.map(|(town, lines)| (town.key, lines.truth())).collect(),
    }
}
