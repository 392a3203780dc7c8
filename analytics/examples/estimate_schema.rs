//! Prints the JSON schema of estimates, for `schemas/estimate.json`.

use analytics::Estimates;

fn main() -> serde_json::Result<()> {
    println!("{}", serde_json::to_string_pretty(&Estimates::json_schema())?);
    Ok(())
}
