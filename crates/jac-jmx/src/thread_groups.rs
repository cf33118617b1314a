//! Thread groups: how many threads, for how long.
//!
//! JMeter reads these numbers leniently: a text that `Integer.parseInt` rejects, even because of a leading blank,
//! counts as 0 and the group silently does nothing (verified with ` 3` and `abc`: exit code 0, no sample).

use serde::{Deserialize, Serialize};
use std::str::FromStr;

use crate::cancel::Cancel;
use crate::check::findings::cut;
use crate::evaluate::Scope;
use crate::plan::{Element, Plan};
use crate::{open_model, outline, plugin_groups};

/// A thread group of the plan. Numbers are null if they cannot be known before the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ThreadGroup {
    /// Its name in the plan.
    pub name: String,
    /// JMeter's name of this kind: "Thread Group", "setUp Thread Group", …
    pub kind: String,
    /// It takes part in the run: it and everything above it is enabled.
    pub enabled: bool,
    /// Threads on each node.
    pub threads: Option<u64>,
    /// Seconds until all threads have started.
    pub ramp_up_s: Option<u64>,
    /// Iterations of each thread; -1: infinite.
    pub loops: Option<i64>,
    /// Seconds after which the group stops.
    pub duration_s: Option<u64>,
    /// Seconds before it starts.
    pub delay_s: Option<u64>,
    /// The texts of those numbers that are functions or variables.
    pub raw: RawThreadGroup,
}

/// A thread group's numbers as written, if they contain functions or variables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RawThreadGroup {
    /// Number of threads, or target concurrency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<String>,
    /// Ramp-up period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp_up_s: Option<String>,
    /// Loop count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loops: Option<String>,
    /// Duration; of an Open Model Thread Group its schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<String>,
    /// Startup delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_s: Option<String>,
}

/// When a group runs: JMeter waits for one stage to end before the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// setUp thread groups.
    Before,
    /// All others.
    Main,
    /// tearDown thread groups.
    After,
}

/// How long a group runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// At most this many seconds, its delay included.
    AtMost(u64),
    /// Until its iterations are done.
    UntilDone,
    /// Until it is stopped.
    Endless,
    /// Not readable.
    Unknown,
}

/// A group with the data that the report does not contain.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) index: usize,
    pub(crate) report: ThreadGroup,
    pub(crate) stage: Stage,
    pub(crate) span: Span,
    /// The scheduler is on (JMeter's own groups only).
    pub(crate) scheduler: bool,
    /// Its loop controller lacks `continue_forever=false`, so that its loop count ends nothing.
    pub(crate) loops_ignored: bool,
    /// Its loop count is 0, whether or not that ends it.
    pub(crate) no_loops: bool,
    /// Its startup delay, if JMeter rejects it.
    pub(crate) negative_delay: Option<i64>,
    /// Texts that JMeter will read as 0 because they are not numbers, with their names.
    pub(crate) not_numbers: Vec<(&'static str, String)>,
    /// A kind whose numbers this crate cannot read.
    pub(crate) unread: bool,
    /// Why JMeter rejects its schedule (of an Open Model Thread Group).
    pub(crate) schedule_refused: Option<String>,
}

/// Every thread group of the plan itself, including disabled ones, in its order.
pub(crate) fn groups(plan: &Plan, scope: &Scope<'_>, cancel: Cancel<'_>) -> Vec<Group> {
    let elements = cancel.each(plan.elements().iter().enumerate());
    elements.filter(|(_, element)| element.is_thread_group()).map(|(index, e)| group(index, e, scope, cancel)).collect()
}

fn group(index: usize, element: &Element, scope: &Scope<'_>, cancel: Cancel<'_>) -> Group {
    let kind = element.kind();
    let mut group = Group {
        index,
        report: ThreadGroup {
            name: element.name.clone(),
            kind: outline::kind(element).to_owned(),
            enabled: element.active,
            threads: None,
            ramp_up_s: None,
            loops: None,
            duration_s: None,
            delay_s: None,
            raw: RawThreadGroup::default(),
        },
        stage: match kind {
            "SetupThreadGroup" => Stage::Before,
            "PostThreadGroup" => Stage::After,
            _ => Stage::Main,
        },
        span: Span::Unknown,
        scheduler: false,
        loops_ignored: false,
        no_loops: false,
        negative_delay: None,
        not_numbers: Vec::new(),
        unread: false,
        schedule_refused: None,
    };
    match kind {
        "ThreadGroup" | "SetupThreadGroup" | "PostThreadGroup" => classic(&mut group, element, scope),
        "OpenModelThreadGroup" => {
            let schedule = element.text_or_empty("OpenModelThreadGroup.schedule");
            match scope.evaluate_of_group(schedule).map(|text| open_model::duration_s(&text)) {
                Some(Ok(seconds)) => group.report.duration_s = Some(seconds),
                Some(Err(refused)) => group.schedule_refused = Some(refused),
                None => {}
            }
            group.report.raw.duration_s = Some(schedule.trim().to_owned());
            group.span = group.report.duration_s.map_or(Span::Unknown, Span::AtMost);
        }
        _ => group.unread = !plugin_groups::read(&mut group, element, scope, cancel),
    }
    group
}

fn classic(group: &mut Group, element: &Element, scope: &Scope<'_>) {
    let mut numbers = Numbers { element, scope, not_numbers: Vec::new() };
    let (threads, raw_threads) = numbers.read("ThreadGroup.num_threads", "number of threads");
    let (ramp_up, raw_ramp_up) = numbers.read("ThreadGroup.ramp_time", "ramp-up period");
    let (loops, raw_loops) = numbers.read("LoopController.loops", "loop count");
    group.scheduler = scope.is_true(element, "ThreadGroup.scheduler");
    // Verified: without a scheduler a missing or true `continue_forever` restarts after the last loop, endlessly; also
    // with a loop count of 0, and then without a sample.
    let forever = element.properties.iter().rfind(|property| property.name == "LoopController.continue_forever");
    let has_loops = element.properties.iter().any(|property| property.name == "LoopController.loops");
    group.loops_ignored = has_loops && forever.is_none_or(|property| scope.truth(property) == Some(true));
    group.report.threads = threads.map(|n| n.max(0) as u64);
    group.report.ramp_up_s = ramp_up.map(|n| n.max(0) as u64);
    group.no_loops = loops == Some(0);
    group.report.loops = if group.loops_ignored { Some(-1) } else { loops.map(|n| n.max(-1)) };
    group.report.raw =
        RawThreadGroup { threads: raw_threads, ramp_up_s: raw_ramp_up, loops: raw_loops, ..Default::default() };
    let mut delay = Some(0);
    if group.scheduler {
        let duration;
        (duration, group.report.raw.duration_s) = numbers.read_long("ThreadGroup.duration", "duration");
        (delay, group.report.raw.delay_s) = numbers.read_long("ThreadGroup.delay", "startup delay");
        group.report.duration_s = duration.map(|n| n.max(0) as u64);
        group.negative_delay = delay.filter(|delay| *delay < 0);
        group.report.delay_s = delay.map(|n| n.max(0) as u64);
    }
    group.not_numbers = numbers.not_numbers;
    group.span = match (group.scheduler, group.report.duration_s, delay, group.report.loops) {
        (true, Some(duration), Some(delay), _) => Span::AtMost(duration.saturating_add(delay.max(0) as u64)),
        (true, ..) | (false, .., None) => Span::Unknown,
        (false, .., Some(-1)) => Span::Endless,
        (false, .., Some(_)) => Span::UntilDone,
    };
}

/// Reads the numbers of an element as JMeter does.
struct Numbers<'e> {
    element: &'e Element,
    scope: &'e Scope<'e>,
    not_numbers: Vec<(&'static str, String)>,
}

impl Numbers<'_> {
    /// The number, and its text if that is an expression. JMeter does not accept numbers beyond 32 bits (verified).
    fn read(&mut self, property: &str, what: &'static str) -> (Option<i64>, Option<String>) {
        self.read_as::<i32>(property, what)
    }

    /// The same for a `long` in JMeter (verified: a duration of 5000000000).
    fn read_long(&mut self, property: &str, what: &'static str) -> (Option<i64>, Option<String>) {
        self.read_as::<i64>(property, what)
    }

    fn read_as<N: FromStr + Into<i64>>(&mut self, property: &str, what: &'static str) -> (Option<i64>, Option<String>) {
        let property = self.element.properties.iter().rfind(|each| each.name == property);
        let text = property.map(|property| property.text.as_str()).unwrap_or_default();
        let is_real = property.is_some_and(|property| matches!(property.tag.as_str(), "doubleProp" | "FloatProperty"));
        if let (true, Ok(number)) = (is_real, text.trim().trim_end_matches(['d', 'D', 'f', 'F']).parse::<f64>()) {
            // JMeter truncates it (verified: 3.0 is 3).
            return (Some(i64::from(number as i32)), None);
        }
        let raw = crate::expression::has_expression(text).then(|| cut(text.to_owned()));
        let Some(value) = self.scope.evaluate_of_group(text) else {
            return (None, raw);
        };
        let number = value.parse::<N>().map(Into::into).unwrap_or_else(|_| {
            if !value.is_empty() {
                self.not_numbers.push((what, value.clone()));
            }
            0
        });
        (Some(number), raw)
    }
}
