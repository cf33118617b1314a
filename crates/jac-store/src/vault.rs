//! The vault: saved credentials, sealed in the database with a key outside of it, and the port that adapters get them
//! through.
//!
//! People only ever get a [`CredentialRow`]; the secrets themselves go only to adapters. Sealed data is bound to the
//! set's ID and its owner: a row that is moved to another owner in the database does not open.

mod secrets;
#[cfg(test)]
mod tests;

pub use secrets::Secret;

use crate::credentials::CredentialRow;
use crate::key_ring::KeyRing;
use crate::seal::{SealError, SealingKey};
use crate::{DataFolder, SearchTargetRow, Store, StoreError};
use async_trait::async_trait;
use jac_model::ports::{AwsCredentials, CredentialSource, PortError};
use jac_model::{CredentialChoice, EpochMs, Person};
use secrets::Secrets;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The purpose that the only set of earlier versions is sealed for, until it is first used.
const PURPOSE_OF_BEFORE: &str = "credentials/aws";

/// Store and keys together.
#[derive(Debug)]
pub struct Vault {
    store: Store,
    keys: Arc<KeyRing>,
}

/// Errors of the vault.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the saved credentials cannot be encrypted or decrypted: {0}")]
    Seal(#[from] SealError),
    #[error("the saved credentials cannot be read: {0}")]
    Corrupt(#[from] serde_json::Error),
}

/// A set to save. It has no `Debug`.
pub struct NewSet {
    /// The ID of the set that it replaces, or a new one.
    pub id: String,
    pub owner: Person,
    pub name: String,
    pub secret: Secret,
    pub region: Option<String>,
    /// Displayable attributes in addition to those that the vault derives.
    pub shown: BTreeMap<String, String>,
    /// The identity that the provider reports, if it was asked.
    pub identity: Option<String>,
    pub now_ms: EpochMs,
}

/// The purpose that a set is sealed for.
fn purpose(id: &str, owner: &Person) -> String {
    format!("credentials {id} of {}", owner.id)
}

fn key_file(folder: &DataFolder, named: Option<&Path>) -> PathBuf {
    named.map_or_else(|| folder.secret_key(), Path::to_owned)
}

/// Opens a set; returns whether it is still sealed for the purpose of earlier versions, before people had sets of their
/// own.
fn open_set(keys: &KeyRing, row: &CredentialRow, sealed: &[u8]) -> Result<(Vec<u8>, bool), SealError> {
    match keys.open(&purpose(&row.id, &row.owner), sealed) {
        Err(SealError::NotOurs) if row.id == CredentialChoice::FIRST_SET => {
            keys.open(PURPOSE_OF_BEFORE, sealed).map(|opened| (opened, true))
        }
        opened => opened.map(|opened| (opened, false)),
    }
}

impl Vault {
    pub fn new(store: Store, key: SealingKey) -> Self {
        Self { store, keys: Arc::new(key.into()) }
    }

    /// The vault of a data folder. Its key is in the folder and is created from `random` the first time, unless a file
    /// is configured, which must exist.
    ///
    /// # Errors
    /// When the key is not available.
    pub fn open(
        folder: &DataFolder,
        store: Store,
        named_key: Option<&Path>,
        random: [u8; 32],
    ) -> Result<Self, SealError> {
        if named_key.is_none() {
            SealingKey::read_or_make(&folder.secret_key(), random)?;
        }
        Ok(Self { store, keys: Arc::new(KeyRing::read(&key_file(folder, named_key))?) })
    }

    /// Creates a new key from `random` and seals all sets and the secrets of search targets with it; returns their
    /// number. Other sealed data still opens with the previous key, which is kept next to the new one. No other process
    /// may use the folder. An interruption loses nothing, and calling it again continues.
    ///
    /// # Errors
    /// When a key's file or the database cannot be read or written, or a set does not open with the existing key.
    pub async fn rotate_key(
        folder: &DataFolder,
        store: &Store,
        named_key: Option<&Path>,
        random: [u8; 32],
    ) -> Result<usize, VaultError> {
        let path = key_file(folder, named_key);
        let next = KeyRing::prepare_next(&path, random)?;
        let keys = KeyRing::read(&path)?;
        let (keys, next) = (Arc::new(keys), Arc::new(next));
        let of_sets = (Arc::clone(&keys), Arc::clone(&next));
        let sets = store.seal_all_again(move |row, sealed| {
            let (opened, _) = open_set(&of_sets.0, row, sealed)?;
            Ok::<_, VaultError>(of_sets.1.seal(&purpose(&row.id, &row.owner), &opened)?)
        });
        let sets = sets.await?;
        let targets = store.seal_targets_again(move |row, sealed| {
            let opened = keys.open(&row.purpose(), sealed)?;
            Ok::<_, VaultError>(next.seal(&row.purpose(), &opened)?)
        });
        let targets = targets.await?;
        KeyRing::take_next(&path)?;
        Ok(sets + targets)
    }

    /// The database that the sets are in.
    pub fn database(&self) -> &Store {
        &self.store
    }

    /// Checks that everything saved can be decrypted with the present keys, and reports for each set that cannot why. Returns
    /// how many secrets do not open: the key file is missing, or is that of another installation.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn count_locked(&self) -> Result<usize, StoreError> {
        let mut locked = 0;
        for (row, sealed) in self.store.all_sealed_credentials().await? {
            if let Err(error) = open_set(&self.keys, &row, &sealed) {
                locked += 1;
                self.store.note_credentials(&row.id, None, Some(VaultError::from(error).to_string())).await?;
            }
        }
        let targets = self.store.search_targets().await?;
        let is_locked = |row: &SearchTargetRow| {
            row.sealed.as_ref().is_some_and(|sealed| self.keys.open(&row.purpose(), sealed).is_err())
        };
        Ok(locked + targets.iter().filter(|row| is_locked(row)).count())
    }

    /// Saves a set, and replaces the one with its ID if there is one.
    ///
    /// # Errors
    /// When its owner has another one with that name, or it cannot be sealed or written.
    pub async fn save(&self, new: NewSet) -> Result<CredentialRow, VaultError> {
        let (kind, secrets) = Secrets::of(new.secret);
        let shown = new.shown.into_iter().chain(secrets.shown()).collect();
        let sealed = self.keys.seal(&purpose(&new.id, &new.owner), &serde_json::to_vec(&secrets)?)?;
        let row = CredentialRow {
            id: new.id,
            owner: new.owner,
            name: new.name,
            kind,
            region: new.region,
            shown,
            saved_ms: new.now_ms,
            identity: new.identity,
            fault: None,
        };
        self.store.put_credentials(row.clone(), sealed).await?;
        Ok(row)
    }

    /// Gives a set to another person, under a name that they do not have yet.
    ///
    /// # Errors
    /// When it cannot be opened or written.
    pub async fn hand_over(&self, id: &str, to: &Person, name: &str) -> Result<(), VaultError> {
        let Some((row, sealed)) = self.store.sealed_credentials(id).await? else { return Ok(()) };
        let (opened, _) = open_set(&self.keys, &row, &sealed)?;
        let sealed = self.keys.seal(&purpose(id, to), &opened)?;
        let row = CredentialRow { owner: to.clone(), name: name.to_owned(), ..row };
        Ok(self.store.put_credentials(row, sealed).await?)
    }

    /// The secrets of a set with the region that was saved with them; `None`: the set does not exist.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn secret(&self, id: &str) -> Result<Option<(Secret, Option<String>)>, VaultError> {
        let Some((row, sealed)) = self.store.sealed_credentials(id).await? else { return Ok(None) };
        let (opened, is_of_before) = open_set(&self.keys, &row, &sealed)?;
        if is_of_before {
            let again = self.keys.seal(&purpose(&row.id, &row.owner), &opened)?;
            self.store.seal_again(id, sealed, again).await?;
        }
        Ok(Some((serde_json::from_slice::<Secrets>(&opened)?.together(), row.region)))
    }
}

const VAULT: &str = "JAC's vault";

fn refused(what: &str, error: &dyn std::fmt::Display) -> PortError {
    PortError::Refused { node: VAULT.to_owned(), what: what.to_owned(), reason: error.to_string() }
}

/// A set that cannot be opened must be saved again; a database that cannot be read says nothing about the set.
fn unopened(what: &str, error: &VaultError) -> PortError {
    match error {
        VaultError::Store(error) => unread(what, error),
        VaultError::Seal(_) | VaultError::Corrupt(_) => refused(what, &format!("{error}; save them again")),
    }
}

fn unread(what: &str, error: &StoreError) -> PortError {
    PortError::Retryable { node: VAULT.to_owned(), what: what.to_owned(), reason: error.to_string() }
}

#[async_trait]
impl CredentialSource for Vault {
    async fn aws(&self, choice: &CredentialChoice) -> Result<(AwsCredentials, Option<String>), PortError> {
        let what = "open the saved AWS credentials";
        let Some(id) = choice.set() else { return Ok((AwsCredentials::Environment, None)) };
        let found = self.secret(id).await.map_err(|error| unopened(what, &error))?;
        match (found, choice) {
            (Some((Secret::Aws(credentials), region)), _) => Ok((credentials, region)),
            (Some((Secret::SshKey(_), _)), _) => Err(refused(what, &format!("the set {id} is an SSH key"))),
            // For a cluster that was created when there was at most one set.
            (None, CredentialChoice::Saved) => Ok((AwsCredentials::Environment, None)),
            (None, _) => Err(refused(what, &format!("no credentials {id}"))),
        }
    }

    async fn ssh_key(&self, id: &str) -> Result<String, PortError> {
        let what = "open the saved SSH key";
        match self.secret(id).await.map_err(|error| unopened(what, &error))? {
            Some((Secret::SshKey(key), _)) => Ok(key),
            _ => Err(refused(what, &format!("no SSH key {id}"))),
        }
    }

    async fn all_aws(&self) -> Result<Vec<CredentialChoice>, PortError> {
        let rows = self.store.credentials().await.map_err(|error| unread("list the saved credentials", &error))?;
        let sets: Vec<CredentialChoice> =
            rows.into_iter().filter(|row| row.kind.is_aws()).map(|row| CredentialChoice::Set(row.id)).collect();
        let used = self.store.has_used_environment().await;
        let with_environment = sets.is_empty() || used.map_err(|error| unread("read the clusters", &error))?;
        Ok(sets.into_iter().chain(with_environment.then_some(CredentialChoice::Environment)).collect())
    }

    async fn used(&self, choice: &CredentialChoice, fault: Option<&str>) {
        let Some(id) = choice.set() else { return };
        if let Err(error) = self.store.note_credentials(id, None, fault.map(str::to_owned)).await {
            tracing::warn!(%error, "it could not be written down how the credentials {id} worked: {error}");
        }
    }

    fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, PortError> {
        self.keys.seal(purpose, secret).map_err(|error| refused("seal a secret", &error))
    }

    fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, PortError> {
        self.keys.open(purpose, sealed).map_err(|error| refused("open a secret", &error))
    }
}
