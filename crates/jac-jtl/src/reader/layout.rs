//! What has to be known to read on in the middle of a log: its columns, and where a row begins.

use super::columns::Columns;
use super::rejects::Lost;
use super::row::{FieldEnds, split_row};
use super::scan::{RowScan, Scanned};
use crate::Settings;
use memchr::memchr_iter;

/// How the rows of a log are laid out; known once a reader has seen the header, or the first row where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub(super) columns: Columns,
}

impl Layout {
    /// Finds a place in the middle of a log at which a row seems to begin: behind a line end, and what follows can be
    /// read as a row.
    ///
    /// It may be wrong, as a quoted field may hold lines that look like rows. Whoever splits a log there has to see that
    /// the reader of the part before [`LogReader::is_between_rows`](crate::LogReader::is_between_rows) at its end; then it
    /// is right, and otherwise the log has to be read in one piece.
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
