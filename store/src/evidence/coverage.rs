use std::collections::BTreeMap;

use domain::{CoveragePoint, CoverageTrack, DevicePseudonym, HourStamp, NewEvidence, Technology};

use uuid::Uuid;

use super::{Place, device_in};
use crate::{
    StoreError, Tx,
    copy::{Copy, Row},
    month::Month,
    points,
};

// COPY, not INSERT: a group has hundreds of rows, and docs/adr/0008 has the figures.
const COPY: &str = "\
-- coverage_blocks_copy
copy coverage_blocks (id, month, block, device, source, campaign, quarantine, locked_to, points)
from stdin (format binary)";
const FIELDS: i16 = 9;
/// Of a row beside its points, about.
const ROW_BYTES: usize = 140;

/// Rows of `coverage_blocks`, with the place that each goes to.
#[derive(Debug, Default)]
pub(super) struct Rows(Vec<(Place, Row)>);

impl Rows {
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
        let campaign = item.campaign.as_ref().map(ToString::to_string);
        // A device has another name in another year: an id in both would tell whose both are.
        let ids: BTreeMap<i16, Uuid> = item.other_years.keys().map(|&year| (year, Uuid::new_v4())).collect();
        for (&place, points) in &pieces {
            let packed = points::encode(points.iter().copied())?;
            let row = Row::new(FIELDS, ROW_BYTES + packed.len())
                .uuid(ids.get(&place.month.year()).copied().unwrap_or_else(|| item.record.id().as_uuid()))
                .integer(place.month.0)
                .bigint(place.block.as_i64())
                .bytes(DevicePseudonym::as_bytes(device_in(item, place.month)))
                .text(Some(item.source.code()))
                .text(campaign.as_deref())
                .text(item.quarantine.map(domain::QuarantineReason::code))
                .text(track.locked_to.map(Technology::code))
                .bytes(&packed);
            self.0.push((place, row));
        }
        Ok(pieces.into_keys().collect())
    }

    pub async fn insert(mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        // Neighbours in an index are written together, and what is read together lies together.
        self.0.sort_by_key(|&(place, _)| (place.month, place.block));
        let mut copy = Copy::begin(tx, COPY, "keep coverage points").await?;
        for (_, row) in self.0 {
            copy.row(row).await?;
        }
        copy.finish().await
    }
}
