//! Thread groups of the JMeter Plugins project, as far as their numbers can be read.
//!
//! Property names are those in plans that these plugins save (`kg.apc.jmeter.threads`,
//! `com.blazemeter.jmeter.threads`). Numbers that cannot be read are unknown; a group of any other kind is completely
//! unknown.

use crate::cancel::Cancel;
use crate::check::findings::cut;
use crate::evaluate::Scope;
use crate::expression::has_expression;
use crate::plan::Element;
use crate::shape::waves;
use crate::thread_groups::{Group, Span};

/// Fills in the group's numbers; false if its kind is unknown here.
pub(crate) fn read(group: &mut Group, element: &Element, scope: &Scope<'_>, cancel: Cancel<'_>) -> bool {
    let number = |name: &str| number(scope, element.text_or_empty(name));
    match element.kind() {
        "ConcurrencyThreadGroup" | "ArrivalsThreadGroup" => {
            // Exactly `M` means minutes, everything else seconds (`AbstractDynamicThreadGroupModel` of
            // jmeter-plugins-casutg 2.10; verified).
            let is_minutes = scope.evaluate_of_group(element.text_or_empty("Unit")).as_deref() == Some("M");
            let unit_s = if is_minutes { 60.0 } else { 1.0 };
            let times =
                |name: &str| seconds(&scope.evaluate_of_group(element.text(name).unwrap_or(default(name)))?, unit_s);
            if element.kind() == "ConcurrencyThreadGroup" {
                // The target is in threads; that of an arrivals group is in arrivals, and it uses as many threads as it
                // needs.
                let level = scope.evaluate_of_group(element.text("TargetLevel").unwrap_or(default("TargetLevel")));
                group.report.threads = level.as_deref().map(|level| level.parse::<i32>().unwrap_or(0).max(0) as u64);
                if let Some(level) = level.filter(|level| level.parse::<i32>().is_err() && !level.is_empty()) {
                    group.not_numbers.push(("number of threads", level));
                }
                group.report.raw.threads = raw(element, "TargetLevel");
            }
            group.report.ramp_up_s = times("RampUp");
            group.report.raw.ramp_up_s = raw(element, "RampUp");
            group.report.raw.duration_s = raw(element, "Hold");
            group.report.duration_s = times("RampUp").zip(times("Hold")).map(|(ramp, hold)| ramp.saturating_add(hold));
        }
        "SteppingThreadGroup" => {
            group.report.threads = number("ThreadGroup.num_threads");
            group.report.raw.threads = raw(element, "ThreadGroup.num_threads");
            group.report.delay_s = number("Threads initial delay");
            group.report.duration_s = stepping_duration_s(&number);
        }
        "UltimateThreadGroup" => {
            let rows = ultimate_rows(element, scope);
            // Waves that never meet are never there together.
            let most = |rows: &Vec<_>| waves(rows, cancel).iter().map(|point| point.users).max().unwrap_or(0);
            group.report.threads = rows.as_ref().map(most);
            // Columns: threads, initial delay, start-up, hold, shutdown; each row is a wave of its own.
            let end_s = |row: &[u64; 5]| row[1..].iter().copied().fold(0, u64::saturating_add);
            group.report.duration_s = rows.and_then(|rows| rows.iter().map(end_s).max());
        }
        "FreeFormArrivalsThreadGroup" => {}
        _ => return false,
    }
    let delay_s = group.report.delay_s.unwrap_or(0);
    group.span = group.report.duration_s.map_or(Span::Unknown, |length| Span::AtMost(length.saturating_add(delay_s)));
    true
}

/// The plugin's defaults for missing properties.
fn default(name: &str) -> &'static str {
    if matches!(name, "TargetLevel" | "Hold") { "1" } else { "" }
}

/// A time in whole seconds, as the plugin rounds it. A value that it cannot parse ends the group with an error.
fn seconds(text: &str, unit_s: f64) -> Option<u64> {
    if text.is_empty() {
        return Some(0);
    }
    let number: f64 = text.trim().parse().ok()?;
    Some((number * unit_s + 0.5).floor().max(0.0) as u64)
}

pub(crate) fn number(scope: &Scope<'_>, text: &str) -> Option<u64> {
    let value = scope.evaluate_of_group(text)?;
    let value = value.trim();
    if value.is_empty() { Some(0) } else { value.parse().ok() }
}

fn raw(element: &Element, name: &str) -> Option<String> {
    element.text(name).filter(|text| has_expression(text)).map(|text| cut(text.to_owned()))
}

/// From the first start to the last stop: a burst, then some threads at each step, which takes its period *and* its
/// ramp-up; hold; then stop a number of threads each period. (`SteppingThreadGroup.scheduleThread` of
/// jmeter-plugins-casutg 2.10; verified with the plan used in a test.)
fn stepping_duration_s(number: &dyn Fn(&str) -> Option<u64>) -> Option<u64> {
    let number = |name: &str| number(name).map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let threads = number("ThreadGroup.num_threads")?;
    let or_all = |count: i64| if count == 0 { threads.max(1) } else { count };
    let step = or_all(number("Start users count")?);
    let burst = match number("Start users count burst")?.min(threads) {
        0 => step,
        burst => burst,
    };
    let ramp_up_s = number("rampUp")?;
    let after_burst = threads - burst;
    let steps = if after_burst < 0 { 1 } else { after_burst / step + i64::from(after_burst % step > 0) };
    let last_step = match after_burst % step {
        0 => step,
        rest => rest,
    };
    let start_s = steps.saturating_mul(number("Start users period")?.saturating_add(ramp_up_s));
    let last_s = ramp_up_s.saturating_mul(last_step) / step;
    let stops = (threads - 1).max(0) / or_all(number("Stop users count")?);
    let stop_s = stops.saturating_mul(number("Stop users period")?);
    let length_s = [start_s, last_s, number("flighttime")?, stop_s].into_iter().fold(0, i64::saturating_add);
    u64::try_from(length_s).ok()
}

/// The property that an Ultimate Thread Group reads its schedule from, regardless of the plan (verified).
const SCHEDULE: &str = "threads_schedule";

/// The waves of an Ultimate Thread Group: threads, initial delay, start-up, hold, shutdown.
pub(crate) fn ultimate_rows(element: &Element, scope: &Scope<'_>) -> Option<Vec<[u64; 5]>> {
    if scope.is_set_by_plan(SCHEDULE) {
        return None;
    }
    if let Some(schedule) = scope.property(SCHEDULE).filter(|schedule| !schedule.is_empty()) {
        // It ignores entries that it cannot parse.
        return Some(schedule.split(')').filter_map(spawned).collect());
    }
    let data = element.properties.iter().position(|property| property.name == "ultimatethreadgroupdata")?;
    let below = element.below(data);
    let row_level = element.properties[data].level + 1;
    let mut rows = Vec::new();
    for (position, _) in below.iter().enumerate().filter(|(_, property)| property.level == row_level) {
        let cells: Vec<u64> = below[position + 1..]
            .iter()
            .take_while(|cell| cell.level > row_level)
            .map(|cell| number(scope, &cell.text))
            .collect::<Option<_>>()?;
        rows.push(cells.try_into().ok()?);
    }
    Some(rows)
}

/// A wave of `threads_schedule`: `spawn(10, 0s, 5s, 1m, 5s`, without its last parenthesis.
fn spawned(chunk: &str) -> Option<[u64; 5]> {
    let parts: Vec<&str> = chunk.split(['(', ',']).collect();
    let [name, threads, times @ ..] = parts.as_slice() else { return None };
    if !name.trim().eq_ignore_ascii_case("spawn") {
        return None;
    }
    let threads = u64::try_from(threads.trim().parse::<i32>().ok()?).unwrap_or(0);
    let times: Vec<u64> = times.get(..4)?.iter().map(|time| short_seconds(time)).collect::<Option<_>>()?;
    Some([threads, times[0], times[1], times[2], times[3]])
}

/// `1h30m`, `90s`, `90` (`JMeterPluginsUtils.getSecondsForShortString`).
fn short_seconds(text: &str) -> Option<u64> {
    let (mut total_s, mut digits) = (0_u64, String::new());
    for character in text.trim().chars() {
        let unit_s = match character.to_ascii_lowercase() {
            '0'..='9' => {
                digits.push(character);
                continue;
            }
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total_s = total_s.saturating_add(digits.parse::<u64>().ok()?.saturating_mul(unit_s));
        digits.clear();
    }
    if digits.is_empty() { Some(total_s) } else { Some(total_s.saturating_add(digits.parse().ok()?)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_given_as_a_property_is_read_as_the_plugin_does() {
        assert_eq!(spawned("spawn(7,0s,1s,5s,1s"), Some([7, 0, 1, 5, 1]));
        assert_eq!(spawned(" SPAWN( 7 , 1h30m, 90, 1d, 2M"), Some([7, 5_400, 90, 86_400, 120]));
        for wrong in ["", "spawn(7,0s,1s,5s", "rate(1,1,1,1,1", "spawn(x,0,0,0,0", "spawn(1,0w,0,0,0"] {
            assert_eq!(spawned(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn waves_that_never_meet_are_not_added_up() {
        let peak = |rows: &[[u64; 5]]| waves(rows, Cancel::NEVER).iter().map(|point| point.users).max().unwrap_or(0);
        assert_eq!(peak(&[[3, 0, 1, 2, 1], [3, 6, 1, 2, 1]]), 3);
        assert_eq!(peak(&[[3, 0, 1, 10, 1], [4, 6, 1, 2, 1]]), 7);
        assert_eq!(peak(&[[10, 0, 10, 0, 10], [5, 15, 0, 5, 0]]), 10, "5 of the first are left when the second begins");
        assert_eq!(peak(&[[10, 0, 100, 0, 0], [100, 0, 0, 50, 0]]), 105, "just before the second ends");
        assert_eq!(peak(&[[3, 0, 0, 5, 0], [3, 5, 0, 5, 0]]), 3, "one ends when the other begins");
        assert_eq!(peak(&[]), 0);
    }

    #[test]
    fn times_are_rounded_as_the_plugin_rounds() {
        assert_eq!((seconds("0.05", 60.0), seconds("", 60.0), seconds("1.5", 1.0)), (Some(3), Some(0), Some(2)));
        assert_eq!(seconds("x", 1.0), None);
    }
}
