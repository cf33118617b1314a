//! Machines that cost money: those that fail to launch, those whose provider is unreachable, those whose engine is gone
//! permanently, and those that another database created.

use crate::cloud::{MASTER_USD_PER_HOUR, USD_PER_HOUR};
use crate::faults::{Planned, Side, Trouble, Which};
use crate::house::{House, code_of, config};
use crate::world::owner;
use jac_model::{Cause, ClusterConfig, ClusterPhase, CredentialChoice, Ec2Config, Message, Provider, Role, RunPhase};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

fn may_fail(workers: u32, workers_may_fail: u32) -> ClusterConfig {
    ClusterConfig { ec2: Some(Ec2Config { workers_may_fail, ..Ec2Config::default() }), ..config(workers) }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_continues_without_as_many_workers_as_may_fail() {
    let mut house = House::new();
    house.world.machines().stillborn = vec!["worker-2".to_owned()];
    let cluster = house.cluster_of(Provider::Ec2, may_fail(3, 1)).await;
    // The run was requested while all three were expected.
    let run = house.run(&cluster).await;
    let ready = house.until_phase(&cluster, ClusterPhase::Ready).await;
    let names: Vec<&str> = ready.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["master", "worker-1", "worker-3"]);
    assert!(house.events(&cluster).await.iter().any(|event| event.code == "launched_without"));
    let of_three = MASTER_USD_PER_HOUR + 2.0 * USD_PER_HOUR;
    let priced = house.until("its price", async |engine: &jac_engine::Engine| {
        engine.store().cluster(&cluster).await.ok().filter(|cluster| cluster.usd_per_hour == Some(of_three))
    });
    let priced = priced.await;
    assert_eq!(priced.usd_so_far(priced.created_ms + 2 * 3_600_000), Some(2.0 * of_three));
    for machine in house.engine().await.machines().await.expect("machines").machines {
        let price = if machine.role == Role::Master { MASTER_USD_PER_HOUR } else { USD_PER_HOUR };
        assert_eq!(machine.usd_per_hour, Some(price), "{}", machine.node);
    }
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!((ran.cause, ran.workers, ran.total_threads), (Some(Cause::Completed), 2, Some(8)));
    let notes: Vec<_> = ran.notes.iter().map(|note| (note.code.as_str(), &note.params["workers"])).collect();
    assert_eq!(notes, [("fewer_workers", &2.into())]);
    assert_eq!(ran.nodes.len(), 3);
    assert!(house.log(&run) == house.measured(&run));
    house.terminate(&cluster).await;
    assert!(house.world.machines().there.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_fails_when_more_workers_or_its_master_do_not_come() {
    for (stillborn, allowed) in [(vec!["worker-2"], 0), (vec!["worker-1", "worker-2"], 1), (vec!["master"], 2)] {
        let mut house = House::new();
        house.world.machines().stillborn = stillborn.iter().map(|name| (*name).to_owned()).collect();
        let cluster = house.cluster_of(Provider::Ec2, may_fail(3, allowed)).await;
        let ended = house.until_gone(&cluster).await;
        let cause = ended.cause.expect("a cause").message.to_lowercase();
        assert_eq!(cause, format!("{} did not launch.", stillborn.join(", ")));
        assert!(house.world.machines().there.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_cannot_be_asked_does_not_concern_the_others() {
    let mut house = House::new();
    let short = ClusterConfig { lifetime_minutes: 20, ..config(1) };
    let billable = house.cluster_of(Provider::Ec2, short).await;
    let idle = ClusterConfig { idle_minutes: Some(5), ec2: None, ..config(1) };
    let local = house.cluster_of(Provider::Local, idle).await;
    house.until_phase(&billable, ClusterPhase::Ready).await;
    house.until_phase(&local, ClusterPhase::Ready).await;
    for trouble in [Trouble::Refuse("the token has expired"), Trouble::Hang] {
        let from = house.world.calls().counts["list"] + 1;
        house.world.calls().planned = vec![Planned::new("list", Which::From(from), Side::Before, trouble.clone())];
        sleep(Duration::from_secs(120)).await;
        let shown = house.engine().await.machines().await.expect("machines");
        assert_eq!(shown.unreachable.len(), 1, "{trouble:?}");
        assert_eq!(shown.machines.len(), 4, "what was seen before is shown");
        house.world.calls().planned.clear();
        house
            .until("its answer", async |engine: &jac_engine::Engine| {
                let events = engine.store().cluster_events(&billable).await.expect("events");
                events.last().is_some_and(|event| event.message.code == "provider_reachable").then_some(())
            })
            .await;
    }
    let row = house.engine().await.store().cluster(&billable).await.expect("its row");
    assert_eq!((row.phase, row.lost_nodes.len()), (ClusterPhase::Ready, 0), "none of its nodes counts as gone");
    let count = |events: &[Message], code| events.iter().filter(|event| event.code == code).count();
    let events = house.events(&billable).await;
    assert_eq!((count(&events, "provider_unreachable"), count(&events, "provider_reachable")), (2, 2), "{events:#?}");
    assert_eq!(count(&house.events(&local).await, "provider_unreachable"), 0);

    // Now it stays unreachable: the other's cluster ends at its idle timeout, and its own is ended at its time.
    let from = house.world.calls().counts["list"] + 1;
    house.plan(Planned::new("list", Which::From(from), Side::Before, Trouble::Refuse("the token has expired")));
    let ended = house.until_gone(&local).await;
    assert_eq!(code_of(&ended), "idle");
    let ending = house.until("its time", async |engine: &jac_engine::Engine| {
        engine.store().cluster(&billable).await.ok().filter(|cluster| cluster.phase == ClusterPhase::Terminating)
    });
    assert_eq!(code_of(&ending.await), "lifetime_over");
    house.world.calls().planned.clear();
    house.until_gone(&billable).await;
    assert!(house.world.machines().there.is_empty());
}

#[tokio::test(start_paused = true)]
async fn machines_whose_engine_is_gone_for_good_end_with_their_lease() {
    for with_run in [false, true] {
        let mut house = House::new();
        let cluster = house.cluster(2).await;
        house.until_phase(&cluster, ClusterPhase::Ready).await;
        if with_run {
            let run = house.run(&cluster).await;
            house.until_run(&run, RunPhase::Running).await;
        }
        house.crash().await;
        sleep(Duration::from_secs(59 * 60)).await;
        house.world.advance();
        assert_eq!(house.world.machines().there.len(), 3, "a server may be away for an hour");
        // A run's nodes wait for it until their cluster's end, if its duration is unknown.
        sleep(Duration::from_secs(if with_run { 8 } else { 1 } * 3600)).await;
        house.world.advance();
        assert!(house.world.machines().there.is_empty());
        assert_eq!(house.world.machines().ended_by_lease, 3);
        let ended = house.until_gone(&cluster).await;
        assert!(ended.cause.is_some_and(|cause| cause.message.ends_with('.')), "whoever comes after sees it");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_of_a_lost_database_is_adopted_and_continues() {
    let steps =
        [None, Some(("adopt", Side::Before)), Some(("adopt", Side::After)), Some(("equip master", Side::After))];
    for step in steps {
        let mut first = House::new();
        let cluster = first.cluster_of(Provider::Ec2, ClusterConfig { lifetime_minutes: 200, ..config(2) }).await;
        let ready = first.until_phase(&cluster, ClusterPhase::Ready).await;
        first.crash().await;
        let mut house = House::in_world(Arc::clone(&first.world));
        let shown = house.engine().await.machines().await.expect("machines");
        assert_eq!(shown.machines.iter().filter(|machine| machine.orphan).count(), 3);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(house.world.machines().there.len(), 3, "an orphan is left alone");
        if let Some((name, side)) = step {
            let nth = house.world.calls().counts.get(name).copied().unwrap_or_default() + 1;
            house.plan(Planned::new(name, Which::Nth(nth), side, Trouble::Crash));
        }
        while house.engine().await.store().cluster(&cluster).await.is_err() {
            let id = cluster.clone();
            house.ask_for(|engine| async move { engine.adopt_cluster(owner(), &id).await }).await;
        }
        let adopted = house.until_phase(&cluster, ClusterPhase::Ready).await;
        assert_eq!(
            (&adopted.name, adopted.expires_at_ms, adopted.config.workers),
            (&ready.name, ready.expires_at_ms, 2),
            "{step:?}"
        );
        assert_eq!(adopted.config.lifetime_minutes, 200, "{step:?}");
        let credentials = adopted.config.ec2.map(|ec2| ec2.credentials);
        assert_eq!(credentials, Some(CredentialChoice::Environment), "none are saved");
        assert_eq!(house.crashes, usize::from(step.is_some()), "{step:?}");
        let run = house.run(&cluster).await;
        let ran = house.until_run(&run, RunPhase::Finished).await;
        assert_eq!(ran.cause, Some(Cause::Completed), "{step:?}");
        assert!(house.log(&run) == house.measured(&run));
        house
            .until("its release", async |engine: &jac_engine::Engine| {
                engine.store().cluster(&cluster).await.ok().filter(|cluster| cluster.current_run.is_none())
            })
            .await;
        house.terminate(&cluster).await;
        assert!(house.world.machines().there.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_orphan_ends_by_hand_or_when_its_time_is_over() {
    for by_hand in [true, false] {
        let mut first = House::new();
        let cluster = first.cluster_of(Provider::Ec2, ClusterConfig { lifetime_minutes: 30, ..config(2) }).await;
        first.until_phase(&cluster, ClusterPhase::Ready).await;
        first.crash().await;
        // Machines that do not enforce their own lease.
        for machine in first.world.machines().there.values_mut() {
            machine.lease_until_ms = i64::MAX;
        }
        let mut house = House::in_world(Arc::clone(&first.world));
        if by_hand {
            let id = cluster.clone();
            house.ask_for(|engine| async move { engine.terminate_orphan(&id).await }).await.expect("no crash");
        } else {
            house.engine().await;
            sleep(Duration::from_secs(29 * 60)).await;
            assert_eq!(house.world.machines().there.len(), 3);
            sleep(Duration::from_secs(2 * 60)).await;
        }
        assert!(house.world.machines().there.is_empty(), "by hand: {by_hand}");
        let shown = house.engine().await.machines().await.expect("machines");
        assert!(shown.machines.is_empty());
    }
}
