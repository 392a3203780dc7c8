use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use domain::{CampaignId, Clock, RegionId, SourceClass, SystemClock, Window};
use jiff::{Timestamp, ToSpan, civil::date, tz::TimeZone};
use simulation::{SimConfig, Simulation};
use store::CampaignRow;
use tokio::task::JoinSet;
use worker::Selection;

use crate::{
    Failure,
    cli::{Demo, Global},
    commands::{region, release},
    database::Database,
    progress::{Step, count},
    server::Server,
    stop::Stop,
};

const REGION: &str = "nrw";
const CAMPAIGN: &str = "messwoche-nrw-simuliert";

const INTERRUPTED: &str = "interrupted: run it again, it goes on";

/// Contributors that submit at the same time.
const PARALLEL: usize = 12;

/// Shows everything on one machine, with a simulated campaign. A second run keeps the data.
pub async fn run(global: &Global, args: Demo, stop: &Stop) -> Result<(), Failure> {
    let clock = SystemClock::default();
    eprintln!("whitespot demo: a SIMULATED campaign; nothing in it was measured");
    let step = Step::start("start database", 0);
    let database = Database::open(global).await?;
    step.done("");
    let result = Box::pin(show(global, &database, &args, &clock, stop)).await;
    database.close().await?;
    result
}

async fn show(
    global: &Global,
    database: &Database,
    args: &Demo,
    clock: &SystemClock,
    stop: &Stop,
) -> Result<(), Failure> {
    let region: RegionId = REGION.parse()?;
    let campaign: CampaignId = CAMPAIGN.parse()?;
    stop.unless_told(INTERRUPTED, Box::pin(database.load_region(global, &region))).await?;
    let store = &database.store;
    let start = Timestamp::from(date(2026, 5, 30).to_zoned(TimeZone::get("Europe/Berlin")?)?);
    let row = CampaignRow {
        id: campaign.clone(),
        region: region.clone(),
        title: "Mobilfunkmesswoche NRW (simuliert)".to_owned(),
        from: start,
        to: start.checked_add((8 * 24).hours())?,
        source: SourceClass::Simulated,
    };
    store.run_tx("save_campaign", |tx| Box::pin(store::save_campaign(tx, &row))).await?;

    let mut server = Server::start(database, &args.listen).await?;
    let filling = Box::pin(fill(global, database, args, &region, &campaign, start, &server));
    if let Err(error) = stop.unless_told(INTERRUPTED, filling).await {
        server.stop().await?;
        return Err(error);
    }
    server.aggregate()?;
    eprintln!("  ready after {:.1} s", clock.monotonic().as_secs_f64());
    eprintln!(
        "Map and lists: http://{}   (Ctrl-C stops; the data stays in {})",
        server.address(),
        global.data_dir.display()
    );
    if !args.exit_when_ready {
        stop.told().await;
    }
    server.stop().await
}

async fn fill(
    global: &Global,
    database: &Database,
    args: &Demo,
    region: &RegionId,
    campaign: &CampaignId,
    start: Timestamp,
    server: &Server,
) -> Result<(), Failure> {
    let store = &database.store;
    let window = Window::Campaign(campaign.clone());
    if store::latest_release(store, region, Some(&window), Some(SourceClass::Simulated)).await?.is_some() {
        eprintln!("  keeps the data of the first run (`make clean-demo` forgets it)");
        return Ok(());
    }
    let tables = region::read(global, region)?;
    let config = SimConfig {
        devices: args.devices,
        target_points: args.points,
        ..SimConfig::week(args.seed, campaign.clone(), start)
    };
    let step = Step::start("invent a campaign", 0);
    let simulation =
        tokio::task::spawn_blocking(move || Simulation::new(&region::for_simulation(&tables), config)).await??;
    step.done(format_args!("{} contributors, seed {}", count(args.devices.into()), args.seed));

    submit_all(Arc::new(simulation), args.devices, server).await?;

    // A bulk load is summarised once, at its end; from then on the server's own aggregator works.
    let what = Selection { window: Some(&window), source: Some(SourceClass::Simulated) };
    release::publish(store, region, what).await?;
    Ok(())
}

/// Every contributor's batch through the real HTTP path.
async fn submit_all(simulation: Arc<Simulation>, devices: u32, server: &Server) -> Result<(), Failure> {
    let step = Arc::new(Step::start("submit over HTTP", devices.into()));
    let url = Arc::new(format!("http://{}/v1/batches", server.address()));
    let (next, points) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU64::new(0)));
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut contributors = JoinSet::new();
    for _ in 0..PARALLEL {
        let (simulation, next, points) = (Arc::clone(&simulation), Arc::clone(&next), Arc::clone(&points));
        let (step, url, client) = (Arc::clone(&step), Arc::clone(&url), client.clone());
        contributors.spawn(async move {
            loop {
                let device = next.fetch_add(1, Ordering::Relaxed);
                if device >= devices {
                    return Ok::<(), Failure>(());
                }
                let batch = simulation.batch(device);
                points.fetch_add(points_of(&batch), Ordering::Relaxed);
                submit(&client, &url, serde_json::to_vec(&batch)?).await?;
                step.add(1);
            }
        });
    }
    while let Some(result) = contributors.join_next().await {
        result??;
    }
    let points = points.load(Ordering::Relaxed);
    if let Some(step) = Arc::into_inner(step) {
        step.done(format_args!("{} batches with {} coverage points", count(devices.into()), count(points)));
    }
    Ok(())
}

async fn submit(client: &reqwest::Client, url: &str, body: Vec<u8>) -> Result<(), Failure> {
    const ATTEMPTS: u32 = 20;
    for attempt in 1..=ATTEMPTS {
        let request = client.post(url).header("content-type", "application/json").body(body.clone());
        let response = request.send().await?;
        let status = response.status();
        if status.is_success() {
            let answer: domain::wire::v1::BatchAnswer = response.json().await?;
            // The simulation makes only valid items: another answer is a fault worth stopping for.
            if let Some(bad) = answer
                .items
                .iter()
                .find(|item| !matches!(item.outcome.as_str(), "accepted" | "quarantined" | "duplicate"))
            {
                return Err(format!("the server did not take a simulated item: {bad:?}").into());
            }
            return Ok(());
        }
        if status.as_u16() != 503 || attempt == ATTEMPTS {
            return Err(format!("the server answered {status} to a simulated batch: {}", response.text().await?).into());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50 * u64::from(attempt))).await;
    }
    Ok(())
}

fn points_of(batch: &domain::wire::v1::Batch) -> u64 {
    use domain::wire::v1::Item;
    let points = |item: &Item| if let Item::CoverageTrack(track) = item { track.hex.len() as u64 } else { 0 };
    batch.items.iter().map(points).sum()
}
