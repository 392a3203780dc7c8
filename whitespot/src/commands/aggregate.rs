mod layer;

use std::thread;

use bulk::{Format, Metric, Names, Request, Role};

use crate::{
    Failure,
    cli::{Aggregate, Global},
    output,
    progress::{Step, count},
};

/// For rows that wait: the whole program stays below 500 MB with it at 20 million rows (docs/BENCHMARKS.md).
const USUAL_MEMORY: usize = 350_000_000;

/// Summarises files; no database is needed.
pub async fn run(global: &Global, args: Aggregate) -> Result<(), Failure> {
    let format = Format::of(&args.output).ok_or_else(|| {
        format!("{}: a name that ends with .parquet, .geojson or .csv says the format", args.output.display())
    })?;
    if let (Some(layer), Some(region)) = (args.layer, args.region.clone()) {
        let global = global.clone();
        return tokio::task::spawn_blocking(move || layer::run(&global, &args, layer, &region, format)).await?;
    }
    let request = request(args, format)?;
    let to = request.output.display().to_string();
    let step = Step::start("aggregate", 0);
    let (report, step) = tokio::task::spawn_blocking(move || {
        let report = bulk::aggregate(&request, &|rows| step.add(rows));
        report.map(|report| (report, step))
    })
    .await??;
    step.done(format_args!(
        "{} rows of {} files, {} hexagons in {to}",
        count(report.rows),
        count(report.files),
        count(report.hexagons)
    ));
    if global.json {
        output::print(&serde_json::to_string_pretty(&report)?)?;
    }
    if let Some(first) = &report.first_left_out {
        let (left_out, first) = (count(report.left_out), first.display());
        eprintln!("  {left_out} files end neither with .parquet nor with .csv and were left out, {first} among them");
    }
    if report.without_place > 0 {
        eprintln!("  {} rows have no place and are in no hexagon", count(report.without_place));
    }
    Ok(())
}

fn request(args: Aggregate, format: Format) -> Result<Request, Failure> {
    let metric = |name: &String| match name.parse() {
        Ok(Role::Metric(metric)) => Ok(metric),
        _ => Err(format!("`{name}` is no metric: {}", Metric::ALL.map(Metric::name).join(", "))),
    };
    let metrics = args.metrics.iter().map(metric).collect::<Result<Vec<_>, _>>()?;
    let mut quantiles = args.quantiles;
    if let Some(wrong) = quantiles.iter().find(|q| !(0.0..=1.0).contains(*q)) {
        return Err(format!("quantile {wrong} is not between 0 and 1").into());
    }
    let threads = args.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let usual = || bulk::least_memory(threads).max(USUAL_MEMORY);
    quantiles.sort_by(f64::total_cmp);
    quantiles.dedup();
    Ok(Request {
        inputs: args.inputs,
        output: args.output,
        format,
        resolution: args.resolution.try_into()?,
        names: names(&args.columns)?,
        metrics: (!metrics.is_empty()).then_some(metrics),
        quantiles,
        memory_bytes: args.memory.map_or_else(usual, |mb| mb.saturating_mul(1_000_000)),
        threads,
        scratch: args.scratch_dir.unwrap_or_else(std::env::temp_dir),
    })
}

fn names(columns: &[String]) -> Result<Names, String> {
    let name = |text: &String| match text.split_once('=') {
        Some((role, column)) => Ok((role.trim().parse::<Role>()?, column.trim().to_owned())),
        None => Err(format!("`{text}`: say which column is what, for example lat=Breite")),
    };
    columns.iter().map(name).collect()
}
