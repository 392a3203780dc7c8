//! `LICENCES.md`: the licence of each table, for people. The same facts stand in `provenance.toml` for programs.

use std::fmt::Write as _;

use super::provenance::Provenance;

pub(super) const FILE: &str = "LICENCES.md";

pub(super) fn note(provenance: &Provenance) -> String {
    let mut out = format!("# {}: licences of the tables\n\n", provenance.title);
    out.push_str(
        "Each table is derived from the sources that `provenance.toml` names and stands under their licences, not \
         under the licence of the program. Show the credit lines wherever you show what comes from a table.\n",
    );
    for table in &provenance.tables {
        // Writing to a String cannot fail.
        let _ = write!(out, "\n## {}\n\n", table.file);
        for credit in &table.credits {
            let _ = writeln!(out, "- {}: {}", credit.licence, credit.credit);
        }
    }
    let _ = write!(out, "\nRebuild: `{}`\n", provenance.command);
    out
}
