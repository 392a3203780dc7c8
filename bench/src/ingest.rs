//! The way into the database, fsync on, everything on this machine: medians of several, peers in the same run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{
    Clock, Hex, ItemId, NewEvidence, SystemClock,
    record::{FixedMedium, Protocol},
    wire::v1::{Batch, Item, Network, SpeedResult, SpeedTest},
};
use e2e::{Contributor, Server};
use simulation::Simulation;
use store::{Store, insert_evidence, testing::peer::Peer};
use tokio::{sync::Mutex, task::JoinSet};

use crate::{
    Failure,
    campaign::{self, Setup},
    client::Client,
    median,
};

/// Runs of each figure.
const RUNS: usize = 5;
/// Items of a transaction, as a busy writer makes them.
const ITEMS_A_TX: usize = 500;
/// Devices whose tracks are written in one run of the comparison with COPY.
const DEVICES: u32 = 1_000;
/// Points of the HTTP run.
const POINTS: u32 = 3_000_000;
const UPLOADERS: usize = 16;
const SINGLE_CLIENTS: usize = 32;
const SUBMITTERS: usize = 512;
const SPELL: Duration = Duration::from_secs(4);
/// At the lower load before latencies count: what the full load left behind is summarised and vacuumed first.
const SETTLE: Duration = Duration::from_secs(5);

/// Prints all of it, or one part.
pub async fn run(only: Option<&str>) -> Result<(), Failure> {
    let wanted = |part| only.is_none_or(|only| only == part);
    let setup = Setup::start().await?;
    let peer = Peer::connect(&setup.cluster.url("whitespot")).await?;
    let simulation = campaign::simulation(POINTS)?;
    if wanted("rows") {
        rows_beside_copy(&setup, &simulation).await?;
    }
    if wanted("singles") {
        singles_beside_inserts(&setup.server, &peer).await?;
    }
    if wanted("points") {
        points_over_http(&setup, &peer, &simulation).await?;
    }
    peer.close().await;
    setup.stop().await
}

fn seconds_since(clock: &SystemClock, start: Duration) -> f64 {
    clock.monotonic().saturating_sub(start).as_secs_f64()
}

/// (a) Rows a second of our transactions beside a bare COPY of the very rows that they wrote.
///
/// In a database of its own, which no aggregator of a server works on.
async fn rows_beside_copy(setup: &Setup, simulation: &Arc<Simulation>) -> Result<(), Failure> {
    let clock = SystemClock::default();
    let url = setup.cluster.url("bench_rows");
    let (store, peer) = (Store::connect(&url).await?, Peer::connect(&url).await?);
    let (mut ours, mut theirs, mut ratios, mut points_a_row) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
    for _ in 0..RUNS {
        peer.forget().await?;
        let evidence = Arc::new(campaign::evidence(simulation, 0..DEVICES)?);
        let start = clock.monotonic();
        insert_all(&store, &evidence).await?;
        let our_seconds = seconds_since(&clock, start);
        let rows = peer.rows().await?;
        let points: usize = evidence.iter().map(|item| item.record.hexes().count()).sum();
        points_a_row = points as f64 / rows.len() as f64;
        let rows_a_commit = rows.len() * ITEMS_A_TX / evidence.len();
        let start = clock.monotonic();
        peer.copy(&rows, rows_a_commit).await?;
        let their_seconds = seconds_since(&clock, start);
        ours.push(rows.len() as f64 / our_seconds);
        theirs.push(rows.len() as f64 / their_seconds);
        ratios.push(their_seconds / our_seconds);
    }
    println!(
        "\nrows of packed coverage ({points_a_row:.1} points a row), two connections, {ITEMS_A_TX} items a commit"
    );
    println!("  bare binary COPY, same rows and indexes   {:>10.0} rows/s", median(theirs));
    println!("  our transaction (ids, rows, dirty marks)  {:>10.0} rows/s", median(ours));
    println!("  ratio                                     {:>10.2}", median(ratios));
    store.close().await;
    peer.close().await;
    Ok(())
}

/// Two lanes, as the writer has.
async fn insert_all(store: &Store, evidence: &Arc<Vec<NewEvidence>>) -> Result<(), Failure> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut lanes = JoinSet::new();
    for _ in 0..2 {
        let (store, evidence, next) = (store.clone(), Arc::clone(evidence), Arc::clone(&next));
        lanes.spawn(async move {
            while let Some(items) = evidence.chunks(ITEMS_A_TX).nth(next.fetch_add(1, Ordering::Relaxed)) {
                store.run_tx("insert", |tx| Box::pin(insert_evidence(tx, items))).await?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(done) = lanes.join_next().await {
        done??;
    }
    Ok(())
}

/// (b) Single items over HTTP beside clients that insert one row each; latency at half of that load.
async fn singles_beside_inserts(server: &Server, peer: &Peer) -> Result<(), Failure> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        theirs.push(inserts_a_second(peer).await?);
        ours.push(submissions_a_second(server.address()).await?);
    }
    let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
    let rate = median(ours.clone());
    println!("\nspeed tests, one an item, one a request");
    println!("  {SINGLE_CLIENTS} clients that INSERT and commit        {:>10.0} rows/s", median(theirs));
    println!("  {SUBMITTERS} connections that POST one item       {rate:>10.0} items/s");
    println!("  ratio                                     {:>10.2}", median(ratios));
    let mut latencies = latencies_at(server.address(), rate / 2.0).await?;
    latencies.sort_by(f64::total_cmp);
    let quantile = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize] * 1000.0;
    println!(
        "  at half that load: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        quantile(0.5),
        quantile(0.99),
        quantile(1.0)
    );
    Ok(())
}

async fn inserts_a_second(peer: &Peer) -> Result<f64, Failure> {
    let clock = SystemClock::default();
    let start = clock.monotonic();
    let mut clients = JoinSet::new();
    for _ in 0..SINGLE_CLIENTS {
        let peer = peer.clone();
        clients.spawn(async move {
            let mut done = 0_u64;
            while clock.monotonic().saturating_sub(start) < SPELL {
                peer.insert_one().await?;
                done += 1;
            }
            Ok::<u64, Failure>(done)
        });
    }
    let mut done = 0;
    while let Some(client) = clients.join_next().await {
        done += client??;
    }
    Ok(done as f64 / seconds_since(&clock, start))
}

async fn submissions_a_second(address: &str) -> Result<f64, Failure> {
    let clock = SystemClock::default();
    let start = clock.monotonic();
    let mut clients = JoinSet::new();
    for _ in 0..SUBMITTERS {
        let address = address.to_owned();
        clients.spawn(async move {
            let mut client = Client::connect(&address).await?;
            let mut done = 0_u64;
            while clock.monotonic().saturating_sub(start) < SPELL {
                client.deliver_all(&single()?).await?;
                done += 1;
            }
            Ok::<u64, Failure>(done)
        });
    }
    let mut done = 0;
    while let Some(client) = clients.join_next().await {
        done += client??;
    }
    Ok(done as f64 / seconds_since(&clock, start))
}

/// Seconds from the moment at which each request was due, so that a slow answer does not hide the ones behind it.
async fn latencies_at(address: &str, rate: f64) -> Result<Vec<f64>, Failure> {
    let clock = SystemClock::default();
    let period = Duration::from_secs_f64(SUBMITTERS as f64 / rate);
    let latencies = Arc::new(Mutex::new(Vec::new()));
    let mut connected = Vec::new();
    for _ in 0..SUBMITTERS {
        connected.push(Client::connect(address).await?);
    }
    let start = clock.monotonic();
    let mut clients = JoinSet::new();
    for (n, mut client) in connected.into_iter().enumerate() {
        let latencies = Arc::clone(&latencies);
        clients.spawn(async move {
            let mut due = start + period.mul_f64(n as f64 / SUBMITTERS as f64);
            let mut mine = Vec::new();
            while due < start + SETTLE + 2 * SPELL {
                let body = single()?;
                tokio::time::sleep(due.saturating_sub(clock.monotonic())).await;
                client.deliver_all(&body).await?;
                if due >= start + SETTLE {
                    mine.push(clock.monotonic().saturating_sub(due).as_secs_f64());
                }
                due += period;
            }
            latencies.lock().await.append(&mut mine);
            Ok::<(), Failure>(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    Ok(std::mem::take(&mut *latencies.lock().await))
}

/// Between Düsseldorf and Dortmund.
fn somewhere() -> Result<Hex, Failure> {
    let random = ItemId::random().as_uuid().as_u128();
    let share = |bits: u128| (bits & 0xFFFF) as f64 / 65_536.0;
    Ok(Hex::from_degrees(51.25 + 0.3 * share(random), 6.8 + 0.7 * share(random >> 16), Hex::FIXED)?)
}

/// Of a device each: what one device may send is not what is measured here.
fn single() -> Result<Vec<u8>, Failure> {
    let contributor = Contributor::new();
    let batch: Batch = contributor.batch(vec![Item::SpeedTest(SpeedTest {
        id: ItemId::random().as_uuid(),
        at: "2026-05-28T09:31:00Z".parse()?,
        hex: somewhere()?.to_string(),
        network: Network::Fixed { medium: FixedMedium::Lan, access: None },
        result: Some(SpeedResult {
            download_bps: Some(47_000_000),
            upload_bps: Some(9_600_000),
            idle_latency_us: Some(18_000),
            ..SpeedResult::default()
        }),
        failure: None,
        protocol: Protocol::Ndt7,
        bytes: 62_000_000,
        plan_download_bps: None,
    })]);
    Ok(serde_json::to_vec(&batch)?)
}

/// (c) and (d): a part of a week over HTTP, and what the server's memory and the disk come to.
async fn points_over_http(setup: &Setup, peer: &Peer, simulation: &Arc<Simulation>) -> Result<(), Failure> {
    peer.forget().await?;
    let bodies = Arc::new(campaign::bodies(simulation, 0..simulation.devices())?);
    let megabytes = bodies.iter().map(|(body, _)| body.len()).sum::<usize>() as f64 / 1e6;
    let clock = SystemClock::default();
    let start = clock.monotonic();
    let sent = upload(setup.server.address(), &bodies).await;
    let Uploaded { points, turned_away, rejected } = sent?;
    let seconds = seconds_since(&clock, start);
    let most = setup.server.most_resident_bytes().unwrap_or(0);
    let rows = peer.rows().await?.len();
    let bytes = peer.coverage_bytes().await?;
    println!("\n{points} coverage points over HTTP, {UPLOADERS} connections, {megabytes:.0} MB of JSON, aggregator on");
    println!("  {:>10.0} points/s, {:.0} rows/s in {seconds:.1} s", points as f64 / seconds, rows as f64 / seconds);
    println!("  {:>10.1} bytes a point on disk: rows, indexes, ids", bytes as f64 / points as f64);
    println!("  {:>10.1} points a row", points as f64 / rows as f64);
    println!(
        "  {:>10.0} MB of memory at most in the server, {turned_away} requests turned away, {rejected} items rejected",
        most as f64 / 1e6
    );
    Ok(())
}

/// What a number of contributors sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uploaded {
    pub points: usize,
    pub turned_away: u64,
    pub rejected: u64,
}

async fn upload(address: &str, bodies: &Arc<Vec<(Vec<u8>, usize)>>) -> Result<Uploaded, Failure> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut uploaders = JoinSet::new();
    for _ in 0..UPLOADERS {
        let (address, bodies, next) = (address.to_owned(), Arc::clone(bodies), Arc::clone(&next));
        uploaders.spawn(async move {
            let mut client = Client::connect(&address).await?;
            let mut sent = Uploaded::default();
            while let Some((body, points)) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                let delivered = client.deliver(body).await?;
                sent.turned_away += delivered.turned_away;
                sent.rejected += delivered.rejected;
                sent.points += points;
            }
            Ok::<Uploaded, Failure>(sent)
        });
    }
    let mut sum = Uploaded::default();
    while let Some(sent) = uploaders.join_next().await {
        let sent = sent??;
        sum.points += sent.points;
        sum.turned_away += sent.turned_away;
        sum.rejected += sent.rejected;
    }
    Ok(sum)
}
