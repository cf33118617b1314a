//! Remarks on the numbers: a stable code for programs, a sentence for people.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A remark on a result's numbers. Programs use `code` and `params`; `message` is for people and may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Note {
    /// One of the codes in `docs/statistics.md`, such as `rows_unread`.
    pub code: String,
    /// The parameters of the sentence, by name.
    #[serde(default)]
    pub params: BTreeMap<String, NoteValue>,
    /// The sentence.
    pub message: String,
}

/// A parameter of a [`Note`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum NoteValue {
    /// A count.
    Count(u64),
    /// A number with a fraction.
    Number(f64),
    /// A name or a text of the log.
    Text(String),
}

impl Note {
    /// A note without parameters.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), params: BTreeMap::new(), message: message.into() }
    }

    /// The same note with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<NoteValue>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

impl From<u64> for NoteValue {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for NoteValue {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<f64> for NoteValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for NoteValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for NoteValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// `1 sample`, `3,485 samples`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(count))
}

/// `3,485`: formatted as on pages.
pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or("")).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    #[test]
    fn counts_are_grouped_by_thousands() {
        for (count, text) in
            [(0, "0 rows"), (1, "1 row"), (999, "999 rows"), (1_000, "1,000 rows"), (12_345_678, "12,345,678 rows")]
        {
            assert_eq!(super::counted(count, "row"), text);
        }
    }
}
