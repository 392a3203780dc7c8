//! The private cluster: a PostgreSQL server in the project's own data folder, reached by a unix socket only.
//!
//! ```text
//! DATA/cluster.lock   held while somebody starts, joins or leaves
//! DATA/users.lock     held shared by every process that uses the server; the last one stops it
//! DATA/postgres       the server's files (or, where its user may not enter DATA, a pointer: postgres.location)
//! DATA/socket         the socket (or, where the path is too long for one, a pointer: socket.location)
//! DATA/postgres.log   what the server says
//! ```
//! The kernel lets go of both locks when a process dies, so a killed owner leaves a server that the next
//! process joins, and a killed server leaves files that the next process recovers, or a [`Keeper`] of one that still runs.

mod binaries;
mod error;
mod files;
mod initdb;
mod server;
mod user;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use binaries::Binaries;
pub use error::ClusterError;
use files::{Home, Lock};
use server::Server;
use tracing::{info, warn};
use user::ServerUser;

/// How the private cluster is to be kept.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// The project's data folder; made if absent.
    pub data_dir: PathBuf,
    /// `false` only for tests: the server then does not wait for the disk and a power cut destroys its data.
    pub durable: bool,
}

/// A running private cluster. The last process that lets go of it stops the server.
#[derive(Debug)]
pub struct PrivateCluster {
    server: Server,
    home: Home,
    /// Held shared; `None` once left.
    users: Option<Lock>,
    /// Told to keepers under the cluster's lock, so that none starts again what was stopped on purpose.
    left: Arc<AtomicBool>,
}

/// Starts a private cluster's server again when it has died. Does not itself keep the cluster in use.
#[derive(Clone, Debug)]
pub struct Keeper {
    server: Server,
    home: Home,
    left: Arc<AtomicBool>,
}

impl Keeper {
    /// Starts the server if its postmaster is gone; says whether it had to. Replays the server's log first.
    pub async fn revive(&self) -> Result<bool, ClusterError> {
        let keeper = self.clone();
        blocking(move || keeper.revive_blocking()).await
    }

    fn revive_blocking(&self) -> Result<bool, ClusterError> {
        if self.server.is_alive() {
            return Ok(false);
        }
        let _starting = self.home.lock_cluster()?;
        // Left on purpose, or another process of this folder was faster.
        if self.left.load(Ordering::SeqCst) || self.server.is_running() {
            return Ok(false);
        }
        self.server.start(&self.home)?;
        Ok(true)
    }
}

impl PrivateCluster {
    /// Joins the server of this data folder, or starts it, or makes it first.
    pub async fn start_or_join(config: ClusterConfig) -> Result<Self, ClusterError> {
        Self::with_binaries(config, None).await
    }

    async fn with_binaries(config: ClusterConfig, binaries: Option<Binaries>) -> Result<Self, ClusterError> {
        blocking(move || Self::start_blocking(&config, binaries)).await
    }

    fn start_blocking(config: &ClusterConfig, binaries: Option<Binaries>) -> Result<Self, ClusterError> {
        let user = ServerUser::current()?;
        let home = Home::open(&config.data_dir, &user)?;
        let _starting = home.lock_cluster()?;
        let binaries = match binaries {
            Some(binaries) => binaries,
            None => Binaries::find(home.major_version()?)?,
        };
        if home.major_version()?.is_none() {
            initdb::make(&home, &binaries, &user, config.durable)?;
        }
        let server = Server::new(&home, binaries, user, config.durable)?;
        if server.is_running() {
            info!("joined the running PostgreSQL of {}", config.data_dir.display());
        } else {
            server.start(&home)?;
            info!("started a private PostgreSQL in {}", config.data_dir.display());
        }
        let users = home.lock_users_shared()?;
        Ok(Self { server, home, users: Some(users), left: Arc::default() })
    }

    /// Address of a database of this cluster, for [`crate::Store::connect`].
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", percent_encoded(self.server.socket_dir()))
    }

    /// Process id of the server's postmaster, while it runs.
    pub fn server_pid(&self) -> Option<i32> {
        self.server.pid()
    }

    /// Somebody who starts the server again when it has died, for as long as this handle is not left.
    pub fn keeper(&self) -> Keeper {
        Keeper { server: self.server.clone(), home: self.home.clone(), left: Arc::clone(&self.left) }
    }

    /// Lets go; stops the server if nobody else uses it.
    pub async fn stop(mut self) -> Result<(), ClusterError> {
        blocking(move || self.leave()).await
    }

    fn leave(&mut self) -> Result<(), ClusterError> {
        let Some(users) = self.users.take() else { return Ok(()) };
        let _stopping = self.home.lock_cluster()?;
        self.left.store(true, Ordering::SeqCst);
        if users.is_last()? { self.server.stop(&self.home) } else { Ok(()) }
    }

    /// Lets go without stopping the server; somebody else must.
    pub(crate) fn abandon(&mut self) {
        self.users = None;
    }

    /// What a shell needs to stop the server once nobody uses it: the two locks, the program, the server's files.
    pub(crate) fn for_watcher(&self) -> [PathBuf; 4] {
        let [cluster, users] = self.home.lock_files();
        [cluster, users, self.server.pg_ctl_path(), self.home.postgres.clone()]
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            warn!("the private PostgreSQL could not be stopped: {error}");
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ClusterError> + Send + 'static,
) -> Result<T, ClusterError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ClusterError::Interrupted(error.to_string()))?
}

/// A path as the value of a URL parameter.
fn percent_encoded(path: &Path) -> String {
    use std::{fmt::Write as _, os::unix::ffi::OsStrExt};
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut out, &byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
#[path = "cluster_tests.rs"]
mod tests;
