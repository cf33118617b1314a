//! The labels in order of first appearance, each with its statistics.

use super::counts::{Counts, rounded};
use super::interner::Interner;
use super::kind::{KINDS, Kind};
use super::tally::Tally;
use crate::{EntryKind, Settings};
use std::borrow::Cow;

/// Bytes of packed counts from which on pages are quicker.
const SPREAD_OUT_FROM: usize = 512;
/// How many groups may have their counts in pages, which take a megabyte at most: the busiest come first.
const SPREAD_OUT: usize = 128;
/// All labels' texts together; a label that comes after that is counted with the remainder.
const TEXT_BYTES: usize = 32 << 20;

/// One label's rows of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Group {
    pub(super) tally: Tally,
    /// Response times.
    pub(super) counts: Counts,
    /// Those of failures.
    pub(super) failed: Counts,
}

impl Group {
    fn merge(&mut self, other: &Self) {
        self.tally.merge(&other.tally);
        self.counts.merge(&other.counts);
        self.failed.merge(&other.failed);
    }

    fn memory(&self) -> usize {
        self.counts.memory() + self.failed.memory()
    }
}

/// Names a label's rows of one kind: label number * 2 + kind.
pub(super) type GroupId = u32;

/// Where in all the logs a label was first seen: source, then byte.
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
                let mut both = Group::default();
                for group in groups.iter().flatten() {
                    both.merge(group);
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

    /// What its rows are. A label without any is that of an empty transaction.
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
    /// Labels as logged, of which several may mean the same text where they are no valid UTF-8.
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
    /// Bytes that all counts may take before they are rounded, and that they do take, about.
    budget: usize,
    memory: usize,
    /// How many groups have their counts in pages.
    spread_out: usize,
    /// Response times are rounded from now on.
    rounding: bool,
    /// Groups in which something waits to be packed.
    late: Vec<GroupId>,
    room: Vec<u8>,
}

impl Labels {
    pub(super) fn new(limit: usize, budget: usize) -> Self {
        Self {
            logged: Interner::default(),
            aliases: Vec::new(),
            texts: Interner::default(),
            labels: Vec::new(),
            limit,
            rest: None,
            text_bytes: 0,
            budget,
            memory: 0,
            spread_out: 0,
            rounding: false,
            late: Vec::new(),
            room: Vec::new(),
        }
    }

    pub(super) fn set_budget(&mut self, bytes: usize) {
        self.budget = bytes;
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
        self.labels.push(Label { text: text.to_owned(), first_seen, groups: [None, None] });
        self.labels.len() as u32 - 1
    }

    /// Adds what was counted of a group's samples: rising response times, all and failures'. After the last of several
    /// [`Labels::pack_late`] is due.
    pub(super) fn add(&mut self, group: GroupId, tally: &Tally, counts: &[(u32, u64)], failed: &[(u32, u64)]) {
        let mut room = std::mem::take(&mut self.room);
        let rounding = self.rounding;
        let may_spread_out = self.spread_out < SPREAD_OUT;
        let into = self.group_mut(group);
        let before = into.memory();
        let had_pages = into.counts.has_pages();
        into.tally.merge(tally);
        let late = if rounding {
            into.counts.add_late(&rounded(counts.iter().copied()), &mut room)
                | into.failed.add_late(&rounded(failed.iter().copied()), &mut room)
        } else {
            into.counts.add_late(counts, &mut room) | into.failed.add_late(failed, &mut room)
        };
        if may_spread_out && !had_pages && into.counts.memory() > SPREAD_OUT_FROM {
            into.counts.pack_late(&mut room);
            into.counts.spread_out();
        }
        if into.counts.has_pages() && !into.failed.has_pages() && into.failed.memory() > SPREAD_OUT_FROM {
            into.failed.pack_late(&mut room);
            into.failed.spread_out();
        }
        let spread_out = usize::from(into.counts.has_pages() && !had_pages);
        let after = into.memory();
        self.spread_out += spread_out;
        self.memory = self.memory + after - before;
        self.room = room;
        if late {
            self.late.push(group);
        }
        self.keep_to_budget();
    }

    /// Packs what waited for it. Nothing may be looked at before.
    pub(super) fn pack_late(&mut self) {
        let mut room = std::mem::take(&mut self.room);
        for group in std::mem::take(&mut self.late) {
            let into = self.group_mut(group);
            let before = into.memory();
            into.counts.pack_late(&mut room);
            into.failed.pack_late(&mut room);
            let after = into.memory();
            self.memory = self.memory + after - before;
        }
        self.room = room;
        self.keep_to_budget();
    }

    fn group_mut(&mut self, group: GroupId) -> &mut Group {
        self.labels[group as usize / KINDS].groups[group as usize % KINDS].get_or_insert_default()
    }

    fn groups_mut(&mut self) -> impl Iterator<Item = &mut Box<Group>> {
        self.labels.iter_mut().flat_map(|label| label.groups.iter_mut().flatten())
    }

    fn keep_to_budget(&mut self) {
        if self.memory > self.budget && !self.rounding {
            self.round();
        }
    }

    #[cold]
    fn round(&mut self) {
        self.rounding = true;
        let (mut memory, mut room) = (0, Vec::new());
        for group in self.groups_mut() {
            group.counts.pack_late(&mut room);
            group.failed.pack_late(&mut room);
            group.counts.round();
            group.failed.round();
            memory += group.memory();
        }
        self.memory = memory;
    }

    /// Are response times rounded, as there was no memory for all of them?
    pub(super) fn is_rounding(&self) -> bool {
        self.rounding
    }

    /// Adds another's labels and statistics; returns their labels' numbers here.
    pub(super) fn merge(&mut self, other: &Self) -> Vec<u32> {
        if other.rounding && !self.rounding {
            self.round();
        }
        let numbers = other
            .labels
            .iter()
            .enumerate()
            .map(|(theirs, label)| {
                let ours = match other.rest {
                    Some(rest) if rest == theirs as u32 => self.rest_label(),
                    _ => self.add_text(&label.text, label.first_seen),
                };
                for kind in Kind::ALL {
                    if let Some(group) = label.group(kind) {
                        let (counts, failed) =
                            (group.counts.iter().collect::<Vec<_>>(), group.failed.iter().collect::<Vec<_>>());
                        self.add(group_id(ours, kind), &group.tally, &counts, &failed);
                    }
                }
                ours
            })
            .collect();
        self.pack_late();
        numbers
    }

    fn rest_label(&mut self) -> u32 {
        match self.rest {
            Some(rest) => rest,
            None => {
                let rest = self.push(Settings::OTHER_LABELS, (u32::MAX, u64::MAX));
                self.rest = Some(rest);
                // The remainder must be the last: no label may be added behind it.
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

    /// Samples that were counted under the remainder.
    pub(super) fn folded(&self) -> u64 {
        self.rest.map_or(0, |rest| self.labels[rest as usize].samples())
    }

    /// Does any row of a kind exist?
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.labels.iter().any(|label| label.group(kind).is_some_and(|group| group.tally.samples > 0))
    }

    /// All rows' sums, of whatever kind.
    pub(super) fn tally(&self) -> Tally {
        let mut sums = Tally::default();
        for group in self.labels.iter().flat_map(|label| label.groups.iter().flatten()) {
            sums.merge(&group.tally);
        }
        sums
    }

    /// Bytes of all counts, about.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Samples of a kind, and how many labels have any.
    pub(super) fn count(&self, kind: Kind) -> (u64, usize) {
        let groups = self.labels.iter().filter_map(|label| label.group(kind)).filter(|group| group.tally.samples > 0);
        groups.fold((0, 0), |(samples, labels), group| (samples + group.tally.samples, labels + 1))
    }

    /// The statistics over all labels' rows of a kind.
    pub(super) fn total(&self, kind: Kind) -> Group {
        let mut total = Group { counts: Counts::with_pages(), ..Group::default() };
        for group in self.labels.iter().filter_map(|label| label.group(kind)) {
            total.merge(group);
        }
        total
    }
}

#[inline]
pub(super) fn group_id(label: u32, kind: Kind) -> GroupId {
    label * KINDS as u32 + kind as u32
}

#[cfg(test)]
mod tests {
    use super::{Kind, Labels, SPREAD_OUT, group_id};
    use crate::statistics::tally::Tally;

    #[test]
    fn the_busiest_groups_are_spread_out_and_the_others_stay_packed() {
        let mut labels = Labels::new(1_000, 256 << 20);
        let (counts, failed): (Vec<_>, Vec<_>) = (0..2_000).map(|ms| ((ms, 1), (ms * 3, 1))).unzip();
        let spread_out = |labels: &Labels, label: usize| {
            let group = labels.labels[label].group(Kind::Request).expect("a group");
            (group.counts.has_pages(), group.failed.has_pages())
        };
        for label in 0..SPREAD_OUT as u32 + 5 {
            labels.number(format!("label {label}").as_bytes(), (0, u64::from(label)));
            labels.add(group_id(label, Kind::Request), &Tally::default(), &counts, &failed);
        }
        labels.pack_late();
        assert_eq!(spread_out(&labels, 0), (true, true));
        assert_eq!(spread_out(&labels, SPREAD_OUT + 1), (false, false));
        assert_eq!(
            labels.total(Kind::Request).counts.iter().map(|(_, count)| count).sum::<u64>(),
            2_000 * (SPREAD_OUT as u64 + 5)
        );
    }
}
