use std::sync::Arc;

use domain::{Clock, SystemClock};
use ingest::{
    Limits, Validator,
    import::{ImportReport, ImportTarget, format, import},
};

use worker::Selection;

use crate::{
    Failure,
    cli::{Global, Import},
    commands::release,
    database::Database,
    output,
    progress::{Step, count},
};

/// Reads a file as evidence, summarises it, and publishes what changed.
pub async fn run(global: &Global, args: Import) -> Result<(), Failure> {
    // Before anything is opened: a wrong name costs nothing.
    let format = format(&args.format)?;
    let database = Database::open(global).await?;
    let result = load(global, &database, &args, format).await;
    database.close().await?;
    let report = result?;
    let nothing = report.read == 0 || report.accepted + report.duplicate == 0;
    let text = if global.json { serde_json::to_string_pretty(&report)? } else { report.to_string() };
    output::print(text.trim_end())?;
    if nothing {
        return Err(
            "nothing of the file was taken: the reasons are above. Is it the right --region and --format?".into()
        );
    }
    Ok(())
}

async fn load(
    global: &Global,
    database: &Database,
    args: &Import,
    format: &dyn ingest::import::Format,
) -> Result<ImportReport, Failure> {
    database.load_region(global, &args.region).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let cover = store::load_cover(&database.store, &args.region).await?;
    let validator = Validator::new(Arc::new(cover), Arc::clone(&clock), Limits::default());
    let target = ImportTarget { store: &database.store, validator: &validator, clock: &*clock };

    let step = Step::start("import", 0);
    let report = import(format, &args.input, target, &|_, points| step.set(points)).await?;
    step.done(format_args!("{} points", count(report.read)));

    let what = Selection { window: None, source: Some(format.source()) };
    release::publish(&database.store, &args.region, what).await?;
    Ok(report)
}
