//! A running track. Exact positions live here, in memory, until they are far enough behind.

use std::collections::VecDeque;

use domain::{CoveragePoint, Hex, HourStamp};
use jiff::Timestamp;

use crate::{
    HomeZone, Position, RecordError, TrackPoint,
    position::{MOBILE_HEX_RADIUS_M, TRACK_END_M},
};

/// Points of one stored piece: small enough that a crash loses little, large enough to compress.
pub(crate) const PIECE_POINTS: usize = 1_000;
/// Points that may wait in memory. Somebody who stays at one place collects them there.
const MAX_TAIL: usize = 5_000;
/// 360 km/h: faster than any train here; planes do not measure mobile networks.
const MAX_SPEED_M_PER_S: f64 = 100.0;

/// Near the start and near the end only resolution 8 is kept, and distance is taken as the crow flies:
/// whoever circles around the house for a while has walked far without having left.
#[derive(Debug, Default)]
pub(crate) struct Track {
    start: Option<Position>,
    last: Option<(Timestamp, Position)>,
    /// Exact positions: every point since the last one known to be 300 m away from the newest.
    tail: VecDeque<TrackPoint>,
    /// Hexagons, not yet stored.
    settled: Vec<CoveragePoint>,
}

impl Track {
    pub(crate) fn add(&mut self, point: TrackPoint, home: Option<&HomeZone>) -> Result<(), RecordError> {
        if point.position.accuracy().finest_resolution().is_none() {
            return Err(RecordError::PositionTooCoarse);
        }
        if let Some((at, position)) = self.last {
            check_travel(at, &position, &point)?;
        }
        self.last = Some((point.at, point.position));
        self.start.get_or_insert(point.position);
        self.tail.push_back(point);
        while self.tail.front().is_some_and(|first| first.position.metres_to(&point.position) >= TRACK_END_M) {
            self.settle_first(home, false);
        }
        while self.tail.len() > MAX_TAIL {
            self.settle_first(home, true);
        }
        Ok(())
    }

    /// A full piece to store, if there is one.
    pub(crate) fn full_piece(&self) -> Option<&[CoveragePoint]> {
        self.settled.get(..PIECE_POINTS)
    }

    /// The piece has been stored.
    pub(crate) fn forget_piece(&mut self, points: usize) {
        self.settled.drain(..points.min(self.settled.len()));
    }

    /// Ends the track: everything that is left, in order.
    pub(crate) fn finish(&mut self, home: Option<&HomeZone>) -> &[CoveragePoint] {
        if let Some((_, end)) = self.last {
            // An earlier point near the end was 300 m behind when it settled; the way led back to it.
            for point in &mut self.settled {
                if end.near_centre_of(point.hex, TRACK_END_M + MOBILE_HEX_RADIUS_M) {
                    point.hex = point.hex.at_most(Hex::COARSEST);
                }
            }
            while let Some(first) = self.tail.front() {
                let near_end = first.position.metres_to(&end) < TRACK_END_M;
                self.settle_first(home, near_end);
            }
        }
        &self.settled
    }

    fn settle_first(&mut self, home: Option<&HomeZone>, coarsest: bool) {
        let Some(point) = self.tail.pop_front() else { return };
        let near_start = self.start.is_some_and(|start| start.metres_to(&point.position) < TRACK_END_M);
        let finest = if coarsest || near_start { Hex::COARSEST } else { Hex::MOBILE };
        // The accuracy was checked when the point came in.
        if let Some(hex) = point.position.reduce(finest, home) {
            self.settled.push(CoveragePoint {
                hex,
                hour: HourStamp::containing(point.at),
                operator: point.operator,
                technology: point.technology,
                signal: point.signal,
                quality: point.quality,
                sinr: point.sinr,
            });
        }
    }
}

/// The two circles of uncertainty may touch, so they are taken off the distance.
fn check_travel(at: Timestamp, from: &Position, to: &TrackPoint) -> Result<(), RecordError> {
    let slack = from.accuracy().as_metres() + to.position.accuracy().as_metres();
    let metres = from.metres_to(&to.position) - f64::from(slack);
    let seconds = to.at.duration_since(at).as_secs_f64().abs().max(1.0);
    if metres / seconds > MAX_SPEED_M_PER_S { Err(RecordError::ImplausibleTravel) } else { Ok(()) }
}

#[cfg(test)]
#[path = "track_tests.rs"]
mod tests;
