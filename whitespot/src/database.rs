//! The database of a command: a private cluster, or the server that `--database-url` names.

use std::time::Duration;

use domain::RegionId;
use store::{ClusterConfig, Keeper, PrivateCluster, Store};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{error, warn};

use crate::{Failure, cli::Global, commands::region};

/// How often it is asked whether the postmaster is still there: a look at its pid file.
const LOOK: Duration = Duration::from_millis(500);

/// An open database. Close it, so that the owner of a private cluster stops it cleanly.
#[derive(Debug)]
pub struct Database {
    pub store: Store,
    cluster: Option<PrivateCluster>,
    /// Ends the watch over the private cluster.
    _watch: Option<DropGuard>,
}

impl Database {
    /// Starts or joins the private cluster, or connects to `--database-url`; brings the schema up to date.
    pub async fn open(global: &Global) -> Result<Self, Failure> {
        if let Some(url) = &global.database_url {
            return Ok(Self { store: Store::connect(url).await?, cluster: None, _watch: None });
        }
        let config = ClusterConfig { data_dir: global.data_dir.clone(), durable: true };
        let cluster = PrivateCluster::start_or_join(config).await?;
        match Store::connect(&cluster.url("whitespot")).await {
            Ok(store) => {
                let end = CancellationToken::new();
                tokio::spawn(watch(cluster.keeper(), end.clone()));
                Ok(Self { store, cluster: Some(cluster), _watch: Some(end.drop_guard()) })
            }
            Err(error) => {
                cluster.stop().await?;
                Err(error.into())
            }
        }
    }

    /// Stops the cluster if this process started it.
    pub async fn close(self) -> Result<(), Failure> {
        self.store.close().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        Ok(())
    }

    /// Makes sure that the database holds the region, from the tables in `--regions-dir`.
    pub async fn load_region(&self, global: &Global, id: &RegionId) -> Result<(), Failure> {
        if store::regions(&self.store).await?.iter().any(|region| region.id == *id) {
            return Ok(());
        }
        region::save(&self.store, &region::read(global, id)?).await
    }
}

/// Starts a killed postmaster again, so that a running server comes back by itself. Requests meanwhile are
/// answered 503.
async fn watch(keeper: Keeper, end: CancellationToken) {
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        match keeper.revive().await {
            Ok(false) => {}
            Ok(true) => warn!("the database had died and was started again"),
            Err(error) => error!(%error, "the database has died and could not be started again, trying on"),
        }
    }
}
