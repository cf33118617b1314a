//! Tasks that outlive their own faults: one that panics is noted, counted and started again, later each time.
//!
//! A task starts from what is stored, so starting it again is what a restart of the server would do.

use crate::engine::Engine;
use crate::notices::Notice;
use futures_util::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The time before the first new start; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// After this long a task has begun well, and earlier panics count no more.
const STEADY_AFTER: Duration = Duration::from_secs(10 * 60);

impl Engine {
    /// Starts a task that ends with the engine, and starts it again whenever it panics. `task` is given how often it has
    /// panicked in a row, so that one that fails each time can do something else. `what` names it for people: "the run r-1".
    pub fn keep_running<F>(&self, what: String, task: impl Fn(u32) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let engine = self.clone();
        self.spawn(async move {
            let mut panics = 0;
            let mut begun = Instant::now();
            while let Err(panic) = AssertUnwindSafe(task(panics)).catch_unwind().await {
                // One that has done its work for a while does not fail each time.
                panics = if begun.elapsed() > STEADY_AFTER { 1 } else { panics + 1 };
                let reason = panic_text(panic.as_ref());
                let message = format!(
                    "A part of JAC failed and was restarted ({what}): {reason}. Please report this with the server's \
                     log."
                );
                engine.notice(Notice::new("task_panicked", [("task", what.clone())], message));
                sleep(FIRST_PAUSE.saturating_mul(1 << (panics - 1).min(10)).min(LONGEST_PAUSE)).await;
                begun = Instant::now();
            }
        });
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it left no message").trim_end_matches('.').to_owned()
}
