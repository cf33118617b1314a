//! Notices that a person should see without requesting them: rows that cannot be read, folders that belong to nothing,
//! failed parts of JAC. They are kept until this JAC ends; the cause of each is in the log too.

use crate::engine::Engine;
use jac_model::EpochMs;
use serde::Serialize;
use std::collections::BTreeMap;

/// The only notice with good news.
pub(crate) const RESTORED: &str = "results_restored";

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    /// `row_unreadable`, `record_unreadable`, `moved_to_lost`, `results_restored`, `task_panicked`, `disk_low`, `secrets_locked`.
    pub code: &'static str,
    /// Parameters; which ones depends on the code.
    pub params: BTreeMap<&'static str, String>,
    /// For people.
    pub message: String,
    /// When it last occurred; `null`: unknown.
    pub at_ms: Option<EpochMs>,
    /// How often it happened.
    pub count: u64,
}

impl Notice {
    pub(crate) fn new<const N: usize>(
        code: &'static str,
        params: [(&'static str, String); N],
        message: String,
    ) -> Self {
        Self { code, params: BTreeMap::from(params), message, at_ms: None, count: 1 }
    }

    fn is_about_the_same(&self, other: &Self) -> bool {
        self.code == other.code && self.params == other.params
    }
}

impl Engine {
    /// All notices, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        let unreadable = self.store().unreadable().into_iter().map(|row| {
            let message = format!(
                "The database row of the {} {} cannot be read and is missing from all lists: {}. It was written by \
                 another version of JAC, or is damaged.",
                row.kind, row.id, row.reason
            );
            Notice::new("row_unreadable", [("kind", row.kind.to_owned()), ("id", row.id)], message)
        });
        self.noticed().iter().cloned().chain(unreadable).collect()
    }

    /// Logs it and keeps it for the pages. Repetitions are counted.
    pub(crate) fn notice(&self, mut notice: Notice) {
        if notice.code == RESTORED {
            tracing::info!(code = notice.code, "{}", notice.message);
        } else {
            tracing::error!(code = notice.code, "{}", notice.message);
        }
        notice.at_ms = Some(self.now_ms());
        let mut noticed = self.noticed();
        match noticed.iter_mut().find(|known| known.is_about_the_same(&notice)) {
            Some(known) => {
                notice.count = known.count + 1;
                *known = notice;
            }
            None => noticed.push(notice),
        }
    }

    /// Removes notices whose cause is over.
    pub(crate) fn forget_notice(&self, code: &'static str) {
        self.noticed().retain(|known| known.code != code);
    }
}
