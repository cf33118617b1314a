//! Waiting until a run or a cluster has become something: woken by what the engine tells of it, in place of asking the database again
//! and again.

use crate::engine::{Engine, Event};
use jac_model::{ClusterId, RunId};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{sleep, timeout};

/// Somebody looks after so long even if nothing was told: of what a lost connection to the database hid, or a clock decides.
pub(crate) const LOOK_ANYWAY: Duration = Duration::from_secs(2);

/// What is told of some runs and clusters from now on.
pub(crate) struct Changes {
    events: broadcast::Receiver<Event>,
    is_meant: Box<dyn Fn(&Event) -> bool + Send + Sync>,
}

impl Engine {
    /// To be had before the first look: what changes after that is told.
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
    /// Whether something was told since this, or [`Changes::next`], was last asked.
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

    /// Waits until it is worth to look again.
    pub async fn next(&mut self) {
        let told = async {
            loop {
                match self.events.recv().await {
                    Ok(event) if (self.is_meant)(&event) => return,
                    Ok(_) => (),
                    // What was missed may be it.
                    Err(RecvError::Lagged(_)) => return,
                    // The engine is ending.
                    Err(RecvError::Closed) => sleep(LOOK_ANYWAY).await,
                }
            }
        };
        drop(timeout(LOOK_ANYWAY, told).await);
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
    async fn what_is_told_wakes_at_once_and_silence_after_a_while() {
        let (tell, events) = broadcast::channel(4);
        let mut changes = of_run("r-22222222", events);
        let waited = async |changes: &mut Changes| {
            let began = Instant::now();
            changes.next().await;
            began.elapsed()
        };
        drop(tell.send(run("r-22222222")));
        assert_eq!(waited(&mut changes).await, Duration::ZERO, "told before it waits");
        drop(tell.send(run("r-33333333")));
        assert_eq!(waited(&mut changes).await, LOOK_ANYWAY, "another one's");
        for _ in 0..5 {
            drop(tell.send(run("r-33333333")));
        }
        assert_eq!(waited(&mut changes).await, Duration::ZERO, "more than are kept: its own may be among them");
        assert!(!changes.any(), "nothing since");
        drop(tell.send(run("r-33333333")));
        assert!(!changes.any(), "another one's");
        drop(tell.send(run("r-22222222")));
        assert!(changes.any() && !changes.any(), "told once");
        drop(tell);
        while waited(&mut changes).await == Duration::ZERO {}
    }
}
