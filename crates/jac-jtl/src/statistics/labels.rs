//! The labels in order of first appearance, each with its statistics.

use super::counts::Counts;
use super::interner::Interner;
use super::kind::{KINDS, Kind};
use super::tally::Tally;
use crate::Settings;

/// One label's rows of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Group {
    pub(super) tally: Tally,
    pub(super) counts: Counts,
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

    pub(super) fn samples(&self) -> u64 {
        self.groups.iter().flatten().map(|group| group.tally.samples).sum()
    }

    /// Are all its rows transactions?
    pub(super) fn is_transaction(&self) -> bool {
        self.group(Kind::Transaction).is_some() && self.group(Kind::Request).is_none()
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
        if Some(label) != self.rest && self.logged.len() < 2 * self.limit {
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
        if self.texts.len() < self.limit {
            self.texts.add(text.as_bytes());
            // Numbers of texts and labels differ by one once the remainder exists, and no text is added from then on.
            return self.push(text, first_seen);
        }
        match self.rest {
            Some(rest) => rest,
            None => {
                let rest = self.push(Settings::OTHER_LABELS, (u32::MAX, u64::MAX));
                self.rest = Some(rest);
                rest
            }
        }
    }

    fn push(&mut self, text: &str, first_seen: FirstSeen) -> u32 {
        self.labels.push(Label { text: text.to_owned(), first_seen, groups: [None, None] });
        self.labels.len() as u32 - 1
    }

    pub(super) fn group_mut(&mut self, group: GroupId) -> &mut Group {
        self.labels[group as usize / KINDS].groups[group as usize % KINDS].get_or_insert_default()
    }

    /// Adds another's labels and statistics; returns their labels' numbers here.
    pub(super) fn merge(&mut self, other: &Self) -> Vec<u32> {
        other
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
                        let into = self.group_mut(group_id(ours, kind));
                        into.tally.merge(&group.tally);
                        into.counts.merge(&group.counts);
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

    /// The statistics over all labels' rows of a kind.
    pub(super) fn total(&self, kind: Kind) -> Group {
        let mut total = Group::default();
        for group in self.labels.iter().filter_map(|label| label.group(kind)) {
            total.tally.merge(&group.tally);
            total.counts.merge(&group.counts);
        }
        total
    }
}

#[inline]
pub(super) fn group_id(label: u32, kind: Kind) -> GroupId {
    label * KINDS as u32 + kind as u32
}
