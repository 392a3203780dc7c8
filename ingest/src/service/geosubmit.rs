//! Reports of foreign collectors, through the same judge and writer as batches.

use std::sync::{Arc, PoisonError};

use domain::{NewEvidence, Outcome, RejectionReason, SourceClass, wire::v1};
use store::Stored;

use super::Ingest;
use crate::{
    Checked, IngestError, Recorder,
    import::{Found, geosubmit},
};

impl Ingest {
    /// Judges and writes the reports of one request. The protocol has no answer for a single report: what is
    /// refused is only counted. On an error nothing is kept.
    pub async fn submit_geosubmit(&self, body: &[u8], recorder: Recorder) -> Result<(), IngestError> {
        match self.judge_and_write_geosubmit(body, recorder).await {
            Err(error) if self.learns_from(&error) => self.judge_and_write_geosubmit(body, recorder).await,
            answered => answered,
        }
    }

    async fn judge_and_write_geosubmit(&self, body: &[u8], recorder: Recorder) -> Result<(), IngestError> {
        let mut records = Vec::new();
        let mut refused = Vec::new();
        geosubmit::read_body(body, recorder, &mut |found| match found {
            Found::Record { record, .. } => records.push(record),
            Found::Refused { reason, .. } => refused.push(reason),
            Found::Tile { .. } => {}
        })
        .map_err(|error| IngestError::Malformed(error.to_string()))?;

        // Who shares the anonymous voice is limited by address only.
        let mut visit = match &recorder {
            Recorder::Device(secret) => Some(self.guard.visit(secret)),
            Recorder::Named(_) => None,
        };
        let validator = Arc::clone(&self.validator.read().unwrap_or_else(PoisonError::into_inner));
        let (mut evidence, mut traces) = (Vec::new(), Vec::new());
        for record in records {
            let judged = validator.check(record).and_then(|Checked { mut record, mut points_rejected }| {
                let hashes = v1::Item::from(&record).hashes();
                let visit = visit.as_mut();
                let judged = visit.map(|visit| visit.judge(&mut record, hashes.without_id, &mut points_rejected));
                Ok((record, hashes.content, judged.transpose()?))
            });
            match judged {
                Ok((record, content_hash, judged)) => {
                    let (device, other_years) = self.pseudonyms.of_recorder(&recorder, &record).await?;
                    evidence.push(NewEvidence {
                        device,
                        other_years,
                        source: SourceClass::Crowd,
                        campaign: None,
                        quarantine: judged.as_ref().and_then(|judged| judged.quarantine),
                        content_hash,
                        record,
                    });
                    traces.push(judged);
                }
                Err(reason) => refused.push(reason),
            }
        }
        if let Recorder::Device(secret) = &recorder {
            self.guard.admit_device(secret, evidence.len())?;
        }
        for (stored, judged) in self.writer.write(evidence).await?.into_iter().zip(&traces) {
            if let (Stored::New, Some(visit), Some(judged)) = (stored, &visit, judged) {
                visit.remember(&judged.trace);
            }
            let quarantine = judged.as_ref().and_then(|judged| judged.quarantine);
            let outcome = match stored {
                Stored::New => Outcome::Accepted(quarantine),
                Stored::Duplicate => Outcome::Duplicate,
                Stored::Conflict => Outcome::Conflict,
            };
            count(outcome);
        }
        refused.into_iter().map(Outcome::Rejected).for_each(count);
        Ok(())
    }
}

fn count(outcome: Outcome) {
    let reason = if let Outcome::Rejected(reason) = outcome { RejectionReason::code(reason) } else { "" };
    metrics::counter!("whitespot_ingest_items_total", "outcome" => outcome.code(), "reason" => reason).increment(1);
}
