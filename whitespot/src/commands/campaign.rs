use api::next::{self, Request};

use crate::{
    Failure,
    cli::{CampaignCommand, CampaignNext, Format, Global},
    database::Database,
    output,
};

/// Plans a campaign.
pub async fn run(global: &Global, command: CampaignCommand) -> Result<(), Failure> {
    let CampaignCommand::Next(args) = command;
    let database = Database::open(global).await?;
    let result = list(global, &database, &args).await;
    database.close().await?;
    output::write(&result?, args.output.as_deref())
}

async fn list(global: &Global, database: &Database, args: &CampaignNext) -> Result<String, Failure> {
    let request = Request {
        region: args.region.clone(),
        area: args.area,
        track: args.track.into(),
        layer: args.layer,
        top: args.top,
        release: None,
        window: args.window.clone(),
        source: args.source,
    };
    let list = next::compute(&database.store, &request).await?;
    Ok(match (args.format, global.json) {
        (Format::Json, _) | (Format::Table, true) => list.to_json(),
        (Format::Table, false) => list.to_table(),
        (Format::Csv, _) => list.to_csv(),
        (Format::Geojson, _) => list.to_geojson(),
    })
}
