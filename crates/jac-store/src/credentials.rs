//! The rows of saved credentials: sealed bytes, and beside them what may be shown.

use crate::{Store, StoreError, during};
use jac_model::EpochMs;
use rusqlite::{OptionalExtension, params};

/// A set of credentials as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CredentialRow {
    pub kind: String,
    pub sealed: Vec<u8>,
    pub region: Option<String>,
    /// JSON.
    pub shown: String,
    pub saved_ms: EpochMs,
}

impl Store {
    pub(crate) async fn put_credentials(&self, id: &'static str, row: CredentialRow) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .execute(
                    "INSERT OR REPLACE INTO credentials (id, kind, sealed, region, shown, saved_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![id, row.kind, row.sealed, row.region, row.shown, row.saved_ms],
                )
                .map(drop)
                .map_err(during("write credentials"))
        })
        .await
    }

    pub(crate) async fn credentials(&self, id: &'static str) -> Result<Option<CredentialRow>, StoreError> {
        self.read(move |connection| {
            connection
                .query_row("SELECT kind, sealed, region, shown, saved_ms FROM credentials WHERE id = ?1", [id], |row| {
                    Ok(CredentialRow {
                        kind: row.get(0)?,
                        sealed: row.get(1)?,
                        region: row.get(2)?,
                        shown: row.get(3)?,
                        saved_ms: row.get(4)?,
                    })
                })
                .optional()
                .map_err(during("read credentials"))
        })
        .await
    }

    pub(crate) async fn delete_credentials(&self, id: &'static str) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .execute("DELETE FROM credentials WHERE id = ?1", [id])
                .map(drop)
                .map_err(during("delete credentials"))
        })
        .await
    }
}
