//! The rows of saved credentials: sealed bytes, and the displayable attributes.

use crate::{Store, StoreError, during};
use jac_model::{EpochMs, Person};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;

/// Kind of a set of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// An access key of AWS, which may then assume a role.
    AwsKeys,
    /// A role that the credentials of the server's environment assume.
    AwsRole,
    /// A private key that signs in by SSH.
    SshKey,
}

impl CredentialKind {
    fn word(self) -> &'static str {
        match self {
            Self::AwsKeys => "aws_keys",
            Self::AwsRole => "aws_role",
            Self::SshKey => "ssh_key",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "aws_role" => Self::AwsRole,
            "ssh_key" => Self::SshKey,
            _ => Self::AwsKeys,
        }
    }

    /// Whether AWS is signed in to with it.
    pub fn is_aws(self) -> bool {
        matches!(self, Self::AwsKeys | Self::AwsRole)
    }
}

/// A set of credentials, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRow {
    pub id: String,
    pub owner: Person,
    /// Unique among its owner's sets.
    pub name: String,
    pub kind: CredentialKind,
    /// Default region of clusters that use it.
    pub region: Option<String>,
    /// Displayable attributes, by name.
    pub shown: BTreeMap<String, String>,
    pub saved_ms: EpochMs,
    /// The identity that the provider reports.
    pub identity: Option<String>,
    /// Why it did not work when it was last used.
    pub fault: Option<String>,
}

const COLUMNS: &str = "SELECT credentials.id, owner, people.name, credentials.name, kind, region, shown, saved_ms, identity, fault, sealed
     FROM credentials JOIN people ON people.id = owner";

fn row_of(row: &Row<'_>) -> rusqlite::Result<(CredentialRow, Vec<u8>)> {
    let shown: String = row.get(6)?;
    let set = CredentialRow {
        id: row.get(0)?,
        owner: Person { id: row.get(1)?, name: row.get(2)? },
        name: row.get(3)?,
        kind: CredentialKind::of(&row.get::<_, String>(4)?),
        region: row.get(5)?,
        // For display only: a set with unreadable attributes still works.
        shown: serde_json::from_str(&shown).unwrap_or_default(),
        saved_ms: row.get(7)?,
        identity: row.get(8)?,
        fault: row.get(9)?,
    };
    Ok((set, row.get(10)?))
}

fn taken(name: &str) -> impl FnOnce(rusqlite::Error) -> StoreError + use<> {
    let name = name.to_owned();
    move |error| match error {
        rusqlite::Error::SqliteFailure(failure, _)
            if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
        {
            StoreError::NameTaken { kind: "set of credentials", name }
        }
        other => StoreError::Database { what: "write credentials", source: other },
    }
}

fn seal(connection: &Connection, id: &str, sealed: &[u8]) -> Result<(), StoreError> {
    let sql = "UPDATE credentials SET sealed = ?2 WHERE id = ?1";
    connection.execute(sql, params![id, sealed]).map(drop).map_err(during("write credentials"))
}

fn all(connection: &Connection) -> Result<Vec<(CredentialRow, Vec<u8>)>, StoreError> {
    let read = || {
        let mut statement = connection.prepare_cached(&format!("{COLUMNS} ORDER BY people.name, credentials.name"))?;
        statement.query_map([], row_of)?.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(during("read credentials"))
}

impl Store {
    /// Writes a set, instead of the one of its id.
    pub(crate) async fn put_credentials(&self, row: CredentialRow, sealed: Vec<u8>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let shown = serde_json::to_string(&row.shown)
                .map_err(|source| StoreError::Unwritable { what: "what is shown of credentials", source })?;
            let sql = "INSERT INTO credentials (id, owner, name, kind, sealed, region, shown, saved_ms, identity, fault)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT (id) DO UPDATE SET owner = ?2, name = ?3, kind = ?4, sealed = ?5, region = ?6, shown = ?7, saved_ms = ?8,
                   identity = ?9, fault = ?10";
            let values = params![
                row.id,
                row.owner.id,
                row.name,
                row.kind.word(),
                sealed,
                row.region,
                shown,
                row.saved_ms,
                row.identity,
                row.fault
            ];
            // A set saved earlier under a name that now belongs to another set is kept.
            let other = "SELECT 1 FROM credentials WHERE owner = ?2 AND id <> ?1 AND folded(name) = folded(?3)
                 AND NOT EXISTS (SELECT 1 FROM credentials WHERE id = ?1 AND owner = ?2 AND name = ?3)";
            let is_taken = connection
                .prepare_cached(other)
                .and_then(|mut other| other.exists(params![row.id, row.owner.id, row.name]))
                .map_err(during("read credentials"))?;
            if is_taken {
                return Err(StoreError::NameTaken { kind: "set of credentials", name: row.name });
            }
            connection.execute(sql, values).map(drop).map_err(taken(&row.name))
        })
        .await
    }

    /// All sets, by their owners' names and their own.
    pub async fn credentials(&self) -> Result<Vec<CredentialRow>, StoreError> {
        let rows = self.read(all).await?;
        Ok(rows.into_iter().map(|(row, _)| row).collect())
    }

    /// All sets with their sealed bytes.
    pub(crate) async fn all_sealed_credentials(&self) -> Result<Vec<(CredentialRow, Vec<u8>)>, StoreError> {
        self.read(all).await
    }

    /// A set with its sealed bytes.
    pub(crate) async fn sealed_credentials(&self, id: &str) -> Result<Option<(CredentialRow, Vec<u8>)>, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| {
            let sql = format!("{COLUMNS} WHERE credentials.id = ?1");
            connection.query_row(&sql, [id], row_of).optional().map_err(during("read credentials"))
        })
        .await
    }

    /// Replaces the sealed bytes, if the set still has those of before.
    pub(crate) async fn seal_again(&self, id: &str, before: Vec<u8>, sealed: Vec<u8>) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let sql = "UPDATE credentials SET sealed = ?3 WHERE id = ?1 AND sealed = ?2";
            connection.execute(sql, params![id, before, sealed]).map(drop).map_err(during("write credentials"))
        })
        .await
    }

    /// Encrypts all sets again, in one transaction; returns their number.
    pub(crate) async fn seal_all_again<E: From<StoreError> + Send + 'static>(
        &self,
        again: impl Fn(&CredentialRow, &[u8]) -> Result<Vec<u8>, E> + Send + 'static,
    ) -> Result<usize, E> {
        self.write(move |connection| {
            let rows = all(connection)?;
            for (row, sealed) in &rows {
                seal(connection, &row.id, &again(row, sealed)?)?;
            }
            Ok(rows.len())
        })
        .await
    }

    /// Records how a set worked. `None` leaves a value unchanged, except for the fault.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note_credentials(
        &self,
        id: &str,
        identity: Option<String>,
        fault: Option<String>,
    ) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let sql = "UPDATE credentials SET identity = coalesce(?2, identity), fault = ?3 WHERE id = ?1";
            connection.execute(sql, params![id, identity, fault]).map(drop).map_err(during("write credentials"))
        })
        .await
    }

    /// Deletes a set. None there is a success.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delete_credentials(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let sql = "DELETE FROM credentials WHERE id = ?1";
            connection.execute(sql, [id]).map(drop).map_err(during("delete credentials"))
        })
        .await
    }
}
