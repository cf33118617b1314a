//! Code that panics: each part of the engine is restarted and completes, and the panic is reported.

use crate::faults::{Planned, Side, Trouble, Which};
use crate::house::House;
use jac_artefacts::{ArtefactStore, Location, Options};
use jac_engine::archive::manifest_in;
use jac_model::{Cause, ClusterPhase, RunId, RunPhase};
use std::time::Duration;
use tokio::time::sleep;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn panic_in(name: &str, which: Which) -> Planned {
    Planned::new(name, which, Side::Before, Trouble::Panic)
}

pub async fn reported_panics(house: &mut House) -> Vec<String> {
    let notices = house.engine().await.notices();
    let panics = notices.iter().filter(|notice| notice.code == "task_panicked");
    panics.map(|notice| notice.params["task"].clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_part_that_panics_is_started_again_and_counted() {
    for (name, nth, part) in [
        ("ask for nodes", 1, "the cluster "),
        ("launch", 1, "the cluster "),
        ("equip worker-1", 1, "the cluster "),
        ("list", 3, "the reconciler of ec2"),
        ("clock of reconciler", 5, "reconciling the cluster "),
        ("put worker-1", 1, "the run "),
        ("start master", 1, "the run "),
        ("process master", 5, "the run "),
        ("read_at master", 6, "the run "),
        ("vitals master", 1, "the health of the run "),
        ("digest master", 1, "the run "),
        ("terminate", 1, "the cluster "),
        ("notify", 1, "the notifications to hook"),
    ] {
        let mut house = House::new();
        house.plan(panic_in(name, Which::Nth(nth)));
        let cluster = house.cluster(2).await;
        let run = house.run(&cluster).await;
        let ran = house.until_run(&run, RunPhase::Finished).await;
        assert_eq!(ran.cause, Some(Cause::Completed), "{name}");
        assert!(house.log(&run) == house.measured(&run), "{name}");
        house
            .until("its release", async |engine: &jac_engine::Engine| {
                engine.store().cluster(&cluster).await.ok().filter(|cluster| cluster.current_run.is_none())
            })
            .await;
        house.terminate(&cluster).await;
        assert!(house.world.machines().there.is_empty(), "{name}");
        let reported = reported_panics(&mut house).await;
        assert!(reported.len() == 1 && reported[0].starts_with(part), "{name}: {reported:?}");
        assert_eq!(house.crashes, 0, "{name}: the server continues");
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_panics_each_time_strands_neither_run_nor_cluster() {
    for name in ["put worker-1", "process master", "digest master"] {
        let mut house = House::new();
        house.plan(panic_in(name, Which::From(2)));
        let cluster = house.cluster(2).await;
        let run = house.run(&cluster).await;
        let ran = house.until_run(&run, RunPhase::Finished).await;
        assert!(matches!(ran.cause, Some(Cause::Failed { .. } | Cause::Completed)), "{name}: {:?}", ran.cause);
        house
            .until("its release", async |engine: &jac_engine::Engine| {
                engine.store().cluster(&cluster).await.ok().filter(|cluster| cluster.current_run.is_none())
            })
            .await;
        house.terminate(&cluster).await;
        assert!(house.world.machines().there.is_empty(), "{name}");
    }
    let mut house = House::new();
    house.plan(panic_in("equip worker-1", Which::From(1)));
    let cluster = house.cluster(1).await;
    let ended = house.until_gone(&cluster).await;
    assert_eq!(ended.phase, ClusterPhase::Terminated);
    assert!(house.world.machines().there.is_empty(), "machines that cost money are not kept for a fault of JAC's");
}

/// Two finished runs on a terminated cluster, and an engine that has not seen them.
async fn two_runs(house: &mut House) -> Vec<RunId> {
    let cluster = house.cluster(1).await;
    house.until_phase(&cluster, ClusterPhase::Ready).await;
    let mut runs = Vec::new();
    for _ in 0..2 {
        let run = house.another_run(&cluster).await;
        house.until_run(&run, RunPhase::Finished).await;
        runs.push(run);
    }
    house.terminate(&cluster).await;
    house.crash().await;
    runs
}

/// Checks that a planned panic occurred, was reported for that part and counted once.
async fn assert_counted(house: &mut House, kind: &str, part: &str) {
    let reported = reported_panics(house).await;
    assert!(reported.len() == 1 && reported[0].starts_with(part), "{kind}: {reported:?}");
    let figures = house.engine().await.figures().await.expect("figures").tasks;
    assert_eq!((figures[kind].panics, figures[kind].running), (1, 1), "{kind}: it continues");
    assert_eq!(house.crashes, 1, "{kind}: the server continues");
}

#[tokio::test(start_paused = true)]
async fn a_compression_that_panics_is_done_again_and_keeps_no_other_log_waiting() {
    // At the start of the first log, and after it.
    for nth in [1, 2] {
        let mut house = House::new();
        let runs = two_runs(&mut house).await;
        let logs: Vec<_> =
            runs.iter().map(|run| house.data().join("runs").join(run.as_str()).join("results.jtl")).collect();
        let text = "1700000000000,1,a,200,true\n".repeat(50_000);
        for log in &logs {
            std::fs::write(log, format!("timeStamp,elapsed,label,responseCode,success\n{text}")).expect("written");
        }
        let before = house.world.calls().counts.get("clock of compression").copied().unwrap_or_default();
        house.plan(panic_in("clock of compression", Which::Nth(before + nth)));
        let compressed = |log: &std::path::PathBuf| !log.exists() && log.with_extension("jtl.zst").exists();
        house.until("one of them", async |_: &jac_engine::Engine| logs.iter().any(compressed).then_some(())).await;
        house.until("all", async |_: &jac_engine::Engine| logs.iter().all(compressed).then_some(())).await;
        assert_counted(&mut house, "compression", "the compression of the logs of the run ").await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_panics_is_done_again_and_keeps_no_other_run_waiting() {
    let mut house = House::new();
    let runs = two_runs(&mut house).await;
    let place = tempfile::tempdir().expect("a folder");
    let location = Location::parse(&format!("file://{}", place.path().display())).expect("an address");
    house.artefacts = Some(ArtefactStore::new(&location, &Options::default(), None).expect("a store"));
    house.plan(panic_in("clock of archive", Which::Nth(1)));
    let folders: Vec<_> = runs.iter().map(|run| house.data().join("runs").join(run.as_str())).collect();
    house
        .until("the uploads", async |_: &jac_engine::Engine| {
            folders.iter().all(|folder| manifest_in(folder).is_some()).then_some(())
        })
        .await;
    assert_counted(&mut house, "archive", "the upload of the run ").await;
    let engine = house.engine().await;
    for run in &runs {
        let row = engine.store().run(run).await.expect("its row").run;
        let view = engine.archive_view(&row).expect("its way");
        assert_eq!((view.phase, view.code), (jac_engine::archive::ArchivePhase::Stored, None));
        let verified = engine.verify_archive(run).await.expect("verified").expect("at once");
        assert!(verified.is_stored && verified.missing.is_empty() && verified.different.is_empty(), "{verified:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retention_that_panics_is_done_again_an_hour_later() {
    let mut house = House::new();
    let runs = two_runs(&mut house).await;
    house.settings.runs_days = Some(0);
    house.settings.reconcile_every = HOUR;
    house.plan(panic_in("clock of retention", Which::Nth(1)));
    let engine = house.engine().await;
    let is_there = async |run: &RunId| engine.store().run(run).await.is_ok();
    sleep(HOUR + HOUR / 2).await;
    assert!(is_there(&runs[0]).await && is_there(&runs[1]).await, "it panicked");
    sleep(HOUR).await;
    assert!(!is_there(&runs[0]).await && !is_there(&runs[1]).await);
    drop(engine);
    assert_counted(&mut house, "retention", "the retention").await;
}

#[tokio::test(start_paused = true)]
async fn an_export_that_panics_sends_the_same_points_again() {
    let mut house = House::new();
    house.exports = true;
    house.plan(panic_in("push", Which::Nth(2)));
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Finished).await;
    let pushed = std::sync::Arc::clone(&house.world);
    house
        .until("its last point", async |_: &jac_engine::Engine| {
            pushed.machines().pushed.iter().any(|point| point.is_last).then_some(())
        })
        .await;
    let engine = house.engine().await;
    let view = engine.integrations_view().await.expect("a view").metrics.swap_remove(0);
    assert_eq!((view.sent, view.dropped), (house.world.machines().pushed.len() as u64, 0));
    let reported = reported_panics(&mut house).await;
    assert_eq!(reported, ["the export to meter"]);
}
