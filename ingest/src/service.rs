mod geosubmit;

use std::sync::{Arc, PoisonError, RwLock};

use domain::{
    Clock, DeviceSecret, HourStamp, NewEvidence, Outcome, RejectionReason, Window,
    wire::v1::{BatchAnswer, BatchEnvelope, ItemAnswer, MAX_ITEMS, Refusal},
};
use store::{Erased, Store, StoreError, Stored};
use uuid::Uuid;

use crate::{
    Directory, FollowUpCode, FollowedItem, Guard, IngestError, Pseudonymiser, Validator,
    follow_up::FollowUp,
    judge::{Refused, answer, judge},
    writer::WriterHandle,
};

/// The ingest service: one batch in, one answer an item out.
#[derive(Debug)]
pub struct Ingest {
    store: Store,
    validator: RwLock<Arc<Validator>>,
    directory: RwLock<Arc<Directory>>,
    pseudonyms: Pseudonymiser,
    guard: Guard,
    clock: Arc<dyn Clock>,
    writer: WriterHandle,
}

impl Ingest {
    /// `writer` decides how much may wait, `guard` how much one sender may send.
    pub fn new(
        store: Store,
        validator: Validator,
        directory: Directory,
        guard: Guard,
        clock: Arc<dyn Clock>,
        writer: WriterHandle,
    ) -> Self {
        Self {
            validator: RwLock::new(Arc::new(validator)),
            directory: RwLock::new(Arc::new(directory)),
            pseudonyms: Pseudonymiser::new(store.clone()),
            store,
            guard,
            clock,
            writer,
        }
    }

    /// Takes new ground and campaigns without a restart.
    pub fn replace(&self, validator: Validator, directory: Directory) {
        *self.validator.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(validator);
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
    }

    /// What one sender may send.
    pub const fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Judges and writes a batch. On an error nothing of it is kept.
    pub async fn submit(&self, body: &[u8]) -> Result<BatchAnswer, IngestError> {
        match self.judge_and_write(body).await {
            Err(error) if self.learns_from(&error) => self.judge_and_write(body).await,
            answered => answered,
        }
    }

    async fn judge_and_write(&self, body: &[u8]) -> Result<BatchAnswer, IngestError> {
        let batch: BatchEnvelope =
            serde_json::from_slice(body).map_err(|error| IngestError::Malformed(error.to_string()))?;
        if batch.items.len() > MAX_ITEMS {
            return Err(IngestError::TooManyItems { max: MAX_ITEMS, found: batch.items.len() });
        }
        let secret = read_secret(&batch.device_secret)?;
        let validator = Arc::clone(&self.validator.read().unwrap_or_else(PoisonError::into_inner));
        let directory = Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner));

        let mut visit = self.guard.visit(&secret);
        let mut answers = Vec::with_capacity(batch.items.len());
        let (mut evidence, mut traces) = (Vec::new(), Vec::new());
        let (mut followed, mut written) = (Vec::with_capacity(batch.items.len()), Vec::new());
        let mut turned_away = Vec::new();
        for raw in &batch.items {
            match judge(raw, &validator, &directory, batch.campaign.as_ref(), &mut visit) {
                Ok(judged) => {
                    let (device, other_years) = self.pseudonyms.pseudonyms(&secret, &judged.record).await?;
                    written.push(answers.len());
                    followed.push(judged.followed());
                    answers.push(judged.answer);
                    traces.push(judged.trace);
                    evidence.push(NewEvidence {
                        device,
                        other_years,
                        source: judged.source,
                        campaign: judged.campaign,
                        quarantine: judged.quarantine,
                        content_hash: judged.content_hash,
                        record: judged.record,
                    });
                }
                Err(Refused { refusal, content_hash }) => {
                    turned_away.extend(refusal.id.zip(content_hash).map(|item| (answers.len(), item)));
                    followed.push(FollowedItem::rejected(refusal.reason));
                    answers.push(refused(refusal));
                }
            }
        }
        // For what would be kept only: an invented secret with nonsense uses up nobody's place.
        self.guard.admit_device(&secret, evidence.len())?;
        let any_known = self.recognise(&turned_away, &mut answers, &mut followed).await?;
        let code = FollowUpCode::of(&secret, batch.batch_id);
        let now = HourStamp::containing(self.clock.now());
        let device = self.pseudonyms.of_device(&secret, now).await?;
        // This year's pseudonym beside last year's places would say whose those are.
        for (&at, item) in written.iter().zip(&evidence) {
            if !item.record.hours().all(|hour| Window::year_of(hour) == Window::year_of(now)) {
                followed[at].without_places();
            }
        }
        let follow_up = FollowUp { code: code.hash(), device, items: followed, written: written.clone() };
        let stored = self.writer.write_followed(evidence, Some(follow_up)).await?;
        let any_new = stored.contains(&Stored::New);
        for ((index, trace), stored) in written.iter().zip(&traces).zip(stored) {
            if stored == Stored::New {
                visit.remember(trace);
            }
            stored_answer(&mut answers[*index], stored);
        }
        for answer in &answers {
            let reason = answer.reason.map_or("", RejectionReason::code);
            metrics::counter!("whitespot_ingest_items_total", "outcome" => answer.outcome.clone(), "reason" => reason)
                .increment(1);
        }
        // Nothing new: a batch that was sent again has its code; one of another id, or of an erased device, has none.
        let followed = any_new
            || ((any_known || !written.is_empty()) && store::followed_batch(&self.store, code.hash()).await?.is_some());
        let follow_up = followed.then(|| code.shown());
        Ok(BatchAnswer { batch_id: batch.batch_id, items: answers, follow_up })
    }

    /// Whether years were destroyed while the server ran: judged again, what is from before is too old.
    fn learns_from(&self, error: &IngestError) -> bool {
        if let IngestError::Store(error) = error
            && let StoreError::Forgotten { kept_from, .. } = **error
        {
            self.pseudonyms.forget_before(kept_from);
            let mut validator = self.validator.write().unwrap_or_else(PoisonError::into_inner);
            *validator = Arc::new(validator.kept_from(kept_from));
            return true;
        }
        false
    }

    /// What the guard turned away may have been taken before the guard forgot it, for example before a restart: then it
    /// is answered like anything that is sent again. Says whether there was any.
    async fn recognise(
        &self,
        turned_away: &[(usize, (Uuid, [u8; 16]))],
        answers: &mut [ItemAnswer],
        followed: &mut [FollowedItem],
    ) -> Result<bool, IngestError> {
        if turned_away.is_empty() {
            return Ok(false);
        }
        let items: Vec<(Uuid, [u8; 16])> = turned_away.iter().map(|&(_, item)| item).collect();
        let known = store::known_items(&self.store, &items).await?;
        for (&(index, _), &stored) in turned_away.iter().zip(&known).filter(|(_, stored)| **stored != Stored::New) {
            stored_answer(&mut answers[index], stored);
            answers[index].outcome.clone_into(&mut followed[index].outcome);
            followed[index].reason = None;
        }
        Ok(known.iter().any(|stored| *stored != Stored::New))
    }

    /// Erases everything of the device whose secret is shown. Summaries follow within moments; releases stay.
    pub async fn erase(&self, device_secret: &str) -> Result<Erased, IngestError> {
        let secret = read_secret(device_secret)?;
        let pseudonyms: Arc<[_]> = self.pseudonyms.of_all_years(&secret).await?.into();
        let erase = self.store.run_tx("erase_device", |tx| {
            let pseudonyms = Arc::clone(&pseudonyms);
            Box::pin(async move { store::erase_device(tx, &pseudonyms).await })
        });
        Ok(erase.await?)
    }
}

fn read_secret(text: &str) -> Result<DeviceSecret, IngestError> {
    text.parse().map_err(|error: domain::Invalid| IngestError::Malformed(error.to_string()))
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
    (answer.reason, answer.detail) = (None, None);
    answer.points_rejected.clear();
}
