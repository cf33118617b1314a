//! Code that panics: each part of the engine is started again and comes to its end, and somebody is told.

use crate::door::{Planned, Side, Trouble, Which};
use crate::house::House;
use jac_model::{Cause, ClusterPhase, RunPhase};

fn panic_in(name: &str, which: Which) -> Planned {
    Planned::new(name, which, Side::Before, Trouble::Panic)
}

async fn panics_told(house: &mut House) -> Vec<String> {
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
        let told = panics_told(&mut house).await;
        assert!(told.len() == 1 && told[0].starts_with(part), "{name}: {told:?}");
        assert_eq!(house.crashes, 0, "{name}: the server goes on");
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
