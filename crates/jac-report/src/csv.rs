//! The table as CSV, for spreadsheets.

use jac_jtl::{Entry, Summary};
use std::fmt::Write;

const HEADER: &str = "scope,label,samples,errors,error_percent,mean_ms,min_ms,max_ms,stddev_ms,median_ms,p90_ms,p95_ms,\
    p99_ms,throughput_per_s,received_kb_per_s,sent_kb_per_s,avg_bytes,apdex,kind,\
    p999_ms,latency_ms,connect_ms";

/// The table: a header, a line per label (`scope` is `label`), then that of the total (`scope` is `total`, which
/// distinguishes it from a label called `Total`). Numbers are unrounded with a decimal point, as in `summary.json`; a
/// missing one is empty.
pub fn table_csv(summary: &Summary) -> String {
    let mut csv = HEADER.to_owned() + "\n";
    for entry in &summary.labels {
        line(&mut csv, "label", entry);
    }
    line(&mut csv, "total", &summary.total);
    csv
}

fn line(csv: &mut String, scope: &str, entry: &Entry) {
    csv.push_str(scope);
    csv.push(',');
    csv.push_str(&csv_field(&entry.label));
    let whole = |number: Option<u64>| number.map(|number| number as f64);
    let numbers = [
        Some(entry.samples as f64),
        Some(entry.errors as f64),
        entry.error_percent,
        entry.mean_ms,
        whole(entry.min_ms),
        whole(entry.max_ms),
        entry.stddev_ms,
        entry.median_ms,
        entry.p90_ms,
        entry.p95_ms,
        entry.p99_ms,
        entry.throughput_per_s,
        entry.received_kb_per_s,
        entry.sent_kb_per_s,
        entry.avg_bytes,
        entry.apdex,
    ];
    fields(csv, &numbers);
    csv.push(',');
    csv.push_str(entry.kind.name());
    // After all existing columns: a program may find columns by their positions.
    fields(csv, &[entry.p999_ms, entry.latency_ms, entry.connect_ms]);
    csv.push('\n');
}

fn fields(csv: &mut String, numbers: &[Option<f64>]) {
    for number in numbers {
        csv.push(',');
        if let Some(number) = number {
            // Writing to a string cannot fail.
            let _ = write!(csv, "{number}");
        }
    }
}

/// A CSV field: quoted if necessary, and protected if a spreadsheet would interpret the text as a formula.
pub fn csv_field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula {
        return format!("\"'{}\"", text.replace('"', "\"\""));
    }
    plain_csv_field(text)
}

/// A CSV field for programs: quoted if necessary, otherwise unchanged.
pub fn plain_csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::table_csv;
    use jac_jtl::{LogStatistics, Settings};

    #[test]
    fn labels_are_quoted_and_the_total_is_distinguished() {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,bytes\n0,500,\"a, \"\"b\"\"\",10\n500,1500,Total,20\n500,0,=1+1,0\n");
        log.finish();
        let csv = table_csv(&log.summary());
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[1].starts_with("label,\"a, \"\"b\"\"\",1,0,0,500,500,500,0,500,500,500,500,2,"), "{}", lines[1]);
        assert!(lines[2].starts_with("label,Total,1,0,0,1500,"));
        assert!(lines[3].starts_with("label,\"'=1+1\",1,0,0,0,0,0,0,0,0,0,0,,,,0,1,request,0,,"), "{}", lines[3]);
        assert!(lines[4].starts_with("total,Total,3,"));
    }
}
