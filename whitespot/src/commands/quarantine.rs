use std::fmt::Write as _;

use serde_json::json;
use store::Lifted;
use worker::{QuarantineGroup, QuarantineReport, QuarantineSelection, lift_quarantine, quarantine_report};

use crate::{
    Failure,
    cli::{Global, Quarantine},
    database::Database,
    output,
};

const WHAT_TO_LIFT: &str = "say what is to count: `--lift similar_test`, `--lift repeated_content`, or one item with \
    `--lift --id UUID`; `whitespot quarantine` lists what there is";

/// Lists what is quarantined, or lifts it.
pub async fn run(global: &Global, args: Quarantine) -> Result<(), Failure> {
    if matches!(args.lift, Some(None)) && args.id.is_none() {
        return Err(WHAT_TO_LIFT.into());
    }
    let selection = QuarantineSelection { region: args.region.clone(), campaign: args.campaign.clone(), item: args.id };
    let database = Database::open(global).await?;
    let text = match args.lift {
        None => quarantine_report(&database.store, &selection).await.map(|report| listed(global, &report)),
        Some(reason) => {
            lift_quarantine(&database.store, reason, &selection).await.map(|lifted| counted(global, lifted))
        }
    };
    database.close().await?;
    Ok(output::print(&text??)?)
}

fn listed(global: &Global, report: &QuarantineReport) -> Result<String, Failure> {
    if global.json {
        return Ok(serde_json::to_string_pretty(report)?);
    }
    if report.groups.is_empty() {
        return Ok("nothing is quarantined there".to_owned());
    }
    let mut text = format!(
        "{:<17} {:<17} {:<36} {:>7} {:>8}  {:<10}  {:<10}\n",
        "reason", "kind", "municipality", "items", "devices", "first day", "last day"
    );
    for group in &report.groups {
        let QuarantineGroup { reason, kind, items, devices, first_day, last_day, .. } = group;
        let reason = reason.code();
        writeln!(
            text,
            "{reason:<17} {kind:<17} {:<36} {items:>7} {devices:>8}  {first_day}  {last_day}",
            place_of(group)
        )?;
    }
    let QuarantineReport { items, devices, .. } = report;
    write!(
        text,
        "{items} items of {devices} devices are kept and do not count (days in UTC; not for publication: groups below \
         five devices stand here too).\n`whitespot quarantine --lift REASON` lets all but outliers count from the next release on."
    )?;
    Ok(text)
}

fn place_of(group: &QuarantineGroup) -> String {
    match (&group.municipality, &group.name) {
        (Some(key), Some(name)) => format!("{key} {name}"),
        (Some(key), None) => key.to_string(),
        (None, _) => "outside of all regions".to_owned(),
    }
}

fn counted(global: &Global, lifted: Lifted) -> Result<String, Failure> {
    let Lifted { speed_tests, coverage_tracks, dead_spot_reports } = lifted;
    let items = speed_tests + coverage_tracks + dead_spot_reports;
    if global.json {
        let report = json!({
            "items": items, "speed_tests": speed_tests, "coverage_tracks": coverage_tracks,
            "dead_spot_reports": dead_spot_reports,
        });
        return Ok(serde_json::to_string_pretty(&report)?);
    }
    if items == 0 {
        return Ok("nothing of that kind was quarantined there: nothing has changed".to_owned());
    }
    Ok(format!(
        "lifted {items} items: {speed_tests} speed tests, {coverage_tracks} coverage tracks, {dead_spot_reports} \
         dead-spot reports. They count from the next release on: `whitespot release`"
    ))
}
