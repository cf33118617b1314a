//! Splits the rows of a CSV file across workers, and counts them.
//!
//! Rows are distributed round robin: row 1 to part 1, row 2 to part 2, …, so that the parts differ by at most one row
//! and the file's length need not be known. Each part begins with the header line and the byte order mark, if the file
//! has them. Bytes are never changed: line ends stay as they are, also a last line without one.
//!
//! Rows end where JMeter's CSV Data Set ends them: at `\n`, `\r\n` or `\r`. Blank lines are rows (verified: JMeter
//! reads them as rows too). Only with quoted data does a line break inside a quoted field belong to the field, and only
//! a quote at the start of a field opens a quoted one.

use std::convert::Infallible;

/// How to read a CSV file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CsvShape {
    /// The first row is a header: repeated in every part and not counted.
    pub header: bool,
    /// Whether fields may be quoted.
    pub quoting: Quoting,
}

/// Whether quotes have a meaning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Quoting {
    /// A quote is a character like others, and each line is a row.
    #[default]
    Never,
    /// Fields may be quoted with `"`, and then contain line breaks and doubled quotes.
    Quoted {
        /// The byte between fields.
        delimiter: u8,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Before the first byte of a row (of the file, or after a line feed).
    RowStart,
    /// After a carriage return, which a line feed may follow.
    AfterCarriageReturn,
    FieldStart,
    Plain,
    Quoted,
    /// After a quote in a quoted field: its end, or the first of two.
    QuoteInQuoted,
}

/// Finds row starts, a byte at a time.
#[derive(Debug, Clone)]
struct RowScanner {
    quoting: Quoting,
    position: Position,
}

impl RowScanner {
    fn new(quoting: Quoting) -> Self {
        RowScanner { quoting, position: Position::RowStart }
    }

    /// Processes a byte; true if it is the first of a row.
    fn starts_row(&mut self, byte: u8) -> bool {
        let starts = match self.position {
            Position::RowStart => true,
            Position::AfterCarriageReturn if byte == b'\n' => {
                self.position = Position::RowStart;
                return false;
            }
            Position::AfterCarriageReturn => true,
            Position::Quoted => {
                if byte == b'"' {
                    self.position = Position::QuoteInQuoted;
                }
                return false;
            }
            Position::FieldStart | Position::Plain | Position::QuoteInQuoted => false,
        };
        let was_quote = self.position == Position::QuoteInQuoted;
        let field_start = starts || self.position == Position::FieldStart;
        self.position = match (byte, self.quoting) {
            (b'\n', _) => Position::RowStart,
            (b'\r', _) => Position::AfterCarriageReturn,
            (b'"', Quoting::Quoted { .. }) if field_start || was_quote => Position::Quoted,
            (byte, Quoting::Quoted { delimiter }) if byte == delimiter => Position::FieldStart,
            _ => Position::Plain,
        };
        starts
    }
}

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// How many rows each part got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitCounts {
    /// Data rows of each part, without the header.
    pub rows: Vec<u64>,
    /// The file had a first row that was repeated as header.
    pub header: bool,
}

impl SplitCounts {
    /// Data rows in all.
    pub fn total(&self) -> u64 {
        self.rows.iter().sum()
    }
}

/// Splits rows. Holds at most two bytes of the file, whatever its size.
///
/// ```
/// use jac_jmx::{CsvShape, Splitter};
/// let mut parts = vec![Vec::new(); 2];
/// let mut sink = |part: usize, bytes: &[u8]| {
///     parts[part].extend_from_slice(bytes);
///     Ok::<(), std::convert::Infallible>(())
/// };
/// let mut splitter = Splitter::new(2, CsvShape { header: true, ..CsvShape::default() });
/// splitter.push(b"user\nann\nbo", &mut sink)?;
/// splitter.push(b"b\ncid", &mut sink)?;
/// let counts = splitter.finish(&mut sink)?;
/// assert_eq!(counts.rows, [2, 1]);
/// assert_eq!(parts[0], b"user\nann\ncid");
/// assert_eq!(parts[1], b"user\nbob\n");
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Debug, Clone)]
pub struct Splitter {
    scanner: RowScanner,
    header: bool,
    rows_seen: u64,
    rows: Vec<u64>,
    /// Number of bytes of a byte order mark seen at the start; `None` after the start.
    mark: Option<usize>,
}

impl Splitter {
    /// A splitter into `parts` parts (at least one).
    pub fn new(parts: usize, shape: CsvShape) -> Self {
        Splitter {
            scanner: RowScanner::new(shape.quoting),
            header: shape.header,
            rows_seen: 0,
            rows: vec![0; parts.max(1)],
            mark: Some(0),
        }
    }

    /// Processes the next bytes of the file, in chunks of any size, and passes them to `sink(part, bytes)`.
    ///
    /// # Errors
    /// Any error of `sink`, immediately; the split is then unusable.
    pub fn push<E>(&mut self, chunk: &[u8], sink: &mut impl FnMut(usize, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut chunk = chunk;
        while let (Some(seen), Some((byte, rest))) = (self.mark, chunk.split_first()) {
            if *byte != BYTE_ORDER_MARK[seen] {
                self.mark = None;
                self.deal(&BYTE_ORDER_MARK[..seen], sink)?;
            } else if seen == 2 {
                self.mark = None;
                chunk = rest;
                for part in 0..self.rows.len() {
                    sink(part, &BYTE_ORDER_MARK)?;
                }
            } else {
                self.mark = Some(seen + 1);
                chunk = rest;
            }
        }
        self.deal(chunk, sink)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// As [`Splitter::push`].
    pub fn finish<E>(mut self, sink: &mut impl FnMut(usize, &[u8]) -> Result<(), E>) -> Result<SplitCounts, E> {
        if let Some(seen) = self.mark.take() {
            self.deal(&BYTE_ORDER_MARK[..seen], sink)?;
        }
        Ok(SplitCounts { rows: self.rows, header: self.header && self.rows_seen > 0 })
    }

    fn deal<E>(&mut self, chunk: &[u8], sink: &mut impl FnMut(usize, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut from = 0;
        for (at, byte) in chunk.iter().enumerate() {
            if self.scanner.starts_row(*byte) {
                self.emit(&chunk[from..at], sink)?;
                from = at;
                self.rows_seen += 1;
                if let Some(part) = self.part() {
                    self.rows[part] += 1;
                }
            }
        }
        self.emit(&chunk[from..], sink)
    }

    /// The part of the row being read; `None` for the header, which goes to all parts.
    fn part(&self) -> Option<usize> {
        let dealt = self.rows_seen - u64::from(self.header);
        let index = dealt.checked_sub(1)?;
        Some((index % self.rows.len() as u64) as usize)
    }

    fn emit<E>(&self, bytes: &[u8], sink: &mut impl FnMut(usize, &[u8]) -> Result<(), E>) -> Result<(), E> {
        if bytes.is_empty() {
            return Ok(());
        }
        match self.part() {
            Some(part) => sink(part, bytes),
            None => (0..self.rows.len()).try_for_each(|part| sink(part, bytes)),
        }
    }
}

/// Counts data rows without splitting.
#[derive(Debug, Clone)]
pub struct RowCounter {
    splitter: Splitter,
}

impl RowCounter {
    /// A counter for a file of this shape.
    pub fn new(shape: CsvShape) -> Self {
        RowCounter { splitter: Splitter::new(1, shape) }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, chunk: &[u8]) {
        let Ok(()) = self.splitter.push(chunk, &mut |_, _| Ok::<(), Infallible>(()));
    }

    /// Data rows so far, without the header.
    pub fn rows(&self) -> u64 {
        let Ok(counts) = self.splitter.clone().finish(&mut |_, _| Ok::<(), Infallible>(()));
        counts.total()
    }
}
