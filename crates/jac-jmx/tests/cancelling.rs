//! A check that was cancelled ends at once, wherever in a huge plan it is.

use jac_jmx::{Cancel, CheckInput, Plan, PlanError, check_until};
use std::cell::Cell;
use std::fmt::Write;

/// Number of elements in a huge plan.
const MANY: usize = 3_000;
/// How many more checks of the cancellation are allowed afterwards: one for each open loop.
const OPEN_LOOPS: usize = 20;

fn plan(below: &str) -> String {
    format!(
        r#"<jmeterTestPlan><hashTree><TestPlan guiclass="" testname="p"/><hashTree>{below}</hashTree></hashTree></jmeterTestPlan>"#
    )
}

fn group(below: &str) -> String {
    format!(
        r#"<ThreadGroup guiclass="" testname="g"><stringProp name="ThreadGroup.num_threads">1</stringProp></ThreadGroup><hashTree>{below}</hashTree>"#
    )
}

/// Huge plans of several shapes, with the minimum number of cancellation checks of each.
fn huge() -> Vec<(&'static str, String, usize)> {
    let many = |one: &dyn Fn(usize) -> String| (0..MANY).fold(String::new(), |text, nth| text + &one(nth));
    let sampler =
        |properties: &str| format!(r#"<JavaSampler guiclass="" testname="s">{properties}</JavaSampler><hashTree/>"#);
    let mut calls = String::new();
    for nth in 0..MANY {
        let _written = write!(calls, "${{__P(p{nth},${{__P(q{nth},1)}})}}");
    }
    let variables = many(&|nth| {
        format!(
            r#"<elementProp name="v{nth}" elementType="Argument"><stringProp name="Argument.value">${{__P(v{nth},1)}}</stringProp></elementProp>"#
        )
    });
    vec![
        ("thread groups", plan(&many(&|_| group(&sampler("")))), 10 * MANY),
        ("samplers", plan(&group(&many(&|_| sampler("")))), 10 * MANY),
        (
            "properties of one element",
            plan(&group(&sampler(&many(&|nth| format!(r#"<stringProp name="{nth}">${{__P(p{nth})}}</stringProp>"#))))),
            8 * MANY,
        ),
        (
            "calls in one text",
            plan(&group(&sampler(&format!(r#"<stringProp name="a">{calls}</stringProp>"#)))),
            8 * MANY,
        ),
        (
            "data files",
            plan(&group(&many(&|nth| {
                format!(
                    r#"<CSVDataSet guiclass="" testname="c"><stringProp name="filename">f{nth}.csv</stringProp></CSVDataSet><hashTree/>"#
                )
            }))),
            10 * MANY,
        ),
        (
            "variables",
            plan(&format!(
                r#"<Arguments guiclass="" testname="v"><collectionProp name="Arguments.arguments">{variables}</collectionProp></Arguments><hashTree/>"#
            )),
            8 * MANY,
        ),
        (
            "waves of a thread group",
            plan(&format!(
                r#"<kg.apc.jmeter.threads.UltimateThreadGroup guiclass="" testname="u"><collectionProp name="ultimatethreadgroupdata">{}</collectionProp></kg.apc.jmeter.threads.UltimateThreadGroup><hashTree/>"#,
                (0..MANY / 10)
                    .map(|nth| {
                        let cell = |number: usize| format!(r#"<stringProp name="c">{number}</stringProp>"#);
                        format!(r#"<collectionProp name="r">{}</collectionProp>"#, [1, nth, 1, 1, 1].map(cell).concat())
                    })
                    .collect::<String>()
            )),
            2 * MANY,
        ),
        (
            "modules",
            plan(&group(&many(&|_| r#"<ModuleController guiclass="" testname="m"/><hashTree/>"#.to_owned()))),
            8 * MANY,
        ),
    ]
}

/// Runs the work, cancelled from the `at`th check on; returns its result and the number of checks.
fn given_up_at<T>(at: usize, work: impl FnOnce(Cancel<'_>) -> T) -> (T, usize) {
    let asked = Cell::new(0);
    let is_cancelled = || {
        asked.set(asked.get() + 1);
        asked.get() >= at
    };
    let done = work(Cancel::when(&is_cancelled));
    (done, asked.get())
}

#[test]
fn a_check_that_is_given_up_ends_within_a_step_of_every_loop() {
    for (shape, text, least) in huge() {
        let plan = Plan::parse(text.as_bytes()).expect("a plan");
        let input = CheckInput { workers: 2, ..CheckInput::new("huge.jmx") };
        let (whole, all) = given_up_at(usize::MAX, |cancel| check_until(&plan, &input, cancel));
        assert!(whole.is_some() && all >= least, "{shape}: asked {all} times");
        for part in 0..40 {
            let at = 1 + part * (all - 1) / 40;
            let (given_up, asked) = given_up_at(at, |cancel| check_until(&plan, &input, cancel));
            assert!(given_up.is_none(), "{shape}: given up at {at} of {all}");
            assert!(asked <= at + OPEN_LOOPS, "{shape}: given up at {at} of {all}, but asked {asked} times");
        }
    }
}

#[test]
fn a_plan_that_nobody_waits_for_is_not_read_to_its_end() {
    for (shape, text, _) in huge() {
        let (plan, all) = given_up_at(usize::MAX, |cancel| Plan::parse_until(text.as_bytes(), cancel));
        assert!(plan.is_ok() && (shape == "calls in one text" || all >= MANY), "{shape}: asked {all} times");
        for part in 0..10 {
            let at = 1 + part * (all - 1) / 10;
            let (given_up, asked) = given_up_at(at, |cancel| Plan::parse_until(text.as_bytes(), cancel));
            assert_eq!(given_up, Err(PlanError::Cancelled), "{shape}: given up at {at} of {all}");
            assert!(asked <= at + OPEN_LOOPS, "{shape}: given up at {at} of {all}, but asked {asked} times");
        }
    }
}
