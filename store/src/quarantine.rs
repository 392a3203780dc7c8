//! What is kept outside of the statistics: to be looked at, and to be lifted when a person has looked.

use std::collections::BTreeSet;

use domain::{CampaignId, DevicePseudonym, Hex, HourStamp, ItemId, QuarantineReason, Window};
use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Read, StoreError, Tx, dirty, erasure, evidence, points, rows};

/// Which quarantined items; all of them by default.
#[derive(Clone, Debug, Default)]
pub struct QuarantineFilter {
    /// Only with this reason.
    pub reason: Option<QuarantineReason>,
    /// Only of this campaign.
    pub campaign: Option<CampaignId>,
    /// Only this one.
    pub item: Option<ItemId>,
}

/// A quarantined item, or the part of a track that lies in one block and month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinedItem {
    /// Its id: parts of one track in one calendar year share it.
    pub id: ItemId,
    /// The stable code of its record kind.
    pub kind: &'static str,
    /// Why it does not count.
    pub reason: QuarantineReason,
    /// Resolution 7.
    pub block: Hex,
    /// Whose: to be counted, not to be shown.
    pub device: DevicePseudonym,
    /// Its first moment.
    pub first: Timestamp,
    /// Its last moment.
    pub last: Timestamp,
}

const SPEED: &str = "\
-- quarantined_speed_tests
select id, quarantine, block, device, at_minute, null::bytea as points from speed_tests
where quarantine is not null and ($1::text is null or quarantine = $1) and ($2::text is null or campaign = $2)
    and ($3::uuid is null or id = $3)";
const COVERAGE: &str = "\
-- quarantined_coverage
select id, quarantine, block, device, null::integer as at_minute, points from coverage_blocks
where quarantine is not null and ($1::text is null or quarantine = $1) and ($2::text is null or campaign = $2)
    and ($3::uuid is null or id = $3)";
const DEAD_SPOTS: &str = "\
-- quarantined_dead_spot_reports
select id, quarantine, block, device, at_minute, null::bytea as points from dead_spot_reports
where quarantine is not null and ($1::text is null or quarantine = $1) and ($2::text is null or campaign = $2)
    and ($3::uuid is null or id = $3)";
const OFTEN_IN_YEAR: &str = "\
-- often_tested_in_year
select distinct block, month / 12 from speed_tests
where quarantine is null and medium is not null and download_bps is not null
group by block, month / 12, device having count(*) >= $1";
const OFTEN_IN_CAMPAIGN: &str = "\
-- often_tested_in_campaign
select distinct block from speed_tests
where quarantine is null and medium is not null and download_bps is not null and campaign = $2
group by block, device having count(*) >= $1";
const LIFT_SPEED: &str = "\
-- lift_speed_tests
update speed_tests set quarantine = null where quarantine is not null and id = any($1)
returning id, block, month, campaign";
const LIFT_COVERAGE: &str = "\
-- lift_coverage
update coverage_blocks set quarantine = null where quarantine is not null and id = any($1)
returning id, block, month, campaign";
const LIFT_DEAD_SPOTS: &str = "\
-- lift_dead_spot_reports
update dead_spot_reports set quarantine = null where quarantine is not null and id = any($1)
returning id, block, month, campaign";

/// The quarantined items, in no particular order.
pub async fn quarantined(ex: impl Read, filter: &QuarantineFilter) -> Result<Vec<QuarantinedItem>, StoreError> {
    let mut conn = ex.conn().await?;
    let mut found = Vec::new();
    for (kind, sql) in [("speed_test", SPEED), ("coverage_track", COVERAGE), ("dead_spot_report", DEAD_SPOTS)] {
        read(&mut conn, kind, sql, filter, &mut found).await?;
    }
    Ok(found)
}

async fn read(
    conn: &mut PgConnection,
    kind: &'static str,
    sql: &'static str,
    filter: &QuarantineFilter,
    found: &mut Vec<QuarantinedItem>,
) -> Result<(), StoreError> {
    let mut stored = sqlx::query_as(sql)
        .bind(filter.reason.map(QuarantineReason::code))
        .bind(filter.campaign.as_ref().map(CampaignId::as_str))
        .bind(filter.item.map(ItemId::as_uuid))
        .fetch(conn);
    while let Some(row) = stored.try_next().await.map_err(StoreError::doing("list quarantined items"))? {
        let row: Row = row;
        found.extend(row.read(kind)?);
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    quarantine: String,
    block: i64,
    device: Vec<u8>,
    at_minute: Option<i32>,
    points: Option<Vec<u8>>,
}

impl Row {
    /// `None` for a track without points, which nobody writes.
    fn read(&self, kind: &'static str) -> Result<Option<QuarantinedItem>, StoreError> {
        let block = rows::hex(self.block)?;
        let mut times = Vec::new();
        if let Some(minute) = self.at_minute {
            times.push(rows::at_minute(minute)?);
        }
        if let Some(packed) = &self.points {
            let points = rows::checked("coverage points", points::decode(block, packed))?;
            times.extend(points.iter().map(|point| HourStamp::start(point.hour)));
        }
        let Some((&first, &last)) = times.iter().min().zip(times.iter().max()) else { return Ok(None) };
        Ok(Some(QuarantinedItem {
            id: rows::checked("an item id", ItemId::from_uuid(self.id))?,
            kind,
            reason: rows::parsed("a quarantine reason", &self.quarantine)?,
            block,
            device: DevicePseudonym::from_bytes(rows::bytes("a device pseudonym", &self.device)?),
            first,
            last,
        }))
    }
}

/// The blocks and calendar years (or, if one is named, the campaign) in which one device completed so many tests of
/// a fixed line.
pub async fn often_tested(
    ex: impl Read,
    tests: usize,
    campaign: Option<&CampaignId>,
) -> Result<Vec<(Hex, Window)>, StoreError> {
    let mut conn = ex.conn().await?;
    let tests = i64::try_from(tests).unwrap_or(i64::MAX);
    let doing = StoreError::doing("look for devices that tested often");
    if let Some(campaign) = campaign {
        let blocks: Vec<i64> = sqlx::query_scalar(OFTEN_IN_CAMPAIGN)
            .bind(tests)
            .bind(campaign.as_str())
            .fetch_all(&mut *conn)
            .await
            .map_err(doing)?;
        return blocks.into_iter().map(|block| Ok((rows::hex(block)?, Window::Campaign(campaign.clone())))).collect();
    }
    let found: Vec<(i64, i32)> =
        sqlx::query_as(OFTEN_IN_YEAR).bind(tests).fetch_all(&mut *conn).await.map_err(doing)?;
    let key =
        |(block, year): (i64, i32)| Ok((rows::hex(block)?, Window::Year(rows::checked("a year", year.try_into())?)));
    found.into_iter().map(key).collect()
}

/// How many items count again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifted {
    /// Speed tests.
    pub speed_tests: u64,
    /// Coverage tracks, each with all of its parts in one calendar year.
    pub coverage_tracks: u64,
    /// Dead-spot reports.
    pub dead_spot_reports: u64,
}

/// Clears the mark of items and marks their blocks dirty, so that their leaves count them. Whoever was faster has
/// lifted an item: it is not counted twice.
pub async fn lift_quarantine(tx: &mut Tx<'_>, items: &[ItemId]) -> Result<Lifted, StoreError> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.as_uuid()).collect();
    evidence::beside_retention(tx).await?;
    let mut stale = BTreeSet::new();
    let lifted = Lifted {
        speed_tests: erasure::touch(lift(tx, LIFT_SPEED, &ids).await?, &mut stale)?,
        coverage_tracks: erasure::touch(lift(tx, LIFT_COVERAGE, &ids).await?, &mut stale)?,
        // No leaf is made of them.
        dead_spot_reports: erasure::touch(lift(tx, LIFT_DEAD_SPOTS, &ids).await?, &mut BTreeSet::new())?,
    };
    dirty::mark(tx, &stale.into_iter().collect::<Vec<_>>()).await?;
    Ok(lifted)
}

async fn lift(tx: &mut Tx<'_>, sql: &'static str, ids: &[Uuid]) -> Result<Vec<erasure::Touched>, StoreError> {
    sqlx::query_as(sql).bind(ids).fetch_all(tx.conn()).await.map_err(StoreError::doing("lift a quarantine"))
}
