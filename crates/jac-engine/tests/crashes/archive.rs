//! Operations on a store that take longer than a request may.

use crate::house::House;
use crate::world::owner;
use jac_artefacts::{ArtefactStore, Location, Options};
use jac_engine::archive::{ArchivePhase, MANIFEST, manifest_in};
use jac_engine::{Engine, EngineError};
use jac_model::{Provider, RunId, RunPhase};
use nix::sys::stat::Mode;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::{advance, sleep};

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
        // Time is paused while a thread waits for the pipe.
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
            // The reader has not opened it yet.
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

#[tokio::test(start_paused = true)]
async fn a_tag_reads_nothing_back_and_a_retry_reads_all_also_beside_a_test_on_this_machine() {
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
    let mut active = row.clone();
    active.id = "r-77777777".parse().expect("an id");
    (active.phase, active.provider) = (RunPhase::Running, Some(Provider::Local));
    engine.store().insert_run(&active).await.expect("written");
    let plan = place.path().join(jac_artefacts::run_prefix(&run, row.created_ms)).join("plan/p.jmx");
    let whole = std::fs::read(&plan).expect("the plan");
    let damaged = vec![b'x'; whole.len()];
    std::fs::write(&plan, &damaged).expect("written");
    engine.tag_run(&run, vec!["night".to_owned()]).await.expect("tagged");
    let is_stored = async |engine: &Engine| {
        let row = engine.store().run(&run).await.expect("its row").run;
        engine.archive_view(&row).filter(|view| view.phase == ArchivePhase::Stored)
    };
    house.until("the new record", is_stored).await;
    assert!(std::fs::read(&plan).expect("it") == damaged, "its content was compared");
    engine.retry_archive(&run).await.expect("tried");
    house.until("the plan", async |_: &Engine| (std::fs::read(&plan).ok()? == whole).then_some(())).await;
}

/// A run that is stored in a folder, and whose owner has configured a store since.
async fn stored_before_its_owner_had_a_store(place: &Path) -> (House, RunId) {
    let location = Location::parse(&format!("file://{}", place.display())).expect("an address");
    let mut house = House::new();
    house.artefacts = Some(ArtefactStore::new(&location, &Options::default(), None).expect("a store"));
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Finished).await;
    let folder = house.data().join("runs").join(run.as_str());
    house.until("its upload", async |_: &Engine| manifest_in(&folder)).await;
    house.terminate(&cluster).await;
    let engine = house.engine().await;
    let keys = serde_json::json!({ "name": "own", "aws": { "access_key_id": "AKIA1", "secret_access_key": "s" } });
    let keys = serde_json::from_value(keys).expect("a set");
    let keys = engine.save_credentials(&owner(), None, keys, false).await.expect("saved");
    let new = serde_json::json!({ "address": "s3://own-results", "region": "eu-central-1", "credentials": keys.id });
    let new = serde_json::from_value(new).expect("a store");
    engine.use_results_store(&owner(), new, false).await.expect("saved");
    (house, run)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stored_again_is_verified_where_it_is_though_its_owner_has_a_store_by_now() {
    let place = tempfile::tempdir().expect("a folder");
    let (mut house, run) = stored_before_its_owner_had_a_store(place.path()).await;
    let engine = house.engine().await;
    let row = engine.store().run(&run).await.expect("its row").run;
    // It cannot be stored again now.
    let record = place.path().join(jac_artefacts::run_prefix(&run, row.created_ms)).join("run.json");
    std::fs::remove_file(&record).expect("removed");
    std::fs::create_dir(&record).expect("a folder");
    std::fs::write(record.join("in-the-way"), "").expect("written");
    engine.tag_run(&run, vec!["night".to_owned()]).await.expect("tagged");
    let has_failed = async |engine: &Engine| {
        let row = engine.store().run(&run).await.expect("its row").run;
        engine.archive_view(&row).filter(|view| view.phase == ArchivePhase::Failed)
    };
    let view = house.until("the failed upload", has_failed).await;
    let verified = engine.verify_archive(&run).await.expect("an answer").expect("at once");
    assert!(verified.is_stored && verified.address.starts_with("file://"), "{verified:?}");
    assert!(view.address.starts_with("file://"), "{view:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stored_run_whose_manifest_cannot_be_read_now_goes_to_no_other_store() {
    let place = tempfile::tempdir().expect("a folder");
    let (mut house, run) = stored_before_its_owner_had_a_store(place.path()).await;
    let folder = house.data().join("runs").join(run.as_str());
    let engine = house.engine().await;
    let manifest = std::fs::read(folder.join(MANIFEST)).expect("its manifest");
    std::fs::remove_file(folder.join(MANIFEST)).expect("removed");
    std::fs::create_dir(folder.join(MANIFEST)).expect("a folder in its place");
    engine.tag_run(&run, vec!["night".to_owned()]).await.expect("tagged");
    // More than one try.
    sleep(Duration::from_secs(60)).await;
    let row = engine.store().run(&run).await.expect("its row").run;
    let view = engine.archive_view(&row).expect("its way");
    assert!(view.address.starts_with("file://") && view.phase == ArchivePhase::Failed, "{view:?}");
    assert_eq!(view.code.as_deref(), Some("artefacts_file_unreadable"));
    std::fs::remove_dir(folder.join(MANIFEST)).expect("removed");
    std::fs::write(folder.join(MANIFEST), manifest).expect("put back");
    let is_stored = async |engine: &Engine| engine.archive_view(&row).filter(|view| view.phase == ArchivePhase::Stored);
    let view = house.until("the new record", is_stored).await;
    assert!(view.address.starts_with("file://"), "{view:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_folder_cannot_be_read_now_is_not_taken_for_deleted() {
    let place = tempfile::tempdir().expect("a folder");
    let (mut house, run) = stored_before_its_owner_had_a_store(place.path()).await;
    let folder = house.data().join("runs").join(run.as_str());
    let away = house.data().join("away");
    let engine = house.engine().await;
    engine.tag_run(&run, vec!["night".to_owned()]).await.expect("tagged");
    std::fs::rename(&folder, &away).expect("moved away");
    // Opening it fails, and not because nothing is there.
    std::os::unix::fs::symlink(&folder, &folder).expect("a link to itself");
    let row = engine.store().run(&run).await.expect("its row").run;
    let has_failed =
        async |engine: &Engine| engine.archive_view(&row).filter(|view| view.phase == ArchivePhase::Failed);
    let view = house.until("the failed upload", has_failed).await;
    assert_eq!(view.code.as_deref(), Some("artefacts_file_unreadable"));
    std::fs::remove_file(&folder).expect("removed");
    // The disk is there, the folder is not: its row says that nobody deleted it.
    sleep(Duration::from_secs(60)).await;
    std::fs::rename(&away, &folder).expect("moved back");
    let is_stored = async |engine: &Engine| engine.archive_view(&row).filter(|view| view.phase == ArchivePhase::Stored);
    house.until("the new record", is_stored).await;
}
