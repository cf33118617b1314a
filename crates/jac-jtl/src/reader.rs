//! The reader: bytes of a result log in, samples out, resumable at any byte.
//!
//! It owns the dialects: it detects whether the log is CSV or XML, its header, delimiter and format of time stamps. A
//! row that cannot be read is counted with its position and reason and never stops the reading.

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
#[cfg(target_arch = "x86_64")]
mod vector;
mod xml;

pub use layout::Layout;
pub use rejects::{ReadOutcome, Rejected};
pub use scan::{count_rows, whole_rows};

use crate::{Settings, TakeSample};
use csv::CsvReader;
use xml::XmlReader;

/// Reads one log. Feed it the log's bytes in order, in pieces of any size, then call [`LogReader::finish`].
#[derive(Debug, Clone)]
pub struct LogReader {
    settings: Settings,
    format: Format,
}

#[derive(Debug, Clone)]
enum Format {
    /// Only blanks and a byte order mark so far: these.
    Unknown(Vec<u8>),
    Csv(Box<CsvReader>),
    Xml(Box<XmlReader>),
}

/// An XML document does not start with more blanks than this.
const BLANKS: usize = 4 << 10;

impl LogReader {
    /// A reader at the start of a log.
    pub fn new(settings: &Settings) -> Self {
        Self { settings: settings.clone(), format: Format::Unknown(Vec::new()) }
    }

    /// A reader in the middle of a CSV log, at a byte where a row begins. Its lines are counted from there.
    pub fn continued(settings: &Settings, layout: &Layout, position: u64) -> Self {
        let csv = CsvReader::continued(settings, layout, position);
        Self { settings: settings.clone(), format: Format::Csv(Box::new(csv)) }
    }

    /// The layout of the rows, once known; never for XML.
    pub fn layout(&self) -> Option<Layout> {
        match &self.format {
            Format::Csv(csv) => csv.layout(),
            Format::Unknown(_) | Format::Xml(_) => None,
        }
    }

    /// Whether it has read up to the end of a row, and rows have this layout.
    pub fn is_between_rows(&self, layout: &Layout) -> bool {
        matches!(&self.format, Format::Csv(csv) if csv.is_between_rows(layout))
    }

    /// Reads the next piece of the log and passes every complete sample to `sink`.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut impl TakeSample) {
        match &mut self.format {
            Format::Csv(csv) => csv.feed(bytes, sink),
            Format::Xml(xml) => xml.feed(bytes, sink),
            Format::Unknown(blanks) => {
                blanks.extend_from_slice(bytes);
                let begun = std::mem::take(blanks);
                match first_byte(&begun) {
                    None if begun.len() < BLANKS => self.format = Format::Unknown(begun),
                    first => self.begin(first, &begun, sink),
                }
            }
        }
    }

    /// Marks the end of the log: a last row without a line end is read, a truncated one is counted as rejected.
    pub fn finish(&mut self, sink: &mut impl TakeSample) {
        if let Format::Unknown(blanks) = &mut self.format {
            let begun = std::mem::take(blanks);
            self.begin(None, &begun, sink);
        }
        match &mut self.format {
            Format::Csv(csv) => csv.finish(sink),
            Format::Xml(xml) => xml.finish(),
            Format::Unknown(_) => {}
        }
    }

    /// The outcome of the reading so far, apart from the samples.
    pub fn outcome(&self) -> ReadOutcome {
        match &self.format {
            Format::Csv(csv) => csv.outcome(),
            Format::Xml(xml) => xml.outcome(),
            Format::Unknown(blanks) => ReadOutcome { bytes: blanks.len() as u64, ..ReadOutcome::default() },
        }
    }

    fn begin(&mut self, first: Option<u8>, bytes: &[u8], sink: &mut impl TakeSample) {
        self.format = if first == Some(b'<') {
            let mut xml = XmlReader::new(&self.settings);
            xml.feed(bytes, sink);
            Format::Xml(Box::new(xml))
        } else {
            let mut csv = CsvReader::new(&self.settings);
            csv.feed(bytes, sink);
            Format::Csv(Box::new(csv))
        };
    }
}

/// The first byte that is neither white space nor part of a byte order mark.
fn first_byte(bytes: &[u8]) -> Option<u8> {
    bytes.iter().copied().find(|byte| !byte.is_ascii_whitespace() && ![0xEF, 0xBB, 0xBF].contains(byte))
}
