//! Dead-spot reports by people who just walked through one.

use domain::{
    DeadSpotReport, HourStamp, Technology,
    record::{Comment, Failing},
};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use rand::Rng;

use crate::{random::item_id, schedule::instant, track::Trip};

/// Chance that somebody with a dead spot on the way reports it.
const SHARE: f64 = 0.12;

/// Every comment says that nobody wrote it.
const COMMENTS: [&str; 4] = [
    "Simuliert: auf dem ganzen Weg kein Empfang.",
    "Simuliert: Telefonieren geht, Internet nicht.",
    "Simuliert: erst hinter dem Ortsausgang wieder Netz.",
    "Simuliert: seit Jahren so, mit jedem Gerät.",
];

/// At most one report a trip, at a point without mobile broadband.
pub(crate) fn reports(trips: &[Trip], rng: &mut impl Rng) -> Vec<DeadSpotReport> {
    trips.iter().filter_map(|trip| report(trip, rng)).collect()
}

fn report(trip: &Trip, rng: &mut impl Rng) -> Option<DeadSpotReport> {
    let points = &trip.track.points;
    let poor = |at: &usize| !points[*at].technology.is_some_and(Technology::is_broadband);
    let poor: Vec<usize> = (0..points.len()).filter(poor).collect();
    // One bad look is a cellar; three are a place.
    if poor.len() < 3 || !rng.random_bool(SHARE) {
        return None;
    }
    let at = poor[rng.random_range(0..poor.len())];
    let point = &points[at];
    let nothing = point.technology.is_none();
    let failing = match (nothing, rng.random_range(0..10)) {
        (true, 0..9) => Failing::NoService,
        (false, 0..6) => Failing::NoData,
        (false, 6..9) => Failing::TooSlow,
        _ => Failing::Indoors,
    };
    let since = rng.random_bool(0.5).then(|| day_of(point.hour, rng.random_range(1..900))).flatten();
    let comment = rng.random_bool(0.4).then(|| COMMENTS[rng.random_range(0..COMMENTS.len())]);
    Some(DeadSpotReport {
        id: item_id(rng),
        at: instant(trip.seconds[at]),
        hex: point.hex,
        failing,
        operator: Some(point.operator),
        since,
        comment: comment.and_then(|text| text.parse::<Comment>().ok()),
    })
}

fn day_of(hour: HourStamp, days_before: i32) -> Option<Date> {
    TimeZone::UTC.to_datetime(hour.start()).date().checked_sub(days_before.days()).ok()
}
