//! Adds up response times and their counts, in a table that is reused: they are added in any order and returned rising.
//!
//! Merging sets one after the other would process all previous values each time; here every value is processed once.

use super::packed::{pack, write_number};
use crate::steps::Steps;

/// Values below this have a place in the table; longer ones are sorted.
const TABLE: u32 = 1 << 16;
/// Number of counts that wait before they are put into the table: a smaller number of scattered counts is sorted
/// instead.
const WAITING: usize = 256;
/// Fewer values than this always wait.
const FEW: usize = 16;
/// Values are scattered if there are fewer than one per this many places of the table.
const APART: usize = 16;
/// Places of the table that are skipped together if all are empty.
const GROUP: usize = 8;

/// Counts that are being added up.
#[derive(Debug, Clone, Default)]
pub(super) struct Summing {
    waiting: Vec<(u32, u64)>,
    table: Vec<u64>,
    /// The table is empty outside of `from..to`.
    from: u32,
    to: u32,
    long: Vec<(u32, u64)>,
    sums: Vec<(u32, u64)>,
    bytes: Vec<u8>,
    steps: Vec<u32>,
}

impl Summing {
    /// Adds counts in any order, at most this many.
    #[inline]
    pub(super) fn add(&mut self, counts: impl Iterator<Item = (u32, u64)>, at_most: usize) {
        if self.waiting.len() + at_most <= WAITING {
            self.waiting.extend(counts);
        } else {
            self.put_waiting();
            self.put(counts);
        }
    }

    /// Adds single values.
    pub(super) fn add_values(&mut self, values: &[u32]) {
        let (min, max) = values.iter().fold((u32::MAX, 0), |(min, max), value| (min.min(*value), max.max(*value)));
        if max >= TABLE || values.len() < FEW || (max - min) as usize / APART > values.len() {
            self.add(values.iter().map(|value| (*value, 1)), values.len());
            return;
        }
        self.make_table();
        self.reach(min, max);
        for value in values {
            self.table[*value as usize % TABLE as usize] += 1;
        }
    }

    /// Adds the steps of single values.
    pub(super) fn add_steps(&mut self, values: &[u32], steps: Steps) {
        let mut room = std::mem::take(&mut self.steps);
        room.clear();
        room.extend(values.iter().map(|value| steps.step_of(*value)));
        self.add_values(&room);
        self.steps = room;
    }

    /// The sums, rising by value; the table is empty afterwards.
    pub(super) fn take(&mut self) -> &[(u32, u64)] {
        if self.to == 0 && self.waiting_lie_apart() {
            self.long.append(&mut self.waiting);
        } else {
            self.put_waiting();
        }
        self.sums.clear();
        if self.to > 0 {
            drain(&mut self.table[self.from as usize..self.to as usize], self.from, &mut self.sums);
            self.to = 0;
        }
        self.long.sort_by_key(|(value, _)| *value);
        for same in self.long.chunk_by(|a, b| a.0 == b.0) {
            self.sums.push((same[0].0, same.iter().map(|(_, count)| count).sum()));
        }
        self.long.clear();
        &self.sums
    }

    /// The same, packed after some numbers.
    pub(super) fn pack_behind(&mut self, numbers: &[u64]) -> Box<[u8]> {
        self.take();
        self.bytes.clear();
        for number in numbers {
            write_number(&mut self.bytes, *number);
        }
        pack(&self.sums, &mut self.bytes);
        self.bytes.as_slice().into()
    }

    /// Whether looking up the waiting values in the table would take longer than sorting them.
    fn waiting_lie_apart(&self) -> bool {
        let values = || self.waiting.iter().map(|(value, _)| *value);
        let (Some(min), Some(max)) = (values().min(), values().max()) else { return true };
        (max - min) as usize / APART >= self.waiting.len()
    }

    fn put_waiting(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.put(waiting.drain(..));
        self.waiting = waiting;
    }

    #[inline]
    fn put(&mut self, counts: impl Iterator<Item = (u32, u64)>) {
        let (mut min, mut max) = (TABLE, 0);
        self.make_table();
        for (value, count) in counts {
            if let Some(place) = self.table.get_mut(value as usize) {
                *place += count;
                min = min.min(value);
                max = max.max(value);
            } else {
                self.long.push((value, count));
            }
        }
        if min < TABLE {
            self.reach(min, max);
        }
    }

    fn make_table(&mut self) {
        if self.table.is_empty() {
            self.table.resize(TABLE as usize, 0);
        }
    }

    /// Values from `min` to `max` are in the table.
    fn reach(&mut self, min: u32, max: u32) {
        self.from = if self.to == 0 { min } else { self.from.min(min) };
        self.to = self.to.max(max + 1);
    }
}

/// Moves the counts of a table, whose first place represents `first`, to the end of `into`; the table is empty
/// afterwards.
fn drain(table: &mut [u64], first: u32, into: &mut Vec<(u32, u64)>) {
    let (groups, rest) = table.as_chunks_mut::<GROUP>();
    let mut value = first;
    for group in groups {
        // Most of a table represents times that did not occur.
        if *group != [0; GROUP] {
            // Which ones occurred is unpredictable, so all are written, and those without a count are overwritten.
            let (mut found, mut filled) = ([(0, 0); GROUP], 0);
            for (value, count) in (value..).zip(&*group) {
                found[filled % GROUP] = (value, *count);
                filled += usize::from(*count > 0);
            }
            into.extend_from_slice(&found[..filled]);
            *group = [0; GROUP];
        }
        value += GROUP as u32;
    }
    for (value, count) in (value..).zip(rest) {
        if *count > 0 {
            into.push((value, std::mem::take(count)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Summing, TABLE};
    use std::collections::BTreeMap;

    #[test]
    fn sums_are_those_of_a_map_and_nothing_stays_for_the_next() {
        let mut summing = Summing::default();
        let mut state = 5_u64;
        for round in 0..60_u64 {
            let mut expected = BTreeMap::new();
            for _ in 0..round % 7 {
                let counts: Vec<(u32, u64)> = (0..round * 5)
                    .map(|_| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                        let limit = if state >> 63 == 0 { 100 } else { 2 * u64::from(TABLE) };
                        (((state >> 20) % limit) as u32, (state >> 40) + 1)
                    })
                    .collect();
                for (value, count) in &counts {
                    *expected.entry(*value).or_insert(0) += count;
                }
                summing.add(counts.iter().copied(), counts.len());
            }
            assert_eq!(summing.take(), expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_greatest_and_the_least_value_have_their_places() {
        let mut summing = Summing::default();
        let all = [(0, 1), (TABLE - 1, 2), (TABLE, 3), (u32::MAX, 4)];
        for at_most in [4, 1_000] {
            summing.add(all.into_iter(), at_most);
            summing.add(std::iter::empty(), at_most);
            summing.add([(0, 1), (u32::MAX, 1)].into_iter(), at_most);
            assert_eq!(summing.take(), [(0, 2), (TABLE - 1, 2), (TABLE, 3), (u32::MAX, 5)]);
            assert_eq!(summing.take(), []);
        }
    }
}
