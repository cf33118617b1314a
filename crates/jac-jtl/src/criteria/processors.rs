//! The load generators' CPU usage over the last seconds, from occasional observations.

use std::collections::{BTreeMap, VecDeque};

/// The age after which a node's last observation no longer counts.
const FRESH_MS: i64 = 20_000;
/// Minimum number of observations for a mean.
const FEWEST_LOOKS: usize = 2;
/// Maximum number of observations kept for a node.
const MOST_LOOKS: usize = 2_000;

/// Observations of each node: the time, and the CPU usage since the previous observation, in percent.
#[derive(Debug, Clone, Default)]
pub(super) struct Processors {
    looks: BTreeMap<String, VecDeque<(i64, u32)>>,
}

/// The busiest node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Busiest {
    pub node: String,
    pub percent: f64,
}

impl Processors {
    /// Adds an observation; a known one changes nothing. Observations older than `kept_ms` are removed.
    pub fn add(&mut self, node: &str, at_ms: i64, percent: u32, kept_ms: i64) {
        let looks = self.looks.entry(node.to_owned()).or_default();
        if looks.back().is_some_and(|(last_ms, _)| *last_ms >= at_ms) {
            return;
        }
        looks.push_back((at_ms, percent));
        // Keeps one observation that is older than `kept_ms`: it shows that the later ones are complete.
        while looks.len() > MOST_LOOKS || looks.get(1).is_some_and(|(second_ms, _)| *second_ms <= at_ms - kept_ms) {
            looks.pop_front();
        }
    }

    /// The node with the highest mean over the last `window_ms`; `None` if no node was observed for that long.
    pub fn busiest(&self, now_ms: i64, window_ms: i64) -> Option<Busiest> {
        let from_ms = now_ms - window_ms;
        let mean_of = |looks: &VecDeque<(i64, u32)>| {
            let (oldest_ms, newest_ms) = (looks.front()?.0, looks.back()?.0);
            let within: Vec<u32> =
                looks.iter().filter(|(at_ms, _)| *at_ms > from_ms).map(|(_, percent)| *percent).collect();
            let is_known = oldest_ms <= from_ms && newest_ms >= now_ms - FRESH_MS && within.len() >= FEWEST_LOOKS;
            is_known.then(|| within.iter().sum::<u32>() as f64 / within.len() as f64)
        };
        let means = self.looks.iter().filter_map(|(node, looks)| Some((node, mean_of(looks)?)));
        let busiest = means.max_by(|(_, one), (_, other)| one.total_cmp(other));
        busiest.map(|(node, percent)| Busiest { node: node.clone(), percent })
    }
}

#[cfg(test)]
mod tests {
    use super::Processors;

    #[test]
    fn the_busiest_node_is_that_of_a_whole_window_of_fresh_looks() {
        let mut processors = Processors::default();
        let mut at = |second: i64, one: u32, other: u32| {
            processors.add("worker-1", second * 1_000, one, 30_000);
            processors.add("worker-2", second * 1_000, other, 30_000);
            processors.busiest(second * 1_000, 30_000).map(|busiest| (busiest.node, busiest.percent))
        };
        for second in (5..35).step_by(5) {
            assert_eq!(at(second, 100, 10), None, "{second}: not a whole window yet");
        }
        assert_eq!(at(35, 100, 10), Some(("worker-1".to_owned(), 100.0)));
        for second in (40..65).step_by(5) {
            at(second, 10, 99);
        }
        assert_eq!(at(65, 10, 99), Some(("worker-2".to_owned(), 99.0)));
        assert!(processors.busiest(80_000, 30_000).is_some());
        assert_eq!(processors.busiest(90_000, 30_000), None, "nobody has looked for a while");
        processors.add("worker-1", 60_000, 0, 30_000);
        assert_eq!(
            processors.busiest(66_000, 30_000).map(|busiest| busiest.percent),
            Some(99.0),
            "a look that is known"
        );
    }
}
