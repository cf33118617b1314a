//! Findings about thread groups and their contents.

use std::collections::{HashMap, HashSet};

use super::{Context, Findings, Severity};
use crate::assembly::Located;
use crate::expression::has_expression;
use crate::load::Load;
use crate::thread_groups::{Group, Span};

/// The hint for a value that still contains an expression.
pub(super) const NOT_DEFINED: &str = "JMeter knows no such variable there: User Defined Variables do not know those of their own element. Define it in \
     an element before this one.";

pub(super) fn check(context: &Context<'_>, groups: &[Group], load: &Load, findings: &mut Findings) {
    let enabled: Vec<&Group> = groups.iter().filter(|group| group.report.enabled).collect();
    if enabled.is_empty() {
        let (message, hint) = if groups.is_empty() {
            ("The plan has no thread group: it would do nothing.", "Add a thread group with samplers in JMeter.")
        } else {
            ("All thread groups of the plan are disabled: it would do nothing.", "Enable a thread group in JMeter.")
        };
        findings.add(Severity::Error, "no_thread_group", None, message.to_owned(), hint);
        return;
    }
    samplers(context, &enabled, findings);
    let ending = ending_files(context);
    for group in context.assembly.cancel.each(&enabled) {
        numbers(group, findings);
        length(group, ending.get(&Some(group.index)).or_else(|| ending.get(&None)).copied(), findings);
    }
    if enabled.iter().all(|group| is_idle(group)) {
        let message =
            "No enabled thread group has both threads and iterations: no samples would be recorded.".to_owned();
        let hint = "Set the number of threads and the loop count, or the properties that they are read from.";
        findings.add(Severity::Error, "nothing_runs", None, message, hint);
    }
    multiplied(context, load, findings);
}

fn is_idle(group: &Group) -> bool {
    group.report.threads == Some(0) || group.report.loops == Some(0) || group.no_loops
}

fn samplers(context: &Context<'_>, groups: &[&Group], findings: &mut Findings) {
    // A plugin's element may be a sampler by any name, and a controller may borrow samplers from elsewhere.
    let sampling: HashSet<usize> = context
        .assembly
        .cancel
        .each(&context.assembly.elements)
        .filter(|located| located.runs && context.may_sample(located.element))
        .filter_map(|located| located.group)
        .collect();
    let empty: Vec<_> = groups.iter().filter(|group| !sampling.contains(&group.index)).collect();
    let hint = "Add or enable a sampler, such as an HTTP Request, inside the thread group.";
    if empty.len() == groups.len() {
        let message = "No enabled thread group has an enabled sampler: no samples would be recorded.".to_owned();
        findings.add(Severity::Error, "no_sampler", None, message, hint);
        return;
    }
    for group in context.assembly.cancel.each(empty) {
        let message = format!("The thread group \"{}\" has no enabled sampler.", group.report.name);
        findings.add(Severity::Warning, "group_without_sampler", Some(&group.report.name), message, hint);
    }
}

/// The CSV Data Sets that end their threads at the end of the file, by the thread group that contains them; `None` is
/// the whole plan.
fn ending_files<'a>(context: &'a Context<'_>) -> HashMap<Option<usize>, &'a str> {
    let of_csv = |located: &&Located<'a>| {
        let is = |name: &str| context.scope().is_true(located.element, name);
        let recycles = located.element.text("recycle").is_none() || is("recycle");
        located.runs && !located.borrowed && located.element.kind() == "CSVDataSet" && is("stopThread") && !recycles
    };
    let elements = context.assembly.cancel.each(&context.assembly.elements).filter(of_csv);
    elements.map(|located| (located.group, located.element.name.as_str())).collect()
}

fn numbers(group: &Group, findings: &mut Findings) {
    let name = &group.report.name;
    let mut add = |severity, code, message, hint, param: Option<(&str, &str)>| {
        let added = findings.add(severity, code, Some(name), message, hint);
        if let Some((param, value)) = param {
            added.with(param, value);
        }
    };
    for (what, text) in &group.not_numbers {
        let severity = if *what == "number of threads" { Severity::Error } else { Severity::Warning };
        let message = format!(
            "The {what} of \"{name}\" is \"{text}\", which JMeter reads as 0 because it is not a whole number."
        );
        add(
            severity,
            "not_a_number",
            message,
            if has_expression(text) {
                NOT_DEFINED
            } else {
                "Use only digits, without spaces, in the plan or in the property or variable it reads."
            },
            Some(("text", text)),
        );
    }
    if group.not_numbers.is_empty() && is_idle(group) {
        let what = if group.report.threads == Some(0) { "0 threads" } else { "a loop count of 0" };
        let message = format!("The thread group \"{name}\" has {what} and will do nothing.");
        add(
            Severity::Warning,
            "group_idle",
            message,
            "Disable it if this is intended, or set the property it reads.",
            None,
        );
    }
    if group.unread {
        let message = format!("JAC cannot read the load settings of \"{name}\" ({}).", group.report.kind);
        add(
            Severity::Info,
            "threads_unknown",
            message,
            "The run works if its plugin is installed; totals are shown as unknown.",
            None,
        );
    } else if let (None, Some(raw)) = (group.report.threads, &group.report.raw.threads) {
        let message = format!("The number of threads of \"{name}\" is {raw}, which is known only at run time.");
        add(Severity::Warning, "threads_unknown", message, "Use ${__P(name,default)} to set it from outside.", None);
    }
}

fn length(group: &Group, ending_file: Option<&str>, findings: &mut Findings) {
    let report = &group.report;
    let name = &report.name;
    let mut add = |severity, code, message, hint, param: Option<(&str, &str)>| {
        let added = findings.add(severity, code, Some(name), message, hint);
        if let Some((param, value)) = param {
            added.with(param, value);
        }
    };
    if group.scheduler && report.duration_s == Some(0) {
        // Verified: "Invalid duration 0 set in Thread Group", no sample, exit code 0.
        let message =
            format!("The scheduler of \"{name}\" is on without a duration, which JMeter refuses at the start.");
        add(
            Severity::Error,
            "scheduler_without_duration",
            message,
            "Set its duration in seconds, or disable the scheduler.",
            None,
        );
    }
    if let Some(delay_s) = group.negative_delay {
        // Verified: "Invalid delay -1 set in Thread Group", no sample, exit code 0.
        let message = format!(
            "The startup delay of \"{name}\" is {delay_s} s, which JMeter rejects as invalid when the test starts."
        );
        add(
            Severity::Error,
            "delay_invalid",
            message,
            "Set a delay of 0 seconds or more.",
            Some(("delay_s", &delay_s.to_string())),
        );
    }
    if group.span == Span::Endless
        && let Some(csv) = ending_file
    {
        let message = format!(
            "The thread group \"{name}\" loops forever without a duration; its threads end at the end of the file of \
             \"{csv}\"."
        );
        add(
            Severity::Info,
            "runs_until_csv_ends",
            message,
            "Enable its scheduler and set a duration if it should end at a given time.",
            Some(("csv", csv)),
        );
    } else if group.span == Span::Endless && group.loops_ignored {
        let message = format!(
            "The thread group \"{name}\" never ends, whatever its loop count: its loop controller lacks continue_forever=false."
        );
        add(
            Severity::Warning,
            "loops_ignored",
            message,
            "Add <boolProp name=\"LoopController.continue_forever\">false</boolProp> to its loop controller, or enable \
             its scheduler and set a duration. Otherwise it runs, and costs money on cloud machines, until somebody \
             stops it.",
            None,
        );
    } else if group.span == Span::Endless {
        let message =
            format!("The thread group \"{name}\" loops forever without a duration: it runs until it is stopped.");
        add(
            Severity::Info,
            "runs_until_stopped",
            message,
            "Enable its scheduler and set a duration if it should end by itself.",
            None,
        );
    }
    if let (Span::AtMost(_) | Span::UntilDone, Some(csv)) = (&group.span, ending_file) {
        let end = if report.duration_s.is_some() { "its duration" } else { "its loops" };
        add(
            Severity::Info,
            "csv_may_end_first",
            format!(
                "The threads of \"{name}\" end at the end of the file of \"{csv}\", which may be before the end of {end}."
            ),
            "Give the file enough rows for all iterations of all threads, or let the CSV Data Set recycle on EOF.",
            Some(("csv", csv)),
        );
    }
    if let (Some(ramp_up_s), Some(duration_s)) = (report.ramp_up_s, report.duration_s)
        && group.scheduler
        && duration_s > 0
        && ramp_up_s > duration_s
    {
        let message = format!(
            "The ramp-up of \"{name}\" ({ramp_up_s} s) is longer than its duration ({duration_s} s), so not all threads will start."
        );
        add(Severity::Warning, "ramp_up_too_long", message, "Shorten the ramp-up or lengthen the duration.", None);
    }
    if report.kind == "Open Model Thread Group" && report.duration_s.is_none() {
        match &group.schedule_refused {
            Some(refused) => add(
                Severity::Error,
                "schedule_invalid",
                format!("JMeter cannot read the schedule of \"{name}\" and would start no thread: {refused}."),
                "Give every rate and duration a unit: rate(10/min), random_arrivals(2 min), pause(5 s).",
                Some(("reason", refused)),
            ),
            None => add(
                Severity::Warning,
                "schedule_unreadable",
                format!("The schedule of \"{name}\" is known only at run time, so the run's length is unknown."),
                "Use ${__P(name,default)} for values that are set from outside.",
                None,
            ),
        }
    }
}

fn multiplied(context: &Context<'_>, load: &Load, findings: &mut Findings) {
    let workers = context.input.workers;
    if workers < 2 {
        return;
    }
    let message = match (load.threads_per_node, load.total_threads) {
        (Some(threads), Some(total)) => format!(
            "Each of the {workers} workers runs the whole plan: {threads} threads x {workers} workers = {total} threads."
        ),
        _ => format!("Each of the {workers} workers runs the whole plan, so threads and rates count {workers} times."),
    };
    let hint = "If these are totals, divide them by the number of workers.";
    findings.add(Severity::Info, "threads_multiply", None, message, hint);
}
