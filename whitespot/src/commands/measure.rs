use std::{path::PathBuf, time::Duration};

use domain::{
    BitRate, ByteCount, Clock, Rtt, SystemClock,
    record::{FixedMedium, Network, Protocol, TestOutcome},
    wire::v1::Client,
};
use sdk_core::{Consent, Engine, Now, Place, Policy, Position, SpeedTestInput};
use sdk_net::{
    Budget, MeasureOptions, MeasureReport, Progress, ServerUrl, SubmitOptions, SubmitSummary, expected_data_use,
};
use serde_json::json;

use crate::{
    Failure,
    cli::{Global, Measure},
    output,
    progress::Step,
};

/// Measures, shows, and submits through the queue if a place was given.
pub async fn run(global: &Global, args: Measure) -> Result<(), Failure> {
    let server: ServerUrl = args.server.parse()?;
    // Everything that can be wrong is found before the first byte is spent.
    let place = place(&args)?;
    let options = options(&args);
    let cost = expected_data_use(&options);
    eprintln!(
        "this test moves at most {:.0} MB, about {:.0} MB on a line of 50/10 Mbit/s",
        cost.at_most.as_megabytes_f64(),
        cost.on_a_usual_line.as_megabytes_f64()
    );
    let clock = SystemClock::default();
    let step = Step::start("measure", 0);
    let report = sdk_net::measure(&server, &options, &clock, &mut |progress| step.say(&line(progress))).await?;
    step.done("");

    let submitted = match place {
        Some(place) if !args.no_submit => Some(submit(&args, &server, &report, place, &clock).await?),
        _ => None,
    };
    if global.json {
        output::print(&as_json(&report, submitted.as_ref()).to_string())?;
    } else {
        print(&report, submitted.as_ref(), &args)?;
    }
    match submitted {
        Some(SubmitSummary { trouble: Some(trouble), .. }) => {
            Err(format!("the result is kept and sent next time: {trouble}").into())
        }
        Some(summary) if summary.lost > 0 => {
            let lost = serde_json::to_string(&summary.queue.lost)?;
            let hint =
                "is the place in a region of this server (/v1/regions), and does the campaign run (/v1/campaigns)?";
            Err(format!("the server refused the result ({lost}): {hint}").into())
        }
        _ => Ok(()),
    }
}

fn options(args: &Measure) -> MeasureOptions {
    let base = if args.light { MeasureOptions::LIGHT } else { MeasureOptions::STANDARD };
    let limit =
        |budget: Budget| Budget { duration: Duration::from_secs(args.seconds.into()).min(budget.duration), ..budget };
    MeasureOptions { download: base.download.map(limit), upload: base.upload.map(limit), ..base }
}

fn place(args: &Measure) -> Result<Option<Place>, Failure> {
    if let Some(hex) = args.hex {
        return Ok(Some(Place::Hex(hex.checked_for_record(domain::Hex::FIXED)?)));
    }
    let Some(text) = &args.position else { return Ok(None) };
    let help = || format!("--position {text}: give latitude and longitude in degrees, for example 51.45,7.01");
    let (lat, lng) = text.split_once(',').ok_or_else(help)?;
    let degrees = |text: &str| text.trim().parse::<f64>().map_err(|_| help());
    Ok(Some(Place::Position(Position::from_degrees(degrees(lat)?, degrees(lng)?, args.accuracy)?)))
}

async fn submit(
    args: &Measure,
    server: &ServerUrl,
    report: &MeasureReport,
    place: Place,
    clock: &dyn Clock,
) -> Result<SubmitSummary, Failure> {
    let folder = match &args.queue_dir {
        Some(folder) => folder.clone(),
        None => default_queue_dir()?,
    };
    std::fs::create_dir_all(&folder).map_err(|error| {
        format!("cannot make the queue's folder {}: {error}. Choose another with --queue-dir", folder.display())
    })?;
    let client = Client { name: "whitespot-cli".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let seed = clock.now().as_nanosecond() as u64;
    let mut engine = Engine::open(&folder, Policy::default(), client, seed, Now::of(clock))?;
    // Typing the command with a place is the contributor's word; it says in --help what is sent.
    engine.grant_consent(Consent { campaign: args.campaign.clone(), metered_uploads: false })?;
    let test = SpeedTestInput {
        at: report.started,
        place,
        network: Network::Fixed { medium: FixedMedium::Unknown, access: None },
        outcome: report.outcome,
        protocol: Protocol::Ndt7,
        bytes: report.bytes,
        plan_download: None,
    };
    engine.record_speed_test(test, Now::of(clock))?;
    Ok(sdk_net::submit(&mut engine, server, &SubmitOptions::default(), clock).await?)
}

fn default_queue_dir() -> Result<PathBuf, Failure> {
    let base = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    Ok(base.ok_or("there is no home folder for the queue: name one with --queue-dir")?.join("whitespot/queue"))
}

fn line(progress: Progress) -> String {
    let rate = |rate: Option<BitRate>| rate.map_or(String::new(), |r| format!("{:.1} Mbit/s", r.as_mbps_f64()));
    match progress {
        Progress::Idle { latency } => format!("idle latency {:.1} ms", latency.as_millis_f64()),
        Progress::Download { rate: now, bytes, .. } => format!("download {} ({})", rate(now), megabytes(bytes)),
        Progress::Upload { rate: now, bytes, .. } => format!("upload {} ({})", rate(now), megabytes(bytes)),
    }
}

fn megabytes(bytes: ByteCount) -> String {
    format!("{:.1} MB", bytes.as_megabytes_f64())
}

fn as_json(report: &MeasureReport, submitted: Option<&SubmitSummary>) -> serde_json::Value {
    let outcome = match report.outcome {
        TestOutcome::Completed(result) => json!({
            "download_bps": result.download.map(BitRate::as_bps),
            "upload_bps": result.upload.map(BitRate::as_bps),
            "idle_latency_us": result.idle_latency.map(Rtt::as_micros),
            "loaded_latency_us": result.loaded_latency.map(Rtt::as_micros),
            "jitter_us": result.jitter.map(Rtt::as_micros),
        }),
        TestOutcome::Failed(cause) => json!({ "failure": cause }),
    };
    json!({
        "started": report.started.to_string(),
        "protocol": Protocol::Ndt7,
        "result": outcome,
        "bytes": report.bytes.as_bytes(),
        "submitted": submitted.map(|s| json!({ "delivered": s.delivered, "lost": s.lost, "waiting": s.queue.pending })),
    })
}

fn print(report: &MeasureReport, submitted: Option<&SubmitSummary>, args: &Measure) -> Result<(), Failure> {
    let mut lines = Vec::new();
    match report.outcome {
        TestOutcome::Failed(cause) => lines.push(format!("the network broke the test: {cause}")),
        TestOutcome::Completed(result) => {
            let rate =
                |rate: Option<BitRate>| rate.map_or("-".to_owned(), |r| format!("{:.1} Mbit/s", r.as_mbps_f64()));
            let time = |rtt: Option<Rtt>| rtt.map_or("-".to_owned(), |r| format!("{:.1} ms", r.as_millis_f64()));
            lines.push(format!("download        {}", rate(result.download)));
            lines.push(format!("upload          {}", rate(result.upload)));
            lines.push(format!("idle latency    {} (jitter {})", time(result.idle_latency), time(result.jitter)));
            lines.push(format!("loaded latency  {}", time(result.loaded_latency)));
        }
    }
    lines.push(format!("data used       {}", megabytes(report.bytes)));
    lines.push("one stream (ndt7); what the line can do may be more".to_owned());
    lines.push(match submitted {
        Some(s) => format!("submitted: {} taken, {} refused, {} waiting", s.delivered, s.lost, s.queue.pending),
        None if args.no_submit => "not submitted (--no-submit)".to_owned(),
        None => "not submitted: give --hex or --position to contribute it".to_owned(),
    });
    Ok(output::print(&lines.join("\n"))?)
}
