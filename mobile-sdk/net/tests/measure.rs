//! The client against servers that misbehave. Good behaviour is tested beside the real server, in `api`.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{net::SocketAddr, time::Duration};

use domain::{
    ByteCount, SystemClock,
    record::{FailureCause, TestOutcome},
};
use futures_util::{SinkExt as _, StreamExt as _};
use sdk_net::{Budget, MeasureError, MeasureOptions, MeasureReport, ServerUrl, measure};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{Message, handshake::server::Response, http::HeaderValue},
};

/// Accepts connections and lets `serve` ruin them.
async fn server<F: Future<Output = ()> + Send>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream).await;
        }
    });
    address
}

async fn accept(stream: TcpStream, confirm: bool) -> WebSocketStream<TcpStream> {
    #[expect(clippy::result_large_err, reason = "the callback's type is given")]
    let confirm = |_: &_, mut response: Response| {
        if confirm {
            let protocol = HeaderValue::from_static("net.measurementlab.ndt.v7");
            response.headers_mut().insert("sec-websocket-protocol", protocol);
        }
        Ok(response)
    };
    accept_hdr_async(stream, confirm).await.unwrap()
}

async fn run(address: SocketAddr) -> Result<MeasureReport, MeasureError> {
    let budget = Budget { duration: Duration::from_millis(300), bytes: ByteCount::from_megabytes(10) };
    let options =
        MeasureOptions { download: Some(budget), upload: None, idle_pings: 0, patience: Duration::from_millis(500) };
    let url: ServerUrl = format!("http://{address}").parse().unwrap();
    measure(&url, &options, &SystemClock::default(), &mut |_| {}).await
}

#[tokio::test]
async fn a_connection_that_breaks_at_once_is_a_failed_attempt() {
    let address = server(|stream| async move {
        let mut socket = accept(stream, true).await;
        let _ = socket.send(Message::Binary(vec![0; 8192].into())).await;
    })
    .await;
    let report = run(address).await.unwrap();
    assert_eq!(report.outcome, TestOutcome::Failed(FailureCause::Interrupted));
}

#[tokio::test]
async fn a_line_on_which_nothing_moves_is_a_failed_attempt() {
    let address = server(|stream| async move {
        let mut socket = accept(stream, true).await;
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    assert_eq!(run(address).await.unwrap().outcome, TestOutcome::Failed(FailureCause::TimedOut));
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_failed_attempt() {
    let address = server(|stream| async move {
        std::mem::forget(stream);
    })
    .await;
    assert_eq!(run(address).await.unwrap().outcome, TestOutcome::Failed(FailureCause::NoConnection));
}

#[tokio::test]
async fn a_server_without_ndt7_is_told_from_a_bad_line() {
    let unconfirmed = server(|stream| async move {
        accept(stream, false).await;
    })
    .await;
    assert!(matches!(run(unconfirmed).await, Err(MeasureError::Protocol { .. })));

    let web_page = server(|mut stream| async move {
        let mut request = [0; 4096];
        let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut request).await;
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    })
    .await;
    assert!(matches!(run(web_page).await, Err(MeasureError::Refused { status: 404 })));
}

#[tokio::test]
async fn a_port_where_nothing_listens_says_what_to_check() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = run(free).await.unwrap_err();
    assert!(matches!(error, MeasureError::NotThere { .. }));
    assert!(error.to_string().contains("check the address"), "{error}");
}
