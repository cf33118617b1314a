//! Which samples are meant: conditions that must all hold.

use jac_jtl::Sample;
use regex::bytes::Regex;

/// Conditions on a sample. The default has none, so every sample matches.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Started at this time or later, epoch milliseconds.
    pub from_ms: Option<i64>,
    /// Started before this time, epoch milliseconds.
    pub to_ms: Option<i64>,
    /// The label matches somewhere.
    pub label: Option<Regex>,
    /// The response code is this one.
    pub code: Option<String>,
    /// It passed (true) or failed (false).
    pub success: Option<bool>,
    /// Took at least so many milliseconds.
    pub min_elapsed_ms: Option<u32>,
    /// Took at most so many milliseconds.
    pub max_elapsed_ms: Option<u32>,
    /// The thread's name matches somewhere.
    pub thread: Option<Regex>,
    /// The response message, the failure message or the URL has this text in it, upper and lower case alike.
    pub text: Option<Regex>,
}

/// A pattern that is none.
#[derive(Debug, thiserror::Error)]
#[error("{pattern:?} is no regular expression: {source}")]
pub struct FilterError {
    pattern: String,
    #[source]
    source: Box<regex::Error>,
}

impl Filter {
    /// Reads a regular expression for `label` or `thread`.
    ///
    /// # Errors
    /// When it is none.
    pub fn pattern(pattern: &str) -> Result<Regex, FilterError> {
        Regex::new(pattern).map_err(|source| FilterError { pattern: pattern.to_owned(), source: Box::new(source) })
    }

    /// Makes the condition for `text` from plain text.
    ///
    /// # Errors
    /// When the text is too long to be searched for.
    pub fn containing(text: &str) -> Result<Regex, FilterError> {
        Self::pattern(&format!("(?i){}", regex::escape(text)))
    }

    /// Do all conditions hold?
    #[inline]
    pub fn matches(&self, sample: &Sample<'_>) -> bool {
        self.from_ms.is_none_or(|from| sample.start_ms >= from)
            && self.to_ms.is_none_or(|to| sample.start_ms < to)
            && self.success.is_none_or(|success| sample.success == success)
            && self.min_elapsed_ms.is_none_or(|least| sample.elapsed_ms >= least)
            && self.max_elapsed_ms.is_none_or(|most| sample.elapsed_ms <= most)
            && self.code.as_ref().is_none_or(|code| sample.code == code.as_bytes())
            && self.label.as_ref().is_none_or(|label| label.is_match(sample.label))
            && self.thread.as_ref().is_none_or(|thread| thread.is_match(sample.thread))
            && self.text.as_ref().is_none_or(|text| {
                text.is_match(sample.message) || text.is_match(sample.failure_message) || text.is_match(sample.url)
            })
    }
}
