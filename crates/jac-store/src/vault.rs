//! The vault: saved credentials, sealed in the database under a key outside of it, and the port that adapters get them
//! through.
//!
//! What it hands to a person is never more than a [`CredentialRow`]; the secrets themselves go to adapters only. What is sealed is bound
//! to the set's id and its owner: a row that somebody moves to another owner in the database does not open.

use crate::credentials::{CredentialKind, CredentialRow};
use crate::key_ring::KeyRing;
use crate::seal::{SealError, SealingKey};
use crate::{DataFolder, Store, StoreError};
use async_trait::async_trait;
use jac_model::ports::{AssumedRole, AwsCredentials, CredentialSource, PortError};
use jac_model::{CredentialChoice, EpochMs, Person};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the one set of before is sealed for, until it is first used.
const PURPOSE_OF_BEFORE: &str = "credentials/aws";

/// Store and keys together.
#[derive(Debug)]
pub struct Vault {
    store: Store,
    keys: Arc<KeyRing>,
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

/// What is kept secret. It has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    Aws(AwsCredentials),
    /// A private key in OpenSSH's format, without a passphrase.
    SshKey(String),
}

/// A set to save. It has no `Debug`.
pub struct NewSet {
    /// That of the set whose place it takes, or a new one.
    pub id: String,
    pub owner: Person,
    pub name: String,
    pub secret: Secret,
    pub region: Option<String>,
    /// What may be shown beside what the vault shows of it.
    pub shown: BTreeMap<String, String>,
    /// Who the provider says that it is, if it was asked.
    pub identity: Option<String>,
    pub now_ms: EpochMs,
}

/// What is sealed. It has no `Debug`.
#[derive(Default, Serialize, Deserialize)]
struct Secrets {
    keys: Option<Keys>,
    role_arn: Option<String>,
    external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ssh_key: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Keys {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

/// What a set is sealed for.
fn purpose(id: &str, owner: &Person) -> String {
    format!("credentials {id} of {}", owner.id)
}

fn key_file(folder: &DataFolder, named: Option<&Path>) -> PathBuf {
    named.map_or_else(|| folder.secret_key(), Path::to_owned)
}

/// Opens a set; says whether it is still sealed as it was before people had their own.
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
        if named_key.is_none() {
            SealingKey::read_or_make(&folder.secret_key(), random)?;
        }
        Ok(Self { store, keys: Arc::new(KeyRing::read(&key_file(folder, named_key))?) })
    }

    /// Makes a new key of `random` and seals all sets with it; says how many. What else was sealed still opens with the key of before,
    /// which stays beside the new one. Nobody else may work on the folder. Cut off at any moment, nothing is lost, and doing it again
    /// goes on with it.
    ///
    /// # Errors
    /// When a key's file or the database cannot be read or written, or a set does not open with the key that there is.
    pub async fn rotate_key(
        folder: &DataFolder,
        store: &Store,
        named_key: Option<&Path>,
        random: [u8; 32],
    ) -> Result<usize, VaultError> {
        let path = key_file(folder, named_key);
        let next = KeyRing::prepare_next(&path, random)?;
        let keys = KeyRing::read(&path)?;
        let sealed = store.seal_all_again(move |row, sealed| {
            let (opened, _) = open_set(&keys, row, sealed)?;
            Ok::<_, VaultError>(next.seal(&purpose(&row.id, &row.owner), &opened)?)
        });
        let count = sealed.await?;
        KeyRing::take_next(&path)?;
        Ok(count)
    }

    /// Saves a set, in the place of the one of its id if there is one.
    ///
    /// # Errors
    /// When its owner has another one of that name, or it cannot be sealed or written.
    pub async fn save(&self, new: NewSet) -> Result<CredentialRow, VaultError> {
        let mut shown = new.shown;
        let (kind, secrets) = taken_apart(new.secret);
        if let Some(keys) = &secrets.keys {
            shown.insert("access_key_id".to_owned(), shortened(&keys.access_key_id));
        }
        let texts = [
            ("role_arn", secrets.role_arn.clone()),
            ("external_id", secrets.external_id.as_ref().map(|_| "saved".to_owned())),
            (
                "session_token",
                secrets.keys.as_ref().and_then(|keys| keys.session_token.as_ref()).map(|_| "saved".to_owned()),
            ),
        ];
        shown.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))));
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

    /// Gives a set to somebody else, under a name that they do not have yet.
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

    /// The secrets of a set with the region that was saved along; `None`: there is no such set.
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
        Ok(Some((put_together(serde_json::from_slice(&opened)?), row.region)))
    }
}

fn taken_apart(secret: Secret) -> (CredentialKind, Secrets) {
    let with_role = |role: Option<AssumedRole>, keys: Option<Keys>| {
        let external_id = role.as_ref().and_then(|role| role.external_id.clone());
        Secrets { keys, role_arn: role.map(|role| role.arn), external_id, ssh_key: None }
    };
    match secret {
        Secret::Aws(AwsCredentials::Keys { access_key_id, secret_access_key, session_token, role }) => {
            let keys = Keys { access_key_id, secret_access_key, session_token };
            (CredentialKind::AwsKeys, with_role(role, Some(keys)))
        }
        Secret::Aws(AwsCredentials::Role(role)) => (CredentialKind::AwsRole, with_role(Some(role), None)),
        Secret::Aws(AwsCredentials::Environment) => (CredentialKind::AwsRole, Secrets::default()),
        Secret::SshKey(key) => (CredentialKind::SshKey, Secrets { ssh_key: Some(key), ..Secrets::default() }),
    }
}

fn put_together(secrets: Secrets) -> Secret {
    if let Some(key) = secrets.ssh_key {
        return Secret::SshKey(key);
    }
    let external_id = secrets.external_id;
    let role = secrets.role_arn.map(|arn| AssumedRole { arn, external_id });
    Secret::Aws(match (secrets.keys, role) {
        (Some(Keys { access_key_id, secret_access_key, session_token }), role) => {
            AwsCredentials::Keys { access_key_id, secret_access_key, session_token, role }
        }
        (None, Some(role)) => AwsCredentials::Role(role),
        (None, None) => AwsCredentials::Environment,
    })
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
    async fn aws(&self, choice: &CredentialChoice) -> Result<(AwsCredentials, Option<String>), PortError> {
        let what = "open the saved AWS credentials";
        let Some(id) = choice.set() else { return Ok((AwsCredentials::Environment, None)) };
        let found = self.secret(id).await.map_err(|error| refused(what, &format!("{error}; save them again")))?;
        match (found, choice) {
            (Some((Secret::Aws(credentials), region)), _) => Ok((credentials, region)),
            (Some((Secret::SshKey(_), _)), _) => Err(refused(what, &format!("the set {id} is an SSH key"))),
            // Of a cluster that was made when there was one set or none.
            (None, CredentialChoice::Saved) => Ok((AwsCredentials::Environment, None)),
            (None, _) => Err(refused(what, &format!("there is no set {id}"))),
        }
    }

    async fn ssh_key(&self, id: &str) -> Result<String, PortError> {
        let what = "open the saved SSH key";
        match self.secret(id).await.map_err(|error| refused(what, &format!("{error}; save it again")))? {
            Some((Secret::SshKey(key), _)) => Ok(key),
            _ => Err(refused(what, &format!("there is no key {id}"))),
        }
    }

    async fn all_aws(&self) -> Result<Vec<CredentialChoice>, PortError> {
        let rows = self.store.credentials().await.map_err(|error| refused("list the saved credentials", &error))?;
        let sets: Vec<CredentialChoice> =
            rows.into_iter().filter(|row| row.kind.is_aws()).map(|row| CredentialChoice::Set(row.id)).collect();
        let used = self.store.has_used_environment().await;
        let with_environment = sets.is_empty() || used.map_err(|error| refused("read the clusters", &error))?;
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

    fn admin() -> Person {
        Person { id: "admin".to_owned(), name: "Administrator".to_owned() }
    }

    fn set(id: &str, name: &str, secret: Secret) -> NewSet {
        NewSet {
            id: id.to_owned(),
            owner: admin(),
            name: name.to_owned(),
            secret,
            region: Some("eu-central-1".to_owned()),
            shown: BTreeMap::new(),
            identity: None,
            now_ms: 5,
        }
    }

    fn of(id: &str) -> CredentialChoice {
        CredentialChoice::Set(id.to_owned())
    }

    async fn vault(key: u8) -> (Vault, Store) {
        let store = Store::in_memory().await.expect("a database");
        (Vault::new(store.clone(), SealingKey::new(&[key; 32]).expect("a key")), store)
    }

    #[tokio::test]
    async fn saved_credentials_come_back_whole_and_are_shown_in_part() {
        let (vault, store) = vault(1).await;
        let saved = vault.save(set("k-1", "work", Secret::Aws(credentials()))).await.expect("saved");
        assert_eq!(store.credentials().await.expect("read"), std::slice::from_ref(&saved));
        assert_eq!(saved.kind, CredentialKind::AwsKeys);
        assert_eq!(saved.shown["access_key_id"], "AKIA…MPLE");
        assert!(saved.shown.contains_key("external_id") && saved.shown.contains_key("session_token"));
        let shown = format!("{saved:?}{vault:?}");
        for secret in [SECRET, TOKEN, "IOSFODNN7", "between-us-two"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        let (back, region) = vault.aws(&of("k-1")).await.expect("asked");
        assert!(back == credentials() && region.as_deref() == Some("eu-central-1"));
        let environment = (AwsCredentials::Environment, None);
        assert_eq!(vault.aws(&CredentialChoice::Environment).await.expect("asked"), environment);
        assert_eq!(
            vault.aws(&CredentialChoice::Saved).await.expect("asked"),
            environment,
            "the first set is not there"
        );
        vault.aws(&of("k-2")).await.expect_err("there is none");
        assert_eq!(vault.all_aws().await.expect("asked"), [of("k-1")]);
        store.delete_credentials("k-1").await.expect("deleted");
        assert_eq!(vault.all_aws().await.expect("asked"), [CredentialChoice::Environment]);
    }

    #[tokio::test]
    async fn a_name_is_given_once_by_each_person_and_an_ssh_key_is_no_key_of_aws() {
        let (vault, _) = vault(1).await;
        vault.save(set("k-1", "work", Secret::SshKey("a key".to_owned()))).await.expect("saved");
        let taken = vault.save(set("k-2", "Work", Secret::Aws(credentials()))).await;
        assert!(matches!(taken, Err(VaultError::Store(StoreError::NameTaken { .. }))));
        vault.save(set("k-1", "work", Secret::SshKey("another".to_owned()))).await.expect("its own name");
        vault.aws(&of("k-1")).await.expect_err("it is an SSH key");
        assert!(vault.secret("k-1").await.expect("opened").expect("a set").0 == Secret::SshKey("another".to_owned()));
    }

    #[tokio::test]
    async fn what_is_sealed_opens_as_that_set_of_that_owner_only() {
        let (vault, store) = vault(1).await;
        store.add_person("u-2", "Other", jac_model::UserRole::Member, Vec::new(), 1).await.expect("a person");
        vault.save(set("k-1", "work", Secret::Aws(credentials()))).await.expect("saved");
        for steal in [
            "UPDATE credentials SET owner = 'u-2' WHERE id = 'k-1'",
            "UPDATE credentials SET owner = 'admin', id = 'k-2' WHERE id = 'k-1'",
        ] {
            store
                .write(move |connection| connection.execute(steal, []).map_err(crate::during("steal")))
                .await
                .expect("written");
            let id = if steal.contains("k-2") { "k-2" } else { "k-1" };
            assert!(matches!(vault.secret(id).await, Err(VaultError::Seal(SealError::NotOurs))), "{steal}");
        }
    }

    #[tokio::test]
    async fn a_set_that_is_handed_over_opens_for_its_new_owner() {
        let (vault, store) = vault(1).await;
        let other =
            store.add_person("u-2", "Other", jac_model::UserRole::Member, Vec::new(), 1).await.expect("a person");
        vault.save(set("k-1", "work", Secret::Aws(credentials()))).await.expect("saved");
        vault.hand_over("k-1", &other.person(), "work of Administrator").await.expect("handed over");
        assert!(vault.aws(&of("k-1")).await.expect("it opens").0 == credentials());
        assert_eq!(store.credentials().await.expect("read")[0].owner.id, "u-2");
    }

    #[tokio::test]
    async fn the_one_set_of_before_opens_and_is_bound_to_its_owner_then() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(place.path()).expect("it opens");
        let key = SealingKey::read_or_make(&folder.secret_key(), [3; 32]).expect("a key");
        let (_, secrets) = taken_apart(Secret::Aws(credentials()));
        let sealed = key.seal(PURPOSE_OF_BEFORE, &serde_json::to_vec(&secrets).expect("JSON")).expect("sealed");
        let shown = r#"{"kind":"keys","access_key_id":"AKIA…MPLE","role_arn":null,"has_external_id":true,"has_session_token":false,"region":"eu-central-1","saved_ms":5}"#;
        {
            let mut older = rusqlite::Connection::open(folder.database()).expect("a database");
            // Those before 007-credentials.sql.
            let of_before = rusqlite_migration::Migrations::from_slice(&crate::MIGRATIONS[..6]);
            of_before.to_latest(&mut older).expect("migrated");
            let sql = "INSERT INTO credentials (id, kind, sealed, region, shown, saved_ms) VALUES ('aws', 'keys', ?1, 'eu-central-1', ?2, 5)";
            older.execute(sql, rusqlite::params![sealed, shown]).expect("written");
        }
        let store = Store::open(&folder.database()).await.expect("it is brought up to date");
        let vault = Vault::open(&folder, store.clone(), None, [4; 32]).expect("a vault");
        let (row, _) = store.sealed_credentials("aws").await.expect("read").expect("a set");
        assert_eq!((row.owner.id.as_str(), row.name.as_str(), row.kind), ("admin", "default", CredentialKind::AwsKeys));
        assert_eq!(row.shown.keys().collect::<Vec<_>>(), ["access_key_id", "external_id"]);
        for choice in [CredentialChoice::Saved, of("aws")] {
            assert!(vault.aws(&choice).await.expect("it opens").0 == credentials());
        }
        let (_, again) = store.sealed_credentials("aws").await.expect("read").expect("a set");
        assert_ne!(again, sealed);
        assert!(vault.keys.open(&purpose("aws", &row.owner), &again).is_ok());
    }

    #[tokio::test]
    async fn another_key_opens_nothing_and_says_what_to_do() {
        let (vault, store) = vault(1).await;
        vault.save(set("k-1", "work", Secret::Aws(credentials()))).await.expect("saved");
        let other = Vault::new(store, SealingKey::new(&[2; 32]).expect("a key"));
        let error = other.aws(&of("k-1")).await.expect_err("another key").to_string();
        assert!(error.contains("another key") && error.contains("save them again"), "{error}");
        let sealed = vault.seal("tag", b"key").expect("sealed");
        assert_eq!(vault.open("tag", &sealed).expect("opened"), b"key");
        assert!(vault.open("another tag", &sealed).is_err() && other.open("tag", &sealed).is_err());
    }

    async fn in_folder(place: &Path) -> (DataFolder, Store) {
        let folder = DataFolder::open(place).expect("it opens");
        let store = Store::open(&folder.database()).await.expect("a database");
        (folder, store)
    }

    #[tokio::test]
    async fn another_key_seals_all_sets_anew_and_what_else_was_sealed_still_opens() {
        let place = tempfile::tempdir().expect("a folder");
        let (folder, store) = in_folder(place.path()).await;
        let open = || Vault::open(&folder, store.clone(), None, [3; 32]).expect("a vault");
        let before = open();
        before.save(set("k-1", "work", Secret::Aws(credentials()))).await.expect("saved");
        let seed = before.seal("seed", b"seed").expect("sealed");
        let first = std::fs::read(folder.secret_key()).expect("a key");
        for random in [[4; 32], [5; 32]] {
            assert_eq!(Vault::rotate_key(&folder, &store, None, random).await.expect("rotated"), 1);
        }
        assert_ne!(std::fs::read(folder.secret_key()).expect("a key"), first);
        let after = open();
        assert!(after.aws(&of("k-1")).await.expect("it opens").0 == credentials());
        assert_eq!(after.open("seed", &seed).expect("with the first key"), b"seed");
        let (_, sealed) = store.sealed_credentials("k-1").await.expect("read").expect("a set");
        let old = SealingKey::new(&[3; 32]).expect("a key");
        assert!(old.open(&purpose("k-1", &admin()), &sealed).is_err(), "the old key opens no set");
        // A copy of the key's file alone, without those of before.
        let alone = Vault::new(store, SealingKey::read(&folder.secret_key()).expect("a key"));
        assert!(alone.aws(&of("k-1")).await.is_ok());
    }

    #[tokio::test]
    async fn a_change_of_the_key_that_is_cut_off_loses_nothing_and_goes_on() {
        for sealed_anew in [false, true] {
            let place = tempfile::tempdir().expect("a folder");
            let (folder, store) = in_folder(place.path()).await;
            let open = || Vault::open(&folder, store.clone(), None, [3; 32]).expect("a vault");
            open().save(set("k-1", "work", Secret::Aws(credentials()))).await.expect("saved");
            let next = KeyRing::prepare_next(&folder.secret_key(), [4; 32]).expect("prepared");
            if sealed_anew {
                let keys = KeyRing::read(&folder.secret_key()).expect("the keys");
                let again = store.seal_all_again(move |row, sealed| {
                    let (opened, _) = open_set(&keys, row, sealed)?;
                    Ok::<_, VaultError>(next.seal(&purpose(&row.id, &row.owner), &opened)?)
                });
                again.await.expect("sealed");
            }
            // Here the machine fails; JAC works on, and saves another set with the old key.
            let between = open();
            assert!(between.aws(&of("k-1")).await.expect("it opens").0 == credentials());
            between.save(set("k-2", "more", Secret::SshKey("a key".to_owned()))).await.expect("saved");
            assert_eq!(Vault::rotate_key(&folder, &store, None, [9; 32]).await.expect("rotated"), 2);
            assert_eq!(
                std::fs::read_to_string(folder.secret_key()).expect("a key"),
                hex::encode([4; 32]),
                "the one that was begun"
            );
            let alone = Vault::new(store.clone(), SealingKey::read(&folder.secret_key()).expect("a key"));
            assert!(alone.secret("k-1").await.is_ok() && alone.secret("k-2").await.is_ok());
        }
    }

    #[tokio::test]
    async fn no_secret_is_in_the_databases_files() {
        let place = tempfile::tempdir().expect("a folder");
        let (folder, store) = in_folder(place.path()).await;
        let vault = Vault::open(&folder, store, None, [3; 32]).expect("a vault");
        vault.save(set("k-1", "work", Secret::Aws(credentials()))).await.expect("saved");
        vault.save(set("k-2", "key", Secret::SshKey("PRIVATE-KEY-TEXT".to_owned()))).await.expect("saved");
        let key = std::fs::read_to_string(folder.secret_key()).expect("the key's file");
        let mut read = 0;
        for entry in std::fs::read_dir(place.path()).expect("the folder").flatten() {
            if !entry.file_name().to_string_lossy().starts_with("jac.db") {
                continue;
            }
            let bytes = std::fs::read(entry.path()).expect("a file");
            read += bytes.len();
            for secret in [SECRET, TOKEN, "AKIAIOSFODNN7EXAMPLE", "between-us-two", "PRIVATE-KEY-TEXT", &key] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
            }
            assert!(!bytes.windows(32).any(|window| window == [3; 32]), "the key");
        }
        assert!(read > 4096, "the files were read");
    }
}
