//! Reads the sample of an ordinary row, and gives no reason if the row is not ordinary.
//!
//! Ordinary is what JMeter writes: plain digits, `true` or `false`, epoch milliseconds. Everything else is left to
//! [`Row::sample`], which reads the rarer forms and names the fault.

use super::columns::{Column, Columns};
use super::row::{BYTES_LIMIT, Row};
use super::timestamp::LIMIT_MS;
use crate::{Sample, Settings, TimestampMeaning};

/// Marks a field that is not an ordinary number.
const BAD: u64 = u64::MAX;
/// Marks an empty field or a column that the log does not have.
const NONE: u64 = u64::MAX - 1;

impl<'a> Row<'a> {
    /// The sample of an ordinary row; `None`: the row is not ordinary and may still be valid.
    #[inline(always)]
    pub(super) fn ordinary(&self, columns: &Columns, settings: &Settings, position: u64) -> Option<Sample<'a>> {
        let stamp = self.number(columns, Column::TimeStamp);
        let elapsed = self.number(columns, Column::Elapsed);
        let received = self.number(columns, Column::Bytes);
        let sent = self.number(columns, Column::SentBytes);
        let latency = self.number(columns, Column::Latency);
        let connect = self.number(columns, Column::Connect);
        let threads = self.number(columns, Column::AllThreads);
        let success = match columns.index(Column::Success) {
            // The number of failed samples decides, if present.
            None if columns.index(Column::ErrorCount).is_some() => match self.text(columns, Column::ErrorCount) {
                b"0" => true,
                _ => return None,
            },
            None => true,
            Some(index) => match self.field(index) {
                b"true" => true,
                b"false" => false,
                _ => return None,
            },
        };
        let elapsed_ms = u32::try_from(elapsed).ok()?;
        if stamp >= LIMIT_MS {
            return None;
        }
        let (start_ms, end_ms) = match settings.timestamp {
            TimestampMeaning::Start => (stamp as i64, stamp as i64 + i64::from(elapsed_ms)),
            TimestampMeaning::End => (stamp as i64 - i64::from(elapsed_ms), stamp as i64),
        };
        Some(Sample {
            start_ms,
            end_ms,
            elapsed_ms: Some(elapsed_ms),
            label: self.text(columns, Column::Label),
            code: self.text(columns, Column::ResponseCode),
            message: self.text(columns, Column::ResponseMessage),
            failure_message: self.text(columns, Column::FailureMessage),
            thread: self.text(columns, Column::ThreadName),
            hostname: self.text(columns, Column::Hostname),
            group_threads: self.text(columns, Column::GroupThreads),
            url: self.text(columns, Column::Url),
            success,
            received_bytes: within(received, BYTES_LIMIT)?,
            sent_bytes: within(sent, BYTES_LIMIT)?,
            latency_ms: within(latency, BYTES_LIMIT)?,
            connect_ms: within(connect, BYTES_LIMIT)?,
            all_threads: within(threads, u64::from(u32::MAX))?.map(|threads| threads as u32),
            position,
        })
    }

    #[inline(always)]
    fn number(&self, columns: &Columns, column: Column) -> u64 {
        match columns.index(column) {
            Some(index) => {
                let (start, end) = self.bounds(index);
                digits(self.bytes, start, end)
            }
            None => NONE,
        }
    }
}

/// `None`: not a number within the limit; `Some(None)`: the field is empty or missing.
#[inline(always)]
fn within(number: u64, limit: u64) -> Option<Option<u64>> {
    match number {
        NONE => Some(None),
        number if number <= limit => Some(Some(number)),
        _ => None,
    }
}

/// The number that the bytes from `start` to `end` spell with at most sixteen digits.
#[inline(always)]
fn digits(bytes: &[u8], start: usize, end: usize) -> u64 {
    let length = end - start;
    if length == 0 {
        return NONE;
    }
    if end < 16 {
        return one_by_one(&bytes[start..end]);
    }
    if length <= 8 {
        return eight(word(bytes, end - 8), length);
    }
    if length <= 16 {
        let high = eight(word(bytes, end - 16), length - 8);
        let low = eight(word(bytes, end - 8), 8);
        return if (high | low) == BAD { BAD } else { high * 100_000_000 + low };
    }
    BAD
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk::<8>().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// The value of the last `length` (1 to 8) digits of a word, or [`BAD`]: three multiplications add up neighbouring
/// digits, pairs and fours (Lemire, "Quickly parsing eight digits", 2018).
#[inline(always)]
fn eight(word: u64, length: usize) -> u64 {
    let shift = 64 - 8 * length as u32;
    // Zeros in front of the digits; each byte is its digit then.
    let digits = (word ^ 0x3030_3030_3030_3030) >> shift << shift;
    let wrong = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
    let pairs = (digits.wrapping_mul(10).wrapping_add(digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    let number = (fours.wrapping_mul(10_000).wrapping_add(fours >> 32)) & 0xFFFF_FFFF;
    if wrong == 0 { number } else { BAD }
}

/// At the beginning of a block, where fewer than eight bytes precede.
#[cold]
fn one_by_one(field: &[u8]) -> u64 {
    field
        .iter()
        .try_fold(0u64, |number, byte| {
            byte.is_ascii_digit().then(|| number.wrapping_mul(10).wrapping_add(u64::from(byte - b'0')))
        })
        .unwrap_or(BAD)
}

#[cfg(test)]
mod tests {
    use super::{BAD, NONE, digits};

    #[test]
    fn digits_are_read_wherever_they_stand() {
        for text in ["0", "7", "42", "00042", "12345678", "123456789", "1700000000123", "9999999999999999"] {
            for before in [0, 1, 7, 8, 9, 16, 30] {
                let mut bytes = vec![b'9'; before];
                bytes.extend_from_slice(text.as_bytes());
                let end = bytes.len();
                bytes.extend_from_slice(b",88");
                assert_eq!(
                    digits(&bytes, before, end),
                    text.parse::<u64>().expect("a number"),
                    "{text} after {before}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_plain_number_is_bad() {
        for text in [
            "-1",
            "+1",
            " 1",
            "1 ",
            "1.5",
            "x",
            "1234567x",
            "x2345678",
            "12345678:",
            "/2345678",
            "123456789012345x",
            "12345678901234567",
            "\u{ff}",
        ] {
            for before in [0, 16, 20] {
                let mut bytes = vec![b'1'; before];
                bytes.extend_from_slice(text.as_bytes());
                let read = digits(&bytes, before, bytes.len());
                // Seventeen digits at a block's start are read one by one; the limits refuse them later.
                assert!(read == BAD || (before == 0 && read == 12_345_678_901_234_567), "{text} after {before}");
            }
        }
        assert_eq!(digits(b"abcdefghijklmnopqrst", 18, 18), NONE);
    }
}
