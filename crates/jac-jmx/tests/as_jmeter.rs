//! The check reads plans as JMeter 5.6.3 and the plugins do; each case was tested with them.

use std::collections::BTreeMap;

use jac_jmx::{Check, CheckInput, FileFacts, Plan, Severity, check};

fn codes(check: &Check, severity: Severity) -> Vec<&str> {
    check.findings.iter().filter(|f| f.severity == severity).map(|f| f.code.as_str()).collect()
}

fn files(names: &[&str]) -> BTreeMap<String, FileFacts> {
    names.iter().map(|name| ((*name).to_owned(), FileFacts { bytes: 100, rows: None })).collect()
}

/// A plan of these elements, with variables in the test plan itself.
fn plan_of(variables: &[(&str, &str)], elements: &str) -> Plan {
    let variables: String = variables
        .iter()
        .map(|(name, value)| {
            format!(
                r#"<elementProp name="{name}" elementType="Argument"><stringProp name="Argument.name">{name}</stringProp>
                <stringProp name="Argument.value">{value}</stringProp></elementProp>"#
            )
        })
        .collect();
    let plan = format!(
        r#"<jmeterTestPlan version="1.2"><hashTree><TestPlan guiclass="TestPlanGui" testname="p">
        <elementProp name="TestPlan.user_defined_variables" elementType="Arguments"><collectionProp name="Arguments.arguments">{variables}</collectionProp>
        </elementProp></TestPlan><hashTree>{elements}</hashTree></hashTree></jmeterTestPlan>"#
    );
    Plan::parse(plan.as_bytes()).expect("a plan")
}

/// A thread group with a sampler and further elements.
fn group_of(name: &str, properties: &str, inside: &str) -> String {
    format!(
        r#"<ThreadGroup guiclass="ThreadGroupGui" testname="{name}"><elementProp name="ThreadGroup.main_controller" elementType="LoopController">
        <boolProp name="LoopController.continue_forever">false</boolProp><stringProp name="LoopController.loops">1</stringProp></elementProp>
        {properties}</ThreadGroup><hashTree><DebugSampler guiclass="TestBeanGUI" testname="s"/><hashTree/>{inside}</hashTree>"#
    )
}

fn csv_of(name: &str) -> String {
    format!(
        r#"<CSVDataSet guiclass="TestBeanGUI" testname="rows"><stringProp name="filename">{name}</stringProp>
        <stringProp name="variableNames">a</stringProp></CSVDataSet><hashTree/>"#
    )
}

/// A thread group with a scheduler, and variables.
fn scheduled(variables: &[(&str, &str)], duration: &str, delay: &str) -> Check {
    let properties = format!(
        r#"<intProp name="ThreadGroup.num_threads">1</intProp><boolProp name="ThreadGroup.scheduler">true</boolProp>
        <stringProp name="ThreadGroup.duration">{duration}</stringProp><stringProp name="ThreadGroup.delay">{delay}</stringProp>"#
    );
    check(&plan_of(variables, &group_of("g", &properties, "")), &CheckInput::new("p.jmx"))
}

#[test]
fn durations_and_delays_are_long_and_not_negative() {
    let long = scheduled(&[], "5000000000", "3000000000");
    assert!(long.ok && !long.findings.iter().any(|finding| finding.code == "not_a_number"));
    assert_eq!(long.duration_s, Some(8_000_000_000));
    let negative = scheduled(&[], "60", "-1");
    assert_eq!(codes(&negative, Severity::Error), ["delay_invalid"]);
}

#[test]
fn of_two_variables_with_one_name_the_first_of_an_element_counts() {
    assert_eq!(scheduled(&[("d", "60"), ("d", "0")], "${d}", "0").duration_s, Some(60));
}

#[test]
fn variables_do_not_know_those_of_their_own_element() {
    let threads = r#"<stringProp name="ThreadGroup.num_threads">${users}</stringProp>"#;
    let elements = group_of("g", threads, &csv_of("${file}"));
    let variables = [("base", "3"), ("users", "${base}"), ("file", "${base}/rows.csv")];
    let input = CheckInput { files: files(&["3/rows.csv"]), ..CheckInput::new("p.jmx") };
    let found = check(&plan_of(&variables, &elements), &input);
    assert_eq!(codes(&found, Severity::Error), ["not_a_number", "nothing_runs", "file_missing"]);
    for code in ["not_a_number", "file_missing"] {
        let finding = found.findings.iter().find(|finding| finding.code == code).expect("a finding");
        assert!(finding.hint.as_deref().is_some_and(|hint| hint.contains("of their own element")), "{finding:?}");
    }
    // In an element before it, they are known.
    let users = r#"<Arguments guiclass="ArgumentsPanel" testname="v"><collectionProp name="Arguments.arguments">
        <elementProp name="users" elementType="Argument"><stringProp name="Argument.name">users</stringProp><stringProp name="Argument.value">${base}</stringProp></elementProp>
        <elementProp name="file" elementType="Argument"><stringProp name="Argument.name">file</stringProp><stringProp name="Argument.value">${base}/rows.csv</stringProp></elementProp>
        </collectionProp></Arguments><hashTree/>"#;
    let found = check(&plan_of(&[("base", "3")], &format!("{users}{elements}")), &input);
    assert!(found.ok && found.threads_per_node == Some(3), "{:#?}", found.findings);
}

#[test]
fn of_a_property_that_stands_twice_the_last_counts_and_a_real_number_is_cut_off() {
    let twice = r#"<stringProp name="ThreadGroup.num_threads">1</stringProp><stringProp name="ThreadGroup.num_threads">3</stringProp>"#;
    let real =
        "<doubleProp><name>ThreadGroup.num_threads</name><value>3.0</value><savedValue>0.0</savedValue></doubleProp>";
    for threads in [twice, real] {
        let found = check(&plan_of(&[], &group_of("g", threads, "")), &CheckInput::new("p.jmx"));
        assert_eq!((found.ok, found.threads_per_node), (true, Some(3)), "{threads}: {:#?}", found.findings);
    }
}

#[test]
fn a_thread_group_in_a_fragment_or_in_another_runs_by_itself() {
    let threads = r#"<stringProp name="ThreadGroup.num_threads">2</stringProp>"#;
    let inner = group_of("inner", threads, &csv_of("rows.csv"));
    let in_fragment = format!(
        r#"<TestFragmentController guiclass="g" testname="f"/><hashTree>{inner}{}</hashTree>"#,
        csv_of("not.csv")
    );
    for elements in [in_fragment, group_of("outer", threads, &inner)] {
        let found = check(&plan_of(&[], &elements), &CheckInput::new("p.jmx"));
        assert_eq!(codes(&found, Severity::Error), ["file_missing"], "{elements}: {:#?}", found.findings);
        assert_eq!(codes(&found, Severity::Warning), [""; 0]);
        assert_eq!(found.data_files.len(), 1);
    }
}

#[test]
fn only_a_csv_data_sets_name_is_trimmed() {
    let threads = r#"<stringProp name="ThreadGroup.num_threads">1</stringProp>"#;
    let function = r#"<JSR223Sampler guiclass="g" testname="${__FileToString( body.json)}"/><hashTree/>"#;
    let system = r#"<SystemSampler guiclass="g" testname="os"><stringProp name="SystemSampler.stdin">in.txt</stringProp></SystemSampler><hashTree/>"#;
    let elements = group_of("g", threads, &format!("{}{function}{system}", csv_of(" rows.csv ")));
    let input = CheckInput { files: files(&["rows.csv", "body.json"]), ..CheckInput::new("p.jmx") };
    let found = check(&plan_of(&[], &elements), &input);
    let missing: Vec<_> = found.data_files.iter().filter(|file| !file.found).map(|file| file.path.as_str()).collect();
    assert_eq!(missing, [" body.json", "in.txt"]);
}

#[test]
fn an_encoding_that_java_does_not_know_reads_no_row() {
    let with = |encoding: &str| {
        let csv = csv_of("rows.csv").replace(
            "</CSVDataSet>",
            &format!(r#"<stringProp name="fileEncoding">{encoding}</stringProp></CSVDataSet>"#),
        );
        let threads = r#"<stringProp name="ThreadGroup.num_threads">1</stringProp>"#;
        let input = CheckInput { files: files(&["rows.csv"]), ..CheckInput::new("p.jmx") };
        check(&plan_of(&[("latin", "iso-8859-1")], &group_of("g", threads, &csv)), &input)
    };
    for encoding in ["UTF-9", "ANSI", " UTF-8", "${latin}x"] {
        let found = with(encoding);
        assert_eq!(codes(&found, Severity::Error), ["encoding_unknown"], "{encoding} {:?}", found.data_files);
    }
    for encoding in ["", "utf-8", "Windows-1252", "${latin}", "${__env(LANG)}"] {
        assert!(with(encoding).ok, "{encoding}");
    }
}

/// A thread group of a plugin.
fn plugin_group(class: &str, properties: &[(&str, &str)], more: &str) -> Check {
    let properties: String =
        properties.iter().map(|(name, value)| format!(r#"<stringProp name="{name}">{value}</stringProp>"#)).collect();
    let elements = format!(
        r#"<{class} guiclass="g" testname="g">{properties}{more}</{class}><hashTree><DebugSampler guiclass="g" testname="s"/><hashTree/></hashTree>"#
    );
    check(&plan_of(&[], &elements), &CheckInput::new("p.jmx"))
}

#[test]
fn a_concurrency_groups_numbers_are_read_as_the_plugin_reads_them() {
    let class = "com.blazemeter.jmeter.threads.concurrency.ConcurrencyThreadGroup";
    for (given, threads, length_s) in [
        (&[("TargetLevel", "2"), ("RampUp", "0"), ("Hold", "4")][..], 2, 4),
        (&[("TargetLevel", "2"), ("RampUp", "1"), ("Hold", "3"), ("Unit", "s")], 2, 4),
        (&[("TargetLevel", "2"), ("RampUp", "1"), ("Hold", "2"), ("Unit", "M")], 2, 180),
        (&[("TargetLevel", "2"), ("RampUp", "0.05"), ("Hold", "0.05"), ("Unit", "M")], 2, 6),
        (&[("RampUp", "0"), ("Hold", "4")], 1, 4),
        (&[("TargetLevel", "2"), ("RampUp", "3")], 2, 4),
    ] {
        let found = plugin_group(class, given, "");
        assert_eq!((found.threads_per_node, found.duration_s), (Some(threads), Some(length_s)), "{given:?}");
    }
    for level in ["2.0", "${nope}"] {
        let found = plugin_group(class, &[("TargetLevel", level), ("Hold", "3")], "");
        assert_eq!(codes(&found, Severity::Error), ["not_a_number", "nothing_runs"], "{level}");
    }
}

#[test]
fn an_ultimate_groups_waves_come_from_the_property_and_count_at_their_peak() {
    let rows: String = ["3,0,1,2,1", "3,6,1,2,1"]
        .iter()
        .map(|row| {
            let cells: String =
                row.split(',').map(|cell| format!("<stringProp name=\"c\">{cell}</stringProp>")).collect();
            format!("<collectionProp name=\"r\">{cells}</collectionProp>")
        })
        .collect();
    let class = "kg.apc.jmeter.threads.UltimateThreadGroup";
    let data = format!(r#"<collectionProp name="ultimatethreadgroupdata">{rows}</collectionProp>"#);
    let found = plugin_group(class, &[], &data);
    assert_eq!((found.threads_per_node, found.duration_s), (Some(3), Some(10)));
    let elements = format!(
        r#"<{class} guiclass="g" testname="g">{data}</{class}><hashTree><DebugSampler guiclass="g" testname="s"/><hashTree/></hashTree>"#
    );
    let given = BTreeMap::from([("threads_schedule".to_owned(), "spawn(7,0s,1s,5s,1s) spawn(wrong)".to_owned())]);
    let found = check(&plan_of(&[], &elements), &CheckInput { properties: given, ..CheckInput::new("p.jmx") });
    assert_eq!((found.threads_per_node, found.duration_s), (Some(7), Some(7)));
    assert_eq!(found.shape.total.iter().map(|point| point.users).max(), Some(7));
}
