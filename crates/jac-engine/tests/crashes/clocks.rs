//! A server that starts with a clock that is hours wrong: nothing ends at once, and everything active stays active.

use crate::house::{House, config};
use jac_model::{Cause, ClusterConfig, ClusterId, ClusterPhase, Provider, RunPhase};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;

const HOUR_MS: i64 = 3_600_000;

/// The next server starts with a clock that is off by this many hours.
async fn restart(house: &mut House, off_hours: i64) {
    house.crash().await;
    house.world.clock_off_ms.store(off_hours * HOUR_MS, Ordering::Relaxed);
    house.engine().await;
}

async fn phase(house: &mut House, cluster: &ClusterId) -> ClusterPhase {
    house.engine().await.store().cluster(cluster).await.expect("its row").phase
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_hours_wrong_at_the_start_ends_no_cluster_at_once() {
    for (off_hours, idle_minutes) in [(2, None), (2, Some(30)), (-2, None), (-2, Some(30)), (24 * 365, None)] {
        let mut house = House::new();
        let lives = ClusterConfig { lifetime_minutes: 60, idle_minutes, ..config(1) };
        let cluster = house.cluster_of(Provider::Ec2, lives).await;
        house.until_phase(&cluster, ClusterPhase::Ready).await;
        restart(&mut house, off_hours).await;
        sleep(Duration::from_secs(4 * 60)).await;
        house.world.advance();
        assert_eq!(phase(&mut house, &cluster).await, ClusterPhase::Ready, "{off_hours} h");
        assert_eq!(house.world.machines().there.len(), 2, "{off_hours} h: neither do its machines end by their lease");
        let is_reported = house.events(&cluster).await.iter().any(|event| event.code == "expired_at_start");
        assert_eq!(is_reported, off_hours > 0, "{off_hours} h");
        // The clock is corrected: the cluster exists until its planned end.
        restart(&mut house, 0).await;
        sleep(Duration::from_secs(20 * 60)).await;
        assert_eq!(phase(&mut house, &cluster).await, ClusterPhase::Ready, "{off_hours} h");
        // It is not: what is over ends after the grace period.
        restart(&mut house, off_hours).await;
        if off_hours > 0 {
            sleep(Duration::from_secs(6 * 60)).await;
            assert_ne!(phase(&mut house, &cluster).await, ClusterPhase::Ready, "{off_hours} h");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_extended_in_the_grace_lives_from_then_on() {
    for idle_minutes in [None, Some(30)] {
        let mut house = House::new();
        let lives = ClusterConfig { lifetime_minutes: 60, idle_minutes, ..config(1) };
        let cluster = house.cluster_of(Provider::Ec2, lives).await;
        house.until_phase(&cluster, ClusterPhase::Ready).await;
        restart(&mut house, 3).await;
        let now_ms = house.engine().await.now_ms();
        let extended = house.ask(async |engine| engine.extend_cluster(&cluster, 60).await).await.expect("no crash");
        assert!(extended.expires_at_ms >= now_ms + HOUR_MS, "{idle_minutes:?}");
        sleep(Duration::from_secs(20 * 60)).await;
        assert_eq!(phase(&mut house, &cluster).await, ClusterPhase::Ready, "{idle_minutes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_hours_wrong_at_the_start_ends_no_run() {
    for off_hours in [2, -2] {
        for when in [RunPhase::Queued, RunPhase::Preparing, RunPhase::Running, RunPhase::Collecting] {
            let mut house = House::new();
            let lives = ClusterConfig { lifetime_minutes: 60, ..config(1) };
            let cluster = house.cluster_of(Provider::Ec2, lives).await;
            if when != RunPhase::Queued {
                house.until_phase(&cluster, ClusterPhase::Ready).await;
            }
            let run = house.run(&cluster).await;
            if when == RunPhase::Collecting {
                // Over a line that is slow enough for the clock to change meanwhile.
                house.until_run(&run, RunPhase::Running).await;
                *house.world.line.lock().expect("no panic") = Some(20);
            }
            house.until_run(&run, when).await;
            *house.world.line.lock().expect("no panic") = None;
            restart(&mut house, off_hours).await;
            let ran = house.until_run(&run, RunPhase::Finished).await;
            assert_eq!(ran.cause, Some(Cause::Completed), "{off_hours} h, {when:?}");
            assert!(house.log(&run) == house.measured(&run), "{off_hours} h, {when:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_hours_wrong_at_the_start_ends_no_orphan_at_once() {
    let mut first = House::new();
    let cluster = first.cluster_of(Provider::Ec2, ClusterConfig { lifetime_minutes: 60, ..config(1) }).await;
    first.until_phase(&cluster, ClusterPhase::Ready).await;
    first.crash().await;
    let mut house = House::in_world(Arc::clone(&first.world));
    house.world.clock_off_ms.store(2 * HOUR_MS, Ordering::Relaxed);
    house.engine().await;
    sleep(Duration::from_secs(4 * 60)).await;
    assert_eq!(house.world.machines().there.len(), 2);
}
