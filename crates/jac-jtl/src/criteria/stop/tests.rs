//! Tables of tests: valid rules, and when a log breaks a rule.

use super::{DEFAULT_RULE, StopRule, StopRuleCode, StopRules};
use crate::{LogReader, Sample, Settings};

const BEGAN_MS: i64 = 1_700_000_000_000;

fn rule(expression: &str) -> StopRule {
    expression.parse().expect(expression)
}

/// A log that grows, as the rules see it.
struct Log {
    reader: LogReader,
    rules: StopRules,
}

impl Log {
    fn watched(expressions: &[&str]) -> Self {
        let rules = expressions.iter().map(|expression| rule(expression)).collect();
        let mut log = Self { reader: LogReader::new(&Settings::default()), rules: StopRules::new(rules) };
        log.feed("timeStamp,elapsed,label,responseCode,responseMessage,threadName,success\n");
        log
    }

    fn feed(&mut self, text: &str) {
        let rules = &mut self.rules;
        self.reader.feed(text.as_bytes(), &mut |sample: &Sample<'_>| rules.add(sample));
    }

    /// Ten samples that end in each of the seconds, on a node.
    fn seconds(&mut self, seconds: std::ops::Range<i64>, node: &str, success: bool, elapsed_ms: i64) {
        for second in seconds {
            for tenth in 0..10 {
                let start_ms = BEGAN_MS + second * 1_000 + tenth * 100 - elapsed_ms;
                self.feed(&format!("{start_ms},{elapsed_ms},Home,200,OK,{node}:1099-TG 1-1,{success}\n"));
            }
        }
    }

    /// The first rule, that many seconds after the beginning.
    fn at(&self, second: i64) -> (StopRuleCode, Option<f64>) {
        let state = self.rules.states(BEGAN_MS + second * 1_000).remove(0);
        (state.code, state.actual)
    }
}

#[test]
fn an_expression_is_a_rule_or_says_why_it_is_not() {
    for (expression, window_s) in [
        (DEFAULT_RULE, 60),
        ("error > 50 for 5 s", 5),
        ("p95(\"wait for it\") > 2s for 30s", 30),
        ("generator_cpu >= 95% for 120s", 120),
        ("generator_cpu_percent>95for 3600s", 3_600),
        ("mean_ms > 1.5 s for 10s", 10),
    ] {
        let rule = rule(expression);
        assert_eq!((rule.window_s(), rule.to_string()), (window_s, expression.to_owned()));
    }
    for (expression, message) in [
        ("", "expected METRIC"),
        ("error_percent > 50%", "expected a window after the limit"),
        ("error_percent > 50% for 60", "expected a window after the limit"),
        ("error_percent > 50% for 0s", "1 to 3600 whole seconds"),
        ("error_percent > 50% for 1.5s", "1 to 3600 whole seconds"),
        ("error_percent > 50% for 3601s", "1 to 3600 whole seconds"),
        ("error_percent > 50ms for 60s", "invalid unit \"ms\" for error_percent: expected %"),
        ("throughput < 1 for 60s", "the automatic stop has no metric \"throughput\""),
        ("generator_cpu(\"Home\") > 1% for 60s", "generator_cpu_percent takes no label"),
        ("error_percent = 1 for 60s", "after the metric, found"),
        ("p95 > fast for 60s", "expected a number after >"),
    ] {
        let error = expression.parse::<StopRule>().expect_err(expression).to_string();
        assert!(error.contains(message), "{expression}: {error}");
    }
}

#[test]
fn a_target_that_fails_all_breaks_the_rule_after_a_whole_window_and_not_before() {
    let mut log = Log::watched(&[DEFAULT_RULE]);
    for second in 0..60 {
        log.seconds(second..second + 1, "a", false, 10);
        assert_eq!(log.at(second + 1).0, StopRuleCode::Waiting, "{second}");
    }
    log.seconds(60..63, "a", false, 10);
    assert_eq!(log.at(63), (StopRuleCode::Broken, Some(100.0)));
    let state = log.rules.states(BEGAN_MS + 63_000).remove(0);
    assert_eq!(state.since_ms, Some(BEGAN_MS + 2_000), "the window's beginning");
}

#[test]
fn what_is_beyond_the_window_does_not_count() {
    let mut log = Log::watched(&["error_percent > 50% for 10s"]);
    log.seconds(0..30, "a", true, 10);
    log.seconds(30..35, "a", false, 10);
    assert_eq!(log.at(35), (StopRuleCode::Held, Some(40.0)), "the newest second is not over");
    log.seconds(35..37, "a", false, 10);
    assert_eq!(log.at(37), (StopRuleCode::Broken, Some(60.0)));
    log.seconds(37..60, "a", true, 10);
    assert_eq!(log.at(60), (StopRuleCode::Held, Some(0.0)));
}

#[test]
fn old_samples_stop_nothing_however_bad_they_were() {
    let mut log = Log::watched(&["error_percent > 50% for 10s"]);
    log.seconds(0..30, "a", false, 10);
    assert_eq!(log.at(30).0, StopRuleCode::Broken);
    assert_eq!(log.at(39).0, StopRuleCode::Broken, "within 10 s they are new");
    assert_eq!(log.at(41).0, StopRuleCode::Late);
    // The samples of the meantime arrive little by little.
    for second in 30..300 {
        log.seconds(second..second + 1, "a", false, 10);
        assert_eq!(log.at(600).0, StopRuleCode::Late, "{second}");
    }
    log.seconds(300..600, "a", true, 10);
    assert_eq!(log.at(600), (StopRuleCode::Held, Some(0.0)), "the target had been well for long");
}

#[test]
fn a_node_whose_samples_come_late_is_waited_for_and_one_that_has_ended_is_not() {
    let mut log = Log::watched(&["error_percent > 50% for 20s"]);
    log.seconds(0..30, "a", false, 10);
    log.seconds(0..22, "b", true, 10);
    assert_eq!(log.at(30), (StopRuleCode::Held, Some(50.0)), "as far as both were heard, not more than half failed");
    log.seconds(30..40, "a", false, 10);
    assert_eq!(log.at(40), (StopRuleCode::Late, Some(50.0)), "the other one is late");
    log.seconds(40..50, "a", false, 10);
    assert_eq!(log.at(50), (StopRuleCode::Broken, Some(100.0)), "it has not been heard for a window");
}

#[test]
fn a_clock_that_is_off_is_set_right() {
    let mut log = Log::watched(&["error_percent > 50% for 20s"]);
    log.rules.set_clock_offset("b:1099", 300_000);
    log.seconds(0..30, "a", false, 10);
    log.seconds(300..330, "b", true, 10);
    assert_eq!(log.at(30), (StopRuleCode::Held, Some(50.0)));
}

#[test]
fn a_few_samples_stop_nothing() {
    for (expression, fewest) in
        [("error_percent > 1% for 100s", 5), ("p95 > 1ms for 100s", 20), ("p99 > 1ms for 100s", 100)]
    {
        for (samples, code) in [(fewest - 1, StopRuleCode::Waiting), (fewest, StopRuleCode::Broken)] {
            let mut log = Log::watched(&[expression]);
            log.seconds(0..1, "a", false, 10);
            for sample in 0..samples {
                let start_ms = BEGAN_MS + 100_000 + sample * 100;
                log.feed(&format!("{start_ms},10,Home,500,No,a:1099-TG 1-1,false\n"));
            }
            log.feed(&format!("{},10,Home,500,No,a:1099-TG 1-1,false\n", BEGAN_MS + 114_000));
            assert_eq!(log.at(114).0, code, "{expression} of {samples}");
        }
    }
}

#[test]
fn a_row_from_the_future_disarms_nothing() {
    let mut log = Log::watched(&["error_percent > 50% for 10s"]);
    for second in 0..30 {
        log.rules.set_now(BEGAN_MS + second * 1_000);
        log.seconds(second..second + 1, "a", false, 10);
        if second == 15 {
            log.seconds(1_000_000..1_000_001, "b", true, 10);
        }
    }
    assert_eq!(log.at(30), (StopRuleCode::Broken, Some(100.0)));
}

#[test]
fn percentiles_and_means_are_those_of_the_window() {
    for (expression, elapsed_ms, code) in [
        ("p95 > 800ms for 10s", 800, StopRuleCode::Held),
        ("p95 > 800ms for 10s", 900, StopRuleCode::Broken),
        ("p95(\"Home\") > 0.8s for 10s", 900, StopRuleCode::Broken),
        ("p95(\"Other\") > 0.8s for 10s", 900, StopRuleCode::Waiting),
        ("median >= 250 for 10s", 250, StopRuleCode::Broken),
        ("mean < 100 for 10s", 90, StopRuleCode::Broken),
        ("mean < 100 for 10s", 100, StopRuleCode::Held),
    ] {
        let mut log = Log::watched(&[expression]);
        log.seconds(0..30, "a", true, 5);
        log.seconds(30..45, "a", true, elapsed_ms);
        let (found, actual) = log.at(45);
        assert_eq!(found, code, "{expression} of {elapsed_ms}: {actual:?}");
    }
}

#[test]
fn transactions_are_left_out_of_the_total_where_there_are_requests() {
    let mut log = Log::watched(&["error_percent > 50% for 10s"]);
    for second in 0..30 {
        let at_ms = BEGAN_MS + second * 1_000;
        log.feed(&format!(
            "{at_ms},10,T,,\"Number of samples in transaction : 1, number of failing samples : 0\",a:1099-TG 1-1,true\n"
        ));
    }
    assert_eq!(log.at(29), (StopRuleCode::Held, Some(0.0)), "there is nothing else");
    log.seconds(29..45, "a", false, 10);
    assert_eq!(log.at(45), (StopRuleCode::Broken, Some(100.0)));
}

#[test]
fn memory_is_that_of_two_windows_however_long_the_log() {
    let mut log = Log::watched(&["p95 > 10s for 600s"]);
    for second in (0..20_000).step_by(5) {
        log.seconds(second..second + 1, "a", true, 10 + second % 1_000);
    }
    let (_, window) = &log.rules.rules[0];
    assert!(window.slots() <= 122, "{}", window.slots());
    assert_eq!(log.at(19_996).0, StopRuleCode::Held);
}

#[test]
fn processors_break_a_rule_and_name_the_node() {
    let mut log = Log::watched(&["generator_cpu > 95% for 30s"]);
    for second in (0..40).step_by(5) {
        log.rules.add_processors("worker-1", BEGAN_MS + second * 1_000, 40);
        log.rules.add_processors("worker-2", BEGAN_MS + second * 1_000, 99);
    }
    assert_eq!(log.at(35), (StopRuleCode::Waiting, Some(99.0)), "no sample was taken yet: JMeter starts");
    log.seconds(4..35, "a", true, 10);
    assert_eq!(log.at(33).0, StopRuleCode::Waiting, "it had begun less than a window before");
    let state = log.rules.states(BEGAN_MS + 35_000).remove(0);
    assert_eq!((state.code, state.node.as_deref()), (StopRuleCode::Broken, Some("worker-2")));
    assert_eq!(log.at(120), (StopRuleCode::Waiting, None), "nobody has looked since");
}
