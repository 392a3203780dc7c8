use domain::{
    BitRate, Loss, NewEvidence, Rtt, SpeedTest, Technology,
    record::{AccessTechnology, Network, SpeedResult, TestOutcome},
};

use super::{Common, Place};
use crate::{StoreError, Tx, month::Month, points, rows};

const INSERT: &str = "\
-- speed_tests_insert
insert into speed_tests (id, month, block, device, source, campaign, quarantine, at_minute, hex, medium, access,
    operator, technology, roaming, failure, download_bps, upload_bps, idle_latency_us, loaded_latency_us, jitter_us,
    loss_ppm, protocol, bytes, plan_download_bps)
select * from unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::text[],
    $8::integer[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[], $14::boolean[], $15::text[],
    $16::bigint[], $17::bigint[], $18::integer[], $19::integer[], $20::integer[], $21::integer[], $22::text[],
    $23::bigint[], $24::bigint[])";

/// Rows of `speed_tests`, column by column.
#[derive(Debug, Default)]
pub(super) struct Columns {
    common: Common,
    minutes: Vec<i32>,
    hexes: Vec<i64>,
    media: Vec<Option<&'static str>>,
    accesses: Vec<Option<&'static str>>,
    operators: Vec<Option<String>>,
    technologies: Vec<Option<&'static str>>,
    roaming: Vec<Option<bool>>,
    failures: Vec<Option<&'static str>>,
    downloads: Vec<Option<i64>>,
    uploads: Vec<Option<i64>>,
    idle_latencies: Vec<Option<i32>>,
    loaded_latencies: Vec<Option<i32>>,
    jitters: Vec<Option<i32>>,
    losses: Vec<Option<i32>>,
    protocols: Vec<&'static str>,
    bytes: Vec<i64>,
    plans: Vec<Option<i64>>,
}

impl Columns {
    /// One row; says where.
    pub fn push(&mut self, item: &NewEvidence, test: &SpeedTest) -> Result<Place, StoreError> {
        let place = Place { block: points::block_of(test.hex)?, month: Month::of(test.at) };
        self.common.push(item, place);
        self.minutes.push(rows::minute_of(test.at));
        self.hexes.push(test.hex.as_i64());
        self.push_network(&test.network);
        let (result, failure) = match test.outcome {
            TestOutcome::Completed(result) => (result, None),
            TestOutcome::Failed(cause) => (SpeedResult::default(), Some(cause.code())),
        };
        self.failures.push(failure);
        self.downloads.push(result.download.map(bps));
        self.uploads.push(result.upload.map(bps));
        self.idle_latencies.push(result.idle_latency.map(micros));
        self.loaded_latencies.push(result.loaded_latency.map(micros));
        self.jitters.push(result.jitter.map(micros));
        self.losses.push(result.loss.map(Loss::as_ppm).map(u32::cast_signed));
        self.protocols.push(test.protocol.code());
        self.bytes.push(i64::try_from(test.bytes.as_bytes()).unwrap_or(i64::MAX));
        self.plans.push(test.plan_download.map(bps));
        Ok(place)
    }

    fn push_network(&mut self, network: &Network) {
        let (medium, access, operator, technology, roaming) = match *network {
            Network::Fixed { medium, access } => {
                (Some(medium.code()), access.map(AccessTechnology::code), None, None, None)
            }
            Network::Mobile { operator, technology, roaming } => {
                (None, None, Some(operator.to_string()), technology.map(Technology::code), Some(roaming))
            }
        };
        self.media.push(medium);
        self.accesses.push(access);
        self.operators.push(operator);
        self.technologies.push(technology);
        self.roaming.push(roaming);
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
            .bind(self.media)
            .bind(self.accesses)
            .bind(self.operators)
            .bind(self.technologies)
            .bind(self.roaming)
            .bind(self.failures)
            .bind(self.downloads)
            .bind(self.uploads)
            .bind(self.idle_latencies)
            .bind(self.loaded_latencies)
            .bind(self.jitters)
            .bind(self.losses)
            .bind(self.protocols)
            .bind(self.bytes)
            .bind(self.plans)
            .execute(tx.conn())
            .await
            .map(drop)
            .map_err(StoreError::doing("keep speed tests"))
    }
}

/// `BitRate::MAX` is far below the limit of `bigint`.
const fn bps(rate: BitRate) -> i64 {
    rate.as_bps().cast_signed()
}

/// `Rtt::MAX` is below the limit of `integer`.
const fn micros(rtt: Rtt) -> i32 {
    rtt.as_micros().cast_signed()
}
