use api::ranking::{self, Request};

use crate::{
    Failure,
    cli::{Format, Global, Rank},
    database::Database,
    output,
};

/// Writes the ranked list of a region.
pub async fn run(global: &Global, args: Rank) -> Result<(), Failure> {
    let database = Database::open(global).await?;
    let result = render(global, &database, &args).await;
    database.close().await?;
    output::write(&result?, args.output.as_deref())
}

async fn render(global: &Global, database: &Database, args: &Rank) -> Result<String, Failure> {
    let track = args.track.into();
    let (region, window) = (args.region.clone(), args.window.clone());
    let request = Request { region, track, release: None, window, source: args.source };
    let ranking = ranking::compute(&database.store, &request).await?;
    Ok(match (args.format, global.json) {
        (Format::Json, _) | (Format::Table, true) => ranking.to_json(),
        (Format::Table, false) => ranking.to_table(None),
        (Format::Csv, _) => ranking.to_csv(),
        (Format::Geojson, _) => ranking::to_geojson(&database.store, &request.region, &ranking).await?,
    })
}
