//! Time stamps in a given format, written as in JMeter's `jmeter.save.saveservice.timestamp_format`: the patterns of
//! Java's `SimpleDateFormat`, as far as they describe a point in time.

/// A pattern such as `dd/MM/yyyy HH:mm:ss.SSS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeFormat {
    pattern: String,
    /// With the most digits that each takes.
    parts: Vec<(Part, usize)>,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeFormatError {
    /// A letter that has no meaning here.
    #[error(
        "unsupported letter {0:?}; expected y M d E H h m s S a X Z z and quoted text, such as dd/MM/yyyy HH:mm:ss.SSS"
    )]
    Letter(char),
    /// Quoted text without its end.
    #[error("the closing quote is missing")]
    Quote,
    /// It names no time of day.
    #[error("hour and minute are missing")]
    NoTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(u8),
    /// `yy` or `yyyy`: how many letters.
    Year(usize),
    Month,
    /// `MMM` and longer: an English name.
    MonthName,
    Day,
    Hour24,
    Hour12,
    Minute,
    Second,
    /// `S` and `SS`: as many as there are, as SimpleDateFormat writes them.
    Milliseconds,
    /// `SSS` and longer: of a second.
    Fraction,
    HalfDay,
    /// An English name of a day, which says nothing more.
    DayName,
    Offset,
    /// `UTC`, `GMT`, `GMT+01:00` or an offset. Other names of zones are ambiguous.
    ZoneName,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl std::str::FromStr for TimeFormat {
    type Err = TimeFormatError;

    fn from_str(pattern: &str) -> Result<Self, TimeFormatError> {
        let mut parts = Vec::new();
        let mut letters = pattern.chars().peekable();
        let mut letters_before = 0;
        while let Some(letter) = letters.next() {
            if letter == '\'' {
                quoted(&mut letters, &mut parts)?;
                continue;
            }
            if !letter.is_ascii_alphabetic() {
                let mut bytes = [0; 4];
                parts.extend(letter.encode_utf8(&mut bytes).bytes().map(literal));
                continue;
            }
            let mut count = 1;
            while letters.next_if_eq(&letter).is_some() {
                count += 1;
            }
            let (part, most) = match letter {
                'y' | 'u' => (Part::Year(count), 4),
                'M' | 'L' if count < 3 => (Part::Month, 2),
                'M' | 'L' => (Part::MonthName, 0),
                'd' => (Part::Day, 2),
                'H' => (Part::Hour24, 2),
                'h' => (Part::Hour12, 2),
                'm' => (Part::Minute, 2),
                's' => (Part::Second, 2),
                'S' if count < 3 => (Part::Milliseconds, 3),
                'S' => (Part::Fraction, 9),
                'a' => (Part::HalfDay, 0),
                'E' => (Part::DayName, 0),
                'X' | 'Z' | 'x' => (Part::Offset, 0),
                'z' => (Part::ZoneName, 0),
                other => return Err(TimeFormatError::Letter(other)),
            };
            // In an unseparated sequence of digits, the number of letters says where each number ends.
            if most > 0
                && let Some((_, before)) = parts.last_mut().filter(|(_, most)| *most > 0)
            {
                *before = letters_before;
            }
            letters_before = count;
            parts.push((part, most));
        }
        let format = Self { pattern: pattern.to_owned(), parts };
        if !(format.has(Part::Hour24) || format.has(Part::Hour12)) || !format.has(Part::Minute) {
            return Err(TimeFormatError::NoTime);
        }
        Ok(format)
    }
}

fn literal(byte: u8) -> (Part, usize) {
    (Part::Literal(byte), 0)
}

/// Text in quotes; two quotes are one.
fn quoted(
    letters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    parts: &mut Vec<(Part, usize)>,
) -> Result<(), TimeFormatError> {
    if letters.next_if_eq(&'\'').is_some() {
        parts.push(literal(b'\''));
        return Ok(());
    }
    loop {
        match letters.next() {
            None => return Err(TimeFormatError::Quote),
            Some('\'') if letters.next_if_eq(&'\'').is_some() => parts.push(literal(b'\'')),
            Some('\'') => return Ok(()),
            Some(letter) => {
                let mut bytes = [0; 4];
                parts.extend(letter.encode_utf8(&mut bytes).bytes().map(literal));
            }
        }
    }
}

impl std::fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.pattern)
    }
}

/// A time as written: parts that are not in the pattern are as in 1970-01-01T00:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) millisecond: i64,
    /// East of UTC.
    pub(crate) offset_minutes: Option<i64>,
}

impl TimeFormat {
    /// Whether it contains a day. Otherwise it is a time of day.
    pub(crate) fn has_day(&self) -> bool {
        self.has(Part::Day)
    }

    fn has(&self, part: Part) -> bool {
        self.parts.iter().any(|(known, _)| *known == part)
    }

    /// Parses a text; `None` if it does not have this format.
    pub(crate) fn read(&self, text: &[u8]) -> Option<Written> {
        let mut rest = text.trim_ascii();
        let mut at = Written {
            year: 1970,
            month: 1,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
            millisecond: 0,
            offset_minutes: None,
        };
        let mut afternoon = None;
        for (part, most) in &self.parts {
            let most = *most;
            match part {
                Part::Literal(byte) => rest = rest.strip_prefix(std::slice::from_ref(byte))?,
                Part::Year(letters) => {
                    let (year, digits) = digits(&mut rest, most)?;
                    at.year = if *letters == 2 && digits <= 2 { 2000 + year } else { year };
                }
                Part::Month => at.month = digits(&mut rest, most)?.0,
                Part::MonthName => at.month = month_name(&mut rest)?,
                Part::Day => at.day = digits(&mut rest, most)?.0,
                Part::Hour24 => at.hour = digits(&mut rest, most)?.0,
                Part::Hour12 => at.hour = digits(&mut rest, most)?.0 % 12,
                Part::Minute => at.minute = digits(&mut rest, most)?.0,
                Part::Second => at.second = digits(&mut rest, most)?.0,
                Part::Milliseconds => at.millisecond = digits(&mut rest, most)?.0,
                Part::Fraction => {
                    let (value, count) = digits(&mut rest, most)?;
                    at.millisecond = scaled(value, count);
                }
                Part::HalfDay => {
                    let (half, behind) = rest.split_at_checked(2)?;
                    afternoon = Some(match half.to_ascii_lowercase().as_slice() {
                        b"am" => false,
                        b"pm" => true,
                        _ => return None,
                    });
                    rest = behind;
                }
                Part::DayName => {
                    let name = name(&mut rest);
                    DAYS.iter().find(|day| name.starts_with(day.as_bytes()))?;
                }
                Part::Offset => at.offset_minutes = Some(offset(&mut rest)?),
                Part::ZoneName => at.offset_minutes = Some(zone(&mut rest)?),
            }
        }
        if afternoon == Some(true) && at.hour < 12 {
            at.hour += 12;
        }
        rest.is_empty().then_some(at)
    }
}

/// One to `most` digits: their value and how many they were.
fn digits(rest: &mut &[u8], most: usize) -> Option<(i64, usize)> {
    let count = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, behind) = rest.split_at(count);
    *rest = behind;
    (count > 0).then(|| (digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')), count))
}

/// A fraction of a second with this many digits, in whole milliseconds, truncated.
fn scaled(value: i64, digits: usize) -> i64 {
    if digits <= 3 { value * 10i64.pow(3 - digits as u32) } else { value / 10i64.pow(digits as u32 - 3) }
}

/// The letters that come next, in lower case.
fn name(rest: &mut &[u8]) -> Vec<u8> {
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (name, behind) = rest.split_at(length);
    *rest = behind;
    name.to_ascii_lowercase()
}

fn month_name(rest: &mut &[u8]) -> Option<i64> {
    let name = name(rest);
    let month = MONTHS.iter().position(|month| name.starts_with(month.as_bytes()))?;
    i64::try_from(month + 1).ok()
}

/// A zone as SimpleDateFormat writes it, in minutes.
fn zone(rest: &mut &[u8]) -> Option<i64> {
    match name(rest).as_slice() {
        b"z" => Some(0),
        b"utc" | b"gmt" if matches!(rest.first(), Some(b'+' | b'-')) => offset(rest),
        b"utc" | b"gmt" => Some(0),
        b"" => offset(rest),
        _ => None,
    }
}

/// `Z`, `+02`, `+02:00` or `+0200` in minutes.
fn offset(rest: &mut &[u8]) -> Option<i64> {
    let (sign, behind) = rest.split_first()?;
    *rest = behind;
    let sign = match sign {
        b'Z' => return Some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = digits(rest, 2)?.0;
    if let Some(behind) = rest.strip_prefix(b":") {
        *rest = behind;
    }
    let minutes = digits(rest, 2).map_or(0, |(minutes, _)| minutes);
    Some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::{TimeFormat, TimeFormatError};

    #[test]
    fn patterns_of_java_read_what_java_writes() {
        let table = [
            ("dd/MM/yyyy HH:mm:ss.SSS", "05/03/2024 23:59:58.120", (2024, 3, 5, 23, 59, 58, 120)),
            ("MM/dd/yy hh:mm:ss a", "03/05/24 11:59:58 PM", (2024, 3, 5, 23, 59, 58, 0)),
            ("hh:mm a", "12:07 AM", (1970, 1, 1, 0, 7, 0, 0)),
            ("yyyy-MM-dd'T'HH:mm:ss,SSS", "2024-03-05T01:02:03,5", (2024, 3, 5, 1, 2, 3, 500)),
            // As SimpleDateFormat writes 45 ms with one letter.
            ("HH:mm:ss.S", "01:02:03.45", (1970, 1, 1, 1, 2, 3, 45)),
            ("HH:mm:ss.SS", "01:02:03.007", (1970, 1, 1, 1, 2, 3, 7)),
            ("dd-MMM-yyyy HH:mm:ss", "05-Mar-2024 01:02:03", (2024, 3, 5, 1, 2, 3, 0)),
            ("yyMMdd HH:mm:ss.SSS", "240305 23:59:58.120", (2024, 3, 5, 23, 59, 58, 120)),
            ("yyyyMMddHHmmssSSS", "20240305235958120", (2024, 3, 5, 23, 59, 58, 120)),
            ("EEE MMM dd HH:mm:ss z yyyy", "Tue Mar 05 23:59:58 UTC 2024", (2024, 3, 5, 23, 59, 58, 0)),
            ("EEEE, d. MMMM yyyy HH:mm", "Tuesday, 5. March 2024 23:59", (2024, 3, 5, 23, 59, 0, 0)),
            ("HH 'o''clock' mm", "7 o'clock 30", (1970, 1, 1, 7, 30, 0, 0)),
        ];
        for (pattern, text, expected) in table {
            let format: TimeFormat = pattern.parse().expect(pattern);
            let at = format.read(text.as_bytes()).expect(text);
            let read = (at.year, at.month, at.day, at.hour, at.minute, at.second, at.millisecond);
            assert_eq!(read, expected, "{pattern}");
            assert_eq!(format.read(format!("{text}x").as_bytes()), None, "{pattern}");
        }
        let zoned: TimeFormat = "HH:mm:ssXXX".parse().expect("a pattern");
        assert_eq!(zoned.read(b"10:00:00-05:30").and_then(|at| at.offset_minutes), Some(-330));
        let named: TimeFormat = "HH:mm z".parse().expect("a pattern");
        let minutes = |text: &[u8]| named.read(text).and_then(|at| at.offset_minutes);
        assert_eq!(
            [minutes(b"10:00 GMT+01:00"), minutes(b"10:00 GMT"), minutes(b"10:00 +0200")],
            [Some(60), Some(0), Some(120)]
        );
        // Of India, Israel or Ireland.
        assert_eq!(minutes(b"10:00 IST"), None);
    }

    #[test]
    fn patterns_that_name_no_moment_are_refused() {
        for (pattern, error) in [
            ("yyyy-MM-dd", TimeFormatError::NoTime),
            ("HH:mm:ss QQ", TimeFormatError::Letter('Q')),
            ("HH:mm 'open", TimeFormatError::Quote),
        ] {
            assert_eq!(pattern.parse::<TimeFormat>(), Err(error), "{pattern}");
        }
    }
}
