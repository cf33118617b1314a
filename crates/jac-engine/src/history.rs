//! The history of a plan: the annotations of its runs (tags, a note, the baseline), and how its figures changed from run to run.
//!
//! A trend is read from the rows that were written when each run ended ([`metrics`]), never from reports or logs.
//! [Decision 18](../../../docs/decisions/018-trends-are-tested-on-coarse-times.md) defines how a regression is distinguished from noise.

pub(crate) mod metrics;
mod series;

pub use series::{RunOverTime, RunsOverTime};

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use jac_jtl::criteria::{MAX_UNREAD_PERCENT, Verdict};
use jac_jtl::{Entry, EntryKind};
use jac_model::{EpochMs, Fault, PlanId, Run, RunId, folded};
use jac_report::{Change, ChangedMetric, CoarseTimes, EVERY_SAMPLE_FAILED, LineComparison, Thresholds, compare_lines};
use jac_store::{MOST_LISTED, TrendPlace, TrendRow, TrendRows};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Maximum number of tags per run.
pub const MOST_TAGS: usize = 20;
/// The longest tag, in characters.
const LONGEST_TAG: usize = 40;
/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 4_000;
/// Maximum number of labels in a plan's list.
const MOST_LABELS: u32 = 1_000;
/// Rates that differ by more than this, in percent, are another load.
const OTHER_LOAD_PERCENT: f64 = 10.0;

/// A plan's figures over its runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trend {
    /// `null`: the totals.
    pub label: Option<String>,
    /// The plan's baseline; `null`: it has none, or none with this label.
    pub baseline: Option<TrendPoint>,
    /// The runs, the newest first.
    pub items: Vec<TrendPoint>,
    /// `before` of the next page; `null`: this is the last page.
    pub next: Option<String>,
}

/// One run in a trend. Times are milliseconds, rates per second; `null` if a figure does not exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrendPoint {
    pub run: RunId,
    pub name: String,
    pub created_ms: i64,
    pub started_ms: Option<i64>,
    pub verdict: Verdict,
    /// Whether it ended early, so that its figures are partial.
    pub partial: bool,
    pub tags: Vec<String>,
    /// Whether it is the plan's baseline.
    pub baseline: bool,
    pub pinned: bool,
    /// Which state of the plan's files it ran.
    pub plan_revision: Option<u32>,
    pub samples: u64,
    pub errors: u64,
    pub error_percent: Option<f64>,
    pub mean_ms: Option<f64>,
    pub p50_ms: Option<f64>,
    pub p90_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub rate_per_s: Option<f64>,
    /// Comparison with the baseline, or, in a plan without a baseline, with the previous run; `null`: nothing to compare with.
    pub compared: Option<TrendComparison>,
}

/// The result of `jac compare`'s tests for a run in a trend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrendComparison {
    /// The run it is compared with.
    pub with: RunId,
    /// `worse` is a regression. `unclear` also if too many rows of either log could not be read.
    pub change: Change,
    /// The metrics that got worse.
    #[serde(default)]
    pub worse: Vec<ChangedMetric>,
    /// Why, a sentence.
    pub sentence: String,
    /// Their rates differ by more than 10 %: response times depend on the load.
    pub load_differs: bool,
}

impl Engine {
    /// Sets a run's tags.
    ///
    /// # Errors
    /// When one is empty, too long or contains characters that change how adjacent text is displayed, or there are too
    /// many.
    pub async fn tag_run(&self, id: &RunId, tags: Vec<String>) -> Result<(), EngineError> {
        let tags = checked_tags(tags)?;
        self.change_finished_or_not(id, move |run| run.tags = tags).await
    }

    /// Sets a run's note.
    ///
    /// # Errors
    /// When it is too long.
    pub async fn note_run(&self, id: &RunId, note: &str) -> Result<(), EngineError> {
        let note = note.trim().to_owned();
        let is_strange = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
        if note.chars().count() > LONGEST_NOTE || note.chars().any(is_strange) {
            let message = format!("A note can have at most {LONGEST_NOTE} characters and no control characters.");
            return Err(EngineError::invalid_field("note_invalid", "/note", message));
        }
        self.change_finished_or_not(id, move |run| run.note = note).await
    }

    async fn change_finished_or_not(
        &self,
        id: &RunId,
        change: impl FnOnce(&mut Run) + Send + 'static,
    ) -> Result<(), EngineError> {
        let change = move |run: &mut Run| {
            change(run);
            Ok(())
        };
        self.store().update_run::<_, EngineError>(id, change).await?;
        self.describe_run(id).await?;
        self.notify(Event::Run(id.clone()));
        Ok(())
    }

    /// Makes a finished run the baseline that its plan's other runs are compared with, and replaces any other, or
    /// removes the baseline.
    ///
    /// # Errors
    /// When it has not finished.
    pub async fn set_run_baseline(&self, id: &RunId, is_baseline: bool) -> Result<(), EngineError> {
        if is_baseline {
            let run = self.store().run(id).await?.run;
            if run.try_run {
                return Err(EngineError::invalid("try_run", "A try run cannot be a baseline: it measures nothing."));
            }
            if !run.phase.is_terminal() {
                let hint = Some("Set it as baseline when it has finished.");
                return Err(crate::clusters::conflict("The run has not finished.", hint));
            }
        }
        let at_ms = is_baseline.then(|| self.now_ms());
        for changed in self.store().set_baseline(id, at_ms).await? {
            self.describe_run(&changed).await?;
            self.notify(Event::Run(changed));
        }
        Ok(())
    }

    /// The runs of a plan with their figures, in total or of one label, newest first. Each is compared with the plan's
    /// baseline, or with the previous run.
    ///
    /// # Errors
    /// When `before` was not returned by an earlier page.
    pub async fn trend(
        &self,
        plan: &PlanId,
        label: Option<&str>,
        limit: u32,
        before: Option<&str>,
    ) -> Result<Trend, EngineError> {
        let limit = limit.clamp(1, MOST_LISTED);
        let before = before.map(place_of).transpose()?;
        // One more: the last one of the page is compared with it.
        let TrendRows { baseline, mut rows } = self.store().trend(plan, label, before, limit + 1).await?;
        let baseline_run = baseline.as_ref().map(|row| row.run.clone());
        let is_baseline = |row: &TrendRow| baseline_run.as_ref() == Some(&row.run);
        let next = (rows.len() > limit as usize).then(|| rows[limit as usize - 1].clone()).map(|last| cursor(&last));
        let compared: Vec<Option<TrendComparison>> = (0..rows.len())
            .map(|at| match &baseline {
                Some(baseline) => (!is_baseline(&rows[at])).then(|| compared(baseline, &rows[at])),
                None => rows.get(at + 1).map(|earlier| compared(earlier, &rows[at])),
            })
            .collect();
        rows.truncate(limit as usize);
        let items = rows.iter().zip(compared).map(|(row, compared)| point(row, is_baseline(row), compared)).collect();
        Ok(Trend {
            label: label.map(str::to_owned),
            baseline: baseline.as_ref().map(|row| point(row, true, None)),
            items,
            next,
        })
    }

    /// The labels of a plan that have a trend, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn plan_labels(&self, plan: &PlanId) -> Result<Vec<String>, EngineError> {
        Ok(self.store().plan_labels(plan, MOST_LABELS).await?)
    }
}

fn checked_tags(tags: Vec<String>) -> Result<Vec<String>, EngineError> {
    if tags.len() > MOST_TAGS {
        let message = format!("A run can have at most {MOST_TAGS} tags.");
        return Err(EngineError::invalid_field("too_many_tags", "/tags", message));
    }
    let (mut known, mut kept, mut faults) = (BTreeSet::new(), Vec::new(), Vec::new());
    for (at, tag) in tags.into_iter().enumerate() {
        let tag = tag.trim().to_owned();
        let is_wrong = tag.is_empty() || tag.chars().count() > LONGEST_TAG || tag.contains(',');
        if is_wrong || crate::titles::fault(&tag).is_some() {
            let message =
                format!("A tag must have 1 to {LONGEST_TAG} characters, without commas and control characters.");
            faults.push(Fault::at(&format!("/tags/{at}"), "tag_invalid", message));
        } else if known.insert(folded(&tag)) {
            kept.push(tag);
        }
    }
    if faults.is_empty() { Ok(kept) } else { Err(EngineError::faulty("tag_invalid", faults)) }
}

fn cursor(row: &TrendRow) -> String {
    format!("{}_{}", row.created_ms, row.run)
}

fn place_of(cursor: &str) -> Result<TrendPlace, EngineError> {
    let place =
        cursor.split_once('_').and_then(|(at_ms, run)| Some((at_ms.parse::<EpochMs>().ok()?, run.parse().ok()?)));
    place.ok_or_else(|| jac_store::StoreError::Cursor.into())
}

fn point(row: &TrendRow, is_baseline: bool, compared: Option<TrendComparison>) -> TrendPoint {
    let metrics = &row.metrics;
    TrendPoint {
        run: row.run.clone(),
        name: row.name.clone(),
        created_ms: row.created_ms,
        started_ms: row.started_ms,
        verdict: row.verdict,
        partial: row.is_partial,
        tags: row.tags.clone(),
        baseline: is_baseline,
        pinned: row.pinned,
        plan_revision: row.plan_revision,
        samples: metrics.samples,
        errors: metrics.errors,
        error_percent: error_percent(metrics.errors, metrics.samples),
        mean_ms: metrics.mean_ms,
        p50_ms: metrics.median_ms,
        p90_ms: metrics.p90_ms,
        p95_ms: metrics.p95_ms,
        p99_ms: metrics.p99_ms,
        rate_per_s: metrics.rate_per_s,
        compared,
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 samples are not taken")]
fn error_percent(errors: u64, samples: u64) -> Option<f64> {
    (samples > 0).then(|| errors as f64 * 100.0 / samples as f64)
}

fn compared(before: &TrendRow, after: &TrendRow) -> TrendComparison {
    let most = |row: &TrendRow| row.metrics.max_unread_percent.unwrap_or(MAX_UNREAD_PERCENT);
    let is_unread = |row: &TrendRow| row.metrics.unread_percent.is_some_and(|unread| unread > most(row));
    let all_failed = |row: &TrendRow| row.metrics.samples > 0 && row.metrics.errors == row.metrics.samples;
    let bases = before.metrics.total_basis.as_ref().zip(after.metrics.total_basis.as_ref());
    let is_total = after.metrics.label.is_none();
    let basis_differs = is_total && bases.is_some_and(|(before, after)| before != after);
    let (change, worse, sentence) = if let Some(unread) = [before, after].into_iter().find(|row| is_unread(row)) {
        let sentence = format!("more than {} % of the rows of a log could not be read", most(unread));
        (Change::Unclear, Vec::new(), sentence)
    } else if basis_differs {
        (Change::Unclear, Vec::new(), "the totals cover different rows: requests and transactions".to_owned())
    } else if all_failed(after) {
        let (change, worse) = match all_failed(before) {
            true => (Change::Unclear, Vec::new()),
            false => (Change::Worse, vec![ChangedMetric::ErrorPercent]),
        };
        (change, worse, EVERY_SAMPLE_FAILED.to_owned())
    } else {
        let side = |row: &TrendRow| (entry(row), CoarseTimes::from_bytes(&row.metrics.times).unwrap_or_default());
        let ((before, before_times), (after, after_times)) = (side(before), side(after));
        let LineComparison { change, changed, sentence, .. } =
            compare_lines((&before, &before_times), (&after, &after_times), Thresholds::default());
        let worse = changed.into_iter().filter(|number| number.worse).map(|number| number.metric).collect();
        (change, worse, sentence)
    };
    let rates = before.metrics.rate_per_s.zip(after.metrics.rate_per_s);
    let rates = rates.filter(|(before, _)| *before > 0.0 && !basis_differs);
    let load_differs = rates.is_some_and(|(before, after)| (after / before - 1.0).abs() * 100.0 > OTHER_LOAD_PERCENT);
    TrendComparison { with: before.run.clone(), change, worse, sentence, load_differs }
}

/// The table entry that a row was created from, as far as the tests need it.
fn entry(row: &TrendRow) -> Entry {
    let metrics = &row.metrics;
    Entry {
        label: metrics.label.clone().unwrap_or_default(),
        kind: EntryKind::default(),
        samples: metrics.samples,
        errors: metrics.errors,
        error_percent: error_percent(metrics.errors, metrics.samples),
        mean_ms: metrics.mean_ms,
        min_ms: None,
        max_ms: None,
        stddev_ms: None,
        median_ms: metrics.median_ms,
        p90_ms: metrics.p90_ms,
        p95_ms: metrics.p95_ms,
        p99_ms: metrics.p99_ms,
        p999_ms: None,
        throughput_per_s: metrics.rate_per_s,
        received_kb_per_s: None,
        sent_kb_per_s: None,
        avg_bytes: None,
        latency_ms: None,
        connect_ms: None,
        apdex: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(given: &[&str]) -> Result<Vec<String>, EngineError> {
        checked_tags(given.iter().map(|tag| (*tag).to_owned()).collect())
    }

    #[test]
    fn tags_are_short_words_each_once() {
        assert_eq!(tags(&[" release 2 ", "nightly", "Nightly"]).expect("tags"), ["release 2", "nightly"]);
        for bad in ["", "a,b", "a\u{1b}b", &"x".repeat(41)] {
            let refused = tags(&["good", bad]).expect_err(bad);
            let EngineError::Invalid { code: "tag_invalid", faults, .. } = refused else { panic!("{refused:?}") };
            assert_eq!(faults[0].field.as_deref(), Some("/tags/1"), "{bad:?}");
        }
        let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
        assert!(matches!(checked_tags(many), Err(EngineError::Invalid { code: "too_many_tags", .. })));
    }

    #[test]
    fn a_run_in_which_everything_failed_is_worse_unless_that_was_so_before() {
        let row = |errors: u64| TrendRow {
            run: "r-22222222".parse().expect("an id"),
            name: "nightly".to_owned(),
            created_ms: 1,
            started_ms: None,
            verdict: Verdict::None,
            is_partial: false,
            tags: Vec::new(),
            baseline_ms: None,
            pinned: false,
            plan_revision: None,
            metrics: jac_store::RunMetrics {
                label: None,
                samples: 100,
                errors,
                mean_ms: None,
                median_ms: None,
                p90_ms: None,
                p95_ms: None,
                p99_ms: None,
                rate_per_s: None,
                unread_percent: None,
                max_unread_percent: None,
                total_basis: None,
                times: Vec::new(),
            },
        };
        let of = |before, after| {
            let compared = compared(&row(before), &row(after));
            (compared.change, compared.worse)
        };
        assert_eq!(of(0, 100), (Change::Worse, vec![ChangedMetric::ErrorPercent]));
        assert_eq!(of(100, 100), (Change::Unclear, Vec::new()), "nothing got worse");
    }

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        let run: RunId = "r-22222222".parse().expect("an id");
        assert_eq!(place_of(&format!("17_{run}")).expect("a place"), (17, run));
        for bad in ["", "17", "x_r-22222222", "17_c-22222222"] {
            assert!(place_of(bad).is_err(), "{bad}");
        }
    }
}
