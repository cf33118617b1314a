//! JMeter's dashboard generator, and the comparison with its figures.

use jac_jtl::{Entry, Summary};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How JMeter computes its total.
#[derive(Clone, Copy, PartialEq)]
pub enum Dashboard {
    /// Over the requests, like ours.
    WithTotal,
    /// A label called `Total` and the total share one entry.
    TotalOverwritten,
    /// All rows are transactions, and it counts none of them.
    TotalLeftEmpty,
}

/// The JMeter to compare with.
pub fn jmeter_home() -> PathBuf {
    let home = PathBuf::from(
        std::env::var_os("JMETER_HOME")
            .expect("set JMETER_HOME to a JMeter 5.6.3 home: this test asks the real JMeter (scripts/test sets it)"),
    );
    let jar = home.join("bin/ApacheJMeter.jar");
    assert!(jar.is_file(), "JMETER_HOME is no JMeter home: {} does not exist", jar.display());
    home
}

/// Runs `jmeter -g` on a log and reads its `statistics.json`.
pub fn statistics_json(log: &[u8]) -> Map<String, Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("results.jtl");
    std::fs::write(&path, log).expect("the log can be written");
    let output = Command::new("java")
        .current_dir(folder.path())
        .args(["-Xmx3g", "-Djava.awt.headless=true", "-jar"])
        .arg(jmeter_home().join("bin/ApacheJMeter.jar"))
        .args(["-g", "results.jtl", "-o", "report", "-j", "jmeter.log"])
        .args(["-Jjmeter.reportgenerator.statistic_window=-1", "-Jaggregate_rpt_pct1=90"])
        .args(["-Jaggregate_rpt_pct2=95", "-Jaggregate_rpt_pct3=99"])
        .output()
        .expect("java can be started");
    assert!(output.status.success(), "jmeter -g failed: {}", said(&output.stdout, folder.path()));
    let json = std::fs::read(folder.path().join("report/statistics.json"))
        .unwrap_or_else(|_| panic!("jmeter -g wrote no statistics.json: {}", said(&output.stdout, folder.path())));
    // NaN is written literally, which is not valid JSON.
    let text = String::from_utf8(json)
        .expect("statistics.json is UTF-8")
        .replace(": NaN", ": null")
        .replace(": Infinity", ": null");
    serde_json::from_str(&text.replace("\"NaN\"", "null").replace("\"Infinity\"", "null"))
        .expect("statistics.json is JSON")
}

/// JMeter's output when it failed.
pub fn said(stdout: &[u8], folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join("jmeter.log")).unwrap_or_default();
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    format!("{}\n{}", String::from_utf8_lossy(stdout), errors.join("\n"))
}

/// Compares every number that both have: to 1e-9 relative, the error percentage, which JMeter keeps in 32 bits, to 1e-6.
pub fn compare(ours: &Summary, theirs: &Map<String, Value>, dashboard: Dashboard) {
    let labels =
        ours.labels.iter().filter(|entry| !(dashboard == Dashboard::TotalOverwritten && entry.label == "Total"));
    let mut expected = 0;
    for entry in labels {
        let theirs = theirs.get(&entry.label).unwrap_or_else(|| panic!("JMeter has no label {:?}", entry.label));
        compare_entry(entry, theirs);
        expected += 1;
    }
    assert_eq!(theirs.len(), expected + 1, "labels besides the total: {:?}", theirs.keys());
    match dashboard {
        Dashboard::WithTotal => compare_entry(&ours.total, &theirs["Total"]),
        Dashboard::TotalLeftEmpty => assert_eq!(theirs["Total"]["sampleCount"], 0),
        Dashboard::TotalOverwritten => {}
    }
}

fn compare_entry(ours: &Entry, theirs: &Value) {
    assert_eq!(Some(ours.samples), theirs["sampleCount"].as_u64(), "samples of {:?}", ours.label);
    assert_eq!(Some(ours.errors), theirs["errorCount"].as_u64(), "errors of {:?}", ours.label);
    if ours.samples == 0 {
        // Without samples JMeter returns the limits of its number range.
        return;
    }
    let fields: [(&str, Option<f64>, f64); 11] = [
        ("errorPct", ours.error_percent, 1e-6),
        ("meanResTime", ours.mean_ms, 1e-9),
        ("minResTime", ours.min_ms.map(|value| value as f64), 0.0),
        ("maxResTime", ours.max_ms.map(|value| value as f64), 0.0),
        ("medianResTime", ours.median_ms, 1e-9),
        ("pct1ResTime", ours.p90_ms, 1e-9),
        ("pct2ResTime", ours.p95_ms, 1e-9),
        ("pct3ResTime", ours.p99_ms, 1e-9),
        ("throughput", ours.throughput_per_s, 1e-9),
        ("receivedKBytesPerSec", ours.received_kb_per_s, 1e-9),
        ("sentKBytesPerSec", ours.sent_kb_per_s, 1e-9),
    ];
    for (name, ours_value, tolerance) in fields {
        let theirs_value = theirs.get(name).unwrap_or_else(|| panic!("JMeter has no field {name}")).as_f64();
        match (ours_value, theirs_value) {
            (Some(a), Some(b)) => assert!(
                (a - b).abs() <= tolerance * a.abs().max(b.abs()),
                "{name} of {:?}: ours {a}, JMeter's {b}",
                ours.label
            ),
            // A log without bytes has no rate of them; JMeter returns 0.
            (None, Some(0.0)) if name.ends_with("KBytesPerSec") => {}
            (a, b) => assert_eq!(a, b, "{name} of {:?}", ours.label),
        }
    }
}
