//! A run that is stopped by a rule of its automatic stop, with the server killed meanwhile, and data that arrive late.

use crate::house::{House, waiting};
use crate::jmeter::{PLAN_MS, Trouble};
use jac_jtl::criteria::CriterionCode;
use jac_jtl::criteria::Verdict;
use jac_jtl::criteria::stop::StopRuleCode;
use jac_model::{Cause, PlanCriteria, Run, RunId, RunPhase, StopMode};
use std::time::Duration;

const RULE: &str = "error_percent > 50% for 5s";

/// A house whose system under test fails in those seconds of a test of a minute.
fn house(fails: std::ops::Range<i64>) -> House {
    let mut house = House::new();
    house.stop_rules = Some(vec![RULE.to_owned()]);
    house.world.machines().trouble = Trouble { plan_ms: 60_000, fails_s: fails };
    house
}

/// The time from the first sample to the end of the last one.
fn measured_s(house: &House, run: &RunId) -> i64 {
    let log = String::from_utf8(house.log(run)).expect("text");
    let times: Vec<i64> = log.lines().skip(1).filter_map(|row| row.split(',').next()?.parse().ok()).collect();
    (times.iter().max().expect("rows") - times.iter().min().expect("rows")) / 1_000
}

fn assert_stopped(run: &Run) {
    let Some(Cause::AutoStopped { rule, actual, unit, since_ms, node, how }) = &run.cause else {
        panic!("not stopped by its rule: {:?}", run.cause);
    };
    assert_eq!((rule.as_str(), *actual, unit.as_str(), *how), (RULE, 100.0, "%", StopMode::Graceful));
    assert!(node.is_none() && *since_ms > run.started_ms.expect("it was started"), "{since_ms}");
    assert_eq!(run.stop_requested_by, None, "no person did");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_fails_all_stops_the_run_and_what_was_measured_is_kept() {
    let mut house = house(0..60);
    let cluster = house.cluster(2).await;
    let run = house.run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_stopped(&ran);
    let took = measured_s(&house, &run);
    assert!((5..12).contains(&took), "{took} s");
    assert!(house.log(&run) == house.measured(&run), "samples were lost");
    let report = house.report(&run).await.expect("its report");
    let facts = report.run.expect("its facts");
    assert_eq!(facts.verdict, Verdict::Failed);
    assert!(facts.criteria.iter().any(|result| result.code == Some(CriterionCode::AutoStopped)));
    assert!(report.summary.partial.is_some(), "it is not the whole run");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_killed_on_the_way_stops_it_all_the_same() {
    for when in ["before the rule is broken", "after it was"] {
        let mut house = house(0..60);
        let cluster = house.cluster(2).await;
        let run = house.run(&cluster).await;
        house.until_run(&run, RunPhase::Running).await;
        if when == "after it was" {
            let broken = async |engine: &jac_engine::Engine| {
                engine.store().run(&run).await.ok().and_then(|row| row.run.broken_rule)
            };
            house.until("a broken rule", broken).await;
        } else {
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        house.crash().await;
        let ran = house.until_run(&run, RunPhase::Finished).await;
        assert_stopped(&ran);
        assert!(house.log(&run) == house.measured(&run), "{when}: samples were lost");
        assert!(measured_s(&house, &run) < 20, "{when}: {} s", measured_s(&house, &run));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_away_stops_nothing_that_has_become_well_again() {
    let mut house = house(0..20);
    let cluster = house.cluster(2).await;
    let run = house.run(&cluster).await;
    house.until_run(&run, RunPhase::Running).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    house.crash().await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.cause, Some(Cause::Completed), "what failed was over when it was read");
    assert_eq!(measured_s(&house, &run), 59);
}

#[tokio::test(start_paused = true)]
async fn samples_that_come_late_over_a_slow_line_stop_nothing() {
    // The failures of the first seconds arrive long after they are over.
    let mut house = house(0..10);
    let cluster = house.cluster(2).await;
    let run = house.run(&cluster).await;
    *house.world.line.lock().expect("the line") = Some(60);
    let late = async |engine: &jac_engine::Engine| {
        let view = engine.view_run(engine.store().run(&run).await.ok()?);
        assert!(view.stop_requested.is_none(), "stopped on old data: {:?}", view.stop_rule_states);
        view.stop_rule_states.into_iter().find(|rule| rule.code == StopRuleCode::Late)
    };
    house.until("samples that are late", &late).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(late(&house.engine().await).await.is_some(), "they are later still");
    *house.world.line.lock().expect("the line") = None;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.cause, Some(Cause::Completed));
}

#[tokio::test(start_paused = true)]
async fn a_run_without_rules_continues_whatever_fails() {
    let mut house = house(0..60);
    house.stop_rules = Some(Vec::new());
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!(ran.cause, Some(Cause::Completed));
    assert_eq!(ran.criteria_version, None, "not the plan's");
}

#[tokio::test(start_paused = true)]
async fn criteria_are_kept_with_the_plan_and_watched_while_the_run_continues() {
    let mut house = house(20..40);
    house.stop_rules = None;
    let plan = house.upload().await;
    let requested = PlanCriteria {
        criteria: vec!["error_percent > 10%".to_owned(), "p95 > 1s".to_owned()],
        warm_up_s: 5,
        ..PlanCriteria::default()
    };
    let engine = house.engine().await;
    let (id, first) = (plan.clone(), requested.clone());
    let kept = waiting(&engine, move |engine| engine.set_plan_criteria(&id, first)).await.expect("kept");
    assert_eq!(kept, PlanCriteria { version: 2, ..requested.clone() });
    let (id, again) = (plan.clone(), kept.clone());
    let same = waiting(&engine, move |engine| engine.set_plan_criteria(&id, again)).await.expect("the same");
    assert_eq!(same.version, 2, "equal criteria do not count as a change");
    let id = plan.clone();
    let stale = waiting(&engine, move |engine| engine.set_plan_criteria(&id, requested)).await;
    assert!(matches!(stale, Err(jac_engine::EngineError::Conflict { .. })), "{stale:?}");
    drop(engine);

    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    let broken = async |engine: &jac_engine::Engine| {
        let view = engine.view_run(engine.store().run(&run).await.ok()?);
        view.criteria_watch.into_iter().find(|watch| !watch.met)
    };
    let watch = house.until("a criterion that is broken", broken).await;
    assert_eq!(watch.expression, "error_percent > 10%");
    house.crash().await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!((ran.cause.clone(), ran.criteria_version, ran.warm_up_s), (Some(Cause::Completed), Some(2), 5));
    let engine = house.engine().await;
    let view = engine.view_run(engine.store().run(&run).await.expect("its row"));
    let codes: Vec<_> = view.criteria.iter().map(|result| result.code).collect();
    assert_eq!(codes, [Some(CriterionCode::NotMet), Some(CriterionCode::Met)]);
    let [errors, times] = &view.criteria_watch[..] else { panic!("{:?}", view.criteria_watch) };
    let second = |at_ms: i64| (at_ms - ran.started_ms.expect("started")) / 1_000;
    let broken_ms = errors.first_broken_ms.expect("it was broken");
    assert!((20..27).contains(&second(broken_ms)), "{}", second(broken_ms));
    assert_eq!(errors.first_broken_ms, watch.first_broken_ms, "the next engine knows it");
    assert_eq!((errors.met, errors.since_ms), (false, broken_ms));
    assert!(times.met && times.met_ms == times.seen_ms - times.began_ms && times.met_ms > 40_000, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn an_ordinary_run_has_the_rule_of_its_plan() {
    let mut house = House::new();
    let cluster = house.cluster(1).await;
    let run = house.run(&cluster).await;
    let ran = house.until_run(&run, RunPhase::Finished).await;
    assert_eq!((ran.stop_rules, ran.criteria_version), (PlanCriteria::default().stop_rules, Some(1)));
    assert_eq!(measured_s(&house, &run), PLAN_MS / 1_000 - 1);
}
