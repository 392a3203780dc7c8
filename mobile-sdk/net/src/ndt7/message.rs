use std::time::Duration;

use serde::Deserialize;

/// What a measurement message says about bytes and time; everything else in it is not needed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub elapsed: Duration,
    pub bytes: u64,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "AppInfo")]
    app: Option<AppInfo>,
    #[serde(rename = "TCPInfo")]
    tcp: Option<TcpInfo>,
}

#[derive(Deserialize)]
struct AppInfo {
    #[serde(rename = "ElapsedTime")]
    elapsed_us: u64,
    #[serde(rename = "NumBytes")]
    bytes: u64,
}

#[derive(Deserialize)]
struct TcpInfo {
    #[serde(rename = "ElapsedTime")]
    elapsed_us: Option<u64>,
    #[serde(rename = "BytesReceived")]
    received: Option<u64>,
}

impl Reading {
    /// What the receiver counted: its application, or else its kernel. `None` for a message without either.
    pub(crate) fn of(json: &str) -> Option<Self> {
        let message: Message = serde_json::from_str(json).ok()?;
        if let Some(app) = message.app {
            return Some(Self { elapsed: Duration::from_micros(app.elapsed_us), bytes: app.bytes });
        }
        let tcp = message.tcp?;
        Some(Self { elapsed: Duration::from_micros(tcp.elapsed_us?), bytes: tcp.received? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_is_believed_before_the_kernel() {
        let json = r#"{"AppInfo":{"ElapsedTime":250000,"NumBytes":8192},
            "TCPInfo":{"ElapsedTime":251000,"BytesReceived":9000},"Origin":"server","Test":"upload"}"#;
        assert_eq!(Reading::of(json), Some(Reading { elapsed: Duration::from_millis(250), bytes: 8192 }));
    }

    #[test]
    fn the_kernel_alone_is_enough() {
        let json = r#"{"TCPInfo":{"ElapsedTime":1000,"BytesReceived":9000,"RTT":-1}}"#;
        assert_eq!(Reading::of(json).map(|reading| reading.bytes), Some(9000));
    }

    #[test]
    fn broken_and_negative_messages_say_nothing() {
        for json in ["", "{", "[]", r#"{"AppInfo":{"ElapsedTime":-1,"NumBytes":1}}"#, r#"{"Test":"upload"}"#] {
            assert_eq!(Reading::of(json), None, "{json}");
        }
    }
}
