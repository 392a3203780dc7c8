mod geosubmit;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use domain::{
    CampaignId, DeviceSecret, HourStamp, NewEvidence, Outcome, Record, RejectionReason, SourceClass,
    wire::v1::{BatchAnswer, BatchEnvelope, Item, ItemAnswer, MAX_ITEMS, Refusal, read_item},
};
use jiff::Timestamp;
use serde_json::value::RawValue;
use store::{CampaignRow, Store, Stored};
use uuid::Uuid;

use crate::{Checked, IngestError, Pseudonymiser, Validator, writer::WriterHandle};

/// Campaigns by id, as the server knows them. Replaced whole when they change.
pub type Directory = HashMap<CampaignId, CampaignRow>;

/// The ingest service: one batch in, one answer an item out.
#[derive(Debug)]
pub struct Ingest {
    validator: RwLock<Arc<Validator>>,
    campaigns: RwLock<Arc<Directory>>,
    pseudonyms: Pseudonymiser,
    writer: WriterHandle,
}

impl Ingest {
    /// `writer` decides how much may wait.
    pub fn new(store: Store, validator: Validator, campaigns: Directory, writer: WriterHandle) -> Self {
        Self {
            validator: RwLock::new(Arc::new(validator)),
            campaigns: RwLock::new(Arc::new(campaigns)),
            pseudonyms: Pseudonymiser::new(store),
            writer,
        }
    }

    /// Takes new ground and campaigns without a restart.
    pub fn replace(&self, validator: Validator, campaigns: Directory) {
        *self.validator.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(validator);
        *self.campaigns.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(campaigns);
    }

    /// Judges and writes a batch. On an error nothing of it is kept.
    pub async fn submit(&self, body: &[u8]) -> Result<BatchAnswer, IngestError> {
        let batch: BatchEnvelope =
            serde_json::from_slice(body).map_err(|error| IngestError::Malformed(error.to_string()))?;
        if batch.items.len() > MAX_ITEMS {
            return Err(IngestError::TooManyItems { max: MAX_ITEMS, found: batch.items.len() });
        }
        let secret: DeviceSecret =
            batch.device_secret.parse().map_err(|error: domain::Invalid| IngestError::Malformed(error.to_string()))?;
        let validator = Arc::clone(&self.validator.read().unwrap_or_else(PoisonError::into_inner));
        let campaigns = Arc::clone(&self.campaigns.read().unwrap_or_else(PoisonError::into_inner));

        let mut answers = Vec::with_capacity(batch.items.len());
        let mut evidence = Vec::new();
        let mut kept = Vec::new();
        for raw in &batch.items {
            match judge(raw, &validator, &campaigns, batch.campaign.as_ref()) {
                Ok(judged) => {
                    let (device, other_years) = self.pseudonyms.pseudonyms(&secret, &judged.record).await?;
                    kept.push(answers.len());
                    answers.push(judged.answer);
                    evidence.push(NewEvidence {
                        device,
                        other_years,
                        source: judged.source,
                        campaign: judged.campaign,
                        quarantine: None,
                        content_hash: judged.content_hash,
                        record: judged.record,
                    });
                }
                Err(refusal) => answers.push(refused(refusal)),
            }
        }
        let stored = self.writer.write(evidence).await?;
        for (index, stored) in kept.into_iter().zip(stored) {
            stored_answer(&mut answers[index], stored);
        }
        for answer in &answers {
            let reason = answer.reason.map_or("", RejectionReason::code);
            metrics::counter!("whitespot_ingest_items_total", "outcome" => answer.outcome.clone(), "reason" => reason)
                .increment(1);
        }
        Ok(BatchAnswer { batch_id: batch.batch_id, items: answers })
    }
}

struct Judged {
    record: Record,
    source: SourceClass,
    campaign: Option<CampaignId>,
    content_hash: [u8; 16],
    answer: ItemAnswer,
}

fn judge(
    raw: &RawValue,
    validator: &Validator,
    campaigns: &Directory,
    campaign: Option<&CampaignId>,
) -> Result<Judged, Refusal> {
    let (record, item) = read_item(raw)?;
    let id = item.uuid();
    let refuse = |reason: RejectionReason, detail: &str| Refusal { id: Some(id), reason, detail: detail.to_owned() };
    let Checked { record, points_rejected } =
        validator.check(record).map_err(|reason| refuse(reason, explain(reason)))?;
    let (first, last) = span(&record);
    let (source, campaign) = attribute(campaigns, campaign, first, last)
        .map_err(|reason| refuse(reason, "check the id and dates of the campaign in GET /v1/campaigns"))?;
    let answer = answer_for(&item, Outcome::Accepted(None).code());
    Ok(Judged {
        source,
        campaign,
        content_hash: item.content_hash(),
        answer: ItemAnswer { points_rejected, ..answer },
        record,
    })
}

/// Source class and campaign of a record. The class is the campaign's, never the client's.
///
/// Evidence from outside of a crowd campaign's days still counts for its year. A simulated campaign
/// has no such way out: what is simulated must never become crowd evidence.
fn attribute(
    campaigns: &Directory,
    wanted: Option<&CampaignId>,
    first: Timestamp,
    last: Timestamp,
) -> Result<(SourceClass, Option<CampaignId>), RejectionReason> {
    let Some(wanted) = wanted else { return Ok((SourceClass::Crowd, None)) };
    let campaign = campaigns.get(wanted).ok_or(RejectionReason::UnknownCampaign)?;
    let inside = campaign.from <= first && last < campaign.to;
    match (inside, campaign.source) {
        (true, source) => Ok((source, Some(wanted.clone()))),
        (false, SourceClass::Crowd) => Ok((SourceClass::Crowd, None)),
        (false, _) => Err(RejectionReason::CampaignClosed),
    }
}

fn span(record: &Record) -> (Timestamp, Timestamp) {
    match record {
        Record::SpeedTest(test) => (test.at, test.at),
        Record::DeadSpotReport(report) => (report.at, report.at),
        Record::CoverageTrack(track) => {
            let hours = || track.points.iter().map(|point| point.hour);
            let at = |hour: Option<HourStamp>| hour.map_or(Timestamp::MIN, HourStamp::start);
            (at(hours().min()), at(hours().max()))
        }
    }
}

fn answer_for(item: &Item, outcome: &str) -> ItemAnswer {
    answer(Some(item.uuid()), outcome)
}

fn answer(id: Option<Uuid>, outcome: &str) -> ItemAnswer {
    ItemAnswer { id, outcome: outcome.to_owned(), reason: None, detail: None, points_rejected: BTreeMap::new() }
}

fn refused(refusal: Refusal) -> ItemAnswer {
    let rejected = answer(refusal.id, Outcome::Rejected(refusal.reason).code());
    ItemAnswer { reason: Some(refusal.reason), detail: Some(refusal.detail), ..rejected }
}

fn stored_answer(answer: &mut ItemAnswer, stored: Stored) {
    let outcome = match stored {
        Stored::New => return,
        Stored::Duplicate => Outcome::Duplicate,
        Stored::Conflict => Outcome::Conflict,
    };
    outcome.code().clone_into(&mut answer.outcome);
    answer.points_rejected.clear();
}

/// What a person should do about a rejection by time or place.
const fn explain(reason: RejectionReason) -> &'static str {
    match reason {
        RejectionReason::TooOld => "the time lies before 2015: set the device's clock",
        RejectionReason::InFuture => "the time lies in the future: set the device's clock",
        RejectionReason::OutsideArea => "this server takes measurements of its own region only, see GET /v1/regions",
        _ => "see the list of rejection reasons in docs/API-DESIGN.md",
    }
}
