//! What the insert path is measured against: a bare binary COPY, and clients that insert one row each.

use futures_util::StreamExt as _;
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::StoreError;

/// Tables of the same shape and with the same indexes as ours, written to without our code.
#[derive(Clone, Debug)]
pub struct Peer {
    pool: PgPool,
    url: String,
}

/// A row in the binary COPY format.
pub type CopyRow = Vec<u8>;

const TWINS: &str = "\
drop table if exists twin_coverage, twin_speed;
create table twin_coverage (like coverage_blocks including all);
create table twin_speed (like speed_tests including all, primary key (id));";
const FORGET: &str = "\
truncate item_ids, coverage_blocks, speed_tests, dead_spot_reports, dirty_blocks, dirty_marks, leaves;
checkpoint;";
const INSERT: &str = "\
insert into twin_speed (id, month, block, device, source, at_minute, hex, medium, download_bps, upload_bps,
    idle_latency_us, protocol, bytes)
values ($1, 24316, 608524014834384895, substring(sha256(uuid_send($1)) for 16), 'simulated', 29657251, 617532214088433663, 'lan',
    47000000, 9600000, 18000, 'ndt7', 62000000)";
const SIZE: &str = "\
select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class
where relkind = 'r' and (relname = any($1) or relname like any($2))";
const HEADER: usize = 19;

impl Peer {
    /// Connects to a database with our schema and makes the tables. Several connections, as the clients need them.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let pool = PgPoolOptions::new().max_connections(40).connect(url).await.map_err(doing("connect"))?;
        let peer = Self { pool, url: url.to_owned() };
        peer.run(TWINS).await?;
        Ok(peer)
    }

    /// Empties evidence and summaries, so that the next run starts like the one before.
    pub async fn forget(&self) -> Result<(), StoreError> {
        self.run(FORGET).await?;
        self.run(TWINS).await
    }

    async fn run(&self, sql: &'static str) -> Result<(), StoreError> {
        loop {
            match sqlx::raw_sql(sql).execute(&self.pool).await.map_err(doing("prepare the peer")) {
                // The aggregator reads these tables in another order.
                Err(error) if error.is_retryable() => {}
                done => return done.map(drop),
            }
        }
    }

    /// All rows of `coverage_blocks`, as they were written.
    pub async fn rows(&self) -> Result<Vec<CopyRow>, StoreError> {
        let mut conn = self.pool.acquire().await.map_err(doing("connect"))?;
        let out = conn.copy_out_raw("copy (select * from coverage_blocks) to stdout (format binary)").await;
        let mut out = out.map_err(doing("read rows"))?;
        let mut bytes = Vec::new();
        while let Some(chunk) = out.next().await {
            bytes.extend_from_slice(&chunk.map_err(doing("read rows"))?);
        }
        Ok(split(&bytes))
    }

    /// Copies rows into the twin in chunks of `rows_a_commit` over two connections, as the writer has two lanes.
    pub async fn copy(&self, rows: &[CopyRow], rows_a_commit: usize) -> Result<(), StoreError> {
        let chunks = Mutex::new(rows.chunks(rows_a_commit));
        let lane = async || {
            let mut conn = PgConnection::connect(&self.url).await.map_err(doing("connect"))?;
            loop {
                let Some(chunk) = chunks.lock().await.next() else { return Ok::<(), StoreError>(()) };
                let bytes = join(chunk);
                let copy = conn.copy_in_raw("copy twin_coverage from stdin (format binary)").await;
                let mut copy = copy.map_err(doing("copy"))?;
                copy.send(bytes.as_slice()).await.map_err(doing("copy"))?;
                copy.finish().await.map_err(doing("copy"))?;
            }
        };
        tokio::try_join!(lane(), lane()).map(drop)
    }

    /// Inserts one row and commits it.
    pub async fn insert_one(&self) -> Result<(), StoreError> {
        let id = Uuid::new_v4();
        sqlx::query(INSERT).bind(id).execute(&self.pool).await.map(drop).map_err(doing("insert one"))
    }

    /// Bytes on disk of coverage evidence and its ids, with indexes and whatever else belongs to them.
    pub async fn coverage_bytes(&self) -> Result<i64, StoreError> {
        self.bytes(&["item_ids"], &["coverage_blocks_%"]).await
    }

    /// Bytes on disk of all summaries and marks.
    pub async fn summary_bytes(&self) -> Result<i64, StoreError> {
        self.bytes(&["leaves", "dirty_blocks", "dirty_marks"], &[]).await
    }

    async fn bytes(&self, names: &[&str], patterns: &[&str]) -> Result<i64, StoreError> {
        let query = sqlx::query_scalar(SIZE).bind(names).bind(patterns);
        query.fetch_one(&self.pool).await.map_err(doing("measure"))
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn doing(what: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    StoreError::doing(what)
}

/// Rows without header and end.
fn split(bytes: &[u8]) -> Vec<CopyRow> {
    let number = |at: usize| bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(-1, i32::from_be_bytes);
    let (mut rows, mut at) = (Vec::new(), HEADER);
    while let Some(&[high, low]) = bytes.get(at..at + 2) {
        let fields = i16::from_be_bytes([high, low]);
        if fields < 0 {
            break;
        }
        let start = at;
        at += 2;
        for _ in 0..fields {
            at += 4 + usize::try_from(number(at)).unwrap_or(0);
        }
        rows.push(bytes[start..at].to_vec());
    }
    rows
}

fn join(rows: &[CopyRow]) -> Vec<u8> {
    let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for row in rows {
        bytes.extend_from_slice(row);
    }
    bytes.extend_from_slice(&(-1_i16).to_be_bytes());
    bytes
}
