//! Schedules: each time becomes one run, whenever the engine dies, or is recorded with the reason why it did not.

use crate::faults::{Planned, Side, Trouble, Which};
use crate::house::{House, all, config};
use crate::world::owner;
use jac_engine::schedules::{NewSchedule, RunChanges};
use jac_engine::{Engine, EngineError, Event};
use jac_model::{
    ClusterId, ClusterPhase, EpochMs, Firing, FiringState, Order, Overlap, Person, PlanId, Provider, RunPhase, RunsOn,
    Schedule, ScheduleId, ScheduleState, ScheduledRun, Timing, UserRole,
};
use jac_store::{ClusterFilter, PageRequest, PersonChange, RunFilter, ScheduleFilter};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;

const MINUTE: Duration = Duration::from_secs(60);

fn house() -> House {
    let mut house = House::new();
    house.settings.starts_schedules = true;
    house
}

fn every_minute() -> Timing {
    Timing::Cron { expression: "* * * * *".to_owned(), zone: "UTC".to_owned() }
}

/// A single time, this long after the world's current time.
fn once_in(house: &House, time: Duration) -> Timing {
    let at_ms = house.world.now_ms() + i64::try_from(time.as_millis()).expect("not that long");
    let at = every_minute().times().expect("a timing").local(at_ms);
    Timing::Once { at: at.trim_end_matches("+00:00").to_owned(), zone: "UTC".to_owned() }
}

fn on_new(workers: u32) -> RunsOn {
    RunsOn::New { provider: Provider::Ec2, config: Box::new(config(workers)) }
}

fn on(cluster: &ClusterId) -> RunsOn {
    RunsOn::Cluster { cluster_id: cluster.clone(), cluster_name: String::new() }
}

fn new(plan: &PlanId, on: RunsOn, timing: Timing, overlap: Overlap) -> NewSchedule {
    let run = ScheduledRun { secret: vec!["pin".to_owned()], stop_timeout_s: Some(5), ..ScheduledRun::default() };
    NewSchedule { name: Some("nightly".to_owned()), plan_id: plan.clone(), run, on, timing, overlap, revision: None }
}

/// A schedule, requested until it exists.
async fn schedule(house: &mut House, on: RunsOn, timing: Timing, overlap: Overlap) -> ScheduleId {
    let plan = house.upload().await;
    loop {
        let page = PageRequest { order: Order::Ascending, ..all() };
        let engine = house.engine().await;
        let there = engine.store().list_schedules(&ScheduleFilter::default(), &page).await.expect("schedules");
        if let Some(schedule) = there.items.into_iter().next() {
            return schedule.id;
        }
        drop(engine);
        let request = new(&plan, on.clone(), timing.clone(), overlap);
        house.ask(async |engine| engine.create_schedule(owner(), request).await).await;
    }
}

async fn firings(engine: &Engine, id: &ScheduleId) -> Vec<Firing> {
    let mut firings = engine.firings(id, None, 200).await.expect("firings");
    firings.reverse();
    firings
}

async fn now(house: &mut House, id: &ScheduleId) -> Schedule {
    house.engine().await.store().schedule(id).await.expect("its row")
}

/// Waits until this many firings have ended, and returns all.
async fn ended(house: &mut House, id: &ScheduleId, count: usize) -> Vec<Firing> {
    house
        .until("the end of its firings", async |engine: &Engine| {
            let firings = firings(engine, id).await;
            let ended = firings.iter().filter(|firing| firing.state.is_terminal()).count();
            (ended >= count).then_some(firings)
        })
        .await
}

fn codes(firings: &[Firing]) -> Vec<(FiringState, &str)> {
    firings.iter().map(|firing| (firing.state, firing.code.as_deref().unwrap_or("-"))).collect()
}

/// A single time on a cluster that is created for it: one run, one cluster, and nothing is left.
async fn story(planned: &[Planned]) -> House {
    let mut house = house();
    for planned in planned {
        house.plan(planned.clone());
    }
    let case = format!("{planned:?}");
    let timing = once_in(&house, MINUTE);
    let id = schedule(&mut house, on_new(1), timing, Overlap::Skip).await;
    let firings = ended(&mut house, &id, 1).await;
    let engine = house.engine().await;
    if codes(&firings) != [(FiringState::Finished, "completed")] {
        let clusters = engine.store().list_clusters(&ClusterFilter::default(), &all()).await.expect("clusters").items;
        let events = match clusters.first() {
            Some(cluster) => house.events(&cluster.id).await,
            None => Vec::new(),
        };
        panic!("{case}: {firings:#?}\n{clusters:#?}\n{events:#?}");
    }
    let runs = engine.store().list_runs(&RunFilter::default(), &all()).await.expect("runs").items;
    assert_eq!(runs.len(), 1, "{case}: one time is one run");
    assert_eq!(firings[0].run_id.as_ref(), Some(&runs[0].id), "{case}");
    let clusters = ClusterFilter::default();
    let clusters = engine.store().list_clusters(&clusters, &all()).await.expect("clusters").items;
    assert_eq!(clusters.len(), 1, "{case}: one run is one cluster");
    let cluster = clusters[0].id.clone();
    drop(engine);
    house.until_gone(&cluster).await;
    assert_eq!(house.world.machines().made, 2, "{case}");
    assert!(house.world.machines().there.is_empty(), "{case}: a machine is left");
    assert_eq!(house.world.machines().masters_started.load(Ordering::Relaxed), 1, "{case}");
    let schedule = now(&mut house, &id).await;
    assert_eq!((schedule.state, schedule.next_ms, schedule.failures), (ScheduleState::Done, None, 0), "{case}");
    house
}

#[tokio::test(start_paused = true)]
async fn a_time_becomes_one_run_on_a_cluster_of_its_own() {
    assert_eq!(story(&[]).await.crashes, 0);
}

/// Some of the clock readings of the scheduler itself, spread over the whole story.
async fn crash_at_the_clock(part: usize, of: usize) {
    let count = story(&[]).await.world.calls().counts["clock"];
    let mut crashed = 0;
    let tried: Vec<usize> = (1..=count).filter(|nth| nth % of == part).collect();
    for nth in &tried {
        let house = story(&[Planned::new("clock", Which::Nth(*nth), Side::Before, Trouble::Crash)]).await;
        crashed += usize::from(house.crashes > 0);
    }
    assert!(crashed * 10 >= tried.len() * 9, "only {crashed} of {} crashes happened", tried.len());
}

#[tokio::test(start_paused = true)]
async fn a_crash_in_the_middle_of_the_start_makes_no_second_run_and_loses_none() {
    crash_at_the_clock(0, 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_a_step_of_the_provider_makes_no_second_run_and_loses_none() {
    let names: Vec<String> = story(&[]).await.world.calls().counts.keys().cloned().collect();
    for name in names.iter().filter(|name| !name.starts_with("clock") && *name != "list local") {
        for side in [Side::Before, Side::After] {
            story(&[Planned::new(name, Which::Nth(1), side, Trouble::Crash)]).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_crashes_one_after_the_other_make_no_second_run() {
    let count = story(&[]).await.world.calls().counts["clock"];
    for nth in (1..count).step_by(29) {
        let crash = |nth| Planned::new("clock", Which::Nth(nth), Side::Before, Trouble::Crash);
        story(&[crash(nth), crash(nth + 7)]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_schedules_or_of_a_start_makes_no_second_run_and_loses_none() {
    for (kind, part) in [("schedules", "the schedule"), ("scheduled_start", "the start of the scheduled run ")] {
        let name = format!("clock of {kind}");
        let count = story(&[]).await.world.calls().counts[&name];
        // The readings are at different points of the story: the first few, and some of the rest.
        let tried: Vec<usize> = (1..=count).filter(|nth| *nth <= 4 || nth % 7 == 0).collect();
        for nth in tried {
            let planned = Planned::new(&name, Which::Nth(nth), Side::Before, Trouble::Panic);
            let mut house = story(&[planned]).await;
            assert_eq!(house.crashes, 0, "{name} {nth}: the server continues");
            let happened = house.world.calls().happened;
            let panics = crate::panics::reported_panics(&mut house).await;
            assert!(
                panics.len() == happened && panics.iter().all(|task| task.starts_with(part)),
                "{name} {nth}: {panics:?}"
            );
        }
    }
}

/// A ready cluster, on which runs take several minutes.
async fn slow_cluster(house: &mut House) -> ClusterId {
    let cluster = house.cluster(1).await;
    house.until_phase(&cluster, ClusterPhase::Ready).await;
    *house.world.line.lock().expect("the line") = Some(10);
    cluster
}

#[tokio::test(start_paused = true)]
async fn a_time_at_which_an_earlier_run_has_not_finished_is_skipped() {
    let mut house = house();
    let cluster = slow_cluster(&mut house).await;
    let id = schedule(&mut house, on(&cluster), every_minute(), Overlap::Skip).await;
    let all = ended(&mut house, &id, 2).await;
    let first = all.iter().find(|firing| firing.run_id.is_some()).expect("a run");
    let skipped: Vec<_> = all.iter().filter(|firing| firing.state == FiringState::Skipped).collect();
    assert!(!skipped.is_empty() && skipped.iter().all(|firing| firing.code.as_deref() == Some("overlap")), "{all:?}");
    assert!(skipped[0].due_ms > first.due_ms, "{all:?}");
    assert_eq!(now(&mut house, &id).await.failures, 0, "it does not count as a failure");
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_for_the_earlier_one_and_only_one_waits() {
    let mut house = house();
    let cluster = slow_cluster(&mut house).await;
    let id = schedule(&mut house, on(&cluster), every_minute(), Overlap::Queue).await;
    let at_once = house
        .until("a time that is skipped", async |engine: &Engine| {
            let firings = firings(engine, &id).await;
            firings.iter().any(|firing| firing.state == FiringState::Skipped).then_some(firings)
        })
        .await;
    assert_eq!(
        codes(&at_once),
        [(FiringState::Running, "-"), (FiringState::Waiting, "-"), (FiringState::Skipped, "already_waiting")]
    );
    // It keeps waiting over a restart too.
    house.crash().await;
    *house.world.line.lock().expect("the line") = None;
    let all = ended(&mut house, &id, 3).await;
    assert_eq!(codes(&all[..3])[0], (FiringState::Finished, "completed"), "{all:?}");
    let second = house
        .until("the second run", async |engine: &Engine| {
            let second = firings(engine, &id).await.swap_remove(1);
            (second.state == FiringState::Finished).then_some(second)
        })
        .await;
    assert!(second.run_id.is_some() && second.run_id != all[0].run_id);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_busy_with_another_run_is_in_the_way_too() {
    for (overlap, expected) in [
        (Overlap::Skip, (FiringState::Skipped, "cluster_busy")),
        (Overlap::Queue, (FiringState::Finished, "completed")),
    ] {
        let mut house = house();
        let cluster = slow_cluster(&mut house).await;
        let other = house.another_run(&cluster).await;
        house.until_run(&other, RunPhase::Running).await;
        let timing = once_in(&house, Duration::from_secs(2));
        let id = schedule(&mut house, on(&cluster), timing, overlap).await;
        sleep(Duration::from_secs(10)).await;
        *house.world.line.lock().expect("the line") = None;
        assert_eq!(codes(&ended(&mut house, &id, 1).await), [expected], "{overlap:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_is_cancelled_when_its_schedule_is_paused() {
    let mut house = house();
    let cluster = slow_cluster(&mut house).await;
    let id = schedule(&mut house, on(&cluster), every_minute(), Overlap::Queue).await;
    let waits = async |engine: &Engine| {
        firings(engine, &id).await.iter().any(|firing| firing.state == FiringState::Waiting).then_some(())
    };
    house.until("one that waits", waits).await;
    let paused = house.engine().await.pause_schedule(&id).await.expect("paused");
    assert_eq!((paused.state, paused.next_ms), (ScheduleState::Paused, None));
    *house.world.line.lock().expect("the line") = None;
    let all = ended(&mut house, &id, 2).await;
    assert_eq!(codes(&all), [(FiringState::Finished, "completed"), (FiringState::Skipped, "paused")]);
    sleep(MINUTE * 5).await;
    assert_eq!(firings(&house.engine().await, &id).await.len(), 2, "it starts nothing");
}

/// No server runs for this long over a single time.
async fn away_for(time: Duration) -> (House, ScheduleId) {
    let mut house = house();
    let timing = once_in(&house, MINUTE);
    let id = schedule(&mut house, on_new(1), timing, Overlap::Skip).await;
    house.crash().await;
    sleep(time).await;
    (house, id)
}

#[tokio::test(start_paused = true)]
async fn a_time_at_which_no_server_ran_is_made_up_for_within_the_grace() {
    let (mut house, id) = away_for(MINUTE * 15).await;
    assert_eq!(codes(&ended(&mut house, &id, 1).await), [(FiringState::Finished, "completed")]);
    let (mut house, id) = away_for(MINUTE * 17).await;
    let missed = ended(&mut house, &id, 1).await;
    assert_eq!(codes(&missed), [(FiringState::Missed, "missed")]);
    assert_eq!(missed[0].run_id, None);
    let schedule = now(&mut house, &id).await;
    assert_eq!((schedule.state, schedule.failures), (ScheduleState::Done, 0), "it does not count as a failure");
    assert_eq!(house.world.machines().made, 0);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_was_interrupted_long_ago_is_not_resumed() {
    let mut house = house();
    // Its cluster exists, and its run does not.
    house.plan(Planned::new("launch", Which::Nth(1), Side::Before, Trouble::Crash));
    let timing = once_in(&house, MINUTE);
    let id = schedule(&mut house, on_new(1), timing, Overlap::Skip).await;
    let starting = async |engine: &Engine| firings(engine, &id).await.pop().map(|_| ());
    house.until("its time", starting).await;
    house.crash().await;
    sleep(MINUTE * 30).await;
    let all = ended(&mut house, &id, 1).await;
    // If the run was stored before the crash, it ends like its cluster.
    assert!(matches!(all[0].state, FiringState::Missed | FiringState::Failed | FiringState::Finished), "{all:?}");
    let world = std::sync::Arc::clone(&house.world);
    house.until("nothing left", async |_: &Engine| world.machines().there.is_empty().then_some(())).await;
}

/// A schedule whose cluster is gone.
async fn failing(house: &mut House) -> ScheduleId {
    let cluster = house.cluster(1).await;
    house.until_phase(&cluster, ClusterPhase::Ready).await;
    let id = schedule(house, on(&cluster), every_minute(), Overlap::Skip).await;
    house.terminate(&cluster).await;
    id
}

#[tokio::test(start_paused = true)]
async fn three_failures_in_a_row_switch_it_off_and_its_owner_is_notified() {
    let mut house = house();
    let id = failing(&mut house).await;
    let mut events = house.engine().await.events();
    let all = ended(&mut house, &id, 3).await;
    assert_eq!(codes(&all), [(FiringState::NotStarted, "conflict"); 3]);
    let off = house
        .until("its end", async |engine: &Engine| {
            let schedule = engine.store().schedule(&id).await.expect("its row");
            (schedule.state == ScheduleState::SwitchedOff).then_some(schedule)
        })
        .await;
    assert_eq!((off.failures, off.next_ms), (3, None));
    let mut notified = 0;
    while let Ok(event) = events.try_recv() {
        notified += usize::from(matches!(event, Event::ScheduleSwitchedOff(of) if of == id));
    }
    assert_eq!(notified, 1);
    sleep(MINUTE * 10).await;
    assert_eq!(firings(&house.engine().await, &id).await.len(), 3, "it starts nothing any more");
    let active = house.engine().await.resume_schedule(&id).await.expect("resumed");
    assert_eq!((active.state, active.failures), (ScheduleState::Active, 0));
    assert!(active.next_ms > Some(house.world.now_ms()), "what has passed is not made up for");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_criteria_are_not_met_says_so_and_is_no_failure() {
    let mut house = house();
    let plan = house.upload().await;
    let request = new(&plan, on_new(0), once_in(&house, MINUTE), Overlap::Skip);
    let run = ScheduledRun { criteria: vec!["samples >= 1".to_owned()], ..request.run };
    let engine = house.engine().await;
    let id = engine.create_schedule(owner(), NewSchedule { run, ..request }).await.expect("a schedule").id;
    drop(engine);
    let all = ended(&mut house, &id, 1).await;
    assert_eq!(codes(&all), [(FiringState::Finished, "criteria_failed")]);
    assert_eq!(now(&mut house, &id).await.failures, 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_counts_and_one_that_completes_forgets_the_failures() {
    let mut house = house();
    house.world.machines().stillborn = vec!["master".to_owned()];
    let id = schedule(&mut house, on_new(0), every_minute(), Overlap::Skip).await;
    let failed = async |engine: &Engine| {
        firings(engine, &id).await.into_iter().find(|firing| firing.state == FiringState::Failed)
    };
    let failed = house.until("a failure", failed).await;
    assert_eq!(failed.code.as_deref(), Some("run_failed"));
    assert_eq!(now(&mut house, &id).await.failures, 1);
    house.world.machines().stillborn.clear();
    let finished = async |engine: &Engine| {
        firings(engine, &id).await.into_iter().find(|firing| firing.state == FiringState::Finished)
    };
    house.until("a success", finished).await;
    assert_eq!(now(&mut house, &id).await.failures, 0);
}

async fn ada(house: &mut House) -> Person {
    let engine = house.engine().await;
    engine.store().add_person("u-ada", "Ada", UserRole::Member, Vec::new(), 0).await.expect("added");
    Person { id: "u-ada".to_owned(), name: "Ada".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn it_starts_nothing_for_an_owner_who_has_lost_the_right_and_records_the_reason() {
    let change = |role, disabled| PersonChange { role, disabled, teams: None };
    for (change, code) in
        [(change(None, Some(true)), "owner_disabled"), (change(Some(UserRole::Viewer), None), "owner_may_not")]
    {
        let mut house = house();
        let ada = ada(&mut house).await;
        let plan = house.upload().await;
        let timing = once_in(&house, MINUTE);
        let engine = house.engine().await;
        let request = new(&plan, on_new(1), timing, Overlap::Skip);
        let id = engine.create_schedule(ada.clone(), request).await.expect("made").id;
        engine.store().change_person(&ada.id, change, 0).await.expect("changed");
        drop(engine);
        assert_eq!(codes(&ended(&mut house, &id, 1).await), [(FiringState::NotStarted, code)]);
        assert_eq!(house.world.machines().made, 0, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_removed_persons_schedules_go_to_whoever_is_named_and_are_paused_otherwise() {
    for (heir, expected) in [(Some(owner()), ScheduleState::Active), (None, ScheduleState::Paused)] {
        let mut house = house();
        let ada = ada(&mut house).await;
        let plan = house.upload().await;
        let engine = house.engine().await;
        let request = new(&plan, on_new(1), every_minute(), Overlap::Skip);
        let id = engine.create_schedule(ada.clone(), request).await.expect("made").id;
        engine.remove_person(&ada, heir, &owner()).await.expect("removed");
        let schedule = engine.store().schedule(&id).await.expect("its row");
        assert_eq!((schedule.state, schedule.owner), (expected, owner()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_by_hand_may_be_smaller_and_counts_for_nothing() {
    let mut house = house();
    let timing = once_in(&house, MINUTE * 60);
    let id = schedule(&mut house, on_new(2), timing, Overlap::Skip).await;
    let engine = house.engine().await;
    let too_many =
        engine.run_schedule_now(&id, owner(), RunChanges { workers: Some(3), ..RunChanges::default() }).await;
    assert!(matches!(too_many, Err(EngineError::Invalid { code: "changes_invalid", .. })), "{too_many:?}");
    let properties = [("threads".to_owned(), "1".to_owned())].into();
    let other = Person { id: "u-bob".to_owned(), name: "Bob".to_owned() };
    let theirs = engine.run_schedule_now(&id, other, RunChanges { workers: None, properties, try_run: false }).await;
    assert!(matches!(theirs, Err(EngineError::Invalid { code: "changes_invalid", .. })), "{theirs:?}");
    let properties = [("threads".to_owned(), "1".to_owned())].into();
    engine
        .run_schedule_now(&id, owner(), RunChanges { workers: Some(1), properties, try_run: false })
        .await
        .expect("started");
    let twice = engine.run_schedule_now(&id, owner(), RunChanges::default()).await;
    assert!(matches!(twice, Err(EngineError::Conflict { .. })), "{twice:?}");
    drop(engine);
    let all = ended(&mut house, &id, 1).await;
    assert_eq!(codes(&all), [(FiringState::Finished, "completed")]);
    assert_eq!(all[0].by, Some(owner()));
    let engine = house.engine().await;
    let run = engine.store().run(all[0].run_id.as_ref().expect("a run")).await.expect("its row").run;
    assert_eq!((run.workers, run.properties["threads"].as_str()), (1, "1"));
    let schedule = engine.store().schedule(&id).await.expect("its row");
    assert_eq!(schedule.state, ScheduleState::Active, "its own time is still to come");
    let origin = engine.schedule_of_run(&run.id).await.expect("read").expect("it has one");
    assert_eq!((origin.schedule.id.as_str(), origin.by), (id.as_str(), Some(owner())));
}

#[tokio::test(start_paused = true)]
async fn secrets_are_masked_kept_for_their_owner_and_reach_the_run() {
    let mut house = house();
    let plan = house.upload().await;
    let engine = house.engine().await;
    let with = |value: &str| {
        let timing = Timing::Cron { expression: "@yearly".to_owned(), zone: "UTC".to_owned() };
        let mut request = new(&plan, on_new(0), timing, Overlap::Skip);
        request.run.properties = [("pin".to_owned(), value.to_owned())].into();
        request
    };
    let made = engine.create_schedule(owner(), with("1234")).await.expect("made");
    assert_eq!(made.run.properties["pin"], "***");
    assert!(!format!("{made:?}").contains("1234"));
    let saved = engine.save_schedule(&made.id, owner(), with("***")).await.expect("saved");
    assert_eq!((saved.run.properties["pin"].as_str(), saved.revision), ("***", 2));
    let other = Person { id: "u-bob".to_owned(), name: "Bob".to_owned() };
    let theirs = engine.save_schedule(&made.id, other, with("***")).await;
    assert!(matches!(theirs, Err(EngineError::Invalid { code: "schedule_invalid", .. })), "{theirs:?}");
    let stale = NewSchedule { revision: Some(1), ..with("5") };
    let stale = engine.save_schedule(&made.id, owner(), stale).await;
    assert!(matches!(stale, Err(EngineError::Conflict { .. })), "{stale:?}");
    engine.run_schedule_now(&made.id, owner(), RunChanges::default()).await.expect("started");
    drop(engine);
    let node_has = |house: &House, text: &str| {
        let machines = house.world.machines();
        let files = machines.there.values().filter_map(|machine| {
            let runs = std::fs::read_dir(machine.folder.join("runs")).ok()?.flatten().next()?.path();
            std::fs::read_to_string(runs.join("jac.properties")).ok()
        });
        files.into_iter().any(|file| file.contains(text))
    };
    loop {
        let all = firings(&house.engine().await, &made.id).await;
        if node_has(&house, "1234") {
            break;
        }
        assert!(!all[0].state.is_terminal(), "the node never had it: {all:?}");
        sleep(Duration::from_millis(50)).await;
    }
    ended(&mut house, &made.id, 1).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_server_nothing_is_started() {
    let mut house = House::new();
    let timing = once_in(&house, MINUTE);
    let id = schedule(&mut house, on_new(1), timing, Overlap::Skip).await;
    sleep(MINUTE * 3).await;
    let engine = house.engine().await;
    assert_eq!(firings(&engine, &id).await, []);
    let by_hand = engine.run_schedule_now(&id, owner(), RunChanges::default()).await;
    assert!(matches!(by_hand, Err(EngineError::Conflict { .. })), "{by_hand:?}");
    drop(engine);
    // The next server makes up for it.
    house.crash().await;
    house.settings.starts_schedules = true;
    assert_eq!(codes(&ended(&mut house, &id, 1).await), [(FiringState::Finished, "completed")]);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_panics_each_time_is_given_up() {
    let mut house = house();
    let timing = once_in(&house, MINUTE);
    let id = schedule(&mut house, on_new(1), timing, Overlap::Skip).await;
    let due_ms: EpochMs = now(&mut house, &id).await.next_ms.expect("a time");
    assert!(due_ms > house.world.now_ms());
    house.plan(Planned::new("launch", Which::From(1), Side::Before, Trouble::Panic));
    let all = ended(&mut house, &id, 1).await;
    assert!(all[0].state.is_failure(), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_schedule_runs_the_revision_that_it_names_whoever_has_changed_the_plan_since() {
    let mut house = house();
    let plan = house.upload().await;
    let cluster = house.cluster(1).await;
    house.until_phase(&cluster, ClusterPhase::Ready).await;
    let engine = house.engine().await;
    let timing = once_in(&house, MINUTE);
    let mut request = new(&plan, on(&cluster), timing, Overlap::Skip);
    request.run.plan_revision = Some(2);
    let refused = engine.create_schedule(owner(), request.clone()).await.expect_err("there is none");
    let EngineError::Invalid { faults, .. } = refused else { panic!("{refused}") };
    assert_eq!((faults[0].code.as_str(), faults[0].field.as_deref()), ("revision_missing", Some("/run/plan_revision")));
    request.run.plan_revision = Some(1);
    let id = engine.create_schedule(owner(), request).await.expect("created").id;
    let of = plan.clone();
    let changed = crate::house::waiting(&engine, move |engine| {
        let mut staging = engine.stage()?;
        let other = crate::house::PLAN.replace("testname=\"P\"", "testname=\"Q\"");
        std::fs::write(staging.place("p.jmx")?, other).expect("written");
        engine.add_plan_files(&of, Person { id: "eve".to_owned(), name: "Eve".to_owned() }, staging)
    });
    assert_eq!(changed.await.expect("changed").revision, 2);
    drop(engine);
    let firings = ended(&mut house, &id, 1).await;
    assert_eq!(codes(&firings), [(FiringState::Finished, "completed")]);
    let run = firings[0].run_id.clone().expect("a run");
    let ran = house.engine().await.store().run(&run).await.expect("its row").run;
    assert_eq!(ran.plan_revision, Some(1));
    let file = house.data().join("runs").join(run.as_str()).join("plan/p.jmx");
    assert_eq!(std::fs::read_to_string(file).expect("what it ran"), crate::house::PLAN);
}
