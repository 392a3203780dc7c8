//! A real test against our own server, through the SDK's queue, to evidence.

use e2e::Whitespot;

#[tokio::test]
async fn a_line_is_measured_and_its_result_is_taken_once() {
    let installation = Whitespot::new();
    installation.run(&["region", "load", "nrw"]).await.ok();
    let server = installation.serve().await;
    let queue = installation.folder().join("queue");
    let args = [
        "measure",
        "--json",
        "--light",
        "--seconds",
        "1",
        "--server",
        &server.url(""),
        "--position",
        "51.45,7.01",
        "--queue-dir",
        queue.to_str().unwrap(),
    ];
    let report = installation.run(&args).await.json();
    assert!(report["result"]["download_bps"].as_u64().unwrap() > 1_000_000, "{report}");
    assert!(report["result"]["upload_bps"].as_u64().unwrap() > 1_000_000, "{report}");
    assert!(report["result"]["idle_latency_us"].as_u64().is_some(), "{report}");
    // --light: at most 10 MB each way, and one message that was under way.
    assert!(report["bytes"].as_u64().unwrap() < 2 * (10_000_000 + (1 << 20)), "{report}");
    assert_eq!(report["submitted"]["delivered"], 1, "{report}");
    assert_eq!(report["submitted"]["waiting"], 0, "{report}");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn a_result_that_the_server_refuses_is_an_error_with_its_reason() {
    let installation = Whitespot::new();
    installation.run(&["region", "load", "nrw"]).await.ok();
    let server = installation.serve().await;
    let queue = installation.folder().join("queue");
    let args = [
        "measure",
        "--light",
        "--seconds",
        "1",
        "--server",
        &server.url(""),
        "--position",
        "52.52,13.40",
        "--queue-dir",
        queue.to_str().unwrap(),
    ];
    let finished = installation.run(&args).await;
    finished.fails_with("refused the result");
    finished.fails_with("/v1/regions");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn without_a_place_nothing_is_submitted() {
    let installation = Whitespot::new();
    let server = installation.serve().await;
    let args = ["measure", "--json", "--light", "--seconds", "1", "--server", &server.url("")];
    let report = installation.run(&args).await.json();
    assert!(report["submitted"].is_null(), "{report}");
    server.stop().await.assert_clean();
}
