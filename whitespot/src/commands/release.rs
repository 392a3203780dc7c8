use std::sync::Arc;

use domain::{Clock, RegionId, SystemClock};
use store::Store;
use worker::{Aggregator, Published, Selection};

use crate::{
    Failure,
    cli::{Global, Release},
    database::Database,
    output,
    progress::{Step, count},
};

/// Publishes releases of a region.
pub async fn run(global: &Global, args: Release) -> Result<(), Failure> {
    let database = Database::open(global).await?;
    let result = publish(&database.store, &args.region, Selection { window: args.window.as_ref(), source: None }).await;
    database.close().await?;
    let published = result?;
    if global.json {
        output::print(&serde_json::to_string_pretty(&published)?)?;
    }
    Ok(())
}

/// Summarises what is not yet summarised and publishes what changed, with a progress bar for each.
pub async fn publish(store: &Store, region: &RegionId, what: Selection<'_>) -> Result<Vec<Published>, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let step = Step::start("summarise", 0);
    let blocks = Aggregator::new(store.clone(), Arc::clone(&clock)).drain(&|done| step.set(done)).await?;
    step.done(format_args!("{} blocks", count(blocks)));
    let step = Step::start("gate and publish", 0);
    let published = worker::publish(store, region, what, clock, &|layers| step.set(layers)).await?;
    let pieces: u64 = published.iter().map(|release| release.pieces).sum();
    step.done(format_args!("{} releases, {} pieces of ground", published.len(), count(pieces)));
    Ok(published)
}
