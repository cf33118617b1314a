//! One run of the real JMeter, written as CSV and as XML at the same time: both logs have the same numbers.

use super::dashboard::{jmeter_home, said};
use jac_jtl::{LogStatistics, Settings, Summary};
use std::path::Path;
use std::process::Command;

fn summary(folder: &Path, name: &str) -> (Summary, LogStatistics) {
    let mut log = LogStatistics::new(Settings::default());
    log.feed(&std::fs::read(folder.join(name)).expect("JMeter wrote it"));
    log.finish();
    (log.summary(), log)
}

#[test]
fn the_same_run_as_csv_and_as_xml_has_the_same_numbers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("formats.jmx"), include_str!("formats.jmx")).expect("the plan can be written");
    let output = Command::new("java")
        .current_dir(folder.path())
        .args(["-Xmx512m", "-Djava.awt.headless=true", "-jar"])
        .arg(jmeter_home().join("bin/ApacheJMeter.jar"))
        .args(["-n", "-t", "formats.jmx", "-l", "results.jtl", "-j", "jmeter.log"])
        .output()
        .expect("java can be started");
    assert!(output.status.success(), "JMeter failed: {}", said(&output.stdout, folder.path()));
    let (csv, mut csv_log) = summary(folder.path(), "results.jtl");
    let (xml, mut xml_log) = summary(folder.path(), "results.xml");
    // JMeter also writes the samples below a generated parent into a CSV log, as separate rows.
    assert_eq!((csv.total.samples, csv.total.errors), (240, 60), "the plan's own numbers");
    assert_eq!(csv.rejected_rows + xml.rejected_rows, 0);
    // Two listeners may write alternately, so labels may come in another order.
    let in_order = |mut summary: Summary| {
        summary.labels.sort_by(|a, b| a.label.cmp(&b.label));
        summary
    };
    assert_eq!(in_order(csv), in_order(xml));
    assert_eq!(csv_log.errors(usize::MAX), xml_log.errors(usize::MAX));
    assert_eq!(csv_log.codes(), xml_log.codes());
    let (csv, xml) = (csv_log.series(), xml_log.series());
    assert_eq!((csv.points, csv.started), (xml.points, xml.started));
}
