//! A simulated notification target and a metrics target: they keep what they receive outside of the engine, so a crash loses nothing of it.

use crate::faults::Injector;
use async_trait::async_trait;
use jac_engine::IntegrationTargets;
use jac_model::EpochMs;
use jac_model::monitoring::{ExporterInfo, ExporterKind, MetricsExporter, RunFigures};
use jac_model::notify::{Notification, Notifier, NotifierInfo, NotifierKind, RunSelection, SendError};
use std::sync::Arc;
use std::time::Duration;

/// How long it takes to answer.
const CALL: Duration = Duration::from_millis(5);
const EXPORT_EVERY: Duration = Duration::from_secs(1);

struct SimulatedNotifier(Injector);

struct SimulatedExporter(Injector);

/// The only notification target of an engine, and the metrics target of one that exports.
pub fn targets(faults: &Injector, exports: bool) -> IntegrationTargets {
    let exporter = exports.then(|| Arc::new(SimulatedExporter(faults.clone())) as Arc<dyn MetricsExporter>);
    IntegrationTargets {
        notifiers: vec![Arc::new(SimulatedNotifier(faults.clone()))],
        exporters: exporter.into_iter().collect(),
        ..IntegrationTargets::default()
    }
}

#[async_trait]
impl MetricsExporter for SimulatedExporter {
    fn info(&self) -> ExporterInfo {
        let name = "meter".to_owned();
        ExporterInfo { name, kind: ExporterKind::Otlp, address: String::new(), interval_s: EXPORT_EVERY.as_secs() }
    }

    fn interval(&self) -> Duration {
        EXPORT_EVERY
    }

    async fn push(&self, points: &[Arc<RunFigures>]) -> Result<u64, SendError> {
        let take = |world: &crate::world::World| {
            world.machines().pushed.extend(points.iter().cloned());
            Ok(0)
        };
        let taken = self.0.through("", "push", CALL, take).await;
        taken.map_err(|error| SendError::passing("integration_unreachable", error.to_string()))
    }

    async fn test(&self, _: EpochMs) -> Result<(), SendError> {
        Ok(())
    }
}

#[async_trait]
impl Notifier for SimulatedNotifier {
    fn info(&self) -> NotifierInfo {
        NotifierInfo {
            name: "hook".to_owned(),
            kind: NotifierKind::Webhook,
            address: String::new(),
            runs: RunSelection::All,
            plans: Vec::new(),
        }
    }

    async fn send(&self, notification: &Notification, _: EpochMs) -> Result<(), SendError> {
        let take = |world: &crate::world::World| {
            world.machines().notified.push(notification.clone());
            Ok(())
        };
        let taken = self.0.through("", "notify", CALL, take).await;
        taken.map_err(|error| SendError::passing("integration_unreachable", error.to_string()))
    }
}
