//! Prints the JSON schema of the list of where to measure next, for `schemas/next.json`.

use analytics::NextList;

fn main() -> serde_json::Result<()> {
    println!("{}", serde_json::to_string_pretty(&NextList::json_schema())?);
    Ok(())
}
