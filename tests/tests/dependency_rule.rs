//! Who may use whom (docs/ARCHITECTURE.md). What is not written here is not allowed.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// `ALL`: it only wires, or it measures whatever there is.
const ALL: &[&str] = &["*"];
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("store", &["domain"]),
    ("analytics", &["domain"]),
    ("hexkernel", &[]),
    ("bulk", &["hexkernel"]),
    ("region", &["domain"]),
    ("simulation", &["domain"]),
    ("sdk-core", &["domain"]),
    ("sdk-net", &["domain", "sdk-core"]),
    ("sdk-ffi", &["domain", "sdk-core"]),
    ("ingest", &["domain", "store"]),
    ("worker", &["domain", "store", "analytics"]),
    ("api", &["domain", "store", "ingest", "analytics"]),
    ("whitespot", ALL),
    ("benches", ALL),
    ("e2e", &["domain", "sdk-core", "sdk-net", "sdk-ffi", "simulation"]),
];

/// What must not stand anywhere below a crate, however deep.
const KEPT_OUT: &[(&str, &[&str])] = &[
    ("domain", &["tokio", "sqlx", "axum", "reqwest", "hyper"]),
    ("analytics", &["tokio", "sqlx", "axum", "reqwest", "hyper"]),
    ("region", &["tokio", "sqlx", "axum"]),
    ("simulation", &["tokio", "sqlx", "axum"]),
    // Sans-I/O: it runs on any runtime, or on none.
    ("sdk-core", &["tokio", "sqlx", "axum", "reqwest", "hyper"]),
    ("sdk-ffi", &["sqlx", "axum"]),
    ("ingest", &["axum"]),
    ("store", &["axum"]),
    // Only store knows SQL, but these stand on it: their own sources are looked at in house_rules.
];

fn metadata() -> Metadata {
    let manifest = e2e::workspace().join("Cargo.toml");
    // Crates of other systems were never downloaded here, and are not asked for: no network is needed.
    let version = std::process::Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let options = ["--offline", "--filter-platform", host].map(str::to_owned);
    MetadataCommand::new().manifest_path(manifest).other_options(options).exec().unwrap()
}

/// (user, used) for every dependency between two crates of the workspace: normal, build and dev.
fn edges(metadata: &Metadata) -> BTreeSet<(String, String)> {
    let members: BTreeSet<_> = metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    metadata
        .workspace_packages()
        .into_iter()
        .flat_map(|package| package.dependencies.iter().map(|used| (package.name.to_string(), used.name.clone())))
        .filter(|(_, used)| members.contains(used))
        .collect()
}

fn forbidden<'a>(edges: impl IntoIterator<Item = &'a (String, String)>) -> Vec<String> {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let fits = |user: &str, used: &str| allowed.get(user).is_some_and(|list| *list == ALL || list.contains(&used));
    edges
        .into_iter()
        .filter(|(user, used)| !fits(user, used))
        .map(|(user, used)| format!("{user} must not use {used}"))
        .collect()
}

/// Names of everything below a crate, without what only its tests or its build need.
fn tree(metadata: &Metadata, root: &str) -> BTreeSet<String> {
    let nodes: BTreeMap<&PackageId, _> =
        metadata.resolve.as_ref().unwrap().nodes.iter().map(|node| (&node.id, node)).collect();
    let mut open = vec![&metadata.workspace_packages().into_iter().find(|package| package.name == root).unwrap().id];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let normal = nodes[id].deps.iter().filter(|dep| {
                dep.dep_kinds.is_empty() || dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
            });
            open.extend(normal.map(|dep| &dep.pkg));
        }
    }
    seen.into_iter().map(|id| metadata[id].name.to_string()).collect()
}

#[test]
fn crates_use_only_what_the_design_allows() {
    let forbidden = forbidden(&edges(&metadata()));
    assert!(forbidden.is_empty(), "change the code, or the design and this test:\n{}", forbidden.join("\n"));
}

#[test]
fn every_crate_of_the_workspace_has_its_rule() {
    let ruled: BTreeSet<_> = ALLOWED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let members: BTreeSet<_> = metadata().workspace_packages().iter().map(|package| package.name.to_string()).collect();
    assert_eq!(ruled, members);
}

#[test]
fn a_forbidden_use_is_seen() {
    let edge = |user: &str, used: &str| (user.to_owned(), used.to_owned());
    let broken = [edge("domain", "store"), edge("api", "store"), edge("analytics", "store"), edge("new", "domain")];
    assert_eq!(
        forbidden(&broken),
        ["domain must not use store", "analytics must not use store", "new must not use domain"]
    );
}

#[test]
fn the_pure_crates_stay_free_of_runtimes_and_databases() {
    let metadata = metadata();
    for (root, kept_out) in KEPT_OUT {
        let tree = tree(&metadata, root);
        assert!(tree.len() > 5, "the tree of {root} was not read");
        let found: Vec<_> = tree
            .iter()
            .filter(|name| kept_out.iter().any(|out| *name == out || name.starts_with(&format!("{out}-"))))
            .collect();
        assert!(found.is_empty(), "{root} must not stand on {found:?}");
    }
}

#[test]
fn only_store_names_sqlx() {
    let users: Vec<_> = metadata()
        .workspace_packages()
        .into_iter()
        .filter(|package| package.dependencies.iter().any(|used| used.name == "sqlx"))
        .map(|package| package.name.to_string())
        .collect();
    assert_eq!(users, ["store"]);
}
