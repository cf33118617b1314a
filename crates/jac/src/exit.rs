//! What the shell sees. The codes are part of the interface and stand in `docs/command-line.md`.

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

/// A command that a signal has ended, with what continues without it.
#[derive(Debug, thiserror::Error)]
#[error("{continuing}")]
pub struct Interrupted {
    /// The signal's number.
    pub signal: u8,
    /// A sentence; empty where nothing continues.
    pub continuing: String,
}

impl Interrupted {
    /// Before anything was made or begun.
    pub fn early(signal: u8) -> Self {
        Self { signal, continuing: String::new() }
    }
}

/// What to do about an error.
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
    eprintln!("error: {}", visible_lines(&sentence(&error.to_string())));
    for cause in error.chain().skip(1) {
        let word = if cause.is::<Hint>() { "hint" } else { "cause" };
        eprintln!("{word}: {}", visible_lines(&sentence(&cause.to_string())));
    }
    if error.chain().any(|cause| cause.is::<RunFailed>()) { Exit::Failed.into() } else { Exit::BadInput.into() }
}

/// Adds a full stop where there is none.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// An error and what to do about it.
pub fn with_hint(message: impl Into<String>, hint: Option<String>) -> anyhow::Error {
    let message = message.into();
    match hint {
        Some(hint) => anyhow::Error::new(Hint(hint)).context(message),
        None => anyhow::anyhow!(message),
    }
}
