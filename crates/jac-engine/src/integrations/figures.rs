//! The figures of running tests, taken at most once a second regardless of the number of readers; and the last figures of tests that ended recently, so that
//! a reader that polls every 30 s gets all of them.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::live::LiveRun;
use jac_jtl::{BusiestEntries, SpreadEntry};
use jac_model::monitoring::{BOUNDS_MS, Counted, LabelFigures, RunFigures};
use jac_model::{Run, RunId};
use jac_store::StoreError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Number of exported labels of a run, those with the most samples.
const MOST_LABELS: usize = 50;
/// Figures newer than this are reused.
const FRESH: Duration = Duration::from_millis(900);
/// How long the last figures of a run are exported after its end.
const KEPT_AFTER_END: Duration = Duration::from_secs(5 * 60);
/// Maximum number of runs for which they are kept.
const MOST_ENDED: usize = 100;

type Moment = (Instant, Vec<Arc<RunFigures>>);

/// The last collected figures.
#[derive(Default)]
pub(super) struct Taken {
    running: tokio::sync::Mutex<Option<Moment>>,
    ended: Mutex<Vec<(Instant, Arc<RunFigures>)>>,
}

impl Taken {
    fn keep_ended(&self, figures: &Arc<RunFigures>) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|(since, kept)| since.elapsed() < KEPT_AFTER_END && kept.run != figures.run);
        if ended.len() >= MOST_ENDED {
            ended.remove(0);
        }
        ended.push((Instant::now(), Arc::clone(figures)));
    }

    fn ended(&self) -> Vec<Arc<RunFigures>> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.iter().filter(|(since, _)| since.elapsed() < KEPT_AFTER_END).map(|(_, kept)| Arc::clone(kept)).collect()
    }
}

fn counted(spread: &SpreadEntry) -> Counted {
    let entry = &spread.entry;
    let mut buckets = [0; BOUNDS_MS.len() + 1];
    buckets.copy_from_slice(&spread.buckets);
    Counted {
        samples: entry.samples,
        errors: entry.errors,
        sum_ms: spread.sum_ms,
        min_ms: entry.min_ms,
        max_ms: entry.max_ms,
        quantiles_ms: [entry.median_ms, entry.p90_ms, entry.p95_ms, entry.p99_ms],
        buckets,
    }
}

impl LiveRun {
    fn figures(&self, run: &Run, at_ms: i64) -> RunFigures {
        let (BusiestEntries { total, labels, left_out }, rejected_rows, active_users) =
            self.busiest(MOST_LABELS, &BOUNDS_MS);
        let label = |spread: &SpreadEntry| LabelFigures {
            label: spread.entry.label.clone(),
            kind: spread.entry.kind.name(),
            counted: counted(spread),
        };
        RunFigures {
            run: run.id.clone(),
            name: run.name.clone(),
            plan: run.plan_name.clone(),
            cluster: run.cluster_name.clone(),
            owner: run.owner.name.clone(),
            at_ms,
            started_ms: run.started_ms.unwrap_or(run.created_ms),
            is_last: false,
            active_users,
            rate_per_s: self.headline().and_then(|headline| headline.rate_per_s),
            rejected_rows,
            total: counted(&total),
            labels: labels.iter().map(label).collect(),
            labels_left_out: left_out,
        }
    }
}

impl Engine {
    /// The figures of running tests, and of those that ended in the last five minutes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn run_figures(&self) -> Result<Vec<Arc<RunFigures>>, EngineError> {
        let ended = self.integrations().taken.ended();
        let mut figures = self.running_figures().await?;
        // A test that has just ended may still be among the previously collected ones.
        figures.retain(|figures| ended.iter().all(|ended| ended.run != figures.run));
        figures.extend(ended);
        Ok(figures)
    }

    /// The figures of the tests that run.
    pub(super) async fn running_figures(&self) -> Result<Vec<Arc<RunFigures>>, EngineError> {
        let mut last = self.integrations().taken.running.lock().await;
        if let Some((_, figures)) = last.as_ref().filter(|(taken, _)| taken.elapsed() < FRESH) {
            return Ok(figures.clone());
        }
        let live: Vec<(RunId, Arc<LiveRun>)> =
            self.live().iter().map(|(id, live)| (id.clone(), Arc::clone(live))).collect();
        let mut figures = Vec::new();
        for (id, live) in live {
            match self.store().run(&id).await {
                Ok(row) => figures.push(self.take_figures(row.run, live).await?),
                Err(StoreError::NotFound { .. }) => (),
                Err(error) => return Err(error.into()),
            }
        }
        *last = Some((Instant::now(), figures.clone()));
        Ok(figures)
    }

    async fn take_figures(&self, run: Run, live: Arc<LiveRun>) -> Result<Arc<RunFigures>, EngineError> {
        self.run_blocking(move |engine| Ok(Arc::new(live.figures(&run, engine.now_ms())))).await
    }

    /// Keeps the last figures of a run, and passes them to the metrics targets. They include everything that it
    /// measured.
    pub(crate) async fn take_last_figures(&self, run: &Run) -> Result<(), EngineError> {
        let Some(live) = self.live().get(&run.id).cloned() else { return Ok(()) };
        let taken = self.take_figures(run.clone(), live).await?;
        // No user is active any more.
        let figures = Arc::new(RunFigures {
            is_last: true,
            active_users: taken.active_users.map(|_| 0),
            rate_per_s: taken.rate_per_s.map(|_| 0.0),
            ..RunFigures::clone(&taken)
        });
        self.integrations().taken.keep_ended(&figures);
        for export in &self.integrations().exports {
            export.add(Arc::clone(&figures));
        }
        Ok(())
    }
}
