//! Single samples: counted, and the first or the slowest of them shown.

use crate::read::each_log;
use crate::scan::{Collector, PART_BYTES, Scan};
use crate::{Empty, Filter, Input, LogError, Progress};
use jac_jtl::{EntryKind, Sample, Settings, TakeSample};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZero;
use std::ops::ControlFlow;

/// The requested samples.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The conditions on samples.
    pub filter: Filter,
    /// Which matches are kept.
    pub keep: Keep,
    /// Maximum number of kept matches.
    pub limit: usize,
    /// How logs are read.
    pub settings: Settings,
    /// How many threads read; `None`: as many as there are processors.
    pub threads: Option<NonZero<usize>>,
    /// How a log without samples is handled.
    pub empty: Empty,
}

/// Which of the matching samples are kept, up to the limit. All are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// The first in the order of the logs and their rows.
    #[default]
    First,
    /// Those with the longest response times, of equal ones the earlier; requests before transactions, because a
    /// transaction takes as long as everything in it.
    Slowest,
}

/// Result of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchResult {
    /// Samples that match, counted as in the table's total: without transactions, unless every row is one.
    pub matched: u64,
    /// Number of examined samples, counted in the same way.
    pub searched: u64,
    /// Number of matching transactions, in addition; they are not in the total.
    #[serde(default)]
    pub matched_transactions: u64,
    /// Number of examined transactions, in addition.
    #[serde(default)]
    pub searched_transactions: u64,
    /// Rows that could not be read.
    pub rejected_rows: u64,
    /// A log does not end properly, or only a part of it could be decompressed.
    #[serde(default)]
    pub incomplete: bool,
    /// The kept samples, in the requested order.
    pub samples: Vec<FoundSample>,
}

/// A found sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundSample {
    /// Index of its log, from 0.
    pub log: u32,
    /// Byte offset of its row in that log.
    pub position: u64,
    /// Start, epoch milliseconds.
    pub start_ms: i64,
    /// Response time in milliseconds; `null` if the log has a negative one.
    pub elapsed_ms: Option<u32>,
    /// The sampler's name.
    pub label: String,
    /// Whether it is a sampler's row or a transaction's.
    #[serde(default)]
    pub kind: EntryKind,
    /// Response code.
    pub code: String,
    /// Response message.
    pub message: String,
    /// The first failed assertion's message.
    pub failure_message: String,
    /// The thread's name.
    pub thread: String,
    /// Whether it passed.
    pub success: bool,
    /// Bytes received.
    pub received_bytes: Option<u64>,
    /// Bytes sent.
    pub sent_bytes: Option<u64>,
    /// Milliseconds to the first byte.
    pub latency_ms: Option<u64>,
    /// Milliseconds to connect.
    pub connect_ms: Option<u64>,
    /// The request's URL.
    pub url: String,
    /// The `Hostname` column; empty if the log has none.
    #[serde(default)]
    pub hostname: String,
    /// Threads of its node that were active when it ended.
    #[serde(default)]
    pub all_threads: Option<u32>,
    /// Threads of its group that were active when it ended.
    #[serde(default)]
    pub group_threads: Option<u32>,
}

/// Searches logs for samples.
///
/// # Errors
/// As [`read_logs`](crate::read_logs).
pub fn search_logs(
    inputs: &[Input],
    search: &Search,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<SearchResult, LogError> {
    let mut result = SearchResult {
        matched: 0,
        searched: 0,
        matched_transactions: 0,
        searched_transactions: 0,
        rejected_rows: 0,
        incomplete: false,
        samples: Vec::new(),
    };
    let mut kept = BinaryHeap::new();
    each_log(inputs, &search.settings, progress, |log, ready, report| {
        let collector = || Finder { search, log, matched: [0; 2], searched: [0; 2], kept: BinaryHeap::new() };
        let (settings, threads) = (&search.settings, search.threads);
        let scan =
            Scan { settings, threads, part_bytes: PART_BYTES, begin: &|| (), within: None, collector: &collector };
        let scanned = scan.run(ready, report)?;
        search.empty.check(ready.input, &scanned.outcome)?;
        result.rejected_rows += scanned.outcome.rejected_rows;
        result.incomplete |= scanned.outcome.cut_logs > 0;
        for finder in scanned.collectors {
            result.matched += finder.matched[0];
            result.searched += finder.searched[0];
            result.matched_transactions += finder.matched[1];
            result.searched_transactions += finder.searched[1];
            kept.extend(finder.kept);
        }
        while kept.len() > search.limit {
            kept.pop();
        }
        Ok(())
    })?;
    if result.searched == 0 {
        result.matched = std::mem::take(&mut result.matched_transactions);
        result.searched = std::mem::take(&mut result.searched_transactions);
    }
    result.samples = kept.into_sorted_vec().into_iter().map(|kept| kept.sample).collect();
    Ok(result)
}

/// A sample that is kept. The greatest one is displaced first.
struct Kept {
    rank: Rank,
    sample: FoundSample,
}

/// For the slowest samples: transactions after requests, then response time; then log and byte.
type Rank = (bool, Reverse<Option<u32>>, u32, u64);

struct Finder<'a> {
    search: &'a Search,
    log: u32,
    /// Requests and transactions.
    matched: [u64; 2],
    searched: [u64; 2],
    kept: BinaryHeap<Kept>,
}

impl Collector for Finder<'_> {}

impl TakeSample for Finder<'_> {
    #[inline(always)]
    fn take(&mut self, sample: &Sample<'_>) {
        // A transaction in which nothing ran is counted nowhere.
        let counts = u64::from(!sample.is_empty_transaction());
        let kind = usize::from(sample.is_transaction());
        self.searched[kind] += counts;
        if self.search.filter.matches(sample) {
            self.matched[kind] += counts;
            self.keep(sample);
        }
    }
}

impl Finder<'_> {
    fn keep(&mut self, sample: &Sample<'_>) {
        let rank = match self.search.keep {
            Keep::First => (false, Reverse(None), self.log, sample.position),
            Keep::Slowest => (sample.is_transaction(), Reverse(sample.elapsed_ms), self.log, sample.position),
        };
        if self.kept.len() >= self.search.limit {
            // The last of the kept ones is at the top.
            if self.kept.peek().is_none_or(|last| last.rank <= rank) {
                return;
            }
            self.kept.pop();
        }
        self.kept.push(Kept { rank, sample: FoundSample::of(self.log, sample) });
    }
}

impl FoundSample {
    fn of(log: u32, sample: &Sample<'_>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            log,
            position: sample.position,
            start_ms: sample.start_ms,
            elapsed_ms: sample.elapsed_ms,
            label: text(sample.label),
            kind: if sample.is_transaction() { EntryKind::Transaction } else { EntryKind::Request },
            code: text(sample.code),
            message: text(sample.message),
            failure_message: text(sample.failure_message),
            thread: text(sample.thread),
            success: sample.success,
            received_bytes: sample.received_bytes,
            sent_bytes: sample.sent_bytes,
            latency_ms: sample.latency_ms,
            connect_ms: sample.connect_ms,
            url: text(sample.url),
            hostname: text(sample.hostname),
            all_threads: sample.all_threads,
            group_threads: text(sample.group_threads).trim().parse().ok(),
        }
    }

    /// Whether a filter's conditions match this sample.
    pub fn matches(&self, filter: &Filter) -> bool {
        filter.matches(&Sample {
            start_ms: self.start_ms,
            end_ms: self.start_ms.saturating_add(self.elapsed_ms.unwrap_or(0).into()),
            elapsed_ms: self.elapsed_ms,
            label: self.label.as_bytes(),
            code: self.code.as_bytes(),
            message: self.message.as_bytes(),
            failure_message: self.failure_message.as_bytes(),
            thread: self.thread.as_bytes(),
            hostname: self.hostname.as_bytes(),
            // No condition is about it.
            group_threads: b"",
            url: self.url.as_bytes(),
            success: self.success,
            received_bytes: self.received_bytes,
            sent_bytes: self.sent_bytes,
            latency_ms: self.latency_ms,
            connect_ms: self.connect_ms,
            all_threads: self.all_threads,
            position: self.position,
        })
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Kept {}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}
