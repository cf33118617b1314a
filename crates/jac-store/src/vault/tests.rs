//! Secrets are returned unchanged, only to their owners, and occur in no file and no message.

use super::*;
use crate::SearchTargetRow;
use crate::credentials::CredentialKind;
use jac_model::ports::AssumedRole;

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
    assert_eq!(vault.aws(&CredentialChoice::Saved).await.expect("asked"), environment, "the first set is not there");
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
    let other = store.add_person("u-2", "Other", jac_model::UserRole::Member, Vec::new(), 1).await.expect("a person");
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
    let (_, secrets) = Secrets::of(Secret::Aws(credentials()));
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
    assert_eq!((vault.count_locked().await.expect("counted"), other.count_locked().await.expect("counted")), (0, 1));
    let sets = other.database().credentials().await.expect("sets");
    assert!(sets[0].fault.is_some(), "the set says it too");
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
    let targets = [("s-1", Some(b"password".as_slice())), ("s-2", None)];
    for (id, secret) in targets {
        let purpose = SearchTargetRow::purpose_of(id, &admin().id);
        let row = SearchTargetRow {
            id: id.to_owned(),
            owner: admin(),
            name: id.to_owned(),
            settings: "{}".to_owned(),
            credentials: None,
            sealed: secret.map(|secret| before.seal(&purpose, secret).expect("sealed")),
            saved_ms: 5,
        };
        store.put_search_target(row).await.expect("saved");
    }
    let first = std::fs::read(folder.secret_key()).expect("a key");
    for random in [[4; 32], [5; 32]] {
        assert_eq!(Vault::rotate_key(&folder, &store, None, random).await.expect("rotated"), 2, "a set, a password");
    }
    assert_ne!(std::fs::read(folder.secret_key()).expect("a key"), first);
    let after = open();
    assert!(after.aws(&of("k-1")).await.expect("it opens").0 == credentials());
    assert_eq!(after.open("seed", &seed).expect("with the first key"), b"seed");
    let (_, sealed) = store.sealed_credentials("k-1").await.expect("read").expect("a set");
    let old = SealingKey::new(&[3; 32]).expect("a key");
    assert!(old.open(&purpose("k-1", &admin()), &sealed).is_err(), "the old key opens no set");
    // A copy of the key's file only, without the previous keys.
    let alone = Vault::new(store, SealingKey::read(&folder.secret_key()).expect("a key"));
    assert!(alone.aws(&of("k-1")).await.is_ok());
    let of_targets = alone.database().search_targets().await.expect("the targets");
    let opened =
        of_targets.iter().map(|row| row.sealed.as_ref().map(|it| alone.open(&row.purpose(), it).expect("it opens")));
    assert_eq!(opened.collect::<Vec<_>>(), targets.map(|(_, secret)| secret.map(<[u8]>::to_vec)));
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
