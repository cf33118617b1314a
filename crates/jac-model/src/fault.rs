//! The faults of a request: a list in which each fault has a code and the field that it is about.

use serde::{Deserialize, Serialize};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fault {
    /// Stable; the message may change.
    pub code: String,
    /// The field of the request's body, as a JSON pointer (RFC 6901); `null`: it is about no single field.
    pub field: Option<String>,
    /// A sentence.
    pub message: String,
}

impl Fault {
    /// A field is missing.
    pub const MISSING: &str = "missing";
    /// A value does not have the form that its field requires.
    pub const MALFORMED: &str = "malformed";
    /// A number or a text is too small, too large, too short or too long.
    pub const OUT_OF_RANGE: &str = "out_of_range";
    /// The provider could not launch it so.
    pub const PREFLIGHT: &str = "preflight";
    /// Values that are not permitted together.
    pub const CONFLICTING: &str = "conflicting";
    /// A value is given twice.
    pub const DUPLICATE: &str = "duplicate";

    /// About one field, by its JSON pointer.
    pub fn at(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), field: Some(field.to_owned()), message: message.into() }
    }

    /// About no single field.
    pub fn whole(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), field: None, message: message.into() }
    }

    /// The same fault, in a document that contains the faulty one at `place`.
    #[must_use]
    pub fn under(self, place: &str) -> Self {
        Self { field: self.field.map(|field| format!("{place}{field}")), ..self }
    }

    /// All messages, joined by spaces.
    pub fn sentences(faults: &[Self]) -> String {
        faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join(" ")
    }
}
