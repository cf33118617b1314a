//! `run.json`: a finished run as described by its own folder, so that a lost or older database loses no result.

use super::finish::restored_points;
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::regular_file::read_regular;
use crate::view::RunResult;
use jac_model::Run;
use jac_store::RunRow;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;

pub(crate) const NAME: &str = "run.json";
/// Incremented when a field changes its meaning; an added field needs no new number.
const SCHEMA: u32 = 2;

/// The file's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    schema: u32,
    /// The JAC that wrote it.
    jac_version: String,
    pub run: Run,
    /// The figures in the list of runs; they are computed from `results.jtl`.
    result: Option<serde_json::Value>,
}

/// The part that records of all versions have.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

impl RunRecord {
    pub fn of(mut row: RunRow) -> Self {
        // A JAC of before masked nothing.
        super::secrets::mask(&mut row.run);
        Self { schema: SCHEMA, jac_version: env!("CARGO_PKG_VERSION").to_owned(), run: row.run, result: row.result }
    }

    pub fn is_in(folder: &Path) -> bool {
        folder.join(NAME).is_file()
    }

    /// The record in a run's folder; `None`: the folder has no `run.json`, or that is not a record or not a regular file.
    ///
    /// # Errors
    /// When it cannot be read now, or was written by a newer JAC: the folder may still belong to a run.
    pub fn read(folder: &Path) -> Result<Option<Self>, EngineError> {
        let bytes = match read_regular(&folder.join(NAME)) {
            Ok(bytes) => bytes,
            // `NotADirectory`: the folder itself is a file. `InvalidInput`: the record is a FIFO, a socket or a device.
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(EngineError::file("reading a run's record", error)),
        };
        if let Ok(Version { schema }) = serde_json::from_slice(&bytes)
            && schema > SCHEMA
        {
            return Err(EngineError::JMeter(format!(
                "The run's record was written by a newer version of JAC (schema \
                                                    {schema})."
            )));
        }
        // Damaged, or written by another program: the caller reports the folder and moves it to lost/.
        let record: Option<Self> = serde_json::from_slice(&bytes).ok();
        Ok(record.filter(|record| record.run.phase.is_terminal()))
    }

    /// Its result, as far as this JAC can read it.
    pub fn result(&self) -> RunResult {
        self.result.clone().and_then(|result| serde_json::from_value(result).ok()).unwrap_or_default()
    }

    /// Writes it in one step.
    pub fn write(&self, folder: &Path) -> Result<(), EngineError> {
        let bytes = serde_json::to_vec_pretty(self).map_err(|error| EngineError::JMeter(error.to_string()))?;
        super::finish::write(&folder.join(NAME), &bytes)
    }

    /// Takes the run into the list again, with the points of its charts.
    pub fn restore(&self, engine: &Engine) -> Result<(), EngineError> {
        let run = &self.run;
        tracing::info!(run = %run.id, "run {}: restored from its folder", run.id);
        let points = restored_points(engine, &run.id);
        Ok(wait(engine.store().restore_run(run, self.result.as_ref(), points))?)
    }

    /// Adds a run to the list that did not exist before, i.e. an imported or restored one.
    pub fn insert(&self, engine: &Engine) -> Result<(), EngineError> {
        let points = restored_points(engine, &self.run.id);
        Ok(wait(engine.store().insert_finished_run(&self.run, self.result.as_ref(), points))?)
    }
}
