//! Evidence in files, judged and summarised like evidence of the database: one voice for each device.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use analytics::{Gathering, HexSummary, Quantiles, RuleBook};
use bulk::{Column, Format, Kind, Output, Row, Value};
use domain::{Clock, CoverageEvidence, Layer, Record, RegionId, Resolution, SourceClass, SpeedEvidence, SystemClock};
use ingest::{
    Limits, Validator,
    import::{Accepted, ImportReport, Judge, Options, Target, accepted, choose},
};
use jiff::tz::TimeZone;

use crate::{
    Failure,
    cli::{Aggregate, Global},
    commands::region,
    output,
    progress::{Step, count},
};

/// Columns of the result. Quantiles are over device values, in the unit of the name.
const COLUMNS: [(&str, Kind); 15] = [
    ("window", Kind::Text),
    ("source", Kind::Text),
    ("state", Kind::Text),
    ("devices", Kind::Count),
    ("attempts", Kind::Count),
    ("days", Kind::Count),
    ("share_low", Kind::Number),
    ("share", Kind::Number),
    ("share_high", Kind::Number),
    ("grade", Kind::Text),
    ("signal_p50_dbm", Kind::Number),
    ("download_p50_mbps", Kind::Number),
    ("upload_p50_mbps", Kind::Number),
    ("idle_latency_p80_ms", Kind::Number),
    ("loaded_latency_p80_ms", Kind::Number),
];

/// Reads, judges, summarises and writes.
pub fn run(global: &Global, args: &Aggregate, layer: Layer, region: &RegionId, format: Format) -> Result<(), Failure> {
    let resolution: Resolution = args.resolution.try_into()?;
    let finest = layer.access().leaf_resolution();
    if resolution > finest {
        return Err(format!("{layer} is summarised at resolution {finest} at the finest: --resolution {finest}").into());
    }
    let cover = Arc::new(region::read(global, region)?.cover());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let judge = Judge { validator: Validator::new(Arc::clone(&cover), clock, Limits::default()), cover };
    // Formats decide what they read of a folder, so that all in it may be evidence.
    let is_in = |place: &PathBuf, input: &PathBuf| input.canonicalize().is_ok_and(|input| place.starts_with(input));
    if args.output.canonicalize().is_ok_and(|place| args.inputs.iter().any(|input| is_in(&place, input))) {
        let output = args.output.display();
        return Err(
            format!("{output}: is, or lies in, one of the inputs, and would be lost: name another place").into()
        );
    }
    // Before all the work, so that a place that cannot be written is heard of at once.
    let columns = COLUMNS.iter().map(|&(name, kind)| Column { name: name.to_owned(), kind }).collect();
    let mut to = Output::create(&args.output, format, columns)?;

    let rules = RuleBook::builtin();
    let mut gathering = Gathering::new(TimeZone::get("Europe/Berlin")?, &rules);
    let step = Step::start("aggregate", 0);
    let mut seen = BTreeSet::new();
    for input in &args.inputs {
        let reader = choose(args.format.as_deref(), input, &Options::default())?;
        if reader.target() == Target::Supply {
            return Err(format!("{}: what others publish is no evidence; leave out --layer", input.display()).into());
        }
        let report = accepted(reader, input, judge.clone(), &mut seen, |accepted| {
            step.add(add(&mut gathering, accepted));
        })?;
        tell(global, &report)?;
    }
    let all = gathering.hexagons(layer, resolution);
    if all.hexagons.is_empty() {
        let only = if layer.access().layers(SourceClass::Crowd).contains(&layer) {
            ""
        } else {
            "; of contributors' evidence there are the views any, broadband and 5g only (docs/METHODS.md)"
        };
        return Err(format!("none of it says anything about {layer} at resolution {resolution}{only}").into());
    }
    to.write(&all.hexagons.iter().map(row).collect::<Vec<_>>())?;
    to.finish()?;
    step.done(format_args!("{} hexagons in {}", count(all.hexagons.len() as u64), args.output.display()));
    if all.coarser > 0 {
        eprintln!(
            "  {} attempts are known only coarser than resolution {resolution}, and left out",
            count(all.coarser)
        );
    }
    Ok(())
}

/// How many points that were.
fn add(gathering: &mut Gathering<'_>, Accepted { device, source, record }: Accepted) -> u64 {
    match record {
        Record::CoverageTrack(track) => {
            let points = track.points.len() as u64;
            gathering.add_coverage(&CoverageEvidence { device, source, track });
            points
        }
        Record::SpeedTest(test) => {
            gathering.add_speed(&SpeedEvidence { device, source, test });
            1
        }
        // A report is somebody's word, and casts no vote.
        Record::DeadSpotReport(_) => 1,
    }
}

fn tell(global: &Global, report: &ImportReport) -> Result<(), Failure> {
    let text = if global.json { serde_json::to_string_pretty(report)? } else { report.to_string() };
    Ok(output::print(text.trim_end())?)
}

fn row(HexSummary { window, source, hex, summary }: &HexSummary) -> Row {
    let text = |text: &str| Value::Text(text.to_owned());
    let number = |value: Option<f64>| value.map_or(Value::Nothing, Value::Number);
    let p50 = |quantiles: Option<Quantiles>| number(quantiles.map(|quantiles| quantiles.p50));
    let p80 = |quantiles: Option<Quantiles>| number(quantiles.map(|quantiles| quantiles.p80));
    let share = summary.share;
    let values = vec![
        text(&window.to_string()),
        text(source.code()),
        text(summary.state.code()),
        Value::Count(summary.devices.into()),
        Value::Count(summary.attempts),
        Value::Count(summary.days.into()),
        number(share.map(|share| share.low)),
        number(share.map(|share| share.value)),
        number(share.map(|share| share.high)),
        text(summary.grade.code()),
        p50(summary.signal_dbm),
        p50(summary.download_mbps),
        p50(summary.upload_mbps),
        p80(summary.idle_latency_ms),
        p80(summary.loaded_latency_ms),
    ];
    Row { hex: hex.as_i64().cast_unsigned(), values }
}
