//! The figures that trends consist of: stored at a run's end despite crashes, and again if the database does not have them.

use crate::faults::{Planned, Side, Trouble, Which};
use crate::house::House;
use jac_engine::Engine;
use jac_engine::history::Trend;
use jac_model::{RunId, RunPhase};

/// The trend of the run's plan, once it has a run in it: figures are stored right after a run's end.
async fn trend(house: &mut House, run: &RunId) -> Trend {
    let poll = async |engine: &Engine| {
        let plan = engine.store().run(run).await.ok()?.run.plan_id;
        let trend = engine.trend(&plan, None, 10, None).await.expect("a trend");
        (!trend.items.is_empty()).then_some(trend)
    };
    house.until("its figures", poll).await
}

#[tokio::test(start_paused = true)]
async fn a_finished_run_is_in_the_trend_of_its_plan_also_over_a_crash() {
    for step in [None, Some("digest master")] {
        let mut house = House::new();
        if let Some(name) = step {
            house.plan(Planned::new(name, Which::Nth(1), Side::After, Trouble::Crash));
        }
        let cluster = house.cluster(1).await;
        let run = house.run(&cluster).await;
        house.until_run(&run, RunPhase::Finished).await;
        let trend = trend(&mut house, &run).await;
        let [point] = trend.items.as_slice() else { panic!("{step:?}: {trend:?}") };
        assert_eq!((&point.run, point.samples, point.errors, point.partial), (&run, 50, 0, false), "{step:?}");
        assert!(point.p95_ms.is_some() && point.compared.is_none(), "{step:?}: {point:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn figures_and_marks_come_back_from_the_folder_where_the_database_is_lost() {
    let mut house = House::new();
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Finished).await;
    let engine = house.engine().await;
    engine.tag_run(&run, vec!["nightly".to_owned()]).await.expect("tagged");
    engine.note_run(&run, "The cache was cold.").await.expect("noted");
    engine.set_run_baseline(&run, true).await.expect("marked");
    let before = trend(&mut house, &run).await.items;
    assert!(before[0].baseline && before[0].tags == ["nightly"], "{before:?}");
    drop(engine);
    house.crash().await;
    for name in ["jac.db", "jac.db-wal", "jac.db-shm"] {
        drop(std::fs::remove_file(house.data().join(name)));
    }
    assert_eq!(trend(&mut house, &run).await.items, before);
    let row = house.engine().await.store().run(&run).await.expect("its row").run;
    assert_eq!(row.note, "The cache was cold.");
}
