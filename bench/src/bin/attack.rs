//! What 1,000 batches of garbage a second do to an honest contributor: latencies of single-item batches, first alone,
//! then beside the garbage, in one run against the server of `WHITESPOT_URL` (which must believe
//! `X-Forwarded-For` from this machine): `make bench`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{Clock, DeviceSecret, Hex, ItemId, SystemClock, wire::v1};
use serde_json::json;
use tokio::{sync::Mutex, time::interval};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const SECONDS: u64 = 15;
const HONEST_PER_SECOND: u64 = 50;
const GARBAGE_PER_SECOND: u64 = 1_000;
/// Addresses that the garbage comes from.
const ATTACKERS: u64 = 200;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url =
        std::env::var("WHITESPOT_URL").map_err(|_| "set WHITESPOT_URL to a running server (see scripts/bench)")?;
    let url = Arc::new(format!("{url}/v1/batches"));
    println!("garbage against honest batches, {SECONDS} s each");
    honest("  alone", &url).await?;
    let garbage = tokio::spawn(garbage(Arc::clone(&url)));
    honest("  beside garbage", &url).await?;
    for (status, count) in garbage.await? {
        println!("  garbage answered {status:<22}{:>8} a second", count / SECONDS);
    }
    Ok(())
}

/// One batch of a new device every 20 ms, each from an address of its own.
async fn honest(name: &str, url: &Arc<String>) -> Result<(), Failure> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let took = Arc::new(Mutex::new(Vec::new()));
    let mut beat = interval(Duration::from_millis(1_000 / HONEST_PER_SECOND));
    let mut running = tokio::task::JoinSet::new();
    for number in 0..SECONDS * HONEST_PER_SECOND {
        beat.tick().await;
        let (client, url, took) = (client.clone(), Arc::clone(url), Arc::clone(&took));
        running.spawn(async move {
            let clock = SystemClock::default();
            let from = format!("192.0.2.{}", number % 250);
            let answer = client.post(&*url).header("x-forwarded-for", from).json(&batch()).send().await?;
            let status = answer.status();
            let answer: v1::BatchAnswer = answer.json().await?;
            if answer.items[0].outcome != "accepted" {
                return Err(Failure::from(format!("an honest batch was answered {status}: {answer:?}")));
            }
            took.lock().await.push(clock.monotonic());
            Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    let mut took = took.lock().await;
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{name:<40} p50 {:>7.1} ms   p99 {:>7.1} ms   limit 100 ms", at(0.5), at(0.99));
    Ok(())
}

fn batch() -> v1::Batch {
    let hex = Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).map(|hex| hex.to_string()).unwrap_or_default();
    let item = v1::Item::CoverageTrack(v1::CoverageTrack {
        id: ItemId::random().as_uuid(),
        locked_to: None,
        hex: vec![hex],
        hour: vec![494_300],
        operator: vec!["26201".to_owned()],
        technology: vec![Some(domain::Technology::FourG.into())],
        signal_dbm: vec![Some(-95)],
        rsrq_db: Vec::new(),
        sinr_db: Vec::new(),
    });
    v1::Batch {
        batch_id: domain::BatchId::random(),
        device_secret: DeviceSecret::random().to_wire(),
        sent_at: SystemClock::default().now(),
        campaign: None,
        client: v1::Client { name: "bench".to_owned(), version: "0".to_owned() },
        items: vec![item],
    }
}

/// Four kinds of garbage in turn; how each was answered.
async fn garbage(url: Arc<String>) -> BTreeMap<String, u64> {
    let Ok(client) = reqwest::Client::builder().no_proxy().build() else { return BTreeMap::new() };
    let mut good = json!(batch());
    good["items"] = json!(vec![json!({ "kind": "horoscope", "id": "x" }); 100]);
    let kinds = [
        "{".repeat(50_000),
        "not json at all".to_owned(),
        good.to_string(),
        json!({ "batch_id": 7, "items": vec![0; 20_000] }).to_string(),
    ];
    let answers = Arc::new(Mutex::new(BTreeMap::new()));
    let mut beat = interval(Duration::from_millis(10));
    let mut running = tokio::task::JoinSet::new();
    for number in 0..SECONDS * GARBAGE_PER_SECOND {
        if number % (GARBAGE_PER_SECOND / 100) == 0 {
            beat.tick().await;
        }
        let (client, url, answers) = (client.clone(), Arc::clone(&url), Arc::clone(&answers));
        let body = kinds[(number % 4) as usize].clone();
        running.spawn(async move {
            let from = format!("203.0.113.{}", number % ATTACKERS);
            let request = client.post(&*url).header("x-forwarded-for", from).body(body);
            let status = match request.timeout(Duration::from_secs(10)).send().await {
                Ok(answer) => answer.status().to_string(),
                Err(_) => "not at all".to_owned(),
            };
            *answers.lock().await.entry(status).or_insert(0) += 1;
        });
    }
    while running.join_next().await.is_some() {}
    Arc::into_inner(answers).map(Mutex::into_inner).unwrap_or_default()
}
