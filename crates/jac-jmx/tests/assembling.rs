//! How a plan is put together from modules and included files. Each plan here was tested with JMeter 5.6.3.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jac_jmx::{Cancel, Check, CheckInput, FileFacts, Plan, Severity, check, check_until};

const SAMPLER: &str = r#"<DebugSampler guiclass="TestBeanGUI" testname="step"/><hashTree/>"#;

fn plan(inside: &str) -> String {
    format!(
        r#"<jmeterTestPlan version="1.2"><hashTree><TestPlan guiclass="TestPlanGui" testname="p"/><hashTree>{inside}</hashTree></hashTree></jmeterTestPlan>"#
    )
}

fn group(inside: &str) -> String {
    group_with("Users", "true", "1", inside)
}

fn group_with(name: &str, enabled: &str, threads: &str, inside: &str) -> String {
    format!(
        r#"<ThreadGroup guiclass="ThreadGroupGui" testname="{name}" enabled="{enabled}"><elementProp name="ThreadGroup.main_controller"
        elementType="LoopController"><boolProp name="LoopController.continue_forever">false</boolProp>
        <stringProp name="LoopController.loops">1</stringProp></elementProp>
        <stringProp name="ThreadGroup.num_threads">{threads}</stringProp></ThreadGroup><hashTree>{inside}</hashTree>"#
    )
}

fn fragment(name: &str, enabled: &str, inside: &str) -> String {
    format!(
        r#"<TestFragmentController guiclass="" testname="{name}" enabled="{enabled}"/><hashTree>{inside}</hashTree>"#
    )
}

fn controller(name: &str, inside: &str) -> String {
    format!(r#"<GenericController guiclass="" testname="{name}"/><hashTree>{inside}</hashTree>"#)
}

fn module(path: &[&str]) -> String {
    let names: String = path.iter().map(|name| format!(r#"<stringProp name="1">{name}</stringProp>"#)).collect();
    format!(
        r#"<ModuleController guiclass="" testname="call"><collectionProp name="ModuleController.node_path">{names}</collectionProp></ModuleController><hashTree/>"#
    )
}

fn include(path: &str) -> String {
    format!(
        r#"<IncludeController guiclass="" testname="include"><stringProp name="IncludeController.includepath">{path}</stringProp></IncludeController><hashTree/>"#
    )
}

fn csv(file: &str) -> String {
    format!(
        r#"<CSVDataSet guiclass="" testname="rows"><stringProp name="filename">{file}</stringProp></CSVDataSet><hashTree/>"#
    )
}

fn variable(name: &str, value: &str) -> String {
    format!(
        r#"<Arguments guiclass="ArgumentsPanel" testname="v"><collectionProp name="Arguments.arguments"><elementProp name="{name}" elementType="Argument"><stringProp name="Argument.name">{name}</stringProp><stringProp name="Argument.value">{value}</stringProp></elementProp></collectionProp></Arguments><hashTree/>"#
    )
}

fn checked(main: &str, included: &[(&str, &str)]) -> Check {
    let main = Plan::parse(main.as_bytes()).expect("a plan");
    let mut input = CheckInput::new("p.jmx");
    for (path, text) in included {
        input.included.insert((*path).to_owned(), Plan::parse_fragment(text.as_bytes()));
        input.files.insert((*path).to_owned(), FileFacts { bytes: 1, rows: None });
    }
    check(&main, &input)
}

fn errors(check: &Check) -> Vec<&str> {
    check.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| f.code.as_str()).collect()
}

fn files(check: &Check) -> Vec<&str> {
    check.data_files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn a_module_without_a_target_is_refused_wherever_it_stands() {
    let lost = module(&["W", "p", "Nowhere"]);
    for text in [
        plan(&group(&format!("{SAMPLER}{lost}"))),
        plan(&format!("{}{}", group(SAMPLER), group_with("off", "false", "1", &lost))),
        plan(&format!("{}{}", group(SAMPLER), fragment("Parts", "true", &lost))),
        plan(&group(&format!("{SAMPLER}{}", module(&[])))),
        plan(&group(&format!("{SAMPLER}{}", module(&["W", "other", "Users"])))),
    ] {
        assert_eq!(errors(&checked(&text, &[])), ["module_target_missing"]);
    }
}

#[test]
fn the_last_of_several_targets_is_taken_with_its_own_switches_only() {
    let parts = |file: &str, enabled: &str| {
        fragment("Parts", enabled, &controller("Login", &format!("{}{SAMPLER}", csv(file))))
    };
    let call = module(&["anything", "p", "Parts", "Login"]);
    let text = plan(&format!("{}{}{}", group(&call), parts("first.csv", "true"), parts("second.csv", "false")));
    let check = checked(&text, &[]);
    assert_eq!(files(&check), ["second.csv"]);
    assert_eq!(errors(&check), ["file_missing"]);
    // A disabled child of a target stays disabled.
    let off = csv("off.csv").replace("testname", "enabled=\"false\" testname");
    let text = plan(&format!(
        "{}{}",
        group(&call),
        fragment("Parts", "true", &controller("Login", &format!("{off}{SAMPLER}")))
    ));
    assert!(checked(&text, &[]).ok);
}

#[test]
fn modules_that_lead_back_to_themselves_are_refused() {
    let login = module(&["W", "p", "Parts", "Login"]);
    let other = module(&["W", "p", "Parts", "Other"]);
    let parts = fragment("Parts", "true", &format!("{}{}", controller("Login", &other), controller("Other", &login)));
    assert!(errors(&checked(&plan(&format!("{}{parts}", group(&login))), &[])).contains(&"module_loop"));
    // In the thread group itself.
    let own = group(&controller("Login", &format!("{SAMPLER}{}", module(&["W", "p", "Users", "Login"]))));
    assert_eq!(errors(&checked(&plan(&own), &[])), ["module_loop"]);
}

#[test]
fn the_first_fragment_of_an_included_file_is_taken_at_every_level() {
    let two =
        plan(&format!("{}{}", fragment("One", "false", &csv("one.csv")), fragment("Two", "true", &csv("two.csv"))));
    let nested = plan(&fragment("Nested", "true", &include("two.jmx")));
    let main = plan(&group(&format!("{SAMPLER}{}", include("nested.jmx"))));
    let check = checked(&main, &[("nested.jmx", &nested), ("two.jmx", &two)]);
    assert_eq!(files(&check), ["nested.jmx", "two.jmx", "one.csv"]);
    let itself = plan(&fragment("Self", "true", &format!("{SAMPLER}{}", include("self.jmx"))));
    let main = plan(&group(&include("self.jmx")));
    assert_eq!(errors(&checked(&main, &[("self.jmx", &itself)])), ["include_loop"]);
    let broken = checked(&plan(&group(&format!("{SAMPLER}{}", include("b.jmx")))), &[("b.jmx", "<jmeterTestPlan><x")]);
    assert_eq!(errors(&broken), ["include_unreadable"]);
}

#[test]
fn variables_count_in_fragments_and_in_included_files() {
    let threads = |text: &str, included: &[(&str, &str)]| checked(text, included).threads_per_node;
    let users = group_with("Users", "true", "${n}", SAMPLER);
    assert_eq!(threads(&plan(&format!("{}{users}", fragment("Parts", "true", &variable("n", "3")))), &[]), Some(3));
    let users = group_with("Users", "true", "${n}", &format!("{SAMPLER}{}", include("v.jmx")));
    let part = plan(&fragment("Parts", "true", &variable("n", "2")));
    assert_eq!(threads(&plan(&users), &[("v.jmx", &part)]), Some(2));
}

#[test]
fn calls_that_do_not_fit_are_refused_where_jmeter_compiles_them() {
    let named = |call: &str, enabled: &str| {
        format!(r#"<DebugSampler guiclass="" testname="{call}" enabled="{enabled}"/><hashTree/>"#)
    };
    for call in ["${__Random(1)}", "${__Random} x", "${__P(a,${__Random(1)})}", "${__time(a,b,c)}"] {
        assert_eq!(errors(&checked(&plan(&group(&named(call, "true"))), &[])), ["function_parameters"], "{call}");
        let off = format!("{SAMPLER}{}", named(call, "false"));
        assert!(checked(&plan(&group(&off)), &[]).ok, "{call}");
    }
    let in_fragment = plan(&format!("{}{}", group(SAMPLER), fragment("F", "true", &named("${__Random(1)}", "true"))));
    assert_eq!(errors(&checked(&in_fragment, &[])), ["function_parameters"]);
    assert!(checked(&plan(&group(&named("${__UUID()} ${__Random(1,2)} ${__time}", "true"))), &[]).ok);
}

#[test]
fn a_plan_cannot_be_split() {
    let main =
        Plan::parse(plan(&group(&format!("{SAMPLER}{}", include("part.jfragment")))).as_bytes()).expect("a plan");
    let mut input = CheckInput { workers: 2, ..CheckInput::new("p.jmx") };
    let part = plan(&fragment("Parts", "true", SAMPLER));
    input.included.insert("part.jfragment".to_owned(), Plan::parse_fragment(part.as_bytes()));
    input.files = BTreeMap::from([("part.jfragment".to_owned(), FileFacts { bytes: 1, rows: Some(9) })]);
    for name in ["p.jmx", "./p.jmx", "other.JMX", "part.jfragment"] {
        input.splits = vec![name.to_owned()];
        assert_eq!(errors(&check(&main, &input)), ["split_plan"], "{name}");
    }
}

/// A plan of this many thread groups, each with its own findings and the same file.
fn many(groups: usize) -> Plan {
    let one = |number: usize| {
        group_with(&format!("g{number}"), "true", "x", &format!("{}{}", csv("rows.csv"), csv(&format!("{number}.csv"))))
    };
    Plan::parse(plan(&(0..groups).map(one).collect::<String>()).as_bytes()).expect("a plan")
}

#[test]
fn findings_of_a_kind_are_limited_and_the_rest_is_counted() {
    let check = check(&many(1_500), &CheckInput::new("p.jmx"));
    assert!(!check.ok);
    let of = |code: &str| check.findings.iter().filter(|finding| finding.code == code).count();
    assert_eq!(of("not_a_number"), 100);
    let more = check.findings.iter().find(|f| f.code == "more_findings" && f.params["code"] == "not_a_number");
    assert_eq!(more.expect("a finding").params["count"], "1400");
    assert_eq!(check.thread_groups.len(), 1_000);
    assert!(check.findings.iter().any(|f| f.code == "list_shortened" && f.params["count"] == "1500"));
}

/// A plan of thread groups with different ramp-ups.
fn ramps(groups: usize) -> Plan {
    let one = |number: usize| {
        let ramp = format!("<stringProp name=\"ThreadGroup.ramp_time\">{number}</stringProp></ThreadGroup>");
        group_with("g", "true", "3", SAMPLER).replace("</ThreadGroup>", &ramp)
    };
    Plan::parse(plan(&(0..groups).map(one).collect::<String>()).as_bytes()).expect("a plan")
}

/// A plan with an Ultimate Thread Group with waves at different times.
fn waves(rows: usize) -> Plan {
    let cell = |number: usize| format!("<stringProp name=\"c\">{number}</stringProp>");
    let row = |number: usize| {
        format!("<collectionProp name=\"r\">{}</collectionProp>", [1, number, 1, 1, 1].map(cell).concat())
    };
    let rows: String = (0..rows).map(row).collect();
    let tag = "kg.apc.jmeter.threads.UltimateThreadGroup";
    let group = format!(
        "<{tag} guiclass=\"\" testname=\"g\"><collectionProp name=\"ultimatethreadgroupdata\">{rows}</collectionProp></{tag}><hashTree>{SAMPLER}</hashTree>"
    );
    Plan::parse(plan(&group).as_bytes()).expect("a plan")
}

#[test]
fn time_grows_with_the_plan_and_not_with_its_square() {
    for (what, plan_of) in [("thread groups", many as fn(usize) -> Plan), ("ramps", ramps), ("waves", waves)] {
        let time = |size: usize| {
            let plan = plan_of(size);
            let since = Instant::now();
            drop(check(&plan, &CheckInput::new("p.jmx")));
            since.elapsed()
        };
        time(100);
        let (small, large) = (time(1_000), time(10_000));
        // Ten times as many take about ten times as long; a quadratic scan would take a hundred times.
        assert!(large < small * 40 + Duration::from_millis(500), "{what}: {small:?} and {large:?}");
    }
}

#[test]
fn a_check_that_nobody_waits_for_ends() {
    assert!(check_until(&many(10), &CheckInput::new("p.jmx"), Cancel::when(&|| true)).is_none());
    let asked = std::cell::Cell::new(0);
    let third = || {
        asked.set(asked.get() + 1);
        asked.get() >= 3
    };
    assert!(check_until(&many(10), &CheckInput::new("p.jmx"), Cancel::when(&third)).is_none());
}
