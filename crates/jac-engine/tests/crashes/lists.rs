//! A provider's lists that are slow, stale or incomplete: they terminate nothing that is alive.

use crate::house::{House, code_of};
use crate::world::Lists;
use jac_model::{Cause, ClusterPhase, RunPhase};
use std::time::Duration;
use tokio::time::sleep;

fn set(house: &House, lists: Lists) {
    *house.world.lists.lock().expect("no panic") = lists;
}

#[tokio::test(start_paused = true)]
async fn lists_that_are_slow_stale_or_not_whole_end_no_cluster_and_no_run() {
    let seconds = Duration::from_secs;
    for lists in [
        // Longer than a launch takes: every list is of an earlier state.
        Lists::Slow(seconds(10)),
        Lists::Slow(seconds(40)),
        Lists::Stale(seconds(8)),
        Lists::Stale(seconds(45)),
        Lists::Without(vec!["worker-1"]),
        Lists::Without(vec!["master", "worker-1", "worker-2"]),
    ] {
        let mut house = House::new();
        set(&house, lists.clone());
        let cluster = house.cluster(2).await;
        house.until_phase(&cluster, ClusterPhase::Ready).await;
        sleep(seconds(120)).await;
        let row = house.engine().await.store().cluster(&cluster).await.expect("its row");
        assert_eq!(
            (row.phase, row.lost_nodes.as_slice()),
            (ClusterPhase::Ready, &[][..]),
            "{lists:?}: {:?}",
            row.cause
        );
        let run = house.run(&cluster).await;
        let ran = house.until_run(&run, RunPhase::Finished).await;
        assert_eq!(ran.cause, Some(Cause::Completed), "{lists:?}");
        assert!(house.log(&run) == house.measured(&run), "{lists:?}");
        set(&house, Lists::True);
        house.terminate(&cluster).await;
        assert!(house.world.machines().there.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn machines_that_are_gone_are_seen_through_lists_that_are_slow() {
    let mut house = House::new();
    set(&house, Lists::Slow(Duration::from_secs(5)));
    let cluster = house.cluster(1).await;
    house.until_phase(&cluster, ClusterPhase::Ready).await;
    for node in ["master", "worker-1"] {
        house.world.lose(node);
    }
    let ended = house.until_gone(&cluster).await;
    assert_eq!(code_of(&ended), "nodes_gone");
}

#[tokio::test(start_paused = true)]
async fn machines_whose_lease_ends_with_the_lifetime_end_by_the_lifetime() {
    for early_ms in [0, 1_500, -1_500] {
        let mut house = House::new();
        let config = jac_model::ClusterConfig { lifetime_minutes: 3, ..crate::house::config(1) };
        let cluster = house.cluster_of(jac_model::Provider::Ec2, config).await;
        let ready = house.until_phase(&cluster, ClusterPhase::Ready).await;
        // They count in whole seconds.
        for machine in house.world.machines().there.values_mut() {
            machine.lease_until_ms = ready.expires_at_ms - early_ms;
        }
        let ended = house.until_gone(&cluster).await;
        assert_eq!(code_of(&ended), "lifetime_over", "{early_ms} ms early");
    }
}

#[tokio::test(start_paused = true)]
async fn machines_that_are_gone_before_the_lifetime_or_the_idle_limit_is_over_are_lost() {
    for (early_s, idle_minutes) in [(8, None), (20, None), (50, None), (8, Some(2))] {
        let mut house = House::new();
        let config = jac_model::ClusterConfig { lifetime_minutes: 3, idle_minutes, ..crate::house::config(1) };
        let cluster = house.cluster_of(jac_model::Provider::Ec2, config).await;
        let ready = house.until_phase(&cluster, ClusterPhase::Ready).await;
        let end_ms = ready.idle_ends_at_ms().unwrap_or(ready.expires_at_ms);
        let left_ms = u64::try_from(end_ms - house.world.now_ms()).expect("it lives");
        sleep(Duration::from_millis(left_ms) - Duration::from_secs(early_s)).await;
        for node in ["master", "worker-1"] {
            house.world.lose(node);
        }
        let ended = house.until_gone(&cluster).await;
        assert_eq!(code_of(&ended), "nodes_gone", "{early_s} s before the end");
    }
}
