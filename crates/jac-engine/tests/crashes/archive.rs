//! Work on a store that takes longer than a request may.

use crate::house::House;
use jac_artefacts::{ArtefactStore, Location, Options};
use jac_engine::archive::{MANIFEST, manifest_in};
use jac_engine::{Engine, EngineError};
use jac_model::RunPhase;
use nix::sys::stat::Mode;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::advance;

#[tokio::test(start_paused = true)]
async fn a_verification_that_takes_long_continues_and_whoever_asks_again_gets_its_result() {
    let place = tempfile::tempdir().expect("a folder");
    let location = Location::parse(&format!("file://{}", place.path().display())).expect("an address");
    let mut house = House::new();
    house.artefacts = Some(ArtefactStore::new(&location, &Options::default(), None).expect("a store"));
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Finished).await;
    let folder = house.data().join("runs").join(run.as_str());
    house.until("its upload", async |_: &Engine| manifest_in(&folder)).await;
    house.terminate(&cluster).await;
    let engine = house.engine().await;
    let row = engine.store().run(&run).await.expect("its row").run;
    let stored = place.path().join(jac_artefacts::run_prefix(&run, row.created_ms)).join(MANIFEST);
    // A reader waits until something is written.
    let whole = stored.with_extension("whole");
    std::fs::rename(&stored, &whole).expect("moved");
    nix::unistd::mkfifo(&stored, Mode::S_IRUSR | Mode::S_IWUSR).expect("a pipe");
    for asked in 1..=2 {
        let (engine, run) = (engine.clone(), run.clone());
        let asking = tokio::spawn(async move { engine.verify_archive(&run).await });
        // Time stands still while a thread waits for the pipe.
        while !asking.is_finished() {
            std::thread::sleep(Duration::from_millis(1));
            advance(Duration::from_millis(100)).await;
        }
        let answer = asking.await.expect("it answers").expect("it continues");
        assert_eq!(answer, None, "the time that is asked {asked} times");
    }
    // A reader gets nothing: the manifest is truncated.
    let writer = loop {
        match OpenOptions::new().write(true).custom_flags(nix::libc::O_NONBLOCK).open(&stored) {
            Ok(writer) => break writer,
            // The reader is not there yet.
            Err(_) => yield_now().await,
        }
    };
    std::fs::rename(&whole, &stored).expect("moved back");
    drop(writer);
    let ended = engine.verify_archive(&run).await.expect_err("what the first one has found");
    assert!(
        matches!(&ended, EngineError::Artefacts(_)) && ended.code() == "artefacts_manifest_unreadable",
        "{ended:?}"
    );
    let verified = engine.verify_archive(&run).await.expect("a new one").expect("at once");
    assert!(verified.is_stored && verified.missing.is_empty() && verified.different.is_empty(), "{verified:?}");
}
