//! One database per test, copied from a migrated template in a cluster that all test processes share.
//!
//! The cluster lives in the system's temporary folder and is not durable. When nobody has used it for a
//! moment, a watcher stops it and removes its files.

pub mod peer;

use crate::{ClusterConfig, ClusterError, PrivateCluster, Store, StoreError, migrations};
use sqlx::{Connection, PgConnection};

/// A database of a test's own; dropped with it.
#[derive(Debug)]
pub struct TestDatabase {
    store: Store,
    name: String,
    url: String,
    admin_url: String,
    cluster: PrivateCluster,
}

/// Why there is no test database.
#[derive(Debug, thiserror::Error)]
pub enum TestDatabaseError {
    /// No server.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// No schema.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No copy of the template.
    #[error("the test database could not be made: {0}")]
    Database(#[from] sqlx::Error),
}

/// Any number: one process at a time makes the template.
const TEMPLATE_LOCK: i64 = 7_404_117;

impl TestDatabase {
    /// Starts or joins the shared cluster and makes a database with the current schema.
    ///
    /// # Panics
    /// If there is no PostgreSQL with PostGIS; a test cannot go on without it.
    pub async fn create() -> Self {
        match Self::try_create().await {
            Ok(database) => database,
            Err(error) => panic!("{error}"),
        }
    }

    async fn try_create() -> Result<Self, TestDatabaseError> {
        let user = rustix::process::geteuid().as_raw();
        let data_dir = std::env::temp_dir().join(format!("whitespot-tests-{user}"));
        let cluster = PrivateCluster::start_or_join(ClusterConfig { data_dir, durable: false }).await?;
        start_watcher(&cluster);
        let admin_url = cluster.url("postgres");
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let mut admin = PgConnection::connect(&admin_url).await?;
        let template = template(&cluster, &mut admin).await?;
        execute(&mut admin, format!("create database {name} template {template}")).await?;
        admin.close().await?;
        let url = cluster.url(&name);
        let store = Store::connect(&url).await?;
        Ok(Self { store, name, url, admin_url, cluster })
    }

    /// The store.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Address of the database, for a second connection or another process.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Does to the database what no program does: damage, for example.
    ///
    /// # Panics
    /// If the statement fails; a test cannot go on without it.
    pub async fn execute(&self, sql: &str) {
        let done = async {
            let mut connection = PgConnection::connect(&self.url).await?;
            execute(&mut connection, sql.to_owned()).await?;
            connection.close().await
        };
        let done: Result<(), sqlx::Error> = done.await;
        assert!(done.is_ok(), "{sql}: {done:?}");
    }

    /// The cluster it lies in.
    pub const fn cluster(&self) -> &PrivateCluster {
        &self.cluster
    }
}

// Beside the tests, because each test may be a process of its own and none knows whether it is the last.
// One watcher at a time (lock 9). It takes the cluster's locks in the order in which everybody does.
const WATCHER: &str = r#"
exec 9>>"$1.watcher" || exit 0
flock -n 9 || exit 0
while sleep 15; do
    flock "$1" flock -n -x "$2" sh -c '
        cd / && su_="$(stat -c %U "$2")"
        if [ "$(id -un)" = "$su_" ]; then "$1" -D "$2" -m immediate -s stop
        else setpriv --reuid="$su_" --regid="$(stat -c %G "$2")" --clear-groups "$1" -D "$2" -m immediate -s stop; fi
        rm -rf "$2"' sh "$3" "$4" && exit 0
done
"#;

/// Without the tools it needs (util-linux) the server stays until somebody stops it.
fn start_watcher(cluster: &PrivateCluster) {
    use std::{os::unix::process::CommandExt, process::Stdio};
    let mut watcher = std::process::Command::new("sh");
    watcher.args(["-c", WATCHER, "sh"]).args(cluster.for_watcher()).process_group(0).current_dir("/");
    watcher.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    drop(watcher.spawn());
}

async fn template(cluster: &PrivateCluster, admin: &mut PgConnection) -> Result<String, TestDatabaseError> {
    let name = format!("template_{}", migrations::fingerprint());
    sqlx::query("select pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut *admin).await?;
    let present: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut *admin)
        .await?;
    if !present {
        let unfinished = format!("unfinished_{}", uuid::Uuid::new_v4().simple());
        Store::connect(&cluster.url(&unfinished)).await?.close().await;
        execute(admin, format!("alter database {unfinished} rename to {name}")).await?;
    }
    sqlx::query("select pg_advisory_unlock($1)").bind(TEMPLATE_LOCK).execute(&mut *admin).await?;
    Ok(name)
}

async fn execute(admin: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(admin).await.map(drop)
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (name, url) = (self.name.clone(), self.admin_url.clone());
        // A runtime of its own: the test's may be gone, and must not be blocked.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut admin = PgConnection::connect(&url).await?;
                execute(&mut admin, format!("drop database if exists {name} with (force)")).await?;
                admin.close().await
            })
        });
        // What is left of a failed test goes with the cluster.
        drop(dropping.join());
        self.cluster.abandon();
    }
}
