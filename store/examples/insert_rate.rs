//! How many items a second one writer keeps, printed. Figures, not a test: `cargo run --release --example insert_rate`.

use std::io::Write as _;

use domain::{
    BitRate, ByteCount, Clock, CoveragePoint, CoverageTrack, DevicePseudonym, Hex, HourStamp, ItemId, NewEvidence,
    Record, Rtt, SignalDbm, SourceClass, SpeedTest, SystemClock, Technology,
    record::{FixedMedium, Network, Protocol, SpeedResult, TestOutcome},
};
use store::{ClusterConfig, PrivateCluster, Store, Stored, insert_evidence};

const POINTS_A_TRACK: usize = 60;
const TRACKS_A_TX: usize = 200;
const TESTS_A_TX: usize = 500;
const TRANSACTIONS: usize = 25;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let mut out = std::io::stdout();
    for durable in [true, false] {
        let data_dir = dir.path().join(if durable { "durable" } else { "fast" });
        let cluster = PrivateCluster::start_or_join(ClusterConfig { data_dir, durable }).await?;
        let store = Store::connect(&cluster.url("whitespot")).await?;
        let kind = if durable { "durable" } else { "without fsync" };
        let tracks = rate(&store, TRACKS_A_TX, track).await?;
        writeln!(
            out,
            "{kind}: {:.0} coverage points/s ({:.0} tracks/s of {POINTS_A_TRACK}, {TRACKS_A_TX} a transaction)",
            tracks * POINTS_A_TRACK as f64,
            tracks,
        )?;
        let tests = rate(&store, TESTS_A_TX, speed_test).await?;
        writeln!(out, "{kind}: {tests:.0} speed tests/s ({TESTS_A_TX} a transaction)")?;
        store.close().await;
        cluster.stop().await?;
    }
    Ok(())
}

/// Items a second through one writer.
async fn rate(store: &Store, items_a_tx: usize, make: fn(usize) -> Result<Record, Failure>) -> Result<f64, Failure> {
    let mut batches = Vec::new();
    for n in 0..TRANSACTIONS {
        let items = (n * items_a_tx..(n + 1) * items_a_tx).map(|i| evidence(i, make)).collect::<Result<Vec<_>, _>>()?;
        batches.push(items);
    }
    let clock = SystemClock::default();
    let start = clock.monotonic();
    for items in &batches {
        let stored = store.run_tx("insert", |tx| Box::pin(insert_evidence(tx, items))).await?;
        assert!(stored.iter().all(|&stored| stored == Stored::New));
    }
    let seconds = clock.monotonic().saturating_sub(start).as_secs_f64();
    Ok((TRANSACTIONS * items_a_tx) as f64 / seconds)
}

fn evidence(i: usize, make: fn(usize) -> Result<Record, Failure>) -> Result<NewEvidence, Failure> {
    Ok(NewEvidence {
        device: DevicePseudonym::from_bytes([(i / 10 % 251) as u8; 16]),
        other_years: std::collections::BTreeMap::new(),
        source: SourceClass::Simulated,
        campaign: Some("probewoche".parse()?),
        quarantine: None,
        content_hash: [i as u8; 16],
        record: make(i)?,
    })
}

/// Somewhere in a square of 100 km around the Ruhr, spread evenly by a golden-ratio sequence.
fn place(i: usize) -> (f64, f64) {
    let i = i as f64;
    (51.0 + (i * 0.754_877_666).fract() * 0.9, 6.5 + (i * 0.569_840_291).fract() * 1.4)
}

/// A drive of about 4 km: each point 66 m further.
fn track(i: usize) -> Result<Record, Failure> {
    let (lat, lng) = place(i);
    let hour = HourStamp::containing("2026-05-28T09:00:00Z".parse()?);
    let points = (0..POINTS_A_TRACK).map(|n| {
        Ok::<_, Failure>(CoveragePoint {
            hex: Hex::from_degrees(lat + n as f64 * 0.000_6, lng, Hex::MOBILE)?,
            hour,
            operator: "26201".parse()?,
            technology: Some(Technology::FourG),
            signal: Some(SignalDbm::from_dbm(-100)?),
            quality: None,
            sinr: None,
        })
    });
    let points = points.collect::<Result<_, _>>()?;
    Ok(Record::CoverageTrack(CoverageTrack { id: ItemId::random(), locked_to: None, points }))
}

fn speed_test(i: usize) -> Result<Record, Failure> {
    let (lat, lng) = place(i);
    Ok(Record::SpeedTest(SpeedTest {
        id: ItemId::random(),
        at: "2026-05-28T09:31:00Z".parse()?,
        hex: Hex::from_degrees(lat, lng, Hex::FIXED)?,
        network: Network::Fixed { medium: FixedMedium::Lan, access: None },
        outcome: TestOutcome::Completed(SpeedResult {
            download: Some(BitRate::from_mbps(47)),
            upload: Some(BitRate::from_mbps(9)),
            idle_latency: Some(Rtt::from_millis(18)),
            ..SpeedResult::default()
        }),
        protocol: Protocol::Ndt7,
        bytes: ByteCount::from_megabytes(60),
        plan_download: None,
    }))
}
