//! Reads the sample of an ordinary row, two numbers at a time: a vector holds two words of eight characters.
//!
//! Not four: longer vectors require a `vzeroupper` before every call, and on a Zen 2 this took a fifth of the loop's
//! time in a profile.
//!
//! It reads less than `fast.rs`: numbers of at most eight digits, a time stamp of at most sixteen. Everything else is
//! left to that module, and both give the same result for what both read.

use super::columns::{Column, Columns};
use super::index::{AROUND, Marks};
use super::timestamp::LIMIT_MS;
use crate::{Sample, Settings, TimestampMeaning};
use std::arch::x86_64::{
    _mm_add_epi64, _mm_adds_epu8, _mm_and_si128, _mm_cvtsi128_si64, _mm_extract_epi64, _mm_madd_epi16,
    _mm_maddubs_epi16, _mm_movemask_epi8, _mm_mul_epu32, _mm_set_epi64x, _mm_set1_epi8, _mm_set1_epi16, _mm_set1_epi32,
    _mm_set1_epi64x, _mm_srli_epi64, _mm_xor_si128,
};

/// The numbers of a row: two words of the time stamp, then one word each.
const NUMBERS: [Column; 8] = [
    Column::TimeStamp,
    Column::TimeStamp,
    Column::Elapsed,
    Column::Bytes,
    Column::SentBytes,
    Column::Latency,
    Column::Connect,
    Column::AllThreads,
];

/// The positions of the columns, such that none needs a check: a column that the log does not have is at field 0.
pub(super) struct Places {
    at: [u8; Column::COUNT],
    has: [bool; Column::COUNT],
    /// All ones for each of [`NUMBERS`] that the log has.
    present: [u64; 8],
}

/// The last eight characters up to each number's end (of the time stamp the eight before them first), and how many of them
/// are the number's.
struct Words {
    words: [u64; 8],
    lengths: [u64; 8],
}

impl Places {
    /// `None`: rows have too many fields for it.
    pub(super) fn of(columns: &Columns) -> Option<Self> {
        let mut places = Self { at: [0; Column::COUNT], has: [false; Column::COUNT], present: [0; 8] };
        if columns.count.is_none_or(|count| count >= AROUND) {
            return None;
        }
        for column in Column::ALL {
            if let Some(index) = columns.index(column) {
                places.at[column as usize] = u8::try_from(index).ok().filter(|at| usize::from(*at) < AROUND - 1)?;
                places.has[column as usize] = true;
            }
        }
        places.present = NUMBERS.map(|column| if places.has[column as usize] { u64::MAX } else { 0 });
        Some(places)
    }

    /// Start and end of a column's field.
    #[inline(always)]
    fn bounds(&self, column: Column, marks: &Marks) -> (usize, usize) {
        let at = usize::from(self.at[column as usize]) % (AROUND - 1);
        (marks[at].wrapping_add(1) as usize, marks[at + 1] as usize)
    }

    #[inline(always)]
    fn text<'a>(&self, column: Column, block: &'a [u8], marks: &Marks) -> &'a [u8] {
        if !self.has[column as usize] {
            return &[];
        }
        let (start, end) = self.bounds(column, marks);
        // Without an index that may panic, so that unused fields need not be computed.
        block.get(start..end).unwrap_or_default()
    }

    /// The sample of an ordinary row; `None`: the row is not ordinary and may still be valid.
    #[inline(always)]
    pub(super) fn sample<'a>(
        &self,
        block: &'a [u8],
        start: usize,
        marks: &Marks,
        settings: &Settings,
        position: u64,
        pair: impl Fn([u64; 2], [u64; 2]) -> Pair,
    ) -> Option<Sample<'a>> {
        if start < 16 {
            // Fewer than two whole words precede the first field's end.
            return None;
        }
        let mut words = Words { words: [0; 8], lengths: [0; 8] };
        for (at, column) in NUMBERS.into_iter().enumerate().skip(2) {
            let (start, end) = self.bounds(column, marks);
            words.words[at] = word(block, end - 8);
            words.lengths[at] = (end - start) as u64 & self.present[at];
        }
        let (stamp_start, stamp_end) = self.bounds(Column::TimeStamp, marks);
        let stamp_length = (stamp_end - stamp_start) as u64 & self.present[0];
        words.words[0] = word(block, stamp_end - 16);
        words.words[1] = word(block, stamp_end - 8);
        words.lengths[0] = stamp_length.saturating_sub(8);
        words.lengths[1] = stamp_length.min(8);
        let success = match self.text(Column::Success, block, marks) {
            b"true" => true,
            b"false" => false,
            _ if self.has[Column::Success as usize] => return None,
            // The number of failed samples decides, if present.
            _ if self.has[Column::ErrorCount as usize] && self.text(Column::ErrorCount, block, marks) != b"0" => {
                return None;
            }
            _ => true,
        };
        let [high, low, elapsed, received, sent, latency, connect, threads] = numbers(&words, pair)?;
        let stamp = high * 100_000_000 + low;
        if stamp_length == 0 || words.lengths[2] == 0 || stamp >= LIMIT_MS {
            return None;
        }
        let elapsed_ms = elapsed as u32;
        let (start_ms, end_ms) = match settings.timestamp {
            TimestampMeaning::Start => (stamp as i64, stamp as i64 + i64::from(elapsed_ms)),
            TimestampMeaning::End => (stamp as i64 - i64::from(elapsed_ms), stamp as i64),
        };
        let some = |at: usize, number: u64| (words.lengths[at] != 0).then_some(number);
        let text = |column| self.text(column, block, marks);
        Some(Sample {
            start_ms,
            end_ms,
            elapsed_ms: Some(elapsed_ms),
            label: text(Column::Label),
            code: text(Column::ResponseCode),
            message: text(Column::ResponseMessage),
            failure_message: text(Column::FailureMessage),
            thread: text(Column::ThreadName),
            hostname: text(Column::Hostname),
            group_threads: text(Column::GroupThreads),
            url: text(Column::Url),
            success,
            received_bytes: some(3, received),
            sent_bytes: some(4, sent),
            latency_ms: some(5, latency),
            connect_ms: some(6, connect),
            all_threads: some(7, threads).map(|threads| threads as u32),
            position,
        })
    }
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// Masks of the last characters of a word, by their number.
const LAST: [u64; 9] = [0, !0 << 56, !0 << 48, !0 << 40, !0 << 32, !0 << 24, !0 << 16, !0 << 8, !0];

/// Two numbers, and a value that is not zero if one of them is not a number.
pub(super) type Pair = ([u64; 2], i32);

/// The numbers in the words, 0 where a length is 0; `None`: one is longer than its word or not a number.
#[inline(always)]
fn numbers(words: &Words, pair: impl Fn([u64; 2], [u64; 2]) -> Pair) -> Option<[u64; 8]> {
    let mut wrong = 0;
    let mut numbers = [0; 8];
    for at in [0, 2, 4, 6] {
        let last = |at: usize| LAST.get(words.lengths[at] as usize).copied();
        let ([a, b], more) = pair([words.words[at], words.words[at + 1]], [last(at)?, last(at + 1)?]);
        wrong |= more;
        (numbers[at], numbers[at + 1]) = (a, b);
    }
    (wrong == 0).then_some(numbers)
}

/// The numbers in the selected last characters of two words. As in `fast.rs`, neighbouring digits are added up, then
/// pairs, then fours.
#[inline]
#[target_feature(enable = "ssse3,sse4.1,bmi1,bmi2,popcnt")]
pub(super) fn pair(words: [u64; 2], last: [u64; 2]) -> Pair {
    let both = |[a, b]: [u64; 2]| _mm_set_epi64x(b as i64, a as i64);
    let digits = _mm_and_si128(_mm_xor_si128(both(words), _mm_set1_epi8(b'0' as i8)), both(last));
    // Ten and more have the highest bit then.
    let wrong = _mm_movemask_epi8(_mm_adds_epu8(digits, _mm_set1_epi8(0x76)));
    // The first digit is in the lower byte: ten times it, plus the following one.
    let pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010A));
    let fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x0001_0064));
    let high = _mm_mul_epu32(fours, _mm_set1_epi64x(10_000));
    let numbers = _mm_add_epi64(high, _mm_srli_epi64::<32>(fours));
    ([_mm_cvtsi128_si64(numbers) as u64, _mm_extract_epi64::<1>(numbers) as u64], wrong)
}
