//! The results: the table, the series and the groups, computed from the counts.

use super::kind::Kind;
use super::labels::Group;
use super::profiles::label_profile;
use super::shape::Shape;
use super::tally::Mean;
use super::{Count, Label, SampleStatistics, Shown};
use crate::note::{counted, thousands};
use crate::{
    CodeCount, CodeSeries, Entry, EntryKind, ErrorGroup, HostCount, LabelCharts, LabelSeries, Note, Point, Series,
    Settings, Summary, TotalBasis,
};

/// How often each response time occurred, exactly: milliseconds, rising, each with its count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseTimes {
    /// Of the samples that the total is over.
    pub total: Vec<(u32, u64)>,
    /// Of each label, in the table's order.
    pub labels: Vec<(String, Vec<(u32, u64)>)>,
}

/// A line of the table with how its response times are spread.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadEntry {
    pub entry: Entry,
    /// Sum of the response times in milliseconds.
    pub sum_ms: u64,
    /// Samples up to each bound and above the one before, and above the last.
    pub buckets: Vec<u64>,
}

/// The total and the labels with the most samples.
#[derive(Debug, Clone, PartialEq)]
pub struct BusiestEntries {
    pub total: SpreadEntry,
    /// Most samples first.
    pub labels: Vec<SpreadEntry>,
    /// Number of omitted labels.
    pub left_out: u64,
}

impl SampleStatistics {
    /// The lines of the total and of the `most` busiest labels, their response times counted between `bounds` (milliseconds, rising).
    pub fn busiest(&mut self, most: usize, bounds: &[u32]) -> BusiestEntries {
        self.settle();
        let Shown { basis, outside, .. } = self.show();
        let kind = match basis {
            Kind::Request => EntryKind::Request,
            Kind::Transaction => EntryKind::Transaction,
        };
        let spread = |text: &str, kind, group: &Group| {
            let (mut sum_ms, mut buckets) = (0_u64, vec![0; bounds.len() + 1]);
            for (ms, count) in group.times.counts() {
                sum_ms = sum_ms.saturating_add(u64::from(ms) * count);
                buckets[bounds.partition_point(|bound| *bound < ms)] += count;
            }
            SpreadEntry { entry: entry(text, kind, group, outside), sum_ms, buckets }
        };
        let total = self.labels.total(basis, &mut self.summing);
        let mut labels = self.labels.in_order();
        labels.sort_by_key(|(_, label)| std::cmp::Reverse(label.samples()));
        let left_out = labels.len().saturating_sub(most) as u64;
        labels.truncate(most);
        BusiestEntries {
            total: spread("Total", kind, &total),
            labels: labels.iter().map(|(_, label)| spread(&label.text, label.kind(), &label.both())).collect(),
            left_out,
        }
    }

    /// The table. The caller fills in the outcome of the reading (`rejected_rows`, `notes`…) and `partial`.
    pub fn summary(&mut self) -> Summary {
        self.settle();
        let Shown { basis, outside, .. } = self.show();
        let total = self.labels.total(basis, &mut self.summing);
        let time = self.labels.tally().time(outside);
        let (total_basis, kind) = match basis {
            Kind::Request => (TotalBasis::Samples, EntryKind::Request),
            Kind::Transaction => (TotalBasis::Transactions, EntryKind::Transaction),
        };
        let labels = self.labels.in_order();
        Summary {
            version: 1,
            start_ms: time.map(|time| time.first_start_ms),
            end_ms: time.map(|time| time.last_end_ms),
            total: entry("Total", kind, &total, outside),
            total_basis,
            labels: labels.iter().map(|(_, label)| entry(&label.text, label.kind(), &label.both(), outside)).collect(),
            rejected_rows: 0,
            partial: None,
            duration_ms: time.map(|time| time.last_end_ms - time.first_start_ms),
            unread_percent: None,
            rejected: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The combined row of several labels, each sample counted once; its `label` is empty. `None` if no sample has one
    /// of them.
    pub fn together(&mut self, names: &[String]) -> Option<Entry> {
        self.settle();
        let Shown { outside, .. } = self.show();
        let (kind, group) = self.labels.together(names, &mut self.summing)?;
        Some(entry("", kind, &group, outside))
    }

    /// The statistics over time: the total's and the busiest labels'.
    pub fn series(&mut self) -> Series {
        self.settle();
        self.buckets.refresh_active_users(!self.finished, &self.clocks());
        let show = self.show();
        let Shown { basis, outside, .. } = show;
        let mut codes = self.codes.by_samples(basis);
        codes.truncate(self.settings.series_codes);
        let busiest = self.busiest_labels();
        let (points, labels) = self.points_with(show, &busiest);
        Series {
            bucket_ms: self.buckets.width_ms(),
            points,
            codes: self.code_series(show, &codes, 0),
            started: self.buckets.started(basis, outside),
            labels,
        }
    }

    /// The charts' data of one label, whether it is among the busiest or not; `None` if no sample has it.
    pub fn label_charts(&mut self, name: &str) -> Option<LabelCharts> {
        self.settle();
        let labels = self.labels.in_order();
        let found = labels.into_iter().find(|(_, label)| label.text == name && label.samples() > 0)?;
        let (points, series) = self.points_with(self.show(), &[found]);
        Some(LabelCharts {
            bucket_ms: self.buckets.width_ms(),
            start_ms: points.first().map(|point| point.t_ms),
            series: series.into_iter().next()?,
            profile: label_profile(found.1),
        })
    }

    /// The total's points, and those of these labels.
    fn points_with(&self, show: Shown, labels: &[(u32, &Label)]) -> (Vec<Point>, Vec<LabelSeries>) {
        let numbers: Vec<u32> = labels.iter().map(|(number, _)| *number).collect();
        let (points, label_points) = self.buckets.all_points(show.basis, show.outside, &numbers);
        let labels = labels.iter().zip(label_points).map(|((_, label), points)| LabelSeries {
            label: label.text.clone(),
            transaction: label.is_transaction(),
            points: show.known(points),
        });
        let labels = labels.collect();
        (show.known(points), labels)
    }

    /// The labels that have a series of their own, most samples first.
    pub(super) fn busiest_labels(&self) -> Vec<(u32, &Label)> {
        let mut busiest = self.labels.in_order();
        busiest.retain(|(_, label)| label.samples() > 0);
        busiest.sort_by_key(|(_, label)| std::cmp::Reverse(label.samples()));
        busiest.truncate(self.settings.series_labels);
        busiest
    }

    /// The series of these codes, and of all others together, of the buckets that changed after `since` (0: all).
    pub(super) fn code_series(&self, show: Shown, named: &[u32], since: u64) -> Vec<CodeSeries> {
        let place = |code: u32| named.iter().position(|number| *number == code);
        let mut series = self.buckets.codes(show.basis, show.outside, since, place);
        let rest = series.remove(&None).map(|points| CodeSeries { code: Settings::OTHER_CODES.to_owned(), points });
        let named = named.iter().enumerate().map(|(at, code)| CodeSeries {
            code: self.codes.text(*code),
            points: series.remove(&Some(at)).unwrap_or_default(),
        });
        named.chain(rest).collect()
    }

    /// The most frequent groups of failures, at most `limit`; those of transactions only if there are no others.
    pub fn errors(&self, limit: usize) -> Vec<ErrorGroup> {
        let mut groups = self.errors.sorted(self.basis(), &self.labels, None);
        groups.truncate(limit);
        groups
    }

    /// Samples by response code, most frequent first.
    pub fn codes(&self) -> Vec<CodeCount> {
        let (codes, rest) = self.codes.sorted(self.basis());
        with_rest(codes, rest, Settings::OTHER_CODES)
            .map(|(code, count)| CodeCount { code, count: count.samples, errors: count.errors })
            .collect()
    }

    /// Samples by load generator, busiest first; empty if the log does not contain it.
    pub fn hosts(&self) -> Vec<HostCount> {
        let (hosts, rest) = self.hosts.sorted(self.basis());
        if matches!(&hosts[..], [(host, _)] if host.is_empty()) {
            return Vec::new();
        }
        with_rest(hosts, rest, Settings::OTHER_HOSTS)
            .map(|(host, count)| HostCount { host, samples: count.samples, errors: count.errors })
            .collect()
    }

    /// How often each response time occurred, over the same samples as the table's rows.
    pub fn response_times(&mut self) -> ResponseTimes {
        self.times_of(|group| group.times.counts())
    }

    /// The same for the passed ones.
    pub fn passed_times(&mut self) -> ResponseTimes {
        self.times_of(Group::passed)
    }

    fn times_of(&mut self, of: impl Fn(&Group) -> Vec<(u32, u64)>) -> ResponseTimes {
        self.settle();
        let labels = self.labels.in_order().into_iter();
        let labels = labels.map(|(_, label)| (label.text.clone(), of(&label.both()))).collect();
        ResponseTimes { total: of(&self.labels.total(self.basis(), &mut self.summing)), labels }
    }

    /// Remarks on the numbers, apart from those about the reading.
    pub fn notes(&mut self) -> Vec<Note> {
        self.settle();
        let mut notes = Vec::new();
        let (requests, _) = self.labels.count(Kind::Request);
        let (transactions, labels) = self.labels.count(Kind::Transaction);
        if requests > 0 && transactions > 0 {
            let message = format!(
                "Transactions are listed but not counted in the total: {} counted, {} ({}) excluded.",
                counted(requests, "request"),
                counted(transactions, "transaction"),
                counted(labels as u64, "label"),
            );
            let note = Note::new("transactions_not_in_total", message);
            notes.push(note.with("requests", requests).with("transactions", transactions).with("labels", labels));
        }
        let tally = self.labels.tally();
        let early = tally.early.samples;
        if tally.span.samples > 0 && early > 0 {
            let (verb, is) = if early == 1 { ("lies", "is") } else { ("lie", "are") };
            let message = format!(
                "{} {verb} before 1973, far from the others: counted, but not in duration, rates and charts, because \
                 {} {is} wrong.",
                counted(early, "sample"),
                if early == 1 { "its timestamp" } else { "their timestamps" },
            );
            notes.push(Note::new("samples_outside_time", message).with("samples", early));
        }
        let generators = self.buckets.unnamed_generators();
        if generators > 1 {
            let message = format!(
                "{generators} logs overlap in time and name no host: they are read as the logs of {generators} load \
                 generators, and their active users are added up."
            );
            notes.push(Note::new("logs_are_generators", message).with("logs", generators));
        }
        notes.extend(self.folded());
        notes
    }

    /// What the limits cut off.
    fn folded(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let together = |folded: u64, what: &str, limit: usize, name: &str| {
            let [samples, first] = [folded, limit as u64].map(thousands);
            let message = format!("{samples} samples of {what} beyond the first {first} are grouped as \"{name}\".");
            let code = format!("{}_folded", what.replace(' ', "_"));
            Note::new(&code, message).with("samples", folded).with("limit", limit)
        };
        let folded = self.labels.folded();
        if folded > 0 {
            notes.push(together(folded, "labels", self.settings.max_labels, Settings::OTHER_LABELS));
        }
        if self.labels.is_rounding() {
            let message = "Too many distinct response times for the memory limit: those above 1,023 ms are rounded \
                           down to three digits (up to 0.2 % too low).";
            notes.push(Note::new("response_times_rounded", message));
        }
        for (folded, what, name) in [
            (self.codes.folded(), "response codes", Settings::OTHER_CODES),
            (self.hosts.folded(), "hosts", Settings::OTHER_HOSTS),
        ] {
            if folded > 0 {
                notes.push(together(folded, what, self.settings.max_groups, name));
            }
        }
        let errors = self.errors.sorted(self.basis(), &self.labels, None);
        if let Some(rest) =
            errors.last().filter(|group| group.message == Settings::OTHER_ERRORS && group.label.is_empty())
        {
            let message = format!(
                "{} failures beyond the {} most frequent error groups are grouped as \"{}\"; counts of rare groups may \
                 be too low.",
                thousands(rest.count),
                thousands(self.settings.max_groups as u64),
                Settings::OTHER_ERRORS
            );
            let note = Note::new("errors_folded", message);
            notes.push(note.with("failures", rest.count).with("limit", self.settings.max_groups));
        }
        notes
    }
}

fn with_rest(keys: Vec<(String, Count)>, rest: Count, name: &str) -> impl Iterator<Item = (String, Count)> {
    let rest = (rest.samples > 0).then(|| (name.to_owned(), rest));
    keys.into_iter().chain(rest)
}

fn entry(label: &str, kind: EntryKind, group: &Group, outside: bool) -> Entry {
    let tally = &group.tally;
    let shape = Shape::of(&group.times.counts());
    let samples = tally.samples as f64;
    let duration_s = tally.duration_s(outside);
    let per_s = |amount: u64| Some(amount as f64 / duration_s?);
    let kb_per_s = |bytes: Mean| per_s(bytes.sum).filter(|_| bytes.count > 0).map(|bytes| bytes / 1_024.0);
    let some = tally.samples > 0;
    Entry {
        label: label.to_owned(),
        kind,
        samples: tally.samples,
        errors: tally.errors,
        error_percent: some.then(|| tally.errors as f64 * 100.0 / samples),
        mean_ms: shape.map(|shape| shape.mean),
        min_ms: shape.map(|shape| u64::from(shape.min)),
        max_ms: shape.map(|shape| u64::from(shape.max)),
        stddev_ms: shape.map(|shape| shape.stddev),
        median_ms: shape.map(|shape| shape.median),
        p90_ms: shape.map(|shape| shape.p90),
        p95_ms: shape.map(|shape| shape.p95),
        p99_ms: shape.map(|shape| shape.p99),
        p999_ms: shape.map(|shape| shape.p999),
        throughput_per_s: tally.time(outside).and_then(|time| per_s(time.samples)),
        received_kb_per_s: kb_per_s(tally.received),
        sent_kb_per_s: kb_per_s(tally.sent),
        avg_bytes: tally.received.value(),
        latency_ms: tally.latency.value(),
        connect_ms: tally.connect.value(),
        apdex: tally.apdex(),
    }
}

#[cfg(test)]
mod tests {
    use crate::{LogStatistics, Settings};
    use std::fmt::Write as _;

    #[test]
    fn the_table_has_the_highest_percentile_and_the_means_of_the_samples_that_have_a_time() {
        let mut text = "timeStamp,elapsed,label,success,Latency,Connect\n".to_owned();
        for row in 1..=2_000_u64 {
            // Every other sample has no latency, and none of b has a connect time.
            let latency = if row % 2 == 0 { (row / 2).to_string() } else { String::new() };
            let (label, connect) = if row <= 1_000 { ("a", "3") } else { ("b", "") };
            writeln!(text, "{},{row},{label},true,{latency},{connect}", 1_700_000_000_000 + row).expect("a row");
        }
        let mut log = LogStatistics::new(Settings::default());
        log.feed(text.as_bytes());
        let summary = log.summary();
        // Position 0.999 * 2,001 of 1 to 2,000, between the last two but one.
        assert_eq!(summary.total.p999_ms.map(|ms| (ms * 1_000.0).round()), Some(1_998_999.0));
        assert_eq!((summary.total.latency_ms, summary.total.connect_ms), (Some(500.5), Some(3.0)));
        assert_eq!((summary.labels[0].latency_ms, summary.labels[1].latency_ms), (Some(250.5), Some(750.5)));
        assert_eq!((summary.labels[0].connect_ms, summary.labels[1].connect_ms), (Some(3.0), None));
    }
}
