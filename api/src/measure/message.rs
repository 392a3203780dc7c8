//! The measurements in text messages, both ways, and when to send them.

use std::time::Duration;

use domain::Clock;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::Endpoints;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Direction {
    Download,
    Upload,
}

impl Direction {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Upload => "upload",
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Measurement<'a> {
    app_info: AppInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_info: Option<&'a ConnectionInfo>,
    origin: &'static str,
    test: Direction,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AppInfo {
    /// Microseconds.
    elapsed_time: u64,
    num_bytes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ConnectionInfo {
    client: String,
    server: String,
    #[serde(rename = "UUID")]
    uuid: Uuid,
    start_time: Timestamp,
}

/// It names the client.
impl std::fmt::Debug for ConnectionInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConnectionInfo(…)")
    }
}

/// What stays the same in all messages of one test.
#[derive(Debug)]
pub(super) struct Run {
    direction: Direction,
    connection: Option<ConnectionInfo>,
}

impl Run {
    /// The id is random: it names this run to the client and is stored nowhere.
    pub(super) fn new(direction: Direction, endpoints: Option<Endpoints>, clock: &dyn Clock) -> Self {
        let connection = endpoints.map(|endpoints| ConnectionInfo {
            client: endpoints.client(),
            server: endpoints.server(),
            uuid: Uuid::new_v4(),
            start_time: clock.now(),
        });
        Self { direction, connection }
    }

    /// One text message.
    pub(super) fn measurement(&self, elapsed: Duration, bytes: u64) -> String {
        let measurement = Measurement {
            app_info: AppInfo { elapsed_time: elapsed.as_micros() as u64, num_bytes: bytes },
            connection_info: self.connection.as_ref(),
            origin: "server",
            test: self.direction,
        };
        // Serialising own plain structs to memory cannot fail.
        serde_json::to_string(&measurement).unwrap_or_default()
    }
}

/// Moments to measure: exponential gaps of 250 ms in the mean, so that they do not fall in step with
/// anything on the line, but at least 100 ms (ten a second at most) and at most 625 ms.
#[derive(Debug)]
pub(super) struct Moments {
    next: Duration,
}

impl Moments {
    pub(super) fn new() -> Self {
        Self { next: gap() }
    }

    /// Whether it is time; moves on if so.
    pub(super) fn due(&mut self, elapsed: Duration) -> bool {
        let due = elapsed >= self.next;
        if due {
            self.next = elapsed + gap();
        }
        due
    }

    /// Time to the next moment.
    pub(super) fn wait(&self, elapsed: Duration) -> Duration {
        self.next.saturating_sub(elapsed)
    }
}

fn gap() -> Duration {
    let uniform: f64 = rand::random();
    Duration::from_secs_f64((-0.25 * (1.0 - uniform).ln()).clamp(0.1, 0.625))
}

#[cfg(test)]
mod tests {
    use domain::ManualClock;

    use super::*;

    #[test]
    fn a_measurement_is_spelled_as_the_spec_spells_it() {
        let clock = ManualClock::new("2026-11-21T10:00:00Z".parse().unwrap());
        let ends = Endpoints::new("192.0.2.1:4000".parse().unwrap(), "[2001:db8::1]:443".parse().ok());
        let json: serde_json::Value = serde_json::from_str(
            &Run::new(Direction::Upload, Some(ends), &clock).measurement(Duration::from_millis(250), 8192),
        )
        .unwrap();
        assert_eq!(json["AppInfo"], serde_json::json!({ "ElapsedTime": 250_000, "NumBytes": 8192 }));
        assert_eq!(json["ConnectionInfo"]["Client"], "192.0.2.1:4000");
        assert_eq!(json["ConnectionInfo"]["Server"], "[2001:db8::1]:443");
        assert_eq!(json["ConnectionInfo"]["StartTime"], "2026-11-21T10:00:00Z");
        assert_eq!((json["Origin"].as_str(), json["Test"].as_str()), (Some("server"), Some("upload")));
    }

    #[test]
    fn no_address_is_printed() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let ends = Endpoints::new("192.0.2.77:4000".parse().unwrap(), None);
        let printed = format!("{ends:?} {:?}", Run::new(Direction::Download, Some(ends), &clock));
        assert!(!printed.contains("192.0.2"), "{printed}");
    }

    #[test]
    fn there_are_at_most_ten_measurements_a_second_and_at_least_one() {
        let mut moments = Moments::new();
        let count = (0..10_000).filter(|&ms| moments.due(Duration::from_millis(ms))).count();
        assert!((16..=100).contains(&count), "{count} in 10 s");
    }
}
