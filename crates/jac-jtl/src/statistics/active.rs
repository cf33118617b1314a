//! Active users: the sum over workers of their latest `allThreads`, as each worker counts only its own threads.
//!
//! In a bucket a worker counts with its latest value in it, or with the one before while it still sends. A worker counts
//! from its first bucket to its last; in a log that is still growing one that sent within [`SILENCE_MS`] of the newest
//! sample counts up to the newest bucket.

use super::buckets::Bucket;
use crate::hash::IntegerMap;
use std::collections::BTreeMap;

/// How long a worker may be silent in a growing log before it no longer counts.
pub(super) const SILENCE_MS: i64 = 10_000;

/// A thread count and when it was taken. The greater one is the later; of two at the same time the greater count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Latest {
    pub(super) end_ms: i64,
    pub(super) threads: u32,
}

/// Active users per bucket, in the buckets' order; `None` where no thread count has been seen yet.
pub(super) fn active_users(buckets: &BTreeMap<i64, Bucket>, growing: bool) -> Vec<Option<u64>> {
    let mut last_bucket: IntegerMap<u32, (i64, Latest)> = IntegerMap::default();
    for (start, bucket) in buckets {
        for (worker, latest) in &bucket.threads {
            let known = last_bucket.entry(*worker).or_insert((*start, *latest));
            *known = (*start, known.1.max(*latest));
        }
    }
    let newest = last_bucket.values().map(|(_, latest)| latest.end_ms).max().unwrap_or(i64::MIN);
    let mut current: IntegerMap<u32, u64> = IntegerMap::default();
    let mut sum = 0;
    buckets
        .iter()
        .map(|(start, bucket)| {
            for (worker, latest) in &bucket.threads {
                let before = current.insert(*worker, u64::from(latest.threads)).unwrap_or(0);
                sum = sum + u64::from(latest.threads) - before;
            }
            let users = (!current.is_empty()).then_some(sum);
            for worker in bucket.threads.keys() {
                let (last, latest) = last_bucket[worker];
                let carried = growing && newest - latest.end_ms <= SILENCE_MS;
                if last == *start && !carried {
                    sum -= current.insert(*worker, 0).unwrap_or(0);
                }
            }
            users
        })
        .collect()
}

/// Active users now: of the workers that sent within [`SILENCE_MS`] of the newest sample.
pub(super) fn active_users_now(buckets: &BTreeMap<i64, Bucket>) -> Option<u64> {
    let mut latest_of: IntegerMap<u32, Latest> = IntegerMap::default();
    for bucket in buckets.values() {
        for (worker, latest) in &bucket.threads {
            let known = latest_of.entry(*worker).or_insert(*latest);
            *known = (*known).max(*latest);
        }
    }
    let newest = latest_of.values().map(|latest| latest.end_ms).max()?;
    let active = latest_of.values().filter(|latest| newest - latest.end_ms <= SILENCE_MS);
    Some(active.map(|latest| u64::from(latest.threads)).sum())
}
