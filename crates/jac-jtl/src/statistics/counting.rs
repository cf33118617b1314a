//! From response times as they came to counts in rising order.

/// Times below this may be counted in a table.
const TABLE: usize = 1 << 16;

/// Places of a table that are passed over together where all are empty.
const GROUP: usize = 8;

/// Counts many small numbers with memory that is used again and again.
#[derive(Debug, Clone, Default)]
pub(super) struct Counting {
    table: Vec<u32>,
    counts: Vec<(u32, u64)>,
}

/// Moves the counts of a table, whose first place stands for `first`, behind what is in `into`; the table is empty then.
pub(super) fn drain_table<C: Copy + Default + PartialEq + Into<u64>>(
    table: &mut [C],
    first: u32,
    into: &mut Vec<(u32, u64)>,
) {
    let nothing = C::default();
    let (groups, rest) = table.as_chunks_mut::<GROUP>();
    // The first place of a group; the last place may stand for the greatest value that there is.
    let mut at = 0;
    for group in groups {
        // Most of a table stands for times that did not occur.
        if *group != [nothing; GROUP] {
            // Which occurred nobody can predict, so all are written, and those without a count are overwritten.
            let mut found = [(0, 0); GROUP];
            let mut filled = 0;
            for (offset, count) in (at..).zip(&*group) {
                found[filled % GROUP] = (first + offset, (*count).into());
                filled += usize::from(*count != nothing);
            }
            into.extend_from_slice(&found[..filled]);
            *group = [nothing; GROUP];
        }
        at += GROUP as u32;
    }
    for (offset, count) in (at..).zip(rest) {
        if *count != nothing {
            into.push((first + offset, (*count).into()));
            *count = nothing;
        }
    }
}

impl Counting {
    /// How often each value occurs, rising by value. The values may be reordered.
    pub(super) fn count(&mut self, values: &mut [u32]) -> &[(u32, u64)] {
        self.counts.clear();
        let Some(max) = values.iter().copied().max() else {
            return &self.counts;
        };
        let min = values.iter().copied().min().unwrap_or(0);
        let span = (max - min) as usize + 1;
        if span <= TABLE && span / 16 <= values.len() {
            self.by_table(values, min, span);
        } else {
            self.by_order(values);
        }
        &self.counts
    }

    fn by_table(&mut self, values: &[u32], min: u32, span: usize) {
        if self.table.len() < span {
            self.table.resize(span, 0);
        }
        let table = &mut self.table[..span];
        for value in values {
            table[(value - min) as usize] += 1;
        }
        drain_table(table, min, &mut self.counts);
    }

    fn by_order(&mut self, values: &mut [u32]) {
        values.sort_unstable();
        for run in values.chunk_by(|a, b| a == b) {
            self.counts.push((run[0], run.len() as u64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counting;

    #[test]
    fn values_up_to_the_greatest_are_counted_in_order() {
        let mut counting = Counting::default();
        assert_eq!(counting.count(&mut [u32::MAX]), [(u32::MAX, 1)]);
        for first in [0, 1_000, u32::MAX - 20] {
            for length in 1..20 {
                let mut values: Vec<u32> =
                    (0..length).flat_map(|value| vec![first + value; value as usize % 3]).collect();
                let expected: Vec<(u32, u64)> = (0..length)
                    .filter(|value| value % 3 > 0)
                    .map(|value| (first + value, u64::from(value % 3)))
                    .collect();
                values.reverse();
                assert_eq!(counting.count(&mut values), expected);
            }
        }
    }
}
