//! Bounded collection efforts.

use domain::{CampaignId, RegionId, SourceClass};
use jiff::Timestamp;

use crate::{Read, StoreError, Tx, rows};

/// A campaign, for example a Mobilfunkmesswoche.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignRow {
    /// Its id.
    pub id: CampaignId,
    /// Where it runs.
    pub region: RegionId,
    /// For people.
    pub title: String,
    /// First instant; kept to the second.
    pub from: Timestamp,
    /// First instant after it.
    pub to: Timestamp,
    /// Class of the evidence it collects: crowd or simulated.
    pub source: SourceClass,
}

type Row = (String, String, String, i64, i64, String);

const SAVE: &str = "\
-- campaign_save
insert into campaigns (id, region, title, from_second, to_second, source) values ($1, $2, $3, $4, $5, $6)
on conflict (id) do update set region = excluded.region, title = excluded.title,
    from_second = excluded.from_second, to_second = excluded.to_second, source = excluded.source";
const ONE: &str = "\
-- campaign_by_id
select id, region, title, from_second, to_second, source from campaigns where id = $1";
const OF_REGION: &str = "\
-- campaigns_of_region
select id, region, title, from_second, to_second, source from campaigns where region = $1 order by from_second, id";

/// Writes a campaign, or replaces what was known of it.
pub async fn save_campaign(tx: &mut Tx<'_>, campaign: &CampaignRow) -> Result<(), StoreError> {
    sqlx::query(SAVE)
        .bind(campaign.id.as_str())
        .bind(campaign.region.as_str())
        .bind(&campaign.title)
        .bind(campaign.from.as_second())
        .bind(campaign.to.as_second())
        .bind(campaign.source.code())
        .execute(tx.conn())
        .await
        .map(drop)
        .map_err(StoreError::doing("save a campaign (it must end after it begins)"))
}

/// One campaign.
pub async fn campaign(ex: impl Read, id: &CampaignId) -> Result<Option<CampaignRow>, StoreError> {
    let mut conn = ex.conn().await?;
    let row: Option<Row> = sqlx::query_as(ONE)
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await
        .map_err(StoreError::doing("read a campaign"))?;
    row.map(from_row).transpose()
}

/// The campaigns of a region, oldest first.
pub async fn campaigns(ex: impl Read, region: &RegionId) -> Result<Vec<CampaignRow>, StoreError> {
    let mut conn = ex.conn().await?;
    let rows: Vec<Row> = sqlx::query_as(OF_REGION)
        .bind(region.as_str())
        .fetch_all(&mut *conn)
        .await
        .map_err(StoreError::doing("list campaigns"))?;
    rows.into_iter().map(from_row).collect()
}

fn from_row((id, region, title, from, to, source): Row) -> Result<CampaignRow, StoreError> {
    Ok(CampaignRow {
        id: rows::parsed("a campaign id", &id)?,
        region: rows::parsed("a region id", &region)?,
        title,
        from: rows::checked("the begin of a campaign", Timestamp::from_second(from))?,
        to: rows::checked("the end of a campaign", Timestamp::from_second(to))?,
        source: rows::parsed("a source class", &source)?,
    })
}
