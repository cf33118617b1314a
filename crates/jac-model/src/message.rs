//! Messages about what JAC does: a code with parameters for programs, and a sentence for people.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A message: a code with parameters for programs, and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// In `snake_case`; stays the same when the wording changes. For a run's notes: the codes of the findings of a
    /// plan's check, `fewer_workers`, `row_cut`, `node_log_lost`, `node_log_unreadable`, `clock_offset`,
    /// `java_versions_differ`, `generators_busy`, `log_incomplete`, `log_differs`, `jmeter_logs_missing`,
    /// `kept_files_limit`, `kept_files_missing`, `kept_files_no_room`, `kept_files_unseen`, `report_failed`,
    /// `report_removed`, `pinned_on_import`, `try_plan_changed`. For the reason why a run failed:
    /// `cluster_never_ready`, `cluster_not_ready_in_time`, `cluster_incomplete`, `cluster_terminated_while_waiting`,
    /// `worker_did_not_start`, `worker_unreachable`, `port_taken`, `start_missed`, `too_few_workers`, `worker_exited`,
    /// `worker_lost`, `node_lost`, `node_unreadable`, `master_exited`, `master_killed`, `master_did_not_end`,
    /// `no_sample`, `disk_full`, `log_incomplete`, `log_differs`, `report_failed`, `internal_error`, and the codes of
    /// errors. For the data lost by it: `master_samples_lost`, `worker_samples_lost`, `rest_not_in_log`,
    /// `received_log_kept`, `result_incomplete`, `result_may_be_incomplete`. `uncoded`: written by an earlier version,
    /// which stored only the sentence.
    pub code: String,
    /// Parameters; which ones depends on the code.
    #[cfg_attr(feature = "openapi", schema(value_type = Object, additional_properties))]
    pub params: BTreeMap<String, Value>,
    /// A sentence for people.
    pub message: String,
}

impl Message {
    /// The code of sentences that earlier versions stored without a code.
    pub const UNCODED: &str = "uncoded";

    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), params: BTreeMap::new(), message: message.into() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

/// The stored forms: earlier versions stored only the sentence.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Sentence(String),
    Message {
        code: String,
        #[serde(default)]
        params: BTreeMap<String, Value>,
        message: String,
    },
}

impl From<Written> for Message {
    fn from(written: Written) -> Self {
        match written {
            Written::Sentence(message) => Self::new(Self::UNCODED, message),
            Written::Message { code, params, message } => Self { code, params, message },
        }
    }
}

impl std::fmt::Display for Message {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.message)
    }
}

/// A count with its noun, which takes an s unless there is exactly one: `1 run`, `3 runs`.
pub fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// An error's text as a sentence of its own.
pub fn sentence(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    let ended = text.ends_with(['.', '!', '?']);
    format!("{first}{}{}", characters.as_str(), if ended { "" } else { "." })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_of_an_earlier_version_is_read_and_a_message_comes_back_as_it_was() {
        let old: Message = serde_json::from_str(r#""The disk is full.""#).expect("a sentence");
        assert_eq!(old, Message::new(Message::UNCODED, "The disk is full."));
        let new = Message::new("disk_full", "The disk is full.").with("free_bytes", 7);
        let text = serde_json::to_string(&new).expect("JSON");
        assert_eq!(serde_json::from_str::<Message>(&text).expect("a message"), new);
    }
}
