use domain::HourStamp;
use serde::Serialize;

use crate::{Losses, Now, queue::Queue};

/// The queue about itself; rides in every batch, so that losses in the field are seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueStats {
    /// Items that wait or are on their way.
    pub pending: usize,
    /// Their payload bytes.
    pub pending_bytes: u64,
    /// Of them on their way.
    pub in_flight: usize,
    /// Of them skipped until the next start, because they failed too often.
    pub wedged: usize,
    /// Age of the oldest.
    pub oldest_age_h: u32,
    /// Files of a newer SDK, left alone.
    pub newer_files: usize,
    /// Items that the server has, over the life of the folder.
    pub delivered: u64,
    /// Items that will never reach it, by reason.
    pub lost: Losses,
    /// Records refused for lack of consent since the start of the app. Not sent.
    #[serde(skip)]
    pub refused_without_consent: u64,
}

impl QueueStats {
    pub(crate) fn of(queue: &Queue, refused_without_consent: u64, now: Now) -> Self {
        let (pending, pending_bytes) = queue.load();
        let entries = || queue.entries.values();
        let hour = HourStamp::containing(now.wall).as_hours();
        Self {
            pending,
            pending_bytes,
            in_flight: entries().filter(|entry| entry.flight.is_some()).count(),
            wedged: entries().filter(|entry| entry.failures >= queue.policy.max_failures).count(),
            oldest_age_h: queue.oldest_hour().map_or(0, |oldest| u32::try_from(hour - oldest).unwrap_or(0)),
            newer_files: queue.newer_files,
            delivered: queue.state.delivered,
            lost: queue.state.losses.clone(),
            refused_without_consent,
        }
    }
}
