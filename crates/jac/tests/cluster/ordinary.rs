//! Runs without faults.

use crate::place::{Place, Running};
use nix::sys::signal::Signal;
use std::collections::BTreeSet;

#[test]
fn two_workers_run_the_plan_and_nothing_is_left() {
    let place = Place::new();
    let done = place.finish(place.run("steady.jmx", &["--workers", "2", "--output", "json"])).expect(0);
    let printed: serde_json::Value = serde_json::from_str(&done.stdout).expect("the summary is printed");
    assert_eq!(printed, place.summary());
    assert_eq!(printed["partial"], serde_json::Value::Null);
    assert_eq!(printed["rejected_rows"], 0);
    let log = place.log();
    let rows = log.lines().count() - 1;
    assert_eq!(printed["total"]["samples"], rows);
    assert!(rows > 100, "2 workers x 2 threads x 5 s / 50 ms, less what starting takes: {rows}");
    // Both workers' samples are there, distinguished by thread names.
    let workers: BTreeSet<&str> =
        log.lines().skip(1).filter_map(|row| row.split(',').nth(5)?.split('-').next()).collect();
    assert_eq!(workers.len(), 2, "{workers:?}");
    for file in ["report.html", "nodes/master/jmeter.log", "nodes/worker-1/jmeter.log", "nodes/worker-2/jmeter.log"] {
        assert!(place.out().join(file).is_file(), "{file}");
    }
    place.assert_nothing_left();
}

#[test]
fn active_users_are_those_of_all_workers() {
    let place = Place::new();
    place.finish(place.run("steady.jmx", &["--workers", "2", "-Jthreads=3"])).expect(0);
    let page = std::fs::read_to_string(place.out().join("report.html")).expect("the report");
    let data =
        page.split(r#"id="jac-report">"#).nth(1).and_then(|rest| rest.split("</script>").next()).expect("its data");
    let report: serde_json::Value = serde_json::from_str(data).expect("it is JSON");
    let users = report["series"]["points"]
        .as_array()
        .expect("points")
        .iter()
        .filter_map(|point| point["active_users"].as_u64());
    assert_eq!(users.max(), Some(6), "3 threads on each of 2 workers");
    place.assert_nothing_left();
}

#[test]
fn a_split_file_gives_each_worker_its_own_rows_and_its_header() {
    let place = Place::new();
    let names = crate::place::plan_path("data/names.csv");
    let names = names.to_str().expect("a name");
    place.finish(place.run("steady.jmx", &["--workers", "2", "--split", names])).expect(0);
    let log = place.log();
    let of_worker: BTreeSet<(&str, &str)> = log
        .lines()
        .skip(1)
        .filter_map(|row| {
            let mut fields = row.split(',');
            Some((fields.nth(2)?, fields.nth(2)?.split('-').next()?))
        })
        .collect();
    let labels: BTreeSet<&str> = of_worker.iter().map(|(label, _)| *label).collect();
    assert_eq!(labels, BTreeSet::from(["Ask ann", "Ask bob", "Ask cid", "Ask dan"]));
    assert_eq!(of_worker.len(), 4, "each name is used by one worker only: {of_worker:?}");
    place.assert_nothing_left();
}

#[test]
fn the_master_alone_runs_the_plan_without_workers() {
    let place = Place::new();
    let done = place.finish(
        place.run("steady.jmx", &["-Jduration=3", "--fail-on", "mean > 1ms", "--fail-on", "p95(\"Ask nobody\") > 1s"]),
    );
    let done = done.expect(1);
    assert!(done.stderr.contains("not met: "), "{}", done.stderr);
    assert!(done.stderr.contains("Ask nobody"), "a label that never appears is reported: {}", done.stderr);
    assert!(done.stdout.contains("Ask ann"), "{}", done.stdout);
    place.assert_nothing_left();
}

#[test]
fn properties_files_reach_every_worker() {
    let place = Place::new();
    let file = tempfile::NamedTempFile::with_suffix(".properties").expect("a file");
    std::fs::write(file.path(), "threads=1\nsleep=200\nduration=60\n").expect("its text");
    let name = file.path().to_str().expect("a name");
    place.finish(place.run("steady.jmx", &["--workers", "2", "-q", name, "-Jduration=4"])).expect(0);
    let summary = place.summary();
    assert!(summary["total"]["min_ms"].as_u64().is_some_and(|least| least >= 200), "{summary}");
    let all_threads: BTreeSet<String> =
        place.log().lines().skip(1).filter_map(|row| Some(row.split(',').nth(12)?.to_owned())).collect();
    assert_eq!(all_threads, BTreeSet::from(["1".to_owned()]), "one thread on each worker");
    place.assert_nothing_left();
}

/// One of the plans that users have.
fn case(plan: &str) -> String {
    format!("{}/../jac-jmx/tests/cases/{plan}", env!("CARGO_MANIFEST_DIR"))
}

fn labels(place: &Place) -> BTreeSet<String> {
    place.log().lines().skip(1).filter_map(|row| Some(row.split(',').nth(2)?.to_owned())).collect()
}

#[test]
fn system_properties_reach_every_jvm() {
    for workers in ["0", "2"] {
        let place = Place::new();
        place.finish(place.run("system_property.jmx", &["--workers", workers, "-D", "answer=a secret 42"])).expect(0);
        assert_eq!(labels(&place), BTreeSet::from(["a secret 42".to_owned()]), "{workers} workers");
        place.assert_nothing_left();
    }
}

#[test]
fn a_plan_reads_what_lies_beside_its_folder_and_the_class_path_reaches_workers() {
    let place = Place::new();
    let root = case("");
    place.finish(place.run(&case("tests/f17_parent_folder.jmx"), &["--workers", "1", "--root", &root])).expect(0);
    assert_eq!(labels(&place), BTreeSet::from(["step".to_owned()]));
    place.assert_nothing_left();
    let place = Place::new();
    place.finish(place.run(&case("f19_class_path_on_worker.jmx"), &["--workers", "1"])).expect(0);
    assert_eq!(labels(&place), BTreeSet::from(["marker true".to_owned()]));
    place.assert_nothing_left();
}

#[test]
fn ctrl_c_stops_gracefully_and_keeps_what_was_measured() {
    let place = Place::new();
    let run = Running::start(place.run("steady.jmx", &["--workers", "2", "-Jduration=300"]));
    place.wait_until("samples", || place.rows_so_far() > 20);
    run.signal(Signal::SIGINT);
    let done = run.wait().expect(130);
    assert!(done.stderr.contains("partial"), "{}", done.stderr);
    let summary = place.summary();
    assert!(summary["partial"]["cause"].as_str().is_some_and(|cause| cause.contains("(graceful)")), "{summary}");
    assert_eq!(summary["total"]["errors"], 0, "nothing was aborted");
    assert!(summary["total"]["samples"].as_u64().is_some_and(|samples| samples > 20));
    place.assert_nothing_left();
}

#[test]
fn ctrl_c_twice_aborts_samples_that_do_not_end() {
    let place = Place::new();
    let mut run = Running::start(
        place.run("steady.jmx", &["--workers", "1", "-Jduration=300", "-Jsleep=100000", "--stop-timeout", "600"]),
    );
    place.wait_until("a running worker", || {
        !place.processes_of("worker-1").is_empty() && place.processes_of("master").len() > 1
    });
    // No sample ends, so only the worker's own log shows that it has started.
    place.wait_until("threads", || {
        let nodes = std::fs::read_dir(place.data().join("local")).into_iter().flatten().flatten();
        let logs = nodes.flat_map(|cluster| {
            std::fs::read_dir(cluster.path().join("worker-1/runs")).into_iter().flatten().flatten()
        });
        logs.filter_map(|run| std::fs::read_to_string(run.path().join("jmeter.log")).ok())
            .any(|log| log.contains("Thread started"))
    });
    run.signal(Signal::SIGTERM);
    // Two signals at once would count as one.
    run.wait_for_word("Stopping gracefully");
    run.signal(Signal::SIGTERM);
    let done = run.wait().expect(143);
    assert!(done.stderr.contains("requests in flight count as failures"), "{}", done.stderr);
    place.assert_nothing_left();
}

/// A JMeter home without one of its modules, which is then added as a plugin.
fn home_without(module: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let whole = std::path::PathBuf::from(std::env::var_os("JMETER_HOME").expect("JMETER_HOME"));
    let home = tempfile::tempdir().expect("a folder");
    let mut left_out = None;
    for folder in ["bin", "lib", "lib/ext", "lib/junit"] {
        std::fs::create_dir_all(home.path().join(folder)).expect("a folder");
        for entry in std::fs::read_dir(whole.join(folder)).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if name.to_string_lossy().starts_with(module) {
                left_out = Some(entry.path());
            } else if entry.path().is_file() {
                std::fs::copy(entry.path(), home.path().join(folder).join(name)).expect("a copy");
            }
        }
    }
    (home, left_out.expect("JMeter has the module"))
}

#[test]
fn a_plan_that_needs_a_plugin_is_refused_without_it_and_runs_with_it_on_every_worker() {
    let place = Place::new();
    let (home, plugin) = home_without("ApacheJMeter_java");
    let home = home.path().to_str().expect("a name");
    let refused = place.finish(place.run("steady.jmx", &["--workers", "2", "--jmeter-home", home])).expect(2);
    assert!(refused.stderr.contains("JavaSampler"), "{}", refused.stderr);
    place.assert_nothing_left();
    let plugin = plugin.to_str().expect("a name");
    place.finish(place.run("steady.jmx", &["--workers", "2", "--jmeter-home", home, "--plugin", plugin])).expect(0);
    let log = place.log();
    let workers: BTreeSet<&str> =
        log.lines().skip(1).filter_map(|row| row.split(',').nth(5)?.split('-').next()).collect();
    assert_eq!(workers.len(), 2, "{workers:?}");
    place.assert_nothing_left();
}

/// The home of an older release.
fn older_jmeter() -> std::path::PathBuf {
    std::env::var_os("JMETER_HOME_OLDER").expect("JMETER_HOME_OLDER names a JMeter 5.5; scripts/test sets it").into()
}

#[test]
fn the_nodes_have_the_jmeter_of_the_version_that_was_chosen() {
    let place = Place::new();
    // As if this data folder had downloaded it before.
    std::fs::create_dir_all(place.data().join("jmeter")).expect("a folder");
    std::os::unix::fs::symlink(older_jmeter(), place.data().join("jmeter/apache-jmeter-5.5")).expect("a link");
    place.finish(place.run("steady.jmx", &["--workers", "2", "--jmeter-version", "5.5", "-Jduration=3"])).expect(0);
    for node in ["master", "worker-1", "worker-2"] {
        let log = std::fs::read_to_string(place.out().join(format!("nodes/{node}/jmeter.log"))).expect("its log");
        assert!(log.contains("Version 5.5"), "{node}: {log}");
    }
    assert_eq!(place.summary()["total"]["errors"], 0);
    place.assert_nothing_left();
}

#[test]
fn a_version_of_jmeter_that_there_is_not_is_refused_with_those_that_there_are() {
    let place = Place::new();
    let refused = place.finish(place.run("steady.jmx", &["--jmeter-version", "4.0"])).expect(2);
    assert!(
        refused.stderr.contains("Unsupported JMeter version 4.0; available: 5.6.3, 5.6.2, 5.5"),
        "{}",
        refused.stderr
    );
    place.assert_nothing_left();
}

#[test]
fn a_target_that_fails_all_stops_the_run_by_itself() {
    let place = Place::new();
    let rule = "error_percent > 50% for 5s";
    let arguments = ["--workers", "2", "-Jduration=300", "-Jstatus=NO", "--stop-if", rule];
    let done = place.finish(place.run("steady.jmx", &arguments)).expect(3);
    assert!(done.stderr.contains(&format!("Automatic stop: if {rule}.")), "printed before: {}", done.stderr);
    assert!(done.stderr.contains("error: Stopped automatically"), "{}", done.stderr);
    let summary = place.summary();
    let seconds = summary["duration_ms"].as_u64().expect("a duration") / 1_000;
    assert!((5..60).contains(&seconds), "{seconds} s: a whole window, and not the 300 s of the plan");
    assert_eq!(summary["total"]["samples"], place.log().lines().count() - 1, "what was measured is kept");
    assert_eq!(summary["total"]["errors"], summary["total"]["samples"]);
    assert!(summary["partial"]["cause"].as_str().is_some_and(|cause| cause.contains(rule)), "{summary}");
    place.assert_nothing_left();
}
