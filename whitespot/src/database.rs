//! The database of a command: a private cluster, or the server that `--database-url` names.

use domain::RegionId;
use store::{ClusterConfig, PrivateCluster, Store};

use crate::{Failure, cli::Global, commands::region};

/// An open database. Close it, so that the owner of a private cluster stops it cleanly.
#[derive(Debug)]
pub struct Database {
    pub store: Store,
    cluster: Option<PrivateCluster>,
}

impl Database {
    /// Starts or joins the private cluster, or connects to `--database-url`; brings the schema up to date.
    pub async fn open(global: &Global) -> Result<Self, Failure> {
        if let Some(url) = &global.database_url {
            return Ok(Self { store: Store::connect(url).await?, cluster: None });
        }
        let config = ClusterConfig { data_dir: global.data_dir.clone(), durable: true };
        let cluster = PrivateCluster::start_or_join(config).await?;
        match Store::connect(&cluster.url("whitespot")).await {
            Ok(store) => Ok(Self { store, cluster: Some(cluster) }),
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
