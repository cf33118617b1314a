//! Findings in real plans. Every plan in `plans/` loads in JMeter 5.6.3 (except `plugins.jmx`, which needs plugins).

use std::collections::BTreeMap;

use jac_jmx::{
    Assembly, Cancel, Check, CheckInput, ClassLookup, ClassNames, FileFacts, Plan, Severity, Sources, check,
};

macro_rules! plan {
    ($name:literal) => {
        Plan::parse(include_bytes!(concat!("plans/", $name, ".jmx"))).unwrap()
    };
}

macro_rules! fragment {
    ($name:literal) => {
        Plan::parse_fragment(include_bytes!(concat!("plans/", $name, ".jmx"))).unwrap()
    };
}

/// How the plan's CSV Data Set reads a file.
fn csv_shape(plan: &Plan, path: &str) -> Option<jac_jmx::CsvShape> {
    let (included, none) = (BTreeMap::new(), BTreeMap::new());
    let sources = Sources {
        plan,
        included: &included,
        properties: &none,
        system_properties: &none,
        scripts: &[],
        folder: "",
        functions: None,
        cancel: Cancel::NEVER,
    };
    Assembly::new(sources).csv_shape(path)
}

fn codes(check: &Check, severity: Severity) -> Vec<&str> {
    check.findings.iter().filter(|f| f.severity == severity).map(|f| f.code.as_str()).collect()
}

fn message<'a>(check: &'a Check, code: &str) -> &'a str {
    let finding = check.findings.iter().find(|finding| finding.code == code);
    &finding.unwrap_or_else(|| panic!("no {code} in {:#?}", check.findings)).message
}

fn properties(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn files(names: &[(&str, Option<u64>)]) -> BTreeMap<String, FileFacts> {
    names.iter().map(|(name, rows)| ((*name).to_owned(), FileFacts { bytes: 100, rows: *rows })).collect()
}

#[test]
fn groups_of_every_kind_add_up() {
    let plan = plan!("groups");
    let check_with = |workers, pairs: &[(&str, &str)]| {
        check(&plan, &CheckInput { workers, properties: properties(pairs), ..CheckInput::new("groups.jmx") })
    };
    let check = check_with(0, &[]);
    assert!(check.ok, "{:#?}", check.findings);
    let kinds: Vec<_> = check.thread_groups.iter().map(|g| (g.kind.as_str(), g.enabled)).collect();
    assert_eq!(
        kinds,
        [
            ("setUp Thread Group", true),
            ("Thread Group", true),
            ("Thread Group", true),
            ("Thread Group", false),
            ("tearDown Thread Group", true),
        ]
    );
    let shoppers = &check.thread_groups[1];
    assert_eq!((shoppers.threads, shoppers.ramp_up_s, shoppers.loops), (Some(10), Some(2), Some(-1)));
    assert_eq!((shoppers.duration_s, shoppers.delay_s), (Some(3), Some(1)));
    assert_eq!(shoppers.raw.threads.as_deref(), Some("${__P(threads,10)}"));
    assert_eq!((check.threads_per_node, check.total_threads, check.duration_s), (Some(13), Some(13), Some(4)));

    let check = check_with(3, &[("threads", "40"), ("duration", "600")]);
    assert_eq!((check.threads_per_node, check.total_threads, check.duration_s), (Some(43), Some(129), Some(601)));
    assert!(message(&check, "threads_multiply").contains("43 threads x 3 workers = 129 threads"));
    let names: Vec<_> =
        check.properties.iter().map(|p| (p.name.as_str(), p.default.as_deref(), p.value.as_deref())).collect();
    assert_eq!(
        names,
        [
            ("browse.duration", Some("4"), None),
            ("browsers", Some("3"), None),
            ("duration", Some("3"), Some("600")),
            ("threads", Some("10"), Some("40")),
        ]
    );
}

#[test]
fn groups_one_by_one_take_turns() {
    let check = check(&plan!("serialized"), &CheckInput::new("p.jmx"));
    assert_eq!((check.threads_per_node, check.duration_s), (Some(4), Some(5)));
}

#[test]
fn numbers_that_jmeter_reads_as_nothing_are_found() {
    let check = check(&plan!("lenient_numbers"), &CheckInput::new("p.jmx"));
    assert_eq!(codes(&check, Severity::Error), ["not_a_number", "scheduler_without_duration"]);
    assert_eq!(check.findings[0].element.as_deref(), Some("Blank before"));
    assert_eq!(codes(&check, Severity::Warning), ["group_idle"]);
}

#[test]
fn a_plan_that_does_nothing_is_refused() {
    assert_eq!(codes(&check(&plan!("no_group"), &CheckInput::new("p.jmx")), Severity::Error), ["no_thread_group"]);
    assert_eq!(codes(&check(&plan!("no_sampler"), &CheckInput::new("p.jmx")), Severity::Error), ["no_sampler"]);
    let input =
        CheckInput { properties: properties(&[("threads", "0"), ("browsers", "0")]), ..CheckInput::new("p.jmx") };
    assert!(check(&plan!("groups"), &input).ok, "setUp and tearDown still run");
}

#[test]
fn a_plan_without_an_end_says_so() {
    let check = check(&plan!("endless"), &CheckInput::new("p.jmx"));
    assert!(check.ok && check.duration_s.is_none());
    assert_eq!(codes(&check, Severity::Info), ["runs_until_stopped"]);
}

#[test]
fn a_text_of_any_length_is_shown_by_its_beginning() {
    let threads = "${__P(a".repeat(100_000);
    let plan = include_str!("plans/csv_ends.jmx").replacen(">2<", &format!(">{threads}<"), 1);
    let check = check(&Plan::parse(plan.as_bytes()).expect("a plan"), &CheckInput::new("p.jmx"));
    let shown = serde_json::to_string(&check).expect("JSON").len();
    assert!(shown < 50_000, "{shown}");
}

#[test]
fn a_file_that_may_end_its_threads_early_is_named() {
    let check = check(&plan!("csv_ends"), &CheckInput::new("p.jmx"));
    let found: Vec<_> = check.findings.iter().filter(|finding| finding.code == "csv_may_end_first").collect();
    let of = |index: usize| (found[index].element.as_deref(), found[index].params["csv"].as_str());
    assert_eq!((found.len(), of(0), of(1)), (2, (Some("Counted"), "Orders"), (Some("Timed"), "Customers")));
}

#[test]
fn missing_and_unreachable_files_are_errors() {
    let check = check(&plan!("files"), &CheckInput::new("files.jmx"));
    let mut found: Vec<_> = check
        .findings
        .iter()
        .filter(|f| f.code.starts_with("file_"))
        .map(|f| (f.severity, f.code.as_str(), f.element.as_deref().unwrap_or_default()))
        .collect();
    found.sort_unstable();
    let missing = |element| (Severity::Error, "file_missing", element);
    let mut expected = vec![
        missing("Bean"),
        missing("By property"),
        missing("Functions"),
        missing("Functions"),
        missing("Functions"),
        missing("Login steps"),
        missing("Products"),
        missing("Script"),
        missing("Upload"),
        missing("Users"),
        (Severity::Error, "file_absolute", "On my disk"),
        (Severity::Error, "file_windows", "On my Windows"),
        (Severity::Error, "file_home", "At home"),
        (Severity::Error, "file_outside", "Next door"),
        (Severity::Warning, "file_unresolved", "By user"),
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
    let paths: Vec<_> = check.data_files.iter().map(|file| file.path.as_str()).collect();
    assert!(paths.contains(&"data/users.csv") && paths.contains(&"texts/body.json") && paths.contains(&"rows.csv"));
    assert!(!paths.contains(&"never.csv"), "disabled elements read nothing");
    assert_eq!(paths.iter().filter(|path| **path == "codes.csv").count(), 1);
}

#[test]
fn files_that_are_there_are_found_and_near_misses_named() {
    let mut input = CheckInput::new("files.jmx");
    input.files = files(&[("data/users.csv", Some(9)), ("Products.csv", None), ("orders.csv", None)]);
    let check = check(&plan!("files"), &input);
    let file = |path: &str| check.data_files.iter().find(|file| file.path == path).unwrap();
    assert!(file("data/users.csv").found && file("data/users.csv").bytes == Some(100));
    assert!(!file("products.csv").found && file("/dev/null").found);
    let hint = |element: &str| {
        check.findings.iter().find(|f| f.element.as_deref() == Some(element)).unwrap().hint.clone().unwrap()
    };
    assert!(hint("Products").contains("Found Products.csv"));
    assert!(hint("On my disk").contains("Change the path in the plan to orders.csv"));
    assert!(hint("On my Windows").contains("Change the path in the plan to orders.csv"));
}

#[test]
fn included_plans_are_checked_with_it() {
    let plan = plan!("files");
    let mut input = CheckInput::new("files.jmx");
    assert_eq!(plan.include_paths(&input.properties, ""), ["login.jmx"]);
    input.included.insert("login.jmx".to_owned(), Ok(fragment!("login")));
    let check = check(&plan, &input);
    assert!(check.data_files.iter().any(|file| file.path == "secrets.csv"));
    assert!(message(&check, "property_without_value").contains("login.host"));
}

#[test]
fn splits_are_checked_against_files_rows_and_readers() {
    let plan = plan!("files");
    let check_with = |workers, names: &[&str], rows| {
        let mut input = CheckInput { workers, ..CheckInput::new("files.jmx") };
        input.files = files(&[("data/users.csv", rows), ("other.csv", None)]);
        input.splits = names.iter().map(|name| (*name).to_owned()).collect();
        check(&plan, &input)
    };
    let fine = check_with(2, &["./data/users.csv"], Some(2));
    assert!(fine.findings.iter().all(|finding| !finding.code.starts_with("split_")));
    assert!(fine.data_files.iter().any(|file| file.path == "data/users.csv" && file.split));
    assert!(message(&check_with(3, &["data/users.csv"], Some(2)), "split_too_few_rows").contains("2 data rows"));
    assert!(message(&check_with(2, &["users.csv"], None), "split_missing").contains("users.csv"));
    message(&check_with(2, &["other.csv"], None), "split_unused");
    message(&check_with(0, &["data/users.csv"], Some(2)), "split_single");
    message(&check_with(2, &[], Some(2)), "file_copied");
    message(&check_with(2, &[], Some(0)), "file_without_rows");
    let shape = csv_shape(&plan, "products.csv").unwrap();
    assert_eq!((shape.header, shape.quoting), (false, jac_jmx::Quoting::Quoted { delimiter: b',' }));
    assert!(csv_shape(&plan, "data/users.csv").unwrap().header);
}

#[test]
fn listeners_that_cost_are_named() {
    let check = check(&plan!("listeners"), &CheckInput { workers: 2, ..CheckInput::new("p.jmx") });
    assert!(check.ok);
    assert_eq!(codes(&check, Severity::Warning), ["listener_heavy", "listener_writes", "backend_localhost"]);
    assert!(message(&check, "listener_heavy").contains("View Results Tree"));
    assert!(message(&check, "listener_writes").contains("results.csv"));
    assert!(codes(&check, Severity::Info).contains(&"listener_idle"));
}

#[test]
fn a_listeners_file_that_is_collected_is_no_warning() {
    let is_csv = |path: &str| path.ends_with(".csv");
    let found = |file: &str, workers, is_kept| {
        let text = format!(
            r#"<jmeterTestPlan version="1.2"><hashTree><TestPlan guiclass="" testname="P"/><hashTree><ResultCollector guiclass="SimpleDataWriter" testname="w"><stringProp name="filename">{file}</stringProp></ResultCollector><hashTree/></hashTree></hashTree></jmeterTestPlan>"#
        );
        let plan = Plan::parse(text.as_bytes()).unwrap();
        let check = check(&plan, &CheckInput { workers, is_kept, ..CheckInput::new("p.jmx") });
        check.findings.into_iter().find(|finding| finding.code == "listener_writes").map(|finding| finding.severity)
    };
    for (file, workers, severity) in [
        ("writer.csv", 0, None),
        ("./sub/writer.csv", 0, None),
        // The listener costs, although its file is collected.
        ("writer.csv", 2, Some(Severity::Info)),
        ("writer.jtl", 0, Some(Severity::Warning)),
        ("/tmp/writer.csv", 0, Some(Severity::Warning)),
        ("../writer.csv", 0, Some(Severity::Warning)),
    ] {
        assert_eq!(found(file, workers, Some(&is_csv)), severity, "{file} {workers}");
        assert_eq!(found(file, workers, None), Some(Severity::Warning), "{file}: nothing is collected");
    }
}

#[test]
fn a_file_that_all_workers_of_one_disk_would_write_to_is_an_error() {
    let text = |file: &str| {
        format!(
            r#"<jmeterTestPlan version="1.2"><hashTree><TestPlan guiclass="" testname="P"/><hashTree><ResultCollector guiclass="SimpleDataWriter" testname="Log"><stringProp name="filename">{file}</stringProp></ResultCollector><hashTree/></hashTree></hashTree></jmeterTestPlan>"#
        )
    };
    let ok = |file: &str, listeners_at, workers| {
        let plan = Plan::parse(text(file).as_bytes()).unwrap();
        let check = check(&plan, &CheckInput { workers, listeners_at, ..CheckInput::new("p.jmx") });
        !codes(&check, Severity::Error).contains(&"listener_file_shared")
    };
    use jac_jmx::ListenersAt::{Master, Workers, WorkersOfOneDisk};
    assert!(!ok("/tmp/own.jtl", WorkersOfOneDisk, 2));
    for (file, at, workers) in [
        ("/tmp/own.jtl", WorkersOfOneDisk, 1),
        ("/tmp/own.jtl", Workers, 2),
        ("/tmp/own.jtl", Master, 2),
        ("own.jtl", WorkersOfOneDisk, 2),
        ("/tmp/own-${__P(jac.node)}.jtl", WorkersOfOneDisk, 2),
    ] {
        assert!(ok(file, at, workers), "{file} {at:?} {workers}");
    }
}

#[test]
fn properties_without_value_or_default_say_what_they_become() {
    let bare = check(&plan!("properties"), &CheckInput::new("p.jmx"));
    let found: Vec<_> =
        bare.findings.iter().filter(|f| f.code == "property_without_value").map(|f| f.message.as_str()).collect();
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].contains("${__P(api.key)} becomes \"1\""));
    assert!(found[1].contains("${__property(region)} becomes \"region\""));
    assert!(found[2].contains("users"));
    let property = |name: &str| bare.properties.iter().find(|p| p.name == name).unwrap();
    assert_eq!(property("target.host").default.as_deref(), Some("127.0.0.1"));
    assert!(bare.properties.iter().any(|p| p.name == "nested.127.0.0.1"));
    assert_eq!(bare.thread_groups[0].threads, Some(1));

    let given = properties(&[("users", "5"), ("api.key", "k"), ("region", "eu")]);
    let check = check(&plan!("properties"), &CheckInput { properties: given, ..CheckInput::new("p.jmx") });
    assert_eq!(check.threads_per_node, Some(5));
    assert!(codes(&check, Severity::Warning).is_empty(), "{:#?}", check.findings);
}

#[test]
fn plugins_groups_are_read_and_missing_classes_found() {
    let plan = plan!("plugins");
    let names = ClassNames::parse(
        "TestPlan=org.apache.jmeter.testelement.TestPlan\nDebugSampler=org.apache.jmeter.sampler.DebugSampler\n",
    );
    let has_class = |class: &str| class.starts_with("org.apache.jmeter.") || class.starts_with("kg.apc.");
    let mut input = CheckInput::new("plugins.jmx");
    input.classes = Some(ClassLookup { names: &names, has_class: &has_class });
    let check = check(&plan, &input);
    let groups: Vec<_> = check.thread_groups.iter().map(|g| (g.kind.as_str(), g.threads, g.duration_s)).collect();
    assert_eq!(
        groups,
        [
            ("bzm - Concurrency Thread Group", Some(50), Some(720)),
            ("jp@gc - Ultimate Thread Group", Some(100), Some(135)),
            ("jp@gc - Stepping Thread Group", Some(100), Some(381)),
            ("OddThreadGroup", None, None),
        ]
    );
    assert_eq!((check.threads_per_node, check.duration_s), (None, None));
    let missing: Vec<_> =
        check.findings.iter().filter(|f| f.code == "class_missing").map(|f| f.message.as_str()).collect();
    assert_eq!(missing.len(), 4, "{missing:#?}");
    assert!(missing.iter().any(|m| m.contains("com.acme.Request$Part") && m.contains("although it is disabled")));
    assert!(missing.iter().any(|m| m.contains("com.blazemeter.jmeter.control.VirtualUserController")));
}

#[test]
fn an_open_models_schedule_has_a_length() {
    let input = CheckInput { properties: properties(&[("seconds", "90")]), ..CheckInput::new("p.jmx") };
    let open = check(&plan!("open_model"), &input);
    assert!(open.ok && open.duration_s == Some(91) && open.threads_per_node.is_none());
    let input = CheckInput { properties: properties(&[("seconds", "soon")]), ..CheckInput::new("p.jmx") };
    assert_eq!(codes(&check(&plan!("open_model"), &input), Severity::Error), ["schedule_invalid"]);
}

#[test]
fn settings_that_differ_on_nodes_are_reported() {
    let check = check(&plan!("settings"), &CheckInput { workers: 2, ..CheckInput::new("p.jmx") });
    assert_eq!(codes(&check, Severity::Warning), ["class_path_missing", "keystore_unknown"]);
    assert_eq!(codes(&check, Severity::Info), ["threads_multiply", "pace_per_worker", "sync_per_worker"]);
}

#[test]
fn a_check_is_the_contracts_json() {
    let mut input = CheckInput { workers: 2, ..CheckInput::new("files.jmx") };
    input.files = files(&[("data/users.csv", Some(9))]);
    let check = check(&plan!("files"), &input);
    let json = serde_json::to_value(&check).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec![
        "plan",
        "test_name",
        "workers",
        "thread_groups",
        "threads_per_node",
        "total_threads",
        "duration_s",
        "shape",
        "data_files",
        "properties",
        "findings",
        "ok",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(json["findings"][0]["severity"], "error");
    assert_eq!(json["thread_groups"][0]["loops"], 1);
    assert!(json["findings"].as_array().unwrap().iter().all(|f| f["message"].as_str().unwrap().ends_with('.')));
    assert_eq!(serde_json::from_value::<Check>(json).unwrap(), check);
}

#[test]
fn the_projects_own_examples_are_in_order() {
    let shop = Plan::parse(include_bytes!("../../../examples/shop/shop.jmx")).unwrap();
    let mut input = CheckInput { workers: 2, ..CheckInput::new("shop.jmx") };
    let shape = csv_shape(&shop, "users.csv").unwrap();
    let mut counter = jac_jmx::RowCounter::new(shape);
    counter.push(include_bytes!("../../../examples/shop/users.csv"));
    input.files = files(&[("users.csv", Some(counter.rows()))]);
    input.splits = vec!["users.csv".to_owned()];
    let shop = check(&shop, &input);
    assert_eq!(counter.rows(), 200);
    assert_eq!((shop.total_threads, shop.duration_s), (Some(20), Some(60)));
    assert_eq!(codes(&shop, Severity::Info), ["threads_multiply"]);
    assert_eq!(shop.findings.len(), 1, "{:#?}", shop.findings);

    let paced = Plan::parse(include_bytes!("../../../examples/bench/paced.jmx")).unwrap();
    let paced = check(&paced, &CheckInput::new("paced.jmx"));
    assert!(paced.findings.is_empty() && paced.duration_s == Some(60), "{:#?}", paced.findings);
}
