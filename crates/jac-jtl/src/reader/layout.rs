//! The information needed to start reading in the middle of a log: its columns, and where a row begins.

use super::columns::Columns;
use super::rejects::Lost;
use super::row::{FieldEnds, split_row};
use super::scan::{RowScan, Scanned};
use crate::Settings;
use memchr::memchr_iter;

/// The layout of a log's rows; known once a reader has seen the header, or the first row if there is no header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub(super) columns: Columns,
}

impl Layout {
    /// Finds a position in the middle of a log at which a row seems to begin: after a line end, if the following text
    /// can be read as a row.
    ///
    /// It may be wrong, because a quoted field may contain lines that look like rows. A caller that splits a log there
    /// must check that the reader of the previous part
    /// [`LogReader::is_between_rows`](crate::LogReader::is_between_rows) at its end; if it is not, the log has to be
    /// read in one piece.
    pub fn find_row(&self, bytes: &[u8], settings: &Settings) -> Option<usize> {
        let mut split = FieldEnds::default();
        memchr_iter(b'\n', bytes).map(|end| end + 1).find(|start| {
            let rest = &bytes[*start..];
            let Scanned::Row(length) = RowScan::default().scan(rest, self.columns.delimiter) else { return false };
            split_row(&rest[..length], self.columns.delimiter, &mut split).is_ok()
                && Some(split.count()) == self.columns.count
                && split.as_row().sample(&self.columns, settings, 0, &mut Lost::default()).is_ok()
        })
    }
}
