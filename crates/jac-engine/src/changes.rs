//! Waiting for a state of a run or a cluster: woken by the engine's events, instead of polling the database.

use crate::engine::{Engine, Event};
use jac_model::{ClusterId, RunId};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{sleep, timeout};

/// A wait ends after this time even without an event: for changes hidden by a lost connection to the database, or caused by a clock.
pub(crate) const RECHECK_EVERY: Duration = Duration::from_secs(2);

/// The events of some runs and clusters from now on.
pub(crate) struct Changes {
    events: broadcast::Receiver<Event>,
    is_meant: Box<dyn Fn(&Event) -> bool + Send + Sync>,
}

impl Engine {
    /// Subscribe before the first check: changes after that are reported.
    pub(crate) fn changes_of_run(&self, run: &RunId) -> Changes {
        let run = run.clone();
        self.changes(move |event| matches!(event, Event::Run(id) if *id == run))
    }

    pub(crate) fn changes_of_cluster(&self, cluster: &ClusterId) -> Changes {
        let cluster = cluster.clone();
        self.changes(move |event| matches!(event, Event::Cluster(id) if *id == cluster))
    }

    pub(crate) fn changes_of_both(&self, run: &RunId, cluster: &ClusterId) -> Changes {
        let (run, cluster) = (run.clone(), cluster.clone());
        self.changes(move |event| match event {
            Event::Run(id) => *id == run,
            Event::Cluster(id) => *id == cluster,
            _ => false,
        })
    }

    pub(crate) fn changes_of_all_runs(&self) -> Changes {
        self.changes(|event| matches!(event, Event::Run(_)))
    }

    fn changes(&self, is_meant: impl Fn(&Event) -> bool + Send + Sync + 'static) -> Changes {
        Changes { events: self.events(), is_meant: Box::new(is_meant) }
    }
}

impl Changes {
    /// Whether there was an event since this, or [`Changes::next`], was last called.
    pub fn any(&mut self) -> bool {
        let mut any = false;
        loop {
            match self.events.try_recv() {
                Ok(event) => any |= (self.is_meant)(&event),
                Err(TryRecvError::Lagged(_)) => any = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return any,
            }
        }
    }

    /// Waits until it is time to check again.
    pub async fn next(&mut self) {
        let event = async {
            loop {
                match self.events.recv().await {
                    Ok(event) if (self.is_meant)(&event) => return,
                    Ok(_) => (),
                    // A missed event may be the awaited one.
                    Err(RecvError::Lagged(_)) => return,
                    // The engine is ending.
                    Err(RecvError::Closed) => sleep(RECHECK_EVERY).await,
                }
            }
        };
        drop(timeout(RECHECK_EVERY, event).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    fn of_run(name: &str, events: broadcast::Receiver<Event>) -> Changes {
        let run: RunId = name.parse().expect("an ID");
        Changes { events, is_meant: Box::new(move |event| matches!(event, Event::Run(id) if *id == run)) }
    }

    fn run(name: &str) -> Event {
        Event::Run(name.parse().expect("an ID"))
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_wakes_at_once_and_silence_after_a_while() {
        let (sender, events) = broadcast::channel(4);
        let mut changes = of_run("r-22222222", events);
        let waited = async |changes: &mut Changes| {
            let began = Instant::now();
            changes.next().await;
            began.elapsed()
        };
        drop(sender.send(run("r-22222222")));
        assert_eq!(waited(&mut changes).await, Duration::ZERO, "sent before it waits");
        drop(sender.send(run("r-33333333")));
        assert_eq!(waited(&mut changes).await, RECHECK_EVERY, "another one's");
        for _ in 0..5 {
            drop(sender.send(run("r-33333333")));
        }
        assert_eq!(waited(&mut changes).await, Duration::ZERO, "more than are kept: its own may be among them");
        assert!(!changes.any(), "nothing since");
        drop(sender.send(run("r-33333333")));
        assert!(!changes.any(), "another one's");
        drop(sender.send(run("r-22222222")));
        assert!(changes.any() && !changes.any(), "reported once");
        drop(sender);
        while waited(&mut changes).await == Duration::ZERO {}
    }
}
