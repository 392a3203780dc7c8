//! A whole campaign week goes in over HTTP, is aggregated, and leaves nothing waiting.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use domain::{Clock, SystemClock};
use store::testing::peer::Peer;
use tokio::{task::JoinSet, time::interval};

use crate::{
    Failure,
    campaign::{self, Setup},
    client::Client,
};

const UPLOADERS: usize = 8;

/// Prints time, disk and memory.
pub async fn run(points: u32) -> Result<(), Failure> {
    let setup = Setup::start().await?;
    let peer = Peer::connect(&setup.cluster.url("whitespot")).await?;
    let simulation = campaign::simulation(points)?;
    let clock = SystemClock::default();
    println!("a simulated campaign week: {} devices, at least {points} coverage points", simulation.devices());

    let next = Arc::new(AtomicU32::new(0));
    let mut uploaders = JoinSet::new();
    for _ in 0..UPLOADERS {
        let (simulation, next) = (Arc::clone(&simulation), Arc::clone(&next));
        let address = setup.server.address().to_owned();
        uploaders.spawn(async move {
            let mut client = Client::connect(&address).await?;
            let (mut points, mut rejected) = (0, 0);
            loop {
                let device = next.fetch_add(1, Ordering::Relaxed);
                if device >= simulation.devices() {
                    return Ok::<(usize, u64), Failure>((points, rejected));
                }
                let batch = simulation.batch(device);
                points += campaign::points_of(&batch);
                rejected += client.deliver(&serde_json::to_vec(&batch)?).await?.rejected;
            }
        });
    }
    let (mut sent, mut refused, mut most_keys, mut memory_meanwhile) = (0, 0, 0, 0);
    let mut look = interval(Duration::from_millis(200));
    let mut submitted = None;
    loop {
        tokio::select! {
            Some(done) = uploaders.join_next() => {
                let (points, rejected) = done??;
                sent += points;
                refused += rejected;
                if uploaders.is_empty() {
                    submitted = Some(clock.monotonic().as_secs_f64());
                    memory_meanwhile = setup.server.most_resident_bytes().unwrap_or(0);
                }
            }
            _ = look.tick() => {
                let backlog = store::dirty_backlog(&setup.store).await?;
                most_keys = most_keys.max(backlog.keys);
                if backlog.keys == 0 && submitted.is_some() {
                    break;
                }
            }
        }
    }
    let (submitted, all) = (submitted.unwrap_or_default(), clock.monotonic().as_secs_f64());
    let (evidence, summaries) = (peer.coverage_bytes().await?, peer.summary_bytes().await?);
    println!(
        "  {sent} points submitted in {submitted:.0} s ({:.0} points/s, made on the same machine)",
        sent as f64 / submitted
    );
    println!("  {refused} items rejected");
    println!("  backlog empty {:.0} s later; at most {most_keys} keys waited", all - submitted);
    println!(
        "  evidence {:.0} MB ({:.1} bytes a point), summaries {:.0} MB",
        evidence as f64 / 1e6,
        evidence as f64 / sent as f64,
        summaries as f64 / 1e6
    );
    let memory = [memory_meanwhile, setup.server.most_resident_bytes().unwrap_or(0)];
    let [meanwhile, in_all] = memory.map(|bytes| bytes as f64 / 1e6);
    println!("  server memory at most {meanwhile:.0} MB while points arrived, {in_all:.0} MB in all");
    peer.close().await;
    setup.stop().await
}
