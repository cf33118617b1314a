//! The way of a run's samples: from the master's log into the spool, the statistics, and to whoever watches.
//!
//! The spool is written before the statistics are fed and before the offset moves on, so after a crash the spool *is*
//! the offset.

use super::supervise::Task;
use super::{NodePlaces, RESULTS, spool};
use crate::engine::{Event, administrator};
use crate::error::EngineError;
use crate::live::LiveRun;
use jac_model::RunId;
use jac_model::ports::Remote;
use jac_store::StoredPoint;
use std::io::{Read, Write};
use std::sync::Arc;

/// How much of the log is read in one go.
const PIECE: usize = 1 << 20;

/// The spool of a run with the statistics of all that is in it.
pub(super) struct Intake {
    run: RunId,
    file: std::fs::File,
    offset: u64,
    pub live: Arc<LiveRun>,
}

impl Intake {
    /// Opens the spool and reads what is in it already, which takes a while for a long run.
    pub async fn open(task: &Task) -> Result<Self, EngineError> {
        let task = task.clone();
        let opened = tokio::task::spawn_blocking(move || Self::open_blocking(&task)).await;
        opened.map_err(|panic| EngineError::JMeter(panic.to_string()))?
    }

    fn open_blocking(task: &Task) -> Result<Self, EngineError> {
        let path = spool(task.engine.folder(), &task.id);
        let failed = |error| EngineError::file("the run's log", error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = std::fs::File::options().create(true).append(true).read(true).open(&path).map_err(failed)?;
        let known = task.engine.live().get(&task.id).cloned();
        let offset = file.metadata().map_err(failed)?.len();
        if let Some(live) = known {
            return Ok(Self { run: task.id.clone(), file, offset, live });
        }
        let base = task
            .engine
            .store()
            .series(&task.id)?
            .and_then(|(_, points)| points.iter().map(|point| point.seq).max())
            .unwrap_or(0);
        let live = Arc::new(LiveRun::new(base));
        let mut buffer = vec![0; PIECE];
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                length => live.feed(&buffer[..length]),
            }
        }
        task.engine.live().insert(task.id.clone(), Arc::clone(&live));
        Ok(Self { run: task.id.clone(), file, offset, live })
    }

    /// Takes in everything that the master's log has now. Returns how many bytes.
    pub async fn pull(&mut self, master: &dyn Remote) -> Result<u64, EngineError> {
        let results = NodePlaces::of(&self.run).results();
        let mut taken = 0;
        loop {
            let Some(chunk) = master.read_at(&results, self.offset, PIECE).await? else { return Ok(taken) };
            if chunk.bytes.is_empty() {
                return Ok(taken);
            }
            if let Err(error) = self.file.write_all(&chunk.bytes) {
                // What was written of the piece would be taken for the whole of it after a restart.
                drop(self.file.set_len(self.offset));
                return Err(EngineError::file(format!("the run's log ({RESULTS})"), error));
            }
            self.live.feed(&chunk.bytes);
            self.offset += chunk.bytes.len() as u64;
            taken += chunk.bytes.len() as u64;
        }
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }
}

/// Keeps all points of a run anew: one that could not be written while it ran would be missing for ever.
pub(super) fn keep_all_points(task: &Task, live: &LiveRun) -> Result<(), EngineError> {
    let measured = live.since(u64::MAX);
    let points = stored(&measured.points, measured.seq);
    Ok(task.engine.store().put_series(&task.id, i64::try_from(measured.bucket_ms).unwrap_or(i64::MAX), &points)?)
}

fn stored(points: &[jac_jtl::Point], seq: u64) -> Vec<StoredPoint> {
    let stored =
        |point: &jac_jtl::Point| Some(StoredPoint { t_ms: point.t_ms, seq, point: serde_json::to_value(point).ok()? });
    points.iter().filter_map(stored).collect()
}

/// Sends the next snapshot to whoever watches, and keeps its points.
pub(super) fn publish(task: &Task, live: &LiveRun) {
    let engine = &task.engine;
    let measured = live.advance(engine.now_ms());
    let points = stored(&measured.points, measured.seq);
    let bucket_ms = i64::try_from(measured.bucket_ms).unwrap_or(i64::MAX);
    if let Err(error) = engine.store().put_series(&task.id, bucket_ms, &points) {
        // All points are kept anew at the end.
        tracing::warn!(run = %task.id, %error, "run {}: points could not be stored: {error}", task.id);
    }
    // One person sees all runs as their owner; with accounts, what each may do is asked for apart.
    if let Ok(row) = engine.store().run(&task.id) {
        let snapshot = engine.snapshot_of(row, measured, &administrator());
        engine.tell(Event::Snapshot(Arc::new(snapshot)));
    }
}
