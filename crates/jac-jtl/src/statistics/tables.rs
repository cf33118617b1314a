//! What is shown: the table, the series and the groups, computed from what has been counted.

use super::counts::Counts;
use super::kind::Kind;
use super::labels::Group;
use super::{Count, Label, SampleStatistics};
use crate::{CodeCount, CodeSeries, Entry, ErrorGroup, HostCount, LabelSeries, Series, Settings, Summary, TotalBasis};

/// How often each response time occurred, exactly: milliseconds, rising, each with its count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseTimes {
    /// Of the samples that the total is over.
    pub total: Vec<(u32, u64)>,
    /// Of each label, in the table's order.
    pub labels: Vec<(String, Vec<(u32, u64)>)>,
}

impl SampleStatistics {
    /// The table. `rejected_rows` and `partial` are the caller's to fill in.
    pub fn summary(&mut self) -> Summary {
        self.settle();
        let basis = self.basis();
        let total = self.labels.total(basis);
        let labels = self.labels.in_order();
        let tallies = || labels.iter().flat_map(|(_, label)| Kind::ALL.map(|kind| label.group(kind))).flatten();
        let any = |group: &&Group| group.tally.samples > 0;
        Summary {
            version: 1,
            start_ms: tallies().filter(any).map(|group| group.tally.first_start_ms).min(),
            end_ms: tallies().filter(any).map(|group| group.tally.last_end_ms).max(),
            total: entry("Total", &total),
            total_basis: match basis {
                Kind::Request => TotalBasis::Samples,
                Kind::Transaction => TotalBasis::Transactions,
            },
            labels: labels.iter().map(|(_, label)| entry(&label.text, &label.both())).collect(),
            rejected_rows: 0,
            partial: None,
        }
    }

    /// The statistics over time: the total's and the busiest labels'.
    pub fn series(&mut self) -> Series {
        self.settle();
        self.buckets.refresh_active_users(!self.finished);
        let basis = self.basis();
        let busiest = self.busiest_labels();
        let numbers: Vec<u32> = busiest.iter().map(|(number, _)| *number).collect();
        let (points, label_points) = self.buckets.all_points(basis, &numbers);
        let labels = busiest.iter().zip(label_points).map(|((_, label), points)| LabelSeries {
            label: label.text.clone(),
            transaction: label.is_transaction(),
            points,
        });
        Series {
            bucket_ms: self.buckets.width_ms(),
            points,
            codes: self.code_series(basis),
            started: self.buckets.started(basis),
            labels: labels.collect(),
        }
    }

    /// The labels that have a series of their own, most samples first.
    pub(super) fn busiest_labels(&self) -> Vec<(u32, &Label)> {
        let mut busiest = self.labels.in_order();
        busiest.retain(|(_, label)| label.samples() > 0);
        busiest.sort_by_key(|(_, label)| std::cmp::Reverse(label.samples()));
        busiest.truncate(self.settings.series_labels);
        busiest
    }

    fn code_series(&self, basis: Kind) -> Vec<CodeSeries> {
        let busiest = self.codes.busiest(basis, self.settings.series_codes);
        let place = |code: u32| busiest.iter().position(|(number, _)| *number == code);
        let mut series = self.buckets.codes(basis, place);
        let rest = series.remove(&None).map(|points| CodeSeries { code: Settings::OTHER_CODES.to_owned(), points });
        let named = busiest.iter().enumerate().map(|(at, (_, code))| CodeSeries {
            code: code.clone(),
            points: series.remove(&Some(at)).unwrap_or_default(),
        });
        named.chain(rest).collect()
    }

    /// The most frequent groups of failures, at most `limit`; transactions' only where there is nothing else.
    pub fn errors(&self, limit: usize) -> Vec<ErrorGroup> {
        let mut groups = self.errors.sorted(self.basis(), &self.labels);
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

    /// Samples by the node that took them, busiest first; empty where the log does not say.
    pub fn hosts(&self) -> Vec<HostCount> {
        let (hosts, rest) = self.hosts.sorted(self.basis());
        if matches!(&hosts[..], [(host, _)] if host.is_empty()) {
            return Vec::new();
        }
        with_rest(hosts, rest, Settings::OTHER_HOSTS)
            .map(|(host, count)| HostCount { host, samples: count.samples, errors: count.errors })
            .collect()
    }

    /// How often each response time occurred, over the same samples as the table's lines.
    pub fn response_times(&mut self) -> ResponseTimes {
        self.settle();
        let of = |counts: &Counts| counts.iter().collect::<Vec<_>>();
        let mut labels = Vec::new();
        for (_, label) in self.labels.in_order() {
            labels.push((label.text.clone(), of(&label.both().counts)));
        }
        ResponseTimes { total: of(&self.labels.total(self.basis()).counts), labels }
    }

    /// What the limits cut, a sentence each.
    pub fn notes(&mut self) -> Vec<String> {
        self.settle();
        let mut notes = Vec::new();
        let folded = self.labels.folded();
        if folded > 0 {
            notes.push(format!(
                "{folded} samples of labels beyond the first {} are counted together as \"{}\".",
                self.settings.max_labels,
                Settings::OTHER_LABELS
            ));
        }
        if self.labels.is_rounding() {
            notes.push(
                "There are more different response times than there is memory for: those above 1,023 ms were counted to three \
                 digits, up to 0.2 % too low."
                    .to_owned(),
            );
        }
        for (folded, what, name) in [
            (self.codes.folded(), "response codes", Settings::OTHER_CODES),
            (self.hosts.folded(), "hosts", Settings::OTHER_HOSTS),
        ] {
            if folded > 0 {
                notes.push(format!(
                    "{folded} samples of {what} beyond the first {} are counted together as \"{name}\".",
                    self.settings.max_groups
                ));
            }
        }
        let errors = self.errors.sorted(self.basis(), &self.labels);
        if let Some(rest) =
            errors.last().filter(|group| group.message == Settings::OTHER_ERRORS && group.label.is_empty())
        {
            notes.push(format!(
                "{} failures beyond the {} most frequent error groups are counted together as \"{}\"; counts of rare groups \
                 may be too low by what was folded.",
                rest.count,
                self.settings.max_groups,
                Settings::OTHER_ERRORS
            ));
        }
        notes
    }
}

fn with_rest(keys: Vec<(String, Count)>, rest: Count, name: &str) -> impl Iterator<Item = (String, Count)> {
    let rest = (rest.samples > 0).then(|| (name.to_owned(), rest));
    keys.into_iter().chain(rest)
}

fn entry(label: &str, group: &Group) -> Entry {
    let tally = &group.tally;
    let shape = group.counts.shape();
    let samples = tally.samples as f64;
    let per_s = |amount: u64| Some(amount as f64 / tally.duration_s()?);
    let some = tally.samples > 0;
    Entry {
        label: label.to_owned(),
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
        throughput_per_s: per_s(tally.samples),
        received_kb_per_s: per_s(tally.received).map(|bytes| bytes / 1_024.0),
        sent_kb_per_s: per_s(tally.sent).map(|bytes| bytes / 1_024.0),
        avg_bytes: some.then(|| tally.received as f64 / samples),
        apdex: tally.apdex(),
    }
}
