//! Finds single samples of a run in a search target that has all of them, and in the log whenever the target's result
//! might differ.
//!
//! A target is queried only if a count has shown that it is complete and the log is so long that reading it takes
//! longer. Its result is compared with what is known about the log: its documents, its samples, and each sample with
//! the search. An unreachable target is not queried again for a while, so that nobody waits for it.

use super::pauses::TIMEOUT;
use super::query::query;
use super::targets::named;
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::runs::results::MOST_FOUND;
use jac_jtl::{EntryKind, Summary};
use jac_logs::{FoundSample, Search, SearchResult};
use jac_model::RunId;
use jac_model::search::{SampleMatches, ShipmentState, StoredSample};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::timeout;

/// The name of the log among sources; no target has this name.
pub const LOG: &str = "log";
/// A log with fewer rows is read sooner than a target answers (docs/benchmarks.md).
const ROWS_WORTH_ASKING: u64 = 1_000_000;
/// Time limit for a target's response.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);
/// Maximum number of bytes that are read of a summary.
const SUMMARY_BYTES: usize = 64 << 20;

/// Where samples are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SampleSource {
    /// In a search target if that is faster, otherwise in the log.
    #[default]
    Auto,
    /// In the log.
    Log,
    /// In a search target, however long the log is; in the log if no target can answer.
    Search,
}

/// The result of a search for samples, and its source. The result is the same from every source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundSamples {
    #[serde(flatten)]
    pub result: SearchResult,
    /// `log`, or the search target's name.
    pub source: String,
    /// Why the log was read instead of a search target; `null`: it was not.
    pub fallback: Option<SearchFallback>,
}

/// Why a search target did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchFallback {
    /// Its name.
    pub target: String,
    /// `search_not_complete`, `search_filter_inexact`, `search_miscounted`, `search_timeout`…; all are in docs/search.md.
    pub code: String,
}

/// Known facts about a log in addition to its samples.
pub(crate) struct Reading {
    samples: u64,
    pub rejected_rows: u64,
    pub incomplete: bool,
}

impl Engine {
    /// Searches the samples of a run. It waits for a search target, and reads the log: do not call it on an async
    /// thread.
    ///
    /// # Errors
    /// When the run does not exist, or has no log.
    pub fn find_samples(
        &self,
        run: &RunId,
        mut search: Search,
        source: SampleSource,
    ) -> Result<FoundSamples, EngineError> {
        search.limit = search.limit.min(MOST_FOUND);
        let fallback = match self.ask_a_target(run, &search, source)? {
            Asked::Answered(found) => return Ok(found),
            Asked::No => None,
            Asked::Failed(fallback) => Some(fallback),
        };
        let result = self.search_samples(run, search)?;
        Ok(FoundSamples { result, source: LOG.to_owned(), fallback })
    }

    fn ask_a_target(&self, run: &RunId, search: &Search, source: SampleSource) -> Result<Asked, EngineError> {
        let targets = self.shipping().targets();
        if source == SampleSource::Log || targets.is_empty() {
            return Ok(Asked::No);
        }
        let shipments = wait(self.store().shipments(run))?;
        let known = shipments
            .iter()
            .filter_map(|row| Some((row, named(&targets, &row.target).filter(|target| target.counts())?)))
            .filter(|(row, _)| source == SampleSource::Search || row.cursor.rows >= ROWS_WORTH_ASKING);
        let is_complete = |state| state == ShipmentState::Complete;
        let Some((row, target)) = known.max_by_key(|(row, _)| is_complete(row.state)) else { return Ok(Asked::No) };
        let failed = |code: &str| {
            tracing::debug!(%run, target = row.target, code, "run {run}: samples are read from the log: {code}");
            Asked::Failed(SearchFallback { target: row.target.clone(), code: code.to_owned() })
        };
        if !is_complete(row.state) {
            return Ok(failed("search_not_complete"));
        }
        let Some(query) = query(run, search) else { return Ok(failed("search_filter_inexact")) };
        if let Some(code) =
            self.shipping().search_pauses.code(&row.target, run).filter(|_| source == SampleSource::Auto)
        {
            return Ok(failed(code));
        }
        let Some(reading) = self.reading(run)? else { return Ok(failed("summary_missing")) };
        let matches = match wait(timeout(ANSWER_LIMIT, target.search(&query))) {
            Ok(Ok(matches)) => matches,
            Ok(Err(error)) => {
                tracing::info!(%run, target = row.target, code = error.code, "search target {}: {error}", row.target);
                self.shipping().search_pauses.note(&row.target, run, error.code);
                return Ok(failed(error.code));
            }
            Err(_) => {
                self.shipping().search_pauses.note(&row.target, run, TIMEOUT);
                return Ok(failed(TIMEOUT));
            }
        };
        if matches.documents != row.cursor.rows {
            return Ok(failed("search_miscounted"));
        }
        let result = result(matches, &reading);
        if result.searched != reading.samples {
            return Ok(failed("search_miscounted"));
        }
        if !result.samples.iter().all(|sample| sample.matches(&search.filter)) {
            return Ok(failed("search_answer_differs"));
        }
        Ok(Asked::Answered(FoundSamples { result, source: row.target.clone(), fallback: None }))
    }

    /// The result of reading a finished run's log; `None`: it is not recorded.
    pub(crate) fn reading(&self, run: &RunId) -> Result<Option<Reading>, EngineError> {
        const NAME: &str = "summary.json";
        let Some(file) = self.kept_file(run, NAME)? else { return Ok(None) };
        let bytes = file.read_at(&self.folder().run(run).join(NAME), 0, SUMMARY_BYTES)?;
        let Ok(summary) = serde_json::from_slice::<Summary>(&bytes) else { return Ok(None) };
        Ok(Some(Reading {
            samples: summary.total.samples,
            rejected_rows: summary.rejected_rows,
            incomplete: summary.notes.iter().any(|note| note.code == "log_incomplete"),
        }))
    }
}

impl Engine {
    /// Number of a finished run's samples without transactions, from its summary; `None`: unknown.
    pub(super) fn samples_of(&self, run: &RunId) -> Result<Option<u64>, EngineError> {
        Ok(self.reading(run)?.map(|reading| reading.samples))
    }
}

enum Asked {
    Answered(FoundSamples),
    /// No target can be queried.
    No,
    Failed(SearchFallback),
}

/// The matches, in the form of a log search.
fn result(matches: SampleMatches, reading: &Reading) -> SearchResult {
    let SampleMatches { searched, matched, samples, .. } = matches;
    // As there: if every row is a transaction, transactions count as the samples.
    let (searched, matched) = match searched.requests {
        0 => ((searched.transactions, 0), (matched.transactions, 0)),
        requests => ((requests, searched.transactions), (matched.requests, matched.transactions)),
    };
    SearchResult {
        matched: matched.0,
        searched: searched.0,
        matched_transactions: matched.1,
        searched_transactions: searched.1,
        rejected_rows: reading.rejected_rows,
        incomplete: reading.incomplete,
        samples: samples.into_iter().map(found).collect(),
    }
}

fn found(sample: StoredSample) -> FoundSample {
    FoundSample {
        log: 0,
        position: sample.position,
        start_ms: sample.start_ms,
        elapsed_ms: sample.elapsed_ms,
        label: sample.label,
        kind: if sample.is_transaction { EntryKind::Transaction } else { EntryKind::Request },
        code: sample.code,
        message: sample.message,
        failure_message: sample.failure_message,
        thread: sample.thread,
        success: sample.success,
        received_bytes: sample.received_bytes,
        sent_bytes: sample.sent_bytes,
        latency_ms: sample.latency_ms,
        connect_ms: sample.connect_ms,
        url: sample.url,
        hostname: sample.hostname,
        all_threads: sample.all_threads,
        group_threads: sample.group_threads,
    }
}
