use std::collections::{BTreeMap, BTreeSet};

use domain::{
    CampaignId, HourStamp, Outcome, QuarantineReason, Record, RegionId, RejectionReason, SourceClass, Window,
    wire::v1::{Item, ItemAnswer, Refusal, read_item, unknown_fields},
};
use jiff::Timestamp;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    Checked, Directory, FollowedItem, Validator,
    guard::{self, Trace, Visit},
};

/// An item that may be kept.
pub(crate) struct Judged {
    pub record: Record,
    pub source: SourceClass,
    pub campaign: Option<CampaignId>,
    /// Where it counts.
    pub regions: BTreeSet<RegionId>,
    pub quarantine: Option<QuarantineReason>,
    pub content_hash: [u8; 16],
    pub trace: Trace,
    pub answer: ItemAnswer,
}

impl Judged {
    /// As its holder will be shown it.
    pub fn followed(&self) -> FollowedItem {
        let (first, last) = span(&self.record);
        let year = |at: Timestamp| Window::year_of(HourStamp::containing(at));
        let mut windows: Vec<Window> = self.campaign.clone().map(Window::Campaign).into_iter().collect();
        windows.extend([year(first), year(last)]);
        windows.dedup();
        let windows = windows.iter().map(ToString::to_string).collect();
        FollowedItem::kept(&self.record, &self.answer.outcome, self.source, windows, &self.regions)
    }
}

/// Why an item is not taken.
pub(crate) struct Refused {
    pub refusal: Refusal,
    /// Hash of an item that is good in itself, of which its device only has sent too much, or from too far away. The
    /// guard forgets: such an item may be one that was taken before.
    pub content_hash: Option<[u8; 16]>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, content_hash: None }
    }
}

/// Judges one item of a batch: form, time, place, campaign, and what its device said before.
pub(crate) fn judge(
    raw: &RawValue,
    validator: &Validator,
    directory: &Directory,
    campaign: Option<&CampaignId>,
    visit: &mut Visit<'_>,
) -> Result<Judged, Refused> {
    let (record, item, unread) = read_item(raw)?;
    metrics::counter!("whitespot_ingest_unknown_fields_total").increment(unknown_fields(raw) as u64);
    let id = item.uuid();
    let refuse = |reason: RejectionReason, detail: &str| Refusal { id: Some(id), reason, detail: detail.to_owned() };
    let Checked { mut record, mut points_rejected } =
        validator.check(record).map_err(|reason| refuse(reason, explain(reason)))?;
    if unread > 0 {
        points_rejected.insert(RejectionReason::UnknownTechnology, unread as u32);
    }
    let regions = directory.regions(validator, &record);
    let (source, campaign) = attribute(directory, campaign, &record, &regions)
        .map_err(|reason| refuse(reason, "check the id, dates and region of the campaign in GET /v1/campaigns"))?;
    let hashes = item.hashes();
    let guard::Judged { quarantine, trace } = visit
        .judge(&mut record, hashes.without_id, &mut points_rejected)
        .map_err(|reason| Refused { refusal: refuse(reason, explain(reason)), content_hash: Some(hashes.content) })?;
    let mut answer = answer_for(&item, Outcome::Accepted(quarantine).code());
    answer.points_rejected = points_rejected;
    answer.detail = quarantine.map(|reason| format!("{reason}: {}", explain_quarantine(reason)));
    Ok(Judged { source, campaign, regions, quarantine, content_hash: hashes.content, trace, answer, record })
}

/// Source class and campaign of a record. The class is the campaign's, never the client's.
///
/// Evidence from outside of a crowd campaign's days or region still counts for its year. A simulated campaign
/// has no such way out: what is simulated must never become crowd evidence.
fn attribute(
    directory: &Directory,
    wanted: Option<&CampaignId>,
    record: &Record,
    regions: &BTreeSet<RegionId>,
) -> Result<(SourceClass, Option<CampaignId>), RejectionReason> {
    let Some(wanted) = wanted else { return Ok((SourceClass::Crowd, None)) };
    let campaign = directory.campaign(wanted).ok_or(RejectionReason::UnknownCampaign)?;
    let (first, last) = span(record);
    let there = regions.contains(&campaign.region);
    let inside = there && campaign.from <= first && last < campaign.to;
    match (inside, campaign.source) {
        (true, source) => Ok((source, Some(wanted.clone()))),
        (false, SourceClass::Crowd) => Ok((SourceClass::Crowd, None)),
        (false, _) if !there => Err(RejectionReason::OutsideArea),
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

pub(crate) fn answer(id: Option<Uuid>, outcome: &str) -> ItemAnswer {
    ItemAnswer { id, outcome: outcome.to_owned(), reason: None, detail: None, points_rejected: BTreeMap::new() }
}

/// What a person should do about a rejection by time or place.
const fn explain(reason: RejectionReason) -> &'static str {
    match reason {
        RejectionReason::TooOld => "the time lies before 2015: set the device's clock",
        RejectionReason::InFuture => "the time lies in the future: set the device's clock",
        RejectionReason::BeyondTechnology => "no device of this technology is so fast: check unit and technology",
        RejectionReason::ImplausibleTravel => {
            "nobody travels so fast between two measurements: check position and clock"
        }
        RejectionReason::TooMany => "this device has said enough of this hexagon for this day",
        RejectionReason::OutsideArea => "this server takes measurements of its own region only, see GET /v1/regions",
        _ => "see the list of rejection reasons in docs/API-DESIGN.md",
    }
}

/// What is odd about a quarantined item.
const fn explain_quarantine(reason: QuarantineReason) -> &'static str {
    match reason {
        QuarantineReason::RepeatedContent => "the same measurement came under another id",
        QuarantineReason::SimilarTest => "this device tested here less than four hours before",
        QuarantineReason::Outlier => "far from the other tests of this device",
    }
}
