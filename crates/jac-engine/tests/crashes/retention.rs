//! What the retention removes, and what is kept.

use crate::house::{House, all, config, waiting};
use crate::world::owner;
use jac_artefacts::{ArtefactStore, Location, Options};
use jac_engine::archive::manifest_in;
use jac_engine::plans::Kept;
use jac_engine::schedules::NewSchedule;
use jac_engine::{Engine, EngineError};
use jac_model::notify::DeliveryState;
use jac_model::{
    ClusterPhase, Overlap, Person, Plan, Provider, RunId, RunPhase, RunsOn, ScheduledRun, Timing, UserRole,
};
use jac_store::{NewDelivery, RunFilter};
use std::time::Duration;
use tokio::time::sleep;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn runs(engine: &Engine) -> Vec<RunId> {
    let listed = engine.store().list_runs(&RunFilter::default(), &all()).await.expect("runs");
    listed.items.into_iter().map(|run| run.id).collect()
}

/// Runs, one after the other, on a cluster that has been terminated since.
async fn history(house: &mut House, count: usize) -> (jac_model::ClusterId, Vec<RunId>) {
    let cluster = house.cluster(1).await;
    house.until_phase(&cluster, ClusterPhase::Ready).await;
    let mut done = Vec::new();
    for _ in 0..count {
        let run = house.another_run(&cluster).await;
        house.until_run(&run, RunPhase::Finished).await;
        done.push(run);
    }
    house.terminate(&cluster).await;
    // No cluster is left to reconcile, so weeks pass faster.
    house.crash().await;
    house.settings.reconcile_every = DAY;
    (cluster, done)
}

#[tokio::test(start_paused = true)]
async fn runs_go_by_age_but_for_the_pinned_ones() {
    let mut house = House::new();
    house.settings.runs_days = Some(7);
    house.settings.cluster_events_days = 30;
    let (cluster, old) = history(&mut house, 2).await;
    let engine = house.engine().await;
    engine.pin_run(&old[0], true).await.expect("pinned");
    let left_behind = waiting(&engine, |engine| {
        let mut staging = engine.stage()?;
        std::fs::write(staging.place("p.jmx")?, crate::house::PLAN).expect("written");
        engine.create_plan(owner(), None, None, Kept::WithItsRuns, staging)
    });
    let left_behind = left_behind.await.expect("a plan").id;
    sleep(DAY * 6).await;
    assert_eq!(runs(&engine).await.len(), 2, "not yet");
    sleep(DAY * 2).await;
    assert_eq!(runs(&engine).await, [old[0].clone()]);
    assert!(!house.data().join("runs").join(old[1].as_str()).exists(), "its folder has gone too");
    assert!(!engine.store().cluster_events(&cluster).await.expect("events").is_empty(), "not yet");
    engine.store().plan(&left_behind).await.expect("not yet");
    sleep(DAY * 30).await;
    assert_eq!(runs(&engine).await, [old[0].clone()]);
    assert!(house.log(&old[0]).len() > 1000, "with its log");
    assert!(engine.store().cluster_events(&cluster).await.expect("events").is_empty());
    assert!(engine.store().plan(&left_behind).await.is_err(), "it has no runs");
    drop(engine);
    house.crash().await;
    assert!(house.engine().await.store().run(&old[0]).await.expect("its row").run.pinned);
}

/// Uploads the plan as `jac run` does.
async fn uploaded(engine: &Engine, by: Person) -> Plan {
    let revised = waiting(engine, |engine| {
        let mut staging = engine.stage()?;
        std::fs::write(staging.place("p.jmx")?, crate::house::PLAN).expect("written");
        engine.revise_plan(by, Some("shop".to_owned()), None, Kept::WithItsRuns, staging)
    });
    revised.await.expect("a plan")
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_jac_run_stays_while_it_has_runs_and_its_heir_has_another() {
    let mut house = House::new();
    house.settings.runs_days = Some(33);
    let (_, runs) = history(&mut house, 1).await;
    let engine = house.engine().await;
    let plan = uploaded(&engine, owner()).await;
    let of_plan = plan.clone();
    let ran = engine.store().update_run::<_, EngineError>(&runs[0], move |run| {
        run.plan_id = of_plan.id;
        Ok(())
    });
    ran.await.expect("written");
    sleep(DAY * 32).await;
    engine.store().plan(&plan.id).await.expect("its run is there");
    sleep(DAY * 2).await;
    assert!(engine.store().plan(&plan.id).await.is_err(), "neither is its run");

    let ada = engine.store().add_person("ada", "Ada", UserRole::Member, Vec::new(), 0).await.expect("added");
    let hers = uploaded(&engine, ada.person()).await;
    engine.remove_person(&ada.person(), Some(owner()), &owner()).await.expect("removed");
    let kept = engine.store().plan(&hers.id).await.expect("handed over");
    assert_eq!((kept.owner, kept.ephemeral), (owner(), false));
    assert_ne!(uploaded(&engine, owner()).await.id, hers.id, "two people's plans never mix");
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_jac_run_is_scheduled_at_a_fixed_revision_and_stays_while_it_is() {
    let mut house = House::new();
    house.settings.reconcile_every = DAY;
    let engine = house.engine().await;
    let plan = uploaded(&engine, owner()).await;
    let timing = Timing::Once { at: "2200-01-01T00:00".to_owned(), zone: "UTC".to_owned() };
    let on = RunsOn::New { provider: Provider::Ec2, config: Box::new(config(1)) };
    let at = |plan_revision| NewSchedule {
        name: None,
        plan_id: plan.id.clone(),
        run: ScheduledRun { plan_revision, ..ScheduledRun::default() },
        on: on.clone(),
        timing: timing.clone(),
        overlap: Overlap::Skip,
        revision: None,
    };
    let refused =
        engine.create_schedule(owner(), at(None)).await.expect_err("its newest revision may come from anywhere");
    let EngineError::Invalid { faults, .. } = refused else { panic!("{refused}") };
    let codes: Vec<&str> = faults.iter().map(|fault| fault.code.as_str()).collect();
    assert_eq!(codes, ["plan_ephemeral"]);
    let schedule = engine.create_schedule(owner(), at(Some(1))).await.expect("scheduled").id;
    sleep(DAY * 40).await;
    engine.store().plan(&plan.id).await.expect("its schedule is there");
    engine.delete_schedule(&schedule).await.expect("deleted");
    sleep(DAY * 2).await;
    assert!(engine.store().plan(&plan.id).await.is_err(), "neither is its schedule");
}

#[tokio::test(start_paused = true)]
async fn the_newest_runs_stay_by_count_and_what_has_not_finished_is_not_counted() {
    let mut house = House::new();
    house.settings.runs_count = Some(2);
    let (_, done) = history(&mut house, 4).await;
    let engine = house.engine().await;
    engine.pin_run(&done[0], true).await.expect("pinned");
    sleep(DAY).await;
    let mut left = runs(&engine).await;
    left.sort();
    let mut expected = vec![done[0].clone(), done[2].clone(), done[3].clone()];
    expected.sort();
    assert_eq!(left, expected);
}

#[tokio::test(start_paused = true)]
async fn the_newest_runs_stay_by_size_and_the_pinned_ones_count() {
    let mut house = House::new();
    let (_, done) = history(&mut house, 4).await;
    // Each has a file that is much larger than everything else.
    for run in &done {
        let file = std::fs::File::create(house.data().join("runs").join(run.as_str()).join("kept.bin"));
        file.expect("a file").set_len(64 << 20).expect("its length");
    }
    house.settings.runs_bytes = Some(200 << 20);
    let engine = house.engine().await;
    engine.pin_run(&done[0], true).await.expect("pinned");
    sleep(DAY).await;
    let mut left = runs(&engine).await;
    left.sort();
    let mut expected = vec![done[0].clone(), done[2].clone(), done[3].clone()];
    expected.sort();
    assert_eq!(left, expected, "three fit, and one of them is pinned");
    drop(engine);
    house.crash().await;
    house.settings.runs_bytes = Some(1);
    let engine = house.engine().await;
    sleep(DAY).await;
    let mut left = runs(&engine).await;
    left.sort();
    let mut expected = vec![done[0].clone(), done[3].clone()];
    expected.sort();
    assert_eq!(left, expected, "the newest stays, however large it is");
}

#[tokio::test(start_paused = true)]
async fn a_baseline_stays_whatever_its_age_and_the_number_and_size_of_all_runs() {
    let mut house = House::new();
    let (_, done) = history(&mut house, 4).await;
    house.settings.runs_days = Some(7);
    house.settings.runs_count = Some(1);
    house.settings.runs_bytes = Some(1);
    let engine = house.engine().await;
    engine.set_run_baseline(&done[1], true).await.expect("it is the baseline");
    sleep(DAY).await;
    let mut left = runs(&engine).await;
    left.sort();
    let mut expected = vec![done[1].clone(), done[3].clone()];
    expected.sort();
    assert_eq!(left, expected, "the newest, and the baseline, which does not count as one of the newest");
    sleep(DAY * 10).await;
    assert_eq!(runs(&engine).await, [done[1].clone()]);
    assert!(house.log(&done[1]).len() > 1000, "with its log");
    engine.set_run_baseline(&done[1], false).await.expect("the baseline is unset");
    sleep(DAY).await;
    assert_eq!(runs(&engine).await, []);
}

#[tokio::test(start_paused = true)]
async fn logs_that_the_store_has_leave_this_disk_also_of_a_pinned_run() {
    let place = tempfile::tempdir().expect("a folder");
    let location = Location::parse(&format!("file://{}", place.path().display())).expect("an address");
    let mut house = House::new();
    house.artefacts = Some(ArtefactStore::new(&location, &Options::default(), None).expect("a store"));
    house.settings.stored_logs_days = Some(1);
    let (_, runs) = history(&mut house, 1).await;
    let engine = house.engine().await;
    engine.pin_run(&runs[0], true).await.expect("pinned");
    let folder = house.data().join("runs").join(runs[0].as_str());
    house.until("its upload", async |_: &Engine| manifest_in(&folder)).await;
    let log = folder.join("results.jtl.zst");
    assert!(log.exists());
    sleep(DAY * 2).await;
    house.until("its removal", async |_: &Engine| (!log.exists()).then_some(())).await;
}

#[tokio::test(start_paused = true)]
async fn a_notification_whose_target_is_not_configured_any_more_is_not_retried_and_is_given_up_after_a_day() {
    let mut house = House::new();
    let (_, runs) = history(&mut house, 1).await;
    let engine = house.engine().await;
    let lost = NewDelivery { id: "n-1".to_owned(), target: "gone".to_owned() };
    engine.store().add_deliveries(&runs[0], vec![lost], engine.now_ms()).await.expect("written");
    let refused = engine.retry_deliveries(&runs[0], Some("gone")).await.expect_err("nobody sends it");
    assert_eq!(refused.code(), "conflict");
    let state = async |engine: &Engine| {
        let all = engine.deliveries(&runs[0]).await.expect("read");
        all.into_iter().find(|delivery| delivery.target == "gone").expect("it").state
    };
    sleep(DAY / 2).await;
    engine.retry_deliveries(&runs[0], None).await.expect("the others are");
    assert_eq!(state(&engine).await, DeliveryState::Waiting);
    sleep(DAY).await;
    assert_eq!(state(&engine).await, DeliveryState::GivenUp);
}
