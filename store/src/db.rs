//! One door to the database: a pool, and transactions with a name.

use std::{marker::PhantomData, ops::DerefMut, pin::Pin, str::FromStr, time::Duration};

use domain::{Clock, SystemClock};
use log::LevelFilter;
use sqlx::{
    ConnectOptions, PgConnection, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tracing::{debug, warn};

use crate::{StoreError, error::sql_state, migrations};

/// A future in a box, as [`Store::run_tx`] takes it from its closure.
pub type BoxFuture<'t, T> = Pin<Box<dyn Future<Output = T> + Send + 't>>;

/// Attempts of one transaction before it gives up.
const MAX_ATTEMPTS: u32 = 8;

/// The database. Clones share one pool.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
    clock: SystemClock,
}

/// A running transaction. `'a` is how long the closure's borrows live.
#[derive(Debug)]
pub struct Tx<'a> {
    inner: sqlx::Transaction<'static, Postgres>,
    borrows: PhantomData<&'a ()>,
}

impl Tx<'_> {
    pub(crate) fn conn(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

/// Where a reader may read: `&Store` or `&mut Tx`.
pub trait Read: Send {
    /// A connection, held for the time of one reader.
    type Conn: DerefMut<Target = PgConnection> + Send;

    /// Takes the connection.
    fn conn(self) -> impl Future<Output = Result<Self::Conn, StoreError>> + Send;
}

impl Read for &Store {
    type Conn = PoolConnection<Postgres>;

    async fn conn(self) -> Result<Self::Conn, StoreError> {
        self.pool.acquire().await.map_err(StoreError::doing("give a connection"))
    }
}

impl<'t> Read for &'t mut Tx<'_> {
    type Conn = &'t mut PgConnection;

    async fn conn(self) -> Result<Self::Conn, StoreError> {
        Ok(&mut self.inner)
    }
}

/// From here on the transaction sees the database as it is at its next statement. Has to come first.
pub async fn hold_still(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    const STATEMENT: &str = "set transaction isolation level repeatable read";
    sqlx::query(STATEMENT).execute(tx.conn()).await.map(drop).map_err(StoreError::doing("read all of one moment"))
}

impl Store {
    /// Opens a database, makes it if it is absent and we may, and brings it to the schema of this program.
    ///
    /// Refuses a schema that this program does not know. Several processes may do this at once.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(StoreError::BadUrl)?.application_name("whitespot");
        let pool = match open(&options).await {
            Err(StoreError::Unreachable { source, .. }) if sql_state(&source).as_deref() == Some("3D000") => {
                create_database(&options).await?;
                open(&options).await?
            }
            opened => opened?,
        };
        migrations::apply(&pool, &name_of(&options)).await?;
        Ok(Self { pool, clock: SystemClock::default() })
    }

    /// The same database with connections of its own, for another async runtime: make it and close it there.
    #[must_use]
    pub fn apart(&self) -> Self {
        let options = self.pool.connect_options().as_ref().clone();
        Self { pool: pool_options().connect_lazy_with(options), clock: self.clock }
    }

    /// Runs `f` in one transaction (read committed) and commits it if `f` succeeds.
    ///
    /// Run again on a serialisation failure or deadlock: `f` must give the same result when it is
    /// executed more than once. `name` labels metrics and errors.
    pub async fn run_tx<'a, T>(
        &self,
        name: &'static str,
        f: impl for<'t> Fn(&'t mut Tx<'a>) -> BoxFuture<'t, Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let started = self.clock.monotonic();
        for attempt in 1..=MAX_ATTEMPTS {
            let result = self.attempt(&f).await;
            match result {
                Err(error) if error.is_retryable() => {
                    metrics::counter!("whitespot_store_tx_total", "tx" => name, "result" => "retried").increment(1);
                    debug!(tx = name, attempt, "transaction {name} was overtaken and runs again");
                    // Longer each time, so that the others get through.
                    tokio::time::sleep(Duration::from_millis(2 << attempt)).await;
                }
                result => {
                    let took = self.clock.monotonic().saturating_sub(started);
                    let label = if result.is_ok() { "committed" } else { "failed" };
                    metrics::counter!("whitespot_store_tx_total", "tx" => name, "result" => label).increment(1);
                    metrics::histogram!("whitespot_store_tx_seconds", "tx" => name).record(took.as_secs_f64());
                    return result;
                }
            }
        }
        metrics::counter!("whitespot_store_tx_total", "tx" => name, "result" => "failed").increment(1);
        warn!(tx = name, "transaction {name} gave up after {MAX_ATTEMPTS} attempts");
        Err(StoreError::TooManyRetries { name, attempts: MAX_ATTEMPTS })
    }

    async fn attempt<'a, T>(
        &self,
        f: &impl for<'t> Fn(&'t mut Tx<'a>) -> BoxFuture<'t, Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let inner = self.pool.begin().await.map_err(StoreError::doing("begin a transaction"))?;
        let mut tx = Tx { inner, borrows: PhantomData };
        match f(&mut tx).await {
            Ok(value) => {
                tx.inner.commit().await.map_err(StoreError::doing("commit a transaction"))?;
                Ok(value)
            }
            Err(error) => {
                // The first error is the one to report; a rollback that fails drops the connection anyway.
                if let Err(second) = tx.inner.rollback().await {
                    debug!("rollback failed: {second}");
                }
                Err(error)
            }
        }
    }

    /// Runs `work` while no other process runs work of the same name on this database; waits for its turn.
    ///
    /// The turn ends with the connection that holds it, so a killed process does not keep it.
    pub async fn alone<T>(&self, name: &str, work: impl Future<Output = T>) -> Result<T, StoreError> {
        let mut turn = self.pool.acquire().await.map_err(StoreError::doing("wait for its turn"))?.detach();
        sqlx::query("select pg_advisory_lock(hashtextextended($1, 0))")
            .bind(name)
            .execute(&mut turn)
            .await
            .map_err(StoreError::doing("wait for its turn"))?;
        let done = work.await;
        sqlx::Connection::close(turn).await.map_err(StoreError::doing("end its turn"))?;
        Ok(done)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.pool).await.map(drop).map_err(StoreError::doing("answer a ping"))
    }

    /// Waits for running statements and closes every connection. Clones are closed with it.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new().max_connections(12).acquire_timeout(Duration::from_secs(10))
}

async fn open(options: &PgConnectOptions) -> Result<PgPool, StoreError> {
    pool_options()
        .connect_with(options.clone().log_slow_statements(LevelFilter::Debug, Duration::from_secs(1)))
        .await
        .map_err(|source| StoreError::Unreachable { database: name_of(options), source })
}

/// From the maintenance database; somebody else may be faster, which is as good.
async fn create_database(options: &PgConnectOptions) -> Result<(), StoreError> {
    let Some(name) = options.get_database() else { return Ok(()) };
    let pool = open(&options.clone().database("postgres")).await?;
    let sql = format!("create database \"{}\"", name.replace('"', "\"\""));
    let created = sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await;
    pool.close().await;
    match created {
        // 42P04: it exists; 23505: it is being made at this moment.
        Err(error) if !matches!(sql_state(&error).as_deref(), Some("42P04" | "23505")) => Err(StoreError::Database {
            doing: "create the database: make it by hand, or use a role that may",
            source: error,
        }),
        _ => Ok(()),
    }
}

/// Host and database for messages, without the password.
fn name_of(options: &PgConnectOptions) -> String {
    format!("{} at {}", options.get_database().unwrap_or("postgres"), options.get_host())
}
