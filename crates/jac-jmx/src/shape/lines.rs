//! The line of one thread group on one node, and sums of lines.

use super::{Line, LoadPoint, NoLine, ShapeEnd};
use crate::cancel::Cancel;
use crate::evaluate::Scope;
use crate::plan::Element;
use crate::plugin_groups;
use crate::thread_groups::Group;

/// Stairs with more steps than this are drawn as a slope.
const MOST_STEPS: u64 = 100;

const fn point(at_ms: u64, users: u64) -> LoadPoint {
    LoadPoint { at_ms, users }
}

fn ms(seconds: u64) -> u64 {
    seconds.saturating_mul(1_000)
}

/// `number * times / of`, without overflow.
fn share(number: u64, times: u64, of: u64) -> u64 {
    u64::try_from(u128::from(number) * u128::from(times) / u128::from(of.max(1))).unwrap_or(u64::MAX)
}

/// The line of a group from its own start on.
pub(super) fn of_group(
    group: &Group,
    element: &Element,
    scope: &Scope<'_>,
    cancel: Cancel<'_>,
) -> Result<Line, NoLine> {
    let number = |name: &str| plugin_groups::number(scope, element.text_or_empty(name)).ok_or(NoLine::Unknown);
    let points = match element.kind() {
        "ThreadGroup" => return classic(group).ok_or(NoLine::Unknown),
        "ConcurrencyThreadGroup" => {
            let users = group.report.threads.ok_or(NoLine::Unknown)?;
            let ramp_ms = ms(group.report.ramp_up_s.ok_or(NoLine::Unknown)?);
            let end_ms = ms(group.report.duration_s.ok_or(NoLine::Unknown)?);
            concurrency(users, ramp_ms, number("Steps")?, end_ms)
        }
        "SteppingThreadGroup" => stepping(&Stepping {
            users: number("ThreadGroup.num_threads")?,
            delay_ms: ms(number("Threads initial delay")?),
            start: number("Start users count")?,
            burst: number("Start users count burst")?,
            start_ms: ms(number("Start users period")?),
            ramp_ms: ms(number("rampUp")?),
            hold_ms: ms(number("flighttime")?),
            stop: number("Stop users count")?,
            stop_ms: ms(number("Stop users period")?),
        }),
        "UltimateThreadGroup" => waves(&plugin_groups::ultimate_rows(element, scope).ok_or(NoLine::Unknown)?, cancel),
        "ArrivalsThreadGroup" | "FreeFormArrivalsThreadGroup" | "OpenModelThreadGroup" => return Err(NoLine::Rate),
        _ => return Err(NoLine::Unknown),
    };
    Ok(Line { points, ends: ShapeEnd::Scheduled })
}

/// JMeter's own: thread i of n begins at i/n of the ramp-up.
fn classic(group: &Group) -> Option<Line> {
    let report = &group.report;
    let (users, ramp_ms, delay_ms) = (report.threads?, ms(report.ramp_up_s?), ms(report.delay_s.unwrap_or(0)));
    let end_ms = match (group.scheduler, report.duration_s) {
        (true, None) => return None,
        (true, Some(duration)) => Some(ms(duration)),
        (false, _) => None,
    };
    let mut points =
        if ramp_ms == 0 { vec![point(0, 0), point(0, users)] } else { vec![point(0, 0), point(ramp_ms, users)] };
    if let Some(end_ms) = end_ms {
        points = until(points, end_ms);
    }
    let ends = match (end_ms, report.loops) {
        (Some(_), _) => ShapeEnd::Scheduled,
        (None, Some(-1)) => ShapeEnd::Never,
        (None, Some(_)) => ShapeEnd::Iterations,
        (None, None) => return None,
    };
    Some(Line { points: later(points, delay_ms), ends })
}

/// `ConcurrencyThreadStarter` of jpgc-casutg: each step begins with its users; without steps they start evenly.
fn concurrency(users: u64, ramp_ms: u64, steps: u64, end_ms: u64) -> Vec<LoadPoint> {
    let mut points = vec![point(0, 0)];
    if ramp_ms == 0 {
        points.push(point(0, users));
    } else if steps == 0 || steps > MOST_STEPS {
        points.push(point(ramp_ms, users));
    } else {
        for step in 0..steps {
            let at_ms = share(ramp_ms, step, steps);
            let before = points.last().map_or(0, |last| last.users);
            points.push(point(at_ms, before));
            // Rounded like `Math.round`.
            let twice = share(users, 2 * (step + 1), steps);
            points.push(point(at_ms, twice / 2 + twice % 2));
        }
    }
    until(points, end_ms)
}

struct Stepping {
    users: u64,
    delay_ms: u64,
    /// Users of each step; 0: all.
    start: u64,
    /// Those of the first one; 0: as many as of the others.
    burst: u64,
    start_ms: u64,
    /// How long the users of a step take to start.
    ramp_ms: u64,
    hold_ms: u64,
    /// Users that stop at a time; 0: all.
    stop: u64,
    stop_ms: u64,
}

/// `SteppingThreadGroup.scheduleThread` of jpgc-casutg: see `stepping_duration_s` for its length.
fn stepping(group: &Stepping) -> Vec<LoadPoint> {
    let users = group.users;
    let or_all = |count: u64| if count == 0 { users.max(1) } else { count };
    let (step, stop) = (or_all(group.start), or_all(group.stop));
    let burst = match group.burst.min(users) {
        0 => step,
        burst => burst,
    };
    let period_ms = group.start_ms.saturating_add(group.ramp_ms);
    let rest = users.saturating_sub(burst);
    let steps = if users < burst { 1 } else { rest.div_ceil(step) };
    let up_ms = steps.saturating_mul(period_ms);
    let last_ms = match rest % step {
        // The plugin's own arithmetic if the first step exceeds the total.
        _ if users < burst => up_ms.saturating_sub(share(group.ramp_ms, burst - users, step)),
        0 => up_ms.saturating_add(group.ramp_ms),
        last => up_ms.saturating_add(share(group.ramp_ms, last, step)),
    };
    let descent_ms = last_ms.saturating_add(group.hold_ms);

    let mut points = vec![point(0, 0)];
    if steps > MOST_STEPS {
        points.extend([point(up_ms.saturating_add(group.ramp_ms), users)]);
    } else {
        let mut active = 0;
        for number in 0..=steps {
            let size = if number == 0 { burst } else { step };
            let more = size.min(users - active);
            if more == 0 {
                break;
            }
            let at_ms = number.saturating_mul(period_ms);
            points.push(point(at_ms, active));
            active += more;
            points.push(point(at_ms.saturating_add(share(group.ramp_ms, more, size)), active));
        }
    }
    points.push(point(descent_ms, users));
    let stops = users.div_ceil(stop);
    if stops > MOST_STEPS {
        points.push(point(descent_ms.saturating_add((stops - 1).saturating_mul(group.stop_ms)), 0));
    } else {
        for number in 0..stops {
            let at_ms = descent_ms.saturating_add(number.saturating_mul(group.stop_ms));
            let left = |stops: u64| users.saturating_sub(stop.saturating_mul(stops));
            points.extend([point(at_ms, left(number)), point(at_ms, left(number + 1))]);
        }
    }
    later(points, group.delay_ms)
}

/// The line of an Ultimate Thread Group.
pub(crate) fn waves(rows: &[[u64; 5]], cancel: Cancel<'_>) -> Vec<LoadPoint> {
    sum_of(cancel.each(rows).map(|row| wave(*row)).collect(), cancel)
}

/// A row of an Ultimate Thread Group: threads, initial delay, start-up, hold, shutdown.
fn wave([users, delay, start, hold, stop]: [u64; 5]) -> Vec<LoadPoint> {
    let (up_ms, down_ms) = (ms(start), ms(start.saturating_add(hold)));
    let points =
        vec![point(0, 0), point(up_ms, users), point(down_ms, users), point(down_ms.saturating_add(ms(stop)), 0)];
    later(points, ms(delay))
}

/// The line up to a time at which all users stop.
fn until(mut points: Vec<LoadPoint>, end_ms: u64) -> Vec<LoadPoint> {
    let users = before(&points, end_ms).unwrap_or_else(|| points.last().map_or(0, |last| last.users));
    points.retain(|point| point.at_ms < end_ms);
    if points.is_empty() {
        points.push(point(0, 0));
    }
    points.extend([point(end_ms, users), point(end_ms, 0)]);
    points
}

/// The same line, shifted to a later start.
pub(super) fn later(points: Vec<LoadPoint>, delay_ms: u64) -> Vec<LoadPoint> {
    if delay_ms == 0 {
        return points;
    }
    let moved = points.into_iter().map(|each| point(each.at_ms.saturating_add(delay_ms), each.users));
    std::iter::once(point(0, 0)).chain(moved).collect()
}

/// Number of users just before a time; `None`: the line has ended before.
fn before(points: &[LoadPoint], at_ms: u64) -> Option<u64> {
    let next = points.partition_point(|point| point.at_ms < at_ms);
    let to = points.get(next)?;
    let Some(from) = next.checked_sub(1).map(|index| points[index]) else { return Some(0) };
    Some(between(from, *to, at_ms))
}

/// Number of users from a time on; `None`: the line has ended.
fn from(points: &[LoadPoint], at_ms: u64) -> Option<u64> {
    let next = points.partition_point(|point| point.at_ms <= at_ms);
    let Some(last) = next.checked_sub(1).map(|index| points[index]) else { return Some(0) };
    match points.get(next) {
        Some(to) => Some(between(last, *to, at_ms)),
        None => (last.at_ms == at_ms).then_some(last.users),
    }
}

fn between(from: LoadPoint, to: LoadPoint, at_ms: u64) -> u64 {
    let span = u128::from(to.at_ms - from.at_ms);
    if span == 0 {
        return to.users;
    }
    let done = u128::from(at_ms - from.at_ms);
    let (one, other) = (u128::from(from.users) * (span - done), u128::from(to.users) * done);
    u64::try_from((one + other + span / 2) / span).unwrap_or(u64::MAX)
}

/// The sum of all lines, added pairwise: adding one after the other would take quadratic time.
pub(super) fn sum_of(mut lines: Vec<Vec<LoadPoint>>, cancel: Cancel<'_>) -> Vec<LoadPoint> {
    while lines.len() > 1 {
        let sums = cancel.each(lines.chunks(2)).map(|pair| match pair {
            [one, other] => sum(one, other),
            alone => alone.concat(),
        });
        lines = sums.collect();
    }
    lines.pop().unwrap_or_default()
}

/// Both lines together.
pub(super) fn sum(one: &[LoadPoint], other: &[LoadPoint]) -> Vec<LoadPoint> {
    if one.is_empty() || other.is_empty() {
        return [one, other].concat();
    }
    let mut times: Vec<u64> = one.iter().chain(other).map(|point| point.at_ms).collect();
    times.sort_unstable();
    times.dedup();
    let mut points: Vec<LoadPoint> = Vec::with_capacity(times.len() * 2);
    for at_ms in times {
        let both = |users: fn(&[LoadPoint], u64) -> Option<u64>| {
            users(one, at_ms).unwrap_or(0).saturating_add(users(other, at_ms).unwrap_or(0))
        };
        let (left, right) = (both(before), both(from));
        points.push(point(at_ms, left));
        if left != right {
            points.push(point(at_ms, right));
        }
    }
    points
}

/// Reduced to about this many points, including those with the most users.
pub(super) fn thinned(points: Vec<LoadPoint>, most: usize) -> Vec<LoadPoint> {
    if points.len() <= most {
        return points;
    }
    let each = points.len().div_ceil(most / 2);
    let last = points.last().copied();
    let highest = |some: &[LoadPoint]| some.iter().copied().max_by_key(|point| point.users);
    let mut kept: Vec<LoadPoint> = Vec::with_capacity(most + 1);
    for some in points.chunks(each) {
        kept.extend(some.first().copied());
        kept.extend(highest(some).filter(|point| some.first() != Some(point)));
    }
    kept.extend(last.filter(|last| kept.last() != Some(last)));
    kept
}
