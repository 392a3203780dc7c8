//! What goes again: a device's evidence on its owner's word, a year's evidence with its key.

use std::collections::BTreeSet;

use domain::{DevicePseudonym, Hex, Window};

use crate::{Read, StoreError, Tx, dirty, evidence, month::Month, rows};

/// What was erased of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Speed tests.
    pub speed_tests: u64,
    /// Coverage tracks.
    pub coverage_tracks: u64,
    /// Dead-spot reports.
    pub dead_spot_reports: u64,
}

const SPEED: &str = "\
-- erase_speed_tests
delete from speed_tests where device = any($1) returning id, block, month, campaign";
const COVERAGE: &str = "\
-- erase_coverage
delete from coverage_blocks where device = any($1) returning id, block, month, campaign";
const DEAD_SPOTS: &str = "\
-- erase_dead_spot_reports
delete from dead_spot_reports where device = any($1) returning id, block, month, campaign";
const HASHES: &str = "\
-- erase_content_hashes
update item_ids set content_hash = null where id = any($1)";
const FOLLOW_UPS: &str = "\
-- erase_follow_ups
delete from follow_ups where device = any($1)";

/// Deletes all evidence of a device, by its pseudonyms of all years, and marks its blocks dirty.
///
/// The ids stay taken, without the hash of what they were: an item of it that arrives again is a duplicate of nothing, and
/// is not kept.
pub async fn erase_device(tx: &mut Tx<'_>, pseudonyms: &[DevicePseudonym]) -> Result<Erased, StoreError> {
    evidence::beside_retention(tx).await?;
    let mut stale = BTreeSet::new();
    let erased = Erased {
        speed_tests: delete(tx, SPEED, pseudonyms, &mut stale).await?,
        coverage_tracks: delete(tx, COVERAGE, pseudonyms, &mut stale).await?,
        dead_spot_reports: delete(tx, DEAD_SPOTS, pseudonyms, &mut stale).await?,
    };
    sqlx::query(FOLLOW_UPS)
        .bind(bytes(pseudonyms))
        .execute(tx.conn())
        .await
        .map_err(StoreError::doing("erase follow-up codes"))?;
    dirty::mark(tx, &stale.into_iter().collect::<Vec<_>>()).await?;
    Ok(erased)
}

/// Id, block, month and campaign of a row that was changed.
pub(crate) type Touched = (uuid::Uuid, i64, i32, Option<String>);

async fn delete(
    tx: &mut Tx<'_>,
    sql: &'static str,
    pseudonyms: &[DevicePseudonym],
    stale: &mut BTreeSet<(Hex, Window)>,
) -> Result<u64, StoreError> {
    let doing = || StoreError::doing("erase evidence");
    let gone: Vec<Touched> = sqlx::query_as(sql).bind(bytes(pseudonyms)).fetch_all(tx.conn()).await.map_err(doing())?;
    let ids: Vec<uuid::Uuid> = gone.iter().map(|(id, ..)| *id).collect();
    sqlx::query(HASHES).bind(ids).execute(tx.conn()).await.map_err(doing())?;
    touch(gone, stale)
}

/// Number of items, and the keys whose leaves they were or will be in.
pub(crate) fn touch(touched: Vec<Touched>, stale: &mut BTreeSet<(Hex, Window)>) -> Result<u64, StoreError> {
    let mut ids = BTreeSet::new();
    for (id, block, month, campaign) in touched {
        ids.insert(id);
        let block = rows::hex(block)?;
        stale.insert((block, Window::Year(Month(month).year())));
        if let Some(campaign) = campaign {
            stale.insert((block, Window::Campaign(rows::parsed("a campaign id", &campaign)?)));
        }
    }
    Ok(ids.len() as u64)
}

fn bytes(pseudonyms: &[DevicePseudonym]) -> Vec<&[u8]> {
    pseudonyms.iter().map(|pseudonym| pseudonym.as_bytes().as_slice()).collect()
}

/// What went with years that are over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Years whose key was destroyed.
    pub years: Vec<i16>,
    /// Tables that were dropped: three a month.
    pub tables: u64,
}

const TABLES: &str = "\
-- retention_tables
select child.relname from pg_inherits
join pg_class child on child.oid = pg_inherits.inhrelid join pg_class parent on parent.oid = pg_inherits.inhparent
where parent.relname in ('speed_tests', 'coverage_blocks', 'dead_spot_reports')
    and substring(child.relname from '_([0-9]+)_[0-9]{2}$')::integer < $1
order by 1";
const ALONE: &str = "\
-- retention_alone
select pg_advisory_xact_lock(hashtext('whitespot retention'))";
const KEYS: &str = "\
-- retention_keys
delete from year_keys where year < $1 returning year";
const KEEP_FROM: &str = "\
-- retention_keep_from
insert into retention (kept_from) values ($1)
on conflict ((true)) do update set kept_from = greatest(retention.kept_from, excluded.kept_from)";
const KEPT_FROM: &str = "\
-- retention_kept_from
select kept_from from retention";
// Windows of the past years; and campaigns that began in them, of which something may be left.
const LEAVES: &str = "\
-- retention_leaves
with gone as (
    delete from leaves
    where (time_window ~ '^[0-9]{4}(-[0-9]{2})?$' and substring(time_window from 1 for 4)::integer < $1)
        or time_window in (select 'campaign:' || id from campaigns
            where from_second < extract(epoch from make_timestamptz($1, 1, 1, 0, 0, 0, 'UTC')))
    returning block, time_window
)
select distinct block, time_window from gone where time_window like 'campaign:%'";
const REST: [&str; 4] = [
    "-- retention_dirty_marks
delete from dirty_marks where time_window ~ '^[0-9]{4}(-[0-9]{2})?$' and substring(time_window from 1 for 4)::integer < $1",
    "-- retention_dirty_blocks
delete from dirty_blocks where time_window ~ '^[0-9]{4}(-[0-9]{2})?$' and substring(time_window from 1 for 4)::integer < $1",
    "-- retention_follow_ups
delete from follow_ups where received_on < make_date($1, 1, 1)",
    "-- retention_ids
delete from item_ids where received_on < make_date($1, 1, 1)",
];

/// Destroys the evidence of all years before `keep_from` together with their keys. Releases stay.
pub async fn forget_years(tx: &mut Tx<'_>, keep_from: i16) -> Result<Forgotten, StoreError> {
    let doing = || StoreError::doing("destroy the evidence of past years");
    let keep = i32::from(keep_from);
    // Nobody writes meanwhile, and who comes after sees that these years are gone.
    sqlx::query(ALONE).execute(tx.conn()).await.map_err(doing())?;
    // Marks, keys, evidence, leaves: the order of an aggregator, so that the two wait once and not crosswise.
    for sql in REST {
        sqlx::query(sql).bind(keep).execute(tx.conn()).await.map_err(doing())?;
    }
    let tables: Vec<String> = sqlx::query_scalar(TABLES).bind(keep).fetch_all(tx.conn()).await.map_err(doing())?;
    for table in &tables {
        // Names of our own making (evidence_partition). An id may have come in a later year, and stays longer.
        let hashes = format!("update item_ids set content_hash = null where id in (select id from \"{table}\")");
        sqlx::query(sqlx::AssertSqlSafe(hashes)).execute(tx.conn()).await.map_err(doing())?;
        sqlx::query(sqlx::AssertSqlSafe(format!("drop table \"{table}\""))).execute(tx.conn()).await.map_err(doing())?;
    }
    let years: Vec<i16> = sqlx::query_scalar(KEYS).bind(keep).fetch_all(tx.conn()).await.map_err(doing())?;
    sqlx::query(KEEP_FROM).bind(keep_from).execute(tx.conn()).await.map_err(doing())?;
    let stale: Vec<(i64, String)> = sqlx::query_as(LEAVES).bind(keep).fetch_all(tx.conn()).await.map_err(doing())?;
    let stale = stale.into_iter().map(rows::key).collect::<Result<Vec<_>, _>>()?;
    dirty::mark(tx, &stale).await?;
    Ok(Forgotten { years, tables: tables.len() as u64 })
}

/// The first year whose evidence is kept, if an earlier one was destroyed.
pub async fn kept_from(ex: impl Read) -> Result<Option<i16>, StoreError> {
    let mut conn = ex.conn().await?;
    sqlx::query_scalar(KEPT_FROM).fetch_optional(&mut *conn).await.map_err(StoreError::doing("read the retention"))
}
