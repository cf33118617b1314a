//! The end of a shipment: its documents are counted at the target, duplicates are deleted, and missing ones are shipped
//! again.
//!
//! Only a target that can count is queried; rows refused by the others are known anyway.

use super::log::refused_artefact;
use super::{Key, of_store};
use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::plural;
use jac_model::search::{SampleTarget, ShipmentState, TargetError};
use jac_store::{Attempt, ShipmentRow};
use std::time::Duration;
use tokio::time::sleep;

/// How often documents are counted that should exist but are not visible yet.
const COUNTS: u32 = 6;

/// Before the second count; doubled before each further one.
const COUNT_PAUSE: Duration = Duration::from_millis(500);

impl Engine {
    /// For a target that cannot report what has arrived: the rows that it refused are known anyway.
    pub(super) async fn finish_delivered(&self, key: &Key) -> Result<(), TargetError> {
        let Some(row) = self.store().shipment(&key.0, &key.1).await.map_err(of_store)? else { return Ok(()) };
        if row.cursor.refused == 0 {
            return self.finish(key, ShipmentState::Delivered, None, None).await;
        }
        let text = format!("The target rejected {} of {} rows.", row.cursor.refused, row.cursor.rows);
        self.finish(key, ShipmentState::Incomplete, None, Some(("search_rows_refused", text))).await
    }

    /// Counts what has arrived, deletes duplicates, and ships again if something is missing.
    pub(super) async fn finish_counted(&self, key: &Key, target: &dyn SampleTarget) -> Result<(), TargetError> {
        let Some(row) = self.store().shipment(&key.0, &key.1).await.map_err(of_store)? else { return Ok(()) };
        let expected = row.cursor.shipped;
        let mut counted = target.count(&key.0).await?;
        for again in 0..COUNTS {
            if counted > expected && target.delete_doubles(&key.0).await? == 0 || counted == expected {
                break;
            }
            if counted < expected {
                sleep(COUNT_PAUSE * (1 << again)).await;
            }
            counted = target.count(&key.0).await?;
        }
        let run = key.0.clone();
        let samples = self.run_blocking(move |engine| engine.samples_of(&run)).await.ok().flatten();
        let missing = samples.filter(|samples| row.cursor.rows < *samples);
        if counted == expected && row.cursor.refused == 0 && missing.is_none() {
            return self.finish(key, ShipmentState::Complete, Some(counted), None).await;
        }
        if counted == expected && missing.is_none() {
            let text = format!("The target rejected {} of {} rows.", row.cursor.refused, row.cursor.rows);
            let trouble = ("search_rows_refused", text);
            return self.finish(key, ShipmentState::Incomplete, Some(counted), Some(trouble)).await;
        }
        if row.attempt == Attempt::First {
            // Missing documents are shipped by shipping everything; surplus ones that are not duplicates come from
            // another log of this run.
            let attempt = if counted > expected || missing.is_some() { Attempt::Full } else { Attempt::Again };
            tracing::warn!(run = %key.0, target = key.1, counted, expected, "run {}: {counted} documents of {expected} at {}; shipping again", key.0, key.1);
            let reset = move |row: &mut ShipmentRow| {
                *row = ShipmentRow { attempt, ..ShipmentRow::new(row.run.clone(), row.target.clone(), row.updated_ms) };
            };
            self.change_shipment(key, reset).await?;
            return Err(TargetError::new(
                "search_miscounted",
                format!("{counted} documents found of {expected}; all rows are shipped again."),
            ));
        }
        let text = match missing {
            Some(samples) if counted == expected => {
                format!("{} shipped of a run with {}.", plural(row.cursor.rows, "row"), plural(samples, "sample"))
            }
            _ => format!("{counted} documents found of {expected} that the target accepted."),
        };
        let trouble = ("search_miscounted", text);
        self.finish(key, ShipmentState::Incomplete, Some(counted), Some(trouble)).await
    }

    pub(super) async fn finish(
        &self,
        key: &Key,
        state: ShipmentState,
        counted: Option<u64>,
        trouble: Option<(&'static str, String)>,
    ) -> Result<(), TargetError> {
        let concerns_store = self.refusals_are_to_be_stored(key).await?;
        let done = move |row: &mut ShipmentRow| {
            row.state = state;
            row.counted = counted;
            row.trouble = trouble.map(|(code, message)| (code.to_owned(), message));
        };
        if let Some(row) = self.change_shipment(key, done).await? {
            let rows = row.cursor.rows;
            tracing::info!(run = %key.0, target = key.1, ?state, rows, counted, "run {}: shipped to {}: {state:?}, {rows} rows", key.0, key.1);
        }
        if concerns_store && let Err(error) = self.describe_run(&key.0).await {
            // Its folder is marked: the next engine stores it.
            tracing::warn!(run = %key.0, %error, "run {}: the rows that {} refused are not stored yet: {error}", key.0, key.1);
        }
        Ok(())
    }

    /// Whether the shipment has refused rows that must be added to the artefact store, or none although the store has
    /// some. If so, its run is marked as changed before the shipment ends, so that a crash after that loses nothing.
    async fn refusals_are_to_be_stored(&self, key: &Key) -> Result<bool, TargetError> {
        let Some(row) = self.store().shipment(&key.0, &key.1).await.map_err(of_store)? else { return Ok(false) };
        if row.state.is_final() {
            return Ok(false);
        }
        let mark = move |engine: &Engine| {
            let folder = engine.folder().run(&row.run);
            let name = refused_artefact(&row.target);
            // A manifest that cannot be read now may list it.
            let is_stored = || match crate::archive::read_manifest(&folder) {
                Ok(manifest) => manifest.is_some_and(|manifest| manifest.object(&name).is_some()),
                Err(_) => true,
            };
            let is_due = engine.archive().is_some() && folder.is_dir() && (row.refused_bytes > 0 || is_stored());
            if is_due {
                crate::archive::mark_stale(&folder)?;
            }
            Ok(is_due)
        };
        let failed = |error: EngineError| TargetError::new("search_refused_not_kept", jac_model::sentence(&error));
        self.run_blocking(mark).await.map_err(failed)
    }
}
