//! Active users: the sum over workers of their latest `allThreads`, as each worker counts only its own threads.
//!
//! Workers have separate clocks: whether a worker is silent is decided by times that are corrected by the measured
//! clock offsets, so that a fast clock does not hide other workers.
//!
//! Several logs in which no node is named belong to one load generator if they follow one another, and to as many
//! generators as there are logs if they overlap in time.
//!
//! In a bucket a worker counts with its latest value in it, or with the previous one while it still sends. A worker
//! counts from its first bucket to its last; in a growing log, a worker that sent within [`SILENCE_MS`] of the newest
//! sample counts up to the newest bucket.

use super::buckets::Bucket;
use super::keyed::REST;
use crate::hash::IntegerMap;
use std::collections::BTreeMap;

/// How long a worker may be silent in a growing log before it no longer counts.
pub(super) const SILENCE_MS: i64 = 10_000;

/// A thread count and its time. The greater value is the later one; at the same time, the greater count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Latest {
    pub(super) end_ms: i64,
    pub(super) threads: u32,
}

/// A worker that its rows do not name is identified by its log: this plus the log's number.
pub(super) const UNNAMED: u32 = 0x8000_0000;

/// By how many milliseconds workers' clocks are ahead, by the workers' numbers.
pub(super) type Ahead = IntegerMap<u32, i64>;

/// The reference of workers' clock offsets.
#[derive(Debug)]
pub(super) struct Clocks {
    pub(super) ahead: Ahead,
    /// No sample ends later than this: a clock that was briefly wrong would make all other workers count as silent.
    pub(super) latest_ms: i64,
}

impl Clocks {
    fn corrected_ms(&self, worker: u32, latest: &Latest) -> i64 {
        latest.end_ms.saturating_sub(self.ahead.get(&worker).copied().unwrap_or(0))
    }

    /// The thread counts of a bucket so far.
    fn threads<'a>(&'a self, bucket: &'a Bucket) -> impl Iterator<Item = (u32, Latest)> + 'a {
        let threads = bucket.threads.iter().map(|(worker, latest)| (*worker, *latest));
        threads.filter(move |(worker, latest)| self.corrected_ms(*worker, latest) <= self.latest_ms)
    }
}

/// Active users per bucket, in the buckets' order; `None` where no thread count is available yet.
pub(super) fn active_users(buckets: &BTreeMap<i64, Bucket>, growing: bool, clocks: &Clocks) -> Vec<Option<u64>> {
    let one = unnamed_are_one(buckets);
    let mut last_bucket: IntegerMap<u32, (i64, Latest)> = IntegerMap::default();
    for (start, bucket) in buckets {
        for (worker, latest) in clocks.threads(bucket) {
            let known = last_bucket.entry(as_one(worker, one)).or_insert((*start, latest));
            *known = (*start, known.1.max(latest));
        }
    }
    let newest = last_bucket.iter().map(|(worker, (_, latest))| clocks.corrected_ms(*worker, latest)).max();
    let newest = newest.unwrap_or(i64::MIN);
    let mut current: IntegerMap<u32, u64> = IntegerMap::default();
    let mut sum = 0;
    let mut here: Vec<(u32, Latest)> = Vec::new();
    buckets
        .iter()
        .map(|(start, bucket)| {
            here.clear();
            for (worker, latest) in clocks.threads(bucket) {
                // Logs of the same generator are adjacent.
                let worker = as_one(worker, one);
                match here.last_mut() {
                    Some((last, known)) if *last == worker => *known = (*known).max(latest),
                    _ => here.push((worker, latest)),
                }
            }
            for (worker, latest) in &here {
                let before = current.insert(*worker, u64::from(latest.threads)).unwrap_or(0);
                sum = sum + u64::from(latest.threads) - before;
            }
            let users = (!current.is_empty()).then_some(sum);
            for (worker, _) in &here {
                let (last, latest) = last_bucket[worker];
                let carried = growing && newest - clocks.corrected_ms(*worker, &latest) <= SILENCE_MS;
                if last == *start && !carried {
                    sum -= current.insert(*worker, 0).unwrap_or(0);
                }
            }
            users
        })
        .collect()
}

/// Active users now: of the workers that sent within [`SILENCE_MS`] of the newest sample.
pub(super) fn active_users_now(buckets: &BTreeMap<i64, Bucket>, clocks: &Clocks) -> Option<u64> {
    let one = unnamed_are_one(buckets);
    let mut latest_of: IntegerMap<u32, Latest> = IntegerMap::default();
    for bucket in buckets.values() {
        for (worker, latest) in clocks.threads(bucket) {
            let known = latest_of.entry(as_one(worker, one)).or_insert(latest);
            *known = (*known).max(latest);
        }
    }
    let corrected = || latest_of.iter().map(|(worker, latest)| (clocks.corrected_ms(*worker, latest), latest.threads));
    let newest = corrected().map(|(end_ms, _)| end_ms).max()?;
    Some(corrected().filter(|(end_ms, _)| newest - end_ms <= SILENCE_MS).map(|(_, threads)| u64::from(threads)).sum())
}

/// How many logs without a node's name there are that overlap in time, so that each is of a load generator of its own.
pub(super) fn unnamed_generators(buckets: &BTreeMap<i64, Bucket>) -> usize {
    let logs = unnamed_logs(buckets);
    if one_after_the_other(&logs) { 0 } else { logs.len() }
}

fn as_one(worker: u32, unnamed_are_one: bool) -> u32 {
    if unnamed_are_one && worker >= UNNAMED && worker != REST { UNNAMED } else { worker }
}

fn unnamed_are_one(buckets: &BTreeMap<i64, Bucket>) -> bool {
    one_after_the_other(&unnamed_logs(buckets))
}

/// The first and the last bucket of each log whose rows name no worker.
fn unnamed_logs(buckets: &BTreeMap<i64, Bucket>) -> Vec<(i64, i64)> {
    let mut logs: BTreeMap<u32, (i64, i64)> = BTreeMap::new();
    for (start, bucket) in buckets {
        for worker in bucket.threads.range(UNNAMED..REST).map(|(worker, _)| *worker) {
            logs.entry(worker).or_insert((*start, *start)).1 = *start;
        }
    }
    logs.into_values().collect()
}

/// Whether they share at most the bucket in which one ends and the next begins.
fn one_after_the_other(logs: &[(i64, i64)]) -> bool {
    let mut logs = logs.to_vec();
    logs.sort_unstable();
    logs.windows(2).all(|pair| pair[0].1 <= pair[1].0 && pair[0] != pair[1])
}
