//! Failures that are alike: label, response code, and message but for its ids, numbers and addresses.

use super::interner::Interner;
use super::kind::{KINDS, Kind};
use super::labels::Labels;
use super::pattern::fold;
use crate::{ErrorGroup, Sample, Settings};

/// Longest message that tells groups apart, in bytes.
const MESSAGE_BYTES: usize = 1_000;
/// Longest response code that tells groups apart, in bytes.
const CODE_BYTES: usize = 200;
/// Longest message that is kept as an example, in bytes.
const EXAMPLE_BYTES: usize = 10_000;
/// Memory of a group besides its texts, about, in bytes.
const GROUP_BYTES: usize = 200;
/// Messages as logged whose groups are remembered: most failures repeat one of a few.
const REMEMBERED: usize = 500;

/// Error groups, bounded: at twice the limit the rarest half is folded into a remainder, so that a flood of messages that
/// are all different can't keep the frequent ones out.
#[derive(Debug, Clone)]
pub(super) struct Errors {
    limit: usize,
    keys: Interner,
    groups: Vec<Group>,
    rest: [Option<Count>; KINDS],
    /// Keys with messages as logged, and the groups that they are of.
    logged: Interner,
    group_of_logged: Vec<u32>,
    /// Bytes of all groups, about.
    bytes: usize,
    room: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Group {
    count: Count,
    /// The message of the first failure.
    example: Box<[u8]>,
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

impl Group {
    /// Adds failures, of which this is the first one's message.
    fn merge(&mut self, count: Count, example: &[u8]) {
        let earlier = (count.first_ms, example) < (self.count.first_ms, &*self.example);
        self.count.merge(count);
        if earlier {
            self.example = example.into();
        }
    }
}

impl Errors {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            keys: Interner::default(),
            groups: Vec::new(),
            rest: [None; KINDS],
            logged: Interner::default(),
            group_of_logged: Vec::new(),
            bytes: 0,
            room: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, sample: &Sample<'_>, label: u32, kind: Kind) {
        let mut key = std::mem::take(&mut self.room);
        let message = sample.error_message();
        let example = &message[..message.len().min(EXAMPLE_BYTES)];
        let count = Count { count: 1, first_ms: sample.end_ms, last_ms: sample.end_ms };
        write_key(&mut key, label, kind, sample.code, example);
        if let Some(known) = self.logged.get(&key) {
            self.groups[self.group_of_logged[known as usize] as usize].merge(count, example);
        } else {
            let logged = (self.logged.len() < REMEMBERED).then(|| key.clone());
            write_key(&mut key, label, kind, sample.code, &[]);
            fold(example, &mut key);
            cut_message(&mut key);
            let group = self.put(&key, count, example);
            if let (Some(logged), Some(group)) = (logged, group) {
                self.logged.add(&logged);
                self.group_of_logged.push(group);
            }
        }
        self.room = key;
    }

    pub(super) fn merge(&mut self, other: &Self, labels: &[u32]) {
        let mut key = Vec::new();
        for (theirs, group) in (0..).zip(&other.groups) {
            let parts = Key::read(other.keys.text(theirs));
            write_key(&mut key, labels[parts.label as usize], parts.kind, parts.code, parts.message);
            self.put(&key, group.count, &group.example);
        }
        for kind in Kind::ALL {
            self.put_rest(kind, other.rest[kind as usize]);
        }
    }

    /// Bytes of all groups, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Were groups folded? Which ones depends on the order of the failures.
    pub(super) fn has_rest(&self) -> bool {
        self.rest.iter().any(Option::is_some)
    }

    /// The groups of a kind, most frequent first, at most the limit; the remainder behind them.
    pub(super) fn sorted(&self, kind: Kind, labels: &Labels) -> Vec<ErrorGroup> {
        let mut groups: Vec<ErrorGroup> = (0..)
            .zip(&self.groups)
            .map(|(at, group)| (Key::read(self.keys.text(at)), group))
            .filter(|(key, _)| key.kind == kind)
            .map(|(key, Group { count, example })| ErrorGroup {
                label: labels.text(key.label).to_owned(),
                code: String::from_utf8_lossy(key.code).into_owned(),
                message: cut_text(key.message, MESSAGE_BYTES),
                example: cut_text(example, EXAMPLE_BYTES - 1),
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
            example: String::new(),
            count: rest.count,
            first_ms: rest.first_ms,
            last_ms: rest.last_ms,
        }));
        groups
    }

    /// Adds failures to their group; its number, unless groups have new numbers now.
    fn put(&mut self, key: &[u8], count: Count, example: &[u8]) -> Option<u32> {
        let number = self.keys.add(key);
        match self.groups.get_mut(number as usize) {
            Some(known) => known.merge(count, example),
            None => {
                self.bytes += GROUP_BYTES + key.len() + example.len();
                self.groups.push(Group { count, example: example.into() });
                if self.groups.len() >= 2 * self.limit {
                    self.fold_rare();
                    return None;
                }
            }
        }
        Some(number)
    }

    /// Keeps the most frequent groups, of equals the earlier; adds the others to the remainder.
    #[cold]
    fn fold_rare(&mut self) {
        let mut order: Vec<usize> = (0..self.groups.len()).collect();
        order.sort_by_key(|at| (std::cmp::Reverse(self.groups[*at].count.count), *at));
        let keys = std::mem::take(&mut self.keys);
        let groups = std::mem::take(&mut self.groups);
        self.logged = Interner::default();
        self.group_of_logged.clear();
        self.bytes = 0;
        for (rank, at) in order.into_iter().enumerate() {
            let key = keys.text(at as u32);
            if rank < self.limit {
                self.keys.add(key);
                self.bytes += GROUP_BYTES + key.len() + groups[at].example.len();
                self.groups.push(groups[at].clone());
            } else {
                self.put_rest(Key::read(key).kind, Some(groups[at].count));
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
    into.extend_from_slice(message);
}

/// Cuts a key's message: one byte more than is shown says that it was cut.
fn cut_message(key: &mut Vec<u8>) {
    key.truncate(6 + usize::from(key[5]) + MESSAGE_BYTES + 1);
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

/// A text that is marked where it had to be cut.
fn cut_text(text: &[u8], bytes: usize) -> String {
    if text.len() <= bytes {
        return String::from_utf8_lossy(text).into_owned();
    }
    let mut end = bytes;
    // Not in the middle of a character.
    while end > 0 && text[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    String::from_utf8_lossy(&text[..end]).into_owned() + "…"
}
