//! What JAC tells of what it does: for programs a code with parameters, for people a sentence.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// In `snake_case`; stays the same when the words change.
    pub code: String,
    /// By name; which there are depends on the code.
    pub params: BTreeMap<String, Value>,
    /// A sentence for people.
    pub message: String,
}

impl Message {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), params: BTreeMap::new(), message: message.into() }
    }

    /// The same with a parameter more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}
