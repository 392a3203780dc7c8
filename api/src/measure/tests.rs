use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::Response},
};

use super::*;

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn server(max_tests: usize, runtime_ms: u64) -> SocketAddr {
    serve(MeasureConfig { max_tests, runtime: Duration::from_millis(runtime_ms), ..MeasureConfig::default() }).await
}

async fn serve(config: MeasureConfig) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = routes(config).into_make_service_with_connect_info::<Endpoints>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn connect(
    address: SocketAddr,
    path: &str,
    protocol: Option<&'static str>,
) -> Result<Socket, Response<Option<Vec<u8>>>> {
    let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
    if let Some(protocol) = protocol {
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
    }
    match connect_async(request).await {
        Ok((socket, response)) => {
            assert_eq!(response.headers()["sec-websocket-protocol"], SUBPROTOCOL);
            Ok(socket)
        }
        Err(Error::Http(response)) => Err(*response),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_full_server_says_so_with_a_time_to_return() {
    let address = server(1, 2_000).await;
    let _busy = connect(address, "/ndt/v7/upload", Some(SUBPROTOCOL)).await.unwrap();
    let refused = connect(address, "/ndt/v7/download", Some(SUBPROTOCOL)).await.unwrap_err();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "3");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn a_place_is_free_again_after_an_abrupt_end() {
    let address = server(1, 10_000).await;
    let first = connect(address, "/ndt/v7/download", Some(SUBPROTOCOL)).await.unwrap();
    drop(first);
    // The server notices with its next write; until then it is honestly full.
    while connect(address, "/ndt/v7/upload", Some(SUBPROTOCOL)).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn bad_requests_are_problems_not_tests() {
    let address = server(1, 1_000).await;
    for (path, protocol) in [
        ("/ndt/v7/download", None),
        ("/ndt/v7/download", Some("net.measurementlab.throughput.v1")),
        ("/ndt/v7/download?early_exit=10", Some(SUBPROTOCOL)),
        ("/ndt/v7/upload?a=1&a=2", Some(SUBPROTOCOL)),
        ("/ndt/v7/upload?a=", Some(SUBPROTOCOL)),
    ] {
        let refused = connect(address, path, protocol).await.unwrap_err();
        assert_eq!(refused.status(), 400, "{path}");
        assert_eq!(refused.headers()["content-type"], "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn pages_of_any_origin_may_measure() {
    let address = server(1, 200).await;
    let mut request = format!("ws://{address}/ndt/v7/download").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
    request.headers_mut().insert("origin", HeaderValue::from_static("https://elsewhere.example"));
    let (_socket, response) = connect_async(request).await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn a_download_grows_its_messages_counts_them_and_says_goodbye() {
    let clock = domain::ManualClock::new("2026-11-21T10:00:00Z".parse().unwrap());
    let address = serve(MeasureConfig { clock: Arc::new(clock.clone()), ..MeasureConfig::default() }).await;
    let mut socket = connect(address, "/ndt/v7/download", Some(SUBPROTOCOL)).await.unwrap();
    let (mut sizes, mut texts, mut close) = (Vec::new(), Vec::new(), None);
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(payload) => {
                sizes.push(payload.len());
                // Enough seen: the ten seconds are over.
                if sizes.iter().sum::<usize>() > 40 << 20 {
                    clock.advance(Duration::from_secs(11));
                }
            }
            Message::Text(text) => texts.push(serde_json::from_str::<serde_json::Value>(&text).unwrap()),
            Message::Close(frame) => close = frame,
            _ => {}
        }
    }
    assert_eq!(sizes[0], 1 << 13);
    assert!(sizes.windows(2).all(|pair| pair[1] == pair[0] || pair[1] == pair[0] * 2));
    assert_eq!(sizes.last(), Some(&(1 << 20)), "grown, and no further");
    let last = texts.last().unwrap();
    assert_eq!(last["AppInfo"]["NumBytes"], sizes.iter().sum::<usize>());
    assert_eq!(last["Test"], "download");
    assert!(last["ConnectionInfo"]["Client"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(last["ConnectionInfo"]["Server"], address.to_string());
    assert_eq!(close.unwrap().reason, "Done sending");
}

#[tokio::test]
async fn an_upload_takes_the_largest_message_and_counts_it() {
    let address = server(1, 10_000).await;
    let mut socket = connect(address, "/ndt/v7/upload", Some(SUBPROTOCOL)).await.unwrap();
    socket.send(Message::Binary(vec![7; MAX_MESSAGE].into())).await.unwrap();
    let counted = loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            break json["AppInfo"]["NumBytes"].as_u64();
        }
    };
    assert_eq!(counted, Some(MAX_MESSAGE as u64));
    socket.close(None).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))), "a goodbye is answered");
}

#[tokio::test]
async fn an_upload_without_end_is_ended_with_a_last_count() {
    let address = server(1, 200).await;
    let mut socket = connect(address, "/ndt/v7/upload", Some(SUBPROTOCOL)).await.unwrap();
    socket.send(Message::Binary(vec![7; 8192].into())).await.unwrap();
    let mut last = String::new();
    let close = loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => text.as_str().clone_into(&mut last),
            Message::Close(frame) => break frame,
            _ => {}
        }
    };
    assert!(last.contains(r#""NumBytes":8192"#), "{last}");
    assert_eq!(close.unwrap().reason, "Done sending");
}

#[tokio::test]
async fn an_oversized_message_ends_the_test_and_not_the_server() {
    let address = server(1, 2_000).await;
    let mut socket = connect(address, "/ndt/v7/upload", Some(SUBPROTOCOL)).await.unwrap();
    let _ = socket.send(Message::Binary(vec![7; MAX_MESSAGE + 1].into())).await;
    while let Some(Ok(_)) = socket.next().await {}
    while connect(address, "/ndt/v7/upload", Some(SUBPROTOCOL)).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_client_that_never_reads_is_let_go_in_time() {
    let address = server(1, 100).await;
    let _silent = connect(address, "/ndt/v7/download", Some(SUBPROTOCOL)).await.unwrap();
    let freed = async {
        while connect(address, "/ndt/v7/upload", Some(SUBPROTOCOL)).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), freed).await.unwrap();
}
