use domain::{Clock, SystemClock};
use serde_json::json;

use crate::{
    Failure,
    cli::{Global, Retention},
    database::Database,
    output,
};

/// Destroys the evidence of past years. Run it once a year, or every night: it does nothing twice.
pub async fn run(global: &Global, args: Retention) -> Result<(), Failure> {
    let clock = SystemClock::default();
    let this_year = clock.now().to_zoned(jiff::tz::TimeZone::UTC).year();
    let keep_from = this_year - i16::from(args.keep_years);
    let database = Database::open(global).await?;
    let forgotten = database
        .store
        .run_tx("retention", |tx| Box::pin(async move { store::forget_years(tx, keep_from).await }))
        .await;
    database.close().await?;
    let forgotten = forgotten?;
    if global.json {
        let report = json!({ "kept_from": keep_from, "years": forgotten.years, "tables": forgotten.tables });
        output::print(&serde_json::to_string_pretty(&report)?)?;
    } else {
        let years = forgotten.years.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let years = if years.is_empty() { "nothing was older".to_owned() } else { format!("destroyed {years}") };
        output::print(&format!("evidence is kept from {keep_from} on: {years}"))?;
    }
    Ok(())
}
