//! The output of `jac samples --output csv` can be read by the real JMeter.
//!
//! Needs `JMETER_HOME` and `java`; `scripts/test` provides both. Without them the test fails and is not skipped.

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn the_dashboard_of_jmeter_counts_what_samples_prints() {
    let home = std::env::var_os("JMETER_HOME").map(PathBuf::from).expect("set JMETER_HOME to a JMeter 5.6.3 home");
    let folder = tempfile::tempdir().expect("a folder");
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/hostname-col.jtl");
    let found = Command::new(env!("CARGO_BIN_EXE_jac"))
        .args(["samples", log.to_str().expect("UTF-8"), "--limit", "1000", "--output", "csv"])
        .output()
        .expect("jac starts");
    std::fs::write(folder.path().join("found.csv"), found.stdout).expect("a file");
    let output = Command::new("java")
        .current_dir(folder.path())
        .args(["-Xmx512m", "-Djava.awt.headless=true", "-jar"])
        .arg(home.join("bin/ApacheJMeter.jar"))
        .args(["-g", "found.csv", "-o", "report", "-j", "jmeter.log"])
        .output()
        .expect("java starts");
    let log = std::fs::read_to_string(folder.path().join("jmeter.log")).unwrap_or_default();
    assert!(output.status.success(), "{log}");
    let statistics = std::fs::read(folder.path().join("report/statistics.json")).expect("a dashboard");
    let statistics: serde_json::Value = serde_json::from_slice(&statistics).expect("JSON");
    assert_eq!((&statistics["Home"]["sampleCount"], &statistics["Home"]["errorCount"]), (&400.into(), &0.into()));
    // The users of both hosts are in its chart.
    let graph = std::fs::read_to_string(folder.path().join("report/content/js/graph.js")).expect("its charts");
    assert!(graph.contains("Users-ThreadStarter"), "{}", &graph[..graph.len().min(2_000)]);
}
