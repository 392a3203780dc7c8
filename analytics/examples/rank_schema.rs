//! Prints the JSON schema of a ranking, for `schemas/rank.json`.

use analytics::Ranking;

fn main() -> serde_json::Result<()> {
    println!("{}", serde_json::to_string_pretty(&Ranking::json_schema())?);
    Ok(())
}
