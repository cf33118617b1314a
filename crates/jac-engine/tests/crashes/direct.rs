//! Runs with direct results: the workers' logs are merged, and neither a crash nor a lost worker loses a measured
//! row.

use crate::faults::{Planned, Side, Trouble, Which};
use crate::house::House;
use jac_model::{Cause, ClusterId, NodePhase, ResultsChoice, ResultsMode, RunId, RunPhase, StopMode};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::sleep;

const WORKERS: u32 = 3;
const NODES: [&str; 3] = ["worker-1", "worker-2", "worker-3"];

fn house() -> House {
    let mut house = House::new();
    house.results = ResultsChoice::Direct;
    house
}

/// The rows of each node in a log, in their order, without the header, by the prefix of their threads' names.
fn rows(log: &[u8]) -> BTreeMap<String, Vec<String>> {
    let text = std::str::from_utf8(log).expect("a text");
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in text.lines().skip(1) {
        let source = row.split(',').nth(5).and_then(|thread| thread.split_once('-')).expect("a source").0;
        rows.entry(source.to_owned()).or_default().push(row.to_owned());
    }
    rows
}

/// The log has what each of these workers has measured, each row once and in its order, and one header.
fn assert_merged(house: &House, run: &RunId, nodes: &[&str], case: &str) -> usize {
    let log = house.log(run);
    let text = String::from_utf8(log.clone()).expect("a text");
    assert_eq!(text.matches("timeStamp").count(), 1, "{case}");
    let mut expected = BTreeMap::new();
    for node in nodes {
        expected.extend(rows(&house.measured_by(run, node)));
    }
    assert_eq!(expected.len(), nodes.len(), "{case}");
    assert!(rows(&log) == expected, "{case}: rows were lost, doubled or torn");
    text.lines().count() - 1
}

async fn running(house: &mut House) -> (ClusterId, RunId) {
    let cluster = house.cluster(WORKERS).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Running).await;
    sleep(Duration::from_secs(4)).await;
    (cluster, run)
}

/// Runs a plan, and checks for leftovers.
async fn story(planned: &[Planned]) -> House {
    let mut house = house();
    for planned in planned {
        house.plan(planned.clone());
    }
    let case = format!("{planned:?}");
    let cluster = house.cluster(WORKERS).await;
    let run = house.run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!((&ran.cause, ran.results), (&Some(Cause::Completed), ResultsMode::Direct), "{case}");
    assert!(ran.notes.is_empty(), "{case}: {:?}", ran.notes);
    let names: Vec<&str> = ran.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, NODES, "{case}: the master has no part in it");
    let rows = assert_merged(&house, &run, &NODES, &case);
    assert_eq!(rows, 150, "{case}");
    for node in &ran.nodes {
        let log = node.log.expect("its log was checked");
        assert_eq!((log.whole, log.bytes), (true, house.measured_by(&run, &node.name).len() as u64), "{case}");
        assert_eq!((node.state, node.exit_code, node.lost_ms), (NodePhase::Ended, Some(0), None), "{case}");
    }
    let first: Vec<i64> = ran.nodes.iter().map(|node| node.first_sample_ms.expect("its first sample")).collect();
    assert!(first.iter().max() == first.iter().min(), "{case}: {first:?}");
    let report = house.report(&run).await.expect("its report");
    assert_eq!(report.summary.total.samples, rows as u64, "{case}");
    for machine in house.world.machines().there.values() {
        assert!(machine.processes.is_empty(), "{case}: its nodes are clean");
        assert!(!machine.folder.join("runs").join(run.as_str()).exists(), "{case}: its nodes are clean");
    }
    let journal = house.data().join("runs").join(run.as_str()).join("results.sources");
    assert!(!journal.exists() || house.crashes > 0, "{case}: nothing of it is asked for any more");
    house.terminate(&cluster).await;
    house
}

#[tokio::test(start_paused = true)]
async fn the_logs_of_all_workers_become_one() {
    let house = story(&[]).await;
    assert_eq!(house.crashes, 0);
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_step_loses_and_doubles_no_row() {
    let counts = story(&[]).await.world.calls().counts.clone();
    let mut steps = Vec::new();
    for (name, count) in counts.into_iter().filter(|(name, _)| name.ends_with("worker-2") || name == "clock") {
        let tried: Vec<usize> =
            if name == "clock" { (1..=count).step_by(5).collect() } else { vec![1, 2, count / 2, count] };
        let tried: std::collections::BTreeSet<usize> =
            tried.into_iter().filter(|nth| (1..=count).contains(nth)).collect();
        for side in [Side::Before, Side::After].into_iter().filter(|side| name != "clock" || *side == Side::Before) {
            steps.extend(tried.iter().map(|nth| Planned::new(&name, Which::Nth(*nth), side, Trouble::Crash)));
        }
    }
    let mut crashed = 0;
    for step in &steps {
        crashed += usize::from(story(std::slice::from_ref(step)).await.crashes > 0);
    }
    assert!(crashed * 10 >= steps.len() * 9, "only {crashed} of {} crashes happened", steps.len());
}

#[tokio::test(start_paused = true)]
async fn a_try_runs_a_changed_copy_on_one_worker_and_is_in_no_trend() {
    for crash in [None, Some("start worker-1")] {
        let mut house = house();
        (house.try_run, house.min_workers) = (true, Some(2));
        if let Some(name) = crash {
            house.plan(Planned::new(name, Which::Nth(1), Side::After, Trouble::Crash));
        }
        let cluster = house.cluster(WORKERS).await;
        let run = house.run(&cluster).await;
        let ran = house.until_run(&run, RunPhase::Finished).await;
        assert_eq!(
            (&ran.cause, ran.results, ran.workers),
            (&Some(Cause::Completed), ResultsMode::Direct, 1),
            "{ran:?}"
        );
        let names: Vec<&str> = ran.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!((names, ran.total_threads, ran.min_workers), (vec!["worker-1"], Some(1), None));
        assert_eq!((ran.criteria, ran.stop_rules.len()), (vec!["error_percent > 0%".to_owned()], 0));
        assert!(ran.keep.contains(&jac_jmx::FAILURES_FILE.to_owned()), "{:?}", ran.keep);
        let codes: Vec<&str> = ran.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(codes, ["try_plan_changed"], "{:?}", ran.notes);

        // It ran the copy, and the plan is unchanged.
        let engine = house.engine().await;
        let copy = std::fs::read_to_string(house.data().join("runs").join(run.as_str()).join("plan/p.jmx"));
        assert!(copy.expect("its copy").contains(jac_jmx::FAILURES_LISTENER));
        let plan = engine.store().plan(&ran.plan_id).await.expect("the plan");
        let uploaded = std::fs::read_to_string(engine.plan_file(&plan, "p.jmx").expect("its file"));
        assert_eq!(uploaded.expect("read"), crate::house::PLAN);
        assert_ne!(plan.files[0].sha256, ran.files[0].sha256);

        let refused = engine.set_run_baseline(&run, true).await;
        assert!(matches!(refused, Err(jac_engine::EngineError::Invalid { code: "try_run", .. })), "{refused:?}");
        let done = async |engine: &jac_engine::Engine| {
            engine.store().runs_without_metrics(10).await.ok().filter(Vec::is_empty)
        };
        drop(engine);
        house.until("that its figures are no longer searched for", done).await;
        let engine = house.engine().await;
        assert!(engine.trend(&ran.plan_id, None, 10, None).await.expect("a trend").items.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_reaches_all_workers_and_a_forced_one_ends_those_that_do_not_listen() {
    for how in [StopMode::Graceful, StopMode::Force] {
        let mut house = house();
        let (_, run) = running(&mut house).await;
        house.ask(async |engine| engine.request_stop(&run, how, "Ada").await).await;
        let ran = house.until_run(&run, RunPhase::Finished).await;
        assert_eq!(ran.cause, Some(Cause::Stopped { by: "Ada".to_owned(), how }));
        assert!(assert_merged(&house, &run, &NODES, "stopped") < 150);
        assert!(ran.nodes.iter().all(|node| node.log.is_some_and(|log| log.whole)), "{:?}", ran.nodes);
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_cannot_be_killed_changes_nothing_of_what_stopped_the_run() {
    let mut house = house();
    house.plan(Planned::new("kill worker-3", Which::Nth(1), Side::Before, Trouble::Refuse("not now")));
    // The stop command reaches no worker, so all are killed.
    for node in NODES {
        house.plan(Planned::new(&format!("run {node}"), Which::From(1), Side::Before, Trouble::Refuse("not now")));
    }
    let (_, run) = running(&mut house).await;
    house.ask(async |engine| engine.request_stop(&run, StopMode::Force, "Ada").await).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.cause, Some(Cause::Stopped { by: "Ada".to_owned(), how: StopMode::Force }));
}

#[tokio::test(start_paused = true)]
async fn a_lost_worker_ends_the_run_unless_it_may_continue_without() {
    for (min_workers, ends) in [(None, Some("worker_lost")), (Some(3), Some("too_few_workers")), (Some(2), None)] {
        let mut house = house();
        house.min_workers = min_workers;
        let (_, run) = running(&mut house).await;
        // What was read by then is kept.
        let read = house.measured_by(&run, "worker-2");
        house.world.lose("worker-2");
        let ran = house.until_run(&run, RunPhase::Finished).await;
        let case = format!("{min_workers:?}: {:?} {:?}", ran.cause, ran.notes);
        let lost = ran.nodes.iter().find(|node| node.name == "worker-2").expect("its node");
        assert!(lost.lost_ms.is_some() && lost.state == NodePhase::Lost, "{case}");
        assert!(lost.log.is_some_and(|log| !log.whole && log.bytes > 0), "{case}");
        assert!(
            ran.nodes.iter().all(|node| node.name == "worker-2" || node.log.is_some_and(|log| log.whole)),
            "{case}"
        );
        let log = rows(&house.log(&run));
        let of_lost = rows(&read).into_iter().next().expect("its rows");
        assert!(log.get(&of_lost.0).is_some_and(|kept| of_lost.1.starts_with(kept) && !kept.is_empty()), "{case}");
        match (&ran.cause, ends) {
            (Some(Cause::Failed { reason, .. }), Some(code)) => {
                assert_eq!((reason.code.as_str(), &reason.params["node"]), (code, &"worker-2".into()), "{case}");
            }
            (Some(Cause::Completed), None) => {
                let codes: Vec<&str> = ran.notes.iter().map(|note| note.code.as_str()).collect();
                assert_eq!(codes, ["worker_lost", "node_log_lost", "jmeter_logs_missing"], "{case}");
                assert_eq!(log.values().filter(|rows| rows.len() == 50).count(), 2, "{case}");
            }
            _ => panic!("{case}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_of_the_log_that_differs_from_its_workers_log_is_read_again_and_the_others_stay() {
    let mut house = house();
    let (_, run) = running(&mut house).await;
    house.crash().await;
    // As after a disk lost its latest writes: the rows of one worker are different, with the same length.
    let log = String::from_utf8(house.log(&run)).expect("a text");
    let of_one = rows(&house.measured_by(&run, "worker-2")).into_iter().next().expect("its rows").0;
    let damaged: String = log
        .lines()
        .map(
            |row| if row.contains(&of_one) { format!("{}\n", row.replace("Home", "Hume")) } else { format!("{row}\n") },
        )
        .collect();
    assert!(damaged != log);
    std::fs::write(house.data().join("runs").join(run.as_str()).join("results.jtl"), damaged).expect("written");
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.cause, Some(Cause::Completed));
    assert_eq!(assert_merged(&house, &run, &NODES, "damaged"), 150);
    assert!(ran.nodes.iter().all(|node| node.log.is_some_and(|log| log.whole)), "{:?}", ran.nodes);
    let report = house.report(&run).await.expect("its report");
    assert_eq!((report.summary.total.samples, report.summary.labels.len()), (150, 1));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_compared_is_no_whole_one_and_stays_on_its_worker() {
    let mut house = house();
    house.plan(Planned::new("digest worker-2", Which::From(1), Side::Before, Trouble::Refuse("no time for it")));
    let cluster = house.cluster(WORKERS).await;
    let run = house.run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    let whole: Vec<bool> = ran.nodes.iter().map(|node| node.log.expect("it was checked").whole).collect();
    assert_eq!(whole, [true, false, true]);
    let Some(Cause::Failed { reason, .. }) = &ran.cause else { panic!("{:?}", ran.cause) };
    assert_eq!(reason.code, "node_log_unreadable", "{reason:?}");
    let machines = house.world.machines();
    let log = |node: &str| {
        let machine = machines.there.iter().find(|((_, name), _)| name == node).expect("it is there").1;
        machine.folder.join(format!("runs/{run}/results.jtl")).is_file()
    };
    assert_eq!(NODES.map(log), [false, true, false]);
}

#[tokio::test(start_paused = true)]
async fn workers_that_cannot_be_started_in_time_are_started_again_with_more_time() {
    let mut house = house();
    house.plan(Planned::new("start worker-2", Which::Nth(1), Side::Before, Trouble::Offline(Duration::from_secs(4))));
    let cluster = house.cluster(WORKERS).await;
    let run = house.run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.cause, Some(Cause::Completed));
    assert_eq!(rows(&house.log(&run)).values().map(Vec::len).collect::<Vec<_>>(), [50, 50, 50]);
    let first: Vec<Option<i64>> = ran.nodes.iter().map(|node| node.first_sample_ms).collect();
    assert!(first[0].is_some() && first.iter().all(|at| *at == first[0]), "{first:?}");
}
