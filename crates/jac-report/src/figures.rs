//! Figures in sentences, with the same number of digits as in the web app (`web/src/shared/format`), and with a real
//! minus sign.

use crate::text::{decimals, whole};

/// A number and its unit.
type Split = (String, &'static str);

/// `812 → 1,020 ms`; with both units if they differ.
fn before_after(split: fn(f64) -> Split, before: f64, after: f64) -> String {
    let ((a, unit_a), (b, unit_b)) = (split(before), split(after));
    if unit_a == unit_b { format!("{a} → {b} {unit_b}") } else { format!("{a} {unit_a} → {b} {unit_b}") }
}

/// Of two response times in milliseconds.
pub(crate) fn times(before: f64, after: f64) -> String {
    before_after(time, before, after)
}

/// Of two shares in percent.
pub(crate) fn shares(before: f64, after: f64) -> String {
    before_after(share, before, after)
}

/// With thousands separators if it is a whole number.
fn number(value: f64, digits: usize) -> String {
    if digits == 0 { whole(value.round() as u64) } else { decimals(Some(value), digits) }
}

/// Milliseconds up to 9,999, then seconds.
fn time(ms: f64) -> Split {
    if ms >= 9999.5 {
        return (number(ms / 1000.0, if ms >= 100_000.0 { 0 } else { 1 }), "s");
    }
    (number(ms, if ms.fract() == 0.0 || ms >= 10.0 { 0 } else { 1 }), "ms")
}

/// Never rounded onto 0 % or 100 % when it is not exactly that.
fn share(percent: f64) -> Split {
    let text = match percent {
        0.0 | 100.0 => decimals(Some(percent), 0),
        ..0.01 => "<0.01".to_owned(),
        _ if percent > 99.99 => ">99.99".to_owned(),
        _ => decimals(Some(percent), if (10.0..=99.9).contains(&percent) { 1 } else { 2 }),
    };
    (text, "%")
}

/// Per second.
pub(crate) fn rate(per_s: f64) -> String {
    let digits = match per_s {
        0.0 => 0,
        // Two digits that count: a tiny rate is not written as none.
        ..0.1 => (1.0 - per_s.log10().floor()).min(12.0) as usize,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{}/s", number(per_s, digits))
}

/// A change in percent of the value before: `+12.3 %`, `−4.0 %`, `±0 %`; from 1,000 % on as a factor.
pub(crate) fn change(percent: f64) -> String {
    let size = percent.abs();
    if size < 0.05 {
        return "±0 %".to_owned();
    }
    if percent >= 1000.0 {
        return format!("×{}", whole((percent / 100.0 + 1.0).round() as u64));
    }
    let sign = if percent < 0.0 { '−' } else { '+' };
    format!("{sign}{size:.*} %", if size < 100.0 { 1 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_in_the_web_app() {
        let all_times = [(0.0, 44.0), (3.25, 9999.4), (9999.0, 10_250.0), (99_000.0, 123_456.0)];
        let expected = ["0 → 44 ms", "3.2 → 9,999 ms", "9,999 ms → 10.2 s", "99.0 → 123 s"];
        assert_eq!(all_times.map(|(before, after)| times(before, after)), expected);
        let all_shares = [(0.0, 0.004), (1.234, 33.33), (99.95, 100.0), (99.995, 100.0)];
        let expected = ["0 → <0.01 %", "1.23 → 33.3 %", "99.95 → 100 %", ">99.99 → 100 %"];
        assert_eq!(all_shares.map(|(before, after)| shares(before, after)), expected);
        let rates = [0.0, 0.00123, 0.5, 12.34, 1234.4];
        assert_eq!(rates.map(rate), ["0/s", "0.0012/s", "0.50/s", "12.3/s", "1,234/s"]);
        let changes = [0.01, 12.34, -4.0, -99.99, 250.4, 1900.0];
        assert_eq!(changes.map(change), ["±0 %", "+12.3 %", "−4.0 %", "−100.0 %", "+250 %", "×20"]);
    }
}
