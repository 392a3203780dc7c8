use std::collections::{BTreeMap, HashMap};

use domain::{
    BitRate, ByteCount, CoverageEvidence, CoverageTrack, DevicePseudonym, Hex, ItemId, Loss, Rtt, SpeedEvidence,
    SpeedTest, Window,
    record::{Network, SpeedResult, TestOutcome},
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Read, StoreError, month, points, rows};

/// What is known of one block in one window, without what is quarantined; ordered by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockEvidence {
    /// Pieces of tracks: the points that lie in the block.
    pub coverage: Vec<CoverageEvidence>,
    /// Speed tests.
    pub speed: Vec<SpeedEvidence>,
}

const COVERAGE_BY_MONTH: &str = "\
-- coverage_by_month
select block, id, device, source, locked_to, points from coverage_blocks
where block = any($1) and month between $2 and $3 and quarantine is null order by block, id, month";
const COVERAGE_BY_CAMPAIGN: &str = "\
-- coverage_by_campaign
select block, id, device, source, locked_to, points from coverage_blocks
where block = any($1) and campaign = $2 and quarantine is null order by block, id, month";
const SPEED_BY_MONTH: &str = "\
-- speed_by_month
select block, id, device, source, at_minute, hex, medium, access, operator, technology, roaming, failure,
    download_bps, upload_bps, idle_latency_us, loaded_latency_us, jitter_us, loss_ppm, protocol, bytes,
    plan_download_bps
from speed_tests
where block = any($1) and month between $2 and $3 and quarantine is null order by block, id";
const SPEED_BY_CAMPAIGN: &str = "\
-- speed_by_campaign
select block, id, device, source, at_minute, hex, medium, access, operator, technology, roaming, failure,
    download_bps, upload_bps, idle_latency_us, loaded_latency_us, jitter_us, loss_ppm, protocol, bytes,
    plan_download_bps
from speed_tests
where block = any($1) and campaign = $2 and quarantine is null order by block, id";

/// Evidence of one block in one window.
pub async fn read_block(ex: impl Read, block: Hex, window: &Window) -> Result<BlockEvidence, StoreError> {
    let mut read = read_blocks(ex, &[(block, window.clone())]).await?;
    Ok(read.pop().unwrap_or_default())
}

/// Only the speed tests of one block in one window.
pub async fn read_speed_tests(ex: impl Read, block: Hex, window: &Window) -> Result<Vec<SpeedEvidence>, StoreError> {
    let mut conn = ex.conn().await?;
    speed_rows(&mut conn, &[block.as_i64()], window).await?.iter().map(SpeedRow::read).collect()
}

/// Evidence of many keys at once, in their order: two queries a window.
pub async fn read_blocks(ex: impl Read, keys: &[(Hex, Window)]) -> Result<Vec<BlockEvidence>, StoreError> {
    let mut conn = ex.conn().await?;
    let mut by_window: BTreeMap<&Window, HashMap<i64, usize>> = BTreeMap::new();
    for (at, (block, window)) in keys.iter().enumerate() {
        by_window.entry(window).or_default().insert(block.as_i64(), at);
    }
    let mut out = vec![BlockEvidence::default(); keys.len()];
    for (window, blocks) in by_window {
        let wanted: Vec<i64> = blocks.keys().copied().collect();
        for row in coverage_rows(&mut conn, &wanted, window).await? {
            if let Some(&at) = blocks.get(&row.block) {
                row.add_to(&mut out[at].coverage)?;
            }
        }
        for row in speed_rows(&mut conn, &wanted, window).await? {
            if let Some(&at) = blocks.get(&row.block) {
                out[at].speed.push(row.read()?);
            }
        }
    }
    // A key that is asked for twice gets its answer twice.
    for at in 0..keys.len() {
        if let Some(last) = keys[at + 1..].iter().rposition(|key| *key == keys[at]) {
            out[at] = out[at + 1 + last].clone();
        }
    }
    Ok(out)
}

async fn coverage_rows(
    conn: &mut PgConnection,
    blocks: &[i64],
    window: &Window,
) -> Result<Vec<CoverageRow>, StoreError> {
    let query = match (window, month::months(window)) {
        (_, Some((first, last))) => sqlx::query_as(COVERAGE_BY_MONTH).bind(blocks).bind(first).bind(last),
        (window, None) => sqlx::query_as(COVERAGE_BY_CAMPAIGN).bind(blocks).bind(campaign_of(window)),
    };
    query.fetch_all(conn).await.map_err(StoreError::doing("read coverage points"))
}

async fn speed_rows(conn: &mut PgConnection, blocks: &[i64], window: &Window) -> Result<Vec<SpeedRow>, StoreError> {
    let query = match (window, month::months(window)) {
        (_, Some((first, last))) => sqlx::query_as(SPEED_BY_MONTH).bind(blocks).bind(first).bind(last),
        (window, None) => sqlx::query_as(SPEED_BY_CAMPAIGN).bind(blocks).bind(campaign_of(window)),
    };
    query.fetch_all(conn).await.map_err(StoreError::doing("read speed tests"))
}

fn campaign_of(window: &Window) -> Option<String> {
    match window {
        Window::Campaign(id) => Some(id.to_string()),
        Window::Month { .. } | Window::Year(_) => None,
    }
}

#[derive(sqlx::FromRow)]
struct CoverageRow {
    block: i64,
    id: Uuid,
    device: Vec<u8>,
    source: String,
    locked_to: Option<String>,
    points: Vec<u8>,
}

impl CoverageRow {
    fn add_to(&self, out: &mut Vec<CoverageEvidence>) -> Result<(), StoreError> {
        let id = rows::checked("an item id", ItemId::from_uuid(self.id))?;
        let points = rows::checked("coverage points", points::decode(rows::hex(self.block)?, &self.points))?;
        match out.last_mut() {
            // A track that crosses midnight at the end of a month has two rows.
            Some(before) if before.track.id == id => before.track.points.extend(points),
            _ => out.push(CoverageEvidence {
                device: DevicePseudonym::from_bytes(rows::bytes("a device pseudonym", &self.device)?),
                source: rows::parsed("a source class", &self.source)?,
                track: CoverageTrack {
                    id,
                    locked_to: rows::parsed_opt("a technology", self.locked_to.as_deref())?,
                    points,
                },
            }),
        }
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct SpeedRow {
    block: i64,
    id: Uuid,
    device: Vec<u8>,
    source: String,
    at_minute: i32,
    hex: i64,
    medium: Option<String>,
    access: Option<String>,
    operator: Option<String>,
    technology: Option<String>,
    roaming: Option<bool>,
    failure: Option<String>,
    download_bps: Option<i64>,
    upload_bps: Option<i64>,
    idle_latency_us: Option<i32>,
    loaded_latency_us: Option<i32>,
    jitter_us: Option<i32>,
    loss_ppm: Option<i32>,
    protocol: String,
    bytes: i64,
    plan_download_bps: Option<i64>,
}

impl SpeedRow {
    fn read(&self) -> Result<SpeedEvidence, StoreError> {
        let outcome = match &self.failure {
            Some(cause) => TestOutcome::Failed(rows::parsed("a failure cause", cause)?),
            None => TestOutcome::Completed(SpeedResult {
                download: bit_rate(self.download_bps)?,
                upload: bit_rate(self.upload_bps)?,
                idle_latency: rtt(self.idle_latency_us)?,
                loaded_latency: rtt(self.loaded_latency_us)?,
                jitter: rtt(self.jitter_us)?,
                loss: self
                    .loss_ppm
                    .map(|ppm| rows::checked("a packet loss", Loss::from_ppm(ppm.cast_unsigned())))
                    .transpose()?,
            }),
        };
        Ok(SpeedEvidence {
            device: DevicePseudonym::from_bytes(rows::bytes("a device pseudonym", &self.device)?),
            source: rows::parsed("a source class", &self.source)?,
            test: SpeedTest {
                id: rows::checked("an item id", ItemId::from_uuid(self.id))?,
                at: rows::at_minute(self.at_minute)?,
                hex: rows::hex(self.hex)?,
                network: self.network()?,
                outcome,
                protocol: rows::parsed("a protocol", &self.protocol)?,
                bytes: ByteCount::from_bytes(self.bytes.cast_unsigned()),
                plan_download: bit_rate(self.plan_download_bps)?,
            },
        })
    }

    fn network(&self) -> Result<Network, StoreError> {
        match (&self.medium, &self.operator, self.roaming) {
            (Some(medium), None, None) => Ok(Network::Fixed {
                medium: rows::parsed("a fixed medium", medium)?,
                access: rows::parsed_opt("an access technology", self.access.as_deref())?,
            }),
            (None, Some(operator), Some(roaming)) => Ok(Network::Mobile {
                operator: rows::parsed("an operator", operator)?,
                technology: rows::parsed_opt("a technology", self.technology.as_deref())?,
                roaming,
            }),
            _ => Err(StoreError::corrupt("a speed test", "neither fixed nor mobile")),
        }
    }
}

fn bit_rate(bps: Option<i64>) -> Result<Option<BitRate>, StoreError> {
    bps.map(|bps| rows::checked("a bit rate", BitRate::from_bps(bps.cast_unsigned()))).transpose()
}

fn rtt(micros: Option<i32>) -> Result<Option<Rtt>, StoreError> {
    let checked = |us: i32| rows::checked("a latency", Rtt::from_micros(u64::from(us.cast_unsigned())));
    micros.map(checked).transpose()
}
