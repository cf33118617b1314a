//! The times that a [`Timing`] describes. The rules of the time zones are those that this JAC was built with, not those
//! of the machine.
//!
//! When clocks go forward, some times of day do not exist; when they go back, some exist twice. A cron expression with
//! a fixed minute and hour means one run a day: for a time that does not exist the run starts at the first moment after
//! the gap, for one that exists twice at the first of both. An expression with `*`, a step or a range in minute or hour
//! means an interval: it has no runs in the gap, and runs in both repetitions of an hour. A single time that does not
//! exist is rejected when it is saved; one that exists twice means the first of both.

use super::Timing;
use crate::{EpochMs, Fault};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};

/// The longest cron expression, in characters.
const LONGEST_EXPRESSION: usize = 200;

/// A timing that was found possible.
#[derive(Debug, Clone)]
pub struct Times {
    rule: Rule,
    zone: TimeZone,
}

#[derive(Debug, Clone)]
enum Rule {
    Once(EpochMs),
    Cron(Box<Cron>),
}

impl Timing {
    /// Parses it.
    ///
    /// # Errors
    /// `zone_unknown`, `time_malformed`, `time_does_not_exist` or `cron_invalid`, with the field within the timing.
    pub fn times(&self) -> Result<Times, Fault> {
        let zone = zone(self.zone())?;
        let rule = match self {
            Self::Once { at, .. } => Rule::Once(moment(at, &zone)?),
            Self::Cron { expression, .. } => Rule::Cron(Box::new(cron(expression)?)),
        };
        Ok(Times { rule, zone })
    }

    /// The same times in JAC's canonical form.
    ///
    /// # Errors
    /// Those of [`Timing::times`].
    pub fn normalized(&self) -> Result<Self, Fault> {
        let zone = zone(self.zone())?.iana_name().unwrap_or("UTC").to_owned();
        Ok(match self {
            Self::Once { at, .. } => Self::Once { at: civil(at)?.to_string(), zone },
            Self::Cron { expression, .. } => {
                Self::Cron { expression: expression.split_whitespace().collect::<Vec<_>>().join(" "), zone }
            }
        })
    }
}

impl Times {
    /// The first time after the given one; `None`: there are no further ones.
    pub fn after(&self, after_ms: EpochMs) -> Option<EpochMs> {
        match &self.rule {
            Rule::Once(at_ms) => Some(*at_ms).filter(|at_ms| *at_ms > after_ms),
            Rule::Cron(cron) => {
                let from = Timestamp::from_millisecond(after_ms).ok()?.to_zoned(self.zone.clone());
                let found: Zoned = cron.find_next_occurrence(&from, false).ok()?;
                Some(found.timestamp().as_millisecond()).filter(|found_ms| *found_ms > after_ms)
            }
        }
    }

    /// The first `count` moments after one.
    pub fn next(&self, after_ms: EpochMs, count: usize) -> Vec<EpochMs> {
        std::iter::successors(self.after(after_ms), |last_ms| self.after(*last_ms)).take(count).collect()
    }

    /// A moment as the zone's clocks show it, with the difference from UTC: `2026-12-01T03:00:00+01:00`.
    pub fn local(&self, at_ms: EpochMs) -> String {
        let moment = Timestamp::from_millisecond(at_ms).map(|at| at.to_zoned(self.zone.clone()));
        moment.map_or_else(|_| at_ms.to_string(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }
}

fn zone(name: &str) -> Result<TimeZone, Fault> {
    let unknown = || {
        let message = format!("Unknown time zone '{name}'. Expected an IANA name such as Europe/Berlin, or UTC.");
        Fault::at("/zone", "zone_unknown", message)
    };
    let zone = TimeZone::get(name.trim()).map_err(|_| unknown())?;
    if zone.iana_name().is_none() { Err(unknown()) } else { Ok(zone) }
}

fn civil(at: &str) -> Result<DateTime, Fault> {
    let malformed = || {
        let message = format!("Invalid date and time '{at}'. Expected YYYY-MM-DDTHH:MM, without an offset.");
        Fault::at("/at", "time_malformed", message)
    };
    // An offset or a zone in this text is rejected: the zone has a field of its own.
    let is_plain =
        at.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '-' | ':' | 'T' | 't' | ' ' | '.'));
    let read = is_plain.then(|| at.trim().parse::<DateTime>().ok()).flatten().ok_or_else(malformed)?;
    read.with().subsec_nanosecond(0).build().map_err(|_| malformed())
}

fn moment(at: &str, zone: &TimeZone) -> Result<EpochMs, Fault> {
    let civil = civil(at)?;
    let ambiguous = zone.to_ambiguous_zoned(civil);
    if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
        let message =
            "This time does not exist in the time zone: the clocks go forward then. Choose an earlier or later one.";
        return Err(Fault::at("/at", "time_does_not_exist", message));
    }
    let out_of_range = |_| Fault::at("/at", "time_malformed", "This date is out of range.");
    Ok(ambiguous.earlier().map_err(out_of_range)?.timestamp().as_millisecond())
}

fn cron(expression: &str) -> Result<Cron, Fault> {
    let invalid = |reason: String| {
        let message = format!(
            "Invalid cron expression: {reason}. Expected five fields: minute, hour, day of month, month, day of week."
        );
        Fault::at("/expression", "cron_invalid", message)
    };
    if expression.chars().count() > LONGEST_EXPRESSION {
        return Err(invalid(format!("it has more than {LONGEST_EXPRESSION} characters")));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(expression.trim()).map_err(|error| {
        invalid(error.to_string().trim_end_matches('.').trim_start_matches("Invalid pattern: ").to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron_in(zone: &str, expression: &str) -> Times {
        Timing::Cron { expression: expression.to_owned(), zone: zone.to_owned() }.times().expect("a timing")
    }

    fn once(zone: &str, at: &str) -> Result<Times, Fault> {
        Timing::Once { at: at.to_owned(), zone: zone.to_owned() }.times()
    }

    fn ms(text: &str) -> EpochMs {
        text.parse::<Timestamp>().expect("a moment").as_millisecond()
    }

    /// The next times after a given one, in the zone's local time, without the year.
    fn table(zone: &str, expression: &str, after: &str, count: usize) -> Vec<String> {
        let times = cron_in(zone, expression);
        times
            .next(ms(after), count)
            .into_iter()
            .map(|at| times.local(at)[5..].replace(":00+", "+").replace(":00-", "-"))
            .collect()
    }

    #[test]
    fn the_next_times_of_ordinary_expressions() {
        let after = "2026-11-27T10:17:30.500Z";
        for (expression, expected) in [
            ("* * * * *", ["11-27T10:18+00:00", "11-27T10:19+00:00"]),
            ("0 * * * *", ["11-27T11:00+00:00", "11-27T12:00+00:00"]),
            ("@hourly", ["11-27T11:00+00:00", "11-27T12:00+00:00"]),
            ("@daily", ["11-28T00:00+00:00", "11-29T00:00+00:00"]),
            ("30 6 * * MON-FRI", ["11-30T06:30+00:00", "12-01T06:30+00:00"]),
            ("*/15 22-23 * * *", ["11-27T22:00+00:00", "11-27T22:15+00:00"]),
            ("0 3 1 * *", ["12-01T03:00+00:00", "01-01T03:00+00:00"]),
            ("0 3 L * *", ["11-30T03:00+00:00", "12-31T03:00+00:00"]),
            ("0 0 29 2 *", ["02-29T00:00+00:00", "02-29T00:00+00:00"]),
            // Both days are restricted: either is enough, as in every cron.
            ("0 5 13 * FRI", ["12-04T05:00+00:00", "12-11T05:00+00:00"]),
            ("0 5 * * 7", ["11-29T05:00+00:00", "12-06T05:00+00:00"]),
        ] {
            assert_eq!(table("UTC", expression, after, 2), expected, "{expression}");
        }
    }

    #[test]
    fn a_fixed_time_that_does_not_exist_is_the_first_moment_after_the_gap() {
        // Clocks go forward from 02:00 to 03:00.
        let berlin = table("Europe/Berlin", "30 2 * * *", "2026-03-27T12:00:00Z", 3);
        assert_eq!(berlin, ["03-28T02:30+01:00", "03-29T03:00+02:00", "03-30T02:30+02:00"]);
        let new_york = table("America/New_York", "30 2 * * *", "2026-03-06T12:00:00Z", 3);
        assert_eq!(new_york, ["03-07T02:30-05:00", "03-08T03:00-04:00", "03-09T02:30-04:00"]);
        // Times outside the gap are unchanged.
        assert_eq!(table("Europe/Berlin", "0 3 * * *", "2026-03-28T12:00:00Z", 1), ["03-29T03:00+02:00"]);
        assert_eq!(table("Europe/Berlin", "59 1 * * *", "2026-03-28T12:00:00Z", 1), ["03-29T01:59+01:00"]);
    }

    #[test]
    fn a_fixed_time_that_exists_twice_is_the_first_of_both() {
        // Clocks go back from 03:00 to 02:00, and from 02:00 to 01:00.
        let berlin = table("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", 2);
        assert_eq!(berlin, ["10-25T02:30+02:00", "10-26T02:30+01:00"]);
        let new_york = table("America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z", 2);
        assert_eq!(new_york, ["11-01T01:30-04:00", "11-02T01:30-05:00"]);
        // From a moment between the two, the next one is on the next day.
        assert_eq!(table("Europe/Berlin", "30 2 * * *", "2026-10-25T00:45:00Z", 1), ["10-26T02:30+01:00"]);
    }

    #[test]
    fn an_interval_has_nothing_in_the_gap_and_both_repeated_hours() {
        let gap = table("Europe/Berlin", "*/30 * * * *", "2026-03-29T00:15:00Z", 3);
        assert_eq!(gap, ["03-29T01:30+01:00", "03-29T03:00+02:00", "03-29T03:30+02:00"]);
        let twice = table("Europe/Berlin", "*/30 * * * *", "2026-10-25T00:15:00Z", 4);
        assert_eq!(twice, ["10-25T02:30+02:00", "10-25T02:00+01:00", "10-25T02:30+01:00", "10-25T03:00+01:00"]);
        let hourly = table("America/New_York", "0 * * * *", "2026-11-01T04:30:00Z", 3);
        assert_eq!(hourly, ["11-01T01:00-04:00", "11-01T01:00-05:00", "11-01T02:00-05:00"]);
    }

    #[test]
    fn a_single_time_is_one_moment_and_over_after_it() {
        let summer = once("Europe/Berlin", "2026-07-01T03:00").expect("a time");
        assert_eq!(summer.next(0, 5), [ms("2026-07-01T01:00:00Z")]);
        assert_eq!(summer.after(ms("2026-07-01T01:00:00Z")), None);
        let twice = once("Europe/Berlin", "2026-10-25T02:30:05").expect("a time");
        assert_eq!(twice.next(0, 5), [ms("2026-10-25T00:30:05Z")], "the first of both");
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_field() {
        let refused = |timing: Timing| {
            let fault = timing.times().expect_err("refused");
            (fault.code, fault.field.unwrap_or_default())
        };
        let cron = |expression: &str| Timing::Cron { expression: expression.to_owned(), zone: "UTC".to_owned() };
        for wrong in [
            "",
            "* * * *",
            "0 0 * * * *",
            "60 * * * *",
            "0 24 * * *",
            "0 0 0 * *",
            "0 0 * 13 *",
            "0 0 * * 8",
            "x * * * *",
            "@reboot",
            &"1,".repeat(101),
        ] {
            assert_eq!(refused(cron(wrong)), ("cron_invalid".to_owned(), "/expression".to_owned()), "{wrong}");
        }
        let zone = Timing::Cron { expression: "@daily".to_owned(), zone: "Berlin".to_owned() };
        assert_eq!(refused(zone), ("zone_unknown".to_owned(), "/zone".to_owned()));
        let once = |at: &str| Timing::Once { at: at.to_owned(), zone: "Europe/Berlin".to_owned() };
        for wrong in
            ["", "tomorrow", "2026-02-30T00:00", "2026-12-01T03:00+01:00", "2026-12-01T03:00Z", "2026-12-01T03:00[UTC]"]
        {
            assert_eq!(refused(once(wrong)).0, "time_malformed", "{wrong}");
        }
        assert_eq!(refused(once("2026-03-29T02:30")), ("time_does_not_exist".to_owned(), "/at".to_owned()));
    }

    #[test]
    fn a_day_that_never_comes_has_no_next_time() {
        assert_eq!(cron_in("UTC", "0 0 30 2 *").after(0), None);
    }

    #[test]
    fn a_timing_is_spelled_as_jac_spells_it() {
        let given = Timing::Cron { expression: " 0  3 * *  1-5 ".to_owned(), zone: "europe/berlin".to_owned() };
        let spelled = Timing::Cron { expression: "0 3 * * 1-5".to_owned(), zone: "Europe/Berlin".to_owned() };
        assert_eq!(given.normalized(), Ok(spelled));
        let given = Timing::Once { at: "2026-12-01 03:00:07.9".to_owned(), zone: "utc".to_owned() };
        let spelled = Timing::Once { at: "2026-12-01T03:00:07".to_owned(), zone: "UTC".to_owned() };
        assert_eq!(given.normalized(), Ok(spelled));
    }
}
