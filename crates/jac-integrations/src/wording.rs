//! The message at a run's end for people, with the web app's terms: a title, facts with units, and the criteria.

use jac_model::notify::{EndCriterion, EndedRun, Notification, NotificationEvent};

/// Maximum number of criteria listed; of further ones, only the number is given.
const MOST_CRITERIA: usize = 10;
/// Maximum length of one of their texts.
const LONGEST: usize = 300;
/// The longest name in a title.
const LONGEST_NAME: usize = 100;

/// The outcome, in a few words.
pub(crate) fn outcome(run: &EndedRun) -> &'static str {
    match (run.cause.code.as_str(), run.verdict.as_str()) {
        ("failed", _) => "failed",
        ("stopped", "failed") => "stopped, criteria not met",
        (_, "failed") => "criteria not met",
        ("stopped", "passed") => "stopped, criteria met",
        ("stopped", _) => "stopped",
        (_, "passed") => "criteria met",
        _ => "completed",
    }
}

/// One line with the run and its outcome.
pub(crate) fn title(notification: &Notification) -> String {
    let run = &notification.run;
    let test = if notification.event == NotificationEvent::Test { "Test message: " } else { "" };
    format!("{test}{}: {}", cut(&run.name, LONGEST_NAME), outcome(run))
}

/// Facts about the run, each with its name.
pub(crate) fn facts(run: &EndedRun) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Plan", cut(&run.plan.name, LONGEST)), ("Owner", cut(&run.owner.name, LONGEST))];
    if let Some(started_ms) = run.started_ms {
        facts.push(("Duration", duration(run.ended_ms - started_ms)));
    }
    let Some(figures) = &run.figures else { return facts };
    facts.push(("Samples", grouped(figures.samples)));
    let share = figures.error_percent.map(|percent| format!(" ({percent:.2} %)")).unwrap_or_default();
    facts.push(("Errors", format!("{}{share}", grouped(figures.errors))));
    if let Some(rate) = figures.rate_per_s {
        facts.push(("Throughput", format!("{rate:.1}/s")));
    }
    if let Some(p95) = figures.p95_ms {
        facts.push(("95th percentile", format!("{p95:.0} ms")));
    }
    facts
}

/// A line for each criterion.
pub(crate) fn criteria(run: &EndedRun) -> Vec<String> {
    let line = |criterion: &EndCriterion| {
        let word = if criterion.met { "Met" } else { "Not met" };
        format!("{word}: {}", cut(&criterion.message, LONGEST))
    };
    // Missed criteria come first.
    let mut sorted: Vec<&EndCriterion> = run.criteria.iter().collect();
    sorted.sort_by_key(|criterion| criterion.met);
    let mut lines: Vec<String> = sorted.iter().take(MOST_CRITERIA).map(|criterion| line(criterion)).collect();
    if let Some(further) = sorted.len().checked_sub(MOST_CRITERIA).filter(|further| *further > 0) {
        lines.push(format!("and {further} more"));
    }
    lines
}

/// What ended it, unless its plan simply ended.
pub(crate) fn cause(run: &EndedRun) -> Option<String> {
    (run.cause.code != "completed").then(|| cut(&run.cause.message, LONGEST))
}

fn cut(text: &str, longest: usize) -> String {
    // Keeps a header or card line on one line.
    let mut letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut cut: String = letters.by_ref().take(longest).collect();
    if letters.next().is_some() {
        cut.push('…');
    }
    cut
}

fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jac_model::Person;
    use jac_model::notify::{EndCause, EndFigures, EndedPlan};

    pub fn example() -> Notification {
        let criterion = |expression: &str, met, message: &str| EndCriterion {
            expression: expression.to_owned(),
            met,
            code: Some(if met { "met" } else { "not_met" }.to_owned()),
            message: message.to_owned(),
        };
        Notification {
            version: 1,
            event: NotificationEvent::RunFinished,
            id: "n-0011223344556677".to_owned(),
            run: EndedRun {
                id: "r-23456789".parse().expect("an id"),
                name: "Checkout <peak> & more".to_owned(),
                plan: EndedPlan {
                    id: "p-23456789".parse().expect("an id"),
                    name: "checkout".to_owned(),
                    revision: Some(3),
                },
                owner: Person { id: "u-1".to_owned(), name: "Ann".to_owned() },
                team: None,
                cluster: "blue".to_owned(),
                workers: 2,
                tags: vec!["nightly".to_owned()],
                created_ms: 1_700_000_000_000,
                started_ms: Some(1_700_000_001_000),
                ended_ms: 1_700_000_126_000,
                cause: EndCause { code: "completed".to_owned(), message: "The plan completed.".to_owned() },
                verdict: "failed".to_owned(),
                figures: Some(EndFigures {
                    samples: 1_234_567,
                    errors: 1_235,
                    error_percent: Some(0.100_03),
                    rate_per_s: Some(9_876.54),
                    p95_ms: Some(812.4),
                }),
                criteria: vec![
                    criterion("error_rate > 1%", true, "error rate of Total = 0.1 % (fails when > 1 %)"),
                    criterion("p95 > 800", false, "p95 of Total = 812 ms (fails when > 800 ms)"),
                ],
                url: Some("https://jac.example/runs/r-23456789".to_owned()),
            },
        }
    }

    #[test]
    fn figures_have_units_and_what_was_missed_comes_first() {
        let run = example().run;
        let facts = facts(&run);
        let facts: Vec<String> = facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
        assert_eq!(
            facts,
            [
                "Plan checkout",
                "Owner Ann",
                "Duration 2 min 5 s",
                "Samples 1,234,567",
                "Errors 1,235 (0.10 %)",
                "Throughput 9876.5/s",
                "95th percentile 812 ms"
            ]
        );
        assert!(criteria(&run)[0].starts_with("Not met: p95"));
    }

    #[test]
    fn long_and_broken_names_stay_one_bounded_line() {
        let mut finished = example();
        finished.run.name = format!("a\r\nBcc: eve@evil.example{}", "x".repeat(5_000));
        let title = title(&finished);
        assert!(!title.contains(['\r', '\n']) && title.chars().count() < 150, "{title}");
        finished.run.criteria = vec![finished.run.criteria[0].clone(); 40];
        assert_eq!(criteria(&finished.run).len(), 11);
    }
}
