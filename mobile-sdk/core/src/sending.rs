//! The pull-based task machine: what to send next, and what an answer means.

use domain::{BatchId, CampaignId, wire::v1};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Conditions, Engine, LossReason, Now, QueueStats, Upload, UploadId, UploadResult, UploadTask,
    engine::Flight,
    item_file::Lane,
    upload::{Method, Verdict},
};

/// `domain::wire::v1::Batch` with items as they lie on disk, and the queue's figures beside it
/// (the server ignores fields it does not know).
#[derive(Serialize)]
struct OutgoingBatch<'a> {
    batch_id: BatchId,
    device_secret: &'a str,
    sent_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<&'a CampaignId>,
    client: &'a v1::Client,
    queue: QueueStats,
    items: Vec<&'a RawValue>,
}

impl Engine {
    /// What the platform should do now.
    pub fn next_upload(&mut self, now: Now, conditions: Conditions) -> UploadTask {
        self.return_overdue(now);
        self.queue.enforce_quotas(now);
        let Some(lane) = self.next_lane(conditions) else { return self.end_window() };
        if self.pace.window_is_over(&self.queue.policy) {
            return self.end_window();
        }
        if let Some(at_most) = self.pace.wait(now.monotonic, &self.queue.policy) {
            return UploadTask::Wait { at_most };
        }
        let upload = if lane == Lane::Deletion { self.deletion(now) } else { self.batch(lane, now) };
        // `None`: every chosen file had become unreadable. They are out of the books, so this ends.
        upload.map_or_else(|| self.next_upload(now, conditions), UploadTask::Upload)
    }

    /// How an upload went. Reports for unknown ids (late, after a timeout) are ignored: the items wait
    /// again and will be answered as duplicates.
    pub fn report(&mut self, id: UploadId, result: UploadResult, now: Now) {
        let Some(flight) = self.flights.remove(&id) else { return };
        for number in &flight.numbers {
            if let Some(entry) = self.queue.entries.get_mut(number) {
                entry.flight = None;
            }
        }
        let single = flight.numbers.len() == 1;
        match Verdict::of(result, flight.method) {
            Verdict::Untried => {}
            Verdict::Answered(answer) => self.settle_answers(&flight, &answer, now),
            Verdict::Taken if single => {
                self.pace.succeeded();
                self.queue.deliver(&flight.numbers);
            }
            Verdict::Later(retry_after) => {
                // A server without this route must not hold up the other lanes for ever.
                if flight.method == Method::Delete && retry_after.is_none() {
                    self.blame(&flight.numbers);
                }
                self.pace.failed(now.monotonic, retry_after, &self.queue.policy);
            }
            Verdict::Broke => {
                self.blame(&flight.numbers);
                self.pace.failed(now.monotonic, None, &self.queue.policy);
            }
            Verdict::TooLarge if single => self.queue.lose(&flight.numbers, LossReason::TooLarge),
            Verdict::TooLarge => self.batch_items = (flight.numbers.len() / 2).max(1),
            // A deletion request is never given up: it waits for a server that understands it.
            Verdict::Refused if flight.method == Method::Delete => {
                self.blame(&flight.numbers);
                self.pace.failed(now.monotonic, None, &self.queue.policy);
            }
            Verdict::Refused if single => self.queue.lose(&flight.numbers, LossReason::Refused),
            Verdict::Taken | Verdict::Refused => self.isolate(&flight.numbers),
        }
    }

    fn settle_answers(&mut self, flight: &Flight, answer: &v1::BatchAnswer, now: Now) {
        self.pace.succeeded();
        let mut unanswered = Vec::new();
        for &number in &flight.numbers {
            let Some(id) = self.queue.entries.get(&number).map(|entry| entry.id) else { continue };
            let outcome = answer.items.iter().find(|item| item.id == Some(id)).map(|item| item.outcome.as_str());
            match outcome {
                Some("accepted" | "quarantined" | "duplicate") => self.queue.deliver(&[number]),
                Some("conflict") => self.queue.lose(&[number], LossReason::Conflict),
                Some("rejected") => self.queue.lose(&[number], LossReason::Rejected),
                _ => unanswered.push(number),
            }
        }
        if !unanswered.is_empty() {
            self.blame(&unanswered);
            self.pace.failed(now.monotonic, None, &self.queue.policy);
        }
    }

    /// Among several nobody knows which is to blame, so each travels alone next time.
    fn blame(&mut self, numbers: &[u64]) {
        let single = numbers.len() == 1;
        for number in numbers {
            if let Some(entry) = self.queue.entries.get_mut(number) {
                entry.alone = true;
                entry.failures = entry.failures.saturating_add(u8::from(single));
            }
        }
    }

    fn isolate(&mut self, numbers: &[u64]) {
        for number in numbers {
            if let Some(entry) = self.queue.entries.get_mut(number) {
                entry.alone = true;
            }
        }
    }

    fn return_overdue(&mut self, now: Now) {
        let timeout = self.queue.policy.in_flight_timeout;
        let overdue: Vec<UploadId> = self
            .flights
            .iter()
            .filter(|(_, flight)| now.monotonic.saturating_sub(flight.since) >= timeout)
            .map(|(&id, _)| id)
            .collect();
        for id in overdue {
            self.report(id, UploadResult::Cancelled, now);
        }
    }

    fn end_window(&mut self) -> UploadTask {
        self.pace.end_window();
        UploadTask::Done
    }

    /// Items that may go now, oldest first.
    fn ready(&self, lane: Lane) -> impl Iterator<Item = u64> {
        let max_failures = self.queue.policy.max_failures;
        self.queue
            .entries
            .iter()
            .filter(move |(_, entry)| entry.lane == lane && entry.flight.is_none() && entry.failures < max_failures)
            .map(|(&number, _)| number)
    }

    fn next_lane(&self, conditions: Conditions) -> Option<Lane> {
        [Lane::Deletion, Lane::Campaign, Lane::Passive].into_iter().find(|&lane| {
            // A deletion that overtakes an upload of the same device would leave the upload behind.
            let overtakes = lane == Lane::Deletion && !self.flights.is_empty();
            !overtakes && self.may_travel(lane, conditions) && self.ready(lane).next().is_some()
        })
    }

    fn deletion(&mut self, now: Now) -> Option<Upload> {
        let number = self.ready(Lane::Deletion).next()?;
        let Some(payload) = self.queue.payload(number) else {
            self.queue.lose(&[number], LossReason::Unreadable);
            return None;
        };
        Some(self.hand_out(vec![number], Method::Delete, "/v1/contributions", payload.into_bytes(), now))
    }

    fn batch(&mut self, lane: Lane, now: Now) -> Option<Upload> {
        let chosen = self.choose(lane);
        let (mut numbers, mut payloads, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        for number in chosen {
            let payload = self.queue.payload(number).and_then(|payload| RawValue::from_string(payload).ok());
            match payload {
                Some(payload) => {
                    numbers.push(number);
                    payloads.push(payload);
                }
                None => unreadable.push(number),
            }
        }
        self.queue.lose(&unreadable, LossReason::Unreadable);
        let campaign = self.queue.entries.get(numbers.first()?)?.campaign.clone();
        let body = OutgoingBatch {
            batch_id: BatchId::random(),
            device_secret: self.queue.state.secret(),
            // At hand-out, not when recorded: the server compares clocks with it.
            sent_at: now.wall,
            campaign: campaign.as_ref(),
            client: &self.client,
            queue: self.stats(now),
            items: payloads.iter().map(|payload| &**payload).collect(),
        };
        // Serialising own plain structs to memory cannot fail.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        Some(self.hand_out(numbers, Method::Post, "/v1/batches", body, now))
    }

    /// One campaign a batch; a suspect travels alone, and last, so that it does not hold up the others.
    fn choose(&self, lane: Lane) -> Vec<u64> {
        let of = |number: &u64| self.queue.entries.get(number);
        let suspect = |number: &u64| of(number).is_some_and(|entry| entry.alone);
        let Some(first) = self.ready(lane).find(|number| !suspect(number)) else {
            let least_tried = self.ready(lane).min_by_key(|number| of(number).map(|entry| entry.failures));
            return least_tried.into_iter().collect();
        };
        let campaign = of(&first).and_then(|entry| entry.campaign.as_ref());
        let mut bytes = 0;
        self.ready(lane)
            .filter(|number| !suspect(number))
            .filter(|number| of(number).and_then(|entry| entry.campaign.as_ref()) == campaign)
            .take(self.batch_items)
            .take_while(|number| {
                let first_of_batch = bytes == 0;
                bytes += of(number).map_or(0, |entry| entry.bytes);
                first_of_batch || bytes <= self.queue.policy.batch_bytes.as_bytes()
            })
            .collect()
    }

    fn hand_out(&mut self, numbers: Vec<u64>, method: Method, path: &'static str, body: Vec<u8>, now: Now) -> Upload {
        let id = UploadId(self.next_upload_id);
        self.next_upload_id += 1;
        for number in &numbers {
            if let Some(entry) = self.queue.entries.get_mut(number) {
                entry.flight = Some(id);
            }
        }
        self.pace.sending(now.monotonic);
        let items = numbers.len();
        self.flights.insert(id, Flight { numbers, method, since: now.monotonic });
        Upload { id, method, path, body, items }
    }
}
