//! The path of a run's samples: from the master's log into the spool, the statistics, and to the watchers. If each
//! worker has its own log, [`super::direct`] adds their rows.
//!
//! The spool is written before the statistics are fed and before the offset advances, so after a crash the length of
//! the spool *is* the offset.

use super::judged::evaluation_of;
use super::node_series::NodeSeries;
use super::supervise::Task;
use super::tail::Pull;
use super::{NodePlaces, RESULTS, spool};
use crate::blocking::{in_place, resumed, wait};
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::live::LiveRun;
use jac_model::ports::{Chunk, PortError, Remote};
use jac_model::{Cluster, Role, Run, RunId};
use jac_store::{StoreError, StoredPoint};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Maximum size of one read of the log…
const PIECE: usize = 1 << 20;
/// …and the least, over a line that is slow.
const SMALLEST_PIECE: usize = 16 << 10;
/// Target duration of one read; if it takes longer, the next one is smaller.
const PIECE_TIME: Duration = Duration::from_millis(200);
const ROOM_EVERY: Duration = Duration::from_secs(1);

/// The size of the next read: as much as arrives in about [`PIECE_TIME`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece(usize);

impl Default for Piece {
    fn default() -> Self {
        Self(PIECE / 4)
    }
}

impl Piece {
    /// The next piece; `None`: there is nothing more.
    pub async fn read(&mut self, node: &dyn Remote, log: &str, from: u64) -> Result<Option<Chunk>, PortError> {
        let begun = Instant::now();
        let chunk = node.read_at(log, from, self.0).await?;
        let Some(chunk) = chunk.filter(|chunk| !chunk.bytes.is_empty()) else { return Ok(None) };
        if begun.elapsed() > PIECE_TIME {
            self.0 = (self.0 / 2).max(SMALLEST_PIECE);
        } else if chunk.bytes.len() == self.0 && begun.elapsed() < PIECE_TIME / 4 {
            self.0 = (self.0 * 2).min(PIECE);
        }
        Ok(Some(chunk))
    }
}

/// The result of one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pulled {
    /// There may be more. `left_bytes`: bytes of the log after it; `rows`: its number of rows, if counted.
    Piece { left_bytes: u64, rows: Option<u64> },
    /// Nothing: all that was there had been read.
    Everything,
}

/// The spool of a run with the statistics of all that is in it.
pub(super) struct TailedSpool {
    engine: Engine,
    run: RunId,
    file: std::fs::File,
    offset: u64,
    piece: Piece,
    room_checked_at: Option<Instant>,
    has_room: bool,
    pub live: Arc<LiveRun>,
}

impl TailedSpool {
    /// Opens the spool and reads its existing content, which takes a while for a long run.
    pub async fn open(task: &Task) -> Result<Self, EngineError> {
        let task = task.clone();
        let opened = tokio::task::spawn_blocking(move || Self::open_blocking(&task)).await;
        // The supervisor must count a panic: a retry here would repeat it forever.
        resumed(opened).map_err(|ended| EngineError::JMeter(ended.to_string()))?
    }

    fn open_blocking(task: &Task) -> Result<Self, EngineError> {
        let path = spool(task.engine.folder(), &task.id);
        let failed = |error| EngineError::file("accessing the run's log", error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = std::fs::File::options().create(true).append(true).read(true).open(&path).map_err(failed)?;
        let known = task.engine.live().get(&task.id).cloned();
        let offset = file.metadata().map_err(failed)?.len();
        if let Some(live) = known {
            return Ok(Self::of(task, file, offset, live));
        }
        let base = wait(task.engine.store().series(&task.id))?
            .and_then(|(_, points)| points.iter().map(|point| point.seq).max())
            .unwrap_or(0);
        let run = wait(task.run())?;
        let live = Arc::new(LiveRun::new(base, evaluation_of(&run), run.criteria_watch.clone()));
        match path.parent().map(NodeSeries::read).transpose() {
            Ok(series) => live.nodes(|nodes| *nodes = series.flatten().unwrap_or_default()),
            // The run continues without the earlier observations of its nodes.
            Err(error) => tracing::warn!(run = %task.id, %error, "run {}: {error}", task.id),
        }
        // Before the samples: each is evaluated when it arrives.
        for (host, ahead_ms) in task.engine.clocks_of(&run)? {
            live.set_clock_offset(&host, ahead_ms);
        }
        live.set_now(task.engine.now_ms());
        let mut buffer = vec![0; PIECE];
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                length => live.feed(&buffer[..length]),
            }
        }
        task.engine.live().insert(task.id.clone(), Arc::clone(&live));
        Ok(Self::of(task, file, offset, live))
    }

    fn of(task: &Task, file: std::fs::File, offset: u64, live: Arc<LiveRun>) -> Self {
        Self {
            engine: task.engine.clone(),
            run: task.id.clone(),
            file,
            offset,
            piece: Piece::default(),
            room_checked_at: None,
            has_room: true,
            live,
        }
    }

    /// Reads the next piece of the master's log: as much as arrives in about [`PIECE_TIME`], so that other uses of the
    /// connection do not wait long.
    pub async fn pull_piece(&mut self, master: &dyn Remote) -> Result<Pulled, EngineError> {
        self.need_room()?;
        let results = NodePlaces::of(&self.run).results();
        let Some(chunk) = self.piece.read(master, &results, self.offset).await? else { return Ok(Pulled::Everything) };
        in_place(|| self.append(&chunk.bytes))?;
        Ok(Pulled::Piece { left_bytes: chunk.file_size.saturating_sub(self.offset), rows: None })
    }

    /// Adds bytes to the spool and the statistics. It takes its time, so [`in_place`] on a thread of the runtime.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        if let Err(error) = self.file.write_all(bytes) {
            // The written part of the piece would count as the whole piece after a restart.
            drop(self.file.set_len(self.offset));
            return Err(EngineError::file(format!("the run's log ({RESULTS})"), error));
        }
        self.live.set_now(self.engine.now_ms());
        self.live.feed(bytes);
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Reads everything that the master's log has.
    pub async fn pull_all(&mut self, master: &dyn Remote) -> Result<(), EngineError> {
        while self.pull_piece(master).await? != Pulled::Everything {}
        Ok(())
    }

    /// Reads the whole log again, to replace a spool that differs from the master's log. The spool is unchanged if the received data
    /// is not the master's log either. `digest`: the master's.
    pub async fn pull_again(
        &mut self,
        task: &Task,
        master: &dyn Remote,
        digest: [u8; 32],
    ) -> Result<bool, EngineError> {
        let new = spool(task.engine.folder(), &self.run).with_extension("again");
        let pulled = self.pull_into(task, master, digest, &new).await;
        // Already gone if it replaced the spool.
        drop(std::fs::remove_file(new));
        pulled
    }

    async fn pull_into(
        &mut self,
        task: &Task,
        master: &dyn Remote,
        digest: [u8; 32],
        new: &Path,
    ) -> Result<bool, EngineError> {
        let path = spool(task.engine.folder(), &self.run);
        let failed = |error| EngineError::file("the run's log, once more", error);
        let mut file = std::fs::File::options().create(true).truncate(true).write(true).open(new).map_err(failed)?;
        let results = NodePlaces::of(&self.run).results();
        let mut whole = Sha256::new();
        let mut offset = 0;
        while let Some(chunk) = master.read_at(&results, offset, PIECE).await?.filter(|chunk| !chunk.bytes.is_empty()) {
            self.need_room()?;
            in_place(|| {
                whole.update(&chunk.bytes);
                file.write_all(&chunk.bytes)
            })
            .map_err(failed)?;
            offset += chunk.bytes.len() as u64;
        }
        drop(file);
        if <[u8; 32]>::from(whole.finalize()) != digest {
            return Ok(false);
        }
        std::fs::rename(new, &path).map_err(failed)?;
        if let Err(error) = task.engine.log_was_replaced(&self.run).await {
            tracing::warn!(run = %self.run, %error, "run {}: what was shipped of its log could not be taken back: {error}", self.run);
        }
        task.engine.live().remove(&self.run);
        let nodes = self.live.nodes(std::mem::take);
        *self = Self::open(task).await?;
        self.live.nodes(|read| *read = nodes);
        Ok(true)
    }

    /// Checks once a second whether the disk has space for more of the log.
    pub fn need_room(&mut self) -> Result<(), EngineError> {
        if self.room_checked_at.is_none_or(|at| at.elapsed() >= ROOM_EVERY) {
            self.room_checked_at = Some(Instant::now());
            self.has_room = in_place(|| self.engine.room()).is_none_or(|room| room.is_for_logs());
        }
        if self.has_room { Ok(()) } else { Err(EngineError::DiskFull { what: "accessing the run's log".to_owned() }) }
    }

    /// Reports whether reading the log is paused because this machine's disk is full.
    pub fn report_disk_wait(&self, waits: bool) {
        if self.live.set_waits_for_room(waits) {
            tracing::warn!(run = %self.run, waits, "run {}: {}", self.run, if waits { "its log waits for room on the disk" } else { "its log is read on" });
            self.engine.report_disk_wait(waits);
        }
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }
}

/// The log that the master writes.
pub(super) struct MasterLog<'a> {
    pub tailed: &'a mut TailedSpool,
    pub master: &'a dyn Remote,
}

impl Pull for MasterLog<'_> {
    async fn pull(&mut self) -> Result<Pulled, EngineError> {
        self.tailed.pull_piece(self.master).await
    }

    fn report_disk_wait(&self, waits: bool) {
        self.tailed.report_disk_wait(waits);
    }
}

impl Engine {
    /// The workers of a run by the names in their samples, and by how many milliseconds their clocks are ahead. It
    /// waits for the database: do not call it on an async thread.
    ///
    /// # Errors
    /// When the cluster cannot be read now. Without its row the names are unknown, and the list is empty.
    pub(super) fn clocks_of(&self, run: &Run) -> Result<Vec<(String, i64)>, EngineError> {
        match wait(self.store().cluster(&run.cluster_id)) {
            Ok(cluster) => Ok(clocks_of(run, &cluster)),
            Err(StoreError::NotFound { .. } | StoreError::Unreadable { .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }
}

fn clocks_of(run: &Run, cluster: &Cluster) -> Vec<(String, i64)> {
    let workers = run.nodes.iter().filter(|node| node.role == Role::Worker);
    let clocks = workers.filter_map(|node| {
        let known = cluster.nodes.iter().find(|known| known.name == node.name);
        let address = known.and_then(|known| known.address.as_deref()).unwrap_or("127.0.0.1");
        Some((format!("{address}:{}", node.ports.first()?), node.clock_offset_ms?))
    });
    clocks.collect()
}

/// Stores all points of a run again: a point that could not be written during the run would be missing permanently.
pub(super) async fn keep_all_points(task: &Task, live: &LiveRun) -> Result<(), EngineError> {
    let (measured, points) = in_place(|| {
        let measured = live.since(u64::MAX);
        let points = stored(&measured.points, measured.seq);
        (measured, points)
    });
    Ok(task.engine.store().put_series(&task.id, i64::try_from(measured.bucket_ms).unwrap_or(i64::MAX), points).await?)
}

pub(super) fn stored(points: &[jac_jtl::Point], seq: u64) -> Vec<StoredPoint> {
    let stored =
        |point: &jac_jtl::Point| Some(StoredPoint { t_ms: point.t_ms, seq, point: serde_json::to_value(point).ok()? });
    points.iter().filter_map(stored).collect()
}

/// Sends the next snapshot to the watchers, and stores its points.
pub(super) async fn publish(task: &Task, live: &LiveRun) {
    let engine = &task.engine;
    let (measured, points) = in_place(|| {
        let measured = live.advance(engine.now_ms());
        let points = stored(&measured.points, measured.seq);
        (measured, points)
    });
    let bucket_ms = i64::try_from(measured.bucket_ms).unwrap_or(i64::MAX);
    if let Err(error) = engine.store().put_series(&task.id, bucket_ms, points).await {
        // All points are stored again at the end.
        tracing::warn!(run = %task.id, %error, "run {}: points could not be stored: {error}", task.id);
    }
    if let Ok(row) = engine.store().run(&task.id).await {
        let snapshot = engine.snapshot_of(row, measured);
        engine.notify(Event::Snapshot(Arc::new(snapshot)));
    }
}
