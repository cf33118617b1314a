//! How the engine handles a search target that loses rows, has them twice, rejects them, or disconnects: with a simulated one, and
//! paused time.

use async_trait::async_trait;
use jac_artefacts::{ArtefactStore, Location, Options};
use jac_engine::clock::SystemClock;
use jac_engine::tools::ToolSettings;
use jac_engine::{Engine, Parts, Settings, Shipment};
use jac_model::search::{
    Cursor, RefusedRow, SampleLog, SampleMatches, SampleQuery, SampleTarget, ShipmentState, ShippedRun, Step,
    TargetError, TargetInfo, TargetKind, TargetTest,
};
use jac_model::{EpochMs, Run, RunId};
use jac_store::{DataFolder, Store, Vault};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const ROWS: u64 = 40;
const LIMIT: Duration = Duration::from_secs(3600);

/// A target that counts how often it has each row.
#[derive(Default)]
struct Simulated {
    kept: Mutex<Kept>,
    faults: Mutex<Vec<Fault>>,
}

#[derive(Default)]
struct Kept {
    rows: HashMap<(RunId, u64), u32>,
    shipped: u32,
    deleted: u32,
    /// It deletes nothing.
    refuses_deletions: bool,
    /// The maximum number of logs that were open at a time.
    most_open: usize,
    /// Logs that are being read, or wait in the middle.
    open: usize,
}

/// The fault of each successive call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// It acknowledges every fifth row but does not store it.
    Loses,
    /// It stores every fifth row twice.
    Doubles,
    /// It has documents of the run that were not shipped.
    Foreign,
    /// It rejects every fifth row.
    Refuses,
    /// It accepts nothing, and waits forever.
    Hangs,
    /// It accepts a piece of the log, and waits forever.
    HangsBehind,
    /// It fails after some batches whose rejected rows were reported.
    BreaksOff,
    /// Its code panics in the middle of a log.
    Panics,
}

impl Simulated {
    fn with(faults: &[Fault]) -> Arc<Self> {
        let mut faults = faults.to_vec();
        faults.reverse();
        Arc::new(Self { kept: Mutex::default(), faults: Mutex::new(faults) })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a log that is open.
struct Open<'a>(&'a Simulated);

impl<'a> Open<'a> {
    fn of(target: &'a Simulated) -> Self {
        let mut kept = target.kept();
        kept.open += 1;
        kept.most_open = kept.most_open.max(kept.open);
        drop(kept);
        Self(target)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.kept().open -= 1;
    }
}

#[async_trait]
impl SampleTarget for Simulated {
    fn info(&self) -> TargetInfo {
        TargetInfo {
            name: "simulated".to_owned(),
            kind: TargetKind::Elasticsearch,
            address: String::new(),
            index_pattern: String::new(),
            dashboards: None,
        }
    }

    fn dashboard_url(&self, run: &RunId, from_ms: EpochMs, to_ms: EpochMs) -> Option<String> {
        Some(format!("{run} {from_ms} {to_ms}"))
    }

    fn counts(&self) -> bool {
        true
    }

    async fn test(&self) -> Result<TargetTest, TargetError> {
        Err(TargetError::new("search_unreachable", "It is simulated."))
    }

    /// A row is a line; its position is its ID.
    async fn ship(&self, run: &ShippedRun, from: Cursor, log: &dyn SampleLog) -> Result<Cursor, TargetError> {
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or(Fault::None);
        self.kept().shipped += 1;
        let _open = Open::of(self);
        if fault == Fault::HangsBehind {
            log.read_at(0, 100).await?;
            std::future::pending::<()>().await;
        }
        if fault == Fault::Panics {
            log.read_at(0, 100).await?;
            panic!("planned");
        }
        if fault == Fault::Hangs {
            std::future::pending::<()>().await;
        }
        let mut text = Vec::new();
        loop {
            let piece = log.read_at(text.len() as u64, 100).await?;
            if piece.is_empty() && !log.grows().await {
                break;
            }
            text.extend(piece);
        }
        let mut cursor = from;
        let mut place = 0;
        for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let row = place;
            place += line.len() as u64;
            if number == 0 || cursor.row.is_some_and(|known| row <= known) {
                continue;
            }
            let is_fifth = number % 5 == 0;
            let refuses = is_fifth && matches!(fault, Fault::Refuses | Fault::BreaksOff);
            let loses = is_fifth && fault == Fault::Loses;
            if !refuses && !loses {
                let mut kept = self.kept();
                let times = kept.rows.entry((run.id.clone(), row)).or_insert(0);
                *times = (*times).max(1) + u32::from(is_fifth && fault == Fault::Doubles);
            }
            if fault == Fault::Foreign {
                self.kept().rows.insert((run.id.clone(), 1_000_000 + row), 1);
            }
            cursor = Cursor {
                row: Some(row),
                rows: cursor.rows + 1,
                shipped: cursor.shipped + u64::from(!refuses),
                refused: cursor.refused + u64::from(refuses),
                newest_ms: Some(5),
            };
            let refused = RefusedRow {
                id: row.to_string(),
                status: 400,
                reason: "a reason".to_owned(),
                document: "{}".to_owned(),
            };
            log.keep(Step { cursor, refused: refuses.then_some(refused).into_iter().collect() }).await?;
            if fault == Fault::BreaksOff && number as u64 > ROWS / 2 {
                return Err(TargetError::new("search_failed", "It broke off."));
            }
        }
        Ok(cursor)
    }

    async fn count(&self, run: &RunId) -> Result<u64, TargetError> {
        Ok(self.kept().rows.iter().filter(|((of, _), _)| of == run).map(|(_, times)| u64::from(*times)).sum())
    }

    async fn search(&self, _: &SampleQuery) -> Result<SampleMatches, TargetError> {
        Err(TargetError::new("search_unreachable", "It is simulated."))
    }

    async fn delete_doubles(&self, _: &RunId) -> Result<u64, TargetError> {
        let mut deleted = 0;
        for times in self.kept().rows.values_mut() {
            deleted += u64::from(*times - 1);
            *times = 1;
        }
        Ok(deleted)
    }

    async fn delete(&self, _: &RunId) -> Result<u64, TargetError> {
        let mut kept = self.kept();
        if kept.refuses_deletions {
            return Err(TargetError::new("search_unreachable", "It is away."));
        }
        kept.deleted += 1;
        Ok(kept.rows.drain().count() as u64)
    }
}

/// A data folder with a finished run.
struct House {
    folder: tempfile::TempDir,
    run: RunId,
}

impl House {
    async fn new() -> Self {
        let house = Self { folder: tempfile::tempdir().expect("a folder"), run: "r-33333333".parse().expect("an id") };
        let folder = DataFolder::open(house.folder.path()).expect("it opens");
        let store = Store::open(&folder.database()).await.expect("a database");
        house.add_run(&store, &house.run, "finished").await;
        house
    }

    /// A run with its log.
    async fn add_run(&self, store: &Store, id: &RunId, phase: &str) {
        let run: Run = serde_json::from_value(json!({
            "id": id, "name": "evening", "plan_id": "p-22222222", "plan_name": "shop", "cluster_id": "c-22222222",
            "cluster_name": "c", "owner": { "id": "admin", "name": "Administrator" }, "phase": phase, "step": "",
            "cause": { "kind": "completed" }, "criteria": [], "created_ms": 1, "started_ms": 100_000, "ended_ms": 200_000,
            "expected_s": null, "stop_requested": null, "stop_requested_by": null, "nodes": [], "properties": {},
            "properties_files": [], "split": [], "workers": 1, "total_threads": null, "stop_timeout_s": 30, "notes": [], "steps": [],
            "shutdown_port": null, "provider": "local",
        }))
        .expect("a run");
        store.insert_run(&run).await.expect("written");
        let folder = self.folder.path().join("runs").join(id.as_str());
        std::fs::create_dir_all(&folder).expect("a folder");
        let rows: String = (0..ROWS).map(|row| format!("{},1,a,true\n", 1_700_000_000_000 + row)).collect();
        std::fs::write(folder.join("results.jtl"), format!("timeStamp,elapsed,label,success\n{rows}"))
            .expect("written");
    }

    /// The database, opened in addition to the engine.
    async fn store(&self) -> Store {
        let folder = DataFolder::open(self.folder.path()).expect("it opens");
        Store::open(&folder.database()).await.expect("a database")
    }

    async fn engine(&self, target: &Arc<Simulated>) -> Engine {
        self.engine_with(target, None).await
    }

    async fn engine_with(&self, target: &Arc<Simulated>, artefacts: Option<ArtefactStore>) -> Engine {
        let folder = DataFolder::open(self.folder.path()).expect("it opens");
        // It is available when the last owner of the previous engine is dropped.
        let lock = loop {
            match folder.lock() {
                Ok(lock) => break lock,
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        };
        let store = Store::open(&folder.database()).await.expect("a database");
        let vault = Arc::new(Vault::open(&folder, store.clone(), None, [7; 32]).expect("a vault"));
        let tools = ToolSettings::default();
        let parts = Parts {
            folder,
            lock,
            store,
            vault,
            clock: Arc::new(SystemClock),
            clouds: HashMap::new(),
            tools,
            settings: Settings::default(),
            artefacts,
            integrations: jac_engine::IntegrationTargets::default(),
        };
        let engine = Engine::start(parts).await.expect("it starts");
        engine.use_search_targets(vec![Arc::clone(target) as Arc<dyn SampleTarget>]).await.expect("it ships");
        engine
    }

    /// Ships the run, and returns the shipment at its end.
    async fn ship(&self, engine: &Engine) -> Shipment {
        engine.ship_run(&self.run, None).await.expect("begun");
        self.end(engine).await
    }

    async fn end(&self, engine: &Engine) -> Shipment {
        let ended = async {
            loop {
                let shipments = engine.shipments(&self.run).await.expect("read");
                match shipments.into_iter().find(|shipment| shipment.state.is_final()) {
                    Some(shipment) => return shipment,
                    None => sleep(Duration::from_millis(100)).await,
                }
            }
        };
        timeout(LIMIT, ended).await.expect("in time")
    }
}

#[tokio::test(start_paused = true)]
async fn lost_doubled_and_foreign_documents_are_corrected_and_both_numbers_are_reported() {
    for (faults, shipped, deleted) in [
        (&[Fault::None][..], 1, 0),
        (&[Fault::Doubles], 1, 0),
        (&[Fault::Loses], 2, 0),
        (&[Fault::Foreign], 2, 1),
        (&[Fault::BreaksOff, Fault::None], 2, 0),
    ] {
        let house = House::new().await;
        let target = Simulated::with(faults);
        let engine = house.engine(&target).await;
        let end = house.ship(&engine).await;
        if faults[0] == Fault::BreaksOff {
            assert_eq!((end.state, end.rows, end.refused), (ShipmentState::Incomplete, ROWS, 4), "{end:?}");
        } else {
            assert_eq!(
                (end.state, end.rows, end.counted),
                (ShipmentState::Complete, ROWS, Some(ROWS)),
                "{faults:?}: {end:?}"
            );
            assert_eq!(end.trouble, None);
        }
        let calls = {
            let kept = target.kept();
            (kept.shipped, kept.deleted)
        };
        assert_eq!(calls, (shipped, deleted), "{faults:?}");
        assert_eq!(end.dashboard_url.as_deref(), Some("r-33333333 40000 260000"), "a minute around the run");
        engine.shut_down().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_shipment_that_panics_is_started_again_and_counted() {
    let house = House::new().await;
    let target = Simulated::with(&[Fault::Panics, Fault::Panics, Fault::None]);
    let engine = house.engine(&target).await;
    let end = house.ship(&engine).await;
    assert_eq!((end.state, end.rows, end.counted), (ShipmentState::Complete, ROWS, Some(ROWS)), "{end:?}");
    let notices = engine.notices();
    let panicked: Vec<_> = notices.iter().filter(|notice| notice.code == "task_panicked").collect();
    assert_eq!((panicked.len(), panicked[0].count), (1, 2), "{panicked:?}");
    assert_eq!(panicked[0].params["task"], "the shipping of run r-33333333 to simulated");
    assert_eq!(engine.figures().await.expect("figures").tasks["shipping"].panics, 2);
    engine.shut_down().await;
}

#[tokio::test(start_paused = true)]
async fn a_target_that_keeps_losing_rows_is_reported_and_can_be_shipped_to_again() {
    let house = House::new().await;
    let target = Simulated::with(&[Fault::Loses, Fault::Loses]);
    let engine = house.engine(&target).await;
    let end = house.ship(&engine).await;
    assert_eq!((end.state, end.counted), (ShipmentState::Incomplete, Some(ROWS - ROWS / 5)));
    assert_eq!(end.trouble.map(|trouble| trouble.code), Some("search_miscounted".to_owned()));
    assert_eq!(house.ship(&engine).await.state, ShipmentState::Complete);
    assert_eq!(engine.delete_shipped(&house.run, Some("simulated")).await.expect("deleted"), ROWS);
    assert_eq!(engine.shipments(&house.run).await.expect("read"), []);
    assert!(engine.ship_run(&house.run, Some("another")).await.is_err());
    engine.shut_down().await;
}

#[tokio::test(start_paused = true)]
async fn documents_that_could_not_be_deleted_are_still_known() {
    let house = House::new().await;
    let target = Simulated::with(&[]);
    let engine = house.engine(&target).await;
    assert_eq!(house.ship(&engine).await.state, ShipmentState::Complete);
    target.kept().refuses_deletions = true;
    assert_eq!(engine.delete_shipped(&house.run, None).await.expect_err("it is away").code(), "search_unreachable");
    let left = engine.shipments(&house.run).await.expect("read").remove(0);
    assert_eq!((left.state, left.rows), (ShipmentState::Incomplete, ROWS));
    assert_eq!(left.trouble.map(|trouble| trouble.code), Some("search_not_deleted".to_owned()));
    target.kept().refuses_deletions = false;
    assert_eq!(engine.delete_shipped(&house.run, None).await.expect("deleted"), ROWS);
    assert_eq!(engine.shipments(&house.run).await.expect("read"), []);
    engine.shut_down().await;
}

#[tokio::test]
async fn a_shipment_has_one_task_however_often_it_is_begun() {
    let house = House::new().await;
    let target = Simulated::with(&[]);
    let engine = house.engine(&target).await;
    for turn in 0..60 {
        engine.ship_run(&house.run, None).await.expect("begun");
        // Each time a little later in the task's work.
        for _ in 0..turn % 50 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(house.end(&engine).await.state, ShipmentState::Complete);
    let most_open = target.kept().most_open;
    assert_eq!(most_open, 1);
    engine.shut_down().await;
}

#[tokio::test(start_paused = true)]
async fn rows_that_a_run_has_and_nobody_shipped_are_missed() {
    let house = House::new().await;
    let target = Simulated::with(&[]);
    let engine = house.engine(&target).await;
    let folder = house.folder.path().join("runs").join(house.run.as_str());
    let log = folder.join("results.jtl");
    let statistics = jac_logs::read_logs(&[jac_logs::Input::File(log)], &jac_jtl::Settings::default(), &mut |_| {
        std::ops::ControlFlow::Continue(())
    });
    let mut summary = serde_json::to_value(statistics.expect("read").summary()).expect("JSON");
    summary["total"]["samples"] = (ROWS + 1).into();
    std::fs::write(folder.join("summary.json"), summary.to_string()).expect("written");
    let end = house.ship(&engine).await;
    assert_eq!((end.state, end.counted, target.kept().deleted), (ShipmentState::Incomplete, Some(ROWS), 1), "{end:?}");
    assert_eq!(end.trouble.map(|trouble| trouble.code), Some("search_miscounted".to_owned()));
    engine.shut_down().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_deleted_is_not_shipped_any_more_and_one_that_hangs_is_tried_again_by_hand() {
    let house = House::new().await;
    let target = Simulated::with(&[Fault::Hangs, Fault::Hangs]);
    let engine = house.engine(&target).await;
    let until = async |times: u32| {
        while target.kept().shipped < times {
            sleep(Duration::from_millis(10)).await;
        }
    };
    engine.ship_run(&house.run, None).await.expect("begun");
    timeout(LIMIT, until(1)).await.expect("it is tried");
    engine.ship_run(&house.run, None).await.expect("tried again");
    timeout(LIMIT, until(2)).await.expect("it is tried again");
    engine.delete_run(&house.run).await.expect("deleted");
    let over = async {
        while Arc::strong_count(&target) > 2 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LIMIT, over).await.expect("nobody ships it any more");
    assert_eq!(target.kept().shipped, 2);
    engine.shut_down().await;
}

#[tokio::test(start_paused = true)]
async fn refused_rows_are_in_a_file_once_each_also_over_a_restart() {
    let house = House::new().await;
    let target = Simulated::with(&[Fault::BreaksOff, Fault::Refuses]);
    let engine = house.engine(&target).await;
    engine.ship_run(&house.run, None).await.expect("begun");
    while target.kept().shipped < 1 {
        sleep(Duration::from_millis(10)).await;
    }
    sleep(Duration::from_secs(1)).await;
    engine.shut_down().await;
    drop(engine);
    // What a crash would leave: rows that were written, without the updated cursor.
    let file = house.folder.path().join("runs").join(house.run.as_str()).join("search/simulated.refused.ndjson");
    let kept = std::fs::read_to_string(&file).expect("the file");
    assert_eq!(kept.lines().count(), 4);
    std::fs::write(&file, format!("{kept}{{\"id\":\"half a li")).expect("written");
    let engine = house.engine(&target).await;
    let end = house.end(&engine).await;
    assert_eq!((end.state, end.refused, end.counted), (ShipmentState::Incomplete, ROWS / 5, Some(ROWS - ROWS / 5)));
    assert_eq!(end.trouble.map(|trouble| trouble.code), Some("search_rows_refused".to_owned()));
    assert_eq!(end.refused_file.as_deref(), Some("search/simulated.refused.ndjson"));
    let text = std::fs::read_to_string(&file).expect("the file");
    let ids: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].as_str().expect("an id").to_owned()
        })
        .collect();
    let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len() as u64, distinct.len() as u64), (ROWS / 5, ROWS / 5));
    engine.shut_down().await;
}

#[tokio::test]
async fn an_import_that_was_interrupted_before_its_shipping_began_is_shipped_at_the_next_start() {
    let house = House::new().await;
    let target = Simulated::with(&[]);
    let engine = house.engine(&target).await;
    assert!(engine.shipments(&house.run).await.expect("read").is_empty(), "nobody has asked for it");
    engine.shut_down().await;
    drop(engine);
    // A crash after the run was moved into place, and one before that.
    let marks = house.folder.path().join("runs-imported");
    std::fs::create_dir_all(&marks).expect("a folder");
    for run in [house.run.as_str(), "r-44444444"] {
        std::fs::write(marks.join(run), "").expect("written");
    }
    let engine = house.engine(&target).await;
    let end = house.end(&engine).await;
    assert_eq!((end.state, end.counted), (ShipmentState::Complete, Some(ROWS)));
    assert_eq!(std::fs::read_dir(&marks).expect("the folder").count(), 0);
    engine.shut_down().await;
}

#[tokio::test]
async fn refused_rows_go_to_the_store_once_the_shipment_has_ended_and_leave_it_when_there_are_none_any_more() {
    let house = House::new().await;
    let target = Simulated::with(&[Fault::Refuses]);
    let place = tempfile::tempdir().expect("a folder");
    let location = Location::parse(&format!("file://{}", place.path().display())).expect("an address");
    let store = ArtefactStore::new(&location, &Options::default(), None).expect("a store");
    let engine = house.engine_with(&target, Some(store)).await;
    let folder = house.folder.path().join("runs").join(house.run.as_str());
    let name = "search/simulated.refused.ndjson";
    let is_stored = || {
        let manifest = jac_engine::archive::manifest_in(&folder);
        manifest.map(|manifest| manifest.object(name).map(|object| object.bytes))
    };
    assert_eq!(house.ship(&engine).await.state, ShipmentState::Incomplete);
    let bytes = std::fs::metadata(folder.join(name)).expect("the file").len();
    until(|| is_stored() == Some(Some(bytes))).await;
    assert_eq!(house.ship(&engine).await.state, ShipmentState::Complete);
    until(|| is_stored() == Some(None)).await;
    assert!(!folder.join(name).exists());
    engine.shut_down().await;
}

async fn until(what: impl Fn() -> bool) {
    let seen = async {
        while !what() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(60), seen).await.expect("in time");
}

#[tokio::test(start_paused = true)]
async fn a_backfill_waits_while_an_active_run_is_behind() {
    let house = House::new().await;
    let target = Simulated::with(&[Fault::HangsBehind]);
    let engine = house.engine(&target).await;
    let live: RunId = "r-44444444".parse().expect("an id");
    house.add_run(&house.store().await, &live, "running").await;
    engine.ship_run(&live, None).await.expect("begun");
    until(|| target.kept().open == 1).await;
    engine.ship_run(&house.run, None).await.expect("begun");
    until(|| target.kept().open == 2).await;
    sleep(Duration::from_secs(600)).await;
    assert_eq!(target.kept().rows.len(), 0, "the backfill has shipped while the live run was behind");
    // The live run catches up, and then the other continues, although the live one has not ended.
    engine.ship_run(&live, None).await.expect("tried again");
    assert_eq!(house.end(&engine).await.state, ShipmentState::Complete);
    assert_eq!(engine.shipments(&live).await.expect("read")[0].state, ShipmentState::Shipping);
    engine.shut_down().await;
}

#[tokio::test(start_paused = true)]
async fn runs_that_end_while_a_target_is_away_do_not_all_keep_their_logs_open() {
    let house = House::new().await;
    let target = Simulated::with(&[Fault::Hangs; 40]);
    let engine = house.engine(&target).await;
    let store = house.store().await;
    let ids: Vec<RunId> =
        "23456789bcdf".chars().map(|letter| format!("r-4444444{letter}").parse().expect("an id")).collect();
    for id in &ids {
        house.add_run(&store, id, "running").await;
        engine.ship_run(id, None).await.expect("begun");
    }
    until(|| target.kept().open == 12).await;
    for id in &ids {
        let end = |run: &mut Run| {
            run.phase = jac_model::RunPhase::Finished;
            Ok::<_, jac_store::StoreError>(())
        };
        store.update_run(id, end).await.expect("written");
    }
    until(|| target.kept().open == 8).await;
    sleep(Duration::from_secs(600)).await;
    assert_eq!(target.kept().open, 8);
    // A backfill waits for its own turns.
    engine.ship_run(&house.run, None).await.expect("begun");
    until(|| target.kept().open == 9).await;
    engine.shut_down().await;
}

#[tokio::test(start_paused = true)]
async fn a_shipment_whose_target_is_not_configured_any_more_is_reported_left_alone_and_can_be_removed() {
    let house = House::new().await;
    let target = Simulated::with(&[Fault::Hangs]);
    let engine = house.engine(&target).await;
    house.store().await.add_shipment(&house.run, "removed", 1).await.expect("written");
    let shipments = engine.shipments(&house.run).await.expect("read");
    let trouble = shipments[0].trouble.as_ref().map(|trouble| trouble.code.as_str());
    assert_eq!((shipments[0].target_info.as_ref(), trouble), (None, Some("search_target_removed")));
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(target.kept().shipped, 0);
    assert!(engine.ship_run(&house.run, Some("removed")).await.is_err(), "nobody can ship there");
    assert!(engine.delete_shipped(&house.run, Some("never-there")).await.is_err());
    assert_eq!(engine.delete_shipped(&house.run, Some("removed")).await.expect("forgotten"), 0);
    assert_eq!(engine.shipments(&house.run).await.expect("read"), []);
    engine.shut_down().await;
}
