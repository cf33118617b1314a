//! The labels in order of first appearance, each with its statistics.

use super::hot::HotCell;
use super::interner::Interner;
use super::kind::{KINDS, Kind};
use super::summing::Summing;
use super::tally::Tally;
use super::times::{Precision, Times};
use crate::{EntryKind, Settings};
use std::borrow::Cow;

/// Maximum total size of all labels' texts; further labels are counted with the remainder.
const TEXT_BYTES: usize = 32 << 20;

/// Approximate memory of a label and of a group of its rows without text and times, in bytes.
const LABEL_BYTES: usize = 160;
const GROUP_BYTES: usize = 280;

/// One label's rows of one kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    pub(super) tally: Tally,
    /// Response times.
    pub(super) times: Times,
    /// Those of failures.
    pub(super) failed: Times,
}

impl Group {
    fn merge(&mut self, other: Self, summing: &mut Summing) {
        self.tally.merge(&other.tally);
        self.times.merge(other.times, summing);
        self.failed.merge(other.failed, summing);
    }

    /// Response times of samples that passed.
    pub(super) fn passed(&self) -> Vec<(u32, u64)> {
        let (mut times, failed) = (self.times.counts(), self.failed.counts());
        let mut failed = failed.into_iter().peekable();
        // Both rise, and each that failed is among all.
        for (ms, count) in &mut times {
            if let Some((_, errors)) = failed.next_if(|(failed_ms, _)| failed_ms == ms) {
                *count = count.saturating_sub(errors);
            }
        }
        times.retain(|(_, count)| *count > 0);
        times
    }

    fn bytes(&self) -> usize {
        GROUP_BYTES + self.times.bytes() + self.failed.bytes()
    }
}

/// Names a label's rows of one kind: label number * 2 + kind.
pub(super) type GroupId = u32;

/// The first occurrence of a label in all logs: source, then byte.
pub(super) type FirstSeen = (u32, u64);

#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) first_seen: FirstSeen,
    groups: [Option<Box<Group>>; KINDS],
}

impl Label {
    pub(super) fn group(&self, kind: Kind) -> Option<&Group> {
        self.groups[kind as usize].as_deref()
    }

    /// All its rows, requests and transactions alike.
    pub(super) fn both(&self) -> Cow<'_, Group> {
        match &self.groups {
            [Some(group), None] | [None, Some(group)] => Cow::Borrowed(group),
            groups => {
                let (mut both, mut summing) = (Group::default(), Summing::default());
                for group in groups.iter().flatten() {
                    both.merge((**group).clone(), &mut summing);
                }
                Cow::Owned(both)
            }
        }
    }

    pub(super) fn samples(&self) -> u64 {
        self.groups.iter().flatten().map(|group| group.tally.samples).sum()
    }

    /// Are all its rows transactions?
    pub(super) fn is_transaction(&self) -> bool {
        self.kind() == EntryKind::Transaction
    }

    /// The kind of its rows. A label without rows is that of an empty transaction.
    pub(super) fn kind(&self) -> EntryKind {
        match &self.groups {
            [Some(_), Some(_)] => EntryKind::Mixed,
            [Some(_), None] => EntryKind::Request,
            [None, _] => EntryKind::Transaction,
        }
    }
}

/// All labels, bounded.
#[derive(Debug, Clone)]
pub(super) struct Labels {
    /// Labels as logged. Several may have the same text if they are not valid UTF-8.
    logged: Interner,
    /// From a logged label's number to its label's.
    aliases: Vec<u32>,
    texts: Interner,
    labels: Vec<Label>,
    limit: usize,
    /// The label of everything beyond the limit, once there is such.
    rest: Option<u32>,
    /// Bytes of all labels' texts.
    text_bytes: usize,
    /// Bytes of all labels: the same for the same samples, and never fewer for more of them.
    bytes: usize,
    /// The precision of response times from now on.
    precision: Precision,
    /// Groups in which something waits to be packed.
    late: Vec<GroupId>,
}

impl Labels {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            logged: Interner::default(),
            aliases: Vec::new(),
            texts: Interner::default(),
            labels: Vec::new(),
            limit,
            rest: None,
            text_bytes: 0,
            bytes: 0,
            precision: Precision::Exact,
            late: Vec::new(),
        }
    }

    /// The number of a label as logged.
    #[inline]
    pub(super) fn number(&mut self, logged: &[u8], first_seen: FirstSeen) -> u32 {
        match self.logged.get(logged) {
            Some(alias) => self.aliases[alias as usize],
            None => self.add_logged(logged, first_seen),
        }
    }

    #[cold]
    fn add_logged(&mut self, logged: &[u8], first_seen: FirstSeen) -> u32 {
        let label = self.add_text(&String::from_utf8_lossy(logged), first_seen);
        if Some(label) != self.rest && self.logged.len() < 2 * self.limit && self.text_bytes < TEXT_BYTES {
            self.logged.add(logged);
            self.aliases.push(label);
        }
        label
    }

    fn add_text(&mut self, text: &str, first_seen: FirstSeen) -> u32 {
        if let Some(label) = self.texts.get(text.as_bytes()) {
            let known = &mut self.labels[label as usize];
            known.first_seen = known.first_seen.min(first_seen);
            return label;
        }
        if self.texts.len() < self.limit && self.text_bytes < TEXT_BYTES {
            self.texts.add(text.as_bytes());
            self.text_bytes += text.len();
            // Numbers of texts and labels differ by one once the remainder exists, and no text is added from then on.
            return self.push(text, first_seen);
        }
        match self.rest {
            Some(rest) => rest,
            None => self.rest_label(),
        }
    }

    fn push(&mut self, text: &str, first_seen: FirstSeen) -> u32 {
        self.bytes += LABEL_BYTES + text.len();
        self.labels.push(Label { text: text.to_owned(), first_seen, groups: [None, None] });
        self.labels.len() as u32 - 1
    }

    /// Adds a group's samples. Call [`Labels::pack`] before any query.
    pub(super) fn add(&mut self, group: GroupId, cells: &[&HotCell], summing: &mut Summing) {
        let precision = self.precision;
        let mut into = self.take_group(group);
        let waited = into.times.waits() || into.failed.waits();
        cells.iter().for_each(|cell| into.tally.merge(&cell.tally));
        into.times.add(cells.iter().map(|cell| &*cell.elapsed_ms), precision, summing);
        into.failed.add(cells.iter().map(|cell| &*cell.failed_ms), precision, summing);
        if !waited && (into.times.waits() || into.failed.waits()) {
            self.late.push(group);
        }
        self.put_group(group, into);
    }

    /// Packs what waited for it.
    pub(super) fn pack(&mut self, summing: &mut Summing) {
        for group in std::mem::take(&mut self.late) {
            let mut into = self.take_group(group);
            into.times.pack(self.precision, summing);
            into.failed.pack(self.precision, summing);
            self.put_group(group, into);
        }
    }

    /// A group's place in its label.
    fn group_mut(&mut self, group: GroupId) -> &mut Option<Box<Group>> {
        &mut self.labels[group as usize / KINDS].groups[group as usize % KINDS]
    }

    /// Takes a group out to change it; the caller puts it back.
    fn take_group(&mut self, group: GroupId) -> Box<Group> {
        let known = self.group_mut(group).take();
        self.bytes -= known.as_ref().map_or(0, |group| group.bytes());
        known.unwrap_or_default()
    }

    fn put_group(&mut self, group: GroupId, changed: Box<Group>) {
        self.bytes += changed.bytes();
        *self.group_mut(group) = Some(changed);
    }

    /// Rounds response times if there are more bytes than that.
    pub(super) fn keep_to(&mut self, bytes: usize, summing: &mut Summing) {
        if self.bytes > bytes && self.precision == Precision::Exact {
            self.round(summing);
        }
    }

    #[cold]
    fn round(&mut self, summing: &mut Summing) {
        self.precision = Precision::Steps;
        self.late.clear();
        for group in 0..(self.labels.len() * KINDS) as GroupId {
            if self.group_mut(group).is_some() {
                let mut into = self.take_group(group);
                into.times.round(summing);
                into.failed.round(summing);
                self.put_group(group, into);
            }
        }
    }

    /// Whether response times are rounded because memory did not suffice for all of them.
    pub(super) fn is_rounding(&self) -> bool {
        self.precision == Precision::Steps
    }

    /// Adds another's labels and statistics, all of them packed; returns their labels' numbers here.
    pub(super) fn merge(&mut self, mut other: Self, summing: &mut Summing) -> Vec<u32> {
        match (self.precision, other.precision) {
            (Precision::Exact, Precision::Steps) => self.round(summing),
            (Precision::Steps, Precision::Exact) => other.round(summing),
            (Precision::Exact, Precision::Exact) | (Precision::Steps, Precision::Steps) => {}
        }
        let rest = other.rest;
        let labels = (0..).zip(other.labels);
        labels
            .map(|(theirs, label)| {
                let ours = match rest {
                    Some(rest) if rest == theirs => self.rest_label(),
                    _ => self.add_text(&label.text, label.first_seen),
                };
                for (kind, group) in Kind::ALL.into_iter().zip(label.groups) {
                    if let Some(group) = group {
                        let id = group_id(ours, kind);
                        let mut into = self.take_group(id);
                        into.merge(*group, summing);
                        self.put_group(id, into);
                    }
                }
                ours
            })
            .collect()
    }

    fn rest_label(&mut self) -> u32 {
        match self.rest {
            Some(rest) => rest,
            None => {
                let rest = self.push(Settings::OTHER_LABELS, (u32::MAX, u64::MAX));
                self.rest = Some(rest);
                // The remainder must be the last: no label may be added after it.
                self.limit = self.texts.len();
                rest
            }
        }
    }

    /// Labels with their numbers in order of first appearance, the remainder last.
    pub(super) fn in_order(&self) -> Vec<(u32, &Label)> {
        let mut all: Vec<(u32, &Label)> = (0..).zip(&self.labels).collect();
        all.sort_by_key(|(number, label)| (label.first_seen, *number));
        all
    }

    pub(super) fn text(&self, label: u32) -> &str {
        &self.labels[label as usize].text
    }

    /// Whether there are more labels than the limits allow. Which labels are then counted separately depends on the
    /// order of the samples.
    pub(super) fn has_rest(&self) -> bool {
        self.rest.is_some()
    }

    /// Samples that were counted under the remainder.
    pub(super) fn folded(&self) -> u64 {
        self.rest.map_or(0, |rest| self.labels[rest as usize].samples())
    }

    /// Whether there is any row of a kind.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.labels.iter().any(|label| label.group(kind).is_some_and(|group| group.tally.samples > 0))
    }

    /// The sums of all rows, of every kind.
    pub(super) fn tally(&self) -> Tally {
        let mut sums = Tally::default();
        for group in self.labels.iter().flat_map(|label| label.groups.iter().flatten()) {
            sums.merge(&group.tally);
        }
        sums
    }

    /// Bytes of all labels.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Samples of a kind, and how many labels have any.
    pub(super) fn count(&self, kind: Kind) -> (u64, usize) {
        let groups = self.labels.iter().filter_map(|label| label.group(kind)).filter(|group| group.tally.samples > 0);
        groups.fold((0, 0), |(samples, labels), group| (samples + group.tally.samples, labels + 1))
    }

    /// The statistics over all labels' rows of a kind.
    pub(super) fn total(&self, kind: Kind, summing: &mut Summing) -> Group {
        added_up(self.labels.iter().filter_map(|label| label.group(kind)), summing)
    }

    /// The statistics over all rows of the labels with these names, and the kind of those rows; `None`: no sample has such a label.
    pub(super) fn together(&self, names: &[String], summing: &mut Summing) -> Option<(EntryKind, Group)> {
        let named = || self.labels.iter().filter(|label| label.samples() > 0 && names.contains(&label.text));
        let kinds = named().map(Label::kind);
        let kind = kinds.reduce(|one, other| if one == other { one } else { EntryKind::Mixed })?;
        Some((kind, added_up(named().flat_map(|label| label.groups.iter().flatten().map(Box::as_ref)), summing)))
    }
}

/// Groups as one.
fn added_up<'a>(groups: impl Iterator<Item = &'a Group> + Clone, summing: &mut Summing) -> Group {
    let mut tally = Tally::default();
    groups.clone().for_each(|group| tally.merge(&group.tally));
    groups.clone().for_each(|group| group.times.add_to(summing));
    let times = Times::of(summing);
    groups.for_each(|group| group.failed.add_to(summing));
    Group { tally, times, failed: Times::of(summing) }
}

#[inline]
pub(super) fn group_id(label: u32, kind: Kind) -> GroupId {
    label * KINDS as u32 + kind as u32
}
