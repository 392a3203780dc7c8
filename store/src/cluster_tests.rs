use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::*;

/// The installed programs, but with another `tool`: a shell script in which `$REAL` is the real one.
fn with_tool(dir: &Path, tool: &str, script: &str) -> Binaries {
    let real = Binaries::find(None).unwrap();
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["initdb", "pg_ctl", "postgres", "pg_isready"] {
        let text = if name == tool { script } else { "exec \"$REAL\" \"$@\"" };
        let text = format!("#!/bin/sh\nREAL={}\n{text}\n", real.tool(name).display());
        fs::write(dir.join(name), text).unwrap();
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    Binaries { dir: dir.to_owned(), major: real.major }
}

fn config(data_dir: &Path) -> ClusterConfig {
    ClusterConfig { data_dir: data_dir.to_owned(), durable: false }
}

fn names(dir: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| PathBuf::from(entry.unwrap().file_name())).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_disk_that_is_full_while_the_cluster_is_made_leaves_nothing_and_the_next_start_works() {
    let (tools, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // No file may grow beyond 1 MB: the real initdb fails in the middle, as on a full disk.
    let full = with_tool(tools.path(), "initdb", "ulimit -f 1024; exec \"$REAL\" \"$@\"");
    let error = PrivateCluster::with_binaries(config(data.path()), Some(full)).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ClusterError::Initdb { .. }), "{text}");
    assert!(text.contains("free space") && text.contains("File too large"), "{text}");
    assert_eq!(names(data.path()), [PathBuf::from("cluster.lock")], "half a cluster was left");

    let cluster = PrivateCluster::start_or_join(config(data.path())).await.unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_initdb_does_not_stand_in_the_way_of_the_next() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir(data.path().join("postgres.unfinished")).unwrap();
    fs::write(data.path().join("postgres.unfinished/PG_VERSION"), "15").unwrap();
    let cluster = PrivateCluster::start_or_join(config(data.path())).await.unwrap();
    cluster.stop().await.unwrap();
    assert!(!data.path().join("postgres.unfinished").exists());
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() {
    let data = tempfile::tempdir().unwrap();
    PrivateCluster::start_or_join(config(data.path())).await.unwrap().stop().await.unwrap();
    let conf = data.path().join("postgres/postgresql.conf");
    let good = fs::read_to_string(&conf).unwrap();
    fs::write(&conf, "no_such_setting = 1\n").unwrap();
    let error = PrivateCluster::start_or_join(config(data.path())).await.unwrap_err();
    assert!(matches!(error, ClusterError::Start { .. }), "{error}");
    assert!(error.to_string().contains("no_such_setting"), "{error}");
    fs::write(&conf, good).unwrap();
    PrivateCluster::start_or_join(config(data.path())).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_pid_file_whose_number_went_to_another_program_does_not_stop_the_start() {
    let data = tempfile::tempdir().unwrap();
    PrivateCluster::start_or_join(config(data.path())).await.unwrap().stop().await.unwrap();
    let files = data.path().join("postgres");
    // As a killed server leaves it, with the number of a program that lives: this one.
    let left = format!("{}\n{}\n1700000000\n5432\n\n\n", std::process::id(), files.display());
    fs::write(files.join("postmaster.pid"), left).unwrap();
    PrivateCluster::start_or_join(config(data.path())).await.unwrap().stop().await.unwrap();
}

#[test]
fn a_socket_path_survives_being_part_of_a_url() {
    assert_eq!(percent_encoded(Path::new("/tmp/a b/ü?&%")), "/tmp/a%20b/%C3%BC%3F%26%25");
}
