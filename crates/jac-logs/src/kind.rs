//! Kinds of files that are mistaken for result logs, recognised by their first bytes.

/// What a file is that is no result log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A test plan, `.jmx`.
    Plan,
    /// The `statistics.json` of JMeter's dashboard.
    DashboardStatistics,
    /// What JMeter's Aggregate Report or Summary Report saves: a table without samples.
    AggregateReport,
    /// A `summary.json` of JAC.
    Summary,
    /// JMeter's own log, `jmeter.log`.
    JmeterLog,
    /// A ZIP archive.
    Zip,
    /// A page of HTML.
    Html,
    /// Some JSON.
    Json,
}

impl Kind {
    /// Its stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::DashboardStatistics => "dashboard_statistics",
            Self::AggregateReport => "aggregate_report",
            Self::Summary => "summary",
            Self::JmeterLog => "jmeter_log",
            Self::Zip => "zip",
            Self::Html => "html",
            Self::Json => "json",
        }
    }

    /// What to do about it.
    pub(crate) fn hint(self, name: &str) -> String {
        match self {
            Self::Zip => format!("Read the log in it: unzip -p '{name}' | jac report -"),
            Self::Plan => "Give the log of its run (jmeter -l results.jtl).".to_owned(),
            Self::Summary => {
                "Give the log: results.jtl, or the run's folder in a store. `jac compare` also reads the table."
                    .to_owned()
            }
            Self::DashboardStatistics | Self::AggregateReport | Self::JmeterLog | Self::Html | Self::Json => {
                "Give the result log, which has one row per sample (jmeter -l results.jtl).".to_owned()
            }
        }
    }

    /// What a file is whose unpacked bytes begin so; `None`: perhaps a result log.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Some(Self::Zip);
        }
        let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
        let has = |text: &[u8]| memchr::memmem::find(head, text).is_some();
        match head.first()? {
            b'<' if has(b"<jmeterTestPlan") => Some(Self::Plan),
            b'<' => {
                let begin = head[..head.len().min(100)].to_ascii_lowercase();
                let is_page = [&b"<!doctype html"[..], b"<html"].iter().any(|page| begin.starts_with(page));
                is_page.then_some(Self::Html)
            }
            b'{' if has(b"\"total_basis\"") => Some(Self::Summary),
            b'{' if has(b"\"sampleCount\"") => Some(Self::DashboardStatistics),
            b'{' | b'[' => Some(Self::Json),
            _ => {
                let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
                let names = |text: &[u8]| memchr::memmem::find(line, text).is_some();
                if names(b"# Samples") || names(b"aggregate_report_") || names(b"sampler_label") {
                    return Some(Self::AggregateReport);
                }
                is_jmeter_log(line).then_some(Self::JmeterLog)
            }
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plan => "a JMeter test plan",
            Self::DashboardStatistics => "the statistics.json of a JMeter dashboard",
            Self::AggregateReport => "a table of JMeter's Aggregate Report or Summary Report",
            Self::Summary => "a summary table of JAC",
            Self::JmeterLog => "JMeter's own log (jmeter.log)",
            Self::Zip => "a ZIP archive",
            Self::Html => "an HTML page",
            Self::Json => "a JSON document",
        })
    }
}

/// `2026-11-25 08:30:00,123 INFO o.a.j.…`
fn is_jmeter_log(line: &[u8]) -> bool {
    let pattern = b"0000-00-00 00:00:00,000 ";
    line.len() > pattern.len()
        && line.iter().zip(pattern).all(|(byte, expected)| match expected {
            b'0' => byte.is_ascii_digit(),
            expected => byte == expected,
        })
        && [&b"INFO "[..], b"WARN ", b"ERROR ", b"DEBUG "].iter().any(|level| line[pattern.len()..].starts_with(level))
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn files_are_recognized_by_their_first_bytes_and_logs_are_let_pass() {
        let table: &[(&[u8], Option<Kind>)] = &[
            (b"PK\x03\x04rest", Some(Kind::Zip)),
            (b"\xEF\xBB\xBF <?xml version=\"1.0\"?>\n<jmeterTestPlan version=\"1.2\">", Some(Kind::Plan)),
            (b"<!DOCTYPE html><html>", Some(Kind::Html)),
            (b"{\"Total\":{\"sampleCount\":10}}", Some(Kind::DashboardStatistics)),
            (b"{\n \"total_basis\": \"samples\"}", Some(Kind::Summary)),
            (b"[1]", Some(Kind::Json)),
            (b"Label,# Samples,Average\n", Some(Kind::AggregateReport)),
            (b"sampler_label,aggregate_report_count,average\n", Some(Kind::AggregateReport)),
            (b"2026-11-25 08:30:00,123 INFO o.a.j.JMeter: x", Some(Kind::JmeterLog)),
            (b"2026-11-25 08:30:00,123,5,Home", None),
            (b"timeStamp,elapsed,label\n", None),
            (b"<?xml version=\"1.0\"?><testResults>", None),
            (b"1700000000000,5,Home", None),
            (b"", None),
        ];
        for (head, kind) in table {
            assert_eq!(Kind::of(head), *kind, "{}", String::from_utf8_lossy(head));
        }
    }
}
