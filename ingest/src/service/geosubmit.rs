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
        let mut records = Vec::new();
        let mut refused = Vec::new();
        geosubmit::read_body(body, recorder, &mut |found| match found {
            Found::Record { record, .. } => records.push(record),
            Found::Refused { reason, .. } => refused.push(reason),
            Found::Tile { .. } => {}
        })
        .map_err(|error| IngestError::Malformed(error.to_string()))?;

        let validator = Arc::clone(&self.validator.read().unwrap_or_else(PoisonError::into_inner));
        let mut evidence = Vec::new();
        for record in records {
            match validator.check(record) {
                Ok(Checked { record, .. }) => {
                    let (device, other_years) = self.pseudonyms.of_recorder(&recorder, &record).await?;
                    evidence.push(NewEvidence {
                        device,
                        other_years,
                        source: SourceClass::Crowd,
                        campaign: None,
                        quarantine: None,
                        content_hash: v1::Item::from(&record).content_hash(),
                        record,
                    });
                }
                Err(reason) => refused.push(reason),
            }
        }
        for stored in self.writer.write(evidence).await? {
            let outcome = match stored {
                Stored::New => Outcome::Accepted(None),
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
