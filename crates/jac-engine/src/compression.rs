//! Compresses the logs of finished runs: one at a time, on one thread with the lowest priority.
//!
//! It decides which logs are compressed and when; the steps for one log are in `compression/log.rs`. A run's logs are
//! compressed once the run has finished, and those that an earlier engine left when this one starts. It pauses while a
//! run on this machine continues, which it would slow down, and restarts a log that such a run interrupts. Logs below
//! [`SMALLEST`] are not compressed: they use little space, and every program can read them.

mod log;

use crate::blocking::resumed;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::regular_file::is_absent;
use crate::runs::RESULTS;
use crate::runs::record::RunRecord;
use jac_logs::{CompressError, Content};
use jac_model::{Provider, RunId};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// A log of fewer bytes is not compressed.
const SMALLEST: u64 = 1 << 20;
/// After this time a log that could not be compressed is retried: the disk may have space by then.
const RETRY_EVERY: Duration = Duration::from_secs(10 * 60);
/// The lowest priority of a thread on Linux.
#[cfg(target_os = "linux")]
const LOWEST_PRIORITY: i32 = 19;

/// Finished runs whose logs have to be compressed.
#[derive(Default)]
pub(crate) struct Queue {
    runs: Mutex<VecDeque<RunId>>,
    added: Notify,
}

impl Queue {
    pub fn add(&self, run: RunId) {
        self.lock().push_back(run);
        self.added.notify_one();
    }

    fn next(&self) -> Option<RunId> {
        self.lock().pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<RunId>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The result of compressing a run's logs.
enum Outcome {
    /// Number of compressed logs.
    Done(usize),
    /// A run began on this machine, or the engine ends.
    Interrupted,
}

pub(crate) async fn forever(engine: Engine) {
    let queueing = engine.clone();
    // It reads the folder of every run.
    engine.spawn_blocking(move || queueing.queue_what_was_left()).await.unwrap_or_default();
    let mut failed = Vec::new();
    loop {
        while let Some(run) = engine.compression().next() {
            engine.until_nothing_is_measured_here().await;
            let what = format!("the compression of the logs of the run {run}");
            let compressed = engine.guarded("compression", what, engine.compress_logs(&run)).await;
            match compressed.unwrap_or_else(|panicked| Err(panicked.into())) {
                Ok(Outcome::Done(compressed)) => {
                    if let Some(archive) = engine.archive() {
                        archive.add(run.clone());
                    }
                    // The list of its files on pages has changed.
                    if compressed > 0 {
                        engine.notify(Event::Run(run));
                    }
                }
                Ok(Outcome::Interrupted) => engine.compression().add(run),
                Err(error) => {
                    tracing::warn!(%run, %error, "run {run}: its logs could not be compressed: {error}; they stay as they are, and are tried again");
                    failed.push(run);
                }
            }
        }
        tokio::select! {
            () = engine.compression().added.notified() => (),
            () = sleep(RETRY_EVERY), if !failed.is_empty() => failed.drain(..).for_each(|run| engine.compression().add(run)),
        }
    }
}

impl Engine {
    fn queue_what_was_left(&self) {
        for entry in std::fs::read_dir(self.folder().runs()).into_iter().flatten().flatten() {
            if self.is_ending() {
                return;
            }
            let run: Option<RunId> = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some(run) = run.filter(|_| self.has_uncompressed_logs(&entry.path())) {
                self.compression().add(run);
            }
        }
    }

    /// Whether a test is using this machine's CPUs; `false` while the database cannot be read.
    async fn is_measuring_here(&self) -> bool {
        let is_here = |provider: Option<Provider>| provider.is_none_or(|provider| provider == Provider::Local);
        self.store().unfinished_runs().await.is_ok_and(|runs| runs.iter().any(|run| is_here(run.provider)))
    }

    pub(crate) async fn until_nothing_is_measured_here(&self) {
        let mut changes = self.changes_of_all_runs();
        while self.is_measuring_here().await {
            changes.next().await;
        }
    }

    async fn until_something_is_measured_here(&self) {
        let mut changes = self.changes_of_all_runs();
        while !self.is_measuring_here().await {
            changes.next().await;
        }
    }

    /// Whether a run's folder has logs to compress.
    pub(crate) fn has_uncompressed_logs(&self, folder: &Path) -> bool {
        !logs(folder, self.smallest_results()).is_empty()
    }

    /// In the store every result log is in frames.
    fn smallest_results(&self) -> u64 {
        if self.archive().is_some() { 1 } else { SMALLEST }
    }

    /// The logs worth compressing once nothing is added to them any more: the run's record is written last.
    fn logs_of_finished(&self, folder: &Path) -> Vec<(PathBuf, Content)> {
        if RunRecord::is_in(folder) { logs(folder, self.smallest_results()) } else { Vec::new() }
    }

    async fn compress_logs(&self, run: &RunId) -> Result<Outcome, EngineError> {
        let begun_ms = self.now_ms();
        let interrupted = Arc::new(AtomicBool::new(false));
        let folder = self.folder().run(run);
        let (engine, of, asked) = (self.clone(), run.clone(), Arc::clone(&interrupted));
        let mut work = self.spawn_blocking(move || {
            with_lowest_priority(|| {
                let mut proceed = || engine.may_continue(&asked);
                let logs = engine.logs_of_finished(&engine.folder().run(&of));
                for (path, content) in &logs {
                    log::compress(&of, path, *content, &mut proceed)?;
                }
                Ok(logs.len())
            })
        });
        let done = tokio::select! {
            done = &mut work => done,
            () = self.until_something_is_measured_here() => {
                interrupted.store(true, Ordering::Relaxed);
                work.await
            }
        };
        match resumed(done).map_err(|ended| EngineError::JMeter(ended.to_string()))? {
            Ok(compressed) => {
                let took_ms = self.now_ms() - begun_ms;
                tracing::debug!(%run, compressed, took_ms, "run {run}: {compressed} logs compressed in {took_ms} ms");
                Ok(Outcome::Done(compressed))
            }
            // The run was deleted meanwhile.
            Err(_) if is_absent(&folder) => Ok(Outcome::Done(0)),
            Err(CompressError::Cancelled) if self.has_room_for_logs() => Ok(Outcome::Interrupted),
            Err(CompressError::Cancelled) => Err(EngineError::DiskFull { what: "compressing a log".to_owned() }),
            Err(CompressError::Read(error) | CompressError::Write(error)) => {
                Err(EngineError::file("compressing a log", error))
            }
            Err(error @ (CompressError::Changed | CompressError::Different)) => {
                Err(EngineError::JMeter(format!("{error}.")))
            }
        }
    }

    fn may_continue(&self, interrupted: &AtomicBool) -> ControlFlow<()> {
        let continues = !interrupted.load(Ordering::Relaxed) && !self.is_ending() && self.has_room_for_logs();
        if continues { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    /// The compressed file needs space until the plain log is removed, and growing logs have priority.
    fn has_room_for_logs(&self) -> bool {
        self.room().is_none_or(|room| room.is_for_logs())
    }
}

/// The logs in a run's folder that are worth compressing, with their kind of content.
fn logs(folder: &Path, smallest_results: u64) -> Vec<(PathBuf, Content)> {
    let nodes = std::fs::read_dir(folder.join("nodes")).into_iter().flatten().flatten();
    let of_nodes =
        nodes.flat_map(|node| ["jmeter.log", "output.txt"].map(|name| (node.path().join(name), Content::Lines)));
    let mut logs: Vec<_> = std::iter::once((folder.join(RESULTS), Content::Samples)).chain(of_nodes).collect();
    logs.retain(|(path, content)| {
        let smallest = if *content == Content::Samples { smallest_results } else { SMALLEST };
        std::fs::metadata(path).is_ok_and(|log| log.is_file() && log.len() >= smallest)
    });
    logs
}

/// Runs work on a thread with low priority. Only on Linux can a single thread's priority be set so simply.
fn with_lowest_priority<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let worked = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            #[cfg(target_os = "linux")]
            if let Err(error) = rustix::process::setpriority_process(None, LOWEST_PRIORITY) {
                tracing::debug!(%error, "logs are compressed with ordinary priority: {error}");
            }
            work()
        });
        thread.join()
    });
    worked.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
