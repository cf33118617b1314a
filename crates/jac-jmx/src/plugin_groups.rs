//! Thread groups of the JMeter Plugins project, as far as their numbers can be read.
//!
//! Property names are those in plans that these plugins save (`kg.apc.jmeter.threads`, `com.blazemeter.jmeter.threads`).
//! What can't be read stays unknown; a group that is not of these kinds is wholly unknown.

use crate::evaluate::Scope;
use crate::expression::has_expression;
use crate::plan::Element;
use crate::thread_groups::{Group, Span};

/// Fills in the group's numbers; false if its kind is not known here.
pub(crate) fn read(group: &mut Group, element: &Element, scope: &Scope<'_>) -> bool {
    let number = |name: &str| number(scope, element.text_or_empty(name));
    match element.kind() {
        "ConcurrencyThreadGroup" | "ArrivalsThreadGroup" => {
            let unit_s = match scope.evaluate_of_group(element.text_or_empty("Unit")).as_deref() {
                Some("S") => 1,
                // Minutes are the plugin's own default.
                _ => 60,
            };
            let times = |name: &str| number(name).map(|n| n.saturating_mul(unit_s));
            if element.kind() == "ConcurrencyThreadGroup" {
                // The target is in threads; an arrivals group's is in arrivals, and its threads are whatever it takes.
                group.report.threads = number("TargetLevel");
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
            group.report.threads = rows.as_ref().map(|rows| rows.iter().map(|row| row[0]).sum());
            // Columns: threads, initial delay, start-up, hold, shutdown; each row is a wave of its own.
            let end_s = |row: &[u64; 5]| row[1..].iter().sum::<u64>();
            group.report.duration_s = rows.and_then(|rows| rows.iter().map(end_s).max());
        }
        "FreeFormArrivalsThreadGroup" => {}
        _ => return false,
    }
    let delay_s = group.report.delay_s.unwrap_or(0);
    group.span = group.report.duration_s.map_or(Span::Unknown, |length| Span::AtMost(length.saturating_add(delay_s)));
    true
}

pub(crate) fn number(scope: &Scope<'_>, text: &str) -> Option<u64> {
    let value = scope.evaluate_of_group(text)?;
    let value = value.trim();
    if value.is_empty() { Some(0) } else { value.parse().ok() }
}

fn raw(element: &Element, name: &str) -> Option<String> {
    element.text(name).filter(|text| has_expression(text)).map(str::to_owned)
}

/// From the first start to the last stop: a burst, then some threads at each step, which takes its period *and* its ramp-up;
/// hold; then stop a number of threads each period. (`SteppingThreadGroup.scheduleThread` of jmeter-plugins-casutg 2.10; tried
/// with the plan that is a test.)
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

pub(crate) fn ultimate_rows(element: &Element, scope: &Scope<'_>) -> Option<Vec<[u64; 5]>> {
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
