//! Failures that are alike: label, response code and message.

use super::interner::Interner;
use super::kind::{KINDS, Kind};
use super::labels::Labels;
use crate::{ErrorGroup, Sample, Settings};

/// Longest message that tells groups apart, in bytes.
const MESSAGE_BYTES: usize = 1_000;
/// Longest response code that tells groups apart, in bytes.
const CODE_BYTES: usize = 200;

/// Error groups, bounded: at twice the limit the rarest half is folded into a remainder, so that a flood of messages that
/// are all different can't keep the frequent ones out.
#[derive(Debug, Clone)]
pub(super) struct Errors {
    limit: usize,
    keys: Interner,
    counts: Vec<Count>,
    rest: [Option<Count>; KINDS],
    room: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Count {
    count: u64,
    first_ms: i64,
    last_ms: i64,
}

impl Count {
    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

impl Errors {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            keys: Interner::default(),
            counts: Vec::new(),
            rest: [None; KINDS],
            room: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, sample: &Sample<'_>, label: u32, kind: Kind) {
        let mut key = std::mem::take(&mut self.room);
        write_key(&mut key, label, kind, sample.code, sample.error_message());
        self.put(&key, Count { count: 1, first_ms: sample.end_ms, last_ms: sample.end_ms });
        self.room = key;
    }

    pub(super) fn merge(&mut self, other: &Self, labels: &[u32]) {
        let mut key = Vec::new();
        for (theirs, count) in other.counts.iter().enumerate() {
            let parts = Key::read(other.keys.text(theirs as u32));
            write_key(&mut key, labels[parts.label as usize], parts.kind, parts.code, parts.message);
            self.put(&key, *count);
        }
        for kind in Kind::ALL {
            self.put_rest(kind, other.rest[kind as usize]);
        }
    }

    /// The groups of a kind, most frequent first, at most the limit; the remainder behind them.
    pub(super) fn sorted(&self, kind: Kind, labels: &Labels) -> Vec<ErrorGroup> {
        let mut groups: Vec<ErrorGroup> = (0..)
            .zip(&self.counts)
            .map(|(at, count)| (Key::read(self.keys.text(at)), count))
            .filter(|(key, _)| key.kind == kind)
            .map(|(key, count)| ErrorGroup {
                label: labels.text(key.label).to_owned(),
                code: String::from_utf8_lossy(key.code).into_owned(),
                message: message_text(key.message),
                count: count.count,
                first_ms: count.first_ms,
                last_ms: count.last_ms,
            })
            .collect();
        groups.sort_by(|a, b| {
            let order = b.count.cmp(&a.count).then(a.first_ms.cmp(&b.first_ms));
            order.then_with(|| (&a.label, &a.code, &a.message).cmp(&(&b.label, &b.code, &b.message)))
        });
        let mut rest = self.rest[kind as usize];
        for group in groups.split_off(groups.len().min(self.limit)) {
            let count = Count { count: group.count, first_ms: group.first_ms, last_ms: group.last_ms };
            merge_rest(&mut rest, Some(count));
        }
        groups.extend(rest.map(|rest| ErrorGroup {
            label: String::new(),
            code: String::new(),
            message: Settings::OTHER_ERRORS.to_owned(),
            count: rest.count,
            first_ms: rest.first_ms,
            last_ms: rest.last_ms,
        }));
        groups
    }

    fn put(&mut self, key: &[u8], count: Count) {
        let at = self.keys.add(key) as usize;
        match self.counts.get_mut(at) {
            Some(known) => known.merge(count),
            None => {
                self.counts.push(count);
                if self.counts.len() >= 2 * self.limit {
                    self.fold();
                }
            }
        }
    }

    /// Keeps the most frequent groups, of equals the earlier; adds the others to the remainder.
    #[cold]
    fn fold(&mut self) {
        let mut order: Vec<usize> = (0..self.counts.len()).collect();
        order.sort_by_key(|at| (std::cmp::Reverse(self.counts[*at].count), *at));
        let keys = std::mem::take(&mut self.keys);
        let counts = std::mem::take(&mut self.counts);
        for (rank, at) in order.into_iter().enumerate() {
            let key = keys.text(at as u32);
            if rank < self.limit {
                self.keys.add(key);
                self.counts.push(counts[at]);
            } else {
                self.put_rest(Key::read(key).kind, Some(counts[at]));
            }
        }
    }

    fn put_rest(&mut self, kind: Kind, count: Option<Count>) {
        merge_rest(&mut self.rest[kind as usize], count);
    }
}

fn merge_rest(rest: &mut Option<Count>, count: Option<Count>) {
    match (rest, count) {
        (Some(rest), Some(count)) => rest.merge(count),
        (rest @ None, count) => *rest = count,
        (Some(_), None) => {}
    }
}

/// A group's key: label number, kind, length of the code, code, message.
struct Key<'a> {
    label: u32,
    kind: Kind,
    code: &'a [u8],
    message: &'a [u8],
}

fn write_key(into: &mut Vec<u8>, label: u32, kind: Kind, code: &[u8], message: &[u8]) {
    let code = &code[..code.len().min(CODE_BYTES)];
    into.clear();
    into.extend_from_slice(&label.to_le_bytes());
    into.push(kind as u8);
    into.push(code.len() as u8);
    into.extend_from_slice(code);
    // One byte more than is shown says that it was cut.
    into.extend_from_slice(&message[..message.len().min(MESSAGE_BYTES + 1)]);
}

impl<'a> Key<'a> {
    fn read(key: &'a [u8]) -> Self {
        let mut label = [0; 4];
        label.copy_from_slice(&key[..4]);
        let kind = if key[4] == Kind::Request as u8 { Kind::Request } else { Kind::Transaction };
        let (code, message) = key[6..].split_at(usize::from(key[5]));
        Self { label: u32::from_le_bytes(label), kind, code, message }
    }
}

fn message_text(message: &[u8]) -> String {
    if message.len() <= MESSAGE_BYTES {
        return String::from_utf8_lossy(message).into_owned();
    }
    let mut end = MESSAGE_BYTES;
    // Not in the middle of a character.
    while end > 0 && message[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    String::from_utf8_lossy(&message[..end]).into_owned() + "…"
}
