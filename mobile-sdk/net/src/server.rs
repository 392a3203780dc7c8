use std::{fmt, str::FromStr};

use domain::Invalid;
use reqwest::Url;

/// Address of a whitespot or other ndt7 server: `http` or `https`, no user, no query.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(Url);

impl ServerUrl {
    /// Name or address, without the brackets of an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    /// `path` begins with `/`; a path of the server's own (behind a proxy) stays in front of it.
    pub(crate) fn http(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }

    pub(crate) fn websocket(&self, path_and_query: &str) -> String {
        // http -> ws, https -> wss
        self.http(path_and_query).replacen("http", "ws", 1)
    }
}

impl FromStr for ServerUrl {
    type Err = Invalid;

    fn from_str(s: &str) -> Result<Self, Invalid> {
        let refuse = |reason| Invalid::new("server URL", s, reason);
        let url = Url::parse(s).map_err(|_| refuse("must look like https://host:port"))?;
        let plain = url.username().is_empty() && url.password().is_none();
        match url.scheme() {
            "http" | "https" if url.host_str().is_some_and(|host| !host.is_empty()) => {}
            "http" | "https" => return Err(refuse("must name a host")),
            _ => return Err(refuse("must begin with http:// or https://")),
        }
        if !plain || url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("must not hold a user, a query or a fragment"));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_schemes_lead_to_their_websocket() {
        let ws = |url: &str| url.parse::<ServerUrl>().unwrap().websocket("/ndt/v7/download");
        assert_eq!(ws("http://127.0.0.1:8080"), "ws://127.0.0.1:8080/ndt/v7/download");
        assert_eq!(ws("https://messen.example/netz/"), "wss://messen.example/netz/ndt/v7/download");
        assert_eq!(ws("http://[::1]:8080"), "ws://[::1]:8080/ndt/v7/download");
    }

    #[test]
    fn other_addresses_are_refused_with_what_would_be_right() {
        for (url, help) in [
            ("localhost:8080", "http://"),
            ("ftp://host", "http://"),
            ("https://", "https://host:port"),
            ("https://user@host", "user"),
            ("https://host?x=1", "query"),
        ] {
            let error = url.parse::<ServerUrl>().unwrap_err().to_string();
            assert!(error.contains(help), "{url}: {error}");
        }
    }
}
