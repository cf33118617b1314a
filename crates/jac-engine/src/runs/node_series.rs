//! Observations of a run's nodes over time: in memory during the run, and in its files (`node-series.json`), from which they are
//! read afterwards. Bounded: if there are too many they are merged in pairs, keeping the busier one.

use super::finish::write;
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::regular_file::read_regular;
use jac_model::{NodeHealth, RunId};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;

pub(super) const NAME: &str = "node-series.json";
/// Initial interval of observations, in milliseconds.
const FIRST_EVERY_MS: u64 = 5_000;
/// Maximum number of observations of one node…
const MOST_OF_NODE: usize = 960;
/// …and of all nodes together; each has at least [`LEAST_OF_NODE`].
const MOST: usize = 96_000;
const LEAST_OF_NODE: usize = 60;

/// Observations of a run's nodes over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeSeries {
    /// Interval in milliseconds; a node has at most one observation in each.
    pub every_ms: u64,
    pub nodes: Vec<NodeTrace>,
}

/// Observations of one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeTrace {
    pub name: String,
    /// In order of time; without the times at which the node did not answer.
    pub looks: Vec<NodeLook>,
}

/// State of a node's machine between two observations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeLook {
    /// By the server's clock.
    pub at_ms: i64,
    /// CPU usage in percent of all CPUs.
    pub cpu_percent: u32,
    pub memory_used_mb: u64,
    /// Used heap of its JVM after the last garbage collection.
    pub heap_used_mb: Option<u64>,
    /// Bytes per second over all network interfaces except loopback.
    pub received_per_s: u64,
    pub sent_per_s: u64,
    /// Bytes of its log that have not been read yet; `null`: it writes no log, or nothing was read.
    pub lag_bytes: Option<u64>,
    /// Rows of its log received per second; `null`: the results are not direct.
    pub samples_per_s: Option<f64>,
}

impl From<&NodeHealth> for NodeLook {
    fn from(health: &NodeHealth) -> Self {
        Self {
            at_ms: health.at_ms,
            cpu_percent: health.cpu_percent,
            memory_used_mb: health.memory_used_mb,
            heap_used_mb: health.heap_used_mb,
            received_per_s: health.received_per_s,
            sent_per_s: health.sent_per_s,
            lag_bytes: health.lag_bytes,
            samples_per_s: health.samples_per_s,
        }
    }
}

impl NodeLook {
    /// The busier of two observations of an interval, with the longer lag of both.
    fn busier(self, other: Self) -> Self {
        let busier = if other.cpu_percent > self.cpu_percent { other } else { self };
        Self { lag_bytes: self.lag_bytes.max(other.lag_bytes), ..busier }
    }
}

impl Default for NodeSeries {
    fn default() -> Self {
        Self { every_ms: FIRST_EVERY_MS, nodes: Vec::new() }
    }
}

impl NodeSeries {
    /// Adds an observation. One that is not later than the node's last is ignored: a clock was set back.
    pub(super) fn add(&mut self, name: &str, health: &NodeHealth) {
        let every_ms = self.every_ms;
        let at = self.nodes.iter().position(|trace| trace.name == name).unwrap_or_else(|| {
            self.nodes.push(NodeTrace { name: name.to_owned(), looks: Vec::new() });
            self.nodes.len() - 1
        });
        let trace = &mut self.nodes[at];
        if trace.looks.last().is_some_and(|last| last.at_ms >= health.at_ms) {
            return;
        }
        trace.add(health.into(), every_ms);
        let most = (MOST / self.nodes.len()).clamp(LEAST_OF_NODE, MOST_OF_NODE);
        if self.nodes[at].looks.len() > most {
            self.every_ms *= 2;
            for trace in &mut self.nodes {
                for observation in std::mem::take(&mut trace.looks) {
                    trace.add(observation, self.every_ms);
                }
            }
        }
    }

    /// The busiest nodes, up to this number, in their original order.
    fn busiest(mut self, most: usize) -> Self {
        let highest = |trace: &NodeTrace| trace.looks.iter().map(|one| one.cpu_percent).max();
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(highest(&self.nodes[*at])));
        order.truncate(most);
        let mut at = 0;
        self.nodes.retain(|_| {
            at += 1;
            order.contains(&(at - 1))
        });
        self
    }

    /// Reads it from a run's folder; `None`: the file does not exist, or this version cannot read it.
    ///
    /// # Errors
    /// When it cannot be read at present.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, EngineError> {
        match read_regular(&folder.join(NAME)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EngineError::file("reading the nodes' observations", error)),
        }
    }

    /// Writes it atomically, if it is not empty.
    pub(super) fn write(&self, folder: &Path) -> Result<(), EngineError> {
        if self.nodes.is_empty() {
            return Ok(());
        }
        let bytes = serde_json::to_vec(self).map_err(|error| EngineError::JMeter(error.to_string()))?;
        write(&folder.join(NAME), &bytes)
    }
}

impl NodeTrace {
    fn add(&mut self, new: NodeLook, every_ms: u64) {
        let interval = |one: &NodeLook| one.at_ms.div_euclid(i64::try_from(every_ms).unwrap_or(i64::MAX));
        match self.looks.last_mut() {
            Some(last) if interval(last) == interval(&new) => *last = last.busier(new),
            _ => self.looks.push(new),
        }
    }
}

impl Engine {
    /// Observations of the busiest nodes of an active or finished run, up to this number. It reads a file: do not call
    /// it on an async thread.
    ///
    /// # Errors
    /// When the run does not exist, or its file cannot be read.
    pub fn node_series(&self, id: &RunId, most: usize) -> Result<NodeSeries, EngineError> {
        // Before the row, so that the observations of a run that ends in between are included.
        let live = self.live().get(id).cloned();
        wait(self.store().run(id))?;
        let series = match live {
            Some(live) => live.nodes(|series| series.clone()),
            None => NodeSeries::read(&self.folder().run(id))?.unwrap_or_default(),
        };
        Ok(series.busiest(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(at_ms: i64, cpu_percent: u32, lag_bytes: u64) -> NodeHealth {
        NodeHealth {
            at_ms,
            cpu_percent,
            cpu_highest_percent: 0,
            was_busy: false,
            memory_used_mb: 0,
            memory_mb: 0,
            received_per_s: 0,
            sent_per_s: 0,
            disk_free_mb: None,
            heap_used_mb: None,
            heap_mb: None,
            lag_bytes: Some(lag_bytes),
            samples_per_s: None,
        }
    }

    #[test]
    fn a_day_of_observations_stays_bounded_and_keeps_its_peaks() {
        let mut series = NodeSeries::default();
        for number in 0..17_280 {
            let (cpu, lag) = if number == 9_001 { (99, 0) } else { (10, if number == 9_000 { 5_000 } else { 1 }) };
            series.add("worker-1", &health(number * 5_000, cpu, lag));
        }
        let kept = &series.nodes[0].looks;
        assert_eq!(series.every_ms, 160_000);
        assert!((480..=MOST_OF_NODE).contains(&kept.len()), "{}", kept.len());
        assert!(kept.windows(2).all(|two| two[0].at_ms < two[1].at_ms));
        let peak = kept.iter().find(|one| one.cpu_percent == 99).expect("the busiest one");
        assert_eq!((peak.at_ms, peak.lag_bytes), (9_001 * 5_000, Some(5_000)));
    }

    #[test]
    fn a_thousand_nodes_share_the_bound() {
        let mut series = NodeSeries::default();
        for number in 0..200 {
            for node in 0..1_000 {
                series.add(&format!("worker-{node}"), &health(number * 5_000, 1, 0));
            }
        }
        let kept: usize = series.nodes.iter().map(|trace| trace.looks.len()).sum();
        assert!((40_000..=MOST).contains(&kept), "{kept}");
    }

    #[test]
    fn an_earlier_observation_is_left_out_and_a_file_restores_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut series = NodeSeries::default();
        series.write(folder.path()).expect("nothing to write");
        assert_eq!(NodeSeries::read(folder.path()).expect("read"), None);
        for (node, at_ms, cpu) in [("a", 10_000, 5), ("b", 10_000, 90), ("c", 10_000, 7), ("a", 9_000, 99)] {
            series.add(node, &health(at_ms, cpu, 0));
        }
        series.write(folder.path()).expect("written");
        assert_eq!(NodeSeries::read(folder.path()).expect("read").as_ref(), Some(&series));
        let names: Vec<String> = series.busiest(2).nodes.into_iter().map(|trace| trace.name).collect();
        assert_eq!(names, ["b", "c"]);
        std::fs::write(folder.path().join(NAME), "{").expect("written");
        assert_eq!(NodeSeries::read(folder.path()).expect("read"), None);
    }
}
