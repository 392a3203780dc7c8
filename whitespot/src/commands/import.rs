use std::{path::Path, sync::Arc};

use domain::{Clock, Cover, SystemClock};
use ingest::{
    Limits, Validator,
    import::{Format, ImportReport, ImportTarget, Judge, KEPT_POINTS, Options, Progress, Target, choose, import},
};
use store::Store;
use worker::Selection;

use crate::{
    Failure,
    cli::{Global, Import},
    commands::{region, release},
    database::Database,
    output,
    progress::{Step, count},
};

/// Reads a file, writes what is new, and publishes what changed.
pub async fn run(global: &Global, args: Import) -> Result<(), Failure> {
    // Before anything is opened: a wrong name or a wrong file costs nothing.
    let options =
        Options { hex: args.hex, mapping: args.mapping.clone(), period: args.period, kind: args.kind.map(Into::into) };
    let format = choose(args.format.as_deref(), &args.input, &options)?;
    let report = if args.dry_run { look(global, &args, format).await? } else { load(global, &args, format).await? };

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

/// Reads all of it and writes nothing. The ground comes from the folder of regions, or else from the database.
async fn look(global: &Global, args: &Import, format: Arc<dyn Format>) -> Result<ImportReport, Failure> {
    if let Ok(tables) = region::read(global, &args.region) {
        return pass(&args.input, format, None, tables.cover()).await;
    }
    let database = Database::open(global).await?;
    let cover = async {
        database.load_region(global, &args.region).await?;
        Ok::<_, Failure>(store::load_cover(&database.store, &args.region).await?)
    };
    let cover = cover.await;
    database.close().await?;
    pass(&args.input, format, None, cover?).await
}

async fn load(global: &Global, args: &Import, format: Arc<dyn Format>) -> Result<ImportReport, Failure> {
    let database = Database::open(global).await?;
    let result = write(global, &database, args, format).await;
    database.close().await?;
    result
}

async fn write(
    global: &Global,
    database: &Database,
    args: &Import,
    format: Arc<dyn Format>,
) -> Result<ImportReport, Failure> {
    database.load_region(global, &args.region).await?;
    let cover = store::load_cover(&database.store, &args.region).await?;
    let target = format.target();
    let report = pass(&args.input, format, Some(&database.store), cover).await?;
    // Context is no evidence: nothing is to be published anew.
    if let Target::Evidence(source) = target {
        let what = Selection { window: None, source: Some(source) };
        release::publish(&database.store, &args.region, what).await?;
    }
    Ok(report)
}

async fn pass(
    input: &Path,
    format: Arc<dyn Format>,
    store: Option<&Store>,
    cover: Cover,
) -> Result<ImportReport, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let cover = Arc::new(cover);
    let limits = match store {
        Some(store) => crate::server::limits(store).await?,
        None => Limits::default(),
    };
    let validator = Validator::new(Arc::clone(&cover), Arc::clone(&clock), limits);
    let judge = Judge { validator, cover };
    let step = Arc::new(Step::start(if store.is_some() { "import" } else { "check" }, 0));
    let bar = Arc::clone(&step);
    let tell = Arc::new(move |progress| match progress {
        Progress::Checked(points) | Progress::Written(points) => bar.set(points),
        Progress::Length(points) => {
            bar.say("write");
            bar.set(0);
            bar.set_length(points);
        }
    });
    let report =
        import(format, input, ImportTarget { store, judge: &judge, clock: &*clock, kept_points: KEPT_POINTS }, tell)
            .await?;
    if let Some(step) = Arc::into_inner(step) {
        step.done(format_args!("{} points", count(report.read)));
    }
    Ok(report)
}
