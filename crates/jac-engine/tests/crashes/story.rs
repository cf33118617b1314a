//! The complete sequence, from a cluster's creation to its termination, with a crash at every step.

use crate::faults::{Planned, Side, Trouble, Which};
use crate::house::{House, code_of};
use jac_model::notify::DeliveryState;
use jac_model::{Cause, ClusterPhase, RunPhase};
use std::sync::atomic::Ordering;

/// Number of workers of the story's cluster.
const WORKERS: u32 = 2;

/// Creates a cluster, runs a plan on it, terminates it, and checks for leftovers.
async fn story(planned: &[Planned]) -> House {
    let mut house = House::new();
    for planned in planned {
        house.plan(planned.clone());
    }
    let case = format!("{planned:?}");
    let cluster = house.cluster(WORKERS).await;
    let run = house.run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.cause, Some(Cause::Completed), "{case}");
    assert!(ran.notes.is_empty(), "{case}: {:?}", ran.notes);
    let free = house.until("the cluster's release", async |engine: &jac_engine::Engine| {
        engine.store().cluster(&cluster).await.ok().filter(|cluster| cluster.current_run.is_none())
    });
    let free = free.await;
    assert_eq!((free.phase, free.lost_nodes.len()), (ClusterPhase::Ready, 0), "{case}");
    assert_eq!(house.world.machines().there.len(), 3, "{case}");
    assert_eq!(house.world.machines().made, 3, "{case}: asking twice makes no second machine");
    assert_eq!(house.world.machines().masters_started.load(Ordering::Relaxed), 1, "{case}: one test, once");

    let measured = house.measured(&run);
    assert!(measured.len() > 5_000, "{case}: {} bytes", measured.len());
    assert!(house.log(&run) == measured, "{case}: samples were lost or kept twice");
    let report = house.report(&run).await.expect("its report");
    let lines = measured.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert_eq!(report.summary.total.samples, lines - 1, "{case}");
    for machine in house.world.machines().there.values() {
        assert!(machine.processes.is_empty(), "{case}: its nodes are clean");
        assert!(!machine.folder.join("runs").join(run.as_str()).exists(), "{case}: its nodes are clean");
    }

    let delivered = async |engine: &jac_engine::Engine| {
        let deliveries = engine.deliveries(&run).await.ok()?;
        deliveries.iter().all(|delivery| delivery.state == DeliveryState::Delivered).then_some(deliveries)
    };
    let deliveries = house.until("its notification", delivered).await;
    assert_eq!(deliveries.len(), 1, "{case}");
    let notifications = house.world.machines().notified.clone();
    assert!((1..=1 + house.crashes).contains(&notifications.len()), "{case}: notified {} times", notifications.len());
    for notification in &notifications {
        assert_eq!((&notification.id, &notification.run.id), (&deliveries[0].id, &run), "{case}");
        let figures = notification.run.figures.as_ref().expect("figures");
        assert_eq!((figures.samples, notification.run.cause.code.as_str()), (lines - 1, "completed"), "{case}");
    }

    let ended = house.terminate(&cluster).await;
    assert_eq!(code_of(&ended), "terminated_by", "{case}");
    assert!(house.world.machines().there.is_empty(), "{case}: a machine is left");
    assert!(!house.data().join("clusters").join(cluster.as_str()).exists(), "{case}: its key is left");
    house
}

#[tokio::test(start_paused = true)]
async fn the_story_without_a_crash() {
    let house = story(&[]).await;
    assert_eq!(house.crashes, 0);
}

/// The steps of the story: each call's name, and which of its calls to test. Calls that are repeated often are
/// tested at the beginning, in the middle and at the end.
async fn steps() -> Vec<(String, usize)> {
    let house = story(&[]).await;
    let counts = house.world.calls().counts.clone();
    let mut steps = Vec::new();
    // The second worker has the same calls as the first, and the other provider has none.
    for (name, count) in counts
        .into_iter()
        .filter(|(name, _)| !name.ends_with("worker-2") && name != "list local" && !name.starts_with("clock of"))
    {
        if name == "clock" {
            steps.extend((1..=count).map(|nth| (name.clone(), nth)));
            continue;
        }
        let mut tried = vec![1, 2, count / 2, count];
        tried.retain(|nth| (1..=count).contains(nth));
        tried.sort_unstable();
        tried.dedup();
        steps.extend(tried.into_iter().map(|nth| (name.clone(), nth)));
    }
    steps
}

/// Runs the story with a crash at every step of which `part` is true.
async fn crash_at(side: Side, part: impl Fn(&str, usize) -> bool) {
    let steps: Vec<_> = steps().await.into_iter().filter(|(name, nth)| part(name, *nth)).collect();
    let mut crashed = 0;
    for (name, nth) in &steps {
        let house = story(&[Planned::new(name, Which::Nth(*nth), side, Trouble::Crash)]).await;
        crashed += usize::from(house.crashes > 0);
    }
    // Some readings of the clock depend on the reconciler, whose timing varies.
    assert!(crashed * 10 >= steps.len() * 9, "only {crashed} of {} crashes happened", steps.len());
}

#[tokio::test(start_paused = true)]
async fn a_crash_before_a_step_leaves_nothing_and_loses_nothing() {
    crash_at(Side::Before, |name, _| name != "clock").await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_after_a_step_that_is_not_written_down_yet_leaves_nothing_and_loses_nothing() {
    crash_at(Side::After, |name, _| name != "clock").await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_in_the_middle_of_the_engines_own_code_leaves_nothing_and_loses_nothing() {
    crash_at(Side::Before, |name, nth| name == "clock" && nth % 2 == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_elsewhere_in_the_engines_own_code_leaves_nothing_and_loses_nothing() {
    crash_at(Side::Before, |name, nth| name == "clock" && nth % 2 == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_done_three_times_is_done_once() {
    let changing =
        ["ask", "launch", "equip", "put", "write", "start", "forget", "remove", "digest", "renew", "terminate"];
    let steps = steps().await.into_iter().map(|(name, _)| name).collect::<std::collections::BTreeSet<_>>();
    for name in steps.iter().filter(|name| changing.iter().any(|word| name.starts_with(word))) {
        let crash = |nth| Planned::new(name, Which::Nth(nth), Side::After, Trouble::Crash);
        let house = story(&[crash(1), crash(2)]).await;
        // The master is started once, however often that is requested: the engine finds it running and follows it.
        assert!(house.crashes >= if name == "start master" { 1 } else { 2 }, "{name}: {}", house.crashes);
    }
}
