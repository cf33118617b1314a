//! From response times as they came to counts in rising order.

/// Times below this may be counted in a table.
const TABLE: usize = 1 << 16;

/// Places of the table that are passed over together where all are empty.
const GROUP: usize = 8;

/// Counts many small numbers with memory that is used again and again.
#[derive(Debug, Clone, Default)]
pub(super) struct Counting {
    table: Vec<u32>,
    counts: Vec<(u32, u64)>,
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
        for (at, group) in (0..).zip(table.chunks_mut(GROUP)) {
            // Most of a table stands for times that did not occur.
            if group.iter().fold(0, |any, count| any | count) == 0 {
                continue;
            }
            for (offset, count) in (at * GROUP as u32..).zip(group) {
                if *count > 0 {
                    self.counts.push((min + offset, u64::from(*count)));
                    *count = 0;
                }
            }
        }
    }

    fn by_order(&mut self, values: &mut [u32]) {
        values.sort_unstable();
        for run in values.chunk_by(|a, b| a == b) {
            self.counts.push((run[0], run.len() as u64));
        }
    }
}
