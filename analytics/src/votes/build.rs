//! Evidence into votes.

use std::collections::BTreeMap;

use domain::{
    Access, CoverageEvidence, DayPart, Hex, HourStamp, Operator, Requirement, SignalDbm, SourceClass, SpeedEvidence,
    networks,
    record::{Network, SpeedResult, TestOutcome},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Count, Entry, Figures, FixedFigures, Leaf, LeafVotes, Seen, Values, VoteKey, add_values};
use crate::{
    outliers::{self, Reading},
    rules::RuleBook,
};

/// Collects the evidence of one block and window and sorts it by network.
///
/// The caller decides what belongs to the window; nothing is filtered by time here. All of it goes into one builder: what
/// is far from a device's other tests is known only at the end.
#[derive(Debug)]
pub struct LeafBuilder<'r> {
    zone: TimeZone,
    rules: &'r RuleBook,
    mobile: BTreeMap<(SourceClass, Operator), Vec<Look>>,
    /// Tests of lines; without an entry one says nothing, but its device's others are compared with it.
    lines: Vec<(SourceClass, Option<Entry>)>,
    readings: Vec<Option<Reading>>,
    last_hour: Option<(HourStamp, LocalTime)>,
}

/// One look at a mobile network.
#[derive(Clone, Copy, Debug)]
struct Look {
    key: VoteKey,
    day: i32,
    signal: Option<i16>,
}

#[derive(Clone, Copy, Debug)]
struct LocalTime {
    date: Date,
    day: i32,
    part: DayPart,
}

impl<'r> LeafBuilder<'r> {
    /// `zone`: in which days and parts of the day are counted.
    pub fn new(zone: TimeZone, rules: &'r RuleBook) -> Self {
        Self { zone, rules, mobile: BTreeMap::new(), lines: Vec::new(), readings: Vec::new(), last_hour: None }
    }

    /// Every point is one attempt of the network that served (or should have).
    ///
    /// A phone that somebody locked to one technology counts nowhere: it could not speak in all views of its class, and
    /// where one view left it out, it could be told from the others.
    pub fn add_coverage(&mut self, evidence: &CoverageEvidence) {
        let locked_to = evidence.track.locked_to;
        if locked_to.is_some() && evidence.source != SourceClass::Survey {
            return;
        }
        for point in &evidence.track.points {
            let local = self.local_hour(point.hour);
            let (hex, seen) = (point.hex.at_most(Hex::MOBILE), Seen { technology: point.technology, locked_to });
            self.mobile.entry((evidence.source, point.operator)).or_default().push(Look {
                key: VoteKey { hex, device: evidence.device, part: local.part, seen },
                day: local.day,
                signal: point.signal.map(SignalDbm::as_dbm),
            });
        }
    }

    /// A test of a line counts in the fixed layer. A test on a phone is one look at its network;
    /// roaming is kept apart and counts nowhere yet.
    pub fn add_speed(&mut self, evidence: &SpeedEvidence) {
        let test = &evidence.test;
        let local = self.local(test.at);
        match test.network {
            Network::Mobile { roaming: true, .. } => {}
            Network::Mobile { operator, technology, roaming: false } => {
                let (hex, seen) = (test.hex.at_most(Hex::MOBILE), Seen { technology, locked_to: None });
                let key = VoteKey { hex, device: evidence.device, part: local.part, seen };
                let look = Look { key, day: local.day, signal: None };
                self.mobile.entry((evidence.source, operator)).or_default().push(look);
            }
            Network::Fixed { .. } => {
                let (hex, seen) = (test.hex.at_most(Hex::FIXED), Seen::default());
                let key = VoteKey { hex, device: evidence.device, part: local.part, seen };
                self.lines.push((evidence.source, judge(key, local, test.outcome, self.rules)));
                self.readings.push(Reading::of(evidence));
            }
        }
    }

    /// One leaf for each source class and network with evidence, in a stable order: lines, then mobile networks. Each is
    /// made when it is asked for: votes are larger than the evidence.
    pub fn finish(self) -> impl Iterator<Item = Leaf> {
        let far = outliers::far(&self.readings);
        let mut fixed: BTreeMap<SourceClass, Vec<Entry>> = BTreeMap::new();
        for ((source, entry), far) in self.lines.into_iter().zip(far) {
            if let (Some(entry), false) = (entry, far) {
                fixed.entry(source).or_default().push(entry);
            }
        }
        let fixed = fixed.into_iter().map(|(source, entries)| Leaf {
            source,
            access: Access::Fixed,
            votes: LeafVotes::from_entries(entries).bounded(),
        });
        // Networks without a name are abroad, and nobody is to be judged by them.
        let named = self.mobile.into_iter().filter(|((_, operator), _)| networks::name(*operator).is_some());
        let mobile = named.map(|((source, operator), mut looks)| {
            looks.sort_unstable_by_key(|look| look.key);
            let seen = looks.chunk_by(|a, b| a.key == b.key).map(together);
            let votes = LeafVotes::from_entries(seen.collect()).bounded();
            Leaf { source, access: Access::Mobile(operator), votes }
        });
        fixed.chain(mobile)
    }

    fn local(&self, at: Timestamp) -> LocalTime {
        let datetime = self.zone.to_datetime(at);
        LocalTime { date: datetime.date(), day: days_since_1970(datetime.date()), part: DayPart::of(at, &self.zone) }
    }

    /// Points come in runs of the same hour; the time zone is asked once a run.
    fn local_hour(&mut self, hour: HourStamp) -> LocalTime {
        match self.last_hour {
            Some((last, local)) if last == hour => local,
            _ => {
                let local = self.local(hour.start());
                self.last_hour = Some((hour, local));
                local
            }
        }
    }
}

fn days_since_1970(date: Date) -> i32 {
    (date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24) as i32
}

/// The looks of one device at one place and part of the day that saw the same.
fn together(looks: &[Look]) -> Entry {
    let mut days: Vec<i32> = looks.iter().map(|look| look.day).collect();
    days.sort_unstable();
    days.dedup();
    let mut values = Values::new();
    add_values(&mut values, looks.iter().filter_map(|look| Some((i64::from(look.signal?), 1))).collect());
    Entry { key: looks[0].key, attempts: looks.len() as u32, below: 0, days, figures: Figures::Mobile(values) }
}

/// One test of a line against the rule of its day.
///
/// A failed test is below every threshold. A metric that was not measured is held against nobody: it
/// is left out of its own counter, and the test meets the floor if all that was measured does.
/// `None`: nothing was measured, or no rule was in force.
fn judge(key: VoteKey, local: LocalTime, outcome: TestOutcome, rules: &RuleBook) -> Option<Entry> {
    let floor = rules.floor(local.date)?;
    let mut figures = FixedFigures::default();
    let failed = match outcome {
        TestOutcome::Failed(_) => {
            figures.counts = [Count { below: 1, judged: 1 }; 3];
            true
        }
        TestOutcome::Completed(result) => {
            figures.counts = [
                count(floor.download, result.download),
                count(floor.upload, result.upload),
                count(floor.latency, result.idle_latency),
            ];
            figures.values = values_of(&result);
            figures.counts.iter().any(|count| count.below > 0)
        }
    };
    figures.counts.iter().any(|count| count.judged > 0).then(|| Entry {
        key,
        attempts: 1,
        below: u32::from(failed),
        days: vec![local.day],
        figures: Figures::Fixed(Box::new(figures)),
    })
}

fn count<T: PartialOrd + Copy>(threshold: Requirement<T>, value: Option<T>) -> Count {
    match threshold.is_met_by(value) {
        Some(met) => Count { below: u32::from(!met), judged: 1 },
        None => Count::default(),
    }
}

fn values_of(result: &SpeedResult) -> [Values; 4] {
    let one = |value: Option<i64>| value.map(|value| (value, 1)).into_iter().collect();
    [
        one(result.download.map(|rate| rate.as_bps().cast_signed())),
        one(result.upload.map(|rate| rate.as_bps().cast_signed())),
        one(result.idle_latency.map(|rtt| i64::from(rtt.as_micros()))),
        one(result.loaded_latency.map(|rtt| i64::from(rtt.as_micros()))),
    ]
}
