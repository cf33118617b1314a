//! Faults without a crash: each step is rejected or never answered, machines die, networks fail. Everything
//! ends in the correct state, with its cause and the results so far.

use crate::faults::{Planned, Side, Trouble, Which};
use crate::house::House;
use jac_model::{Cause, ClusterId, ClusterPhase, RunId, RunPhase, StopMode};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const REASON: &str = "the answer is no";

fn sentence(cause: Option<&Cause>) -> String {
    cause.map(Cause::sentence).unwrap_or_default()
}

/// The run has ended, its cluster is free or gone, and once it is terminated nothing is left.
async fn end(house: &mut House, cluster: &ClusterId) {
    house
        .until("the cluster's release", async |engine: &jac_engine::Engine| {
            engine.store().cluster(cluster).await.ok().filter(|cluster| cluster.current_run.is_none())
        })
        .await;
    house.terminate(cluster).await;
    assert!(house.world.machines().there.is_empty());
}

/// A cluster with a run on it that has measured for two seconds.
async fn running(house: &mut House) -> (ClusterId, RunId) {
    let cluster = house.cluster(2).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Running).await;
    sleep(Duration::from_secs(2)).await;
    (cluster, run)
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_is_refused_fails_with_its_cause_and_leaves_nothing() {
    for (name, side) in [
        ("ask for nodes", Side::Before),
        // The answer was lost, but the machines were created.
        ("ask for nodes", Side::After),
        ("launch", Side::Before),
        ("launch", Side::After),
        ("equip master", Side::Before),
        ("equip worker-2", Side::After),
    ] {
        let mut house = House::new();
        house.plan(Planned::new(name, Which::From(1), side, Trouble::Refuse(REASON)));
        let cluster = house.cluster(2).await;
        let run = house.run(&cluster).await;
        let ended = house.until_gone(&cluster).await;
        let cause = ended.cause.expect("a cause").message;
        assert!(cause.contains(REASON) && cause.ends_with('.'), "{name} {side:?}: {cause}");
        assert!(house.world.machines().there.is_empty(), "{name} {side:?}");
        let run = house.until_run(&run, RunPhase::Finished).await;
        assert!(sentence(run.cause.as_ref()).contains(REASON), "{name}: {:?}", run.cause);
    }
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_is_never_answered_ends_at_its_limit() {
    for (name, words) in
        [("ask for nodes", "within 90 s"), ("launch", "within 90 s"), ("equip worker-1", "within 2 minutes")]
    {
        let mut house = House::new();
        house.settings.machine_launch_limit = Duration::from_secs(90);
        house.settings.machine_launch_each = Duration::ZERO;
        house.settings.equip_limit = Duration::from_secs(120);
        house.plan(Planned::new(name, Which::From(1), Side::Before, Trouble::Hang));
        let cluster = house.cluster(2).await;
        let ended = house.until_gone(&cluster).await;
        assert!(ended.cause.as_ref().is_some_and(|cause| cause.message.contains(words)), "{name}: {:?}", ended.cause);
        assert!(house.world.machines().there.is_empty(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_with_another_java_is_named_before_the_run_and_in_a_note() {
    let mut house = House::new();
    *house.world.other_java.lock().expect("no panic") = Some("worker-2".to_owned());
    let cluster = house.cluster(2).await;
    let ready = house.until_phase(&cluster, ClusterPhase::Ready).await;
    let warnings = house.engine().await.view_cluster(ready).warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].params["java"], serde_json::json!(["17.0.15", "21.0.9"]));
    let run = house.run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    let notes: Vec<_> = ran.notes.iter().filter(|note| note.code == "java_versions_differ").collect();
    assert_eq!(notes.len(), 1, "{:?}", ran.notes);
    assert_eq!(notes[0], &warnings[0]);
    assert!(notes[0].message.contains("21.0.9 on worker-2"), "{}", notes[0].message);
}

#[tokio::test(start_paused = true)]
async fn a_missing_price_delays_nothing() {
    for trouble in [Trouble::Hang, Trouble::Refuse(REASON)] {
        let mut house = House::new();
        house.plan(Planned::new("forecast", Which::From(1), Side::Before, trouble));
        let cluster = house.cluster(1).await;
        let ready = house.until_phase(&cluster, ClusterPhase::Ready).await;
        assert_eq!(ready.usd_per_hour, None);
        assert!(ready.ready_ms.is_some_and(|at_ms| at_ms - ready.created_ms < 10_000), "{:?}", ready.ready_ms);
        house.terminate(&cluster).await;
        assert!(house.world.machines().there.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_terminates_during_a_launch_is_not_made_to_wait_and_nothing_is_left() {
    for (name, side) in [
        ("ask for nodes", Side::Before),
        ("ask for nodes", Side::After),
        ("launch", Side::Before),
        ("equip worker-1", Side::Before),
        ("equip worker-1", Side::After),
    ] {
        for crash in [false, true] {
            let mut house = House::new();
            house.plan(Planned::new(name, Which::From(1), side, Trouble::Hang));
            let cluster = house.cluster(2).await;
            while house.world.calls().happened == 0 {
                sleep(Duration::from_millis(50)).await;
            }
            let asked_ms = house.world.now_ms();
            if crash {
                house.plan(Planned::new("terminate", Which::Nth(1), Side::Before, Trouble::Crash));
            }
            house.terminate(&cluster).await;
            assert!(house.world.now_ms() - asked_ms < 10_000, "{name}");
            assert!(house.world.machines().there.is_empty(), "{name} {side:?}");
            assert_eq!(house.crashes, usize::from(crash));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_terminated_until_nothing_is_left_however_often_that_fails() {
    let mut house = House::new();
    for nth in 1..=3 {
        let side = if nth == 2 { Side::After } else { Side::Before };
        house.plan(Planned::new("terminate", Which::Nth(nth), side, Trouble::Refuse(REASON)));
    }
    let cluster = house.cluster(1).await;
    house.until_phase(&cluster, ClusterPhase::Ready).await;
    house.terminate(&cluster).await;
    assert!(house.world.machines().there.is_empty());
    let reported = house.events(&cluster).await.iter().filter(|event| event.message.contains(REASON)).count();
    assert_eq!(reported, 1, "reported once, not every five seconds");
}

#[tokio::test(start_paused = true)]
async fn a_step_of_a_run_that_is_refused_ends_it_with_its_cause_and_leaves_its_nodes_clean() {
    for (name, from, side) in [
        ("process master", 1, Side::Before),
        ("forget worker-1", 1, Side::Before),
        ("remove master", 1, Side::After),
        ("equip master", 2, Side::Before),
        ("put worker-1", 1, Side::Before),
        ("put master", 1, Side::After),
        ("free_ports worker-1", 1, Side::Before),
        ("write worker-1", 1, Side::After),
        ("start worker-1", 1, Side::Before),
        ("start worker-1", 1, Side::After),
        ("can_connect master", 1, Side::Before),
        ("write master", 1, Side::Before),
        ("start master", 1, Side::Before),
        ("start master", 1, Side::After),
        ("read_at master", 8, Side::Before),
        ("process worker-1", 6, Side::Before),
    ] {
        let mut house = House::new();
        // The plan ends before the usual limit of an installation.
        house.settings.unreachable_limit = Duration::from_secs(1);
        house.plan(Planned::new(name, Which::From(from), side, Trouble::Refuse(REASON)));
        let cluster = house.cluster(2).await;
        let run = house.run(&cluster).await;
        let ended = house.until_run(&run, RunPhase::Finished).await;
        let cause = sentence(ended.cause.as_ref());
        assert!(matches!(ended.cause, Some(Cause::Failed { .. })), "{name}: {cause}");
        assert!(cause.contains(REASON), "{name} {side:?}: {cause}");
        let (log, measured) = (house.log(&run), house.measured(&run));
        assert!(measured.starts_with(&log), "{name}: what is kept is what was measured");
        if name == "process worker-1" {
            assert!(!log.is_empty() && house.report(&run).await.is_ok(), "{name}");
        }
        end(&mut house, &cluster).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_is_refused_once_costs_nothing() {
    for (name, number) in [("process master", 5), ("read_at master", 8), ("process worker-1", 6)] {
        let mut house = House::new();
        house.plan(Planned::new(name, Which::Nth(number), Side::Before, Trouble::Refuse(REASON)));
        let cluster = house.cluster(2).await;
        let run = house.run(&cluster).await;
        let ended = house.until_run(&run, RunPhase::Finished).await;
        assert_eq!(ended.cause, Some(Cause::Completed), "{name}");
        assert!(house.log(&run) == house.measured(&run) && house.log(&run).len() > 1000, "{name}");
        assert_eq!(house.world.calls().happened, 1, "{name}");
        end(&mut house, &cluster).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_in_mid_run_ends_the_run_and_what_was_measured_is_kept() {
    let mut house = House::new();
    let (cluster, run) = running(&mut house).await;
    house.world.lose("worker-2");
    let ended = house.until_run(&run, RunPhase::Finished).await;
    assert!(sentence(ended.cause.as_ref()).contains("worker-2"), "{:?}", ended.cause);
    assert!(house.log(&run) == house.measured(&run) && house.log(&run).len() > 1000);
    let degraded = house.until("its lost node", async |engine: &jac_engine::Engine| {
        engine.store().cluster(&cluster).await.ok().filter(|cluster| !cluster.lost_nodes.is_empty())
    });
    assert_eq!(degraded.await.lost_nodes, ["worker-2"]);
    end(&mut house, &cluster).await;
}

#[tokio::test(start_paused = true)]
async fn a_master_that_dies_in_mid_run_ends_the_run_with_what_had_reached_this_machine() {
    let mut house = House::new();
    let (cluster, run) = running(&mut house).await;
    let measured = house.measured(&run);
    house.world.lose("master");
    let begun = Instant::now();
    let ended = house.until_run(&run, RunPhase::Finished).await;
    let limit = house.settings.unreachable_limit;
    assert!(begun.elapsed() < limit / 2, "the provider reports that it is gone: {:?}", begun.elapsed());
    assert!(sentence(ended.cause.as_ref()).contains("master"), "{:?}", ended.cause);
    let log = house.log(&run);
    // The log is polled five times a second.
    assert!(measured.starts_with(&log) && log.len() + 1000 > measured.len(), "{} of {}", log.len(), measured.len());
    assert!(house.report(&run).await.is_ok());
    end(&mut house, &cluster).await;
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_away_for_a_moment_costs_nothing_and_one_that_stays_away_ends_the_run() {
    for (node, for_ms, completes) in
        [("master", 10_000, true), ("worker-1", 10_000, true), ("master", i64::from(u32::MAX), false)]
    {
        let mut house = House::new();
        let (cluster, run) = running(&mut house).await;
        house.world.disconnect(node, for_ms);
        let ended = house.until_run(&run, RunPhase::Finished).await;
        let (log, measured) = (house.log(&run), house.measured(&run));
        if completes {
            assert_eq!(ended.cause, Some(Cause::Completed), "{node}");
            assert!(log == measured, "{node}");
        } else {
            assert!(sentence(ended.cause.as_ref()).contains(node), "{:?}", ended.cause);
            assert!(measured.starts_with(&log) && log.len() > 1000);
        }
        end(&mut house, &cluster).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_file_descriptors_gives_no_run_up_however_long_that_lasts() {
    let mut house = House::new();
    // Shorter than the time without them: if that were counted, the run would end.
    house.settings.unreachable_limit = Duration::from_secs(1);
    let (cluster, run) = running(&mut house).await;
    house.world.use_up_descriptors(5_000);
    let ended = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ended.cause, Some(Cause::Completed));
    assert!(house.log(&run) == house.measured(&run) && house.log(&run).len() > 1000);
    end(&mut house, &cluster).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_keeps_what_it_measured_whenever_the_engine_crashes_over_it() {
    for side in [None, Some(Side::Before), Some(Side::After)] {
        let mut house = House::new();
        if let Some(side) = side {
            house.plan(Planned::new("run master", Which::Nth(1), side, Trouble::Crash));
        }
        let (cluster, run) = running(&mut house).await;
        while house.engine().await.store().run(&run).await.expect("its row").run.stop_requested.is_none() {
            house.ask(async |engine| engine.request_stop(&run, StopMode::Graceful, "Administrator").await).await;
        }
        let ended = house.until_run(&run, RunPhase::Finished).await;
        assert!(matches!(ended.cause, Some(Cause::Stopped { .. })), "{side:?}: {:?}", ended.cause);
        assert!(house.log(&run) == house.measured(&run) && house.log(&run).len() > 1000, "{side:?}");
        assert_eq!(house.crashes, usize::from(side.is_some()));
        end(&mut house, &cluster).await;
    }
}
