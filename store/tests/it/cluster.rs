use std::{
    io::{BufRead, BufReader, Read},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use domain::SourceClass;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use store::{CampaignRow, ClusterConfig, ClusterError, PrivateCluster, Store, campaign, save_campaign};

use crate::make;

const DATA_DIR: &str = "WHITESPOT_TEST_DATA_DIR";

async fn start(data_dir: &Path) -> Result<PrivateCluster, ClusterError> {
    PrivateCluster::start_or_join(ClusterConfig { data_dir: data_dir.to_owned(), durable: true }).await
}

fn a_campaign() -> CampaignRow {
    CampaignRow {
        id: "probewoche".parse().unwrap(),
        region: "nrw".parse().unwrap(),
        title: "Probewoche (simuliert)".to_owned(),
        from: make::at("2026-05-25T00:00:00Z"),
        to: make::at("2026-06-01T00:00:00Z"),
        source: SourceClass::Simulated,
    }
}

async fn save_something(cluster: &PrivateCluster) {
    let store = Store::connect(&cluster.url("whitespot")).await.unwrap();
    let row = a_campaign();
    store.run_tx("save", |tx| Box::pin(save_campaign(tx, &row))).await.unwrap();
    store.close().await;
}

async fn is_still_there(cluster: &PrivateCluster) -> bool {
    let store = Store::connect(&cluster.url("whitespot")).await.unwrap();
    let found = campaign(&store, &a_campaign().id).await.unwrap() == Some(a_campaign());
    store.close().await;
    found
}

fn pid(cluster: &PrivateCluster) -> Pid {
    Pid::from_raw(cluster.server_pid().unwrap()).unwrap()
}

#[tokio::test]
async fn data_outlives_a_stop_and_nothing_listens_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = start(dir.path()).await.unwrap();
    save_something(&cluster).await;
    let url = cluster.url("whitespot");
    cluster.stop().await.unwrap();
    assert!(Store::connect(&url).await.unwrap_err().is_unavailable());
    let cluster = start(dir.path()).await.unwrap();
    assert!(is_still_there(&cluster).await);
}

#[tokio::test]
async fn a_second_handle_joins_and_the_last_one_stops_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = tokio::join!(start(dir.path()), start(dir.path()));
    let (owner, guest) = (one.unwrap(), two.unwrap());
    assert_eq!(owner.server_pid(), guest.server_pid());
    save_something(&owner).await;
    owner.stop().await.unwrap();
    assert!(is_still_there(&guest).await, "the server goes on for whoever still uses it");
    let url = guest.url("whitespot");
    drop(guest);
    assert!(Store::connect(&url).await.unwrap_err().is_unavailable());
}

#[tokio::test]
async fn a_killed_server_is_started_again_with_its_data() {
    let dir = tempfile::tempdir().unwrap();
    let owner = start(dir.path()).await.unwrap();
    save_something(&owner).await;
    kill_process(pid(&owner), Signal::KILL).unwrap();
    // The owner has not noticed: it holds on to its lock and lets go of it later.
    let next = start(dir.path()).await.unwrap();
    assert!(is_still_there(&next).await);
    owner.stop().await.unwrap();
    assert!(is_still_there(&next).await);
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_owner_leaves_a_server_that_the_next_process_joins_and_stops() {
    let dir = tempfile::tempdir().unwrap();
    let mut owner = owner_process(dir.path());
    let group = Pid::from_raw(i32::try_from(owner.id()).unwrap()).unwrap();
    // To the whole group, as Ctrl-C at a terminal does.
    kill_process_group(group, Signal::KILL).unwrap();
    owner.wait().unwrap();
    let next = start(dir.path()).await.unwrap();
    assert!(is_still_there(&next).await);
    let url = next.url("whitespot");
    next.stop().await.unwrap();
    assert!(Store::connect(&url).await.unwrap_err().is_unavailable(), "no orphan is left");
}

#[tokio::test]
async fn two_processes_share_one_server() {
    let dir = tempfile::tempdir().unwrap();
    let mut owner = owner_process(dir.path());
    let guest = start(dir.path()).await.unwrap();
    assert!(is_still_there(&guest).await);
    drop(owner.stdin.take());
    assert!(owner.wait().unwrap().success());
    assert!(is_still_there(&guest).await, "the owner ended first");
    guest.stop().await.unwrap();
}

/// This test binary once more, as another process that owns a cluster until its input ends.
fn owner_process(data_dir: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cluster::owner_of_a_cluster", "--ignored", "--nocapture"])
        .env(DATA_DIR, data_dir)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("ready to be killed")), "the owner did not start");
    // It must not die of a closed pipe when it says how it ended.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

#[tokio::test]
#[ignore = "not a test: the process that other tests kill"]
async fn owner_of_a_cluster() {
    let Some(dir) = std::env::var_os(DATA_DIR).map(PathBuf::from) else { return };
    let cluster = start(&dir).await.unwrap();
    save_something(&cluster).await;
    println!("\nready to be killed");
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_deep_data_folder_gets_a_socket_with_a_short_path() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a rather long folder name, with 'quotes' and blanks").join("x".repeat(80));
    let cluster = start(&deep).await.unwrap();
    save_something(&cluster).await;
    let guest = start(&deep).await.unwrap();
    assert!(is_still_there(&guest).await);
    guest.stop().await.unwrap();
    cluster.stop().await.unwrap();
}

/// Matters to root, whose server runs as somebody else.
#[tokio::test]
async fn a_data_folder_that_the_server_may_not_enter_works_and_keeps_its_data() {
    let closed = |dir: &Path| std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).unwrap();
    let (itself, around) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    closed(itself.path());
    closed(around.path());
    for dir in [itself.path().to_owned(), around.path().join("data")] {
        let cluster = start(&dir).await.unwrap();
        save_something(&cluster).await;
        cluster.stop().await.unwrap();
        let cluster = start(&dir).await.unwrap();
        assert!(is_still_there(&cluster).await);
        cluster.stop().await.unwrap();
        if let Ok(elsewhere) = std::fs::read_to_string(dir.join("postgres.location")) {
            std::fs::remove_dir_all(Path::new(&elsewhere).parent().unwrap()).unwrap();
        }
    }
    let mode = std::fs::metadata(around.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "a folder that is not ours was opened to others");
}

#[tokio::test]
async fn files_of_another_major_version_are_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let files = dir.path().join("postgres");
    std::fs::create_dir(&files).unwrap();
    std::fs::write(files.join("PG_VERSION"), "9\n").unwrap();
    let error = start(dir.path()).await.unwrap_err();
    assert!(matches!(error, ClusterError::OtherMajorVersion { found: 9, .. }), "{error}");
    assert!(error.to_string().contains("postgresql-9"), "{error}");
    assert_eq!(std::fs::read_dir(&files).unwrap().count(), 1);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = start(&file.join("data")).await.unwrap_err().to_string();
    assert!(error.contains("file/data"), "{error}");
}
