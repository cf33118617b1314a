//! Logs of finished runs are compressed after all other work, and a crash during it loses nothing.

use crate::house::{House, waiting};
use jac_engine::runs::{Artefact, KeptFile, artefacts};
use jac_engine::{Engine, EngineError};
use jac_logs::{Content, Search, compress};
use jac_model::{ClusterConfig, ClusterPhase, Provider, RunId, RunPhase};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::sleep;

const HOUR: Duration = Duration::from_secs(60 * 60);
/// More than one frame.
const ROWS: u64 = 120_000;

fn long_log() -> String {
    let mut log = "timeStamp,elapsed,label,responseCode,success\n".to_owned();
    for row in 0..ROWS {
        let (time, elapsed) = (1_700_000_000_000 + row * 3, row * 7_919 % 1_499);
        writeln!(log, "{time},{elapsed},Label {},200,{}", row % 7, !row.is_multiple_of(100))
            .expect("a string can be written to");
    }
    log
}

/// A finished run with long logs, and no engine.
struct Finished {
    house: House,
    run: RunId,
    log: String,
    jmeter_log: String,
}

impl Finished {
    async fn new() -> Self {
        let mut house = House::new();
        let cluster = house.cluster(1).await;
        let run = house.run(&cluster).await;
        house.until_run(&run, RunPhase::Finished).await;
        house.terminate(&cluster).await;
        house.crash().await;
        let (log, jmeter_log) = (long_log(), "2026-11-25 08:30:00,123 INFO o.a.j.JMeter: x\n".repeat(30_000));
        let finished = Self { house, run, log, jmeter_log };
        std::fs::write(finished.path("results.jtl"), &finished.log).expect("written");
        std::fs::write(finished.path("nodes/master/jmeter.log"), &finished.jmeter_log).expect("written");
        finished
    }

    fn folder(&self) -> PathBuf {
        self.house.data().join("runs").join(self.run.as_str())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// The content of a compressed log, made without an engine.
    fn compressed(&self) -> Vec<u8> {
        let staged = self.house.data().join("made");
        compress(&self.path("results.jtl"), &staged, Content::Samples, &mut || ControlFlow::Continue(()))
            .expect("compressed");
        let bytes = std::fs::read(&staged).expect("a file");
        std::fs::remove_file(staged).expect("removed");
        bytes
    }

    async fn until_compressed(&mut self) -> Engine {
        let folder = self.folder();
        let is_done = async move |_: &Engine| {
            let logs = ["results.jtl", "nodes/master/jmeter.log"].map(|name| folder.join(name));
            logs.iter().all(|log| !log.exists()).then_some(())
        };
        self.house.until("the compression", is_done).await;
        self.house.engine().await
    }

    /// Everything is there and can be read as before.
    async fn assert_kept(&mut self, when: &str) {
        let engine = self.until_compressed().await;
        for (name, content) in [("results.jtl", &self.log), ("nodes/master/jmeter.log", &self.jmeter_log)] {
            let (artefact, file) = engine.artefact(&self.run, name).await.expect(name);
            assert_eq!(artefact.bytes, content.len() as u64, "{when}: {name}");
            let stored = std::fs::read(self.path(&format!("{name}.zst"))).expect("the compressed one");
            assert_eq!(artefact.stored_bytes, stored.len() as u64, "{when}: {name}");
            assert!(artefact.stored_bytes * 4 < artefact.bytes, "{when}: {artefact:?}");
            assert!(matches!(file, KeptFile::Compressed(_)), "{when}: {name}");
            assert!(zstd::decode_all(&stored[..]).expect("it unpacks") == content.as_bytes(), "{when}: {name}");
            let compressed = artefact.compressed_name.expect("it is compressed");
            let (of_it, file) = engine.artefact(&self.run, &compressed).await.expect("as it is stored");
            assert_eq!((of_it.media_type.as_str(), file.bytes()), ("application/zstd", stored.len() as u64), "{when}");
        }
        let run = self.run.clone();
        let found =
            waiting(&engine, move |engine| engine.search_samples(&run, Search::default())).await.expect("a search");
        assert_eq!((found.searched, found.incomplete), (ROWS, false), "{when}");
        let half = self.jmeter_log.len() as u64 / 2;
        let piece = engine.jmeter_log(&self.run, "master", half).await.expect("a piece");
        let begin = usize::try_from(half).expect("it fits");
        let expected = &self.jmeter_log[begin..begin + piece.text.len()];
        assert_eq!((piece.size, &piece.text[..]), (half * 2, expected), "{when}");
        assert!(piece.text.len() > 200_000 && piece.next == half + piece.text.len() as u64, "{when}");
        let left: Vec<_> = ["results.jtl", "results.jtl.zst.new"].map(|name| self.path(name).exists()).into();
        assert_eq!(left, [false, false], "{when}");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_a_crash_leaves_of_a_compression_the_next_engine_completes() {
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let damaged = |mut bytes: Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    };
    let of_another = |_: Vec<u8>| zstd::encode_all(&b"something else"[..], 1).expect("packs");
    type Change<'a> = &'a dyn Fn(Vec<u8>) -> Vec<u8>;
    let left: [(&str, Option<(&str, Change<'_>)>); 7] = [
        ("nothing was begun", None),
        ("the file was being written", Some(("results.jtl.zst.new", &half))),
        ("the file was written", Some(("results.jtl.zst.new", &|bytes| bytes))),
        ("the file had its name", Some(("results.jtl.zst", &|bytes| bytes))),
        ("the disk had only a part of it", Some(("results.jtl.zst", &half))),
        ("the disk had something else", Some(("results.jtl.zst", &damaged))),
        ("it is another's", Some(("results.jtl.zst", &of_another))),
    ];
    for (when, file) in left {
        let mut finished = Finished::new().await;
        if let Some((name, change)) = file {
            std::fs::write(finished.path(name), change(finished.compressed())).expect("written");
        }
        finished.assert_kept(when).await;
        finished.house.crash().await;
        finished.assert_kept("started once more").await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_crashes_while_it_compresses_loses_nothing() {
    let mut finished = Finished::new().await;
    let staged = finished.path("results.jtl.zst.new");
    for _ in 0..3 {
        let seen = staged.clone();
        let folder = finished.folder();
        let begun = async move |_: &Engine| (seen.exists() || !folder.join("results.jtl").exists()).then_some(());
        finished.house.until("its begin", begun).await;
        finished.house.crash().await;
        let plain = std::fs::read(finished.path("results.jtl"));
        let compressed = std::fs::read(finished.path("results.jtl.zst"));
        let whole =
            plain.unwrap_or_else(|_| zstd::decode_all(&compressed.expect("one of them")[..]).expect("it unpacks"));
        assert!(whole == finished.log.as_bytes());
    }
    finished.assert_kept("after the crashes").await;
}

#[tokio::test(start_paused = true)]
async fn small_logs_stay_as_they_are() {
    let mut house = House::new();
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Finished).await;
    sleep(HOUR).await;
    let folder = house.data().join("runs").join(run.as_str());
    let found = artefacts(&folder).expect("its files");
    assert!(found.iter().any(|artefact| artefact.name == "results.jtl"));
    for Artefact { name, bytes, stored_bytes, compressed_name, .. } in found {
        assert_eq!((stored_bytes, compressed_name), (bytes, None), "{name}");
    }
    assert!(house.log(&run) == house.measured(&run));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_compressed_while_a_run_is_active_here_or_the_disk_is_nearly_full() {
    let mut finished = Finished::new().await;
    // No disk has twice this much free.
    let reserve = std::mem::replace(&mut finished.house.settings.disk_reserve_bytes, u64::MAX);
    finished.house.engine().await;
    sleep(HOUR).await;
    let is_plain =
        |finished: &Finished| finished.path("results.jtl").exists() && !finished.path("results.jtl.zst").exists();
    assert!(is_plain(&finished), "the disk is nearly full");
    finished.house.crash().await;
    // It has to exist before the engine that would compress it.
    let log = finished.path("results.jtl");
    std::fs::rename(&log, log.with_extension("away")).expect("moved");
    let jmeter_log = finished.path("nodes/master/jmeter.log");
    std::fs::rename(&jmeter_log, jmeter_log.with_extension("away")).expect("moved");
    finished.house.settings.disk_reserve_bytes = reserve;
    let cluster =
        finished.house.cluster_of(Provider::Local, ClusterConfig { workers: 1, ..ClusterConfig::default() }).await;
    finished.house.until_phase(&cluster, ClusterPhase::Ready).await;
    let going = finished.house.another_run(&cluster).await;
    finished.house.until_run(&going, RunPhase::Running).await;
    finished.house.crash().await;
    for path in [&log, &jmeter_log] {
        std::fs::rename(path.with_extension("away"), path).expect("moved back");
    }
    let engine = finished.house.engine().await;
    while engine.store().run(&going).await.expect("its row").run.phase != RunPhase::Finished {
        assert!(is_plain(&finished), "a run continues");
        sleep(Duration::from_millis(50)).await;
    }
    drop(engine);
    finished.assert_kept("the run has finished").await;
}

#[tokio::test(start_paused = true)]
async fn a_damaged_compressed_log_is_reported_and_never_taken_as_complete() {
    let mut finished = Finished::new().await;
    let engine = finished.until_compressed().await;
    let stored = finished.path("results.jtl.zst");
    let whole = std::fs::read(&stored).expect("the compressed one");
    let run = finished.run.clone();
    let search = async || {
        let run = run.clone();
        waiting(&engine, move |engine| engine.search_samples(&run, Search::default())).await.expect("a search")
    };
    // Its end is missing: it cannot be decompressed completely.
    std::fs::write(&stored, &whole[..whole.len() * 9 / 10]).expect("written");
    let refused = engine.artefact(&run, "results.jtl").await.expect_err("it is damaged");
    assert!(matches!(refused, EngineError::LogDamaged { .. }), "{refused:?}");
    let (left, file) = engine.artefact(&run, "results.jtl.zst").await.expect("what is left");
    assert_eq!((left.bytes, file.bytes()), (left.stored_bytes, whole.len() as u64 * 9 / 10));
    let found = search().await;
    assert!(found.incomplete && found.searched < ROWS && found.searched > 0, "{found:?}");
    // One byte is different.
    let mut bytes = whole.clone();
    bytes[whole.len() * 9 / 10] ^= 4;
    std::fs::write(&stored, bytes).expect("written");
    assert!(search().await.incomplete);
    assert!(is_listed_plain(&finished.folder()));
}

fn is_listed_plain(folder: &Path) -> bool {
    artefacts(folder).expect("its files").iter().any(|artefact| artefact.name == "results.jtl")
}
