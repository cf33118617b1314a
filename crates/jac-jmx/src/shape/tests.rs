use super::*;
use crate::{CheckInput, Properties, check};

fn plan(groups: &str, serialized: bool) -> Plan {
    let text = format!(
        "<?xml version=\"1.0\"?><jmeterTestPlan version=\"1.2\"><hashTree><TestPlan guiclass=\"g\" testname=\"T\">\
         <boolProp name=\"TestPlan.serialize_threadgroups\">{serialized}</boolProp></TestPlan><hashTree>{groups}</hashTree></hashTree></jmeterTestPlan>"
    );
    Plan::parse(text.as_bytes()).expect("a plan")
}

fn group(tag: &str, name: &str, properties: &[(&str, &str)]) -> String {
    let properties: String =
        properties.iter().map(|(name, text)| format!("<stringProp name=\"{name}\">{text}</stringProp>")).collect();
    format!("<{tag} guiclass=\"g\" testname=\"{name}\">{properties}</{tag}><hashTree/>")
}

fn classic(name: &str, threads: &str, ramp_s: &str, length: Option<(&str, &str)>, loops: &str) -> String {
    let (duration, delay) = length.unwrap_or_default();
    let scheduler = if length.is_some() { "true" } else { "false" };
    group(
        "ThreadGroup",
        name,
        &[
            ("ThreadGroup.num_threads", threads),
            ("ThreadGroup.ramp_time", ramp_s),
            ("ThreadGroup.scheduler", scheduler),
            ("ThreadGroup.duration", duration),
            ("ThreadGroup.delay", delay),
            ("LoopController.continue_forever", "false"),
            ("LoopController.loops", loops),
        ],
    )
}

fn shape_of(plan: &Plan, workers: u32) -> LoadShape {
    check(plan, &CheckInput { workers, ..CheckInput::new("t.jmx") }).shape
}

fn seconds(points: &[LoadPoint]) -> Vec<(u64, u64)> {
    points.iter().map(|point| (point.at_ms / 1_000, point.users)).collect()
}

fn codes(shape: &LoadShape) -> Vec<&str> {
    shape.notes.iter().map(|note| note.code.as_str()).collect()
}

#[test]
fn a_thread_group_ramps_up_after_its_delay_and_ends_with_its_duration() {
    let shape = shape_of(&plan(&classic("a", "10", "20", Some(("60", "5")), "-1"), false), 3);
    assert_eq!(seconds(&shape.total), [(0, 0), (5, 0), (25, 30), (65, 30), (65, 0)]);
    assert_eq!((shape.length_ms, shape.groups[0].ends), (65_000, ShapeEnd::Scheduled));
    let cut = shape_of(&plan(&classic("a", "10", "100", Some(("50", "0")), "-1"), false), 0);
    assert_eq!(seconds(&cut.total), [(0, 0), (50, 5), (50, 0)], "its end comes in the middle of the ramp-up");
}

#[test]
fn what_has_no_known_end_goes_on_to_the_edge() {
    let shape =
        shape_of(&plan(&[classic("a", "4", "0", None, "-1"), classic("b", "2", "10", None, "7")].concat(), false), 1);
    assert_eq!(
        shape.groups.iter().map(|group| group.ends).collect::<Vec<_>>(),
        [ShapeEnd::Never, ShapeEnd::Iterations]
    );
    assert_eq!(seconds(&shape.total), [(0, 0), (0, 4), (10, 6), (70, 6)]);
    assert_eq!(codes(&shape), ["ends_with_iterations"]);
}

#[test]
fn a_duration_does_not_hide_that_iterations_may_be_done_before() {
    let groups = [classic("a", "4", "0", Some(("3600", "0")), "1"), classic("b", "2", "0", Some(("60", "0")), "-1")];
    let shape = shape_of(&plan(&groups.concat(), false), 1);
    assert_eq!((codes(&shape), shape.length_ms), (vec!["ends_with_iterations"], 3_600_000));
    assert_eq!((shape.notes[0].group.as_deref(), shape.groups[0].ends), (Some("a"), ShapeEnd::Scheduled));
    assert_eq!(codes(&shape_of(&plan(&groups.concat(), true), 1)), ["ends_with_iterations", "start_unknown"]);
}

#[test]
fn groups_that_run_one_after_the_other_are_drawn_so_as_far_as_it_is_known() {
    let groups = [
        classic("a", "4", "0", Some(("10", "0")), "-1"),
        classic("b", "2", "0", None, "3"),
        classic("c", "1", "0", Some(("5", "0")), "-1"),
    ]
    .concat();
    let shape = shape_of(&plan(&groups, true), 0);
    assert_eq!(seconds(&shape.groups[1].points)[..3], [(0, 0), (10, 0), (10, 2)]);
    assert_eq!(codes(&shape), ["ends_with_iterations", "start_unknown"]);
    assert_eq!(shape.notes[1].group.as_deref(), Some("c"));
}

#[test]
fn plugins_are_drawn_as_they_schedule() {
    let concurrency = [("TargetLevel", "10"), ("RampUp", "30"), ("Steps", "3"), ("Hold", "60"), ("Unit", "S")];
    let tag = "com.blazemeter.jmeter.threads.concurrency.ConcurrencyThreadGroup";
    let stairs = shape_of(&plan(&group(tag, "c", &concurrency), false), 0);
    let expected = [(0, 0), (0, 0), (0, 3), (10, 3), (10, 7), (20, 7), (20, 10), (90, 10), (90, 0)];
    assert_eq!(seconds(&stairs.groups[0].points), expected);

    let shape = shape_of(&Plan::parse(include_bytes!("../../tests/plans/plugins.jmx")).expect("a plan"), 0);
    let of = |name: &str| &shape.groups.iter().find(|group| group.name == name).expect(name).points;
    assert_eq!(of("Ultimate").iter().map(|point| point.users).max(), Some(100));
    let stepping = of("Stepping");
    let last = stepping.last().expect("points");
    // The duration computed by the check, which was verified with the plugin.
    assert_eq!((last.at_ms, last.users), ((9 * 35 + 5 + 60 + 1 + 5) * 1_000, 0));
    assert!(stepping.contains(&LoadPoint { at_ms: 10_000, users: 10 }), "{stepping:?}");
    assert!(stepping.contains(&LoadPoint { at_ms: 45_000, users: 20 }), "{stepping:?}");
    assert!(codes(&shape).contains(&"users_unknown"), "a group of an unknown kind");
}

#[test]
fn what_is_not_known_is_said() {
    let arrivals = group(
        "com.blazemeter.jmeter.threads.arrivals.ArrivalsThreadGroup",
        "r",
        &[("TargetLevel", "5"), ("RampUp", "1"), ("Hold", "1")],
    );
    let unknown = classic("u", "${__Random(1,9)}", "0", Some(("10", "")), "-1");
    let setup = arrivals.clone()
        + &unknown
        + &classic("s", "1", "0", None, "1")
            .replace("ThreadGroup guiclass", "SetupThreadGroup guiclass")
            .replace("</ThreadGroup>", "</SetupThreadGroup>");
    let shape = shape_of(&plan(&setup, false), 2);
    assert_eq!(codes(&shape), ["after_setup", "users_follow_rate", "users_unknown"]);
    assert!(shape.total.is_empty() && shape.length_ms == 0);
}

#[test]
fn shapes_of_unlike_nodes_add_up() {
    let with = |threads: &str| {
        let properties = Properties::from([("n".to_owned(), threads.to_owned())]);
        let plan = plan(&classic("a", "${__P(n)}", "0", Some(("10", "0")), "-1"), false);
        check(&plan, &CheckInput { workers: 3, properties, ..CheckInput::new("t.jmx") }).shape
    };
    let all = with("4").part(1, 3).plus(&with("3").part(2, 3));
    assert_eq!(seconds(&all.total), [(0, 0), (0, 10), (10, 10), (10, 0)]);
    assert_eq!(seconds(&all.groups[0].points), seconds(&all.total));
    // Each with its own, also where several have JMeter's default name.
    let with = |threads: &str| {
        let properties = Properties::from([("n".to_owned(), threads.to_owned())]);
        let groups = ["${__P(n)}", "5"].map(|threads| classic("Thread Group", threads, "0", Some(("10", "0")), "-1"));
        check(&plan(&groups.concat(), false), &CheckInput { workers: 3, properties, ..CheckInput::new("t.jmx") }).shape
    };
    let all = with("334").part(1, 3).plus(&with("333").part(2, 3));
    let most = |group: usize| all.groups[group].points.iter().map(|point| point.users).max();
    assert_eq!([most(0), most(1)], [Some(1000), Some(15)]);
}

#[test]
fn no_number_is_too_large() {
    let large = "18446744073709551615";
    let wave: String = (0..5).map(|_| format!("<stringProp name=\"c\">{large}</stringProp>")).collect();
    let groups = [
        group(
            "kg.apc.jmeter.threads.SteppingThreadGroup",
            "s",
            &[
                ("ThreadGroup.num_threads", large),
                ("Start users count", "3"),
                ("rampUp", large),
                ("flighttime", large),
                ("Stop users period", large),
                ("Stop users count", "2"),
            ],
        ),
        group(
            "com.blazemeter.jmeter.threads.concurrency.ConcurrencyThreadGroup",
            "c",
            &[("TargetLevel", large), ("RampUp", large), ("Steps", "7"), ("Hold", large)],
        ),
        classic("a", "2147483647", "2147483647", Some(("9223372036854775807", "9223372036854775807")), "-1"),
        format!(
            "<kg.apc.jmeter.threads.UltimateThreadGroup guiclass=\"g\" testname=\"u\"><collectionProp name=\"ultimatethreadgroupdata\">\
             <collectionProp name=\"r\">{wave}</collectionProp></collectionProp></kg.apc.jmeter.threads.UltimateThreadGroup><hashTree/>"
        ),
    ];
    let many = |loops: &str| {
        let others = (0..500).map(|n| classic(&format!("g{n}"), "3", &n.to_string(), Some(("600", "0")), loops));
        groups.concat() + &others.collect::<String>()
    };
    for (serialized, loops) in [(false, "7"), (true, "-1")] {
        let shape = shape_of(&plan(&many(loops), serialized), 5_000);
        assert!(shape.total.len() <= MOST_POINTS + 2 && shape.groups.len() == MOST_GROUPS, "{}", shape.total.len());
        assert!(shape.total.windows(2).all(|two| two[0].at_ms <= two[1].at_ms));
        assert!(
            shape.notes.len() <= MOST_NOTES + 1
                && shape.notes.last().is_some_and(|note| note.code == "groups_not_shown")
        );
    }
}
