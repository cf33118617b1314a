//! The live statistics of a run: bytes of the log in, numbered snapshots out.
//!
//! Nothing is remembered per snapshot but one number: the statistics know which buckets changed since when, so a page
//! that was away gets exactly what it missed; one that was away for more than [`MARKS`] snapshots gets everything.

use crate::runs::NodeSeries;
use crate::view::Headline;
use jac_jtl::criteria::stop::{StopRuleCode, StopRuleState};
use jac_jtl::criteria::{CriterionCode, CriterionResult, Evaluation, MAX_UNREAD_PERCENT};
use jac_jtl::{
    BusiestEntries, ChangedCodes, ChangedLabels, Entry, ErrorGroup, LogStatistics, Point, Sample, Settings, Summary,
    WindowTable,
};
use jac_model::{BrokenRule, CriterionWatch, EpochMs};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many groups of failures a snapshot shows.
const ERRORS_SHOWN: usize = 20;

/// Snapshots that are remembered: an hour of them.
const MARKS: usize = 3_600;

/// One run while it is measured.
pub(crate) struct LiveRun {
    state: Mutex<State>,
    /// What pages, lists and metrics ask for at any time. It is never held while something is measured or written, as the state is; who
    /// has both has taken the state first.
    shown: Mutex<Shown>,
    /// How many bytes of its log have come.
    received: AtomicU64,
    /// The log's next bytes cannot be kept until there is room on the disk.
    waits_for_room: AtomicBool,
    /// Observations of its nodes.
    nodes: Mutex<NodeSeries>,
}

struct State {
    statistics: LogStatistics,
    evaluation: Evaluation,
    /// The number of the newest snapshot.
    seq: u64,
    /// The oldest snapshot that is remembered; at first the number before the first one of this process. What was sent before is
    /// answered with everything.
    base: u64,
    /// What the statistics called "now" at each snapshot since `base`.
    marks: VecDeque<u64>,
    /// When the last bytes came, by the time of the snapshot before or after.
    heard_ms: Option<EpochMs>,
    /// Bytes came since the last snapshot.
    fed: bool,
}

/// How it stood at the newest snapshot.
#[derive(Default)]
struct Shown {
    /// `None` before the first snapshot of this process.
    headline: Option<Headline>,
    judged: Judged,
    /// The watch over the criteria has changed since it was kept.
    watch_changed: bool,
}

/// How the criteria and the rules of the automatic stop stood at the newest snapshot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judged {
    pub criteria: Vec<CriterionResult>,
    pub watch: Vec<CriterionWatch>,
    pub rules: Vec<StopRuleState>,
}

/// No sample for so long: the rate is 0, whatever it was.
const SILENCE_MS: EpochMs = 10_000;

/// The measured part of a snapshot.
pub(crate) struct Measured {
    pub seq: u64,
    pub summary: Summary,
    pub bucket_ms: u64,
    pub reset: bool,
    pub points: Vec<Point>,
    pub codes: ChangedCodes,
    pub errors: Vec<ErrorGroup>,
}

impl LiveRun {
    /// Statistics without samples, whose snapshots are numbered from `base`, with their criteria. `watch`: how the criteria
    /// were observed in an earlier process.
    pub fn new(base: u64, evaluation: Evaluation, watch: Vec<CriterionWatch>) -> Self {
        let state = State {
            statistics: LogStatistics::new(Settings::default()),
            evaluation,
            seq: base,
            base,
            marks: VecDeque::from([0]),
            heard_ms: None,
            fed: false,
        };
        let shown = Shown { judged: Judged { watch, ..Judged::default() }, ..Shown::default() };
        Self {
            state: Mutex::new(state),
            shown: Mutex::new(shown),
            received: AtomicU64::new(0),
            waits_for_room: AtomicBool::new(false),
            nodes: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the arrival time of the next bytes.
    pub fn set_now(&self, now_ms: EpochMs) {
        let mut state = self.state();
        state.statistics.set_now(now_ms);
        state.evaluation.set_now(now_ms);
    }

    /// Takes the next bytes of the log.
    pub fn feed(&self, bytes: &[u8]) {
        let mut state = self.state();
        let State { statistics, evaluation, .. } = &mut *state;
        statistics.feed_and(bytes, &mut |sample: &Sample<'_>| evaluation.add(sample));
        state.fed |= !bytes.is_empty();
        self.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }

    /// How many bytes of the log have come.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub fn waits_for_room(&self) -> bool {
        self.waits_for_room.load(Ordering::Relaxed)
    }

    /// Returns whether that is news.
    pub fn set_waits_for_room(&self, waits: bool) -> bool {
        self.waits_for_room.swap(waits, Ordering::Relaxed) != waits
    }

    /// Sets by how many milliseconds a node's clock is ahead of the server's; the node is named as in its samples'
    /// threads, `host:port`.
    pub fn set_clock_offset(&self, host: &str, ahead_ms: i64) {
        let mut state = self.state();
        state.statistics.set_clock_offset(host, ahead_ms);
        state.evaluation.set_clock_offset(host, ahead_ms);
    }

    /// Adds an observation of a load generator's CPU usage.
    pub fn add_processors(&self, node: &str, at_ms: EpochMs, percent: u32) {
        self.state().evaluation.add_processors(node, at_ms, percent);
    }

    /// Reads or changes the observations of its nodes.
    pub fn nodes<T>(&self, of: impl FnOnce(&mut NodeSeries) -> T) -> T {
        of(&mut self.nodes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How it was judged at the newest snapshot.
    pub fn judged(&self) -> Judged {
        self.shown().judged.clone()
    }

    /// The first rule of the automatic stop that was broken at the newest snapshot.
    pub fn broken_rule(&self) -> Option<BrokenRule> {
        let shown = self.shown();
        let broken = shown.judged.rules.iter().find(|rule| rule.code == StopRuleCode::Broken)?;
        Some(BrokenRule {
            rule: broken.expression.clone(),
            actual: broken.actual?,
            unit: broken.unit.symbol().to_owned(),
            since_ms: broken.since_ms?,
            node: broken.node.clone(),
        })
    }

    /// The watch over the criteria, if one of them changed since [`LiveRun::watch_is_kept`].
    pub fn changed_watch(&self) -> Option<Vec<CriterionWatch>> {
        let shown = self.shown();
        shown.watch_changed.then(|| shown.judged.watch.clone())
    }

    pub fn watch_is_kept(&self) {
        self.shown().watch_changed = false;
    }

    /// The figures of the newest snapshot.
    pub fn headline(&self) -> Option<Headline> {
        self.shown().headline.clone()
    }

    /// Makes the next snapshot; its points are those that changed since the last one.
    pub fn advance(&self, now_ms: EpochMs) -> Measured {
        let mut state = self.state();
        let after = state.seq;
        state.seq += 1;
        let (measured, now) = state.measure(after);
        let total = &measured.summary.total;
        let headline = Headline {
            samples: total.samples,
            errors: total.errors,
            error_percent: total.error_percent,
            rate_per_s: state.rate_per_s(now_ms),
            p95_ms: total.p95_ms,
            active_users: state.statistics.active_users(),
        };
        state.marks.push_back(now);
        if state.marks.len() > MARKS {
            state.marks.pop_front();
            state.base += 1;
        }
        let (criteria, rules) = state.judge(&measured.summary, now_ms);
        let mut shown = self.shown();
        shown.headline = Some(headline);
        shown.judge(criteria, rules, now_ms);
        measured
    }

    /// What changed since the snapshot `after`, up to the newest one and what has come since.
    pub fn since(&self, after: u64) -> Measured {
        self.state().measure(after).0
    }

    /// The points of some labels that changed since the snapshot `after`, the labels' statistics as one, and the number of the newest snapshot.
    pub fn labels_since(&self, after: u64, labels: &[String]) -> (u64, ChangedLabels, Option<Entry>) {
        let mut state = self.state();
        let mark = state.mark(after);
        let changed = state.statistics.changed_labels(labels, mark);
        (state.seq, changed, state.statistics.together(labels))
    }

    /// The table of a time range.
    pub fn window(&self, ended_ms: Range<i64>, labels: &[String]) -> WindowTable {
        self.state().statistics.window(ended_ms, labels)
    }

    /// The total and the busiest labels, with the rows that could not be read and the active users.
    pub fn busiest(&self, most: usize, bounds_ms: &[u32]) -> (BusiestEntries, u64, Option<u64>) {
        let mut state = self.state();
        let busiest = state.statistics.busiest(most, bounds_ms);
        (busiest, state.statistics.rejected_rows(), state.statistics.active_users())
    }

    /// The statistics themselves and how they are judged, when no more bytes are to come.
    pub fn finished<T>(&self, now_ms: EpochMs, read: impl FnOnce(&mut LogStatistics, &Judged) -> T) -> T {
        let mut state = self.state();
        let State { statistics, evaluation, .. } = &mut *state;
        statistics.finish_and(&mut |sample: &Sample<'_>| evaluation.add(sample));
        let summary = statistics.summary();
        let (criteria, rules) = state.judge(&summary, now_ms);
        let judged = {
            let mut shown = self.shown();
            shown.judge(criteria, rules, now_ms);
            shown.judged.clone()
        };
        read(&mut state.statistics, &judged)
    }
}

impl State {
    /// The rate by the samples' own clocks: the server's is another one, and what the nodes have measured is not all here
    /// yet. It is 0 when nothing has come for a while.
    fn rate_per_s(&mut self, now_ms: EpochMs) -> Option<f64> {
        if std::mem::take(&mut self.fed) || self.heard_ms.is_none() {
            self.heard_ms = Some(now_ms);
        }
        let silent = self.heard_ms.is_some_and(|heard_ms| now_ms - heard_ms > SILENCE_MS);
        let rate = self.statistics.rate_per_s();
        if silent { rate.map(|_| 0.0) } else { rate }
    }

    /// Judges what there is.
    fn judge(&mut self, summary: &Summary, now_ms: EpochMs) -> (Vec<CriterionResult>, Vec<StopRuleState>) {
        (self.evaluation.judge(summary, MAX_UNREAD_PERCENT), self.evaluation.rules(now_ms))
    }

    /// What the statistics called "now" at a snapshot; 0 for one that is not known.
    fn mark(&self, snapshot: u64) -> u64 {
        let place = snapshot.checked_sub(self.base).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.marks.get(place)).copied().unwrap_or(0)
    }

    /// What changed since a snapshot, and what the statistics call "now".
    fn measure(&mut self, after: u64) -> (Measured, u64) {
        let mark = self.mark(after);
        let changed = self.statistics.changed_points(mark);
        let measured = Measured {
            seq: self.seq,
            summary: self.statistics.summary(),
            bucket_ms: changed.bucket_ms,
            reset: changed.reset,
            points: changed.points,
            codes: changed.codes,
            errors: self.statistics.errors(ERRORS_SHOWN),
        };
        (measured, changed.now)
    }
}

impl Shown {
    /// Takes over the results of the criteria and updates their history. A criterion without a value is neither met nor failed.
    fn judge(&mut self, criteria: Vec<CriterionResult>, rules: Vec<StopRuleState>, now_ms: EpochMs) {
        self.judged.criteria = criteria;
        self.judged.rules = rules;
        for result in &self.judged.criteria {
            let met = match result.code {
                Some(CriterionCode::Met) => true,
                Some(CriterionCode::NotMet) => false,
                _ => continue,
            };
            let known = self.judged.watch.iter_mut().find(|watch| watch.expression == result.expression);
            self.watch_changed |= match known {
                Some(watch) => watch.look(met, now_ms),
                None => {
                    self.judged.watch.push(CriterionWatch::first(&result.expression, met, now_ms));
                    true
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn row(end_ms: i64) -> Vec<u8> {
        format!("{},10,Home,200,OK,TG 1-1,text,true,,5,5,1,1,null,1,0,1\n", end_ms - 10).into_bytes()
    }

    const HEADER: &[u8] = b"timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

    #[test]
    fn a_page_that_was_away_gets_what_it_missed_and_no_more() {
        let live = LiveRun::new(0, Evaluation::default(), Vec::new());
        live.feed(HEADER);
        for second in 0..5 {
            live.feed(&row(1_700_000_000_500 + second * 1000));
            let measured = live.advance(1_700_000_000_500 + second * 1000);
            assert_eq!(measured.seq, second.unsigned_abs() + 1);
            assert!(measured.points.len() <= 2, "only what changed");
        }
        assert_eq!(live.since(0).points.len(), 5);
        assert!(live.since(0).reset);
        let missed = live.since(3);
        assert!(!missed.reset);
        assert_eq!(
            missed.points.iter().map(|point| point.t_ms).collect::<Vec<_>>(),
            [1_700_000_003_000, 1_700_000_004_000]
        );
        assert!(live.since(5).points.is_empty());
    }

    #[test]
    fn the_points_of_labels_follow_the_same_numbers() {
        let live = LiveRun::new(0, Evaluation::default(), Vec::new());
        live.feed(HEADER);
        for second in 0..5 {
            let home = row(1_700_000_000_500 + second * 1000);
            live.feed(&home);
            live.feed(String::from_utf8_lossy(&home).replace("Home", "Buy").as_bytes());
            live.advance(1_700_000_000_500 + second * 1000);
        }
        let labels = ["Buy".to_owned(), "none".to_owned()];
        let (seq, all, together) = live.labels_since(0, &labels);
        assert_eq!((seq, all.reset, all.labels.len(), all.labels[0].points.len()), (5, true, 1, 5));
        assert_eq!(all.labels[0].points[0].samples, 1, "those of the label alone");
        assert_eq!(together.map(|entry| entry.samples), Some(5));
        let (_, missed, _) = live.labels_since(3, &labels);
        assert!(!missed.reset);
        let times: Vec<i64> = missed.labels[0].points.iter().map(|point| point.t_ms).collect();
        assert_eq!(times, [1_700_000_003_000, 1_700_000_004_000]);
        assert!(live.labels_since(5, &labels).1.labels[0].points.is_empty());
        assert!(live.labels_since(900, &labels).1.reset, "a number of another process");
    }

    #[test]
    fn the_response_codes_of_a_snapshot_are_those_of_the_buckets_that_changed() {
        let live = LiveRun::new(0, Evaluation::default(), Vec::new());
        live.feed(HEADER);
        let mut sent = Vec::new();
        for second in 0..4 {
            for code in ["200", "200", if second < 2 { "200" } else { "503" }] {
                let row = row(1_700_000_000_500 + second * 1000);
                live.feed(String::from_utf8_lossy(&row).replace(",200,", &format!(",{code},")).as_bytes());
            }
            sent.push(live.advance(1_700_000_000_500 + second * 1000).codes);
        }
        let times = |codes: &ChangedCodes| {
            let of = |series: &jac_jtl::CodeSeries| {
                series.points.iter().map(|point| (point.t_ms % 100_000 / 1000, point.samples)).collect::<Vec<_>>()
            };
            codes.series.iter().map(|series| (series.code.clone(), of(series))).collect::<Vec<_>>()
        };
        assert!(sent[0].reset && !sent[1].reset && !sent[3].reset);
        assert_eq!(times(&sent[0]), [("200".to_owned(), vec![(0, 3)])]);
        assert_eq!(times(&sent[3]), [("200".to_owned(), vec![(3, 2)]), ("503".to_owned(), vec![(3, 1)])]);
        let all = live.since(0).codes;
        assert!(all.reset);
        let expected =
            [("200".to_owned(), vec![(0, 3), (1, 3), (2, 2), (3, 2)]), ("503".to_owned(), vec![(2, 1), (3, 1)])];
        assert_eq!(times(&all), expected);
        let none = live.since(4).codes;
        assert_eq!((none.reset, times(&none)), (false, vec![("200".to_owned(), vec![]), ("503".to_owned(), vec![])]));
    }

    #[test]
    fn a_code_that_takes_the_place_of_another_replaces_all_series_by_code_and_no_point() {
        let live = LiveRun::new(0, Evaluation::default(), Vec::new());
        live.feed(HEADER);
        let feed = |second: i64, code: u32, rows: usize| {
            let row = row(1_700_000_000_500 + second * 1000);
            let row = String::from_utf8_lossy(&row).replace(",200,", &format!(",{code},"));
            live.feed(row.repeat(rows).as_bytes());
        };
        for code in 400..411 {
            feed(0, code, if code == 410 { 2 } else { 3 });
        }
        assert!(live.advance(1_700_000_001_000).codes.reset);
        feed(1, 410, 3);
        let known = live.advance(1_700_000_002_000);
        assert!(!known.codes.reset);
        assert_eq!(known.codes.series.len(), 11);
        assert_eq!(known.codes.series[10].code, Settings::OTHER_CODES);
        feed(2, 410, 1);
        let replaced = live.advance(1_700_000_003_000);
        assert!(replaced.codes.reset && !replaced.reset);
        let place = replaced.codes.series.iter().position(|series| series.code == "410").expect("a place");
        let samples =
            |at: usize| replaced.codes.series[at].points.iter().map(|point| point.samples).collect::<Vec<_>>();
        assert_eq!((samples(place), samples(10)), (vec![2, 3, 1], vec![3]));
        assert!(replaced.points.len() < 3);
        assert!(live.since(2).codes.reset && !live.since(3).codes.reset);
    }

    #[test]
    fn a_late_row_sends_its_old_bucket_again() {
        let live = LiveRun::new(0, Evaluation::default(), Vec::new());
        live.feed(HEADER);
        for second in 0..3 {
            live.feed(&row(1_700_000_000_500 + second * 1000));
        }
        live.advance(1_700_000_003_000);
        live.feed(&row(1_700_000_000_700));
        let measured = live.advance(1_700_000_004_000);
        assert!(measured.points.iter().any(|point| point.t_ms == 1_700_000_000_000 && point.samples == 2));
    }

    #[test]
    fn a_number_of_another_process_is_answered_with_everything() {
        let live = LiveRun::new(100, Evaluation::default(), Vec::new());
        live.feed(HEADER);
        live.feed(&row(1_700_000_000_500));
        assert_eq!(live.advance(1_700_000_001_000).seq, 101);
        for unknown in [0, 99, 500] {
            let measured = live.since(unknown);
            assert!(measured.reset && measured.points.len() == 1, "{unknown}");
        }
    }

    #[test]
    fn three_days_take_no_more_memory_than_the_first() {
        const STEP_MS: i64 = 20_000;
        const DAY: i64 = 24 * 3_600_000 / STEP_MS;
        let live = LiveRun::new(0, Evaluation::default(), Vec::new());
        live.feed(HEADER);
        let (mut rows, mut most) = (String::new(), [0; 3]);
        for step in 0..3 * DAY {
            let now_ms = 1_700_000_000_000 + step * STEP_MS;
            rows.clear();
            for row in 0..40 {
                let (end_ms, elapsed_ms) = (now_ms + row * 500, (step * 31 + row * 7_919) % 1_500);
                let (label, worker, threads) = (row % 5, row % 2, step % 50);
                let result = if row % 10 == 0 { "404,Not Found" } else { "200,OK" };
                let success = row % 10 != 0;
                let _ = writeln!(
                    rows,
                    "{},{elapsed_ms},Label {label},{result},10.0.0.{worker}:1099-T 1-1,text,{success},,5,5,1,{threads},null,1,0,1",
                    end_ms - elapsed_ms
                );
            }
            live.feed(rows.as_bytes());
            live.advance(now_ms + STEP_MS);
            let state = live.state();
            let day = usize::try_from(step / DAY).expect("a day");
            most[day] = most[day].max(state.statistics.memory());
            assert!(state.marks.len() <= MARKS);
        }
        // Buckets fill up and become wider: it rises and falls, whatever the time.
        assert!(most.iter().all(|bytes| *bytes <= most[0] * 5 / 4), "{most:?} bytes");
        let newest = live.state().seq;
        assert!(!live.since(newest - 100).reset && live.since(1).reset);
    }

    #[test]
    fn the_rate_is_that_of_the_samples_however_late_they_come_until_none_come() {
        let live = LiveRun::new(0, Evaluation::default(), Vec::new());
        live.feed(HEADER);
        for at in 0..2_000 {
            live.feed(&row(1_700_000_000_000 + at * 10));
        }
        // The server's clock is six seconds ahead of the newest sample.
        let now_ms = 1_700_000_026_000;
        let rate = |now_ms| {
            live.advance(now_ms);
            live.headline().and_then(|headline| headline.rate_per_s)
        };
        assert_eq!(rate(now_ms), Some(100.0));
        assert_eq!(rate(now_ms + 9_000), Some(100.0));
        assert_eq!(rate(now_ms + 11_000), Some(0.0));
    }

    #[test]
    fn a_node_whose_clock_is_ahead_hides_nobody() {
        let live = LiveRun::new(0, Evaluation::default(), Vec::new());
        live.feed(HEADER);
        for at in 0..100 {
            for (node, ahead_ms, threads) in [("10.0.0.1:1099", 0_i64, 3), ("10.0.0.2:1099", 12_000, 4)] {
                let start_ms = 1_700_000_000_000 + at * 100 + ahead_ms;
                let row = format!("{start_ms},10,Home,200,OK,{node}-TG 1-1,text,true,,5,5,1,{threads},null,1,0,1\n");
                live.feed(row.as_bytes());
            }
        }
        live.set_clock_offset("10.0.0.2:1099", 12_000);
        live.advance(1_700_000_010_000);
        let headline = live.headline().expect("figures");
        assert_eq!((headline.active_users, headline.rate_per_s), (Some(7), Some(20.0)));
    }
}
