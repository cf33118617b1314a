//! Samples and failures by a key (response code, host), bounded.

use super::interner::Interner;
use super::kind::{KINDS, Kind};

/// Samples and failures by key, transactions separately. Keys beyond the limit share one remainder.
#[derive(Debug, Clone)]
pub(super) struct Keyed {
    keys: Interner,
    limit: usize,
    /// The key that was added last.
    last: Option<u32>,
    /// Per key and, last, for the remainder.
    counts: Vec<[Count; KINDS]>,
    rest: [Count; KINDS],
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) samples: u64,
    pub(super) errors: u64,
}

/// The number of all keys beyond the limit.
pub(super) const REST: u32 = u32::MAX;

/// Longest key that is kept, in bytes.
const KEY_BYTES: usize = 200;

impl Keyed {
    pub(super) fn new(limit: usize) -> Self {
        Self { keys: Interner::default(), limit, last: None, counts: Vec::new(), rest: Default::default() }
    }

    /// Counts one sample and returns its key's number, or [`REST`].
    #[inline(always)]
    pub(super) fn add(&mut self, key: &[u8], kind: Kind, success: bool) -> u32 {
        // A key is mostly followed by the same one: the same code, and in a log of one node the same host.
        let number = match self.last {
            Some(last) if self.keys.is(last, key) => last,
            _ => self.find(key),
        };
        let count = self.count_mut(number, kind);
        count.samples += 1;
        count.errors += u64::from(!success);
        number
    }

    pub(super) fn merge(&mut self, other: &Self) -> Vec<u32> {
        for kind in Kind::ALL {
            self.rest[kind as usize].merge(other.rest[kind as usize]);
        }
        (0..other.keys.len() as u32)
            .map(|theirs| {
                let ours = self.number(other.keys.text(theirs));
                for kind in Kind::ALL {
                    self.count_mut(ours, kind).merge(other.counts[theirs as usize][kind as usize]);
                }
                ours
            })
            .collect()
    }

    /// Keys with samples of a kind, most samples first, and the remainder.
    pub(super) fn sorted(&self, kind: Kind) -> (Vec<(String, Count)>, Count) {
        let mut all: Vec<(String, Count)> = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, counts)| counts[kind as usize].samples > 0)
            .map(|(at, counts)| (self.text(at as u32), counts[kind as usize]))
            .collect();
        all.sort_by(|(a, a_count), (b, b_count)| b_count.samples.cmp(&a_count.samples).then_with(|| a.cmp(b)));
        (all, self.rest[kind as usize])
    }

    /// The keys that have samples of a kind, most samples first.
    pub(super) fn by_samples(&self, kind: Kind) -> Vec<u32> {
        let samples = |number: u32| self.samples(number, kind);
        let mut numbers: Vec<u32> = (0..self.keys.len() as u32).filter(|number| samples(*number) > 0).collect();
        numbers.sort_by(|a, b| samples(*b).cmp(&samples(*a)).then_with(|| self.keys.text(*a).cmp(self.keys.text(*b))));
        numbers
    }

    /// How many samples of a kind a key has; none has the remainder's number.
    pub(super) fn samples(&self, number: u32, kind: Kind) -> u64 {
        self.counts.get(number as usize).map_or(0, |counts| counts[kind as usize].samples)
    }

    /// A key as text.
    pub(super) fn text(&self, number: u32) -> String {
        String::from_utf8_lossy(self.keys.text(number)).into_owned()
    }

    /// Samples of every kind in the remainder.
    pub(super) fn folded(&self) -> u64 {
        self.rest.iter().map(|count| count.samples).sum()
    }

    /// The number of a key that has been added.
    pub(super) fn find_added(&self, key: &[u8]) -> Option<u32> {
        self.keys.get(key)
    }

    #[inline(never)]
    fn find(&mut self, key: &[u8]) -> u32 {
        let number = self.number(&key[..key.len().min(KEY_BYTES)]);
        self.last = (number != REST).then_some(number);
        number
    }

    #[inline]
    fn number(&mut self, key: &[u8]) -> u32 {
        if let Some(number) = self.keys.get(key) {
            return number;
        }
        if self.keys.len() >= self.limit {
            return REST;
        }
        self.counts.push(Default::default());
        self.keys.add(key)
    }

    #[inline]
    fn count_mut(&mut self, number: u32, kind: Kind) -> &mut Count {
        match number {
            REST => &mut self.rest[kind as usize],
            number => &mut self.counts[number as usize][kind as usize],
        }
    }
}

impl Count {
    fn merge(&mut self, other: Self) {
        self.samples += other.samples;
        self.errors += other.errors;
    }
}
