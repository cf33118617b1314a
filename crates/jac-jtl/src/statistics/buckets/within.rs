//! The cells of a time range.

use super::cell::{Cell, Sums};
use super::{Bucket, Buckets};
use crate::statistics::kind::{KINDS, Kind};
use crate::statistics::summing::Summing;
use std::ops::Range;

/// Cells of several buckets, in the order of their groups.
pub(in crate::statistics) struct Within<'a>(Vec<&'a Cell>);

impl Buckets {
    /// The cells of all buckets that overlap this time. `outside`: there are buckets before the log's time.
    pub(in crate::statistics) fn cells_within(&self, time_ms: &Range<i64>, outside: bool) -> Within<'_> {
        let mut cells: Vec<&Cell> = self.within(time_ms, outside).flat_map(|(_, bucket)| &bucket.cells).collect();
        cells.sort_by_key(|cell| cell.group);
        Within(cells)
    }

    /// The time covered by the buckets of this range, including empty ones, limited to the time between the first and the last
    /// bucket overall; `None`: outside of it.
    pub(in crate::statistics) fn covered(&self, time_ms: &Range<i64>, outside: bool) -> Option<Range<i64>> {
        let width = self.width_ms() as i64;
        let mut starts = self.of_time(outside).map(|(start, _)| *start);
        let first = starts.next()?;
        let end = starts.next_back().unwrap_or(first) + width;
        let (from, to) = (time_ms.start.max(first), time_ms.end.min(end));
        // The ends are those of complete buckets.
        (from < to).then(|| from.div_euclid(width) * width..(to - 1).div_euclid(width) * width + width)
    }

    fn within(&self, time_ms: &Range<i64>, outside: bool) -> impl Iterator<Item = (i64, &Bucket)> {
        let (time_ms, width) = (time_ms.clone(), self.width_ms() as i64);
        let started = self.of_time(outside).map(|(start, bucket)| (*start, bucket));
        let begun = started.skip_while(move |(start, _)| start + width <= time_ms.start);
        begun.take_while(move |(start, _)| *start < time_ms.end)
    }
}

impl Within<'_> {
    /// Adds up the selected cells of the labels' rows: their response times go into `summing`.
    pub(in crate::statistics) fn add_up(&self, is_selected: impl Fn(u32, Kind) -> bool, summing: &mut Summing) -> Sums {
        let mut sums = Sums::default();
        for cells in self.0.chunk_by(|one, other| one.group == other.group) {
            let group = cells[0].group as usize;
            if is_selected((group / KINDS) as u32, Kind::ALL[group % KINDS]) {
                cells.iter().for_each(|cell| sums.merge(&cell.add_to(summing)));
            }
        }
        sums
    }

    /// The same for all rows of a label.
    pub(in crate::statistics) fn of_label(&self, label: u32, summing: &mut Summing) -> Sums {
        let kinds = KINDS as u32;
        let first = self.0.partition_point(|cell| cell.group / kinds < label);
        let after = self.0.partition_point(|cell| cell.group / kinds <= label);
        let mut sums = Sums::default();
        self.0[first..after].iter().for_each(|cell| sums.merge(&cell.add_to(summing)));
        sums
    }
}
