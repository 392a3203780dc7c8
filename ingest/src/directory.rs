use std::collections::{BTreeSet, HashMap};

use domain::{AreaKey, CampaignId, Record, RegionId};
use store::CampaignRow;

use crate::Validator;

/// Campaigns and regions, as the server knows them. Replaced whole when they change.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    campaigns: HashMap<CampaignId, CampaignRow>,
    /// Regions may share municipalities.
    regions: HashMap<AreaKey, BTreeSet<RegionId>>,
}

impl Directory {
    /// One without campaigns and regions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a campaign.
    pub fn add_campaign(&mut self, campaign: CampaignRow) {
        self.campaigns.insert(campaign.id.clone(), campaign);
    }

    /// Adds a region with its municipalities.
    pub fn add_region(&mut self, region: &RegionId, areas: impl IntoIterator<Item = AreaKey>) {
        for area in areas {
            self.regions.entry(area).or_default().insert(region.clone());
        }
    }

    pub(crate) fn campaign(&self, id: &CampaignId) -> Option<&CampaignRow> {
        self.campaigns.get(id)
    }

    /// The regions that some of a record lies in.
    pub(crate) fn regions(&self, validator: &Validator, record: &Record) -> BTreeSet<RegionId> {
        // Points of a track come in runs of the same place.
        let mut last = None;
        let places = record.hexes().filter(|&hex| last.replace(hex) != Some(hex));
        let areas: BTreeSet<AreaKey> = places.filter_map(|hex| validator.municipality(hex)).collect();
        areas.iter().filter_map(|area| self.regions.get(area)).flatten().cloned().collect()
    }
}
