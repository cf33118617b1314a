//! Groups of similar failures: same label, response code, and message apart from IDs, numbers and addresses; in total and in a time range.

mod over_time;

use super::buckets::WIDTHS_S;
use super::interner::Interner;
use super::kind::{KINDS, Kind};
use super::labels::Labels;
use super::pattern::fold;
use crate::{ErrorGroup, Sample, Settings};
use over_time::{Count, OverTime, PART_BYTES};
use std::ops::Range;

/// Maximum length of a message that distinguishes groups, in bytes.
const MESSAGE_BYTES: usize = 1_000;
/// Maximum length of a response code that distinguishes groups, in bytes.
const CODE_BYTES: usize = 200;
/// Longest message that is kept as an example, in bytes.
const EXAMPLE_BYTES: usize = 10_000;
/// Approximate memory of a group without its texts, in bytes.
const GROUP_BYTES: usize = 200;
/// Logged messages whose group is remembered: most failures repeat one of a few messages.
const REMEMBERED: usize = 500;
/// Maximum number of intervals of all groups together: beyond it they become wider. A hundred groups in each second of an hour.
const MOST_PARTS: usize = 360_000;

/// Error groups, bounded: at twice the limit the rarest half is combined into a remainder, so that a flood of distinct
/// messages cannot displace the frequent ones.
#[derive(Debug, Clone)]
pub(super) struct Errors {
    limit: usize,
    keys: Interner,
    groups: Vec<Group>,
    rest: [Option<OverTime>; KINDS],
    /// The width of all groups' intervals, as an index into the buckets' widths, and the number of intervals.
    width: usize,
    parts: usize,
    /// Keys with messages as logged, and the groups that they are of.
    logged: Interner,
    group_of_logged: Vec<u32>,
    /// Bytes of all groups, about.
    bytes: usize,
    room: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Group {
    failures: OverTime,
    /// The message of the first failure.
    example: Box<[u8]>,
}

impl Group {
    /// Adds a failure with its message; returns the number of new intervals.
    fn add(&mut self, one: Count, example: &[u8], width_ms: i64) -> usize {
        self.put_example(one, example);
        let before = self.failures.parts();
        self.failures.add(one, width_ms);
        self.failures.parts() - before
    }

    /// Adds failures with the message of the first; returns the number of new intervals.
    fn merge(&mut self, failures: &OverTime, example: &[u8], width_ms: i64) -> usize {
        self.put_example(failures.all(), example);
        let before = self.failures.parts();
        self.failures.merge(failures, width_ms);
        self.failures.parts() - before
    }

    fn put_example(&mut self, count: Count, example: &[u8]) {
        if (count.first_ms, example) < (self.failures.all().first_ms, &*self.example) {
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
            rest: [const { None }; KINDS],
            width: 0,
            parts: 0,
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
        let one = Count::one(sample.end_ms);
        write_key(&mut key, label, kind, sample.code, example);
        if let Some(known) = self.logged.get(&key) {
            let group = self.group_of_logged[known as usize] as usize;
            let width_ms = self.width_ms();
            self.parts += self.groups[group].add(one, example, width_ms);
        } else {
            let logged = (self.logged.len() < REMEMBERED).then(|| key.clone());
            write_key(&mut key, label, kind, sample.code, &[]);
            fold(example, &mut key);
            cut_message(&mut key);
            let group = self.put(&key, &OverTime::from(one), example);
            if let (Some(logged), Some(group)) = (logged, group) {
                self.logged.add(&logged);
                self.group_of_logged.push(group);
            }
        }
        self.room = key;
        self.keep_to_parts();
    }

    pub(super) fn merge(&mut self, other: &Self, labels: &[u32]) {
        let mut key = Vec::new();
        self.keep_to_width(other.width);
        for (theirs, group) in (0..).zip(&other.groups) {
            let parts = Key::read(other.keys.text(theirs));
            write_key(&mut key, labels[parts.label as usize], parts.kind, parts.code, parts.message);
            self.put(&key, &group.failures, &group.example);
        }
        for kind in Kind::ALL {
            if let Some(rest) = &other.rest[kind as usize] {
                self.put_rest(kind, rest);
            }
        }
        self.keep_to_parts();
    }

    /// Bytes of all groups, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.parts * PART_BYTES
    }

    /// Whether groups were combined. Which ones depends on the order of the failures.
    pub(super) fn has_rest(&self) -> bool {
        self.rest.iter().any(Option::is_some)
    }

    /// The groups of a kind, most frequent first, at most the limit, followed by the remainder. `within`: those of the
    /// intervals that overlap this time, epoch milliseconds.
    pub(super) fn sorted(&self, kind: Kind, labels: &Labels, within: Option<&Range<i64>>) -> Vec<ErrorGroup> {
        let counted = |failures: &OverTime| match within {
            None => Some(failures.all()),
            Some(time_ms) => failures.within(time_ms, self.width_ms()),
        };
        let mut groups: Vec<ErrorGroup> = (0..)
            .zip(&self.groups)
            .map(|(at, group)| (Key::read(self.keys.text(at)), group))
            .filter(|(key, _)| key.kind == kind)
            .filter_map(|(key, group)| Some((key, counted(&group.failures)?, &group.example)))
            .map(|(key, count, example)| ErrorGroup {
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
        let mut rest = self.rest[kind as usize].as_ref().and_then(counted);
        for group in groups.split_off(groups.len().min(self.limit)) {
            let count = Count { count: group.count, first_ms: group.first_ms, last_ms: group.last_ms };
            rest = Some(rest.map_or(count, |mut rest| {
                rest.merge(count);
                rest
            }));
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
    fn put(&mut self, key: &[u8], failures: &OverTime, example: &[u8]) -> Option<u32> {
        let (number, width_ms) = (self.keys.add(key), self.width_ms());
        match self.groups.get_mut(number as usize) {
            Some(known) => self.parts += known.merge(failures, example, width_ms),
            None => {
                self.bytes += GROUP_BYTES + key.len() + example.len();
                let mut failures = failures.clone();
                failures.widen(width_ms);
                self.parts += failures.parts();
                self.groups.push(Group { failures, example: example.into() });
                if self.groups.len() >= 2 * self.limit {
                    self.fold_rare();
                    return None;
                }
            }
        }
        Some(number)
    }

    /// Keeps the most frequent groups, of equally frequent ones the earlier; adds the others to the remainder.
    #[cold]
    fn fold_rare(&mut self) {
        let mut order: Vec<usize> = (0..self.groups.len()).collect();
        order.sort_by_key(|at| (std::cmp::Reverse(self.groups[*at].failures.all().count), *at));
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
                self.put_rest(Key::read(key).kind, &groups[at].failures);
            }
        }
        self.count_parts();
    }

    fn put_rest(&mut self, kind: Kind, failures: &OverTime) {
        let width_ms = self.width_ms();
        let rest = &mut self.rest[kind as usize];
        let before = rest.as_ref().map_or(0, OverTime::parts);
        match rest {
            Some(rest) => rest.merge(failures, width_ms),
            None => {
                let mut failures = failures.clone();
                failures.widen(width_ms);
                *rest = Some(failures);
            }
        }
        self.parts += rest.as_ref().map_or(0, OverTime::parts) - before;
    }

    fn width_ms(&self) -> i64 {
        WIDTHS_S[self.width] as i64 * 1_000
    }

    /// Widens all intervals until there are few enough. The resulting width depends on the failures only, not on their order.
    fn keep_to_parts(&mut self) {
        while self.parts > MOST_PARTS && self.width + 1 < WIDTHS_S.len() {
            self.widen_to(self.width + 1);
        }
    }

    /// Widens all intervals at least to this bucket width: no narrower ones are requested.
    pub(super) fn keep_to_width(&mut self, width: usize) {
        if width > self.width {
            self.widen_to(width);
        }
    }

    #[cold]
    fn widen_to(&mut self, width: usize) {
        self.width = width;
        let width_ms = self.width_ms();
        for failures in self.over_time_mut() {
            failures.widen(width_ms);
        }
        self.count_parts();
    }

    fn count_parts(&mut self) {
        self.parts = self.over_time_mut().map(|failures| failures.parts()).sum();
    }

    /// Of every group and of the remainders.
    fn over_time_mut(&mut self) -> impl Iterator<Item = &mut OverTime> {
        self.groups.iter_mut().map(|group| &mut group.failures).chain(self.rest.iter_mut().flatten())
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

/// Truncates a key's message: one byte more than is shown marks it as truncated.
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

/// A text with a mark if it was truncated.
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
