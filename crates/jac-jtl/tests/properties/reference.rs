//! The slow, obvious version: the whole log in memory, byte by byte, every sample kept, every list sorted.

use crate::tables::Tables;
use jac_jtl::{
    CodeCount, CodeSeries, DistributionBin, Entry, EntryKind, ErrorGroup, HostCount, LabelProfile, LabelSeries, Point,
    Profile, Profiles, Sample, Series, Settings, Summary, TimedCount, TotalBasis, percentile_of_sorted,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Debug, Clone, PartialEq)]
pub struct OwnedSample {
    start_ms: i64,
    end_ms: i64,
    elapsed_ms: Option<u32>,
    label: Vec<u8>,
    code: Vec<u8>,
    message: Vec<u8>,
    failure_message: Vec<u8>,
    thread: Vec<u8>,
    hostname: Vec<u8>,
    success: bool,
    received_bytes: Option<u64>,
    sent_bytes: Option<u64>,
    latency_ms: Option<u64>,
    connect_ms: Option<u64>,
    all_threads: Option<u32>,
    position: u64,
}

impl OwnedSample {
    pub fn of(sample: &Sample<'_>) -> Self {
        Self {
            start_ms: sample.start_ms,
            end_ms: sample.end_ms,
            elapsed_ms: sample.elapsed_ms,
            label: sample.label.to_vec(),
            code: sample.code.to_vec(),
            message: sample.message.to_vec(),
            failure_message: sample.failure_message.to_vec(),
            thread: sample.thread.to_vec(),
            hostname: sample.hostname.to_vec(),
            success: sample.success,
            received_bytes: sample.received_bytes,
            sent_bytes: sample.sent_bytes,
            latency_ms: sample.latency_ms,
            connect_ms: sample.connect_ms,
            all_threads: sample.all_threads,
            position: sample.position,
        }
    }

    pub fn borrow(&self) -> Sample<'_> {
        Sample {
            start_ms: self.start_ms,
            end_ms: self.end_ms,
            elapsed_ms: self.elapsed_ms,
            label: &self.label,
            code: &self.code,
            message: &self.message,
            failure_message: &self.failure_message,
            thread: &self.thread,
            hostname: &self.hostname,
            group_threads: b"",
            url: b"",
            success: self.success,
            received_bytes: self.received_bytes,
            sent_bytes: self.sent_bytes,
            latency_ms: self.latency_ms,
            connect_ms: self.connect_ms,
            all_threads: self.all_threads,
            position: self.position,
        }
    }

    fn label(&self) -> String {
        text(&self.label)
    }

    fn is_transaction(&self) -> bool {
        text(&self.message).starts_with("Number of samples in transaction")
    }

    fn host(&self) -> String {
        let thread = text(&self.thread);
        let worker = regex_free_worker(&thread);
        worker.unwrap_or_else(|| text(&self.hostname))
    }
}

fn regex_free_worker(thread: &str) -> Option<String> {
    // The first `host:digits-` without a blank in the host.
    for (colon, _) in thread.match_indices(':') {
        let rest = &thread[colon + 1..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if colon > 0 && (1..=5).contains(&digits) && rest[digits..].starts_with('-') {
            let host = &thread[..colon];
            return (!host.contains(' ')).then(|| thread[..colon + 1 + digits].to_owned());
        }
    }
    None
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A log as read: its samples, and line and byte of every rejected row.
pub struct Read {
    pub samples: Vec<OwnedSample>,
    pub rejected: Vec<(u64, u64)>,
    /// Unreadable numbers in optional columns.
    pub unread_values: u64,
}

/// Reads a log that begins with a header.
pub fn read(log: &[u8]) -> Read {
    let mut read = Read { samples: Vec::new(), rejected: Vec::new(), unread_values: 0 };
    let mut header: Option<(u8, Vec<String>)> = None;
    let mut usable = true;
    let mut at = 0;
    while at < log.len() {
        let line = 1 + log[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        let line_end = log[at..].iter().position(|byte| *byte == b'\n').map_or(log.len(), |end| at + end + 1);
        let from = if at == 0 && log.starts_with(b"\xEF\xBB\xBF") { 3 } else { at };
        if trimmed(&log[from..line_end]).is_empty() && (header.is_none() || !usable) {
            at = line_end;
            continue;
        }
        let Some((delimiter, columns)) = header.clone().filter(|_| usable) else {
            match header_of(&log[from..line_end]) {
                Some((delimiter, columns)) => {
                    usable = has_needed(&columns);
                    if !usable {
                        read.rejected.push((line, at as u64));
                    }
                    header = Some((delimiter, columns));
                }
                None => read.rejected.push((line, at as u64)),
            }
            at = line_end;
            continue;
        };
        match row(log, at, delimiter) {
            Parsed::Fault => {
                read.rejected.push((line, at as u64));
                at = line_end;
            }
            Parsed::Unclosed => {
                read.rejected.push((line, at as u64));
                let rest = &log[line_end..];
                let good = rest.split(|byte| *byte == b'\n').any(|line| {
                    matches!(row(line, 0, delimiter), Parsed::Row(fields, _) if sample(&fields, &columns, 0).is_some())
                });
                at = if good { line_end } else { log.len() };
            }
            Parsed::Row(fields, end) => {
                if !trimmed(&log[at..end]).is_empty() {
                    match sample(&fields, &columns, at as u64) {
                        Some((sample, unread)) => {
                            read.samples.push(sample);
                            read.unread_values += unread;
                        }
                        None => match header_of(&log[at..end]) {
                            Some(other) if has_needed(&other.1) => header = Some(other),
                            _ => read.rejected.push((line, at as u64)),
                        },
                    }
                }
                at = end;
            }
        }
    }
    read
}

fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn has_needed(columns: &[String]) -> bool {
    ["timeStamp", "elapsed"].iter().all(|needed| columns.iter().any(|name| name == needed))
}

fn header_of(line: &[u8]) -> Option<(u8, Vec<String>)> {
    let known = [
        "timeStamp",
        "elapsed",
        "label",
        "responseCode",
        "responseMessage",
        "threadName",
        "success",
        "failureMessage",
        "bytes",
        "sentBytes",
        "allThreads",
        "Latency",
        "Connect",
        "Hostname",
    ];
    [b',', b';', b'\t'].into_iter().find_map(|delimiter| {
        let Parsed::Row(fields, end) = row(trimmed(line), 0, delimiter) else {
            return None;
        };
        let names: Vec<String> = fields.iter().map(|field| text(field)).collect();
        let whole = end >= trimmed(line).len();
        (whole && names.iter().filter(|name| known.contains(&name.as_str())).count() >= 2).then_some((delimiter, names))
    })
}

enum Parsed {
    Row(Vec<Vec<u8>>, usize),
    Fault,
    Unclosed,
}

/// Splits one row, byte by byte, as JMeter's `CSVSaveService.csvReadFile` does, except for quotes within plain fields.
fn row(log: &[u8], from: usize, delimiter: u8) -> Parsed {
    let mut fields = vec![Vec::new()];
    let mut at = from;
    let mut field_start = true;
    while at < log.len() {
        let field = fields.last_mut().expect("a field");
        let byte = log[at];
        at += 1;
        if field_start && byte == b'"' {
            loop {
                if at >= log.len() {
                    return Parsed::Unclosed;
                }
                if log[at] == b'"' && log.get(at + 1) == Some(&b'"') {
                    field.push(b'"');
                    at += 2;
                } else if log[at] == b'"' {
                    at += 1;
                    break;
                } else {
                    field.push(log[at]);
                    at += 1;
                }
            }
            let rest = &log[at..];
            let ends = rest.is_empty()
                || rest[0] == delimiter
                || rest[0] == b'\n'
                || rest == b"\r"
                || rest.starts_with(b"\r\n");
            if !ends {
                return Parsed::Fault;
            }
            if rest.first() == Some(&b'\r') {
                at += 1;
            }
            field_start = false;
        } else if byte == delimiter {
            fields.push(Vec::new());
            field_start = true;
        } else if byte == b'\n' {
            return Parsed::Row(fields, at);
        } else if byte == b'\r' && (at == log.len() || log[at] == b'\n') {
            field_start = false;
        } else {
            field.push(byte);
            field_start = false;
        }
    }
    Parsed::Row(fields, at)
}

/// The sample of a row, and how many of its other numbers are unreadable.
fn sample(fields: &[Vec<u8>], columns: &[String], position: u64) -> Option<(OwnedSample, u64)> {
    if fields.len() != columns.len() {
        return None;
    }
    let field = |name: &str| columns.iter().position(|column| column == name).map(|index| fields[index].clone());
    let bytes = |name: &str| field(name).unwrap_or_default();
    // Outer `None`: not a valid number; inner: absent.
    let number = |name: &str, limit: u64| -> Option<Option<u64>> {
        let text = text(&bytes(name)).trim().to_owned();
        if text.is_empty() {
            return Some(None);
        }
        text.parse::<u64>().ok().filter(|value| *value <= limit).map(Some)
    };
    let stamp = text(&bytes("timeStamp"));
    let start = if stamp.starts_with("2023") { date(&stamp)? } else { number("timeStamp", 253_402_300_799_999)?? };
    let negative = text(&bytes("elapsed")).trim().strip_prefix('-').is_some_and(|rest| rest.parse::<u64>().is_ok());
    let elapsed = if negative { None } else { Some(number("elapsed", u64::from(u32::MAX))??) };
    let success = match text(&field("success").unwrap_or_else(|| b"true".to_vec())).trim().to_lowercase().as_str() {
        "true" => true,
        "false" => false,
        _ => return None,
    };
    let mut unread = u64::from(negative);
    let mut optional = |name: &str, limit: u64| {
        number(name, limit).unwrap_or_else(|| {
            unread += 1;
            None
        })
    };
    let limit = 1 << 48;
    let sample = OwnedSample {
        start_ms: start as i64,
        end_ms: (start + elapsed.unwrap_or(0)) as i64,
        elapsed_ms: elapsed.map(|elapsed| elapsed as u32),
        label: bytes("label"),
        code: bytes("responseCode"),
        message: bytes("responseMessage"),
        failure_message: bytes("failureMessage"),
        thread: bytes("threadName"),
        hostname: bytes("Hostname"),
        success,
        received_bytes: optional("bytes", limit),
        sent_bytes: optional("sentBytes", limit),
        latency_ms: optional("Latency", limit),
        connect_ms: optional("Connect", limit),
        all_threads: optional("allThreads", u64::from(u32::MAX)).map(|threads| threads as u32),
        position,
    };
    Some((sample, unread))
}

/// A date on the single day of the logs, possibly truncated.
fn date(stamp: &str) -> Option<u64> {
    let time = stamp.strip_prefix("2023/11/14 ").or_else(|| stamp.strip_prefix("2023-11-14 "))?;
    let (time, fraction) =
        time.split_once('.').map_or((time, "000".to_owned()), |(time, fraction)| (time, format!("{fraction:0<3}")));
    let parts: Vec<u64> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hour, minute, second] = parts[..].try_into().ok()?;
    if stamp.ends_with('.') {
        return None;
    }
    // 19,675 days since 1970.
    Some((((19_675 * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + fraction.parse::<u64>().ok()?)
}

/// JMeter writes 0 for a sample that never started; nothing was measured before 3 March 1973.
const ERA_MS: i64 = 100_000_000_000;

/// Every table, computed from the samples themselves.
pub fn tables(read: &Read, settings: &Settings) -> Tables {
    let mut order: Vec<String> = Vec::new();
    for sample in &read.samples {
        if !order.contains(&sample.label()) {
            order.push(sample.label());
        }
    }
    let counted: Vec<&OwnedSample> = read
        .samples
        .iter()
        .filter(|sample| !text(&sample.message).starts_with("Number of samples in transaction : 0"))
        .collect();
    let requests: Vec<&OwnedSample> = counted.iter().copied().filter(|sample| !sample.is_transaction()).collect();
    let transactions_only = requests.is_empty() && !counted.is_empty();
    let total = if transactions_only { counted.clone() } else { requests };
    let modern = counted.iter().any(|sample| sample.start_ms >= ERA_MS);
    let in_time: Vec<&OwnedSample> =
        counted.iter().copied().filter(|sample| !modern || sample.start_ms >= ERA_MS).collect();
    let start_ms = in_time.iter().map(|sample| sample.start_ms).min();
    let end_ms = in_time.iter().map(|sample| sample.end_ms).max();
    let of_label =
        |label: &String| counted.iter().copied().filter(|sample| sample.label() == *label).collect::<Vec<_>>();
    let summary = Summary {
        version: 1,
        start_ms,
        end_ms,
        total: Entry {
            kind: if transactions_only { EntryKind::Transaction } else { EntryKind::Request },
            ..entry("Total", &total, settings, modern)
        },
        total_basis: if transactions_only { TotalBasis::Transactions } else { TotalBasis::Samples },
        labels: order.iter().map(|label| entry(label, &of_label(label), settings, modern)).collect(),
        rejected_rows: read.rejected.len() as u64,
        partial: None,
        duration_ms: start_ms.zip(end_ms).map(|(start, end)| end - start),
        // About the reading, which other tests cover.
        unread_percent: None,
        rejected: Vec::new(),
        notes: Vec::new(),
    };
    let width = width_ms(&counted, settings.max_buckets);
    let users = active_users(&counted, width);
    // A bucket that overlaps the log's time is shown.
    let first_bucket = if modern { ERA_MS / width * width } else { i64::MIN };
    let known = |points: Vec<Point>| -> Vec<Point> {
        let any = |of: fn(&OwnedSample) -> Option<u64>| counted.iter().any(|sample| of(sample).is_some());
        let (received, sent) = (any(|sample| sample.received_bytes), any(|sample| sample.sent_bytes));
        points
            .into_iter()
            .filter(|point| point.t_ms >= first_bucket)
            .map(|point| Point {
                received_bytes: point.received_bytes.filter(|_| received),
                sent_bytes: point.sent_bytes.filter(|_| sent),
                ..point
            })
            .collect()
    };
    let shown = |mut counts: Vec<TimedCount>| {
        counts.retain(|count| count.t_ms >= first_bucket);
        counts
    };
    let mut busiest = order.clone();
    busiest.retain(|label| !of_label(label).is_empty());
    busiest.sort_by_key(|label| std::cmp::Reverse(of_label(label).len()));
    busiest.truncate(settings.series_labels);
    let series = Series {
        bucket_ms: width as u64,
        codes: code_series(&total, width, settings.series_codes)
            .into_iter()
            .map(|series| CodeSeries { points: shown(series.points), ..series })
            .filter(|series| series.code != Settings::OTHER_CODES || !series.points.is_empty())
            .collect(),
        started: shown(timed(total.iter().map(|sample| sample.start_ms / width * width))),
        points: known(points(&total, width, |t| users.get(&t).copied().flatten())),
        labels: busiest
            .iter()
            .map(|label| LabelSeries {
                label: label.clone(),
                transaction: of_label(label).iter().all(|sample| sample.is_transaction()),
                points: known(points(&of_label(label), width, |_| None)),
            })
            .collect(),
    };
    Tables {
        summary,
        series,
        errors: errors(&total),
        codes: by_key(&total, |sample| text(&sample.code))
            .into_iter()
            .map(|(code, count, errors)| CodeCount { code, count, errors })
            .collect(),
        hosts: hosts(&total),
        profiles: Profiles {
            percents: percents(),
            total: profile(&total, settings),
            labels: busiest
                .iter()
                .map(|label| LabelProfile {
                    label: label.clone(),
                    transaction: of_label(label).iter().all(|sample| sample.is_transaction()),
                    profile: profile(&of_label(label), settings),
                })
                .collect(),
        },
    }
}

fn timed(times: impl Iterator<Item = i64>) -> Vec<TimedCount> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for time in times {
        *counts.entry(time).or_default() += 1;
    }
    counts.into_iter().map(|(t_ms, samples)| TimedCount { t_ms, samples }).collect()
}

fn code_series(samples: &[&OwnedSample], width: i64, limit: usize) -> Vec<CodeSeries> {
    let codes = by_key(samples, |sample| text(&sample.code));
    let of = |is_selected: &dyn Fn(&str) -> bool| {
        let those = samples.iter().filter(|sample| is_selected(&text(&sample.code)));
        timed(those.map(|sample| sample.end_ms / width * width))
    };
    let (named, others) = codes.split_at(limit.min(codes.len()));
    let mut series: Vec<CodeSeries> = named
        .iter()
        .map(|(code, _, _)| CodeSeries { code: code.clone(), points: of(&|other| other == code) })
        .collect();
    if !others.is_empty() {
        let points = of(&|code| others.iter().any(|(other, _, _)| other == code));
        series.push(CodeSeries { code: Settings::OTHER_CODES.to_owned(), points });
    }
    series
}

fn percents() -> Vec<f64> {
    (0..100).map(f64::from).chain([99.5, 99.7, 99.9, 99.95, 99.99, 100.0]).collect()
}

fn profile(samples: &[&OwnedSample], settings: &Settings) -> Profile {
    let times = sorted_times(samples);
    let passed = |range: std::ops::RangeInclusive<u32>| {
        samples
            .iter()
            .filter(|sample| sample.success && sample.elapsed_ms.is_some_and(|elapsed| range.contains(&elapsed)))
            .count() as u64
    };
    let (satisfied, tolerated) = (settings.apdex_satisfied_ms, settings.apdex_tolerated_ms);
    Profile {
        satisfied: passed(0..=satisfied),
        tolerated: passed(satisfied + 1..=tolerated),
        frustrated: passed(tolerated + 1..=u32::MAX),
        failed: samples.iter().filter(|sample| !sample.success).count() as u64,
        percentiles_ms: percents().into_iter().filter_map(|percent| percentile_of_sorted(percent, &times)).collect(),
        distribution: distribution(samples),
    }
}

fn entry(label: &str, samples: &[&OwnedSample], settings: &Settings, modern: bool) -> Entry {
    let times = sorted_times(samples);
    let n = samples.len() as f64;
    let some = |value: f64| (!samples.is_empty()).then_some(value);
    let timed = |value: f64| (!times.is_empty()).then_some(value);
    let errors = samples.iter().filter(|sample| !sample.success).count() as u64;
    let mean = times.iter().sum::<u64>() as f64 / times.len() as f64;
    let variance = times.iter().map(|time| (*time as f64 - mean).powi(2)).sum::<f64>() / times.len() as f64;
    let in_time = || samples.iter().filter(|sample| !modern || sample.start_ms >= ERA_MS);
    let start = in_time().map(|sample| sample.start_ms).min().unwrap_or(0);
    let end = in_time().map(|sample| sample.end_ms).max().unwrap_or(0);
    let seconds = (end - start) as f64 / 1_000.0;
    let rate = |amount: f64| (seconds > 0.0).then(|| amount / seconds);
    let received: Vec<u64> = samples.iter().filter_map(|sample| sample.received_bytes).collect();
    let sent: Vec<u64> = samples.iter().filter_map(|sample| sample.sent_bytes).collect();
    let sum = |bytes: &[u64]| bytes.iter().sum::<u64>() as f64;
    let kilobytes = |bytes: &[u64]| if bytes.is_empty() { None } else { rate(sum(bytes) / 1_024.0) };
    // A success without a response time says nothing about satisfaction.
    let judged: Vec<f64> = samples
        .iter()
        .filter_map(|sample| match sample.elapsed_ms {
            _ if !sample.success => Some(0.0),
            None => None,
            Some(time) if time <= settings.apdex_satisfied_ms => Some(1.0),
            Some(time) if time <= settings.apdex_tolerated_ms => Some(0.5),
            Some(_) => Some(0.0),
        })
        .collect();
    let transactions = samples.iter().filter(|sample| sample.is_transaction()).count();
    Entry {
        label: label.to_owned(),
        kind: match transactions {
            all if all == samples.len() => EntryKind::Transaction,
            0 => EntryKind::Request,
            _ => EntryKind::Mixed,
        },
        samples: samples.len() as u64,
        errors,
        error_percent: some(errors as f64 * 100.0 / n),
        mean_ms: timed(mean),
        min_ms: times.first().copied(),
        max_ms: times.last().copied(),
        stddev_ms: timed(variance.sqrt()),
        median_ms: percentile_of_sorted(50.0, &times),
        p90_ms: percentile_of_sorted(90.0, &times),
        p95_ms: percentile_of_sorted(95.0, &times),
        p99_ms: percentile_of_sorted(99.0, &times),
        p999_ms: percentile_of_sorted(99.9, &times),
        throughput_per_s: rate(in_time().count() as f64),
        received_kb_per_s: kilobytes(&received),
        sent_kb_per_s: kilobytes(&sent),
        avg_bytes: (!received.is_empty()).then(|| sum(&received) / received.len() as f64),
        latency_ms: mean_of(samples.iter().filter_map(|sample| sample.latency_ms).collect()),
        connect_ms: mean_of(samples.iter().filter_map(|sample| sample.connect_ms).collect()),
        apdex: (!judged.is_empty()).then(|| judged.iter().sum::<f64>() / judged.len() as f64),
    }
}

fn mean_of(values: Vec<u64>) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<u64>() as f64 / values.len() as f64)
}

fn sorted_times(samples: &[&OwnedSample]) -> Vec<u64> {
    let mut times: Vec<u64> = samples.iter().filter_map(|sample| sample.elapsed_ms).map(u64::from).collect();
    times.sort_unstable();
    times
}

/// The smallest width at which samples start or end in few enough buckets.
fn width_ms(samples: &[&OwnedSample], limit: usize) -> i64 {
    let widths =
        [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 864_000, 8_640_000, 86_400_000, 864_000_000, 8_640_000_000];
    let buckets = |width: i64| {
        let times = samples.iter().flat_map(|sample| [sample.start_ms, sample.end_ms]);
        times.map(|time| time / (width * 1_000)).collect::<BTreeSet<_>>().len()
    };
    widths.into_iter().find(|width| buckets(*width) <= limit).expect("the widest holds all") * 1_000
}

fn points(samples: &[&OwnedSample], width: i64, users: impl Fn(i64) -> Option<u64>) -> Vec<Point> {
    let mut buckets: BTreeMap<i64, Vec<&OwnedSample>> = BTreeMap::new();
    for sample in samples {
        buckets.entry(sample.end_ms / width * width).or_default().push(sample);
    }
    buckets
        .into_iter()
        .map(|(t_ms, samples)| {
            let times = sorted_times(&samples);
            let kept: Vec<u64> = times.iter().map(|ms| ten_digits(*ms)).collect();
            Point {
                t_ms,
                samples: samples.len() as u64,
                errors: samples.iter().filter(|sample| !sample.success).count() as u64,
                mean_ms: mean_of(times.clone()),
                p50_ms: percentile_of_sorted(50.0, &kept),
                p90_ms: percentile_of_sorted(90.0, &kept),
                p95_ms: percentile_of_sorted(95.0, &kept),
                p99_ms: percentile_of_sorted(99.0, &kept),
                max_ms: times.last().copied(),
                latency_ms: mean_of(samples.iter().filter_map(|sample| sample.latency_ms).collect()),
                connect_ms: mean_of(samples.iter().filter_map(|sample| sample.connect_ms).collect()),
                received_bytes: Some(samples.iter().filter_map(|sample| sample.received_bytes).sum()),
                sent_bytes: Some(samples.iter().filter_map(|sample| sample.sent_bytes).sum()),
                active_users: users(t_ms),
            }
        })
        .collect()
}

/// A number whose binary digits after the first ten are zero.
fn ten_digits(number: u64) -> u64 {
    let mut shift = 0;
    while number >> shift >= 1 << 10 {
        shift += 1;
    }
    number >> shift << shift
}

/// For each bucket, and each worker with samples both up to it and from it on: the latest count up to the bucket's
/// end.
fn active_users(samples: &[&OwnedSample], width: i64) -> HashMap<i64, Option<u64>> {
    let bucket = |sample: &OwnedSample| sample.end_ms / width * width;
    let counts: Vec<&&OwnedSample> = samples.iter().filter(|sample| sample.all_threads.is_some()).collect();
    let workers: BTreeSet<String> = counts.iter().map(|sample| sample.host()).collect();
    let first = counts.iter().map(|sample| bucket(sample)).min();
    samples
        .iter()
        .map(|sample| bucket(sample))
        .map(|t| {
            let users = workers.iter().map(|worker| {
                let of_worker = || counts.iter().filter(|sample| sample.host() == *worker);
                let last = of_worker().map(|sample| bucket(sample)).max().unwrap_or(i64::MIN);
                let latest = of_worker()
                    .filter(|sample| bucket(sample) <= t)
                    .max_by_key(|sample| (sample.end_ms, sample.all_threads));
                if last < t { 0 } else { latest.map_or(0, |sample| u64::from(sample.all_threads.unwrap_or(0))) }
            });
            (t, first.is_some_and(|first| first <= t).then(|| users.sum()))
        })
        .collect()
}

/// The generated messages contain no numbers, so the folding is tested in the unit tests.
fn errors(samples: &[&OwnedSample]) -> Vec<ErrorGroup> {
    let mut groups: BTreeMap<(String, Vec<u8>, Vec<u8>), Vec<i64>> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| !sample.success) {
        let passed = matches!(text(&sample.code).parse::<u32>(), Ok(200..=399));
        let blank = sample.failure_message.trim_ascii().is_empty();
        let asserted = passed || (sample.code.is_empty() && !blank);
        let message = match (asserted, blank) {
            (true, true) => b"Assertion failed".to_vec(),
            (true, false) => sample.failure_message.clone(),
            (false, _) => sample.message.clone(),
        };
        groups.entry((sample.label(), sample.code.clone(), message)).or_default().push(sample.end_ms);
    }
    let folded = |message: &str| {
        // Of a transaction's message.
        let mut folded: String = message.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
        while folded.contains("##") {
            folded = folded.replace("##", "#");
        }
        folded
    };
    let mut groups: Vec<ErrorGroup> = groups
        .into_iter()
        .map(|((label, code, message), ends)| ErrorGroup {
            label,
            code: text(&code),
            message: folded(&text(&message)),
            example: text(&message),
            count: ends.len() as u64,
            first_ms: *ends.iter().min().expect("one"),
            last_ms: *ends.iter().max().expect("one"),
        })
        .collect();
    groups.sort_by(|a, b| {
        let order = b.count.cmp(&a.count).then(a.first_ms.cmp(&b.first_ms));
        order.then_with(|| (&a.label, &a.code, &a.message).cmp(&(&b.label, &b.code, &b.message)))
    });
    groups
}

fn by_key(samples: &[&OwnedSample], key: impl Fn(&OwnedSample) -> String) -> Vec<(String, u64, u64)> {
    let mut keys: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for sample in samples {
        let count = keys.entry(key(sample)).or_default();
        count.0 += 1;
        count.1 += u64::from(!sample.success);
    }
    let mut keys: Vec<_> = keys.into_iter().map(|(key, (count, errors))| (key, count, errors)).collect();
    keys.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    keys
}

fn hosts(samples: &[&OwnedSample]) -> Vec<HostCount> {
    let hosts = by_key(samples, OwnedSample::host);
    if hosts.iter().all(|(host, _, _)| host.is_empty()) {
        return Vec::new();
    }
    hosts.into_iter().map(|(host, samples, errors)| HostCount { host, samples, errors }).collect()
}

fn distribution(samples: &[&OwnedSample]) -> Vec<DistributionBin> {
    let times = sorted_times(samples);
    let Some(p99) = percentile_of_sorted(99.0, &times) else {
        return Vec::new();
    };
    let widths = (0..12).flat_map(|power| [1, 2, 5].map(|step| step * 10u64.pow(power)));
    let width = widths.into_iter().find(|width| *width as f64 >= p99 / 60.0).expect("wide enough");
    let longest = times.last().copied().unwrap_or(0);
    let bounds = (0..120).map(|bin| (bin * width, (bin + 1) * width)).chain([(120 * width, longest + 1)]);
    bounds
        .map(|(from_ms, to_ms)| {
            let inside: Vec<_> = samples
                .iter()
                .filter(|sample| sample.elapsed_ms.is_some_and(|time| (from_ms..to_ms).contains(&u64::from(time))))
                .collect();
            let errors = inside.iter().filter(|sample| !sample.success).count() as u64;
            DistributionBin { from_ms, to_ms, samples: inside.len() as u64, errors }
        })
        .filter(|bin| bin.samples > 0)
        .collect()
}
