use api::ranking;

use crate::{
    Failure,
    cli::{Export, Format, Global},
    database::Database,
    output,
};

/// Writes the published hexagons of a layer.
pub async fn run(global: &Global, args: Export) -> Result<(), Failure> {
    let database = Database::open(global).await?;
    let result = render(&database, &args).await;
    database.close().await?;
    output::write(&result?, args.output.as_deref())
}

async fn render(database: &Database, args: &Export) -> Result<String, Failure> {
    let form = match args.format {
        Format::Table | Format::Csv => ranking::HexForm::Csv,
        Format::Json => ranking::HexForm::Json,
        Format::Geojson => ranking::HexForm::GeoJson,
    };
    Ok(ranking::export_hexes(&database.store, &args.region, args.window.as_ref(), args.layer, form).await?)
}
