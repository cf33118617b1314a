//! Shipments and targets as they are shown.

use super::log::{refused_artefact, waiting_bytes};
use super::targets::named;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::RunId;
use jac_model::search::{ShipmentState, TargetInfo};
use jac_store::ShipmentRow;
use serde::{Deserialize, Serialize};

/// The time before and after a run that a dashboard also shows.
const AROUND_MS: i64 = 60_000;

/// The shipping of a run to a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Shipment {
    /// The target's name.
    pub target: String,
    /// `null`: this server no longer has this target.
    pub target_info: Option<TargetInfo>,
    pub state: ShipmentState,
    /// Rows of the log that were sent and acknowledged; each becomes a document.
    pub rows: u64,
    /// Rows that the target accepted.
    pub shipped: u64,
    /// Rows that the target rejected.
    pub refused: u64,
    /// Documents of the run at the target, counted in the end; `null`: not counted.
    pub counted: Option<u64>,
    /// Bytes of the log that were not acknowledged yet; `null` when everything was.
    pub waiting_bytes: Option<u64>,
    /// While rows are being shipped: the age of the newest acknowledged one by its start, in milliseconds.
    pub delay_ms: Option<i64>,
    /// Why it is delayed, or its final error.
    pub trouble: Option<ShipmentTrouble>,
    /// Why the first of the refused rows was refused, in the server's words.
    pub refused_reason: Option<String>,
    /// The artefact with the refused rows and their reasons.
    pub refused_file: Option<String>,
    /// The run's dashboard; `null`: no address of one is configured.
    pub dashboard_url: Option<String>,
    pub updated_ms: i64,
}

/// A problem of a shipment, or of an upload to a results store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShipmentTrouble {
    /// Stable; the message may change.
    pub code: String,
    /// A sentence.
    pub message: String,
}

/// A search target of this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetView {
    pub target: TargetInfo,
    /// Number of runs being shipped to it or waiting.
    pub unfinished: u64,
    /// What holds up one of them.
    pub trouble: Option<ShipmentTrouble>,
}

/// The target was removed.
fn removed() -> ShipmentTrouble {
    ShipmentTrouble {
        code: "search_target_removed".to_owned(),
        message: "The server no longer has a search target with this name.".to_owned(),
    }
}

pub(super) fn trouble_of(row: &ShipmentRow) -> Option<ShipmentTrouble> {
    row.trouble.clone().map(|(code, message)| ShipmentTrouble { code, message })
}

impl Engine {
    /// How a run's samples get to the search targets.
    ///
    /// # Errors
    /// When the run does not exist, or the database cannot be read.
    pub async fn shipments(&self, run: &RunId) -> Result<Vec<Shipment>, EngineError> {
        let stored = self.store().run(run).await?.run;
        let rows = self.store().shipments(run).await?;
        let targets = self.shipping().targets();
        let now_ms = self.now_ms();
        let view = move |engine: &Engine| {
            let from_ms = stored.started_ms.unwrap_or(stored.created_ms) - AROUND_MS;
            let to_ms = stored.ended_ms.unwrap_or(now_ms) + AROUND_MS;
            let of_row = |row: ShipmentRow| {
                let target = named(&targets, &row.target);
                let ships = row.state == ShipmentState::Shipping && target.is_some();
                Shipment {
                    target_info: target.map(|target| target.info()),
                    state: row.state,
                    rows: row.cursor.rows,
                    shipped: row.cursor.shipped,
                    refused: row.cursor.refused,
                    counted: row.counted,
                    waiting_bytes: ships.then(|| waiting_bytes(engine, &row)).flatten(),
                    delay_ms: row.cursor.newest_ms.filter(|_| ships).map(|newest_ms| (now_ms - newest_ms).max(0)),
                    trouble: if target.is_some() || row.state.is_final() { trouble_of(&row) } else { Some(removed()) },
                    refused_reason: row.reason.clone(),
                    refused_file: (row.refused_bytes > 0).then(|| refused_artefact(&row.target)),
                    dashboard_url: target.and_then(|target| target.dashboard_url(&row.run, from_ms, to_ms)),
                    updated_ms: row.updated_ms,
                    target: row.target,
                }
            };
            Ok(rows.into_iter().map(of_row).collect())
        };
        self.run_blocking(view).await
    }

    /// The search targets of this server, and a person's own; `None`: everybody's.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn search_targets(&self, owner: Option<&str>) -> Result<Vec<TargetView>, EngineError> {
        let unfinished = self.store().unfinished_shipments().await?;
        let view = |target: TargetInfo| {
            let own = || unfinished.iter().filter(|row| row.target == target.name);
            TargetView { unfinished: own().count() as u64, trouble: own().find_map(trouble_of), target }
        };
        Ok(self.shipping().targets_of(owner).iter().map(|target| view(target.info())).collect())
    }
}
