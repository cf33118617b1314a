//! Clusters of two hundred nodes with a latency of sixty milliseconds: everything is done for all of them at the same time, and a lost one
//! only costs its own time.

use crate::house::House;
use jac_model::{Cause, ResultsChoice, Run, RunId, RunPhase};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const WORKERS: u32 = 200;
const LATENCY: Duration = Duration::from_millis(60);
/// The plan's own duration.
const PLAN: Duration = Duration::from_secs(5);

fn house(results: ResultsChoice) -> House {
    let mut house = House::new();
    house.results = results;
    *house.world.latency.lock().expect("no panic") = LATENCY;
    house
}

/// The time between two phases of the run.
fn took(from_ms: Option<i64>, to_ms: Option<i64>) -> Duration {
    let (from, to) = (from_ms.expect("a time"), to_ms.expect("a time"));
    Duration::from_millis(u64::try_from(to - from).expect("in order"))
}

async fn finished(house: &mut House, run: &RunId) -> Run {
    let ran = house.until_run(run, RunPhase::Finished).await;
    let steps: Vec<_> =
        ran.steps.iter().map(|step| (step.code.as_str(), took(Some(step.started_ms), step.ended_ms))).collect();
    println!("{steps:?}");
    ran
}

#[tokio::test(start_paused = true)]
async fn two_hundred_workers_sixty_milliseconds_away_start_run_and_collect_in_seconds() {
    let mut house = house(ResultsChoice::Direct);
    let cluster = house.cluster(WORKERS).await;
    let run = house.run(&cluster).await;
    let ran = finished(&mut house, &run).await;
    assert_eq!(ran.cause, Some(Cause::Completed), "{:?}", ran.notes);
    assert!(ran.nodes.len() == WORKERS as usize && ran.nodes.iter().all(|node| node.log.is_some_and(|log| log.whole)));
    assert_eq!(house.report(&run).await.expect("its report").summary.total.samples, 50 * u64::from(WORKERS));
    let start = took(Some(ran.created_ms), ran.started_ms);
    let rest = took(ran.started_ms, ran.ended_ms);
    assert!(start < Duration::from_secs(20), "{start:?}");
    assert!(rest < PLAN + Duration::from_secs(10), "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_hangs_at_the_end_costs_its_own_time_and_no_others_samples() {
    let mut house = house(ResultsChoice::Direct);
    house.min_workers = Some(150);
    let cluster = house.cluster(WORKERS).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Running).await;
    sleep(Duration::from_secs(2)).await;
    *house.world.hung.lock().expect("no panic") = Some("worker-7".to_owned());
    let began = Instant::now();
    let ran = finished(&mut house, &run).await;
    assert_eq!(ran.cause, Some(Cause::Completed), "{:?}", ran.notes);
    for node in &ran.nodes {
        assert_eq!(node.log.is_some_and(|log| log.whole), node.name != "worker-7", "{node:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(330), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn workers_of_a_master_are_started_and_reached_at_the_same_time() {
    let mut house = house(ResultsChoice::Rmi);
    let cluster = house.cluster(40).await;
    let run = house.run(&cluster).await;
    let ran = finished(&mut house, &run).await;
    assert_eq!(ran.cause, Some(Cause::Completed), "{:?}", ran.notes);
    let start = took(Some(ran.created_ms), ran.started_ms);
    // Four of them are the launch.
    assert!(start < Duration::from_secs(8), "{start:?}");
}
