//! Fault injection between an engine and the simulated world: every call of a port and every reading of the clock
//! passes through it, is counted by its name, and gets the fault that the test has planned for it.
//!
//! A crash is like `kill -9`: from that moment on nothing that the engine does reaches the world, and nothing from the
//! world reaches the engine. The test then ends its tasks and starts another engine on the same data folder.

use crate::world::World;
use jac_engine::clock::Clock;
use jac_engine::task_kind;
use jac_model::EpochMs;
use jac_model::ports::PortError;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;

/// Whether something happens before or after the call has had its effect on the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// Which of the calls of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Nth(usize),
    From(usize),
}

/// The fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The engine's process is gone.
    Crash,
    /// The node or the provider rejects the call.
    Refuse(&'static str),
    /// It never answers.
    Hang,
    /// The node is unreachable from then on for this time.
    Offline(Duration),
    /// The code of JAC, or of a library, panics there.
    Panic,
}

/// A fault that a test has planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub name: String,
    pub which: Which,
    pub side: Side,
    pub trouble: Trouble,
}

impl Planned {
    pub fn new(name: &str, which: Which, side: Side, trouble: Trouble) -> Self {
        Self { name: name.to_owned(), which, side, trouble }
    }

    fn hits(&self, name: &str, count: usize, side: Side) -> bool {
        let its_turn = match self.which {
            Which::Nth(nth) => count == nth,
            Which::From(first) => count >= first,
        };
        its_turn && self.side == side && self.name == name
    }
}

/// Which engine is alive, what has been called, and what is planned.
#[derive(Debug, Default)]
pub struct Calls {
    pub generation: u64,
    pub counts: BTreeMap<String, usize>,
    pub planned: Vec<Planned>,
    /// How many of these occurred.
    pub happened: usize,
}

/// The prefix of a planned panic's message.
pub const PLANNED_PANIC: &str = "planned";

/// The panic that ends a task in the middle of its code.
pub struct Crash;

/// One engine's connection to the world.
#[derive(Clone)]
pub struct Injector {
    pub world: Arc<World>,
    generation: u64,
    /// The offset of the engine's clock since its start.
    clock_off_ms: i64,
}

impl Injector {
    pub fn new(world: Arc<World>, generation: u64) -> Self {
        let clock_off_ms = world.clock_off_ms.load(Ordering::Relaxed);
        Self { world, generation, clock_off_ms }
    }

    /// The fault planned for this call; `None` if the calling engine is gone.
    fn meet(&self, name: &str, side: Side) -> Option<Option<Trouble>> {
        let mut calls = self.world.calls();
        if calls.generation != self.generation {
            return None;
        }
        let count = calls.counts.entry(name.to_owned()).or_default();
        if side == Side::Before {
            *count += 1;
        }
        let count = *count;
        let trouble =
            calls.planned.iter().find(|planned| planned.hits(name, count, side)).map(|planned| planned.trouble.clone());
        if trouble.is_some() {
            calls.happened += 1;
        }
        if trouble == Some(Trouble::Crash) {
            calls.generation += 1;
            drop(calls);
            self.world.crashed.notify_one();
        }
        Some(trouble)
    }

    async fn pass(&self, node: &str, name: &str, side: Side) -> Result<(), PortError> {
        match self.meet(name, side) {
            Some(None) => Ok(()),
            None | Some(Some(Trouble::Crash | Trouble::Hang)) => std::future::pending().await,
            Some(Some(Trouble::Panic)) => panic!("{PLANNED_PANIC} in {name}"),
            Some(Some(Trouble::Offline(time))) => {
                self.world.disconnect(node, i64::try_from(time.as_millis()).expect("not that long"));
                Ok(())
            }
            Some(Some(Trouble::Refuse(reason))) => {
                Err(PortError::Refused { node: node.to_owned(), what: name.to_owned(), reason: reason.to_owned() })
            }
        }
    }

    /// A call: it takes its time and then has its effect, unless something else is planned.
    pub async fn through<T>(
        &self,
        node: &str,
        name: &str,
        time: Duration,
        effect: impl FnOnce(&World) -> Result<T, PortError> + Send,
    ) -> Result<T, PortError> {
        self.pass(node, name, Side::Before).await?;
        if self.world.hung.lock().expect("no panic").as_deref() == Some(node) {
            return std::future::pending().await;
        }
        let time = time + *self.world.latency.lock().expect("no panic");
        if !time.is_zero() {
            sleep(time).await;
        }
        let done = {
            // An engine that crashed meanwhile no longer has an effect.
            if self.world.calls().generation != self.generation {
                return std::future::pending().await;
            }
            self.world.advance();
            effect(&self.world)?
        };
        self.pass(node, name, Side::After).await?;
        Ok(done)
    }
}

/// The world's clock as one engine sees it. Every reading is an opportunity to crash, in the middle of code that calls no
/// port.
impl Clock for Injector {
    fn now_ms(&self) -> EpochMs {
        let planned = self.meet("clock", Side::Before);
        // The same reading, named after the calling task: "clock of retention".
        let of_task = task_kind().and_then(|kind| self.meet(&format!("clock of {kind}"), Side::Before).flatten());
        match planned.map(|planned| planned.or(of_task)) {
            Some(Some(Trouble::Panic)) => panic!("{PLANNED_PANIC} at the clock"),
            Some(None | Some(Trouble::Refuse(_) | Trouble::Hang | Trouble::Offline(_))) => {
                self.world.now_ms() + self.clock_off_ms
            }
            None | Some(Some(Trouble::Crash)) => std::panic::panic_any(Crash),
        }
    }
}
