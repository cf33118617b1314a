//! The live line of `jac run` on standard error.

use jac_engine::view::Snapshot;
use jac_model::{RunPhase, StopMode, plural};
use jac_report::visible_lines;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often a line is printed if standard error is not a terminal.
const QUIET_EVERY: Duration = Duration::from_secs(10);

/// Writes one line over and over on a terminal, and lines now and then elsewhere.
pub struct Line {
    terminal: bool,
    last_step: String,
    last_of_cluster: String,
    last_printed: Option<Instant>,
    open: bool,
}

impl Line {
    pub fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            last_step: String::new(),
            last_of_cluster: String::new(),
            last_printed: None,
            open: false,
        }
    }

    /// Prints a permanent line.
    pub fn print(&mut self, text: &str) {
        self.close();
        eprintln!("{}", visible_lines(text));
    }

    /// Ends the line that is written over.
    pub fn close(&mut self) {
        if self.open {
            eprintln!();
            self.open = false;
        }
    }

    /// Prints the current step, once.
    pub fn step(&mut self, step: &str) {
        if !step.is_empty() && step != self.last_step {
            step.clone_into(&mut self.last_step);
            self.print(step);
        }
    }

    /// Prints an event of the cluster, once.
    pub fn cluster(&mut self, text: &str) {
        if text != self.last_of_cluster {
            text.clone_into(&mut self.last_of_cluster);
            self.print(&format!("Cluster: {text}"));
        }
    }

    /// Shows the run as it is now.
    pub fn show(&mut self, snapshot: &Snapshot) {
        let waits =
            matches!(snapshot.run.phase, RunPhase::Queued | RunPhase::Running) && snapshot.run.stop_requested.is_none();
        if !waits {
            self.step(&snapshot.run.step);
        }
        if snapshot.run.phase != RunPhase::Running {
            return;
        }
        // The plan's time begins with its first sample: JMeter itself takes some seconds to start.
        let Some(begun_ms) = snapshot.summary.start_ms else {
            // After a stop the run's own step is shown, above.
            if waits {
                self.step("JMeter is starting the test.");
            }
            return;
        };
        let due = self.terminal || self.last_printed.is_none_or(|last| last.elapsed() >= QUIET_EVERY);
        if !due {
            return;
        }
        self.last_printed = Some(Instant::now());
        let text = figures(snapshot, begun_ms);
        if self.terminal {
            // Clears the remainder of a longer previous line.
            eprint!("\r{}\x1b[K", cut(&text, columns()));
            drop(std::io::stderr().flush());
            self.open = true;
        } else {
            eprintln!("{text}");
        }
    }
}

/// How wide the terminal is now; `None`: unknown.
fn columns() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| width.0.into())
}

/// The part of a line that fits into one row: a longer one would scroll the terminal each time it is written.
fn cut(text: &str, columns: Option<usize>) -> &str {
    // The cursor is after the last character.
    let most = columns.map_or(usize::MAX, |columns| columns.saturating_sub(1));
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

/// `0:42 of 1:00  812 samples  24.1/s  p95 212 ms  errors 1.2 %  20 users  0:18 left`
fn figures(snapshot: &Snapshot, begun_ms: i64) -> String {
    let run = &snapshot.run;
    let elapsed_s = ((snapshot.at_ms - begun_ms).max(0) / 1000).unsigned_abs();
    let mut parts = Vec::new();
    parts.push(match run.expected_s {
        Some(expected_s) => format!("{} of {}", clock(elapsed_s), clock(expected_s)),
        None => clock(elapsed_s),
    });
    if let Some(figures) = &run.headline {
        parts.push(plural(figures.samples, "sample"));
        parts.extend(figures.rate_per_s.map(|rate| format!("{rate:.1}/s")));
        parts.extend(figures.p95_ms.map(|p95| format!("p95 {p95:.0} ms")));
        parts.extend(figures.error_percent.map(|errors| format!("errors {errors:.2} %")));
        parts.extend(figures.active_users.map(|users| plural(users, "user")));
    }
    match (run.stop_requested, run.expected_s) {
        (Some(StopMode::Graceful), _) => parts.push("stopping".to_owned()),
        (Some(StopMode::Force), _) => parts.push("force stopping".to_owned()),
        (None, Some(expected_s)) => parts.push(format!("{} left", clock(expected_s.saturating_sub(elapsed_s)))),
        (None, None) => (),
    }
    parts.join("  ")
}

fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_is_no_longer_than_its_row() {
        for (columns, shown) in [(None, "0:42  ü 5"), (Some(10), "0:42  ü 5"), (Some(8), "0:42  ü"), (Some(0), "")] {
            assert_eq!(super::cut("0:42  ü 5", columns), shown);
        }
    }

    #[test]
    fn times_read_as_on_a_clock() {
        assert_eq!([0, 61, 3661].map(super::clock), ["0:00", "1:01", "1:01:01"]);
    }
}
