//! Times as text, in UTC.

use jac_model::EpochMs;

/// `20261123T101500Z`, for names of files.
pub fn compact(at_ms: EpochMs) -> String {
    let (year, month, day, second) = parts(at_ms);
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// `2026-11-23 10:15 UTC`, for people.
pub fn minute(at_ms: EpochMs) -> String {
    let (year, month, day, second) = parts(at_ms);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", second / 3600, second / 60 % 60)
}

/// `2026-11-23T10:15:09Z`, in a form that people can enter again.
pub fn second(at_ms: EpochMs) -> String {
    let (year, month, day, second) = parts(at_ms);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// Year, month, day, and the second of the day.
fn parts(at_ms: EpochMs) -> (i64, i64, i64, i64) {
    let seconds = at_ms.div_euclid(1000);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    (year, month, day, seconds.rem_euclid(86_400))
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_convert_to_dates() {
        for (days, date) in [(0, (1970, 1, 1)), (59, (1970, 3, 1)), (11_016, (2000, 2, 29)), (20_780, (2026, 11, 23))] {
            assert_eq!(civil(days), date);
        }
    }

    #[test]
    fn a_time_is_written_for_people_and_for_names() {
        let at_ms = 20_780 * 86_400_000 + (10 * 3600 + 15 * 60 + 9) * 1000 + 999;
        assert_eq!((compact(at_ms).as_str(), minute(at_ms).as_str()), ("20261123T101509Z", "2026-11-23 10:15 UTC"));
        assert_eq!(second(at_ms), "2026-11-23T10:15:09Z");
    }
}
