//! Pushes figures of running tests to the metrics targets: one task collects them every few seconds, another sends
//! them, so that a target that hangs loses nothing that fits into its queue.
//!
//! The queue is bounded and in memory: points that do not fit, and those that the target rejects, are dropped and
//! counted.

use super::{ExporterView, IntegrationTrouble};
use crate::engine::Engine;
use jac_model::EpochMs;
use jac_model::monitoring::{MetricsExporter, RunFigures};
use jac_model::notify::{Retry, SendError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// Maximum number of waiting points: an hour of a run at the default interval.
const MOST_WAITING: usize = 360;
/// Points that are sent together.
const AT_A_TIME: usize = 20;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long the shutdown of the engine waits for points being sent.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// A metrics target with what waits for it.
pub(super) struct Export {
    pub target: Arc<dyn MetricsExporter>,
    state: Mutex<State>,
    added: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Arc<RunFigures>>,
    /// Points that are being sent.
    in_flight: usize,
    sent: u64,
    dropped: u64,
    refused_values: u64,
    last_sent_ms: Option<EpochMs>,
    trouble: Option<IntegrationTrouble>,
}

impl State {
    /// Drops points that do not fit, oldest first; the last one of a run is kept as long as there is another to drop.
    fn bound(&mut self) {
        while self.waiting.len() > MOST_WAITING {
            let place = self.waiting.iter().position(|point| !point.is_last).unwrap_or(0);
            self.waiting.remove(place);
            self.dropped += 1;
        }
    }
}

impl Export {
    pub fn new(target: Arc<dyn MetricsExporter>) -> Self {
        Self { target, state: Mutex::default(), added: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a point.
    pub fn add(&self, point: Arc<RunFigures>) {
        let mut state = self.state();
        state.waiting.push_back(point);
        state.bound();
        self.added.notify_one();
    }

    pub fn view(&self) -> ExporterView {
        let state = self.state();
        ExporterView {
            target: self.target.info(),
            sent: state.sent,
            dropped: state.dropped,
            refused_values: state.refused_values,
            waiting: state.waiting.len() as u64,
            last_sent_ms: state.last_sent_ms,
            trouble: state.trouble.clone(),
        }
    }

    fn take(&self) -> Vec<Arc<RunFigures>> {
        let mut state = self.state();
        let most = state.waiting.len().min(AT_A_TIME);
        state.in_flight = most;
        state.waiting.drain(..most).collect()
    }

    fn is_idle(&self) -> bool {
        let state = self.state();
        state.waiting.is_empty() && state.in_flight == 0
    }

    /// Records the result of sending. Points to be resent are put in front of all others.
    fn settle(&self, points: Vec<Arc<RunFigures>>, sent: Result<u64, SendError>, now_ms: EpochMs) {
        let mut state = self.state();
        state.in_flight = 0;
        match sent {
            Ok(refused) => {
                state.sent += points.len() as u64;
                state.refused_values += refused;
                state.last_sent_ms = Some(now_ms);
                state.trouble = (refused > 0).then(|| IntegrationTrouble {
                    code: "integration_refused".to_owned(),
                    message: format!("The target refused {refused} values of the last points."),
                });
            }
            Err(error) => {
                state.trouble = Some(IntegrationTrouble::from(&error));
                if error.retry == Retry::Never {
                    state.dropped += points.len() as u64;
                } else {
                    points.into_iter().rev().for_each(|point| state.waiting.push_front(point));
                    state.bound();
                }
            }
        }
    }
}

impl Engine {
    /// Waits a moment until the metrics targets have what waits for them.
    pub(crate) async fn flush_exports(&self) {
        let flushed = async {
            while !self.integrations().exports.iter().all(|export| export.is_idle()) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        // A target that does not respond now loses them.
        drop(timeout(FLUSH_LIMIT, flushed).await);
    }

    pub(super) fn keep_exporting(&self, export: &Arc<Export>) {
        let name = export.target.info().name;
        let (engine, taking) = (self.clone(), Arc::clone(export));
        self.keep_running("metrics_figures", format!("the figures for {name}"), move |_| {
            engine.clone().take_forever(Arc::clone(&taking))
        });
        let (engine, export) = (self.clone(), Arc::clone(export));
        self.keep_running("metrics_export", format!("the export to {name}"), move |_| {
            engine.clone().send_forever(Arc::clone(&export))
        });
    }

    async fn take_forever(self, export: Arc<Export>) {
        let mut ticks = interval(export.target.interval());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.running_figures().await {
                Ok(figures) => figures.into_iter().for_each(|point| export.add(point)),
                // The next figures include everything.
                Err(error) => tracing::debug!(%error, "figures of running tests could not be taken: {error}"),
            }
        }
    }

    async fn send_forever(self, export: Arc<Export>) {
        let name = export.target.info().name;
        let mut failures = 0_u32;
        loop {
            let points = export.take();
            if points.is_empty() {
                export.added.notified().await;
                continue;
            }
            let what = format!("the export to {name}");
            let sent = self.guarded("metrics_export", what, export.target.push(&points)).await;
            // The points that it was sending are sent again.
            let sent = sent.unwrap_or_else(|panicked| Err(panicked.into()));
            let wait = match &sent {
                Ok(_) => Duration::ZERO,
                Err(error) => {
                    if failures == 0 {
                        tracing::warn!(target = name, code = error.code, "metrics target {name}: {error}");
                    }
                    let usual = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE);
                    match error.retry {
                        Retry::After(wait) => wait.max(usual).min(LONGEST_PAUSE),
                        Retry::Later | Retry::Never => usual,
                    }
                }
            };
            failures = if sent.is_ok() { 0 } else { failures.saturating_add(1) };
            export.settle(points, sent, self.now_ms());
            sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use jac_model::RunId;
    use jac_model::monitoring::{Counted, ExporterInfo, ExporterKind};

    struct Nowhere;

    #[async_trait]
    impl MetricsExporter for Nowhere {
        fn info(&self) -> ExporterInfo {
            ExporterInfo {
                name: "nowhere".to_owned(),
                kind: ExporterKind::Otlp,
                address: String::new(),
                interval_s: 10,
            }
        }

        fn interval(&self) -> Duration {
            Duration::from_secs(10)
        }

        async fn push(&self, _: &[Arc<RunFigures>]) -> Result<u64, SendError> {
            Ok(0)
        }

        async fn test(&self, _: EpochMs) -> Result<(), SendError> {
            Ok(())
        }
    }

    fn point(samples: u64, is_last: bool) -> Arc<RunFigures> {
        Arc::new(RunFigures {
            run: RunId::from_random([1; _]),
            name: String::new(),
            plan: String::new(),
            cluster: String::new(),
            owner: String::new(),
            at_ms: 0,
            started_ms: 0,
            is_last,
            active_users: None,
            rate_per_s: None,
            rejected_rows: 0,
            total: Counted { samples, ..Counted::default() },
            labels: Vec::new(),
            labels_left_out: 0,
        })
    }

    #[test]
    fn the_queue_is_bounded_what_does_not_fit_is_counted_and_a_runs_last_point_stays() {
        let export = Export::new(Arc::new(Nowhere));
        export.add(point(0, true));
        for samples in 1..=500 {
            export.add(point(samples, false));
        }
        let view = export.view();
        assert_eq!((view.waiting, view.dropped), (360, 141));
        let first = export.take();
        assert_eq!((first.len(), first[0].is_last, first[1].total.samples), (20, true, 142));
        // It was not accepted: it waits in front of all others.
        export.settle(first, Err(SendError::passing("integration_timeout", "Late.")), 5);
        assert_eq!(export.view().waiting, 360);
        assert_eq!(export.view().trouble.expect("a reason").code, "integration_timeout");
        let again = export.take();
        assert!(again[0].is_last);
        export.settle(again, Err(SendError::lasting("integration_refused", "No.")), 6);
        assert_eq!((export.view().waiting, export.view().dropped), (340, 161));
        export.settle(export.take(), Ok(0), 7);
        assert_eq!((export.view().sent, export.view().last_sent_ms, export.view().trouble), (20, Some(7), None));
    }
}
