use api::{
    estimate,
    export::{self, HexForm},
};

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
    if args.estimate {
        let estimates =
            estimate::of_region(&database.store, &args.region, args.window.as_ref(), args.source, args.layer).await?;
        return Ok(match form {
            HexForm::Csv => estimates.to_csv(),
            HexForm::Json => estimates.to_json(),
            HexForm::GeoJson => estimates.to_geojson(),
        });
    }
    Ok(export::hexes(&database.store, &args.region, args.window.as_ref(), args.source, args.layer, form).await?)
}
