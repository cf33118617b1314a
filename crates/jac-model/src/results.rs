//! How the samples of a run's workers are collected, and how a total is divided among the workers.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Maximum number of workers for which RMI is reliable: with more, the master becomes the bottleneck.
pub const RMI_MOST_WORKERS: u32 = 20;

/// How the samples of a run's workers are collected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ResultsMode {
    /// Workers send them to JMeter's master over RMI, which writes one log.
    #[default]
    Rmi,
    /// Each worker runs the plan by itself and writes its own log; the server reads and merges all logs. No master
    /// runs.
    Direct,
}

/// Requested way to collect results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ResultsChoice {
    /// `rmi` with up to 20 workers, `direct` with more.
    #[default]
    Auto,
    Rmi,
    Direct,
}

impl ResultsChoice {
    /// The mode of a run on this number of workers. Without workers the master runs the plan itself, which is `rmi`.
    pub fn mode(self, workers: u32) -> ResultsMode {
        match self {
            Self::Direct if workers > 0 => ResultsMode::Direct,
            Self::Auto if workers > RMI_MOST_WORKERS => ResultsMode::Direct,
            Self::Auto | Self::Rmi | Self::Direct => ResultsMode::Rmi,
        }
    }
}

/// A worker's own log of a run with direct results, as verified against the worker's file at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeLog {
    /// How much of it the run's log has, in bytes, its header line included.
    pub bytes: u64,
    /// It is identical to the worker's file, byte for byte; `false`: the worker is gone, or its file has more.
    pub whole: bool,
}

/// The part of a total that the worker with this number (from 0) gets. The parts of all workers add up to the total, and differ by at
/// most 1.
pub fn share_of(total: u64, workers: u32, worker: u32) -> u64 {
    let workers = u64::from(workers.max(1));
    total / workers + u64::from(u64::from(worker) < total % workers)
}

/// The properties of the worker with this number whose totals are divided.
pub fn shares_of(totals: &BTreeMap<String, u64>, workers: u32, worker: u32) -> BTreeMap<String, String> {
    totals.iter().map(|(name, total)| (name.clone(), share_of(*total, workers, worker).to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_add_up_and_differ_by_one_at_most() {
        let parts = |total, workers| (0..workers).map(|worker| share_of(total, workers, worker)).collect::<Vec<_>>();
        assert_eq!(parts(1000, 3), [334, 333, 333]);
        assert_eq!(parts(3, 3), [1, 1, 1]);
        assert_eq!(parts(u64::MAX, 7).iter().sum::<u64>(), u64::MAX);
    }

    #[test]
    fn direct_is_chosen_beyond_the_sound_range_of_rmi_and_never_without_workers() {
        assert_eq!(ResultsChoice::Auto.mode(RMI_MOST_WORKERS), ResultsMode::Rmi);
        assert_eq!(ResultsChoice::Auto.mode(RMI_MOST_WORKERS + 1), ResultsMode::Direct);
        assert_eq!(ResultsChoice::Direct.mode(1), ResultsMode::Direct);
        assert_eq!(ResultsChoice::Rmi.mode(1_000), ResultsMode::Rmi);
        assert_eq!(ResultsChoice::Direct.mode(0), ResultsMode::Rmi);
    }
}
