//! The reader: bytes of a result log in, samples out, resumable at any byte.
//!
//! It owns the dialects: it finds the header, the delimiter and the form of the time stamps by itself. A row that cannot
//! be read is counted with its place and reason and never ends the reading.

mod columns;
mod csv;
mod fast;
mod index;
mod layout;
mod masks;
mod number;
mod rejects;
mod row;
mod scan;
mod timestamp;

pub use layout::Layout;
pub use rejects::{ReadOutcome, Rejected};

use crate::{Sample, Settings};
use csv::CsvReader;

/// Reads one log. Feed it the log's bytes in order, in pieces of any size, then call [`LogReader::finish`].
#[derive(Debug, Clone)]
pub struct LogReader {
    csv: CsvReader,
}

impl LogReader {
    /// A reader at the start of a log.
    pub fn new(settings: &Settings) -> Self {
        Self { csv: CsvReader::new(settings) }
    }

    /// A reader in the middle of a log, at a byte where a row begins. Its lines are counted from there.
    pub fn continued(settings: &Settings, layout: &Layout, position: u64) -> Self {
        Self { csv: CsvReader::continued(settings, layout, position) }
    }

    /// How the rows are laid out, once that is known.
    pub fn layout(&self) -> Option<Layout> {
        self.csv.layout()
    }

    /// Has it read up to the end of a row, and are rows laid out like this?
    pub fn is_between_rows(&self, layout: &Layout) -> bool {
        self.csv.is_between_rows(layout)
    }

    /// Takes the next piece of the log and hands every sample that is complete now to `sink`.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut impl FnMut(&Sample<'_>)) {
        self.csv.feed(bytes, sink);
    }

    /// Says that the log ends here: a last row without a line end is read, a cut one is counted as rejected.
    pub fn finish(&mut self, sink: &mut impl FnMut(&Sample<'_>)) {
        self.csv.finish(sink);
    }

    /// What has been read so far besides the samples.
    pub fn outcome(&self) -> ReadOutcome {
        self.csv.outcome()
    }
}
