//! All roles of the server in one process.

use std::{io, net::SocketAddr, sync::Arc};

use api::{AppState, Parts, measure::MeasureConfig};
use domain::{Clock, Cover, SystemClock};
use ingest::{Directory, Guard, GuardConfig, Ingest, Limits, Validator, Writer, WriterConfig};
use metrics_exporter_prometheus::PrometheusBuilder;
use store::Store;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::info;
use worker::Background;

use crate::{Failure, cli::Listen, database::Database};

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    http: JoinHandle<()>,
    aggregator: Option<Background>,
    writer: Writer,
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Server {
    /// Binds, and serves at once. Summaries wait for [`Self::aggregate`].
    pub async fn start(database: &Database, listen: &Listen) -> Result<Self, Failure> {
        let listener = bind(listen.address).await?;
        let address = listener.local_addr()?;
        let store = database.store.clone();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let stop = CancellationToken::new();

        let writer = Writer::start(&store, WriterConfig::default());
        let (validator, directory) = ground(&store, &clock).await?;
        let ingest = Arc::new(Ingest::new(
            store.clone(),
            validator,
            directory,
            Guard::new(GuardConfig::default(), Arc::clone(&clock)),
            Arc::clone(&clock),
            writer.handle(),
        ));
        let state = AppState::new(Parts {
            store: store.clone(),
            ingest: Some(ingest),
            measure: Some(MeasureConfig::default()),
            // Fails only when a recorder was installed before, as a test may have done.
            metrics: PrometheusBuilder::new().install_recorder().ok(),
            trusted_proxies: listen.trusted_proxies.clone(),
        });
        let http = tokio::spawn(crate::http::serve(listener, api::app(state), stop.clone()));
        if let Some(file) = &listen.port_file {
            crate::output::write(&format!("{address}\n"), Some(file))?;
        }
        info!(%address, "serving");
        Ok(Self { address, stop, http, aggregator: None, writer, store, clock })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Summarises what arrives from now on, in the background.
    pub fn aggregate(&mut self) -> Result<(), Failure> {
        self.aggregator = Some(Background::start(&self.store, Arc::clone(&self.clock), self.stop.clone())?);
        Ok(())
    }

    /// Takes no more requests, answers those that wait, and writes what was taken.
    pub async fn stop(self) -> Result<(), Failure> {
        self.stop.cancel();
        let http = self.http.await;
        self.writer.drain().await;
        if let Some(aggregator) = self.aggregator {
            aggregator.ended().await?;
        }
        http?;
        info!("stopped");
        Ok(())
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => "another program listens there: stop it, or choose another with --listen ADDR:PORT (port 0 takes a free one)",
            io::ErrorKind::PermissionDenied => "ports below 1024 need more rights: choose another with --listen ADDR:PORT",
            io::ErrorKind::AddrNotAvailable => "this machine does not have that address: use 127.0.0.1 or 0.0.0.0",
            _ => "choose another with --listen ADDR:PORT",
        };
        format!("cannot listen on {address} ({error}): {hint}").into()
    })
}

/// What the judge needs to know: the ground of all regions, and the campaigns.
async fn ground(store: &Store, clock: &Arc<dyn Clock>) -> Result<(Validator, Directory), Failure> {
    let mut pairs = Vec::new();
    let mut directory = Directory::new();
    for region in store::regions(store).await? {
        let cover = store::load_cover(store, &region.id).await?;
        directory.add_region(&region.id, cover.pairs().map(|(_, area)| area));
        pairs.extend(cover.pairs());
        for campaign in store::campaigns(store, &region.id).await? {
            directory.add_campaign(campaign);
        }
    }
    let cover = Arc::new(Cover::new(pairs));
    Ok((Validator::new(cover, Arc::clone(clock), limits(store).await?), directory))
}

/// What is plausible here: nothing from years whose evidence was destroyed.
pub async fn limits(store: &Store) -> Result<Limits, Failure> {
    let limits = Limits::default();
    Ok(store::kept_from(store).await?.map_or(limits, |year| limits.kept_from(year)))
}
