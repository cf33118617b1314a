//! The log of a run for its shipment: read in place, plain or compressed, with the cursor stored in the database.

use super::{Key, of_store};
use crate::engine::Engine;
use crate::runs::kept::KeptFile;
use crate::runs::{RESULTS, spool};
use async_trait::async_trait;
use jac_model::RunId;
use jac_model::search::{RefusedRow, SampleLog, Step, TargetError};
use jac_store::{Attempt, ShipmentRow};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The shipment was removed or restarted.
pub(super) const CHANGED: &str = "shipment_changed";
/// Interval of checks for more of the log.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// Interval at which a cursor is stored; after a crash later rows are sent again.
const KEEP_EVERY: Duration = Duration::from_millis(500);
/// Refused rows are written down up to this, and counted beyond it.
const MOST_REFUSED_BYTES: u64 = 64 << 20;
/// The folder of a run with the rows that targets refused.
pub(crate) const FOLDER: &str = "search";

/// The file with the rows that a target refused.
pub(super) fn refused_path(engine: &Engine, run: &RunId, target: &str) -> PathBuf {
    engine.folder().run(run).join(refused_artefact(target))
}

/// The same as an artefact of the run.
pub(crate) fn refused_artefact(target: &str) -> String {
    format!("{FOLDER}/{target}.refused.ndjson")
}

/// Which of two shipments has priority if both have much to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precedence {
    /// For a run that was active when its shipping started: people are watching it.
    Live,
    /// The run was already over. It waits while a live one to the same target is behind.
    Backfill,
}

pub(super) struct SpoolLog<'a> {
    engine: &'a Engine,
    key: Key,
    precedence: Precedence,
    path: PathBuf,
    refused: PathBuf,
    attempt: Attempt,
    /// The run was found to have finished, and everything before that was read.
    was_finished: AtomicBool,
    state: Mutex<State>,
}

#[derive(Clone)]
struct State {
    step: Step,
    refused_bytes: u64,
    reason: Option<String>,
    written: Instant,
    is_pending: bool,
    /// The opened log, once it no longer grows.
    file: Option<Arc<KeptFile>>,
}

impl<'a> SpoolLog<'a> {
    /// Opens the log of a shipment. The remains of a crash in the file of refused rows are removed.
    pub async fn open(engine: &'a Engine, row: &ShipmentRow, precedence: Precedence) -> Result<Self, TargetError> {
        let refused = refused_path(engine, &row.run, &row.target);
        let (path, bytes) = (refused.clone(), row.refused_bytes);
        blocking(move || truncate(&path, bytes)).await?;
        let state = State {
            step: Step { cursor: row.cursor, refused: Vec::new() },
            refused_bytes: row.refused_bytes,
            reason: row.reason.clone(),
            written: Instant::now(),
            is_pending: false,
            file: None,
        };
        Ok(Self {
            engine,
            key: (row.run.clone(), row.target.clone()),
            precedence,
            path: spool(engine.folder(), &row.run),
            refused,
            attempt: row.attempt,
            was_finished: AtomicBool::new(false),
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the cursor down.
    pub async fn write_down(&self) -> Result<(), TargetError> {
        let state = self.state().clone();
        if !state.is_pending {
            return Ok(());
        }
        let (attempt, cursor) = (self.attempt, state.step.cursor);
        let mut is_same = false;
        let change = move |row: &mut ShipmentRow| {
            if row.attempt != attempt || row.state.is_final() {
                return false;
            }
            row.cursor = cursor;
            row.refused_bytes = state.refused_bytes;
            row.reason = state.reason;
            true
        };
        let now_ms = self.engine.now_ms();
        let written = self.engine.store().update_shipment(&self.key.0, &self.key.1, move |row| {
            row.updated_ms = now_ms;
            change(row)
        });
        if let Some((_, same)) = written.await.map_err(of_store)? {
            is_same = same;
        }
        if !is_same {
            return Err(TargetError::new(CHANGED, "The shipment was restarted or cancelled."));
        }
        let mut state = self.state();
        state.is_pending = false;
        state.written = Instant::now();
        Ok(())
    }
}

impl Drop for SpoolLog<'_> {
    fn drop(&mut self) {
        self.engine.shipping().note_behind(&self.key, false);
    }
}

#[async_trait]
impl SampleLog for SpoolLog<'_> {
    async fn read_at(&self, from: u64, most: usize) -> Result<Vec<u8>, TargetError> {
        let shipping = self.engine.shipping();
        while self.precedence == Precedence::Backfill && shipping.is_a_live_one_behind(&self.key.1) {
            sleep(CHECK_EVERY).await;
        }
        let (engine, run, path) = (self.engine.clone(), self.key.0.clone(), self.path.clone());
        let known = self.state().file.clone();
        let is_over = self.was_finished.load(Ordering::Relaxed);
        let (bytes, file) = blocking(move || {
            let unread = |error| TargetError::new("log_not_read", jac_model::sentence(&error));
            let opened = match known {
                Some(file) => Some(file),
                None => engine.kept_file(&run, RESULTS).map_err(unread)?.map(Arc::new),
            };
            match opened {
                Some(file) => Ok((file.read_at(&path, from, most).map_err(unread)?, Some(file))),
                None if is_over => Err(TargetError::new("log_missing", "The run's log no longer exists.")),
                None => Ok((Vec::new(), None)),
            }
        })
        .await?;
        if self.precedence == Precedence::Live {
            shipping.note_behind(&self.key, bytes.len() == most);
        }
        // A log that is compressed, or in the store, does not change any more, and takes a while to open.
        self.state().file = file.filter(|file| !matches!(**file, KeptFile::Plain(..)));
        Ok(bytes)
    }

    async fn grows(&self) -> bool {
        if self.was_finished.load(Ordering::Relaxed) {
            return false;
        }
        let is_finished = self.engine.store().run(&self.key.0).await.is_ok_and(|row| row.run.phase.is_terminal());
        self.was_finished.store(is_finished, Ordering::Relaxed);
        // If the run has finished, what arrived since the last read is read at once.
        if !is_finished {
            sleep(CHECK_EVERY).await;
        }
        true
    }

    async fn keep(&self, step: Step) -> Result<(), TargetError> {
        let has_refused = !step.refused.is_empty();
        if has_refused {
            let (path, bytes, rows) = (self.refused.clone(), self.state().refused_bytes, step.refused.clone());
            let bytes = blocking(move || append(&path, bytes, &rows)).await?;
            let mut state = self.state();
            state.refused_bytes = bytes;
            if state.reason.is_none() {
                state.reason = step.refused.first().map(|row| row.reason.clone());
            }
        }
        let is_due = {
            let mut state = self.state();
            state.step = Step { refused: Vec::new(), ..step };
            state.is_pending = true;
            has_refused || state.written.elapsed() >= KEEP_EVERY
        };
        if is_due { self.write_down().await } else { Ok(()) }
    }

    async fn report(&self, trouble: Option<TargetError>) {
        let (run, target) = &self.key;
        match &trouble {
            Some(error) => {
                tracing::warn!(%run, target, code = error.code, "run {run}: search target {target}: {error}")
            }
            None => tracing::info!(%run, target, "run {run}: search target {target} takes samples again"),
        }
        self.engine.note_trouble(&self.key, trouble).await;
    }
}

/// Runs work on files where it blocks nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TargetError> + Send + 'static,
) -> Result<T, TargetError> {
    let failed = |panic| TargetError::new("search_failed", format!("{panic}."));
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

fn unwritten(error: &std::io::Error) -> TargetError {
    TargetError::new("search_refused_not_kept", format!("The rejected rows cannot be written down: {error}."))
}

/// Truncates the file of refused rows to a length; 0 removes it.
fn truncate(path: &Path, bytes: u64) -> Result<(), TargetError> {
    let done = match bytes {
        0 => std::fs::remove_file(path),
        _ => std::fs::File::options().write(true).open(path).and_then(|file| file.set_len(bytes)),
    };
    match done {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unwritten(&error)),
        _ => Ok(()),
    }
}

/// Appends refused rows and returns the file's length.
fn append(path: &Path, bytes: u64, rows: &[RefusedRow]) -> Result<u64, TargetError> {
    if bytes >= MOST_REFUSED_BYTES {
        return Ok(bytes);
    }
    let mut lines = Vec::new();
    for row in rows {
        let document: Value = serde_json::from_str(&row.document).unwrap_or_else(|_| json!(row.document));
        let line = json!({ "id": row.id, "status": row.status, "reason": row.reason, "document": document });
        // A vector takes every write.
        drop(writeln!(lines, "{line}"));
    }
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = std::fs::File::options().create(true).append(true).open(path)?;
        file.set_len(bytes)?;
        file.write_all(&lines)
    };
    write().map_err(|error| unwritten(&error))?;
    Ok(bytes + lines.len() as u64)
}

/// Bytes of the log after the last acknowledged row.
pub(super) fn waiting_bytes(engine: &Engine, row: &ShipmentRow) -> Option<u64> {
    let log = KeptFile::open(&spool(engine.folder(), &row.run)).ok()??;
    Some(log.bytes().saturating_sub(row.cursor.row.unwrap_or(0)))
}
