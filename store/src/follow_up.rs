//! What became of the items of a batch, for whoever holds its code.

use domain::{DevicePseudonym, RegionId, ReleaseId, SourceClass, Window};
use sqlx::types::Json;

use crate::{Read, StoreError, Tx, rows};

/// A batch to be followed.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUpRow {
    /// Hash of the code.
    pub code: [u8; 16],
    /// Whose it is.
    pub device: DevicePseudonym,
    /// What became of each item; the shape is the caller's.
    pub items: serde_json::Value,
}

/// A batch that is being followed.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowedBatch {
    /// As saved.
    pub items: serde_json::Value,
    /// Number of the newest release when it came.
    pub after_release: i64,
}

/// The first release that counts a batch in one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountingRelease {
    /// Its id.
    pub id: ReleaseId,
    /// Its region.
    pub region: RegionId,
    /// Its window.
    pub window: Window,
    /// Its source class.
    pub source: SourceClass,
}

const SAVE: &str = "\
-- follow_up_save
insert into follow_ups (code, device, after_release, items)
select code, device, (select coalesce(max(number), 0) from releases), items
from unnest($1::bytea[], $2::bytea[], $3::jsonb[]) as fresh (code, device, items)
order by code
on conflict (code) do nothing";
const READ: &str = "\
-- follow_up_read
select items, after_release from follow_ups where code = $1";
const COUNTING: &str = "\
-- follow_up_releases
select distinct on (region, time_window, source) id, region, time_window, source from releases
where number > $1 and time_window = any($2) order by region, time_window, source, number";

/// Saves batches; one that was saved before stays as it is.
pub async fn save_follow_ups(tx: &mut Tx<'_>, batches: &[FollowUpRow]) -> Result<(), StoreError> {
    if batches.is_empty() {
        return Ok(());
    }
    sqlx::query(SAVE)
        .bind(batches.iter().map(|batch| batch.code.as_slice()).collect::<Vec<_>>())
        .bind(batches.iter().map(|batch| batch.device.as_bytes().as_slice()).collect::<Vec<_>>())
        .bind(batches.iter().map(|batch| Json(&batch.items)).collect::<Vec<_>>())
        .execute(tx.conn())
        .await
        .map(drop)
        .map_err(StoreError::doing("save follow-up codes"))
}

/// The batch of a code.
pub async fn followed_batch(ex: impl Read, code: [u8; 16]) -> Result<Option<FollowedBatch>, StoreError> {
    let mut conn = ex.conn().await?;
    let row: Option<(Json<serde_json::Value>, i64)> = sqlx::query_as(READ)
        .bind(code.as_slice())
        .fetch_optional(&mut *conn)
        .await
        .map_err(StoreError::doing("look up a follow-up code"))?;
    Ok(row.map(|(Json(items), after_release)| FollowedBatch { items, after_release }))
}

/// The first release of each region, window and source class after the release of that number.
pub async fn releases_after(
    ex: impl Read,
    number: i64,
    windows: &[String],
) -> Result<Vec<CountingRelease>, StoreError> {
    let mut conn = ex.conn().await?;
    let found: Vec<(String, String, String, String)> = sqlx::query_as(COUNTING)
        .bind(number)
        .bind(windows)
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("look up releases"))?;
    let read = |(id, region, window, source): (String, String, String, String)| {
        Ok(CountingRelease {
            id: rows::parsed("a release id", &id)?,
            region: rows::parsed("a region id", &region)?,
            window: rows::parsed("a window", &window)?,
            source: rows::parsed("a source class", &source)?,
        })
    };
    found.into_iter().map(read).collect()
}
