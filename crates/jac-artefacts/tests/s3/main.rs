//! The store on a real S3 server that checks signatures, on another that does not, and on a folder.

mod gateway;
mod moto;

use async_trait::async_trait;
use gateway::{BUCKET, Gateway, TestKeys, program};
use jac_artefacts::{
    ArtefactError, ArtefactStore, Begun, Checked, Journal, Location, MANIFEST, Manifest, Options, StoredObject, digest,
};
use jac_logs::{Content, Elsewhere, Input, ReadOptions, compress, read_logs_with};
use moto::Moto;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

const MIB: usize = 1 << 20;

/// A journal in memory, which signals when as many parts as a test waits for are recorded.
#[derive(Default)]
struct Memory {
    begun: Mutex<HashMap<String, Begun>>,
    /// The last state recorded.
    last: Mutex<Option<Begun>>,
    /// The number of parts that the test waits for.
    enough: Option<usize>,
    reached: Notify,
}

#[async_trait]
impl Journal for Memory {
    async fn begun(&self, name: &str) -> Option<Begun> {
        self.begun.lock().expect("a lock").get(name).cloned()
    }

    async fn write(&self, name: &str, begun: Option<&Begun>) -> Result<(), ArtefactError> {
        let mut known = self.begun.lock().expect("a lock");
        match begun {
            Some(begun) => {
                known.insert(name.to_owned(), begun.clone());
                *self.last.lock().expect("a lock") = Some(begun.clone());
                if self.enough.is_some_and(|enough| begun.parts.len() >= enough) {
                    self.reached.notify_one();
                }
            }
            None => drop(known.remove(name)),
        }
        Ok(())
    }
}

/// Bytes without repetitions close to each other.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..bytes.div_ceil(8)).flat_map(|_| next()).take(bytes).collect()
}

fn object(name: &str, path: &Path) -> StoredObject {
    let (bytes, sha256) = digest(path).expect("its digest");
    StoredObject { name: name.to_owned(), bytes, sha256, unpacked_bytes: None }
}

/// The S3 servers that are installed here.
struct Servers {
    gateway: Option<Gateway>,
    moto: Option<Moto>,
}

impl Servers {
    async fn start() -> Self {
        Self { gateway: program().map(|program| Gateway::start(&program)), moto: Moto::start().await }
    }

    /// A store at each, with its name.
    fn stores(&self) -> impl Iterator<Item = (&'static str, ArtefactStore)> {
        let gateway = self.gateway.as_ref().map(|gateway| ("gateway", gateway.store()));
        gateway.into_iter().chain(self.moto.as_ref().map(|moto| ("moto", moto.store())))
    }
}

/// Whether the store has exactly these bytes under that name.
async fn has(store: &ArtefactStore, name: &str, bytes: &[u8]) -> bool {
    store.get(name, 1 << 30).await.expect("an answer").is_some_and(|got| got == bytes)
}

fn in_folder(folder: &Path) -> ArtefactStore {
    let location = Location::parse(&format!("file://{}", folder.display())).expect("an address");
    ArtefactStore::new(&location, &Options::default(), None).expect("a store")
}

#[tokio::test]
async fn what_is_put_is_found_listed_checked_and_removed() {
    let servers = Servers::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("a folder")).expect("a folder");
    let in_folder = in_folder(&folder.path().join("a folder"));
    for store in servers.stores().map(|(_, store)| store).chain([in_folder]) {
        let files = tempfile::tempdir().expect("a folder");
        let run = "r-22222222".parse().expect("an id");
        let manifest = Manifest::new(run, 0, 1, 2, Vec::new(), "test");
        let prefix = manifest.prefix();
        assert_eq!(store.manifest(&prefix).await, Ok(None));
        assert_eq!(store.run_prefixes().await, Ok(Vec::new()));
        let mut objects = Vec::new();
        // Names that users give to files of a plan.
        for (name, bytes) in
            [("run.json", 10), ("plan/täst (1) 100%.csv", 3), ("samples/master.jtl.zst", 9 * MIB), ("plan/empty", 0)]
        {
            let path = files.path().join(objects.len().to_string());
            std::fs::write(&path, noise(bytes)).expect("written");
            let object = object(name, &path);
            let seen = AtomicU64::new(0);
            let count = |bytes| _ = seen.fetch_add(bytes, Ordering::Relaxed);
            let name = format!("{prefix}{name}");
            store.upload(&name, &path, &object, &Memory::default(), &count).await.expect("uploaded");
            assert_eq!(seen.load(Ordering::Relaxed), object.bytes, "{name}");
            objects.push(object);
        }
        let run = manifest.run;
        let manifest = Manifest::new(run, 0, 1, 2, objects, "test");
        let name = format!("{prefix}{MANIFEST}");
        assert_eq!(store.put_new(&name, manifest.to_bytes().expect("JSON")).await, Ok(true));
        assert_eq!(store.put_new(&name, b"another".to_vec()).await, Ok(false), "there is one");
        assert_eq!(store.manifest(&prefix).await, Ok(Some(manifest.clone())));
        let empty = format!("{prefix}empty");
        store.put(&empty, Vec::new()).await.expect("it is taken");
        assert!(has(&store, &empty, b"").await, "an empty object is one");
        let read = store.get(&name, 10).await;
        assert!(matches!(read, Err(ArtefactError::Failed { .. })), "larger than it may be: {read:?}");
        assert_eq!(store.run_prefixes().await, Ok(vec![prefix.clone()]));
        for object in &manifest.objects {
            assert_eq!(store.check(&prefix, object).await, Ok(Checked::Same), "{}", object.name);
            let other = StoredObject { sha256: "0".repeat(64), ..object.clone() };
            assert_eq!(store.check(&prefix, &other).await, Ok(Checked::Differs));
            let missing = StoredObject { name: "missing".to_owned(), ..object.clone() };
            assert_eq!(store.check(&prefix, &missing).await, Ok(Checked::Missing));
        }
        store.remove_run(&prefix).await.expect("removed");
        assert_eq!(store.get(&format!("{prefix}run.json"), 1 << 20).await, Ok(None));
        assert_eq!(store.manifest(&prefix).await, Ok(None));
        store.remove_run(&prefix).await.expect("once more");
    }
}

#[tokio::test]
async fn a_long_name_of_any_script_is_one_and_what_earlier_versions_escaped_is_found() {
    let servers = Servers::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    let path = files.path().join("file");
    std::fs::write(&path, b"rows").expect("written");
    let prefix = "runs/1970/01/r-22222222/";
    for store in servers.stores().map(|(_, store)| store).chain([in_folder(folder.path())]) {
        // Escaped as before it would be three times as long, and longer than a file name may be.
        let long = format!("plan/{}#.csv", "ж".repeat(120));
        let object = object(&long, &path);
        let name = format!("{prefix}{long}");
        store.upload(&name, &path, &object, &Memory::default(), &|_| ()).await.expect("uploaded");
        assert_eq!(store.check(prefix, &object).await, Ok(Checked::Same));
        assert!(has(&store, &name, b"rows").await);
        // As earlier versions wrote it: that name has only characters that are not escaped.
        let before = StoredObject { name: "plan/t\u{e4}st.csv".to_owned(), ..object };
        let escaped = folder.path().join(prefix).join("plan/t%C3%A4st.csv");
        if store.address().starts_with("file") {
            std::fs::write(&escaped, b"rows").expect("written");
            assert_eq!(store.check(prefix, &before).await, Ok(Checked::Same));
            assert!(has(&store, &format!("{prefix}{}", before.name), b"rows").await);
        }
        store.remove_run(prefix).await.expect("removed");
        assert_eq!(store.check(prefix, &before).await, Ok(Checked::Missing));
        assert!(!escaped.exists());
    }
}

#[tokio::test]
async fn a_large_object_comes_in_requests_of_a_bounded_length() {
    let servers = Servers::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    let (path, bytes) = (files.path().join("file"), noise(20 * MIB + 5));
    std::fs::write(&path, &bytes).expect("written");
    let object = object("plan/large.csv", &path);
    for store in servers.stores().map(|(_, store)| store).chain([in_folder(folder.path())]) {
        store.upload("plan/large.csv", &path, &object, &Memory::default(), &|_| ()).await.expect("uploaded");
        let mut pieces = store.open("plan/large.csv", object.bytes).await.expect("an answer").expect("it is there");
        let (mut read, mut largest) = (Vec::new(), 0);
        while let Some(piece) = pieces.next().await.expect("a piece") {
            largest = largest.max(piece.len());
            read.extend_from_slice(&piece);
        }
        assert!(read == bytes && largest <= 8 * MIB, "{largest}");
        let mut more = store.open("plan/large.csv", object.bytes - 1).await.expect("an answer").expect("it is there");
        while let Ok(piece) = more.next().await {
            assert!(piece.is_some(), "larger than it may be");
        }
    }
}

#[tokio::test]
async fn a_link_gives_an_object_to_who_has_no_keys() {
    let Some(program) = program() else { return };
    let gateway = Gateway::start(&program);
    let store = gateway.store();
    store.put("runs/a b.txt", b"hello".to_vec()).await.expect("put");
    let link = store.link("runs/a b.txt", Duration::from_secs(60)).await.expect("signed").expect("a link");
    let got = reqwest::get(&link).await.expect("an answer");
    assert_eq!(got.bytes().await.expect("bytes").as_ref(), b"hello");
    assert_eq!(std::fs::read(gateway.file("runs/a b.txt")).expect("it is there"), b"hello");
    let forged = link.replace("a%20b", "a%20c");
    assert_eq!(reqwest::get(&forged).await.expect("an answer").status(), 403, "of another object");
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(in_folder(folder.path()).link("a", Duration::from_secs(60)).await, Ok(None));
    assert!(store.has_links() && !in_folder(folder.path()).has_links());
}

#[tokio::test]
async fn an_upload_that_was_cut_goes_on_where_it_was_and_the_object_is_the_file() {
    let servers = Servers::start().await;
    let files = tempfile::tempdir().expect("a folder");
    let path = files.path().join("log");
    std::fs::write(&path, noise(60 * MIB + 17)).expect("written");
    let object = object("log", &path);
    for ((server, store), cut_after) in servers.stores().flat_map(|at| [0, 1, 3, 6, 8].map(|after| (at.clone(), after)))
    {
        let name = format!("runs/cut-{cut_after}");
        let mut journal = Memory { enough: Some(cut_after), ..Memory::default() };
        tokio::select! {
            _ = store.upload(&name, &path, &object, &journal, &|_| ()) => (),
            () = journal.reached.notified() => (),
        }
        journal.enough = None;
        let had = journal.begun(&name).await.map_or(8, |begun| begun.parts.len());
        assert!(had >= cut_after, "{had}");
        let seen = AtomicU64::new(0);
        let count = |bytes| _ = seen.fetch_add(bytes, Ordering::Relaxed);
        store.upload(&name, &path, &object, &journal, &count).await.expect("uploaded");
        assert_eq!(seen.load(Ordering::Relaxed), object.bytes, "what was there counts");
        assert_eq!(journal.begun(&name).await, None);
        assert!(has(&store, &name, &std::fs::read(&path).expect("the file")).await, "{server}: {name}");
    }
}

#[tokio::test]
async fn parts_that_are_written_down_are_not_uploaded_again() {
    let servers = Servers::start().await;
    let files = tempfile::tempdir().expect("a folder");
    let path = files.path().join("log");
    std::fs::write(&path, noise(40 * MIB)).expect("written");
    let object = object("log", &path);
    let whole = std::fs::read(&path).expect("the file");
    for (server, store) in servers.stores() {
        std::fs::write(&path, &whole).expect("written");
        let journal = Memory { enough: Some(2), ..Memory::default() };
        tokio::select! {
            done = store.upload("runs/a", &path, &object, &journal, &|_| ()) => panic!("{done:?} before it was cut"),
            () = journal.reached.notified() => (),
        }
        let begun = journal.begun("runs/a").await.expect("it is written down");
        // A file of the same length and digest with other bytes in the uploaded parts: they are not read again.
        let first = *begun.parts.keys().next().expect("a part") as u64 * begun.part_bytes;
        let mut bytes = whole.clone();
        bytes[usize::try_from(first).expect("a position")] ^= 1;
        std::fs::write(&path, &bytes).expect("written");
        store.upload("runs/a", &path, &object, &journal, &|_| ()).await.expect("uploaded");
        assert!(has(&store, "runs/a", &whole).await, "{server}");
    }
}

#[tokio::test]
async fn an_upload_that_the_store_has_dropped_is_begun_anew_and_one_that_it_has_completed_is_done() {
    let servers = Servers::start().await;
    let files = tempfile::tempdir().expect("a folder");
    let path = files.path().join("log");
    std::fs::write(&path, noise(20 * MIB)).expect("written");
    let object = object("log", &path);
    let dropped = Begun {
        id: "3f1c2a80-0000-4000-8000-000000000000".to_owned(),
        part_bytes: 8 * MIB as u64,
        sha256: object.sha256.clone(),
        parts: [(0, "\"0123456789abcdef0123456789abcdef\"".to_owned())].into(),
    };
    let whole = std::fs::read(&path).expect("the file");
    // Moto itself fails (500) if it gets a part of an upload that it does not know.
    for (server, store) in servers.stores().filter(|(server, _)| *server == "gateway") {
        let journal = Memory::default();
        journal.write("runs/a", Some(&dropped)).await.expect("written");
        store.upload("runs/a", &path, &object, &journal, &|_| ()).await.expect("uploaded");
        assert!(has(&store, "runs/a", &whole).await, "{server}");
        // All its parts are recorded, and the store has completed the object, which was not recorded.
        let complete = journal.last.lock().expect("a lock").clone().expect("what was written last");
        assert_eq!(complete.parts.len(), 3);
        journal.write("runs/a", Some(&complete)).await.expect("written");
        store.upload("runs/a", &path, &object, &journal, &|_| ()).await.expect("it is there");
        assert!(has(&store, "runs/a", &whole).await, "{server}");
        assert_eq!(
            journal.last.lock().expect("a lock").as_ref(),
            Some(&complete),
            "{server}: nothing was started again"
        );
    }
}

#[tokio::test]
async fn what_goes_wrong_has_a_code_of_its_own() {
    let Some(program) = program() else { return };
    let gateway = Gateway::start(&program);
    let (usual, keys) = (gateway.options(), gateway.keys.clone());
    let away = Options { endpoint: Some("http://127.0.0.1:1".to_owned()), ..usual.clone() };
    let elsewhere = Options { region: Some("eu-central-1".to_owned()), ..usual.clone() };
    let unknown = TestKeys { id: "nobody".to_owned(), ..keys.clone() };
    let wrong = TestKeys { secret: "wrong".to_owned(), ..keys.clone() };
    for (bucket, options, keys, code) in [
        ("nosuchbucket", &usual, &keys, "artefacts_bucket_missing"),
        (BUCKET, &usual, &unknown, "artefacts_credentials_refused"),
        (BUCKET, &usual, &wrong, "artefacts_credentials_refused"),
        (BUCKET, &elsewhere, &keys, "artefacts_wrong_region"),
        (BUCKET, &away, &keys, "artefacts_unreachable"),
    ] {
        let store = gateway.store_in(bucket, options, keys.clone());
        let put = store.put("a", b"b".to_vec()).await.expect_err("refused");
        assert_eq!(put.code(), code, "put: {put:?}");
        assert!(put.hint().is_some(), "{put}");
        let listed = store.run_prefixes().await.expect_err("refused");
        assert_eq!(listed.code(), code, "list: {listed}");
    }
    let missing = gateway.store().object("nothing").await.expect_err("nothing");
    assert_eq!(missing.code(), "artefacts_object_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_the_store_is_read_as_it_is_here() {
    let servers = Servers::start().await;
    let files = tempfile::tempdir().expect("a folder");
    let plain = files.path().join("log.jtl");
    let rows: String = (0..600_000_u64)
        .map(|n| {
            format!("{},{},Page {},{},OK,true\n", 1_700_000_000_000 + n * 3, n * n * 7_919 % 4_999, n % 40, 200 + n % 3)
        })
        .collect();
    std::fs::write(&plain, format!("timeStamp,elapsed,label,responseCode,responseMessage,success\n{rows}"))
        .expect("written");
    let packed = files.path().join("log.jtl.zst");
    compress(&plain, &packed, Content::Samples, &mut || ControlFlow::Continue(())).expect("compressed");
    let logs = [("samples/plain.jtl", &plain), ("samples/master.jtl.zst", &packed)];
    for ((server, store), (name, path)) in servers.stores().flat_map(|at| logs.map(|log| (at.clone(), log))) {
        store.upload(name, path, &object(name, path), &Memory::default(), &|_| ()).await.expect("uploaded");
        let bytes = store.object(name).await.expect("it is there");
        let elsewhere = Input::Elsewhere(Elsewhere { name: name.to_owned(), bytes: Arc::new(bytes) });
        let here = Input::File(path.clone());
        let summary = |input: Input| {
            tokio::task::spawn_blocking(move || {
                let mut read = read_logs_with(&[input], &ReadOptions::default(), &mut |_| ControlFlow::Continue(()))
                    .expect("read");
                serde_json::to_value(read.summary()).expect("JSON")
            })
        };
        let (there, here) = (summary(elsewhere).await.expect("read"), summary(here).await.expect("read"));
        assert_eq!(there["total"]["samples"], 600_000);
        assert_eq!(there, here, "{server}: {name}");
    }
}

#[tokio::test]
async fn a_store_is_tried_out_with_each_persons_keys_and_opens_nobody_elses() {
    let Some(program) = program() else { return };
    let gateway = Gateway::start(&program);
    let (hers, his) = (gateway.add_person(&program, "hers-alone"), gateway.add_person(&program, "his-alone"));
    for (bucket, keys, code) in [
        ("hers-alone", &hers, None),
        ("his-alone", &his, None),
        ("his-alone", &hers, Some("artefacts_denied")),
        ("hers-alone", &his, Some("artefacts_denied")),
    ] {
        let store = gateway.store_in(bucket, &gateway.options(), keys.clone());
        let tried = store.try_out("once").await;
        assert_eq!(tried.err().map(|error| error.code()), code, "{bucket} with {}", keys.id);
        assert_eq!(store.get("jac-test-once/manifest.json", 1 << 20).await.ok().flatten(), None, "{bucket}");
    }
    let of_object = gateway.store_in("hers-alone", &gateway.options(), TestKeys { secret: his.secret, ..hers.clone() });
    let refused = of_object.object("run.json").await.expect_err("the secret is wrong");
    assert_eq!(refused.code(), "artefacts_credentials_refused", "though the answer to a HEAD has no body");
    assert!(
        std::fs::read_dir(gateway.bucket("hers-alone"))
            .expect("the bucket")
            .flatten()
            .all(|entry| entry.path().is_dir())
    );
}
