use std::collections::{BTreeMap, HashMap};

use domain::{
    BitRate, ByteCount, CoverageEvidence, CoverageTrack, DevicePseudonym, Hex, ItemId, Loss, Rtt, SpeedEvidence,
    SpeedTest, Window,
    record::{Network, SpeedResult, TestOutcome},
};
use futures_util::{TryStreamExt as _, stream::BoxStream};
use sqlx::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{DirtyBlock, Read, StoreError, month, points, rows};

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

/// A piece of what is known of one block in one window.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// The points of a track that lie in the block and one month.
    Coverage(CoverageEvidence),
    /// A speed test.
    Speed(SpeedEvidence),
    /// There is no more of this key.
    End,
}

/// Which of the keys that were asked for, and a piece of its evidence or why that cannot be read.
pub type PieceRead = (usize, Result<Piece, StoreError>);

/// Evidence of one block in one window.
pub async fn read_block(ex: impl Read, block: Hex, window: &Window) -> Result<BlockEvidence, StoreError> {
    let (to, mut from) = mpsc::channel(1);
    let keys = [(block, window.clone())];
    let reading = async move { send_evidence(ex, &keys, &to).await };
    // Moved: when it ends early, nobody receives any more.
    let collecting = async move {
        let mut evidence = BlockEvidence::default();
        while let Some((_, piece)) = from.recv().await {
            evidence.add(piece?);
        }
        Ok::<_, StoreError>(evidence)
    };
    let (read, evidence) = tokio::join!(reading, collecting);
    read.and(evidence)
}

impl BlockEvidence {
    fn add(&mut self, piece: Piece) {
        match piece {
            Piece::Speed(test) => self.speed.push(test),
            // A track that crosses midnight at the end of a month has two rows.
            Piece::Coverage(piece) => match self.coverage.last_mut() {
                Some(before) if before.track.id == piece.track.id => before.track.points.extend(piece.track.points),
                _ => self.coverage.push(piece),
            },
            Piece::End => {}
        }
    }
}

/// Only the speed tests of one block in one window.
pub async fn read_speed_tests(ex: impl Read, block: Hex, window: &Window) -> Result<Vec<SpeedEvidence>, StoreError> {
    let mut conn = ex.conn().await?;
    let mut stored = speed_rows(&mut conn, vec![block.as_i64()], window);
    let mut found = Vec::new();
    while let Some(row) = stored.try_next().await.map_err(StoreError::doing("read speed tests"))? {
        found.push(row.read()?);
    }
    Ok(found)
}

/// Keys whose evidence two queries read: few enough that their speed tests, which come first, are no great deal.
const KEYS_A_QUERY: usize = 32;

/// Sends the evidence of many keys, each key once and with an end. Of some keys at a time all speed tests come first, then
/// coverage key by key. A damaged row is an error of its own key. Nothing more is read when nobody receives.
pub async fn send_evidence(ex: impl Read, keys: &[DirtyBlock], to: &mpsc::Sender<PieceRead>) -> Result<(), StoreError> {
    let mut conn = ex.conn().await?;
    let mut by_window: BTreeMap<&Window, BTreeMap<i64, usize>> = BTreeMap::new();
    for (at, (block, window)) in keys.iter().enumerate() {
        by_window.entry(window).or_default().entry(block.as_i64()).or_insert(at);
    }
    for (window, blocks) in by_window {
        let blocks: Vec<(i64, usize)> = blocks.into_iter().collect();
        for some in blocks.chunks(KEYS_A_QUERY) {
            if !send_some(&mut conn, window, some, to).await? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// `false`: nobody receives.
async fn send_some(
    conn: &mut PgConnection,
    window: &Window,
    keys: &[(i64, usize)],
    to: &mpsc::Sender<PieceRead>,
) -> Result<bool, StoreError> {
    let blocks: Vec<i64> = keys.iter().map(|&(block, _)| block).collect();
    let mut open: HashMap<i64, usize> = keys.iter().copied().collect();
    let mut tests = speed_rows(conn, blocks.clone(), window);
    while let Some(row) = tests.try_next().await.map_err(StoreError::doing("read speed tests"))? {
        if let Some(&at) = open.get(&row.block)
            && to.send((at, row.read().map(Piece::Speed))).await.is_err()
        {
            return Ok(false);
        }
    }
    drop(tests);
    let mut points = coverage_rows(conn, blocks, window);
    let mut last = None;
    while let Some(row) = points.try_next().await.map_err(StoreError::doing("read coverage points"))? {
        if let Some(before) = last.replace(row.block)
            && before != row.block
            && let Some(at) = open.remove(&before)
            && to.send((at, Ok(Piece::End))).await.is_err()
        {
            return Ok(false);
        }
        if let Some(&at) = open.get(&row.block)
            && to.send((at, row.read().map(Piece::Coverage))).await.is_err()
        {
            return Ok(false);
        }
    }
    for at in open.into_values() {
        if to.send((at, Ok(Piece::End))).await.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn coverage_rows<'c>(
    conn: &'c mut PgConnection,
    blocks: Vec<i64>,
    window: &Window,
) -> BoxStream<'c, Result<CoverageRow, sqlx::Error>> {
    let query = match (window, month::months(window)) {
        (_, Some((first, last))) => sqlx::query_as(COVERAGE_BY_MONTH).bind(blocks).bind(first).bind(last),
        (window, None) => sqlx::query_as(COVERAGE_BY_CAMPAIGN).bind(blocks).bind(campaign_of(window)),
    };
    query.fetch(conn)
}

fn speed_rows<'c>(
    conn: &'c mut PgConnection,
    blocks: Vec<i64>,
    window: &Window,
) -> BoxStream<'c, Result<SpeedRow, sqlx::Error>> {
    let query = match (window, month::months(window)) {
        (_, Some((first, last))) => sqlx::query_as(SPEED_BY_MONTH).bind(blocks).bind(first).bind(last),
        (window, None) => sqlx::query_as(SPEED_BY_CAMPAIGN).bind(blocks).bind(campaign_of(window)),
    };
    query.fetch(conn)
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
    fn read(&self) -> Result<CoverageEvidence, StoreError> {
        Ok(CoverageEvidence {
            device: DevicePseudonym::from_bytes(rows::bytes("a device pseudonym", &self.device)?),
            source: rows::parsed("a source class", &self.source)?,
            track: CoverageTrack {
                id: rows::checked("an item id", ItemId::from_uuid(self.id))?,
                locked_to: rows::parsed_opt("a technology", self.locked_to.as_deref())?,
                points: rows::checked("coverage points", points::decode(rows::hex(self.block)?, &self.points))?,
            },
        })
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
