//! Exit codes and error messages. The codes are part of the interface and documented in `docs/command-line.md`.

use jac_report::visible_lines;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and the criteria are met.
    Done,
    /// Done, and at least one criterion is not met, or the result cannot be judged; of a comparison: something is worse.
    CriteriaNotMet,
    /// The input cannot be used.
    BadInput,
    /// The run failed or took no sample.
    Failed,
    /// Stopped by a signal of this number.
    Signal(u8),
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::CriteriaNotMet => 1,
            Self::BadInput => 2,
            Self::Failed => 3,
            Self::Signal(number) => 128 + number,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A fault that is not the user's: the run or the machine failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RunFailed(pub String);

/// A command ended by a signal, with the work that continues.
#[derive(Debug, thiserror::Error)]
#[error("{continuing}")]
pub struct Interrupted {
    /// The signal's number.
    pub signal: u8,
    /// A sentence; empty if nothing continues.
    pub continuing: String,
}

impl Interrupted {
    /// Before anything was created or started.
    pub fn early(signal: u8) -> Self {
        Self { signal, continuing: String::new() }
    }
}

/// How to fix an error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Hint(String);

/// Prints an error and its hint, and returns its exit code: bad input, unless the error is a [`RunFailed`].
pub fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(Interrupted { signal, continuing }) = error.downcast_ref() {
        if !continuing.is_empty() {
            eprintln!("{}", visible_lines(continuing));
        }
        return Exit::Signal(*signal).into();
    }
    lines_of(error).iter().for_each(|line| eprintln!("{}", visible_lines(line)));
    // A failure with a hint is a context, which hides its type in the chain.
    let is_failure = error.is::<RunFailed>() || error.chain().any(|cause| cause.is::<RunFailed>());
    if is_failure { Exit::Failed.into() } else { Exit::BadInput.into() }
}

/// The error, its causes and its hint. A cause whose text is in a line above is not repeated.
pub fn lines_of(error: &anyhow::Error) -> Vec<String> {
    let mut lines = vec![format!("error: {}", sentence(&error.to_string()))];
    for cause in error.chain().skip(1) {
        let text = cause.to_string();
        if cause.is::<Hint>() {
            lines.push(format!("hint: {}", sentence(&text)));
        } else if !lines.iter().any(|line| line.contains(&text)) {
            lines.push(format!("cause: {}", sentence(&text)));
        }
    }
    lines
}

/// Adds a missing full stop; a code in brackets ends a line without one.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?', ']']) { text.to_owned() } else { format!("{text}.") }
}

/// A message with its stable code, as every error of a server or a store is printed.
pub fn coded(message: &str, code: &str) -> String {
    match code {
        "" => sentence(message),
        code => format!("{} [{code}]", sentence(message)),
    }
}

/// An error that keeps its type, and how to fix it.
pub fn hinted(error: impl std::error::Error + Send + Sync + 'static, hint: Option<String>) -> anyhow::Error {
    match hint {
        Some(hint) => anyhow::Error::new(Hint(hint)).context(error),
        None => anyhow::Error::new(error),
    }
}

/// An error and what to do about it.
pub fn with_hint(message: impl Into<String>, hint: Option<String>) -> anyhow::Error {
    let message = message.into();
    match hint {
        Some(hint) => anyhow::Error::new(Hint(hint)).context(message),
        None => anyhow::anyhow!(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_cause_that_the_sentence_has_is_not_repeated() {
        let read = || Err::<(), _>(std::io::Error::other("the disk is gone"));
        let plain = read().context("x.jtl cannot be read").expect_err("an error");
        assert_eq!(lines_of(&plain), ["error: x.jtl cannot be read.", "cause: the disk is gone."]);
        let spelled = read().context("x.jtl cannot be read: the disk is gone").expect_err("an error");
        assert_eq!(lines_of(&spelled), ["error: x.jtl cannot be read: the disk is gone."]);
    }

    #[test]
    fn a_failure_with_a_hint_is_a_failure() {
        let error = hinted(RunFailed("no contact".to_owned()), Some("try again".to_owned()));
        assert_eq!(lines_of(&error), ["error: no contact.", "hint: try again."]);
        assert_eq!(format!("{:?}", report(&error)), format!("{:?}", ExitCode::from(Exit::Failed)));
        let bad = with_hint("no plan", Some("give one".to_owned()));
        assert_eq!(format!("{:?}", report(&bad)), format!("{:?}", ExitCode::from(Exit::BadInput)));
    }
}
