//! The books: which items wait, and where every other one went. The folder is the truth, memory a cache.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use domain::{CampaignId, HourStamp};
use uuid::Uuid;

use crate::{
    LossReason, Now, Policy, StorageError, UploadId,
    consent::ConsentState,
    disk::{Disk, Folder},
    item_file::{Head, Lane, Unreadable, decode, encode},
    state::State,
};

/// A waiting item without its payload.
#[derive(Debug)]
pub(crate) struct Entry {
    name: String,
    pub id: Uuid,
    pub lane: Lane,
    pub campaign: Option<CampaignId>,
    hour: i32,
    pub bytes: u64,
    /// Failures that are its own; at `Policy::max_failures` it is wedged.
    pub failures: u8,
    /// It was in an upload that failed as a whole: sent alone until it is known which item is to blame.
    pub alone: bool,
    pub flight: Option<UploadId>,
}

#[derive(Debug)]
pub(crate) struct Queue {
    pub disk: Disk,
    pub policy: Policy,
    pub state: State,
    /// By running number, so oldest first.
    pub entries: BTreeMap<u64, Entry>,
    next_number: u64,
    /// Files of a newer SDK, left alone.
    pub newer_files: usize,
}

impl Queue {
    pub(crate) fn open(dir: &Path, policy: Policy, now: Now) -> Result<Self, StorageError> {
        let disk = Disk::new(dir, policy.durable);
        let state = State::load(&disk)?.unwrap_or_else(State::new);
        let mut queue = Self { disk, policy, state, entries: BTreeMap::new(), next_number: 1, newer_files: 0 };
        for name in queue.disk.list(Folder::Tmp)? {
            queue.disk.remove(Folder::Tmp, &name)?;
        }
        queue.settle_dropped()?;
        queue.scan_pending()?;
        if queue.state.consent == ConsentState::Withdrawn {
            queue.clear_for_withdrawn_consent();
        }
        queue.enforce_quotas(now);
        Ok(queue)
    }

    /// Finishes what a crash interrupted in [`Self::lose`]: every dropped file is counted exactly once.
    fn settle_dropped(&mut self) -> Result<(), StorageError> {
        let dropped = self.disk.list(Folder::Dropped)?;
        let (counted, new): (Vec<_>, Vec<_>) = dropped.into_iter().partition(|name| self.state.counted.contains(name));
        self.state.counted = counted.iter().cloned().collect();
        for name in counted {
            self.settle(&name);
        }
        self.count(new);
        Ok(())
    }

    fn scan_pending(&mut self) -> Result<(), StorageError> {
        let mut damaged = Vec::new();
        for name in self.disk.list(Folder::Pending)? {
            let file = self.disk.read(Folder::Pending, &name)?;
            let number = name.split('-').next().and_then(|number| number.parse::<u64>().ok());
            match (number, decode(&file)) {
                (_, Err(Unreadable::Newer)) => self.newer_files += 1,
                (Some(number), Ok((head, payload))) if !self.entries.contains_key(&number) => {
                    let entry = Entry::new(name, head, payload.len());
                    self.entries.insert(number, entry);
                }
                _ => damaged.push(name),
            }
        }
        self.next_number = self.entries.keys().next_back().map_or(1, |last| last + 1);
        self.drop_files(&damaged, LossReason::Unreadable);
        Ok(())
    }

    /// Puts an item on disk, then in the books.
    pub(crate) fn add(
        &mut self,
        id: Uuid,
        lane: Lane,
        campaign: Option<CampaignId>,
        payload: &[u8],
        now: Now,
    ) -> Result<(), StorageError> {
        let head = Head::new(id, lane, campaign, HourStamp::containing(now.wall), payload);
        let name = format!("{:016}-{}.json", self.next_number, id.hyphenated());
        let file = encode(&head, payload);
        if let Err(error) = self.disk.write(Folder::Pending, &name, &file) {
            // Only the flush of the folder can fail after the rename; "not recorded" must then be true.
            self.disk.remove(Folder::Pending, &name)?;
            return Err(error);
        }
        self.entries.insert(self.next_number, Entry::new(name, head, payload.len()));
        self.next_number += 1;
        self.enforce_quotas(now);
        Ok(())
    }

    /// The payload of a waiting item, or `None` if its file has become unreadable.
    pub(crate) fn payload(&self, number: u64) -> Option<String> {
        let entry = self.entries.get(&number)?;
        let file = self.disk.read(Folder::Pending, &entry.name).ok()?;
        decode(&file).ok().map(|(_, payload)| payload.to_owned())
    }

    /// The server has them.
    pub(crate) fn deliver(&mut self, numbers: &[u64]) {
        for number in numbers {
            // Where the file stays (disk trouble), the item is sent again after the next start and
            // answered as a duplicate.
            if let Some(entry) = self.entries.remove(number) {
                let _ = self.disk.remove(Folder::Pending, &entry.name);
                self.state.delivered += u64::from(entry.lane != Lane::Deletion);
            }
        }
    }

    /// They will never reach the server: out of the books, and counted.
    pub(crate) fn lose(&mut self, numbers: &[u64], reason: LossReason) {
        let names: Vec<String> =
            numbers.iter().filter_map(|number| Some(self.entries.get(number)?.name.clone())).collect();
        let gone = self.drop_files(&names, reason);
        self.entries.retain(|_, entry| !gone.contains(&entry.name));
    }

    pub(crate) fn clear_for_withdrawn_consent(&mut self) {
        let numbers: Vec<u64> =
            self.entries.iter().filter(|(_, entry)| entry.lane != Lane::Deletion).map(|(&number, _)| number).collect();
        self.lose(&numbers, LossReason::ConsentWithdrawn);
        for name in self.disk.list(Folder::Quarantine).unwrap_or_default() {
            let _ = self.disk.remove(Folder::Quarantine, &name);
        }
    }

    /// Oldest items out until all limits hold. Never a deletion request, never what is on its way.
    pub(crate) fn enforce_quotas(&mut self, now: Now) {
        let oldest_hour = HourStamp::containing(now.wall).as_hours() - (self.policy.max_age.as_secs() / 3600) as i32;
        let droppable = |entry: &Entry| entry.lane != Lane::Deletion && entry.flight.is_none();
        let aged: Vec<u64> = self
            .entries
            .iter()
            .filter(|(_, entry)| droppable(entry) && entry.hour < oldest_hour)
            .map(|(&number, _)| number)
            .collect();
        self.lose(&aged, LossReason::Age);

        let mut size = Vec::new();
        let mut count = Vec::new();
        let (mut items, mut bytes) = self.load();
        for (&number, entry) in self.entries.iter().filter(|(_, entry)| droppable(entry)) {
            if bytes > self.policy.max_bytes.as_bytes() {
                size.push(number);
            } else if items > self.policy.max_items {
                count.push(number);
            } else {
                break;
            }
            items -= 1;
            bytes -= entry.bytes;
        }
        self.lose(&size, LossReason::Size);
        self.lose(&count, LossReason::Count);
    }

    /// Items and bytes, deletion requests not counted.
    pub(crate) fn load(&self) -> (usize, u64) {
        let items = self.entries.values().filter(|entry| entry.lane != Lane::Deletion);
        items.fold((0, 0), |(count, bytes), entry| (count + 1, bytes + entry.bytes))
    }

    pub(crate) fn oldest_hour(&self) -> Option<i32> {
        self.entries.values().map(|entry| entry.hour).min()
    }

    /// Moves files out of `pending/` and counts them; returns those that are no longer pending.
    ///
    /// Three steps, each of which may be the last before a crash: rename (the item is out), save the
    /// count together with the name, remove. A start in between counts it if the name is not yet there.
    fn drop_files(&mut self, names: &[String], reason: LossReason) -> BTreeSet<String> {
        let mut gone = BTreeSet::new();
        let mut dropped = Vec::new();
        for name in names {
            let target = format!("{}--{name}", reason.code());
            let moved = self.disk.rename((Folder::Pending, name), (Folder::Dropped, &target));
            if moved.is_ok() || !self.disk.path(Folder::Pending, name).exists() {
                gone.insert(name.clone());
                dropped.push(target);
            }
        }
        self.count(dropped);
        gone
    }

    fn count(&mut self, dropped: Vec<String>) {
        if dropped.is_empty() {
            return;
        }
        for name in &dropped {
            *self.state.losses.entry(reason_of(name)).or_default() += 1;
            self.state.counted.insert(name.clone());
        }
        if self.state.save(&self.disk).is_ok() {
            for name in dropped {
                self.settle(&name);
            }
            self.bound_quarantine();
        }
    }

    /// The last step for a counted file.
    fn settle(&mut self, name: &str) {
        let settled = if reason_of(name).keeps_file() && self.disk.path(Folder::Dropped, name).exists() {
            self.disk.rename((Folder::Dropped, name), (Folder::Quarantine, name))
        } else {
            self.disk.remove(Folder::Dropped, name)
        };
        if settled.is_ok() {
            self.state.counted.remove(name);
        }
    }

    fn bound_quarantine(&self) {
        let mut names = self.disk.list(Folder::Quarantine).unwrap_or_default();
        names.sort_by(|a, b| number_part(a).cmp(number_part(b)));
        let surplus = names.len().saturating_sub(self.policy.max_quarantined);
        for name in &names[..surplus] {
            let _ = self.disk.remove(Folder::Quarantine, name);
        }
    }
}

impl Entry {
    fn new(name: String, head: Head, payload_bytes: usize) -> Self {
        Self {
            name,
            id: head.id,
            lane: head.lane,
            campaign: head.campaign,
            hour: head.recorded_hour,
            bytes: payload_bytes as u64,
            failures: 0,
            alone: false,
            flight: None,
        }
    }
}

fn reason_of(dropped_name: &str) -> LossReason {
    let code = dropped_name.split("--").next().unwrap_or_default();
    LossReason::ALL.into_iter().find(|reason| reason.code() == code).unwrap_or(LossReason::Unreadable)
}

fn number_part(dropped_name: &str) -> &str {
    dropped_name.split_once("--").map_or("", |(_, rest)| rest)
}
