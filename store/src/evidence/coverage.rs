use std::collections::BTreeMap;

use domain::{CoveragePoint, CoverageTrack, HourStamp, NewEvidence, Technology};

use super::{Common, Place};
use crate::{StoreError, Tx, month::Month, points};

const INSERT: &str = "\
-- coverage_blocks_insert
insert into coverage_blocks (id, month, block, device, source, campaign, quarantine, locked_to, points)
select * from unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::bytea[])";

/// Rows of `coverage_blocks`, column by column.
#[derive(Debug, Default)]
pub(super) struct Columns {
    common: Common,
    locked_to: Vec<Option<&'static str>>,
    points: Vec<Vec<u8>>,
}

impl Columns {
    /// One row for each block and month of the track; says which.
    pub fn push(&mut self, item: &NewEvidence, track: &CoverageTrack) -> Result<Vec<Place>, StoreError> {
        let mut pieces: BTreeMap<Place, Vec<&CoveragePoint>> = BTreeMap::new();
        let mut last: Option<(HourStamp, Month)> = None;
        for point in &track.points {
            let month = match last {
                Some((hour, month)) if hour == point.hour => month,
                _ => Month::of_hour(point.hour),
            };
            last = Some((point.hour, month));
            let place = Place { block: points::block_of(point.hex)?, month };
            pieces.entry(place).or_default().push(point);
        }
        for (&place, points) in &pieces {
            self.common.push(item, place);
            self.locked_to.push(track.locked_to.map(Technology::code));
            self.points.push(points::encode(points.iter().copied())?);
        }
        Ok(pieces.into_keys().collect())
    }

    pub async fn insert(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if self.points.is_empty() {
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
            .bind(self.locked_to)
            .bind(self.points)
            .execute(tx.conn())
            .await
            .map(drop)
            .map_err(StoreError::doing("keep coverage points"))
    }
}
