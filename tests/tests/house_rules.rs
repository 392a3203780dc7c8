//! Rules that no compiler checks, read off the sources.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::{path::Path, process::Command};

/// Longer files are split by concept; generated ones are not read.
const MAX_LINES: usize = 500;
const GENERATED: &[&str] = &["web/src/api/schema.d.ts", "web/src/lib/api/schema.d.ts"];

/// What git tracks, as (path, text); pictures and packed tables left out.
fn tracked() -> Vec<(String, String)> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(e2e::workspace()).output();
    let listed = listed.expect("the house rules are read off a git checkout");
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let files: Vec<_> = String::from_utf8(listed.stdout)
        .unwrap()
        .split_terminator('\0')
        .filter_map(|path| Some((path.to_owned(), text_of(path)?)))
        .collect();
    assert!(files.len() > 50, "only {} files are tracked", files.len());
    files
}

fn text_of(path: &str) -> Option<String> {
    let bytes = std::fs::read(e2e::workspace().join(path)).ok()?;
    String::from_utf8(bytes).ok()
}

fn has_extension(path: &str, wanted: &[&str]) -> bool {
    Path::new(path).extension().is_some_and(|found| wanted.iter().any(|wanted| found == *wanted))
}

/// `path:line: text` of every line that `is_bad`, in files with one of the extensions.
fn offences(extensions: &[&str], is_bad: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tracked().iter().filter(|(path, _)| has_extension(path, extensions)) {
        let bad = text.lines().enumerate().filter(|(_, line)| is_bad(path, line));
        found.extend(bad.map(|(number, line)| format!("{path}:{}: {}", number + 1, line.trim())));
    }
    found
}

fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe trait", "unsafe(", "allow(unsafe_code"]
        .iter()
        .any(|form| code.contains(form) && !code.contains(&format!("\"{form}")))
}

/// Written in two halves, so that this file does not offend itself.
fn is_ignored_without_reason(line: &str) -> bool {
    line.contains(concat!("#[", "ignore]"))
}

/// Folders of somebody's machine.
fn names_a_machine(line: &str) -> bool {
    [concat!("/", "work/"), concat!("/", "root/"), concat!("/", "home/"), concat!("/", "Users/")].iter().any(|folder| {
        line.match_indices(folder).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || "_-.$}/".contains(c))
        })
    })
}

/// Words of SQL, comments left out.
fn sql_words(line: &str) -> impl Iterator<Item = String> {
    let code = line.split("--").next().unwrap_or_default().to_lowercase();
    code.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect::<Vec<_>>().into_iter()
}

#[test]
fn unsafe_code_stands_in_the_ffi_only() {
    // This file names what it looks for.
    let allowed = |path: &str| path.starts_with("mobile-sdk/ffi/") || path == "tests/tests/house_rules.rs";
    let found = offences(&["rs"], |path, line| !allowed(path) && is_unsafe(line));
    assert!(found.is_empty(), "unsafe is for mobile-sdk/ffi:\n{}", found.join("\n"));
}

#[test]
fn no_test_is_ignored_without_a_reason() {
    let found = offences(&["rs"], |_, line| is_ignored_without_reason(line));
    assert!(found.is_empty(), "say why, or mend it:\n{}", found.join("\n"));
}

#[test]
fn files_stay_small() {
    let long: Vec<_> = tracked()
        .into_iter()
        .filter(|(path, _)| has_extension(path, &["rs", "ts", "svelte"]) && !GENERATED.contains(&path.as_str()))
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "split by concept:\n{}", long.join("\n"));
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    let mut found = Vec::new();
    for (path, text) in tracked() {
        let bad = text.lines().enumerate().filter(|(_, line)| names_a_machine(line));
        found.extend(bad.map(|(number, _)| format!("{path}:{}", number + 1)));
    }
    assert!(found.is_empty(), "paths of one machine:\n{}", found.join("\n"));
}

#[test]
fn no_table_has_a_column_for_a_latitude_or_an_address() {
    const BANNED: &[&str] =
        &["lat", "lon", "lng", "latitude", "longitude", "position", "inet", "cidr", "ip", "ip_address", "remote_addr"];
    let found = offences(&["sql"], |path, line| {
        path.starts_with("store/migrations/") && sql_words(line).any(|word| BANNED.contains(&word.as_str()))
    });
    assert!(found.is_empty(), "people's places are hexagons, and their addresses are not kept:\n{}", found.join("\n"));
}

#[test]
fn evidence_has_no_geometry() {
    const EVIDENCE: &[&str] = &["item_ids", "speed_tests", "coverage_blocks", "dead_spot_reports", "year_keys"];
    let mut seen = Vec::new();
    for (path, text) in tracked().iter().filter(|(path, _)| path.starts_with("store/migrations/")) {
        for statement in text.split(';') {
            let words: Vec<_> = statement.lines().flat_map(sql_words).filter(|word| !word.is_empty()).collect();
            let is_table = words.iter().any(|word| word == "table");
            let Some(table) = EVIDENCE.iter().find(|table| words.iter().any(|word| word == *table)) else { continue };
            let geometry =
                words.iter().any(|word| ["geometry", "geography", "point", "float8", "real"].contains(&word.as_str()));
            assert!(!geometry, "{path}: {table} must not hold a place finer than a hexagon");
            if is_table {
                seen.push(*table);
            }
        }
    }
    assert!(EVIDENCE.iter().all(|table| seen.contains(table)), "evidence tables were not found, only {seen:?}");
}

#[test]
fn only_the_store_speaks_sql() {
    let found = offences(&["rs"], |path, line| {
        !path.starts_with("store/") && !path.starts_with("tests/") && line.contains("sqlx::")
    });
    assert!(found.is_empty(), "SQL belongs to store:\n{}", found.join("\n"));
}

#[test]
fn the_rules_see_what_they_look_for() {
    assert!(is_unsafe("    unsafe { *pointer }") && is_unsafe("pub unsafe fn read()"));
    assert!(!is_unsafe("#![forbid(unsafe_code)]") && !is_unsafe("// unsafe { } is not for us"));
    assert!(is_ignored_without_reason(concat!("    #[", "ignore]")));
    assert!(!is_ignored_without_reason(concat!("#[", "ignore = \"soak: takes an hour\"]")));
    assert!(names_a_machine(concat!("let path = \"/", "work/main\";")) && names_a_machine(concat!("/", "home/ada/x")));
    assert!(!names_a_machine("https://example.org/work/") && !names_a_machine("home/work/"));
    assert!(sql_words("    lat double precision,").any(|word| word == "lat"));
    assert!(!sql_words("    relation bigint, -- lat is not kept").any(|word| word == "lat"));
}
