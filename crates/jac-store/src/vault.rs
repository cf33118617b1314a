//! The vault: saved credentials, sealed in the database under a key outside of it, and the port that adapters get them
//! through.
//!
//! What it hands to a person is never more than [`SavedAws`]; the secrets themselves go to adapters only.

use crate::credentials::CredentialRow;
use crate::seal::{SealError, SealingKey};
use crate::{DataFolder, Store, StoreError};
use async_trait::async_trait;
use jac_model::ports::{AssumedRole, AwsCredentials, CredentialSource, PortError};
use jac_model::{CredentialChoice, EpochMs};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The one set of AWS credentials, and what it is sealed for.
const AWS: &str = "aws";
const AWS_PURPOSE: &str = "credentials/aws";

/// Store and key together.
#[derive(Debug)]
pub struct Vault {
    store: Store,
    key: SealingKey,
}

/// What the vault could not do.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the saved credentials cannot be sealed or opened: {0}")]
    Seal(#[from] SealError),
    #[error("the saved credentials cannot be read: {0}")]
    Corrupt(#[from] serde_json::Error),
}

/// What is told of saved AWS credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedAws {
    pub kind: AwsKind,
    /// The key's first and last four letters: enough to know it by.
    pub access_key_id: Option<String>,
    pub role_arn: Option<String>,
    pub has_external_id: bool,
    pub has_session_token: bool,
    pub region: Option<String>,
    pub saved_ms: EpochMs,
}

/// How AWS is signed in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwsKind {
    /// With an access key, which may then assume a role.
    Keys,
    /// With a role that the environment's credentials assume.
    Role,
}

/// What is sealed. It has no `Debug`.
#[derive(Serialize, Deserialize)]
struct Secrets {
    keys: Option<Keys>,
    role_arn: Option<String>,
    external_id: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Keys {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl Vault {
    pub fn new(store: Store, key: SealingKey) -> Self {
        Self { store, key }
    }

    /// The vault of a data folder. Its key lies in the folder and is made from `random` the first time, unless a file
    /// is named, which has to be there.
    ///
    /// # Errors
    /// When the key cannot be had.
    pub fn open(
        folder: &DataFolder,
        store: Store,
        named_key: Option<&Path>,
        random: [u8; 32],
    ) -> Result<Self, SealError> {
        let key = match named_key {
            Some(path) => SealingKey::read(path)?,
            None => SealingKey::read_or_make(&folder.secret_key(), random)?,
        };
        Ok(Self::new(store, key))
    }

    /// Saves credentials in the place of those that were saved before. [`AwsCredentials::Environment`] saves none.
    ///
    /// # Errors
    /// When they cannot be sealed or written.
    pub async fn save_aws(
        &self,
        credentials: &AwsCredentials,
        region: Option<&str>,
        now_ms: EpochMs,
    ) -> Result<Option<SavedAws>, VaultError> {
        let Some((kind, secrets)) = taken_apart(credentials) else {
            self.delete_aws().await?;
            return Ok(None);
        };
        let saved = SavedAws {
            kind,
            access_key_id: secrets.keys.as_ref().map(|keys| shortened(&keys.access_key_id)),
            role_arn: secrets.role_arn.clone(),
            has_external_id: secrets.external_id.is_some(),
            has_session_token: secrets.keys.as_ref().is_some_and(|keys| keys.session_token.is_some()),
            region: region.map(str::to_owned),
            saved_ms: now_ms,
        };
        let row = CredentialRow {
            kind: match kind {
                AwsKind::Keys => "keys".to_owned(),
                AwsKind::Role => "role".to_owned(),
            },
            sealed: self.key.seal(AWS_PURPOSE, &serde_json::to_vec(&secrets)?)?,
            region: saved.region.clone(),
            shown: serde_json::to_string(&saved)?,
            saved_ms: now_ms,
        };
        self.store.put_credentials(AWS, row).await?;
        Ok(Some(saved))
    }

    /// What is saved, without its secrets.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn saved_aws(&self) -> Result<Option<SavedAws>, VaultError> {
        let row = self.store.credentials(AWS).await?;
        Ok(row.map(|row| serde_json::from_str(&row.shown)).transpose()?)
    }

    /// Forgets what is saved.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delete_aws(&self) -> Result<(), VaultError> {
        Ok(self.store.delete_credentials(AWS).await?)
    }

    async fn open_aws(&self) -> Result<Option<(AwsCredentials, Option<String>)>, VaultError> {
        let Some(row) = self.store.credentials(AWS).await? else { return Ok(None) };
        let secrets: Secrets = serde_json::from_slice(&self.key.open(AWS_PURPOSE, &row.sealed)?)?;
        Ok(Some((put_together(secrets), row.region)))
    }
}

fn taken_apart(credentials: &AwsCredentials) -> Option<(AwsKind, Secrets)> {
    let (kind, keys, role) = match credentials {
        AwsCredentials::Environment => return None,
        AwsCredentials::Keys { access_key_id, secret_access_key, session_token, role } => {
            let keys = Keys {
                access_key_id: access_key_id.clone(),
                secret_access_key: secret_access_key.clone(),
                session_token: session_token.clone(),
            };
            (AwsKind::Keys, Some(keys), role.as_ref())
        }
        AwsCredentials::Role(role) => (AwsKind::Role, None, Some(role)),
    };
    let role_arn = role.map(|role| role.arn.clone());
    Some((kind, Secrets { keys, role_arn, external_id: role.and_then(|role| role.external_id.clone()) }))
}

fn put_together(secrets: Secrets) -> AwsCredentials {
    let external_id = secrets.external_id;
    let role = secrets.role_arn.map(|arn| AssumedRole { arn, external_id });
    match (secrets.keys, role) {
        (Some(Keys { access_key_id, secret_access_key, session_token }), role) => {
            AwsCredentials::Keys { access_key_id, secret_access_key, session_token, role }
        }
        (None, Some(role)) => AwsCredentials::Role(role),
        (None, None) => AwsCredentials::Environment,
    }
}

/// `AKIA…WXYZ`; of one that is too short for that, nothing.
fn shortened(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    if letters.len() < 12 {
        return "…".to_owned();
    }
    let (first, last) = (&letters[..4], &letters[letters.len() - 4..]);
    format!("{}…{}", first.iter().collect::<String>(), last.iter().collect::<String>())
}

fn refused(what: &str, error: &dyn std::fmt::Display) -> PortError {
    PortError::Refused { node: "JAC's vault".to_owned(), what: what.to_owned(), reason: error.to_string() }
}

#[async_trait]
impl CredentialSource for Vault {
    async fn aws(&self, choice: CredentialChoice) -> Result<(AwsCredentials, Option<String>), PortError> {
        let environment = (AwsCredentials::Environment, None);
        match choice {
            CredentialChoice::Environment => Ok(environment),
            CredentialChoice::Saved => {
                let saved = self.open_aws().await.map_err(|error| {
                    let reason = format!("{error}; save them again");
                    refused("open the saved AWS credentials", &reason)
                })?;
                Ok(saved.unwrap_or(environment))
            }
        }
    }

    fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, PortError> {
        self.key.seal(purpose, secret).map_err(|error| refused("seal a secret", &error))
    }

    fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, PortError> {
        self.key.open(purpose, sealed).map_err(|error| refused("open a secret", &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";
    const TOKEN: &str = "FwoGZXIvYXdzEBYaDHqa0AP1u2GexampleTOKEN";

    fn credentials() -> AwsCredentials {
        AwsCredentials::Keys {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: SECRET.to_owned(),
            session_token: Some(TOKEN.to_owned()),
            role: Some(AssumedRole {
                arn: "arn:aws:iam::123456789012:role/load".to_owned(),
                external_id: Some("between-us-two".to_owned()),
            }),
        }
    }

    async fn aws(vault: &Vault, choice: CredentialChoice) -> Result<(AwsCredentials, Option<String>), PortError> {
        vault.aws(choice).await
    }

    async fn vault(key: u8) -> (Vault, Store) {
        let store = Store::in_memory().await.expect("a database");
        (Vault::new(store.clone(), SealingKey::new(&[key; 32]).expect("a key")), store)
    }

    #[tokio::test]
    async fn saved_credentials_come_back_whole_and_are_shown_in_part() {
        let (vault, _) = vault(1).await;
        assert_eq!(aws(&vault, CredentialChoice::Saved).await.expect("asked"), (AwsCredentials::Environment, None));
        let saved = vault.save_aws(&credentials(), Some("eu-central-1"), 5).await.expect("saved").expect("something");
        assert_eq!(vault.saved_aws().await.expect("read"), Some(saved.clone()));
        assert_eq!(saved.access_key_id.as_deref(), Some("AKIA…MPLE"));
        assert!(saved.has_external_id && saved.has_session_token);
        let shown = format!("{saved:?}{vault:?}{}", serde_json::to_string(&saved).expect("JSON"));
        for secret in [SECRET, TOKEN, "IOSFODNN7", "between-us-two"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        assert!(!format!("{:?}", credentials()).contains(SECRET));
        let (back, region) = aws(&vault, CredentialChoice::Saved).await.expect("asked");
        assert!(back == credentials() && region.as_deref() == Some("eu-central-1"));
        assert_eq!(
            aws(&vault, CredentialChoice::Environment).await.expect("asked"),
            (AwsCredentials::Environment, None)
        );
        vault.delete_aws().await.expect("deleted");
        vault.delete_aws().await.expect("deleted again");
        assert_eq!(vault.saved_aws().await.expect("read"), None);
    }

    #[tokio::test]
    async fn a_role_alone_is_assumed_with_the_environments_credentials() {
        let (vault, _) = vault(1).await;
        let role = AwsCredentials::Role(AssumedRole { arn: "arn:aws:iam::1:role/load".to_owned(), external_id: None });
        let saved = vault.save_aws(&role, None, 5).await.expect("saved").expect("something");
        assert_eq!((saved.kind, saved.access_key_id), (AwsKind::Role, None));
        assert!(aws(&vault, CredentialChoice::Saved).await.expect("asked") == (role, None));
    }

    #[tokio::test]
    async fn another_key_opens_nothing_and_says_what_to_do() {
        let (vault, store) = vault(1).await;
        vault.save_aws(&credentials(), None, 5).await.expect("saved");
        let other = Vault::new(store, SealingKey::new(&[2; 32]).expect("a key"));
        let error = aws(&other, CredentialChoice::Saved).await.expect_err("another key").to_string();
        assert!(error.contains("another key") && error.contains("save them again"), "{error}");
        let sealed = vault.seal("tag", b"key").expect("sealed");
        assert_eq!(vault.open("tag", &sealed).expect("opened"), b"key");
        assert!(vault.open("credentials/aws", &sealed).is_err() && other.open("tag", &sealed).is_err());
    }

    #[tokio::test]
    async fn no_secret_is_in_the_databases_files() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(place.path()).expect("it opens");
        let store = Store::open(&folder.database()).await.expect("a database");
        let vault = Vault::open(&folder, store, None, [3; 32]).expect("a vault");
        vault.save_aws(&credentials(), Some("eu-central-1"), 5).await.expect("saved");
        let key = std::fs::read_to_string(folder.secret_key()).expect("the key's file");
        let mut read = 0;
        for entry in std::fs::read_dir(place.path()).expect("the folder").flatten() {
            if !entry.file_name().to_string_lossy().starts_with("jac.db") {
                continue;
            }
            let bytes = std::fs::read(entry.path()).expect("a file");
            read += bytes.len();
            for secret in [SECRET, TOKEN, "AKIAIOSFODNN7EXAMPLE", "between-us-two", &key] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
            }
            assert!(!bytes.windows(32).any(|window| window == [3; 32]), "the key");
        }
        assert!(read > 4096, "the files were read");
    }
}
