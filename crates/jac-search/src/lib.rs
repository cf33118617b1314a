//! Every sample of a run in Elasticsearch, OpenSearch or behind a Logstash: the adapter of [`SampleTarget`].
//!
//! Owns the documents and their mapping, the protocols, the rate of sending, and the meaning of responses. The engine
//! owns the log, the cursor and the schedule of shipping. The ID of a row's document is the row's position in its log,
//! and documents are only ever created, so sending a row again changes nothing. After a crash, a lost connection or a
//! lost response it is therefore enough to resume at the last cursor.

mod batch;
mod bulk;
mod dashboards;
mod document;
mod elastic;
mod http;
mod import;
mod logstash;
mod own;
mod pace;
mod privileges;
mod rows;
mod search;
mod server;
mod settings;
mod ship;
mod sigv4;
mod stored;
mod template;

pub use dashboards::saved_objects;
pub use import::import_dashboards;
pub use own::Maker;
pub use settings::{
    Auth, DashboardsSettings, Layout, Secret, Settings, SettingsError, SigV4, address, dashboards_address,
};

use jac_model::search::{SampleTarget, TargetKind};
use std::sync::Arc;

/// The target that the settings describe. It does not connect yet.
///
/// # Errors
/// When the settings contradict each other.
pub fn target(settings: Settings) -> Result<Arc<dyn SampleTarget>, SettingsError> {
    Ok(match settings.kind {
        TargetKind::Elasticsearch => Arc::new(elastic::Elastic::new(settings)?),
        TargetKind::Logstash => Arc::new(logstash::Logstash::new(settings)?),
    })
}
