//! Ids of foreign records, made from what they hold, so that the same row read twice is a duplicate.

use domain::{CoveragePoint, CoverageTrack, ItemId, Record, SpeedTest, Technology, wire::v1::Item};
use uuid::Builder;

use super::{Found, ImportError, Sink};
use crate::{
    Recorder,
    recorder::{digits, short_hash},
};

/// Points of one stored piece of a track, as from our own clients.
const POINTS_PER_TRACK: usize = 1_000;

/// An id made from texts.
pub fn id_of(parts: &[&str]) -> ItemId {
    let id = Builder::from_random_bytes(short_hash(parts)).into_uuid();
    #[expect(clippy::expect_used, reason = "the builder sets version 4")]
    ItemId::from_uuid(id).expect("version 4")
}

/// An id made from a record as it is kept: from an exact position or time the id could be guessed, and with
/// it the position. `about` tells apart what is kept alike.
fn id_of_record(recorder: &Recorder, about: &str, record: &Record) -> ItemId {
    id_of(&["record", &digits(&recorder.message()), about, &digits(&Item::from(record).content_hash())])
}

/// A speed test with its id.
pub fn speed_test(recorder: &Recorder, about: &str, mut test: SpeedTest) -> Record {
    test.id = id_of(&["no id yet"]);
    let mut record = Record::SpeedTest(test);
    let id = id_of_record(recorder, about, &record);
    if let Record::SpeedTest(test) = &mut record {
        test.id = id;
    }
    record
}

/// Points of one recorder on their way into tracks.
#[derive(Debug)]
pub struct Track {
    recorder: Recorder,
    about: String,
    file: String,
    locked_to: Option<Technology>,
    points: Vec<CoveragePoint>,
    rows: Vec<u32>,
    part: u32,
}

impl Track {
    /// `about` is the name of the format, or what tells tracks of one recorder apart.
    pub fn new(recorder: Recorder, about: &str, file: &str) -> Self {
        Self {
            recorder,
            about: about.to_owned(),
            file: file.to_owned(),
            locked_to: None,
            points: Vec::new(),
            rows: Vec::new(),
            part: 0,
        }
    }

    /// Takes a point, and hands on a full piece.
    pub fn push(&mut self, row: u64, point: CoveragePoint, found: Sink<'_>) -> Result<(), ImportError> {
        self.points.push(point);
        self.rows.push(row_number(row));
        if self.points.len() == POINTS_PER_TRACK { self.flush(found) } else { Ok(()) }
    }

    /// Hands on what is there.
    pub fn flush(&mut self, found: Sink<'_>) -> Result<(), ImportError> {
        if self.points.is_empty() {
            return Ok(());
        }
        let points = std::mem::take(&mut self.points);
        let rows = std::mem::take(&mut self.rows);
        let mut track = CoverageTrack { id: id_of(&["no id yet"]), locked_to: self.locked_to, points };
        let about = format!("{} {}", self.about, self.part);
        track.id = id_of_record(&self.recorder, &about, &Record::CoverageTrack(track.clone()));
        self.part += 1;
        found(Found::Record {
            recorder: self.recorder,
            file: self.file.clone(),
            rows,
            record: Record::CoverageTrack(track),
        })
    }
}

/// A row for a report; nobody looks for row four milliard.
pub fn row_number(row: u64) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}
