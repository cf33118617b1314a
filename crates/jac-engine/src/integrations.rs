//! The external targets of this server: notification targets at a run's end, metrics targets while it continues.
//!
//! Owns the targets and their status. `deliveries` sends notifications of ended runs, from rows in the database;
//! `figures` collects the counts of running tests, for `/metrics` and for `export`, which pushes them. Protocols belong
//! to the adapters. No run waits for any of it.

mod deliveries;
mod export;
mod figures;

pub use deliveries::Delivery;

use crate::engine::Engine;
use crate::error::EngineError;
use export::Export;
use figures::Taken;
use jac_model::EpochMs;
use jac_model::monitoring::{ExporterInfo, MetricsExporter};
use jac_model::notify::{Notifier, NotifierInfo, SendError};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The server's configuration. Known from the engine's start on, because a resumed run may end immediately.
#[derive(Default)]
pub struct IntegrationTargets {
    pub notifiers: Vec<Arc<dyn Notifier>>,
    pub exporters: Vec<Arc<dyn MetricsExporter>>,
    /// The address that people open, without a slash at its end; `None`: nothing links to runs.
    pub public_url: Option<String>,
}

/// The targets, and their queues.
pub(crate) struct Integrations {
    notifiers: Vec<Arc<dyn Notifier>>,
    public_url: Option<String>,
    /// By target name: notified when there is something to deliver.
    pokes: HashMap<String, Notify>,
    exports: Vec<Arc<Export>>,
    taken: Taken,
}

impl Integrations {
    pub fn new(targets: IntegrationTargets) -> Self {
        let IntegrationTargets { notifiers, exporters, public_url } = targets;
        Self {
            pokes: notifiers.iter().map(|target| (target.info().name, Notify::new())).collect(),
            notifiers,
            public_url,
            exports: exporters.into_iter().map(|target| Arc::new(Export::new(target))).collect(),
            taken: Taken::default(),
        }
    }
}

/// An error of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IntegrationTrouble {
    /// `integration_timeout`, `integration_unreachable`, `integration_certificate`, `integration_busy`, `integration_unavailable`,
    /// `integration_denied`, `integration_gone`, `integration_redirected`, `integration_refused`, `integration_not_configured`, `integration_failed`.
    pub code: String,
    /// A sentence.
    pub message: String,
}

impl From<&SendError> for IntegrationTrouble {
    fn from(error: &SendError) -> Self {
        Self { code: error.code.to_owned(), message: error.message.clone() }
    }
}

/// A notification target with its recent deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotifierView {
    #[serde(flatten)]
    pub target: NotifierInfo,
    /// Waiting deliveries.
    pub waiting: u64,
    /// The last attempted delivery; `null`: none.
    pub last: Option<Delivery>,
}

/// A metrics target with its statistics since the server's start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExporterView {
    #[serde(flatten)]
    pub target: ExporterInfo,
    /// Number of points sent; a point is one run at one time.
    pub sent: u64,
    /// Points that were dropped, because the target did not take them in time, or refused them.
    pub dropped: u64,
    /// Number of values rejected by the target, as far as it reports them.
    pub refused_values: u64,
    /// Points waiting to be sent.
    pub waiting: u64,
    pub last_sent_ms: Option<EpochMs>,
    /// Error of the last attempt; `null`: none.
    pub trouble: Option<IntegrationTrouble>,
}

/// Integrations of this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IntegrationsView {
    pub notifications: Vec<NotifierView>,
    pub metrics: Vec<ExporterView>,
    /// The address that links to runs begin with; `null`: not configured, so nothing links to them.
    pub public_url: Option<String>,
}

/// A successful test of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IntegrationTest {
    pub target: String,
    /// Time until it answered.
    pub took_ms: u64,
}

impl Engine {
    /// Starts the deliveries, including those that an earlier engine has not made.
    pub(crate) async fn begin_integrations(&self) -> Result<(), EngineError> {
        self.keep_giving_up().await?;
        for notifier in &self.integrations().notifiers {
            self.keep_delivering(notifier);
        }
        for export in &self.integrations().exports {
            self.keep_exporting(export);
        }
        Ok(())
    }

    /// The targets with their recent results.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn integrations_view(&self) -> Result<IntegrationsView, EngineError> {
        let mut notifications = Vec::new();
        for notifier in &self.integrations().notifiers {
            let target = notifier.info();
            let waiting = self.store().waiting_deliveries(&target.name).await?;
            let last = self.store().last_delivery(&target.name).await?.map(Delivery::from);
            notifications.push(NotifierView { target, waiting, last });
        }
        let metrics = self.integrations().exports.iter().map(|export| export.view()).collect();
        let public_url = self.integrations().public_url.clone();
        Ok(IntegrationsView { notifications, metrics, public_url })
    }

    /// Sends a test to a target of either kind.
    ///
    /// # Errors
    /// When the target does not exist, or does not accept it.
    pub async fn test_integration(&self, name: &str) -> Result<IntegrationTest, EngineError> {
        let began = Instant::now();
        let Integrations { notifiers, exports, .. } = self.integrations();
        if let Some(notifier) = notifiers.iter().find(|notifier| notifier.info().name == name) {
            notifier.send(&self.test_notification(), self.now_ms()).await?;
        } else {
            let export = exports.iter().find(|export| export.target.info().name == name);
            let not_found = || EngineError::NotFound { kind: "integration", id: name.to_owned() };
            export.ok_or_else(not_found)?.target.test(self.now_ms()).await?;
        }
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(IntegrationTest { target: name.to_owned(), took_ms })
    }
}
