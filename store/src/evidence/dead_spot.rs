use domain::{DeadSpotReport, NewEvidence};
use jiff::civil::Date;

use super::{Common, Place};
use crate::{StoreError, Tx, month::Month, points, rows};

const INSERT: &str = "\
-- dead_spot_reports_insert
insert into dead_spot_reports (id, month, block, device, source, campaign, quarantine, at_minute, hex, failing,
    operator, since_day, comment)
select * from unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::text[],
    $8::integer[], $9::bigint[], $10::text[], $11::text[], $12::integer[], $13::text[])";

/// Rows of `dead_spot_reports`, column by column.
#[derive(Debug, Default)]
pub(super) struct Columns {
    common: Common,
    minutes: Vec<i32>,
    hexes: Vec<i64>,
    failing: Vec<&'static str>,
    operators: Vec<Option<String>>,
    since: Vec<Option<i32>>,
    comments: Vec<Option<String>>,
}

impl Columns {
    /// One row.
    pub fn push(&mut self, item: &NewEvidence, report: &DeadSpotReport) -> Result<(), StoreError> {
        let place = Place { block: points::block_of(report.hex)?, month: Month::of(report.at) };
        self.common.push(item, place);
        self.minutes.push(rows::minute_of(report.at));
        self.hexes.push(report.hex.as_i64());
        self.failing.push(report.failing.code());
        self.operators.push(report.operator.map(|operator| operator.to_string()));
        self.since.push(report.since.map(day_of));
        self.comments.push(report.comment.as_ref().map(ToString::to_string));
        Ok(())
    }

    pub async fn insert(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if self.minutes.is_empty() {
            return Ok(());
        }
        sqlx::query(INSERT)
            .bind(self.common.ids)
            .bind(self.common.months)
            .bind(self.common.blocks)
            .bind(self.common.devices)
            .bind(self.common.sources)
            .bind(self.common.campaigns)
            .bind(self.common.quarantines)
            .bind(self.minutes)
            .bind(self.hexes)
            .bind(self.failing)
            .bind(self.operators)
            .bind(self.since)
            .bind(self.comments)
            .execute(tx.conn())
            .await
            .map(drop)
            .map_err(StoreError::doing("keep dead-spot reports"))
    }
}

/// Days since 1970.
fn day_of(date: Date) -> i32 {
    Date::new(1970, 1, 1).and_then(|epoch| epoch.until(date)).map_or(0, |span| span.get_days())
}
