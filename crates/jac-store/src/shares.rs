//! Share links, which show runs to everybody who has the link. Only the digest of a link's secret is stored.

use crate::sign_in::digest;
use crate::{Store, StoreError, during};
use jac_model::{EpochMs, Person, RunId};
use rusqlite::{OptionalExtension, Row, params};

/// What a share link shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareKind {
    Run,
    /// Several runs, compared in their order.
    Comparison,
}

impl ShareKind {
    fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Comparison => "comparison",
        }
    }
}

/// A link, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRow {
    pub id: String,
    pub kind: ShareKind,
    pub runs: Vec<RunId>,
    /// Who created it.
    pub by: Person,
    pub created_ms: EpochMs,
    pub expires_ms: EpochMs,
}

const COLUMNS: &str = "SELECT shares.id, kind, runs, person, people.name, shares.created_ms, expires_ms
     FROM shares JOIN people ON people.id = person";

fn row_of(row: &Row<'_>) -> rusqlite::Result<ShareRow> {
    let kind: String = row.get(1)?;
    let runs: String = row.get(2)?;
    Ok(ShareRow {
        id: row.get(0)?,
        kind: if kind == "run" { ShareKind::Run } else { ShareKind::Comparison },
        runs: runs.split(',').filter_map(|id| id.parse().ok()).collect(),
        by: Person { id: row.get(3)?, name: row.get(4)? },
        created_ms: row.get(5)?,
        expires_ms: row.get(6)?,
    })
}

fn joined(runs: &[RunId]) -> String {
    runs.iter().map(RunId::as_str).collect::<Vec<_>>().join(",")
}

impl Store {
    /// Stores a link, and deletes expired ones.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn add_share(&self, share: ShareRow, secret: &str) -> Result<(), StoreError> {
        let digest = digest(secret);
        self.write(move |connection| {
            let failed = || during("write a share link");
            connection.execute("DELETE FROM shares WHERE expires_ms <= ?1", [share.created_ms]).map_err(failed())?;
            let sql = "INSERT INTO shares (id, digest, kind, runs, person, created_ms, expires_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let values = params![
                share.id,
                digest,
                share.kind.word(),
                joined(&share.runs),
                share.by.id,
                share.created_ms,
                share.expires_ms
            ];
            connection.execute(sql, values).map(drop).map_err(failed())
        })
        .await
    }

    /// The valid links of exactly these runs, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn shares_of(
        &self,
        kind: ShareKind,
        runs: &[RunId],
        now_ms: EpochMs,
    ) -> Result<Vec<ShareRow>, StoreError> {
        let runs = joined(runs);
        self.read(move |connection| {
            let read = || {
                let sql = format!(
                    "{COLUMNS} WHERE kind = ?1 AND runs = ?2 AND expires_ms > ?3 ORDER BY shares.created_ms DESC"
                );
                let mut statement = connection.prepare_cached(&sql)?;
                statement.query_map(params![kind.word(), runs, now_ms], row_of)?.collect::<rusqlite::Result<Vec<_>>>()
            };
            read().map_err(during("read share links"))
        })
        .await
    }

    /// The valid links that show a run, alone or compared with others, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn shares_showing(&self, run: &RunId, now_ms: EpochMs) -> Result<Vec<ShareRow>, StoreError> {
        let run = run.clone();
        self.read(move |connection| {
            let read = || {
                let sql = format!(
                    "{COLUMNS} WHERE instr(',' || runs || ',', ',' || ?1 || ',') > 0 AND expires_ms > ?2 ORDER BY shares.created_ms DESC"
                );
                let mut statement = connection.prepare_cached(&sql)?;
                statement.query_map(params![run.as_str(), now_ms], row_of)?.collect::<rusqlite::Result<Vec<_>>>()
            };
            read().map_err(during("read share links"))
        })
        .await
    }

    /// The link with that ID.
    ///
    /// # Errors
    /// When it does not exist, or the database cannot be read.
    pub async fn share(&self, id: &str) -> Result<ShareRow, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| {
            let sql = format!("{COLUMNS} WHERE shares.id = ?1");
            let found = connection.query_row(&sql, [&id], row_of).optional().map_err(during("read a share link"))?;
            found.ok_or(StoreError::NotFound { kind: "share link", id })
        })
        .await
    }

    /// The link with that secret; `None`: it is unknown, revoked or over.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn share_with(&self, secret: &str, now_ms: EpochMs) -> Result<Option<ShareRow>, StoreError> {
        let digest = digest(secret);
        self.read(move |connection| {
            let sql = format!("{COLUMNS} WHERE digest = ?1 AND expires_ms > ?2 AND NOT people.disabled");
            connection.query_row(&sql, params![digest, now_ms], row_of).optional().map_err(during("read a share link"))
        })
        .await
    }

    /// Revokes a link. None there is a success.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delete_share(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let sql = "DELETE FROM shares WHERE id = ?1";
            connection.execute(sql, [id]).map(drop).map_err(during("revoke a share link"))
        })
        .await
    }
}
