//! Rewrites result logs of any dialect as one log: JMeter's CSV with a header and times in milliseconds, which every
//! reader can read in any order and from any byte.
//!
//! Owns the layout of that CSV. Missing data stays empty; invalid rows are skipped, and counted by whoever reads the
//! logs themselves. Fields that JAC does not read (`dataType`, `IdleTime`, `SampleCount`, bodies in XML) are dropped.

use crate::dates::ready;
use crate::input::{Opened, Packing, open};
use crate::stream::stream;
use crate::{Input, LogError};
use jac_jtl::{Sample, Settings, TakeSample};
use std::io::Write;
use std::ops::ControlFlow;

/// The first line of the rewritten log, without its line end.
pub const REWRITTEN_HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,Connect,Hostname";

/// Why logs could not be rewritten.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// One of them cannot be read, or is not a result log.
    #[error("{0}")]
    Log(#[source] LogError),
    /// A packed one ends too early, or is damaged.
    #[error("{name} is truncated or damaged: it cannot be decompressed to its end")]
    Truncated {
        /// The log's name.
        name: String,
    },
    /// Together they decompress to more than the limit.
    #[error("the logs decompress to more than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// Writing failed.
    #[error("cannot write: {0}")]
    Write(#[source] std::io::Error),
}

impl From<LogError> for RewriteError {
    /// Errors of the operating system have a number; every other read error is one of the compression.
    fn from(error: LogError) -> Self {
        match error {
            LogError::Read { name, source } if source.raw_os_error().is_none() => Self::Truncated { name },
            error => Self::Log(error),
        }
    }
}

/// Whether the log can be used unchanged: plain UTF-8, CSV that begins with `timeStamp`, and milliseconds in that
/// column of its first row.
///
/// # Errors
/// As [`LogError`] when it cannot be opened or is not a result log.
pub fn is_plain(input: &Input) -> Result<bool, LogError> {
    let Opened { head, packing, is_utf8, .. } = open(input)?;
    let mut lines = head.split(|byte| *byte == b'\n');
    let header = lines.next().unwrap_or_default();
    let is_stamp = |row: &[u8]| row.iter().take_while(|byte| byte.is_ascii_digit()).count() == 13;
    Ok(packing == Packing::Plain && is_utf8 && header.starts_with(b"timeStamp,") && lines.next().is_some_and(is_stamp))
}

/// Writes every sample of the logs, one log after the other. `progress` is called regularly and may cancel it. `host`
/// returns the node name for samples of a log without node names; empty: none.
///
/// # Errors
/// When a log cannot be read to its end, the logs decompress to more than `limit_bytes`, or writing fails.
pub fn rewrite_logs(
    inputs: &[Input],
    limit_bytes: u64,
    host: &dyn Fn(&Input) -> String,
    out: &mut dyn Write,
    progress: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<(), RewriteError> {
    writeln!(out, "{REWRITTEN_HEADER}").map_err(RewriteError::Write)?;
    let mut continues = || if progress().is_break() { Err(LogError::Cancelled.into()) } else { Ok(()) };
    let mut looked = |bytes: usize| {
        if bytes as u64 > limit_bytes {
            return Err(RewriteError::TooLarge { limit_bytes });
        }
        continues()
    };
    let logs = ready(inputs, &Settings::default(), &mut looked)?;
    let mut left = limit_bytes;
    for mut log in logs {
        let mut writer = Writer { out: &mut *out, host: host(log.input).into_bytes(), row: Vec::new(), failed: None };
        let mut after = |writer: &mut Writer<'_>, read: usize, _| -> Result<(), RewriteError> {
            left = left.checked_sub(read as u64).ok_or(RewriteError::TooLarge { limit_bytes })?;
            writer.check()?;
            continues()
        };
        let (_, broken) = stream(&mut log, &mut writer, &mut after)?;
        if broken.is_some() {
            return Err(RewriteError::Truncated { name: log.input.name() });
        }
    }
    out.flush().map_err(RewriteError::Write)
}

struct Writer<'a> {
    out: &'a mut dyn Write,
    /// Of samples that name none.
    host: Vec<u8>,
    row: Vec<u8>,
    failed: Option<std::io::Error>,
}

impl Writer<'_> {
    fn check(&mut self) -> Result<(), RewriteError> {
        self.failed.take().map_or(Ok(()), |error| Err(RewriteError::Write(error)))
    }
}

impl TakeSample for Writer<'_> {
    fn take(&mut self, sample: &Sample<'_>) {
        if self.failed.is_none() {
            self.row.clear();
            let hostname = if sample.host().is_empty() { &self.host } else { sample.hostname };
            put_row(&mut self.row, &Sample { hostname, ..*sample });
            self.failed = self.out.write_all(&self.row).err();
        }
    }
}

fn put_row(row: &mut Vec<u8>, sample: &Sample<'_>) {
    number(row, Some(sample.start_ms));
    // As JMeter writes it when a clock is set back.
    number(row, Some(sample.elapsed_ms.map_or(-1, i64::from)));
    for field in [sample.label, sample.code, sample.message, sample.thread] {
        text(row, field);
    }
    text(row, if sample.success { b"true" } else { b"false" });
    text(row, sample.failure_message);
    number(row, sample.received_bytes);
    number(row, sample.sent_bytes);
    text(row, sample.group_threads);
    number(row, sample.all_threads);
    text(row, sample.url);
    number(row, sample.latency_ms);
    number(row, sample.connect_ms);
    text(row, sample.hostname);
    if let Some(last) = row.last_mut() {
        *last = b'\n';
    }
}

fn number(row: &mut Vec<u8>, number: Option<impl std::fmt::Display>) {
    if let Some(number) = number {
        row.extend_from_slice(number.to_string().as_bytes());
    }
    row.push(b',');
}

/// A field, in quotes if necessary (RFC 4180).
fn text(row: &mut Vec<u8>, field: &[u8]) {
    if field.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        row.push(b'"');
        for byte in field {
            if *byte == b'"' {
                row.push(b'"');
            }
            row.push(*byte);
        }
        row.push(b'"');
    } else {
        row.extend_from_slice(field);
    }
    row.push(b',');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_logs;
    use std::path::Path;

    fn rewritten(inputs: &[Input], limit_bytes: u64) -> Result<Vec<u8>, RewriteError> {
        let mut out = Vec::new();
        rewrite_logs(inputs, limit_bytes, &|_| String::new(), &mut out, &mut || ControlFlow::Continue(()))?;
        Ok(out)
    }

    fn written(folder: &Path, name: &str, bytes: &[u8]) -> Input {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("a file");
        Input::File(path)
    }

    const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?><testResults version="1.2">
<httpSample t="120" lt="80" ct="3" ts="1700000000000" s="true" lb="Home, &quot;main&quot;" rc="200" rm="OK" tn="T 1-1" by="512" sby="99" ng="1" na="2" hn="box"><java.net.URL>http://shop/</java.net.URL></httpSample>
<sample t="7" ts="1700000000900" s="false" lb="Buy" rc="500" rm="broken&#10;pipe" tn="T 1-2"/></testResults>"#;
    const CSV: &str =
        "label;elapsed;timeStamp;success\nPay;60;2023/11/14 22:13:25;true\nPay;-1;2023/11/14 22:13:26;false\n";

    #[test]
    fn what_is_rewritten_counts_as_the_logs_themselves_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let inputs = [written(folder.path(), "a.xml", XML.as_bytes()), written(folder.path(), "b.csv", CSV.as_bytes())];
        let one = written(folder.path(), "one.jtl", &rewritten(&inputs, 1 << 20).expect("rewritten"));
        let count = |inputs: &[Input]| {
            let mut log =
                read_logs(inputs, &Settings::default(), &mut |_| ControlFlow::Continue(())).expect("statistics");
            let (outcome, summary) = (log.outcome(), log.summary());
            assert_eq!(outcome.rejected_rows, 0);
            (
                outcome.unread_values,
                summary.start_ms,
                summary.end_ms,
                summary.total,
                summary.labels,
                log.errors(10),
                log.codes(),
            )
        };
        assert_eq!(count(std::slice::from_ref(&one)), count(&inputs));
        assert!(is_plain(&one).expect("a log"), "it need not be rewritten again");
        assert!(!inputs.iter().any(|input| is_plain(input).expect("a log")));
    }

    #[test]
    fn what_is_only_looked_through_for_its_dates_is_bounded_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let rows = "05/03/2024 10:00:00,1,Home,200,OK,T 1-1,true\n".repeat(100_000);
        let log = format!("timeStamp,elapsed,label,responseCode,responseMessage,threadName,success\n{rows}");
        let packed = zstd::encode_all(log.as_bytes(), 1).expect("packs");
        let input = [written(folder.path(), "dates.jtl.zst", &packed)];
        let refused = |limit_bytes, then: ControlFlow<()>| {
            let mut out = Vec::new();
            let refused =
                rewrite_logs(&input, limit_bytes, &|_| String::new(), &mut out, &mut || then).expect_err("refused");
            assert_eq!(out.len(), REWRITTEN_HEADER.len() + 1, "before the first row was taken");
            refused
        };
        let too_large = refused(1 << 20, ControlFlow::Continue(()));
        assert!(matches!(too_large, RewriteError::TooLarge { .. }), "{too_large}");
        let cancelled = refused(1 << 30, ControlFlow::Break(()));
        assert!(matches!(cancelled, RewriteError::Log(LogError::Cancelled)), "{cancelled}");
        rewritten(&input, log.len() as u64).expect("looking through it takes nothing of what is allowed");
    }

    #[test]
    fn what_is_cut_or_too_large_is_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let rows = "1700000000000,1,Home,200,OK,T 1-1,true\n".repeat(5_000);
        let log = format!("timeStamp,elapsed,label,responseCode,responseMessage,threadName,success\n{rows}");
        let packed = zstd::encode_all(log.as_bytes(), 1).expect("packs");
        let whole = written(folder.path(), "whole.jtl.zst", &packed);
        rewritten(std::slice::from_ref(&whole), log.len() as u64).expect("as much as allowed");
        let refused = rewritten(&[whole], log.len() as u64 - 1);
        assert!(matches!(refused, Err(RewriteError::TooLarge { .. })));
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        packer.write_all(log.as_bytes()).expect("packs");
        let gzip = packer.finish().expect("packs");
        for cut in [gzip.len() - 1, gzip.len() / 2, 15] {
            let input = written(folder.path(), "cut.jtl.gz", &gzip[..cut]);
            assert!(matches!(rewritten(&[input], 1 << 30), Err(RewriteError::Truncated { .. })), "{cut}");
        }
    }
}
