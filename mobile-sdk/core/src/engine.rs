use std::{collections::BTreeMap, path::Path, time::Duration};

use domain::{CoverageTrack, ItemId, Record, wire::v1::Client};
use uuid::Uuid;

use crate::{
    Conditions, Consent, DeadSpotInput, HomeZone, Now, Policy, QueueStats, RecordError, SpeedTestInput, StorageError,
    TrackPoint, UploadId,
    consent::ConsentState,
    input::checked_item,
    item_file::Lane,
    pace::Pace,
    queue::Queue,
    track::{PIECE_POINTS, Track},
    upload::Method,
};

/// Records, keeps and hands out what a device measured. Touches only the folder it is given; knows no
/// clock, no network and no thread.
#[derive(Debug)]
pub struct Engine {
    pub(crate) client: Client,
    pub(crate) queue: Queue,
    pub(crate) pace: Pace,
    pub(crate) flights: BTreeMap<UploadId, Flight>,
    pub(crate) next_upload_id: u64,
    /// Items of one upload at this server, halved by each 413.
    pub(crate) batch_items: usize,
    home: Option<HomeZone>,
    track: Option<Track>,
    /// In memory only: without consent nothing is written, not even this.
    refused_without_consent: u64,
}

/// An upload on its way.
#[derive(Debug)]
pub(crate) struct Flight {
    pub numbers: Vec<u64>,
    pub method: Method,
    pub since: Duration,
}

impl Engine {
    /// Opens (or, with the first consent, makes) the queue in `dir`. What a crash left is put in order:
    /// half-written files are removed, unreadable ones counted, items on their way wait again.
    ///
    /// `seed` spreads retries; take it from a good random source.
    pub fn open(dir: &Path, policy: Policy, client: Client, seed: u64, now: Now) -> Result<Self, StorageError> {
        let batch_items = policy.batch_items.max(1);
        Ok(Self {
            client,
            queue: Queue::open(dir, policy, now)?,
            pace: Pace::new(seed),
            flights: BTreeMap::new(),
            next_upload_id: 1,
            batch_items,
            home: None,
            track: None,
            refused_without_consent: 0,
        })
    }

    /// What the contributor agreed to, if anything.
    pub fn consent(&self) -> Option<&Consent> {
        self.queue.state.consent.granted()
    }

    /// The contributor agreed. The first call creates the folder and the device's secret.
    pub fn grant_consent(&mut self, consent: Consent) -> Result<(), StorageError> {
        self.queue.disk.prepare()?;
        self.set_consent(ConsentState::Granted(consent))
    }

    /// The contributor withdrew: nothing is recorded any more, everything that waits is cleared and
    /// counted, deletion requests stay. To delete what was sent as well, call [`Self::request_deletion`].
    pub fn revoke_consent(&mut self) -> Result<(), StorageError> {
        self.track = None;
        if self.consent().is_none() && self.queue.entries.is_empty() {
            return Ok(());
        }
        self.set_consent(ConsentState::Withdrawn)?;
        self.queue.clear_for_withdrawn_consent();
        Ok(())
    }

    fn set_consent(&mut self, consent: ConsentState) -> Result<(), StorageError> {
        let before = std::mem::replace(&mut self.queue.state.consent, consent);
        self.queue.state.save(&self.queue.disk).inspect_err(|_| self.queue.state.consent = before)
    }

    /// Queues a request that the server delete everything this device sent, and takes a new secret, so
    /// that what is recorded from now on is another device's.
    pub fn request_deletion(&mut self, now: Now) -> Result<(), StorageError> {
        self.queue.disk.prepare()?;
        let payload = serde_json::json!({ "device_secret": self.queue.state.secret() }).to_string();
        self.queue.add(Uuid::new_v4(), Lane::Deletion, None, payload.as_bytes(), now)?;
        self.queue.state.rotate_secret();
        self.queue.state.save(&self.queue.disk)
    }

    /// The circle in which everything is kept at resolution 8. Not stored: set it after each start.
    pub fn set_home_zone(&mut self, home: Option<HomeZone>) {
        self.home = home;
    }

    /// Reduces, checks and queues a test.
    pub fn record_speed_test(&mut self, test: SpeedTestInput, now: Now) -> Result<ItemId, RecordError> {
        self.ask_consent()?;
        let record = test.reduce(self.home.as_ref())?;
        self.store(&record, now)
    }

    /// Reduces, checks and queues a report.
    pub fn record_dead_spot(&mut self, report: DeadSpotInput, now: Now) -> Result<ItemId, RecordError> {
        self.ask_consent()?;
        let record = report.reduce(self.home.as_ref())?;
        self.store(&record, now)
    }

    /// Begins a coverage track.
    pub fn start_track(&mut self) -> Result<(), RecordError> {
        self.ask_consent()?;
        if self.track.is_some() {
            return Err(RecordError::TrackRunning);
        }
        self.track = Some(Track::default());
        Ok(())
    }

    /// Adds a point. Its exact position stays in memory until the track is 300 m away from it; whatever
    /// is closer to the end than that when the app dies is gone, and was never on disk.
    pub fn track_point(&mut self, point: TrackPoint, now: Now) -> Result<(), RecordError> {
        let track = self.track.as_mut().ok_or(RecordError::NoTrack)?;
        track.add(point, self.home.as_ref())?;
        if let Some(piece) = track.full_piece() {
            let record = piece_of_track(piece);
            self.store(&record, now)?;
            self.track.as_mut().ok_or(RecordError::NoTrack)?.forget_piece(PIECE_POINTS);
        }
        Ok(())
    }

    /// Ends the track and queues the rest of it. After an error the track is still there: free some
    /// space and call again.
    pub fn finish_track(&mut self, now: Now) -> Result<(), RecordError> {
        loop {
            let track = self.track.as_mut().ok_or(RecordError::NoTrack)?;
            let points = track.finish(self.home.as_ref());
            let piece = &points[..points.len().min(PIECE_POINTS)];
            if piece.is_empty() {
                break;
            }
            let (record, stored) = (piece_of_track(piece), piece.len());
            self.store(&record, now)?;
            self.track.as_mut().ok_or(RecordError::NoTrack)?.forget_piece(stored);
        }
        self.track = None;
        Ok(())
    }

    /// Forgets what of the running track has not been stored.
    pub fn discard_track(&mut self) {
        self.track = None;
    }

    /// Queues a finished record made elsewhere (hexagons already reduced).
    pub fn record(&mut self, record: &Record, now: Now) -> Result<ItemId, RecordError> {
        self.ask_consent()?;
        self.store(record, now)
    }

    /// The queue about itself.
    pub fn stats(&self, now: Now) -> QueueStats {
        QueueStats::of(&self.queue, self.refused_without_consent, now)
    }

    /// Ids of everything that has not been delivered or lost, oldest first.
    pub fn pending_ids(&self) -> impl Iterator<Item = Uuid> {
        self.queue.entries.values().filter(|entry| entry.lane != Lane::Deletion).map(|entry| entry.id)
    }

    /// Conditions under which a waiting item may travel.
    pub(crate) fn may_travel(&self, lane: Lane, conditions: Conditions) -> bool {
        let policy = &self.queue.policy;
        let powered = conditions.charging
            || conditions.battery_percent.is_none_or(|percent| percent >= policy.min_battery_percent);
        match (lane, self.consent()) {
            _ if !conditions.online => false,
            (Lane::Deletion, _) => true,
            (_, None) => false,
            (_, Some(_)) if !powered => false,
            (Lane::Campaign, Some(consent)) => {
                !conditions.metered || (policy.metered_campaigns && consent.metered_uploads)
            }
            (Lane::Passive, Some(_)) => !conditions.metered,
        }
    }

    fn ask_consent(&mut self) -> Result<(), RecordError> {
        if self.consent().is_some() {
            return Ok(());
        }
        self.refused_without_consent += 1;
        Err(RecordError::ConsentRequired)
    }

    fn store(&mut self, record: &Record, now: Now) -> Result<ItemId, RecordError> {
        let Some(consent) = self.queue.state.consent.granted() else { return Err(RecordError::ConsentRequired) };
        let campaign = consent.campaign.clone();
        let lane = if campaign.is_some() { Lane::Campaign } else { Lane::Passive };
        // Serialising own plain structs to memory cannot fail.
        let payload = serde_json::to_vec(&checked_item(record)?).unwrap_or_default();
        self.queue.add(record.id().as_uuid(), lane, campaign, &payload, now)?;
        Ok(record.id())
    }
}

fn piece_of_track(points: &[domain::CoveragePoint]) -> Record {
    Record::CoverageTrack(CoverageTrack { id: ItemId::random(), locked_to: None, points: points.to_vec() })
}
