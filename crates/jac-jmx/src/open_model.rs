//! The schedule of an Open Model Thread Group: `rate(10/min) random_arrivals(2 min) pause(5 s)`.
//!
//! Only the length matters here. The notation is that of `org.apache.jmeter.threads.openmodel.ThreadSchedule`: functions
//! with one argument, durations as a number with a unit, comments as in Java. (Tried: JMeter 5.6.3 takes no sample where a unit
//! is missing.)

/// Length of a schedule in seconds, rounded up; `None` where it can't be read.
pub(crate) fn duration_s(schedule: &str) -> Option<u64> {
    let text = without_comments(schedule);
    let mut total_s = 0.0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('(')?;
        let (argument, after) = after.split_once(')')?;
        match name.trim() {
            "random_arrivals" | "even_arrivals" | "pause" => total_s += seconds(argument)?,
            "rate" | "random_seed" => {}
            _ => return None,
        }
        rest = after.trim_start();
    }
    (total_s.is_finite() && total_s >= 0.0).then(|| total_s.ceil() as u64)
}

fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let unit_s = match text[end..].trim() {
        "ms" => 0.001,
        "s" | "sec" | "second" | "seconds" => 1.0,
        "m" | "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    };
    Some(number * unit_s)
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("//").into_iter().chain(rest.find("/*")).min() {
        out.push_str(&rest[..start]);
        out.push(' ');
        let end = if rest[start..].starts_with("//") { ("\n", 1) } else { ("*/", 2) };
        match rest[start + 2..].find(end.0) {
            Some(position) => rest = &rest[start + 2 + position + end.1..],
            None => rest = "",
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_add_up() {
        assert_eq!(duration_s("rate(10/min) random_arrivals(2 min) rate(10/min)"), Some(120));
        assert_eq!(duration_s("rate(1/sec) even_arrivals(2s) pause(500 ms) /* x */ // y\n pause(1 s)"), Some(4));
        assert_eq!(duration_s("rate(1/sec) random_arrivals(1.5 h)"), Some(5_400));
        assert_eq!(duration_s(""), Some(0));
    }

    #[test]
    fn unreadable_schedules_are_unknown() {
        assert_eq!(duration_s("rate(1/sec) random_arrivals(${x})"), None);
        assert_eq!(duration_s("nonsense"), None);
        assert_eq!(duration_s("rate(1/sec) random_arrivals(2)"), None);
        assert_eq!(duration_s("rate(1"), None);
    }
}
