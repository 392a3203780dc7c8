use std::path::Path;

use domain::{AreaLevel, RegionId};
use region::{Recipe, RegionTables};
use serde_json::json;
use simulation::{SimArea, SimRegion, SimSupply};
use store::{AreaData, RegionData, SiteRef, Store};

use crate::{
    Failure,
    cli::{Global, RegionBuild, RegionCommand},
    database::Database,
    output,
    progress::Step,
};

/// Builds, loads and lists regions.
pub async fn run(global: &Global, command: RegionCommand) -> Result<(), Failure> {
    match command {
        RegionCommand::Build(args) => build(global, &args),
        RegionCommand::Load { id } => {
            let database = Database::open(global).await?;
            let result = load(global, &database, &id).await;
            database.close().await?;
            result
        }
        RegionCommand::List => {
            let database = Database::open(global).await?;
            let result = list(global, &database).await;
            database.close().await?;
            result
        }
    }
}

fn build(global: &Global, args: &RegionBuild) -> Result<(), Failure> {
    let recipe = Recipe::read(&args.recipe)?;
    let step = Step::start("read and cover", 0);
    let (tables, report) = region::build(&recipe.spec(&args.data), &|progress| {
        step.set_length(progress.total);
        step.set(progress.done);
    })?;
    step.done("");
    let folder = args.out.clone().unwrap_or_else(|| global.regions_dir.join(recipe.id().as_str()));
    tables.write(&folder)?;
    if global.json {
        output::print(&report.to_json())?;
    } else {
        output::print(report.to_table().trim_end())?;
        eprintln!("written to {}", folder.display());
    }
    Ok(())
}

async fn load(global: &Global, database: &Database, id: &RegionId) -> Result<(), Failure> {
    save(&database.store, &read(global, id)?).await
}

async fn list(global: &Global, database: &Database) -> Result<(), Failure> {
    let regions = store::regions(&database.store).await?;
    if global.json {
        let rows: Vec<_> = regions.iter().map(|region| json!({ "id": region.id, "title": region.title })).collect();
        return Ok(output::print(&serde_json::to_string_pretty(&rows)?)?);
    }
    if regions.is_empty() {
        eprintln!("no region is loaded: whitespot region load nrw");
    }
    for region in regions {
        output::print(&format!("{:<32} {}", region.id, region.title))?;
    }
    Ok(())
}

/// The tables of a region in `--regions-dir`.
pub fn read(global: &Global, id: &RegionId) -> Result<RegionTables, Failure> {
    let folder = global.regions_dir.join(id.as_str());
    RegionTables::read(&folder).map_err(|error| explain(id, &folder, &error).into())
}

fn explain(id: &RegionId, folder: &Path, error: &dyn std::error::Error) -> String {
    format!(
        "cannot read region `{id}` from {} ({error}): build it with `whitespot region build`, \
         or name another folder with --regions-dir",
        folder.display()
    )
}

/// Writes the tables of a region into the database, all or nothing.
pub async fn save(store: &Store, tables: &RegionTables) -> Result<(), Failure> {
    let area = |area: &region::Area| AreaData {
        key: area.key,
        level: area.level(),
        name: area.name.clone(),
        parent: area.parent(),
        inhabitants: area.inhabitants.and_then(|n| i64::try_from(n).ok()),
        supply: json!(area.supply),
        sites: area.sites.iter().map(|site| SiteRef { kind: site.kind.clone(), hex: site.hex }).collect(),
        hexes: tables.hexes(area.key).to_vec(),
    };
    let data = RegionData {
        id: tables.id().clone(),
        title: tables.title().to_owned(),
        provenance: json!({ "credits": tables.credits() }),
        areas: tables.areas().map(area).collect(),
    };
    let step = Step::start(&format!("load region {}", data.id), 0);
    store.run_tx("save_region", |tx| Box::pin(store::save_region(tx, &data))).await?;
    step.done(format_args!("{} areas", data.areas.len()));
    Ok(())
}

/// What the simulation needs to know of a region.
pub fn for_simulation(tables: &RegionTables) -> SimRegion {
    let area = |area: &region::Area| {
        let share = |mbps: u32| area.supply.get(&format!("all_{mbps}_mbps_percent")).map(|percent| percent / 100.0);
        let supply = match (share(50), share(100), share(1000)) {
            (Some(at_least_50), Some(at_least_100), Some(at_least_1000)) => {
                Some(SimSupply { at_least_50, at_least_100, at_least_1000 })
            }
            _ => None,
        };
        SimArea {
            key: area.key,
            name: area.name.clone(),
            inhabitants: area.inhabitants.and_then(|n| i64::try_from(n).ok()).unwrap_or(0),
            area_km2: area.area_km2,
            supply,
        }
    };
    let municipalities = tables.areas().filter(|area| area.level() == AreaLevel::Municipality);
    SimRegion { areas: municipalities.map(area).collect(), cover: tables.cover() }
}
