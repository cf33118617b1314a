//! Kinds of files that are mistaken for result logs, recognised by their first bytes.

use crate::input::Packing;

/// The kind of a file that is not a result log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A test plan, `.jmx`.
    Plan,
    /// The `statistics.json` of JMeter's dashboard.
    DashboardStatistics,
    /// Saved by JMeter's Aggregate Report or Summary Report: a table without samples.
    AggregateReport,
    /// A `summary.json` of JAC.
    Summary,
    /// JMeter's own log, `jmeter.log`.
    JmeterLog,
    /// A ZIP archive.
    Zip,
    /// A tar archive, which may have been compressed.
    Tar,
    /// Compressed by bzip2.
    Bzip2,
    /// Compressed by xz.
    Xz,
    /// A 7z archive.
    SevenZip,
    /// Compressed by gzip or Zstandard, and once more around it.
    PackedTwice,
    /// An Apache Parquet file, such as those of `jac export`.
    Parquet,
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
            Self::Tar => "tar",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::SevenZip => "seven_zip",
            Self::PackedTwice => "packed_twice",
            Self::Parquet => "parquet",
            Self::Html => "html",
            Self::Json => "json",
        }
    }

    /// How to fix it.
    pub(crate) fn hint(self, name: &str) -> String {
        match self {
            Self::Zip => format!("Read the log in it: unzip -p '{name}' | jac report -"),
            Self::Tar => format!("Read the log in it: tar -xOf '{name}' | jac report -"),
            Self::Bzip2 => format!("Decompress it: bzip2 -dc '{name}' | jac report -"),
            Self::Xz => format!("Decompress it: xz -dc '{name}' | jac report -"),
            Self::SevenZip => format!("Read the log in it: 7z x -so '{name}' | jac report -"),
            Self::PackedTwice => format!("Decompress it once: zstd -dcf '{name}' | jac report -"),
            Self::Plan => "Give the log of its run (jmeter -l results.jtl).".to_owned(),
            Self::Summary => {
                "Give the log: results.jtl, or the run's folder in a store. `jac compare` also reads the table."
                    .to_owned()
            }
            Self::DashboardStatistics
            | Self::AggregateReport
            | Self::JmeterLog
            | Self::Html
            | Self::Json
            | Self::Parquet => "Give the result log, which has one row per sample (jmeter -l results.jtl).".to_owned(),
        }
    }

    /// The kind of a file whose decompressed bytes begin like this; `None`: possibly a result log.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Some(Self::Zip);
        }
        if let Some(kind) = packed(head) {
            return Some(kind);
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
            Self::Tar => "a tar archive",
            Self::Bzip2 => "a file compressed by bzip2",
            Self::Xz => "a file compressed by xz",
            Self::SevenZip => "a 7z archive",
            Self::PackedTwice => "compressed twice",
            Self::Parquet => "a Parquet file",
            Self::Html => "an HTML page",
            Self::Json => "a JSON document",
        })
    }
}

/// Archives and compressions that are not read, by their magic numbers.
fn packed(head: &[u8]) -> Option<Kind> {
    match head {
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Some(Kind::Bzip2),
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(Kind::Xz),
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => Some(Kind::SevenZip),
        [b'P', b'A', b'R', b'1', ..] => Some(Kind::Parquet),
        _ if head.get(257..262) == Some(b"ustar") => Some(Kind::Tar),
        _ if Packing::of(head) != Packing::Plain => Some(Kind::PackedTwice),
        _ => None,
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
        let tar = [&b"results.jtl"[..], &[0; 246], b"ustar\x0000"].concat();
        let table: &[(&[u8], Option<Kind>)] = &[
            (&tar, Some(Kind::Tar)),
            (b"BZh91AY&SYxxxx", Some(Kind::Bzip2)),
            (b"BZh,5,Home", None),
            (b"\xFD7zXZ\0rest", Some(Kind::Xz)),
            (b"7z\xBC\xAF\x27\x1Crest", Some(Kind::SevenZip)),
            (b"PAR1rest", Some(Kind::Parquet)),
            (b"\x1F\x8B\x08rest", Some(Kind::PackedTwice)),
            (b"\x28\xB5\x2F\xFDrest", Some(Kind::PackedTwice)),
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
