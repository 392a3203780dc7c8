//! Opens the WebSocket of one ndt7 test.

use std::{io, time::Duration};

use domain::record::FailureCause;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
    tungstenite::{
        Error,
        client::IntoClientRequest as _,
        http::{HeaderValue, Response, header},
        protocol::WebSocketConfig,
    },
};

use crate::{MeasureError, ServerUrl, error::Trouble, ndt7, tls};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects and upgrades within `patience`.
pub(crate) async fn open(server: &ServerUrl, path: &str, patience: Duration) -> Result<Socket, Trouble> {
    timeout(patience, connect(server, path)).await.unwrap_or(Err(Trouble::Broken(FailureCause::NoConnection)))
}

async fn connect(server: &ServerUrl, path: &str) -> Result<Socket, Trouble> {
    let tcp =
        TcpStream::connect((server.host(), server.port())).await.map_err(|error| not_connected(&error, server))?;
    // A failure here costs latency, not correctness.
    let _ = tcp.set_nodelay(true);

    let mut request = server
        .websocket(&format!("{path}?{}", ndt7::metadata()))
        .into_client_request()
        .map_err(|error| protocol(&error))?;
    request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(ndt7::SUBPROTOCOL));

    let config =
        WebSocketConfig::default().max_message_size(Some(ndt7::MAX_MESSAGE)).max_frame_size(Some(ndt7::MAX_MESSAGE));
    tls::install_provider();
    let (socket, response) =
        client_async_tls_with_config(request, tcp, Some(config), None).await.map_err(|error| not_upgraded(&error))?;
    match response.headers().get(header::SEC_WEBSOCKET_PROTOCOL) {
        Some(chosen) if chosen == ndt7::SUBPROTOCOL => Ok(socket),
        _ => Err(protocol(&"it did not confirm the subprotocol").into()),
    }
}

/// A refused port is the server's trouble; everything else may well be the line's, and counts as an attempt.
fn not_connected(error: &io::Error, server: &ServerUrl) -> Trouble {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        MeasureError::NotThere { host: format!("{}:{}", server.host(), server.port()) }.into()
    } else {
        Trouble::Broken(FailureCause::NoConnection)
    }
}

fn not_upgraded(error: &Error) -> Trouble {
    match error {
        Error::Http(response) => refused(response).into(),
        Error::Io(error) if error.kind() != io::ErrorKind::InvalidData => Trouble::Broken(FailureCause::Interrupted),
        other => protocol(other).into(),
    }
}

fn refused<B>(response: &Response<B>) -> MeasureError {
    let status = response.status().as_u16();
    if status != 503 {
        return MeasureError::Refused { status };
    }
    let seconds = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    MeasureError::Busy { retry_after: Duration::from_secs(seconds.unwrap_or(60)) }
}

fn protocol(reason: &dyn std::fmt::Display) -> MeasureError {
    MeasureError::Protocol { reason: reason.to_string() }
}
