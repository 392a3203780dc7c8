//! What is kept outside of the statistics, for those who run a campaign: where it lies, and how it comes back.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{AreaKey, CampaignId, Cover, DevicePseudonym, Hex, ItemId, QuarantineReason, RegionId};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;
use store::{Lifted, QuarantineFilter, QuarantinedItem, Store};
use tracing::info;

use crate::WorkerError;

/// Which items to look at; all of them by default.
#[derive(Clone, Debug, Default)]
pub struct QuarantineSelection {
    /// Only on the ground of this region.
    pub region: Option<RegionId>,
    /// Only of this campaign.
    pub campaign: Option<CampaignId>,
    /// Only this one.
    pub item: Option<ItemId>,
}

/// What does not count, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuarantineReport {
    /// Distinct items.
    pub items: u64,
    /// Distinct pseudonyms: a device that measured in two years is two.
    pub devices: u64,
    /// By reason, kind and municipality. A track through two municipalities is in both.
    pub groups: Vec<QuarantineGroup>,
}

/// Items of one reason and kind in one municipality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuarantineGroup {
    /// Why they do not count.
    pub reason: QuarantineReason,
    /// The stable code of their record kind.
    pub kind: &'static str,
    /// Of the middle of their block, or else of a part of it; `None` outside of all regions in the database.
    pub municipality: Option<AreaKey>,
    /// Its official name.
    pub name: Option<String>,
    /// Distinct items.
    pub items: u64,
    /// Distinct pseudonyms.
    pub devices: u64,
    /// The first day with a point or test (UTC).
    pub first_day: Date,
    /// The last one.
    pub last_day: Date,
}

/// Lists what is quarantined, and the outliers of the calendar years or of the chosen campaign, as the aggregator leaves
/// them out. Its counts are of evidence, below k too: they are not for publication.
pub async fn quarantine_report(
    store: &Store,
    selection: &QuarantineSelection,
) -> Result<QuarantineReport, WorkerError> {
    let ground = Ground::load(store, selection).await?;
    let mut tally = Tally::default();
    for item in store::quarantined(store, &selection.filter(None)).await? {
        if ground.holds(item.block) {
            tally.add(&item, ground.municipality(item.block));
        }
    }
    for item in outliers(store, selection, &ground).await? {
        tally.add(&item, ground.municipality(item.block));
    }
    Ok(tally.finish(&ground))
}

/// Lets items count from the next release on, all in one transaction.
pub async fn lift_quarantine(
    store: &Store,
    reason: Option<QuarantineReason>,
    selection: &QuarantineSelection,
) -> Result<Lifted, WorkerError> {
    if reason == Some(QuarantineReason::Outlier) {
        return Err(WorkerError::OutlierStays);
    }
    let ground = Ground::load(store, selection).await?;
    let filter = selection.filter(reason);
    let lifted = store
        .run_tx("lift_quarantine", |tx| {
            let (filter, ground) = (&filter, &ground);
            Box::pin(async move {
                // Before the tables are read: retention asks for the two in this order.
                store::beside_retention(tx).await?;
                let found = store::quarantined(&mut *tx, filter).await?;
                // A track that lies partly in the region is lifted whole: an item counts or does not.
                let ids: HashSet<ItemId> =
                    found.iter().filter(|item| ground.holds(item.block)).map(|item| item.id).collect();
                let ids: Vec<ItemId> = ids.into_iter().collect();
                store::lift_quarantine(tx, &ids).await
            })
        })
        .await?;
    let count = lifted.speed_tests + lifted.coverage_tracks + lifted.dead_spot_reports;
    match selection.item {
        Some(_) if count == 0 && !outliers(store, selection, &ground).await?.is_empty() => {
            return Err(WorkerError::OutlierStays);
        }
        Some(id) if count == 0 => return Err(WorkerError::NotQuarantined(id)),
        _ => info!(items.count = count, "lifted {count} items"),
    }
    Ok(lifted)
}

/// The outliers on the ground, computed from evidence: nobody keeps a mark of them (docs/adr/0009-outliers.md).
async fn outliers(
    store: &Store,
    selection: &QuarantineSelection,
    ground: &Ground,
) -> Result<Vec<QuarantinedItem>, WorkerError> {
    let mut found = Vec::new();
    for (block, window) in store::often_tested(store, analytics::MIN_TESTS, selection.campaign.as_ref()).await? {
        if !ground.holds(block) {
            continue;
        }
        let tests = store::read_speed_tests(store, block, &window).await?;
        let wanted = |id: ItemId| selection.item.is_none_or(|item| item == id);
        found.extend(analytics::outliers(&tests).into_iter().filter(|far| wanted(far.test.id)).map(|far| {
            QuarantinedItem {
                id: far.test.id,
                kind: "speed_test",
                reason: QuarantineReason::Outlier,
                block,
                device: far.device,
                first: far.test.at,
                last: far.test.at,
            }
        }));
    }
    Ok(found)
}

impl QuarantineSelection {
    fn filter(&self, reason: Option<QuarantineReason>) -> QuarantineFilter {
        QuarantineFilter { reason, campaign: self.campaign.clone(), item: self.item }
    }
}

/// Municipalities of the chosen region, or of all.
struct Ground {
    covers: Vec<Cover>,
    names: HashMap<AreaKey, String>,
    everywhere: bool,
}

impl Ground {
    /// Refuses a region and a campaign that the database does not know.
    async fn load(store: &Store, selection: &QuarantineSelection) -> Result<Self, WorkerError> {
        if let Some(campaign) = &selection.campaign
            && store::campaign(store, campaign).await?.is_none()
        {
            return Err(WorkerError::NoCampaign(campaign.clone()));
        }
        let mut regions: Vec<RegionId> = store::regions(store).await?.into_iter().map(|region| region.id).collect();
        if let Some(wanted) = &selection.region {
            regions.retain(|region| region == wanted);
            if regions.is_empty() {
                return Err(WorkerError::NoRegion(wanted.clone()));
            }
        }
        let mut ground = Self { covers: Vec::new(), names: HashMap::new(), everywhere: selection.region.is_none() };
        for region in &regions {
            ground.covers.push(store::load_cover(store, region).await?);
            ground.names.extend(store::areas(store, region).await?.into_iter().map(|area| (area.key, area.name)));
        }
        Ok(ground)
    }

    fn holds(&self, block: Hex) -> bool {
        self.everywhere || self.municipality(block).is_some()
    }

    /// Of the middle of a block; at the edge of a region of any part of it that lies inside.
    fn municipality(&self, block: Hex) -> Option<AreaKey> {
        let of = |hex: Hex| self.covers.iter().find_map(|cover| cover.municipality(hex));
        of(block).or_else(|| block.children(Cover::RESOLUTION).find_map(of))
    }
}

type GroupKey = (QuarantineReason, &'static str, Option<AreaKey>);

/// Counts each item and each device once in each group, and once in the sum.
#[derive(Default)]
struct Tally {
    all: Counted,
    groups: BTreeMap<GroupKey, Counted>,
}

#[derive(Default)]
struct Counted {
    items: HashSet<ItemId>,
    devices: HashSet<DevicePseudonym>,
    span: Option<(Timestamp, Timestamp)>,
}

impl Tally {
    fn add(&mut self, item: &QuarantinedItem, municipality: Option<AreaKey>) {
        self.all.add(item);
        self.groups.entry((item.reason, item.kind, municipality)).or_default().add(item);
    }

    fn finish(self, ground: &Ground) -> QuarantineReport {
        let group = |((reason, kind, municipality), counted): (GroupKey, Counted)| {
            let (first, last) = counted.span?;
            Some(QuarantineGroup {
                reason,
                kind,
                municipality,
                name: municipality.and_then(|key| ground.names.get(&key).cloned()),
                items: counted.items.len() as u64,
                devices: counted.devices.len() as u64,
                first_day: day(first),
                last_day: day(last),
            })
        };
        QuarantineReport {
            items: self.all.items.len() as u64,
            devices: self.all.devices.len() as u64,
            groups: self.groups.into_iter().filter_map(group).collect(),
        }
    }
}

impl Counted {
    fn add(&mut self, item: &QuarantinedItem) {
        self.items.insert(item.id);
        self.devices.insert(item.device);
        let (first, last) = self.span.unwrap_or((item.first, item.last));
        self.span = Some((first.min(item.first), last.max(item.last)));
    }
}

fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}
