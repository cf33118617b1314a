//! Finds the end of a row: a scan that respects quotes and can stop and continue at any byte.

use super::rejects::Reason;
use memchr::{memchr, memchr_iter, memchr2, memrchr};

/// Longest field that is read, in bytes.
pub(super) const FIELD_LIMIT: usize = 1 << 20;
/// Longest row that is read, in bytes.
pub(super) const ROW_LIMIT: usize = 4 << 20;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    FieldStart,
    Plain,
    Quoted,
    AfterQuote,
    /// After a closing quote and `\r`, which must be the first half of a line end.
    AfterQuoteReturn,
}

enum Then {
    In(Place),
    NextField,
    RowEnd,
}

/// The result of a scan.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    /// The row continues beyond these bytes.
    More,
    /// The row, line end included, ends before this index.
    Row(usize),
    /// At this index it is plain that the row cannot be read.
    Fault(usize, Reason),
}

/// The state between two pieces of one row.
#[derive(Debug, Clone, Default)]
pub(super) struct RowScan {
    place: Place,
    field_bytes: usize,
    row_bytes: usize,
}

impl RowScan {
    /// Continues the row in the next bytes. After any result but [`Scanned::More`] a new scan must be started.
    pub(super) fn scan(&mut self, bytes: &[u8], delimiter: u8) -> Scanned {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let (step, then) = match self.place {
                Place::FieldStart if rest[0] == b'"' => (1, Then::In(Place::Quoted)),
                Place::FieldStart | Place::Plain => match memchr2(delimiter, b'\n', rest) {
                    Some(end) if rest[end] == b'\n' => (end + 1, Then::RowEnd),
                    Some(end) => (end + 1, Then::NextField),
                    None => (rest.len(), Then::In(Place::Plain)),
                },
                Place::Quoted => match memchr(b'"', rest) {
                    Some(quote) => (quote + 1, Then::In(Place::AfterQuote)),
                    None => (rest.len(), Then::In(Place::Quoted)),
                },
                Place::AfterQuote => match rest[0] {
                    b'"' => (1, Then::In(Place::Quoted)),
                    b'\n' => (1, Then::RowEnd),
                    b'\r' => (1, Then::In(Place::AfterQuoteReturn)),
                    byte if byte == delimiter => (1, Then::NextField),
                    _ => return Scanned::Fault(at, Reason::AfterQuote),
                },
                Place::AfterQuoteReturn if rest[0] == b'\n' => (1, Then::RowEnd),
                Place::AfterQuoteReturn => return Scanned::Fault(at, Reason::AfterQuote),
            };
            self.field_bytes += step;
            self.row_bytes += step;
            // Two bytes for the quotes around it, one for what ends it.
            if self.field_bytes > FIELD_LIMIT + 3 {
                return Scanned::Fault(at, Reason::FieldTooLong);
            }
            if self.row_bytes > ROW_LIMIT {
                return Scanned::Fault(at, Reason::RowTooLong);
            }
            at += step;
            match then {
                Then::In(place) => self.place = place,
                Then::NextField => {
                    self.place = Place::FieldStart;
                    self.field_bytes = 0;
                }
                Then::RowEnd => return Scanned::Row(at),
            }
        }
        Scanned::More
    }

    /// Whether the scan is inside a quoted field.
    pub(super) fn is_quoted(&self) -> bool {
        self.place == Place::Quoted
    }
}

/// How many of these bytes are whole rows of a CSV log, including line ends. The first of them begins a row. An invalid
/// row ends where the reader continues after it: at the next line end.
pub fn whole_rows(bytes: &[u8], delimiter: u8) -> usize {
    let Some(last) = memrchr(b'\n', bytes) else { return 0 };
    if memchr(b'"', &bytes[..last]).is_none() {
        return last + 1;
    }
    rows(bytes, delimiter).sum()
}

/// The number of these complete rows.
pub fn count_rows(bytes: &[u8], delimiter: u8) -> usize {
    if memchr(b'"', bytes).is_none() { memchr_iter(b'\n', bytes).count() } else { rows(bytes, delimiter).count() }
}

/// The lengths of the complete rows at the beginning of the bytes, including line ends.
fn rows(bytes: &[u8], delimiter: u8) -> impl Iterator<Item = usize> {
    let mut left = bytes;
    std::iter::from_fn(move || {
        let length = match RowScan::default().scan(left, delimiter) {
            Scanned::More => return None,
            Scanned::Row(length) => length,
            Scanned::Fault(fault, _) => fault + memchr(b'\n', &left[fault..])? + 1,
        };
        left = &left[length..];
        Some(length)
    })
}

#[cfg(test)]
mod tests {
    use super::{count_rows, whole_rows};

    #[test]
    fn a_line_end_in_quotes_ends_no_row() {
        for (bytes, whole, rows) in [
            ("", 0, 0),
            ("a,b", 0, 0),
            ("a,b\nc", 4, 1),
            ("a,b\nc\n", 6, 2),
            ("a,\"x\ny\"\nc", 8, 1),
            ("a\nb,\"x\ny", 2, 1),
            ("a,\"x\"\"\n\"\r\nb", 10, 1),
            // No row: it ends with its line.
            ("a,\"x\"y\nb\n\"", 9, 2),
        ] {
            assert_eq!(whole_rows(bytes.as_bytes(), b','), whole, "{bytes:?}");
            assert_eq!(count_rows(&bytes.as_bytes()[..whole], b','), rows, "{bytes:?}");
        }
    }
}
