//! Evaluates the criteria and the automatic stop of a running log. It receives each sample, and is queried once a
//! second and at the end.

use super::stop::{StopRule, StopRuleState, StopRules};
use super::warm_up::WarmUp;
use super::{Criterion, CriterionResult, judge};
use crate::{Sample, Summary};

/// The criteria and stop rules of a run and the state of their evaluation, the same during the run and at its end.
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    criteria: Vec<Criterion>,
    warm_up_s: u64,
    warm_up: Option<WarmUp>,
    rules: StopRules,
}

impl Evaluation {
    /// Criteria apply to the samples that start `warm_up_s` seconds or more after the log's first one, rules to all
    /// samples.
    pub fn new(criteria: Vec<Criterion>, warm_up_s: u64, rules: Vec<StopRule>) -> Self {
        Self { criteria, warm_up_s, warm_up: WarmUp::of_seconds(warm_up_s), rules: StopRules::new(rules) }
    }

    /// Takes the log's next sample.
    pub fn add(&mut self, sample: &Sample<'_>) {
        if let Some(warm_up) = &mut self.warm_up {
            warm_up.add(sample);
        }
        self.rules.add(sample);
    }

    /// Sets by how many milliseconds a node's clock is ahead of the server's clock, which [`Evaluation::rules`] uses;
    /// the node is named as in [`Sample::host`]. It applies to samples that are added later.
    pub fn set_clock_offset(&mut self, host: &str, ahead_ms: i64) {
        if let Some(warm_up) = &mut self.warm_up {
            warm_up.set_clock_offset(host, ahead_ms);
        }
        self.rules.set_clock_offset(host, ahead_ms);
    }

    /// Sets the server's time at the arrival of the following samples: rules ignore samples that end far beyond it.
    pub fn set_now(&mut self, now_ms: i64) {
        self.rules.set_now(now_ms);
    }

    /// Adds a load generator's CPU usage since the previous observation, in percent.
    pub fn add_processors(&mut self, node: &str, at_ms: i64, percent: u32) {
        self.rules.add_processors(node, at_ms, percent);
    }

    /// The results of the criteria so far; `whole` is the table of the whole log. See [`judge`].
    pub fn judge(&mut self, whole: &Summary, max_unread_percent: f64) -> Vec<CriterionResult> {
        match &mut self.warm_up {
            Some(warm_up) => judge(&self.criteria, &warm_up.summary(whole), self.warm_up_s, max_unread_percent),
            None => judge(&self.criteria, whole, 0, max_unread_percent),
        }
    }

    /// The state of each rule at `now_ms`.
    pub fn rules(&self, now_ms: i64) -> Vec<StopRuleState> {
        self.rules.states(now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::Evaluation;
    use crate::criteria::{CriterionCode, MAX_UNREAD_PERCENT};
    use crate::{LogStatistics, Sample, Settings};

    /// Slow and failing in its first 30 s, quick and well after that.
    fn log() -> String {
        let mut log = "timeStamp,elapsed,label,success\n".to_owned();
        for second in 0..60 {
            let (elapsed_ms, success) = if second < 30 { (900, false) } else { (100, true) };
            log.push_str(&format!("{},{elapsed_ms},Home,{success}\n", 1_700_000_000_000_i64 + second * 1_000));
        }
        log
    }

    fn judged(warm_up_s: u64, piece: usize) -> Vec<(CriterionCode, Option<f64>)> {
        let criteria = ["p95 > 800ms", "error_percent > 1%", "samples < 30"].map(|text| text.parse().expect(text));
        let mut evaluation = Evaluation::new(criteria.to_vec(), warm_up_s, Vec::new());
        let mut statistics = LogStatistics::new(Settings::default());
        for piece in log().as_bytes().chunks(piece) {
            statistics.feed_and(piece, &mut |sample: &Sample<'_>| evaluation.add(sample));
        }
        statistics.finish_and(&mut |sample: &Sample<'_>| evaluation.add(sample));
        let whole = statistics.summary();
        assert_eq!(whole.total.samples, 60, "the report has all of them");
        let results = evaluation.judge(&whole, MAX_UNREAD_PERCENT);
        results
            .iter()
            .map(|result| (result.code.expect("a code"), result.detail.as_ref().and_then(|d| d.actual)))
            .collect()
    }

    #[test]
    fn the_warm_up_ends_at_one_moment_whatever_the_nodes_clocks_say() {
        let criteria = ["samples < 1".parse().expect("a criterion")];
        let mut evaluation = Evaluation::new(criteria.to_vec(), 30, Vec::new());
        evaluation.set_clock_offset("ahead", 300_000);
        let mut statistics = LogStatistics::new(Settings::default());
        let mut log = "timeStamp,elapsed,label,success,Hostname\n".to_owned();
        for second in 0..60_i64 {
            let at_ms = 1_700_000_000_000 + second * 1_000;
            log.push_str(&format!("{at_ms},100,Home,true,right\n{},100,Home,true,ahead\n", at_ms + 300_000));
        }
        statistics.feed_and(log.as_bytes(), &mut |sample: &Sample<'_>| evaluation.add(sample));
        statistics.finish_and(&mut |sample: &Sample<'_>| evaluation.add(sample));
        let results = evaluation.judge(&statistics.summary(), MAX_UNREAD_PERCENT);
        assert_eq!(results[0].detail.as_ref().and_then(|detail| detail.actual), Some(60.0), "30 of each");
    }

    #[test]
    fn what_starts_within_the_warm_up_does_not_count_however_the_log_is_cut() {
        use CriterionCode::{Met, NotMet, WithinWarmUp};
        let table = [
            (0, [(NotMet, Some(900.0)), (NotMet, Some(50.0)), (Met, Some(60.0))]),
            (30, [(Met, Some(100.0)), (Met, Some(0.0)), (Met, Some(30.0))]),
            (31, [(Met, Some(100.0)), (Met, Some(0.0)), (NotMet, Some(29.0))]),
            (60, [(WithinWarmUp, None), (WithinWarmUp, None), (WithinWarmUp, Some(0.0))]),
        ];
        for (warm_up_s, expected) in table {
            for piece in [1, 17, 100_000] {
                assert_eq!(judged(warm_up_s, piece), expected, "{warm_up_s} s in pieces of {piece}");
            }
        }
    }
}
