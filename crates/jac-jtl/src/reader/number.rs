//! Whole numbers as the log writes them.

/// A field read as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// Nothing but blanks.
    Empty,
    /// A whole number that is not negative.
    Value(u64),
    /// A whole number below zero.
    Negative,
    /// More digits than fit into 64 bits.
    TooBig,
    /// Anything else.
    Other,
}

/// Reads a whole number; blanks around it and a leading `+` are permitted, as in JMeter's `Long.valueOf(text.trim())`.
#[inline]
pub(super) fn number(field: &[u8]) -> Number {
    if field.len().wrapping_sub(1) < 18 {
        let mut value = 0u64;
        let mut wrong = 0u8;
        for &byte in field {
            let digit = byte.wrapping_sub(b'0');
            wrong |= u8::from(digit > 9);
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        }
        if wrong == 0 {
            return Number::Value(value);
        }
    }
    unusual(field)
}

#[cold]
fn unusual(field: &[u8]) -> Number {
    let text = field.trim_ascii();
    let (negative, digits) = match text {
        [] => return Number::Empty,
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Number::Other;
    }
    let value =
        digits.iter().try_fold(0u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
    match value {
        Some(0) => Number::Value(0),
        _ if negative => Number::Negative,
        Some(value) => Number::Value(value),
        None => Number::TooBig,
    }
}

#[cfg(test)]
mod tests {
    use super::{Number, number};

    #[test]
    fn numbers_are_read_as_java_reads_them_and_others_named() {
        let table: &[(&str, Number)] = &[
            ("0", Number::Value(0)),
            ("1700000000123", Number::Value(1_700_000_000_123)),
            (" 12 ", Number::Value(12)),
            ("+7", Number::Value(7)),
            ("-0", Number::Value(0)),
            ("", Number::Empty),
            ("  ", Number::Empty),
            ("-5", Number::Negative),
            ("-99999999999999999999999", Number::Negative),
            ("99999999999999999999999", Number::TooBig),
            ("18446744073709551615", Number::Value(u64::MAX)),
            ("000000000000000000000042", Number::Value(42)),
            ("1.5", Number::Other),
            ("1e3", Number::Other),
            ("null", Number::Other),
            ("-", Number::Other),
            ("1 2", Number::Other),
        ];
        for (text, expected) in table {
            assert_eq!(number(text.as_bytes()), *expected, "{text:?}");
        }
    }
}
