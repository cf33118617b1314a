//! The settings of a run that depend on its workers: how their samples are collected, totals that are divided among
//! them, and how many may be lost.

use jac_model::{Fault, ResultsChoice, ResultsMode};
use std::collections::BTreeMap;

/// How a run is spread over its workers.
#[derive(Debug, Clone, Copy)]
pub struct Spread<'a> {
    pub results: ResultsChoice,
    pub min_workers: Option<u32>,
    pub share: &'a BTreeMap<String, u64>,
    /// JMeter properties that every worker has.
    pub properties: &'a BTreeMap<String, String>,
}

impl Spread<'_> {
    /// All faults of it with this many workers. Nothing is created for a run with a fault.
    pub fn faults(&self, workers: u32) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.results == ResultsChoice::Direct && workers == 0 {
            let text = "Direct results need at least 1 worker: without workers, the master runs the plan alone.";
            faults.push(Fault::at("/results", "direct_needs_workers", text));
        }
        match self.min_workers {
            Some(_) if workers > 0 && self.results.mode(workers) == ResultsMode::Rmi => {
                let text = "A run can continue without lost workers only with direct results.";
                faults.push(Fault::at("/min_workers", "min_workers_needs_direct", text));
            }
            Some(_) if workers == 0 => {
                let text = "A minimum number of workers needs at least 1 worker: without workers, the master runs the \
                            plan alone.";
                faults.push(Fault::at("/min_workers", Fault::OUT_OF_RANGE, text));
            }
            Some(least) if !(1..=workers).contains(&least) => {
                let text = format!("The minimum number of workers must be 1 to {workers}, the number of workers.");
                faults.push(Fault::at("/min_workers", Fault::OUT_OF_RANGE, text));
            }
            _ => (),
        }
        for (name, total) in self.share {
            let field = "/share";
            if name.trim().is_empty() || name.chars().any(char::is_control) {
                let text = format!("Invalid property name '{}'.", name.escape_debug());
                faults.push(Fault::at(field, Fault::MALFORMED, text));
            } else if *total < u64::from(workers) {
                let text = format!("{name}={total} cannot be divided among {workers} workers: each needs at least 1.");
                faults.push(Fault::at(field, "share_too_small", text));
            }
            if self.properties.contains_key(name) {
                let text = format!(
                    "{name} is given twice: as a total to divide among the workers, and as a property \
                                    of each worker."
                );
                faults.push(Fault::at(field, "share_and_property", text));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(results: ResultsChoice, min_workers: Option<u32>, share: &[(&str, u64)], workers: u32) -> Vec<String> {
        let share = share.iter().map(|(name, total)| ((*name).to_owned(), *total)).collect();
        let properties = BTreeMap::from([("host".to_owned(), "h".to_owned())]);
        let spread = Spread { results, min_workers, share: &share, properties: &properties };
        spread.faults(workers).into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn what_cannot_work_on_so_many_workers_is_reported() {
        use ResultsChoice::{Auto, Direct, Rmi};
        let fine: [&str; 0] = [];
        assert_eq!(codes(Direct, Some(2), &[("threads", 3)], 3), fine);
        assert_eq!(codes(Auto, None, &[("threads", 1)], 0), fine, "the master alone has all of it");
        assert_eq!(codes(Direct, None, &[], 0), ["direct_needs_workers"]);
        assert_eq!(codes(Rmi, Some(1), &[], 3), ["min_workers_needs_direct"]);
        assert_eq!(codes(Auto, Some(1), &[], 3), ["min_workers_needs_direct"]);
        assert_eq!(codes(Auto, Some(10), &[], 30), fine);
        assert_eq!(codes(Direct, Some(4), &[], 3), [Fault::OUT_OF_RANGE]);
        assert_eq!(codes(Direct, Some(0), &[], 3), [Fault::OUT_OF_RANGE]);
        assert_eq!(codes(Direct, None, &[("threads", 2)], 3), ["share_too_small"]);
        assert_eq!(codes(Direct, None, &[("host", 9)], 3), ["share_and_property"]);
        assert_eq!(codes(Direct, None, &[(" ", 9)], 3), [Fault::MALFORMED]);
    }
}
