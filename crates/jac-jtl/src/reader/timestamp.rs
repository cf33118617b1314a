//! Time stamps: epoch milliseconds, and the date formats that `jmeter.save.saveservice.timestamp_format` produces.
//!
//! A date without an offset is interpreted as UTC shifted by [`crate::Settings::utc_offset_minutes`], because a log
//! does not contain its time zone.

use crate::time_format::Written;
use crate::{DateOrder, Settings};

/// First millisecond of the year 10000: a later time stamp counts as an error.
pub(super) const LIMIT_MS: u64 = 253_402_300_800_000;

/// Reads a date and time as epoch milliseconds, in the format of the settings. Without one, the known formats are, each
/// with an optional fraction of a second and an optional `Z`, `+02:00` or `+0200`, and with `T` or a blank before the
/// time: `yyyy/MM/dd`, `yyyy-MM-dd`, `yyyy.MM.dd`, `dd.MM.yyyy`, and with month and day in the order of the settings
/// `MM/dd/yy`, `MM/dd/yyyy` (or with hyphens); then `HH:mm:ss`.
pub(super) fn date_time_ms(field: &[u8], settings: &Settings) -> Option<u64> {
    if let Some(format) = &settings.time_format {
        return epoch_ms(&format.read(field)?, settings.utc_offset_minutes);
    }
    let mut text = Text(field.trim_ascii());
    let (first, first_digits) = text.digits(4)?;
    let separator = text.next()?;
    if !matches!(separator, b'/' | b'-' | b'.') {
        return None;
    }
    let (second, _) = text.digits(2)?;
    text.expect(separator)?;
    let (third, third_digits) = text.digits(4)?;
    let (year, month, day) = match (first_digits, separator, third_digits) {
        (4, _, 1 | 2) => (first, second, third),
        (1 | 2, b'.', 4) => (third, second, first),
        (1 | 2, b'/' | b'-', 2 | 4) => {
            let year = if third_digits == 2 { 2000 + third } else { third };
            match settings.date_order {
                DateOrder::MonthFirst => (year, first, second),
                DateOrder::DayFirst => (year, second, first),
            }
        }
        _ => return None,
    };
    if !matches!(text.next()?, b' ' | b'T') {
        return None;
    }
    epoch_ms(&Written { year, month, day, ..text.time()? }, settings.utc_offset_minutes)
}

/// Reads `yyyyMMddHHmmss` or `yyyyMMddHHmmssSSS` of the years 1970 to 2199. As numbers these are milliseconds from the year 2594 on.
pub(super) fn digit_date_ms(field: &[u8], settings: &Settings) -> Option<u64> {
    let field = field.trim_ascii();
    if !has_length_of_digit_date(field) || !field.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number =
        |at: std::ops::Range<usize>| field[at].iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    let at = Written {
        year: number(0..4),
        month: number(4..6),
        day: number(6..8),
        hour: number(8..10),
        minute: number(10..12),
        second: number(12..14),
        millisecond: number(14..field.len()),
        offset_minutes: None,
    };
    (1970..2200).contains(&at.year).then(|| epoch_ms(&at, settings.utc_offset_minutes))?
}

/// Whether a field is as long as a date of digits alone, with or without milliseconds.
pub(super) fn has_length_of_digit_date(field: &[u8]) -> bool {
    matches!(field.trim_ascii().len(), 14 | 17)
}

/// Reads a time without a date, `HH:mm:ss` with an optional fraction or in the format of the settings, as if it were on 1970-01-02: the
/// day before is available for late rows, as there are no times before 1970.
pub(super) fn time_of_day_ms(field: &[u8], settings: &Settings) -> Option<u64> {
    let time = match &settings.time_format {
        Some(format) => format.read(field)?,
        None => Text(field.trim_ascii()).time()?,
    };
    epoch_ms(&Written { year: 1970, month: 1, day: 2, ..time }, 0)
}

/// Whether this is a date in which either the day or the month may come first.
pub(super) fn is_ambiguous(field: &[u8]) -> bool {
    let field = field.trim_ascii();
    let digits = field.iter().take_while(|byte| byte.is_ascii_digit()).count();
    matches!(digits, 1 | 2) && matches!(field.get(digits), Some(b'/' | b'-'))
}

fn epoch_ms(at: &Written, utc_offset_minutes: i32) -> Option<u64> {
    let offset_minutes = at.offset_minutes.unwrap_or(i64::from(utc_offset_minutes));
    if !(1..=12).contains(&at.month) || !(1..=days_in_month(at.year, at.month)).contains(&at.day) {
        return None;
    }
    if at.hour > 23 || at.minute > 59 || at.second > 59 {
        return None;
    }
    let seconds = days_from_civil(at.year, at.month, at.day) * 86_400 + at.hour * 3_600 + at.minute * 60 + at.second;
    u64::try_from((seconds - offset_minutes * 60) * 1_000 + at.millisecond).ok()
}

struct Text<'a>(&'a [u8]);

impl Text<'_> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// One to `most` digits: their value and how many they were.
    fn digits(&mut self, most: usize) -> Option<(i64, usize)> {
        let count = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        (count > 0).then_some((value, count))
    }

    /// `HH:mm:ss`, an optional fraction and an optional offset, and nothing after them; of 1970-01-01.
    fn time(&mut self) -> Option<Written> {
        let (hour, _) = self.digits(2)?;
        self.expect(b':')?;
        let (minute, _) = self.digits(2)?;
        self.expect(b':')?;
        let (second, _) = self.digits(2)?;
        let mut millisecond = 0;
        if matches!(self.peek(), Some(b'.' | b',')) {
            self.next();
            millisecond = self.fraction_ms()?;
        }
        let offset_minutes = self.offset_minutes()?;
        Some(Written { year: 1970, month: 1, day: 1, hour, minute, second, millisecond, offset_minutes })
    }

    /// A fraction of a second in whole milliseconds, truncated.
    fn fraction_ms(&mut self) -> Option<i64> {
        let (value, count) = self.digits(9)?;
        let millis = if count <= 3 { value * 10i64.pow(3 - count as u32) } else { value / 10i64.pow(count as u32 - 3) };
        Some(millis)
    }

    /// The text after the time: nothing (`Some(None)`), `Z`, or an offset from UTC; `None`: something else.
    fn offset_minutes(&mut self) -> Option<Option<i64>> {
        if self.peek() == Some(b' ') {
            self.next();
        }
        let sign = match self.next() {
            None => return Some(None),
            Some(b'Z') if self.0.is_empty() => return Some(Some(0)),
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        let (hours, _) = self.digits(2)?;
        if self.peek() == Some(b':') {
            self.next();
        }
        let minutes = if self.0.is_empty() { 0 } else { self.digits(2)?.0 };
        self.0.is_empty().then_some(Some(sign * (hours * 60 + minutes)))
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar
/// (<https://howardhinnant.github.io/date_algorithms.html#days_from_civil>).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::{date_time_ms, digit_date_ms, is_ambiguous, time_of_day_ms};
    use crate::{DateOrder, Settings};

    fn read(text: &str, utc_offset_minutes: i32) -> Option<u64> {
        date_time_ms(text.as_bytes(), &Settings { utc_offset_minutes, ..Settings::default() })
    }

    #[test]
    fn the_forms_that_jmeter_writes_are_read() {
        let expected = Some(1_700_000_000_123);
        for text in [
            "2023/11/14 22:13:20.123",
            "2023-11-14 22:13:20.123",
            "2023-11-14T22:13:20.123",
            "2023-11-14T22:13:20.123Z",
            "2023-11-14T22:13:20.123456789Z",
            "2023-11-14 22:13:20,123",
            "2023-11-15T00:13:20.123+02:00",
            "2023-11-14T17:13:20.123-0500",
            "11/14/23 22:13:20.123",
            "11/14/2023 22:13:20.123",
            "14.11.2023 22:13:20.123",
        ] {
            assert_eq!(read(text, 0), expected, "{text}");
        }
        assert_eq!(read("2023/11/14 22:13:20", 0), Some(1_700_000_000_000));
        assert_eq!(read("2023/11/14 23:13:20", 60), Some(1_700_000_000_000));
        assert_eq!(read("2024-02-29 00:00:00", 0), Some(1_709_164_800_000));
    }

    #[test]
    fn dates_of_digits_alone_are_told_from_milliseconds() {
        let read = |text: &str| digit_date_ms(text.as_bytes(), &Settings::default());
        assert_eq!(read("20231114221320123"), Some(1_700_000_000_123));
        assert_eq!(read("20231114221320"), Some(1_700_000_000_000));
        for number in
            ["1700000000123", "1700000000123456", "20231314221320", "20231114251320", "99991114221320", "0", ""]
        {
            assert_eq!(read(number), None, "{number}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "yesterday",
            "2023-13-01 00:00:00",
            "2023-02-29 00:00:00",
            "2023-11-14",
            "2023-11-14 25:00:00",
            "2023-11-14 22:13:20 o'clock",
            "1700000000.5",
            "2023/11-14 22:13:20",
            "1/2/3 4:5:6",
        ] {
            assert_eq!(read(text, 0), None, "{text}");
        }
    }

    #[test]
    fn a_date_that_does_not_say_is_read_in_the_order_that_was_chosen() {
        let day_first = Settings { date_order: DateOrder::DayFirst, ..Settings::default() };
        for text in ["05/03/2024 23:59:58.120", "5/3/24 23:59:58.12", "05-03-2024 23:59:58.12"] {
            assert_eq!(date_time_ms(text.as_bytes(), &day_first), Some(1_709_683_198_120), "{text}");
            assert_eq!(read(text, 0), Some(1_714_780_798_120), "{text}");
            assert!(is_ambiguous(text.as_bytes()), "{text}");
        }
        assert_eq!(read("13/03/2024 00:00:00", 0), None);
        assert!(!is_ambiguous(b"2024/03/05 00:00:00") && !is_ambiguous(b"05.03.2024 00:00:00"));
    }

    #[test]
    fn a_time_alone_is_of_the_second_day_of_1970() {
        assert_eq!(time_of_day_ms(b"22:59:55.5", &Settings::default()), Some(86_400_000 + 82_795_500));
        assert_eq!(time_of_day_ms(b"22:59", &Settings::default()), None);
    }
}
