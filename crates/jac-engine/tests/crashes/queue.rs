//! Runs that wait for a busy cluster.

use crate::faults::{Planned, Side, Trouble, Which};
use crate::house::House;
use jac_engine::EngineError;
use jac_model::{Cause, ClusterPhase, Message, ResultsChoice, Run, RunId, RunPhase, StopMode};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A cluster with an active run, and this many waiting behind it.
async fn busy(waiting: usize) -> (House, jac_model::ClusterId, RunId, Vec<RunId>) {
    busy_in(House::new(), 1, waiting).await
}

async fn busy_in(mut house: House, workers: u32, waiting: usize) -> (House, jac_model::ClusterId, RunId, Vec<RunId>) {
    let cluster = house.cluster(workers).await;
    let first = house.run(&cluster).await;
    house.until_run(&first, RunPhase::Running).await;
    house.queue = true;
    let mut queued = Vec::new();
    for _ in 0..waiting {
        // Their order is that of their creation, in milliseconds.
        sleep(Duration::from_millis(5)).await;
        queued.push(house.run_now(&cluster).await.expect("it waits"));
    }
    (house, cluster, first, queued)
}

async fn row(house: &mut House, run: &RunId) -> Run {
    house.engine().await.store().run(run).await.expect("its row").run
}

/// Waits until the run says that it waits for the other one, by its id and its name.
async fn until_waiting_for(house: &mut House, run: &RunId, other: &Run) {
    let expected = [("name", other.name.as_str()), ("run", other.id.as_str())];
    house
        .until("its step in the queue", async |engine| {
            let run = engine.store().run(run).await.ok()?.run;
            let step = run.steps.last().filter(|step| step.code == "waiting_in_queue")?;
            let params = step.params.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
            (run.phase == RunPhase::Queued && params.eq(expected)).then_some(())
        })
        .await;
}

fn failure(run: &Run) -> &Message {
    match &run.cause {
        Some(Cause::Failed { reason, .. }) => reason,
        other => panic!("it has not failed: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn runs_wait_for_a_busy_cluster_in_their_order_also_over_a_crash() {
    for crashes in [false, true] {
        let (mut house, cluster, first, queued) = busy(3).await;
        let user = row(&mut house, &first).await;
        for run in &queued {
            until_waiting_for(&mut house, run, &user).await;
        }
        if crashes {
            house.crash().await;
        }
        let mut ended_ms = 0;
        for run in std::iter::once(&first).chain(&queued) {
            let ran = house.until_run(run, RunPhase::Finished).await;
            assert_eq!(ran.cause, Some(Cause::Completed), "{run}");
            assert!(ran.started_ms >= Some(ended_ms), "one at a time: {run}");
            assert!(house.log(run) == house.measured(run), "{run}");
            ended_ms = ran.ended_ms.expect("its end");
        }
        house.terminate(&cluster).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_does_not_wait_is_refused_and_leaves_nothing() {
    let (mut house, cluster, _, queued) = busy(1).await;
    house.queue = false;
    let refused = house.run_now(&cluster).await.expect_err("it is busy");
    assert!(matches!(refused, EngineError::Conflict { .. }), "{refused}");
    let rows = house.engine().await.store().queued_runs(&cluster).await.expect("ids");
    assert_eq!(rows, queued);
}

#[tokio::test(start_paused = true)]
async fn a_queue_has_an_end() {
    let (mut house, cluster, _, queued) = busy(20).await;
    let refused = house.run_now(&cluster).await.expect_err("too many wait");
    assert!(matches!(refused, EngineError::Conflict { .. }), "{refused}");
    assert_eq!(house.engine().await.store().queued_runs(&cluster).await.expect("ids"), queued);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_run_is_cancelled_and_those_behind_it_move_up() {
    let (mut house, cluster, first, queued) = busy(2).await;
    let engine = house.engine().await;
    engine.request_stop(&queued[0], StopMode::Graceful, "Ada").await.expect("it is asked");
    let cancelled = house.until_run(&queued[0], RunPhase::Finished).await;
    assert!(matches!(cancelled.cause, Some(Cause::Stopped { .. })), "{:?}", cancelled.cause);
    assert_eq!(row(&mut house, &first).await.phase, RunPhase::Running, "the other one goes its way");
    for run in [&first, &queued[1]] {
        assert_eq!(house.until_run(run, RunPhase::Finished).await.cause, Some(Cause::Completed));
    }
    house.terminate(&cluster).await;
}

#[tokio::test(start_paused = true)]
async fn a_waiting_run_ends_with_its_cluster() {
    let (mut house, cluster, _, queued) = busy(2).await;
    house.terminate(&cluster).await;
    for run in &queued {
        let ended = house.until("its end", async |engine| {
            engine.store().run(run).await.ok().map(|row| row.run).filter(|run| run.phase == RunPhase::Finished)
        });
        assert_eq!(failure(&ended.await).code, "cluster_terminated_while_waiting");
    }
    assert_eq!(house.engine().await.store().cluster(&cluster).await.expect("its row").phase, ClusterPhase::Terminated);
}

#[tokio::test(start_paused = true)]
async fn a_run_does_not_begin_on_a_cluster_that_lost_a_node_while_it_waited() {
    let mut house = House::new();
    // The first one continues without it.
    (house.results, house.min_workers) = (ResultsChoice::Direct, Some(1));
    let (mut house, cluster, first, queued) = busy_in(house, 2, 1).await;
    house.world.lose("worker-2");
    assert_eq!(house.until_run(&first, RunPhase::Finished).await.cause, Some(Cause::Completed));
    let ended = house.until("its end", async |engine| {
        engine.store().run(&queued[0]).await.ok().map(|row| row.run).filter(|run| run.phase == RunPhase::Finished)
    });
    assert_eq!(failure(&ended.await).code, "cluster_incomplete");
    house.terminate(&cluster).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_cannot_be_read_is_passed_over_by_those_behind_it() {
    let (mut house, cluster, first, queued) = busy(3).await;
    house.crash().await;
    let database = rusqlite::Connection::open(house.data().join("jac.db")).expect("the database");
    let spoil = "UPDATE run_documents SET document = json_set(document, '$.files', 3) WHERE id = ?1";
    assert_eq!(database.execute(spoil, [queued[0].as_str()]).expect("written"), 1);
    drop(database);
    assert_eq!(house.engine().await.store().queued_runs(&cluster).await.expect("ids"), queued[1..]);
    for run in [&first, &queued[1], &queued[2]] {
        assert_eq!(house.until_run(run, RunPhase::Finished).await.cause, Some(Cause::Completed), "{run}");
    }
    let unreadable: Vec<_> = house.engine().await.store().unreadable().into_iter().map(|row| row.id).collect();
    assert_eq!(unreadable, [queued[0].to_string()], "it is shown as such");
    house.terminate(&cluster).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_until_the_master_has_restarted_for_an_image_also_over_a_crash() {
    for crashes in [false, true] {
        let mut house = House::new();
        let cluster = house.cluster(1).await;
        house.until_phase(&cluster, ClusterPhase::Ready).await;
        let engine = house.engine().await;
        engine.bake_image(&cluster, Some("shop 1")).await.expect("it is begun");
        let begun = Instant::now();
        if crashes {
            drop(engine);
            house.crash().await;
        }
        assert!(house.engine().await.store().cluster(&cluster).await.expect("its row").master_restarting);
        let again = house.engine().await.bake_image(&cluster, Some("shop 2")).await.expect_err("one at a time");
        assert!(matches!(again, EngineError::Conflict { .. }), "{again}");
        let refused = house.run_now(&cluster).await.expect_err("its master restarts");
        assert!(matches!(refused, EngineError::Conflict { .. }), "{refused}");
        house.queue = true;
        let run = house.run_now(&cluster).await.expect("it waits");
        let ran = house.until_run(&run, RunPhase::Running).await;
        assert!(begun.elapsed() >= Duration::from_secs(120), "{:?} after it began", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(200), "{:?}: {ran:?}", begun.elapsed());
        assert!(!house.engine().await.store().cluster(&cluster).await.expect("its row").master_restarting);
        house.until_run(&run, RunPhase::Finished).await;
        house.terminate(&cluster).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_refused_holds_up_no_run_and_one_whose_answer_is_lost_does() {
    for (trouble, is_held_up) in [(Trouble::Refuse("no right"), false), (Trouble::Hang, true)] {
        let mut house = House::new();
        house.plan(Planned::new("bake", Which::Nth(1), Side::Before, trouble));
        let cluster = house.cluster(1).await;
        house.until_phase(&cluster, ClusterPhase::Ready).await;
        let engine = house.engine().await;
        engine.bake_image(&cluster, Some("shop 1")).await.expect_err("it fails");
        let begun = Instant::now();
        house.queue = true;
        let run = house.run_now(&cluster).await.expect("it waits or begins");
        house.until_run(&run, RunPhase::Running).await;
        assert_eq!(begun.elapsed() >= Duration::from_secs(100), is_held_up, "{:?}", begun.elapsed());
        house.until_run(&run, RunPhase::Finished).await;
        house.terminate(&cluster).await;
    }
}
