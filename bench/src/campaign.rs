//! A server of its own with a simulated campaign, and what its contributors send.

use std::{ops::Range, sync::Arc};

use domain::{
    AreaLevel, CampaignId, DevicePseudonym, ItemId, NewEvidence, SourceClass,
    wire::v1::{Batch, Item, read_item},
};
use e2e::{Server, Whitespot};
use jiff::{Timestamp, ToSpan};
use region::RegionTables;
use simulation::{SimArea, SimConfig, SimRegion, Simulation};
use store::{CampaignRow, ClusterConfig, PrivateCluster, Store};

use crate::Failure;

/// As in the campaign week of NRW in 2023: 36,000 devices with 13 million points.
const POINTS_A_DEVICE: u32 = 361;
const START: &str = "2026-05-29T22:00:00Z";

/// A data folder with the region NRW and a campaign, its database, and a running server.
pub struct Setup {
    /// Its folder goes with it.
    _installation: Whitespot,
    pub server: Server,
    pub store: Store,
    pub cluster: PrivateCluster,
}

impl Setup {
    /// Starts the binary of `WHITESPOT_BIN`. The cluster is durable.
    pub async fn start() -> Result<Self, Failure> {
        let installation = Whitespot::new();
        installation.run(&["region", "load", "nrw"]).await.ok();
        let config = ClusterConfig { data_dir: installation.data_dir(), durable: true };
        let cluster = PrivateCluster::start_or_join(config).await?;
        let store = Store::connect(&cluster.url("whitespot")).await?;
        let from: Timestamp = START.parse()?;
        let row = CampaignRow {
            id: id()?,
            region: "nrw".parse()?,
            title: "Messwoche (simuliert)".to_owned(),
            from,
            to: from.checked_add((8 * 24).hours())?,
            source: SourceClass::Simulated,
        };
        store.run_tx("save_campaign", |tx| Box::pin(store::save_campaign(tx, &row))).await?;
        let server = installation.serve().await;
        Ok(Self { _installation: installation, server, store, cluster })
    }

    pub async fn stop(self) -> Result<(), Failure> {
        self.store.close().await;
        self.server.stop().await;
        self.cluster.stop().await?;
        Ok(())
    }
}

fn id() -> Result<CampaignId, Failure> {
    Ok("messwoche-simuliert".parse()?)
}

/// About `points` coverage points of as many devices as a real week has for them.
pub fn simulation(points: u32) -> Result<Arc<Simulation>, Failure> {
    simulation_of((points / POINTS_A_DEVICE).max(1), points)
}

/// About `points` coverage points of so many devices.
pub fn simulation_of(devices: u32, points: u32) -> Result<Arc<Simulation>, Failure> {
    let tables = RegionTables::read(&e2e::workspace().join("data/regions/nrw"))?;
    let municipalities = tables.areas().filter(|area| area.level() == AreaLevel::Municipality);
    let area = |area: &region::Area| SimArea {
        key: area.key,
        name: area.name.clone(),
        inhabitants: area.inhabitants.and_then(|n| i64::try_from(n).ok()).unwrap_or(0),
        area_km2: area.area_km2,
        supply: None,
    };
    let ground = SimRegion { areas: municipalities.map(area).collect(), cover: tables.cover() };
    let config = SimConfig { devices, target_points: points, ..SimConfig::week(2026, id()?, START.parse()?) };
    Ok(Arc::new(Simulation::new(&ground, config)?))
}

/// Coverage points of a batch.
pub fn points_of(batch: &Batch) -> usize {
    let points = |item: &Item| if let Item::CoverageTrack(track) = item { track.hex.len() } else { 0 };
    batch.items.iter().map(points).sum()
}

/// Batches in memory, each with its coverage points, so that making them is not measured.
pub fn bodies(simulation: &Simulation, devices: Range<u32>) -> Result<Vec<(Vec<u8>, usize)>, Failure> {
    let batches = devices.map(|device| simulation.batch(device)).filter(|batch| !batch.items.is_empty());
    batches.map(|batch| Ok((serde_json::to_vec(&batch)?, points_of(&batch)))).collect()
}

/// The same as evidence, as the judge hands it to the writer; ids are made anew, so that they can be written again.
pub fn evidence(simulation: &Simulation, devices: Range<u32>) -> Result<Vec<NewEvidence>, Failure> {
    let mut evidence = Vec::new();
    for (n, device) in devices.enumerate() {
        let mut pseudonym = [0x5A; 16];
        pseudonym[..8].copy_from_slice(&(n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        for item in &mut simulation.batch(device).items {
            let fresh = ItemId::random().as_uuid();
            match item {
                Item::CoverageTrack(track) => track.id = fresh,
                Item::SpeedTest(_) | Item::DeadSpotReport(_) => continue,
            }
            let raw = serde_json::value::to_raw_value(item)?;
            let (record, item, _) = read_item(&raw).map_err(|refusal| refusal.detail)?;
            evidence.push(NewEvidence {
                device: DevicePseudonym::from_bytes(pseudonym),
                other_years: std::collections::BTreeMap::new(),
                source: SourceClass::Simulated,
                campaign: Some(id()?),
                quarantine: None,
                content_hash: item.content_hash(),
                record,
            });
        }
    }
    Ok(evidence)
}
