//! What could lose a result: a database that is older than the folder, a full disk, a slow line, a spool that differs, a
//! network that fails while a run is prepared, files that change during a run.

use crate::faults::{Planned, Side, Trouble, Which};
use crate::house::{House, all, waiting};
use crate::world::owner;
use jac_engine::runs::KeptFile;
use jac_engine::view::Snapshot;
use jac_model::{Cause, ClusterId, ClusterPhase, Named, RunId, RunPhase, StopMode};
use jac_store::{ClusterFilter, PlanFilter, RunFilter};
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A finished run, and its cluster.
async fn finished(house: &mut House) -> (ClusterId, RunId) {
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.cause, Some(Cause::Completed));
    (cluster, run)
}

/// A complete copy of the current database.
fn backup(house: &House) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let parts = ["jac.db", "jac.db-wal"].map(|name| house.data().join(name));
    parts.into_iter().filter_map(|path| Some((path.clone(), std::fs::read(path).ok()?))).collect()
}

fn put_back(house: &House, backup: &[(std::path::PathBuf, Vec<u8>)]) {
    for name in ["jac.db", "jac.db-wal", "jac.db-shm"] {
        drop(std::fs::remove_file(house.data().join(name)));
    }
    for (path, bytes) in backup {
        std::fs::write(path, bytes).expect("written");
    }
}

fn codes_of(engine: &jac_engine::Engine) -> Vec<&'static str> {
    codes(engine.notices())
}

fn codes(notices: Vec<jac_engine::Notice>) -> Vec<&'static str> {
    notices.into_iter().map(|notice| notice.code).collect()
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_older_than_the_folder_loses_no_run_and_no_plan() {
    for when in ["before all", "in mid-run"] {
        let mut house = House::new();
        let mut older = Vec::new();
        if when == "before all" {
            house.engine().await;
            house.crash().await;
            older = backup(&house);
        }
        let cluster = house.cluster(1).await;
        let run = house.run(&cluster).await;
        if when == "in mid-run" {
            house.until_run(&run, RunPhase::Running).await;
            older = backup(&house);
        }
        house.until_run(&run, RunPhase::Finished).await;
        let plan = house.upload().await;
        let (log, row) = (house.log(&run), house.engine().await.store().run(&run).await.expect("its row"));
        house.terminate(&cluster).await;
        house.crash().await;
        let strange = house.data().join("runs/r-0000000000000000");
        std::fs::create_dir_all(&strange).expect("a folder");
        std::fs::write(strange.join("results.jtl"), "measured by somebody").expect("written");
        std::fs::create_dir_all(house.data().join("runs/r-0000000000000001")).expect("an empty one");
        let waiting_for_ever = house.data().join("runs/r-0000000000000002");
        std::fs::create_dir_all(&waiting_for_ever).expect("a folder");
        let fifo = Command::new("mkfifo").arg(waiting_for_ever.join("run.json")).status().expect("mkfifo");
        assert!(fifo.success());
        std::fs::write(house.data().join("runs/notes.txt"), "somebody's").expect("written");
        put_back(&house, &older);

        let engine = house.engine().await;
        let restored = engine.store().run(&run).await.expect("it is in the list again");
        assert_eq!(restored, row, "{when}");
        assert!(log.len() > 1000 && house.log(&run) == log, "{when}");
        assert_eq!(house.report(&run).await.expect("its report").summary.total.samples, 50, "{when}");
        assert!(!snapshot(&engine, &run).await.points.is_empty(), "{when}: its charts");
        assert_eq!(engine.store().plan(&plan).await.expect("the plan").files.len(), 1, "{when}");
        assert!(!strange.exists() && house.data().join("lost/r-0000000000000000/results.jtl").is_file(), "{when}");
        assert!(!waiting_for_ever.exists() && house.data().join("lost/notes.txt").is_file(), "{when}");
        assert!(!house.data().join("lost/r-0000000000000001").exists(), "{when}: an empty folder loses nothing");
        let codes = codes(engine.notices());
        assert!(codes.contains(&"moved_to_lost") && codes.contains(&"results_restored"), "{when}: {codes:?}");
        // Deleted runs stay deleted.
        engine.delete_run(&run).await.expect("deleted");
        let gone = plan.clone();
        waiting(&engine, move |engine| engine.delete_plan(&gone)).await.expect("deleted");
        drop(engine);
        house.crash().await;
        let engine = house.engine().await;
        assert!(engine.store().run(&run).await.is_err() && engine.store().plan(&plan).await.is_err(), "{when}");
        assert_eq!(codes_of(&engine), ["moved_to_lost"; 3], "{when}: reported until somebody has checked it");
        let blobs = walk(&house.data().join("blobs"));
        assert_eq!(blobs, 0, "{when}: no unreferenced content");
    }
}

pub fn walk(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { 1 }).sum()
}

#[tokio::test(start_paused = true)]
async fn what_a_deletion_left_is_removed_while_the_server_lives_unless_its_run_is_still_there() {
    let mut house = House::new();
    let (cluster, run) = finished(&mut house).await;
    house.terminate(&cluster).await;
    // As on a disk that failed: of a run that is gone, of one whose row could not be removed, and an upload.
    let left = |name: &str| {
        let folder = house.data().join("uploads").join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("results.jtl"), "measured").expect("written");
        folder
    };
    let (gone, kept, upload) =
        (left(&format!("deleted-{}", RunId::from_random([7; 8]))), left(&format!("deleted-{run}")), left(".tmp1"));
    house.until("the folder's removal", async |_: &jac_engine::Engine| (!gone.exists()).then_some(())).await;
    assert!(kept.join("results.jtl").is_file() && upload.is_dir());
    // A deletion that got as far as the folder: its run still exists, and so do its results, from the next start on.
    std::fs::remove_dir_all(&kept).expect("removed");
    std::fs::rename(house.data().join("runs").join(run.as_str()), &kept).expect("away");
    house.crash().await;
    assert!(house.report(&run).await.is_ok() && !kept.exists());
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_stops_nothing() {
    let mut house = House::new();
    let (cluster, run) = finished(&mut house).await;
    house.terminate(&cluster).await;
    house.crash().await;
    let database = rusqlite::Connection::open(house.data().join("jac.db")).expect("the database");
    for kind in ["cluster", "plan", "run"] {
        let spoil = format!(
            "UPDATE {kind}_documents SET document = json_set(document, '$.provider', 'moon', '$.phase', 'dreaming', '$.files', 3)"
        );
        database.execute(&spoil, []).expect("written");
        // As a migration leaves a row whose document it cannot read.
        database.execute(&format!("UPDATE {kind}s SET version = 0"), []).expect("written");
    }
    drop(database);
    let engine = house.engine().await;
    assert!(engine.list_clusters(&ClusterFilter::default(), &all()).await.expect("the others").items.is_empty());
    assert!(engine.list_plans(&PlanFilter::default(), &all()).await.expect("the others").items.is_empty());
    assert!(engine.list_runs(&RunFilter::default(), &all()).await.expect("the others").items.is_empty());
    let codes = codes(engine.notices());
    assert_eq!(codes, ["row_unreadable"; 3]);
    assert!(house.data().join("runs").join(run.as_str()).join("results.jtl").is_file(), "its results stay");
    drop(engine);
    let next = house.cluster(1).await;
    house.until_phase(&next, ClusterPhase::Ready).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_cannot_be_read_keeps_no_notification_of_another_waiting() {
    let mut house = House::new();
    house.plan(Planned::new("notify", Which::From(1), Side::Before, Trouble::Refuse("away")));
    let (cluster, run) = finished(&mut house).await;
    house.crash().await;
    let database = rusqlite::Connection::open(house.data().join("jac.db")).expect("the database");
    database.execute("UPDATE run_documents SET document = json_set(document, '$.files', 3)", []).expect("written");
    drop(database);
    house.world.calls().planned.clear();
    let next = house.another_run(&cluster).await;
    house.until_run(&next, RunPhase::Finished).await;
    let world = std::sync::Arc::clone(&house.world);
    house
        .until("the other run's notification", async |_| {
            world.machines().notified.iter().any(|notification| notification.run.id == next).then_some(())
        })
        .await;
    assert!(house.world.machines().notified.iter().all(|notification| notification.run.id != run));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_here_stops_no_test_elsewhere() {
    let mut house = House::new();
    let cluster = house.cluster(2).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Running).await;
    sleep(Duration::from_secs(1)).await;
    // From here on the disk counts as full.
    house.settings.disk_reserve_bytes = u64::MAX;
    house.crash().await;
    let before = house.log(&run).len();
    house
        .until("the alarm", async |engine: &jac_engine::Engine| {
            codes(engine.notices()).contains(&"disk_low").then_some(())
        })
        .await;
    let refused = {
        let (plan, engine) = (house.upload().await, house.engine().await);
        let new = serde_json::json!({ "cluster_id": cluster, "plan_id": plan });
        let new = serde_json::from_value(new).expect("a run");
        waiting(&engine, move |engine| engine.create_run(owner(), new, &|| false)).await
    };
    assert!(matches!(refused, Err(jac_engine::EngineError::Conflict { .. })), "{refused:?}");
    sleep(Duration::from_secs(60)).await;
    let row = house.engine().await.store().run(&run).await.expect("its row").run;
    assert_eq!((row.phase, row.cause), (RunPhase::Running, None), "it has ended there, and waits here");
    assert_eq!(house.log(&run).len(), before, "nothing is written to a disk without room");
    // Somebody frees space.
    house.settings.disk_reserve_bytes = 0;
    house.crash().await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.cause, Some(Cause::Completed));
    assert!(house.log(&run) == house.measured(&run) && house.log(&run).len() > before);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_stays_until_what_still_travels_is_here() {
    let mut house = House::new();
    let cluster = house.cluster(2).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Running).await;
    // Over seven minutes for all of it.
    *house.world.line.lock().expect("no panic") = Some(20);
    sleep(Duration::from_secs(3)).await;
    let begun = Instant::now();
    house.terminate(&cluster).await;
    assert!(begun.elapsed() > Duration::from_secs(180), "{:?}", begun.elapsed());
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert!(matches!(ran.cause, Some(Cause::Stopped { .. })), "{:?}", ran.cause);
    let (log, measured) = (house.log(&run), house.measured(&run));
    assert!(log == measured && log.len() > 4_000, "{} of {}", log.len(), measured.len());
}

#[tokio::test(start_paused = true)]
async fn a_log_that_comes_slower_than_it_grows_holds_no_stop_up() {
    let mut house = House::new();
    let cluster = house.cluster(2).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Running).await;
    *house.world.line.lock().expect("no panic") = Some(20);
    sleep(Duration::from_secs(2)).await;
    house.ask(async |engine| engine.request_stop(&run, StopMode::Graceful, "Administrator").await).await;
    let asked = Instant::now();
    house
        .until("the word to JMeter", async |engine: &jac_engine::Engine| {
            engine.store().run(&run).await.expect("its row").run.stop_sent
        })
        .await;
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    // Meanwhile it is visible.
    let before = snapshot(&house.engine().await, &run).await.seq;
    sleep(Duration::from_secs(5)).await;
    assert!(snapshot(&house.engine().await, &run).await.seq >= before + 4);
    house.world.lose("worker-1");
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert!(matches!(ran.cause, Some(Cause::Stopped { .. })), "{:?}", ran.cause);
    assert!(house.log(&run) == house.measured(&run));
}

#[tokio::test(start_paused = true)]
async fn a_spool_that_is_not_the_masters_log_is_read_again() {
    let mut house = House::new();
    let cluster = house.cluster(2).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Running).await;
    sleep(Duration::from_secs(2)).await;
    let path = house.data().join("runs").join(run.as_str()).join("results.jtl");
    let mut spoilt = std::fs::read(&path).expect("the spool");
    let at = spoilt.windows(4).position(|bytes| bytes == b"true").expect("a sample");
    spoilt.splice(at..at + 4, *b"fals");
    {
        use std::os::unix::fs::FileExt;
        let file = std::fs::File::options().write(true).open(&path).expect("the spool");
        file.write_all_at(&spoilt, 0).expect("written");
    }
    // The data that are read again are the damaged ones.
    house.crash().await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!((ran.cause, ran.notes.len()), (Some(Cause::Completed), 0));
    assert!(house.log(&run) == house.measured(&run));
    let total = house.report(&run).await.expect("its report").summary.total;
    assert_eq!((total.samples, total.errors), (100, 0));
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_away_while_a_run_is_prepared_costs_nothing() {
    for step in
        ["forget worker-1", "equip worker-1", "put worker-1", "start worker-1", "can_connect master", "start master"]
    {
        let mut house = House::new();
        let nth = if step.starts_with("equip") { 2 } else { 1 };
        house.plan(Planned::new(step, Which::Nth(nth), Side::Before, Trouble::Offline(Duration::from_secs(20))));
        let cluster = house.cluster(2).await;
        let run = house.run(&cluster).await;
        let ran = house.until_run(&run, RunPhase::Finished).await;
        assert_eq!(ran.cause, Some(Cause::Completed), "{step}");
        assert!(house.log(&run) == house.measured(&run), "{step}");
        assert_eq!(house.world.calls().happened, 1, "{step}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_while_it_is_prepared_ends_at_once() {
    for step in ["put worker-1", "start worker-1", "can_connect master"] {
        let mut house = House::new();
        house.plan(Planned::new(step, Which::From(1), Side::Before, Trouble::Hang));
        let cluster = house.cluster(2).await;
        let run = house.run(&cluster).await;
        house.until_run(&run, RunPhase::Preparing).await;
        sleep(Duration::from_secs(10)).await;
        house.ask(async |engine| engine.request_stop(&run, StopMode::Graceful, "Administrator").await).await;
        let asked = Instant::now();
        let ran = house.until_run(&run, RunPhase::Finished).await;
        assert!(matches!(ran.cause, Some(Cause::Stopped { .. })), "{step}: {:?}", ran.cause);
        assert!(asked.elapsed() < Duration::from_secs(15), "{step}: {:?}", asked.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn whose_a_plan_is_stays_over_a_restart() {
    let mut house = House::new();
    let plan = house.upload().await;
    let team = Named { id: "t-1".to_owned(), name: "Shop".to_owned() };
    let engine = house.engine().await;
    engine.store().add_team(&team.id, &team.name).await.expect("made");
    engine.set_plan_team(&plan, Some(team.clone())).await.expect("given to a team");
    drop(engine);
    house.crash().await;
    let engine = house.engine().await;
    assert_eq!(engine.store().plan(&plan).await.expect("a plan").team, Some(team));
    assert!(codes_of(&engine).is_empty(), "the row and the folder agree: {:?}", codes_of(&engine));
}

#[tokio::test(start_paused = true)]
async fn a_run_keeps_its_inputs_whatever_happens_to_the_plan() {
    let mut house = House::new();
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    let plan = house.upload().await;
    let engine = house.engine().await;
    let row = engine.store().plan(&plan).await.expect("the plan");
    let was = std::fs::read(engine.plan_file(&row, "p.jmx").expect("its file")).expect("read");
    let change = async |name: &str, content: &[u8]| {
        let mut staging = engine.stage().expect("a place");
        std::fs::write(staging.place(name).expect("a place"), content).expect("written");
        let plan = plan.clone();
        waiting(&engine, move |engine| engine.add_plan_files(&plan, owner(), staging)).await
    };
    // While it runs, or is about to.
    let changed = String::from_utf8(was.clone()).expect("text").replace("testname=\"P\"", "testname=\"Q\"");
    change("p.jmx", changed.as_bytes()).await.expect("changed");
    change("more.csv", b"a\n").await.expect("added");
    let clash = change("more.csv/inside.csv", b"b\n").await;
    assert!(matches!(clash, Err(jac_engine::EngineError::Invalid { code: "file_name", .. })), "{clash:?}");
    waiting(&engine, move |engine| engine.delete_plan(&plan)).await.expect("deleted");
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.cause, Some(Cause::Completed));
    assert_eq!((ran.main_file.as_str(), ran.files.len()), ("p.jmx", 1));
    let (artefact, file) = engine.artefact(&run, "plan/p.jmx").await.expect("what it ran");
    let KeptFile::Plain(mut file, _) = file else { panic!("{file:?}") };
    let mut ran_file = Vec::new();
    file.read_to_end(&mut ran_file).expect("read");
    assert_eq!((artefact.bytes, ran_file), (was.len() as u64, was));
    let versions = ran.versions.expect("what it was measured with");
    assert_eq!((versions.jmeter.as_str(), versions.java), ("5.6.3", vec!["17.0.15".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn uploads_at_once_lose_no_file() {
    let mut house = House::new();
    let plan = house.upload().await;
    let engine = house.engine().await;
    let uploads = (0..8).map(|number| {
        let plan = plan.clone();
        waiting(&engine, move |engine| {
            for turn in 0..5 {
                let mut staging = engine.stage().expect("a place");
                std::fs::write(staging.place(&format!("{number}-{turn}.csv")).expect("a place"), "same")
                    .expect("written");
                engine.add_plan_files(&plan, owner(), staging).expect("added");
            }
        })
    });
    futures_util::future::join_all(uploads).await;
    let row = engine.store().plan(&plan).await.expect("the plan");
    assert_eq!(row.files.len(), 41);
    assert!(row.files.iter().all(|file| file.sha256.as_ref().is_some_and(|hash| hash.len() == 64)));
    assert_eq!(walk(&house.data().join("blobs")), 2, "equal content is kept once");
}

#[tokio::test(start_paused = true)]
async fn a_secret_reaches_jmeter_and_nobody_else_also_over_a_crash() {
    let mut house = House::new();
    let given = [("password", "s3cr3t-one"), ("pin", "s3cr3t-two"), ("host", "shop.example")];
    house.properties = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    house.plan(Planned::new("put worker-1", Which::Nth(1), Side::Before, Trouble::Crash));
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Running).await;
    let node = |name: &str| {
        let machines = house.world.machines();
        let machine = machines.there.iter().find(|((_, node), _)| node == name).expect("it is there").1;
        std::fs::read_to_string(machine.folder.join(format!("runs/{run}/jac.properties"))).expect("its properties")
    };
    for name in ["master", "worker-1"] {
        let properties = node(name);
        assert!(properties.contains("s3cr3t-one") && properties.contains("s3cr3t-two"), "{name}: {properties}");
    }
    let row = house.engine().await.store().run(&run).await.expect("its row").run;
    assert_eq!(row.properties.values().map(String::as_str).collect::<Vec<_>>(), ["shop.example", "***", "***"]);
    house.until_run(&run, RunPhase::Finished).await;
    house.terminate(&cluster).await;
    house.crash().await;
    assert!(holds(&house.data(), b"shop.example"), "the search finds what is there");
    assert!(!holds(&house.data(), b"s3cr3t"), "a secret is in the data folder");
}

async fn snapshot(engine: &jac_engine::Engine, run: &RunId) -> Snapshot {
    let run = run.clone();
    waiting(engine, move |engine| engine.snapshot(&run, 0)).await.expect("a snapshot")
}

/// Whether any file below a folder contains these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        let path = entry.path();
        match path.is_dir() {
            true => holds(&path, bytes),
            false => std::fs::read(&path).expect("read").windows(bytes.len()).any(|window| window == bytes),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn an_extension_moves_the_end_that_counts() {
    let minutes = |count: i64| count * 60_000;
    for (lifetime, idle, end) in [(600, Some(30), 30), (20, Some(30), 20), (600, None, 600)] {
        let mut house = House::new();
        let config =
            jac_model::ClusterConfig { lifetime_minutes: lifetime, idle_minutes: idle, ..crate::house::config(1) };
        let cluster = house.cluster_of(jac_model::Provider::Ec2, config).await;
        let ready = house.until_phase(&cluster, ClusterPhase::Ready).await;
        let end_of = |row: &jac_model::Cluster| row.idle_ends_at_ms().unwrap_or(i64::MAX).min(row.expires_at_ms);
        let before_ms = end_of(&ready);
        assert!((before_ms - ready.created_ms - minutes(end)).abs() < 10_000, "{end}");
        let extended = house.ask(async |engine| engine.extend_cluster(&cluster, 60).await).await.expect("no crash");
        // If the lifetime was the effective end, the idle timeout may be it now; it is not moved without need.
        let expected_ms = before_ms + minutes(60);
        let counted_ms = if end == 20 { extended.expires_at_ms } else { end_of(&extended) };
        assert_eq!(counted_ms, expected_ms, "{lifetime} {idle:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_did_not_come_stays_on_its_machine() {
    let mut house = House::new();
    house.plan(Planned::new("digest master", Which::Nth(1), Side::Before, Trouble::Offline(Duration::from_secs(90))));
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert!(matches!(ran.cause, Some(Cause::Failed { .. })), "nobody could compare it: {:?}", ran.cause);
    let machines = house.world.machines();
    let folder = |node: &str| {
        let machine = machines.there.iter().find(|((_, name), _)| name == node).expect("it is there").1;
        machine.folder.join(format!("runs/{run}"))
    };
    assert!(folder("master").join("results.jtl").is_file());
    assert!(!folder("worker-1").exists(), "the others are clean");
}

#[tokio::test(start_paused = true)]
async fn what_was_restored_is_of_the_team_that_has_its_teams_name_here() {
    let mut house = House::new();
    let (cluster, run) = finished(&mut house).await;
    let plan = house.upload().await;
    let engine = house.engine().await;
    // As in a folder whose database was lost.
    let lost = Named { id: "t-lost".to_owned(), name: "Shop".to_owned() };
    engine.set_run_team(&run, Some(lost.clone())).await.expect("written");
    engine.set_plan_team(&plan, Some(lost.clone())).await.expect("written");
    drop(engine);
    house.terminate(&cluster).await;
    house.crash().await;
    let engine = house.engine().await;
    assert_eq!(engine.store().run(&run).await.expect("its row").run.team, Some(lost), "no team has that name yet");
    engine.store().add_team("t-here", "shop").await.expect("a team");
    drop(engine);
    house.crash().await;
    let engine = house.engine().await;
    let here = Some(Named { id: "t-here".to_owned(), name: "shop".to_owned() });
    assert_eq!(engine.store().run(&run).await.expect("its row").run.team, here);
    assert_eq!(engine.store().plan(&plan).await.expect("its row").team, here);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_run_is_not_known_any_more_terminates() {
    let mut house = House::new();
    let cluster = house.cluster(1).await;
    let engine = house.engine().await;
    let occupy = |cluster: &mut jac_model::Cluster| {
        cluster.current_run = Some("r-77777777".parse().expect("an ID"));
        Ok::<_, jac_store::StoreError>(())
    };
    engine.store().update_cluster(&cluster, occupy).await.expect("written");
    let cause = jac_model::Message::new("requested", "Requested.");
    engine.request_termination(&cluster, cause, "Ada").await.expect("requested");
    drop(engine);
    house.until_phase(&cluster, ClusterPhase::Terminated).await;
}
