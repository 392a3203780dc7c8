use api::export::{self, HexForm};

use crate::{
    Failure,
    cli::{Export, Global, HexFormat},
    database::Database,
    output,
};

/// Writes the published hexagons of a layer.
pub async fn run(global: &Global, args: Export) -> Result<(), Failure> {
    let database = Database::open(global).await?;
    let result = render(global, &database, &args).await;
    database.close().await?;
    output::write(&result?, args.output.as_deref())
}

async fn render(global: &Global, database: &Database, args: &Export) -> Result<String, Failure> {
    let form = match args.format {
        HexFormat::Csv => HexForm::Csv,
        HexFormat::Json => HexForm::Json,
        HexFormat::Geojson if global.json => HexForm::Json,
        HexFormat::Geojson => HexForm::GeoJson,
    };
    Ok(export::hexes(&database.store, &args.region, args.window.as_ref(), args.source, args.layer, form).await?)
}
