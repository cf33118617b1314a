//! Several sets of counts added up into one, in a table that is used again and again.
//!
//! Merging sets one after the other costs as much as all of them for each; here every value is touched once.

use super::counting::drain_table;

/// Values below this have a place in the table; longer ones are put in order.
const TABLE: u32 = 1 << 16;

/// Counts that are being added up.
#[derive(Debug, Clone, Default)]
pub(super) struct Summing {
    table: Vec<u64>,
    /// The table is empty outside of `from..to`.
    from: u32,
    to: u32,
    long: Vec<(u32, u64)>,
}

impl Summing {
    /// Adds counts, in any order.
    pub(super) fn add(&mut self, counts: impl Iterator<Item = (u32, u64)>) {
        if self.table.is_empty() {
            self.table.resize(TABLE as usize, 0);
        }
        let (mut from, mut to) = if self.to == 0 { (TABLE, 0) } else { (self.from, self.to) };
        for (value, count) in counts {
            if let Some(place) = self.table.get_mut(value as usize) {
                *place += count;
                from = from.min(value);
                to = to.max(value + 1);
            } else {
                self.long.push((value, count));
            }
        }
        (self.from, self.to) = (from, to);
    }

    /// Moves the sums behind what is in `into`, rising by value; nothing is left here.
    pub(super) fn take(&mut self, into: &mut Vec<(u32, u64)>) {
        if self.to > 0 {
            drain_table(&mut self.table[self.from as usize..self.to as usize], self.from, into);
        }
        (self.from, self.to) = (0, 0);
        self.long.sort_unstable_by_key(|(value, _)| *value);
        for same in self.long.chunk_by(|a, b| a.0 == b.0) {
            into.push((same[0].0, same.iter().map(|(_, count)| count).sum()));
        }
        self.long.clear();
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
        for round in 0..50 {
            let mut expected = BTreeMap::new();
            for _ in 0..round % 7 {
                let counts: Vec<(u32, u64)> = (0..round * 3)
                    .map(|_| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                        let limit = if state >> 63 == 0 { 100 } else { 2 * u64::from(TABLE) };
                        (((state >> 20) % limit) as u32, state >> 40)
                    })
                    .collect();
                for (value, count) in &counts {
                    *expected.entry(*value).or_insert(0) += count;
                }
                summing.add(counts.into_iter());
            }
            let mut sums = Vec::new();
            summing.take(&mut sums);
            // A count of zero is the same as no count.
            expected.retain(|_, count| *count > 0);
            assert_eq!(sums.into_iter().filter(|(_, count)| *count > 0).collect::<BTreeMap<_, _>>(), expected);
        }
    }

    #[test]
    fn the_greatest_and_the_least_value_have_their_places() {
        let mut summing = Summing::default();
        let all = [(0, 1), (TABLE - 1, 2), (TABLE, 3), (u32::MAX, 4)];
        summing.add(all.into_iter());
        summing.add(std::iter::empty());
        summing.add([(0, 1), (u32::MAX, 1)].into_iter());
        let mut sums = Vec::new();
        summing.take(&mut sums);
        assert_eq!(sums, [(0, 2), (TABLE - 1, 2), (TABLE, 3), (u32::MAX, 5)]);
        sums.clear();
        summing.take(&mut sums);
        assert!(sums.is_empty());
    }
}
