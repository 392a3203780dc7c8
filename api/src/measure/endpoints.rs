use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, connect_info::Connected},
    http::request::Parts,
    serve::IncomingStream,
};
use tokio::net::TcpListener;

/// The two ends of a connection, for the client's own eyes (`ConnectionInfo`). Never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Endpoints {
    client: SocketAddr,
    server: Option<SocketAddr>,
}

impl Endpoints {
    /// From any listener; `server` is where the connection was accepted.
    pub const fn new(client: SocketAddr, server: Option<SocketAddr>) -> Self {
        Self { client, server }
    }

    /// As the listener noted it. A plain `ConnectInfo<SocketAddr>` serves as well.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let noted = parts.extensions.get::<ConnectInfo<Self>>().map(|&ConnectInfo(endpoints)| endpoints);
        noted.or_else(|| {
            parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|&ConnectInfo(client)| Self::new(client, None))
        })
    }

    pub(crate) const fn address(&self) -> IpAddr {
        self.client.ip().to_canonical()
    }

    pub(super) fn client(&self) -> String {
        self.client.to_string()
    }

    pub(super) fn server(&self) -> String {
        self.server.map(|server| server.to_string()).unwrap_or_default()
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoints(…)")
    }
}

impl Connected<IncomingStream<'_, TcpListener>> for Endpoints {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self::new(*stream.remote_addr(), stream.io().local_addr().ok())
    }
}
