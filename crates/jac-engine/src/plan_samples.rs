//! Single samples of all runs of a plan: each run is searched as on its own page, newest first, and the results are merged.
//!
//! So the result is that of the logs, whether a search target has the runs or not, and a run that cannot be searched is listed and affects only
//! itself. A request searches a limited number of runs, for a limited time; the next one continues with older runs
//! ([decision 34](../../../docs/decisions/034-a-search-across-runs-asks-each-run.md)).

use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::runs::results::MOST_FOUND;
use crate::shipping::{FoundSamples, SampleSource, SearchFallback};
use jac_jtl::EntryKind;
use jac_logs::{FoundSample, Keep, Search};
use jac_model::{EpochMs, Order, PlanId, RunId, RunSort};
use jac_store::{ListedRun, PageRequest, RunFilter};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::time::Duration;
use tokio::time::Instant;

/// Maximum number of runs that one request searches.
pub const MOST_RUNS: u32 = 50;
/// No further run is started after this time: a caller waits for the response.
const TIME_FOR_ALL: Duration = Duration::from_secs(3);

/// Which runs of a plan are searched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunsToSearch {
    /// Only those with this tag.
    pub tag: Option<String>,
    /// Maximum number of runs, 1 to [`MOST_RUNS`].
    pub most: u32,
    /// `next` of the previous response; `None`: start with the newest.
    pub after: Option<String>,
}

/// Result of a search in a plan's runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanSamples {
    /// Samples that match in these runs, counted as in each table's total.
    pub matched: u64,
    /// Number of searched samples, counted in the same way.
    pub searched: u64,
    /// Matching transactions, counted separately.
    pub matched_transactions: u64,
    /// Searched transactions, counted separately.
    pub searched_transactions: u64,
    /// The searched runs, newest first.
    pub runs: Vec<SearchedRun>,
    /// The samples shown: newer runs first and in the order of each log, or the slowest of all.
    pub samples: Vec<PlanSample>,
    /// `after` of the next request, which searches older runs; `null`: no older runs are left.
    pub next: Option<String>,
}

/// A run that was searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchedRun {
    pub id: RunId,
    pub name: String,
    pub started_ms: EpochMs,
    /// Samples and transactions of it that match.
    pub matched: u64,
    /// Samples and transactions of it that were searched.
    pub searched: u64,
    /// Rows of it that could not be read.
    pub rejected_rows: u64,
    /// `log`, or the search target's name; `null`: it could not be searched.
    pub source: Option<String>,
    /// Why its log was read instead of a search target; `null`: it was not.
    pub fallback: Option<SearchFallback>,
    /// Why it could not be searched; `null`: it was.
    pub fault: Option<SearchFault>,
}

/// Why a run could not be searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchFault {
    /// `not_found` (its log was deleted), `log_damaged`, `artefacts_unreachable`…: the code that a search of this run alone returns.
    pub code: String,
    /// A sentence.
    pub message: String,
}

/// A sample and its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanSample {
    pub run: RunId,
    #[serde(flatten)]
    pub sample: FoundSample,
}

impl PlanSamples {
    /// Appends the results from older runs, and keeps this many samples in total.
    pub fn add(&mut self, older: Self, keep: Keep, limit: usize) {
        self.matched += older.matched;
        self.searched += older.searched;
        self.matched_transactions += older.matched_transactions;
        self.searched_transactions += older.searched_transactions;
        self.runs.extend(older.runs);
        self.samples.extend(older.samples);
        if keep == Keep::Slowest {
            // Of equal ones the newer run comes first, then the order of its log.
            self.samples.sort_by_key(|found| slowness(&found.sample));
        }
        self.samples.truncate(limit);
        self.next = older.next;
    }
}

/// The order of the slowest samples, as in a single log: requests first, samples without a response time last.
fn slowness(sample: &FoundSample) -> (bool, Reverse<Option<u32>>) {
    (sample.kind == EntryKind::Transaction, Reverse(sample.elapsed_ms))
}

impl Engine {
    /// Searches the samples of a plan's runs, also of a deleted plan. It waits for search targets and reads logs: do
    /// not call it on an async thread.
    ///
    /// # Errors
    /// When `after` is not from an earlier response, or the database cannot be read.
    pub fn find_plan_samples(
        &self,
        plan: &PlanId,
        search: &Search,
        source: SampleSource,
        which: &RunsToSearch,
    ) -> Result<PlanSamples, EngineError> {
        let limit = search.limit.min(MOST_FOUND);
        let filter = RunFilter { plan: Some(plan.clone()), tag: which.tag.clone(), ..RunFilter::default() };
        let most = which.most.clamp(1, MOST_RUNS) as usize;
        let mut found = PlanSamples { next: which.after.clone(), ..PlanSamples::default() };
        let began = Instant::now();
        loop {
            // One at a time, so that the next request can continue after any of them.
            let page =
                PageRequest { sort: RunSort::Created, order: Order::Descending, limit: 1, after: found.next.take() };
            let page = wait(self.store().list_runs(&filter, &page))?;
            found.next.clone_from(&page.next);
            for run in page.items {
                // A run has no samples before its start.
                let Some(started_ms) = run.started_ms else { continue };
                let limit_here = match search.keep {
                    // All are counted, whether they are shown or not.
                    Keep::First => limit.saturating_sub(found.samples.len()),
                    Keep::Slowest => limit,
                };
                let here = Search { limit: limit_here, ..search.clone() };
                let of_run = self.search_listed(run, started_ms, here, source);
                found.add(PlanSamples { next: page.next.clone(), ..of_run }, search.keep, limit);
            }
            let is_enough = found.runs.len() >= most || began.elapsed() >= TIME_FOR_ALL;
            if found.next.is_none() || is_enough {
                return Ok(found);
            }
        }
    }

    fn search_listed(&self, run: ListedRun, started_ms: EpochMs, search: Search, source: SampleSource) -> PlanSamples {
        let mut seen = SearchedRun {
            id: run.id.clone(),
            name: run.name,
            started_ms,
            matched: 0,
            searched: 0,
            rejected_rows: 0,
            source: None,
            fallback: None,
            fault: None,
        };
        let mut found = PlanSamples::default();
        match self.find_samples(&run.id, search, source) {
            Ok(FoundSamples { result, source, fallback }) => {
                seen.matched = result.matched + result.matched_transactions;
                seen.searched = result.searched + result.searched_transactions;
                seen.rejected_rows = result.rejected_rows;
                seen.source = Some(source);
                seen.fallback = fallback;
                found.matched = result.matched;
                found.searched = result.searched;
                found.matched_transactions = result.matched_transactions;
                found.searched_transactions = result.searched_transactions;
                let of_run = |sample| PlanSample { run: run.id.clone(), sample };
                found.samples = result.samples.into_iter().map(of_run).collect();
            }
            Err(error) => {
                let message = jac_model::sentence(&error);
                seen.fault = Some(SearchFault { code: error.code().to_owned(), message });
            }
        }
        found.runs.push(seen);
        found
    }
}
