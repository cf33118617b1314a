//! How response times are spread: percentile curves, histograms, and how many satisfied.

use super::distribution::distribution;
use super::labels::Group;
use super::shape::percentiles;
use super::{Label, SampleStatistics};
use crate::{ApdexThresholds, LabelProfile, Profile, Profiles};

/// The percentages of a curve: every one, and closer together for the slowest samples.
const PERCENTS: [f64; 106] = {
    let mut percents = [0.0; 106];
    let mut at = 0;
    while at < 100 {
        percents[at] = at as f64;
        at += 1;
    }
    let tail = [99.5, 99.7, 99.9, 99.95, 99.99, 100.0];
    while at < percents.len() {
        percents[at] = tail[at - 100];
        at += 1;
    }
    percents
};

impl SampleStatistics {
    /// How the response times of the total and of the busiest labels are spread.
    pub fn profiles(&mut self) -> Profiles {
        self.settle();
        let labels = self.busiest_labels().into_iter().map(|(_, label)| label_profile(label));
        Profiles {
            percents: PERCENTS.to_vec(),
            labels: labels.collect(),
            total: profile(&self.labels.total(self.basis(), &mut self.summing)),
        }
    }

    /// The thresholds of Apdex.
    pub fn apdex_thresholds(&self) -> ApdexThresholds {
        ApdexThresholds {
            satisfied_ms: self.settings.apdex_satisfied_ms,
            tolerated_ms: self.settings.apdex_tolerated_ms,
        }
    }
}

/// How one label's response times are spread.
pub(super) fn label_profile(label: &Label) -> LabelProfile {
    LabelProfile { label: label.text.clone(), transaction: label.is_transaction(), profile: profile(&label.both()) }
}

fn profile(group: &Group) -> Profile {
    let tally = &group.tally;
    let (times, failed) = (group.times.counts(), group.failed.counts());
    let percentiles_ms = if times.is_empty() { Vec::new() } else { percentiles(&times, PERCENTS).to_vec() };
    Profile {
        satisfied: tally.satisfied,
        tolerated: tally.tolerated,
        frustrated: tally.samples - tally.errors - tally.untimed - tally.satisfied - tally.tolerated,
        failed: tally.errors,
        percentiles_ms,
        distribution: distribution(&times, &failed),
    }
}
