//! Rows in PostgreSQL's binary COPY format.

use serde_json::Value;
use sqlx::{PgConnection, postgres::PgCopyIn};
use uuid::Uuid;

use crate::{StoreError, Tx};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// No flags, and no extension of the header.
const HEADER_REST: [u8; 8] = [0; 8];
const NULL: i32 = -1;
const END: i16 = -1;
/// Handed to the connection at a time: it keeps a copy of what it has not yet sent.
const CHUNK: usize = 256 << 10;

/// One row: its number of fields, then each with its length.
#[derive(Debug)]
pub(crate) struct Row(Vec<u8>);

impl Row {
    pub fn new(fields: i16, capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.extend_from_slice(&fields.to_be_bytes());
        Self(bytes)
    }

    pub fn uuid(self, value: Uuid) -> Self {
        self.bytes(value.as_bytes())
    }

    pub fn integer(self, value: i32) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    pub fn bigint(self, value: i64) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    pub fn smallint(self, value: i16) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// An array of one dimension.
    pub fn bigints(self, values: impl ExactSizeIterator<Item = i64>) -> Self {
        const DIMENSIONS: i32 = 1;
        const NO_NULLS: i32 = 0;
        const TYPE: i32 = 20;
        const FIRST: i32 = 1;
        let mut array = Vec::with_capacity(20 + 12 * values.len());
        for number in [DIMENSIONS, NO_NULLS, TYPE, values.len() as i32, FIRST] {
            array.extend_from_slice(&number.to_be_bytes());
        }
        for value in values {
            array.extend_from_slice(&8_i32.to_be_bytes());
            array.extend_from_slice(&value.to_be_bytes());
        }
        self.bytes(&array)
    }

    pub fn jsonb(self, value: &Value) -> Self {
        const VERSION: u8 = 1;
        let mut text = vec![VERSION];
        text.extend_from_slice(value.to_string().as_bytes());
        self.bytes(&text)
    }

    pub fn text(self, value: Option<&str>) -> Self {
        match value {
            Some(text) => self.bytes(text.as_bytes()),
            None => self.length(NULL),
        }
    }

    pub fn bytes(self, value: &[u8]) -> Self {
        // A field is far below 2 GiB: a whole request is below 16 MiB, and a block's votes of one layer far smaller than its evidence.
        let mut row = self.length(value.len() as i32);
        row.0.extend_from_slice(value);
        row
    }

    fn length(mut self, length: i32) -> Self {
        self.0.extend_from_slice(&length.to_be_bytes());
        self
    }
}

/// A `copy ... from stdin (format binary)` under way.
pub(crate) struct Copy<'c> {
    into: PgCopyIn<&'c mut PgConnection>,
    doing: &'static str,
    chunk: Vec<u8>,
}

impl<'c> Copy<'c> {
    pub async fn begin(tx: &'c mut Tx<'_>, statement: &str, doing: &'static str) -> Result<Self, StoreError> {
        let into = tx.conn().copy_in_raw(statement).await.map_err(StoreError::doing(doing))?;
        let mut chunk = Vec::with_capacity(CHUNK);
        chunk.extend_from_slice(SIGNATURE);
        chunk.extend_from_slice(&HEADER_REST);
        Ok(Self { into, doing, chunk })
    }

    pub async fn row(&mut self, Row(row): Row) -> Result<(), StoreError> {
        self.chunk.extend_from_slice(&row);
        if self.chunk.len() >= CHUNK {
            self.send().await?;
        }
        Ok(())
    }

    pub async fn finish(mut self) -> Result<(), StoreError> {
        self.chunk.extend_from_slice(&END.to_be_bytes());
        self.send().await?;
        self.into.finish().await.map(drop).map_err(StoreError::doing(self.doing))
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        self.into.send(self.chunk.as_slice()).await.map_err(StoreError::doing(self.doing))?;
        self.chunk.clear();
        Ok(())
    }
}
