//! Times, rates and latencies as foreign tables write them.

use domain::{
    BitRate, RejectionReason, Rtt,
    record::{SpeedResult, TestOutcome},
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// A number times `scale` as bit/s. Zero stays: a line that moves nothing is a result.
pub fn rate(value: Option<f64>, scale: f64) -> Result<Option<BitRate>, RejectionReason> {
    let rate = value.map(|value| BitRate::from_mbps_f64(value * scale / 1e6));
    rate.transpose().map_err(|_| RejectionReason::ImplausibleValue)
}

/// Milliseconds. Zero is what broken clients write for "no answer": it would meet every limit.
pub fn latency(millis: Option<f64>) -> Result<Option<Rtt>, RejectionReason> {
    let latency = millis.filter(|millis| millis.abs() > 1e-9).map(Rtt::from_millis_f64);
    let latency = latency.transpose().map_err(|_| RejectionReason::ImplausibleValue)?;
    Ok(latency.filter(|latency| latency.as_micros() > 0))
}

/// An instant, cut to the minute: with an offset, or local to `zone` with a space or a `T` between date and time.
pub fn time(text: Option<&str>, zone: &TimeZone) -> Result<Timestamp, RejectionReason> {
    let text = text.ok_or(RejectionReason::NoTime)?;
    let at = text.parse::<Timestamp>().or_else(|_| {
        let local = DateTime::strptime("%Y-%m-%d %H:%M", text).or_else(|_| text.parse::<DateTime>())?;
        local.to_zoned(zone.clone()).map(|at| at.timestamp())
    });
    at.map(to_minute).map_err(|_| RejectionReason::NoTime)
}

/// Cut to the minute, as items of our own clients are.
pub fn to_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(Timestamp::MIN)
}

/// A test with at least one number.
pub fn completed(result: SpeedResult) -> Result<TestOutcome, RejectionReason> {
    if result == SpeedResult::default() { Err(RejectionReason::Malformed) } else { Ok(TestOutcome::Completed(result)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_usual_spellings_and_cut_to_the_minute() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let read = |text: &str, zone: &TimeZone| time(Some(text), zone).map(|at| at.to_string());
        let expected = Ok("2026-05-14T11:59:00Z".to_owned());
        for text in ["2026-05-14 13:59:30", "2026-05-14T13:59:30.5", "2026-05-14T11:59:30Z", "2026-05-14 13:59"] {
            assert_eq!(read(text, &berlin), expected, "{text}");
        }
        assert_eq!(read("2026-05-14 11:59:30", &TimeZone::UTC), expected);
        for text in ["yesterday", "2026-02-31 10:00:00", "1778760000"] {
            assert_eq!(read(text, &TimeZone::UTC), Err(RejectionReason::NoTime), "{text}");
        }
    }

    #[test]
    fn rates_keep_their_zero_and_latencies_do_not() {
        assert_eq!(rate(Some(48_000.0), 1e3).unwrap().unwrap().as_bps(), 48_000_000);
        assert_eq!(rate(Some(0.0), 1e6).unwrap().unwrap().as_bps(), 0);
        assert_eq!(rate(Some(-1.0), 1e6), Err(RejectionReason::ImplausibleValue));
        assert_eq!(rate(Some(f64::INFINITY), 1e6), Err(RejectionReason::ImplausibleValue));
        assert_eq!(latency(Some(0.0)), Ok(None));
        assert_eq!(latency(Some(-3.0)), Err(RejectionReason::ImplausibleValue));
        assert_eq!(latency(Some(14.25)).unwrap().unwrap().as_micros(), 14_250);
    }
}
