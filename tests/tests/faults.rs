//! Promise 6 under faults: the server or its database is killed, halted, slow or full while contributors send.
//!
//! Afterwards everything is sent again: what was acknowledged must be a duplicate, and the release must count each
//! item exactly once. Short versions run in `make test`, the long ones in `make soak`.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::time::Duration;

use domain::{
    Hex, ItemId, Technology,
    record::{FixedMedium, Protocol},
    wire::v1::{Batch, Item, Network, SpeedResult, SpeedTest},
};
use e2e::{Contributor, Ledger, Load, Postgres, Sent, Server, Whitespot, outcome, post, send_once, track};
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{interval, timeout},
};

const HOUR: i32 = 494_300;
const ESSEN: &str = "05113000";
/// At least k, so that the release shows them.
const CONTRIBUTORS: usize = 6;
const TRACKS: usize = 3;
/// A restart of the database under load on a slow machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// The bound of the design at any load.
const MEMORY_LIMIT: u64 = 300 << 20;

fn centre() -> Hex {
    Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).unwrap()
}

/// A test of a fixed line and some tracks of one point each.
fn items() -> Vec<Item> {
    let test = SpeedTest {
        id: ItemId::random().as_uuid(),
        at: "2026-05-23T08:00:00Z".parse().unwrap(),
        hex: Hex::from_degrees(51.4556, 7.0116, Hex::FIXED).unwrap().to_string(),
        network: Network::Fixed { medium: FixedMedium::Lan, access: None },
        result: Some(SpeedResult {
            download_bps: Some(50_000_000),
            upload_bps: Some(10_000_000),
            idle_latency_us: Some(18_000),
            ..SpeedResult::default()
        }),
        failure: None,
        protocol: Protocol::Ndt7,
        bytes: 60_000_000,
        plan_download_bps: None,
    };
    let mut items = vec![Item::SpeedTest(test)];
    items.extend((0..TRACKS).map(|n| track("26201", HOUR - n as i32, &[(centre(), Some(Technology::FourG))])));
    items
}

/// Random, because a moment that a seed repeats is one moment.
fn random_below(limit: u128) -> usize {
    (ItemId::random().as_uuid().as_u128() % limit) as usize
}

/// Waits, bounded, until the batch is acknowledged.
async fn until_acknowledged(server: &Server, batch: &Batch) -> String {
    let trying = async {
        let mut again = interval(Duration::from_millis(100));
        loop {
            again.tick().await;
            if let Sent::Acknowledged(answer) = send_once(server.address(), batch).await {
                return outcome(batch, &answer);
            }
        }
    };
    timeout(PATIENCE, trying)
        .await
        .unwrap_or_else(|_| panic!("not acknowledged within {PATIENCE:?}:\n{}", server.log()))
}

/// Sends batches again, some at a time; how many were not known.
async fn not_duplicates(server: &Server, batches: &[Batch]) -> usize {
    let mut fresh = 0;
    for some in batches.chunks(16) {
        let outcomes = join_all(some.iter().map(|batch| until_acknowledged(server, batch))).await;
        fresh += outcomes.iter().filter(|outcome| *outcome != "duplicate").count();
    }
    fresh
}

/// Sends everything again and counts what the release says.
async fn each_item_is_there_exactly_once(installation: &Whitespot, server: &Server, ledger: &Ledger) {
    let lost = not_duplicates(server, &ledger.acknowledged).await;
    not_duplicates(server, &ledger.open).await;
    let doubled = not_duplicates(server, &ledger.open).await;
    assert_eq!((lost, doubled), (0, 0), "acknowledged batches that were lost, open ones that were taken twice");

    let batches = ledger.acknowledged.len() + ledger.open.len();
    installation.run(&["release", "--region", "nrw"]).await;
    let releases = server.get_json("/v1/releases?region=nrw").await;
    let release = releases[0]["id"].as_str().unwrap_or_else(|| panic!("nothing was published: {releases}"));
    for (layer, wanted) in [("mobile-26201-any", batches * TRACKS), ("fixed", batches)] {
        let areas = server.get_json(&format!("/v1/areas?region=nrw&release={release}&layer={layer}")).await;
        let essen = areas["items"].as_array().unwrap().iter().find(|area| area["key"] == ESSEN).cloned().unwrap();
        assert_eq!(essen["summary"]["attempts"], wanted, "{layer}: rows of {batches} batches in {essen}");
    }
}

async fn kill_rounds(rounds: usize) {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    let mut server = Some(server);
    let database = Postgres::of(&installation);
    let mut load = Load::start(server.as_ref().unwrap(), CONTRIBUTORS, items);
    let (mut servers, mut databases) = (0, 0);
    for round in 0..rounds {
        // Some batches after the last fault, and then at any moment of a batch's way.
        load.wait_for(1 + random_below(40), PATIENCE).await;
        eprintln!("round {round}");
        if round % 2 == 0 {
            servers += 1;
            server.take().unwrap().kill().await;
            let next = installation.serve().await;
            load.moved_to(&next);
            server = Some(next);
        } else {
            databases += 1;
            database.kill();
        }
    }
    load.wait_for(CONTRIBUTORS, PATIENCE).await;
    let ledger = load.stop().await;
    let server = server.unwrap();
    each_item_is_there_exactly_once(&installation, &server, &ledger).await;
    println!(
        "rounds {rounds}: server killed {servers}, database killed {databases}, items {}, requests refused or cut {}, \
         lost 0, doubled 0",
        (ledger.acknowledged.len() + ledger.open.len()) * (TRACKS + 1),
        ledger.refused,
    );
    server.stop().await;
}

#[tokio::test]
async fn four_rounds_of_kill_9_lose_nothing_and_double_nothing() {
    kill_rounds(4).await;
}

#[tokio::test]
#[ignore = "100 rounds: make soak"]
async fn a_hundred_rounds_of_kill_9_lose_nothing_and_double_nothing() {
    kill_rounds(100).await;
}

/// The database is halted: its connections stay open and nothing answers, as with a storage that hangs.
async fn database_away(at_least: Duration, waves: u32) {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    let database = Postgres::of(&installation);
    let mut load = Load::start(&server, CONTRIBUTORS, items);
    load.wait_for(CONTRIBUTORS * 2, PATIENCE).await;
    database.halt();

    // Every request under way and every new one is refused in time, with a word about when to come again.
    let mut turned_away = Vec::new();
    let mut next_wave = interval(at_least / waves);
    next_wave.tick().await;
    for _ in 0..waves {
        let batches: Vec<_> = (0..20).map(|_| Contributor::new().batch(items())).collect();
        let answers = join_all(batches.iter().map(|batch| send_once(server.address(), batch))).await;
        assert!(answers.iter().all(|sent| matches!(sent, Sent::Later)), "{answers:?}");
        let alive = e2e::http().get(server.url("/healthz")).send().await.unwrap();
        assert!(alive.status().is_success(), "the process itself is well");
        turned_away.extend(batches);
        next_wave.tick().await;
    }
    let most = server.most_resident_bytes().unwrap();
    assert!(most < MEMORY_LIMIT, "{} MB while the database was away", most >> 20);

    database.resume();
    load.wait_for(CONTRIBUTORS, PATIENCE).await;
    let mut ledger = load.stop().await;
    ledger.open.extend(turned_away);
    each_item_is_there_exactly_once(&installation, &server, &ledger).await;
    println!("database away for more than {at_least:?}: at most {} MB, lost 0, doubled 0", most >> 20);
    server.stop().await;
}

#[tokio::test]
async fn a_database_that_hangs_for_some_seconds_costs_nothing_but_time() {
    database_away(Duration::from_secs(4), 1).await;
}

#[tokio::test]
#[ignore = "more than a minute: make soak"]
async fn a_database_that_hangs_for_a_minute_costs_nothing_but_time() {
    database_away(Duration::from_secs(64), 5).await;
}

#[tokio::test]
async fn a_database_that_waits_long_for_each_write_still_takes_everything() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    // Each commit waits 100 ms (the most that PostgreSQL offers) before it writes its log.
    Postgres::of(&installation).set("commit_delay = 100000\ncommit_siblings = 0");
    let mut load = Load::start(&server, 24, items);
    load.wait_for(24 * 10, PATIENCE).await;
    let ledger = load.stop().await;
    assert_eq!((ledger.refused, ledger.open.len()), (0, 0), "slow, but nobody is turned away");
    each_item_is_there_exactly_once(&installation, &server, &ledger).await;
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn a_client_that_hangs_up_in_the_middle_of_a_batch_leaves_nothing() {
    let (_installation, server) = Whitespot::serving_nrw(&[]).await;
    let batch = Contributor::new().batch(items());
    let body = serde_json::to_vec(&batch).unwrap();
    let head = format!(
        "POST /v1/batches HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        server.address(),
        body.len()
    );
    for part in [1, body.len() / 2, body.len() - 1] {
        let mut connection = TcpStream::connect(server.address()).await.unwrap();
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&body[..part]).await.unwrap();
        connection.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, connection.read_to_end(&mut answer)).await.expect("the server lets go");
        let answer = String::from_utf8_lossy(&answer);
        assert!(read.is_err() || !answer.starts_with("HTTP/1.1 200"), "half a batch was taken: {answer}");
    }
    let whole = post(&server, &batch).await;
    assert_eq!(outcome(&batch, &whole), "accepted", "nothing of the half was kept");
    server.stop().await;
}

#[tokio::test]
async fn the_same_batch_from_fifty_connections_is_taken_once() {
    let (_installation, server) = Whitespot::serving_nrw(&[]).await;
    let batch = Contributor::new().batch(items());
    let answers = join_all((0..50).map(|_| post(&server, &batch))).await;
    let outcomes: Vec<_> = answers.iter().map(|answer| outcome(&batch, answer)).collect();
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "accepted").count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.len(), 50);
    server.stop().await.assert_clean();
}

/// A small file system of its own below the data folder; goes with the test.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mounted_at(folder: std::path::PathBuf, size: &str) -> Self {
        std::fs::create_dir_all(&folder).unwrap();
        let options = format!("size={size},mode=755");
        let mount =
            std::process::Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(&folder).status();
        assert!(mount.unwrap().success(), "a small disk can be mounted by root only");
        Self(folder)
    }

    /// Takes all the space that is left.
    fn fill(&self) -> std::path::PathBuf {
        use std::io::Write as _;
        let ballast = self.0.join("ballast");
        let mut file = std::fs::File::create(&ballast).unwrap();
        let block = vec![0; 1 << 20];
        while file.write_all(&block).is_ok() {}
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(std::process::Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[tokio::test]
#[ignore = "mounts a small disk, which takes root: make soak"]
async fn a_full_disk_refuses_and_with_space_again_takes_everything() {
    let installation = Whitespot::new();
    let disk = SmallDisk::mounted_at(installation.data_dir(), "400m");
    installation.run(&["region", "load", "nrw"]).await.ok();
    let server = installation.serve().await;
    let mut load = Load::start(&server, CONTRIBUTORS, items);
    load.wait_for(CONTRIBUTORS, PATIENCE).await;
    let ballast = disk.fill();
    // What is left of files that exist already is used up first.
    let refused = timeout(PATIENCE * 3, async {
        let mut look = interval(Duration::from_millis(100));
        while load.refused() == 0 {
            look.tick().await;
        }
    });
    refused.await.expect("the disk became full");
    let alive = e2e::http().get(server.url("/healthz")).send().await.unwrap();
    assert!(alive.status().is_success(), "the process itself is well");

    std::fs::remove_file(ballast).unwrap();
    load.wait_for(CONTRIBUTORS, PATIENCE).await;
    let ledger = load.stop().await;
    each_item_is_there_exactly_once(&installation, &server, &ledger).await;
    println!("disk full: {} requests refused, lost 0, doubled 0", ledger.refused);
    server.stop().await;
}
