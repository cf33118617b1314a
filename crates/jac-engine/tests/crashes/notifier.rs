//! A simulated notification target: it keeps what it receives outside of the engine, so that a crash loses nothing of it.

use crate::door::Door;
use async_trait::async_trait;
use jac_engine::IntegrationTargets;
use jac_model::EpochMs;
use jac_model::notify::{Notification, Notifier, NotifierInfo, NotifierKind, RunSelection, SendError};
use std::sync::Arc;
use std::time::Duration;

/// How long it takes to answer.
const CALL: Duration = Duration::from_millis(5);

struct SimulatedNotifier(Door);

/// The one target that an engine is told of.
pub fn targets(door: Door) -> IntegrationTargets {
    IntegrationTargets { notifiers: vec![Arc::new(SimulatedNotifier(door))], ..IntegrationTargets::default() }
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
            world.machines().told.push(notification.clone());
            Ok(())
        };
        let taken = self.0.through("", "notify", CALL, take).await;
        taken.map_err(|error| SendError::passing("integration_unreachable", error.to_string()))
    }
}
