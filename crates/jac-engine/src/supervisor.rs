//! Tasks that survive their own faults: a task that panics is recorded, counted and restarted, with growing delays.
//!
//! A task starts from stored state, so restarting it has the same effect as a restart of the server. Work that only one
//! task may do at a time (for a cluster, a run, a scheduled start) has a key: if it is requested again meanwhile, it is
//! done once more afterwards. A task that processes many items (runs to compress, to upload, to remove) isolates each
//! of them: one that panics every time does not delay the others.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::notices::Notice;
use futures_util::FutureExt;
use jac_model::notify::SendError;
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The time before the first new start; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// After this time a task counts as running well, and earlier panics are forgotten.
const STEADY_AFTER: Duration = Duration::from_secs(10 * 60);

/// The tasks of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskFigures {
    /// The existing ones.
    pub running: u64,
    /// How often one of them has panicked since the start.
    pub panics: u64,
}

tokio::task_local! {
    static KIND: &'static str;
}

/// The kind of the engine's task that runs this code: "retention". `None`: other code, or work on a thread that may block.
pub fn task_kind() -> Option<&'static str> {
    KIND.try_with(|kind| *kind).ok()
}

/// A piece of work that panicked, which was recorded and counted. Its text is the panic's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Panicked(String);

impl From<Panicked> for EngineError {
    fn from(panicked: Panicked) -> Self {
        Self::JMeter(format!("{panicked}."))
    }
}

impl From<Panicked> for SendError {
    fn from(panicked: Panicked) -> Self {
        Self::passing("integration_failed", format!("{panicked}."))
    }
}

/// The registered tasks.
#[derive(Debug, Default)]
pub(crate) struct Supervisor {
    kinds: Mutex<BTreeMap<&'static str, TaskFigures>>,
    /// Keys in use, and whether their work was requested again meanwhile.
    keyed: Mutex<HashMap<(&'static str, String), bool>>,
}

impl Supervisor {
    pub fn figures(&self) -> BTreeMap<&'static str, TaskFigures> {
        lock(&self.kinds).clone()
    }

    fn count(&self, kind: &'static str, change: impl FnOnce(&mut TaskFigures)) {
        change(lock(&self.kinds).entry(kind).or_default());
    }

    /// Takes a key; `false`: a task has it and will repeat the work.
    fn take(&self, kind: &'static str, key: &str) -> bool {
        let mut keyed = lock(&self.keyed);
        let is_new = keyed.insert((kind, key.to_owned()), false).is_none();
        if !is_new {
            keyed.insert((kind, key.to_owned()), true);
        }
        is_new
    }

    /// Returns a key; `false`: the work was requested again, and the key is kept.
    fn give_back(&self, kind: &'static str, key: &str) -> bool {
        let mut keyed = lock(&self.keyed);
        let id = (kind, key.to_owned());
        if keyed.insert(id.clone(), false) == Some(true) {
            return false;
        }
        keyed.remove(&id);
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A registered task, removed however it ends.
struct Running {
    engine: Engine,
    kind: &'static str,
}

impl Running {
    fn new(engine: &Engine, kind: &'static str) -> Self {
        engine.supervisor().count(kind, |figures| figures.running += 1);
        Self { engine: engine.clone(), kind }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.engine.supervisor().count(self.kind, |figures| figures.running = figures.running.saturating_sub(1));
    }
}

impl Engine {
    /// Starts a task that ends with the engine, and restarts it whenever it panics. `task` receives the number of
    /// consecutive panics, so that one that fails each time can do something else. `kind` is its name in the metrics,
    /// in `snake_case`; `what` its name for people: "the run r-1".
    pub fn keep_running<F>(&self, kind: &'static str, what: String, task: impl Fn(u32) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let engine = self.clone();
        let running = Running::new(self, kind);
        self.spawn(async move {
            let _running = running;
            let mut panics = 0;
            let mut begun = Instant::now();
            while let Err(panic) = AssertUnwindSafe(KIND.scope(kind, task(panics))).catch_unwind().await {
                engine.note_panic(kind, what.clone(), panic.as_ref());
                // A task that has worked for a while does not fail each time.
                panics = if begun.elapsed() > STEADY_AFTER { 1 } else { panics + 1 };
                sleep(FIRST_PAUSE.saturating_mul(1 << (panics - 1).min(10)).min(LONGEST_PAUSE)).await;
                begun = Instant::now();
            }
        });
    }

    /// Processes one item of a task of this kind. A panic is recorded and counted as one of the task's, which continues with the
    /// other items and retries this one later.
    pub(crate) async fn guarded<T>(
        &self,
        kind: &'static str,
        what: String,
        work: impl Future<Output = T>,
    ) -> Result<T, Panicked> {
        AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| self.note_panic(kind, what, panic.as_ref()))
    }

    fn note_panic(&self, kind: &'static str, what: String, panic: &(dyn Any + Send)) -> Panicked {
        self.supervisor().count(kind, |figures| figures.panics += 1);
        let reason = panic_text(panic);
        let message = format!(
            "A part of JAC failed and was restarted ({what}): {reason}. Please report this with the server's log."
        );
        self.notice(Notice::new("task_panicked", [("task", what)], message));
        Panicked(reason)
    }

    /// The same as [`Engine::keep_running`] for work that only one task may do at a time. A call during that work makes the task run once more afterwards.
    pub(crate) fn work_on<F>(
        &self,
        kind: &'static str,
        key: String,
        what: String,
        task: impl Fn(u32) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        if !self.supervisor().take(kind, &key) {
            return;
        }
        let (engine, task) = (self.clone(), Arc::new(task));
        self.keep_running(kind, what, move |panics| {
            let (engine, task, key) = (engine.clone(), Arc::clone(&task), key.clone());
            async move {
                loop {
                    task(panics).await;
                    if engine.supervisor().give_back(kind, &key) {
                        return;
                    }
                }
            }
        });
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it left no message").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_tasks_and_what_was_asked_for_meanwhile_is_done_once_more() {
        let supervisor = Supervisor::default();
        assert!(supervisor.take("cluster", "c-1"));
        assert!(supervisor.take("cluster", "c-2") && supervisor.take("run", "c-1"), "others");
        assert!(!supervisor.take("cluster", "c-1") && !supervisor.take("cluster", "c-1"), "it has one");
        assert!(!supervisor.give_back("cluster", "c-1"), "once more, for both");
        assert!(supervisor.give_back("cluster", "c-1"));
        assert!(supervisor.take("cluster", "c-1"), "it is free");
    }

    #[test]
    fn tasks_are_counted_by_their_kind() {
        let supervisor = Supervisor::default();
        supervisor.count("run", |figures| figures.running += 2);
        supervisor.count("run", |figures| figures.panics += 1);
        assert_eq!(supervisor.figures()["run"], TaskFigures { running: 2, panics: 1 });
    }
}
