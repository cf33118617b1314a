//! Findings about thread groups and what they run.

use super::{Context, Findings, Severity};
use crate::load::Load;
use crate::plan::Plan;
use crate::thread_groups::{Group, Span};

pub(super) fn check(context: &Context<'_>, groups: &[Group], load: &Load, findings: &mut Findings) {
    let enabled: Vec<&Group> = groups.iter().filter(|group| group.report.enabled).collect();
    if enabled.is_empty() {
        let (message, hint) = if groups.is_empty() {
            ("The plan has no thread group, so it would do nothing.", "Add a thread group with samplers in JMeter.")
        } else {
            ("All thread groups of the plan are disabled, so it would do nothing.", "Enable a thread group in JMeter.")
        };
        findings.add(Severity::Error, "no_thread_group", None, message.to_owned(), hint);
        return;
    }
    samplers(context.plan, &enabled, findings);
    for group in &enabled {
        numbers(group, findings);
        length(group, findings);
    }
    if enabled.iter().all(|group| is_idle(group)) {
        let message =
            "No enabled thread group has both threads and iterations, so no sample would be taken.".to_owned();
        let hint = "Set the number of threads and the loop count, or give the properties they are read from.";
        findings.add(Severity::Error, "nothing_runs", None, message, hint);
    }
    multiplied(context, load, findings);
}

fn is_idle(group: &Group) -> bool {
    group.report.threads == Some(0) || group.report.loops == Some(0)
}

fn samplers(plan: &Plan, groups: &[&Group], findings: &mut Findings) {
    // A plugin's element may be a sampler by any name, and a controller may borrow samplers from elsewhere.
    let may_sample = |group: usize| {
        plan.elements().iter().enumerate().any(|(index, element)| {
            element.active
                && (element.is_sampler() != Some(false) || element.borrows_elements())
                && plan.ancestors(index).any(|ancestor| ancestor == group)
        })
    };
    let empty: Vec<_> = groups.iter().filter(|group| !may_sample(group.index)).collect();
    let hint = "Add or enable a sampler, such as an HTTP Request, inside the thread group.";
    if empty.len() == groups.len() {
        let message = "No enabled thread group has an enabled sampler, so no sample would be taken.".to_owned();
        findings.add(Severity::Error, "no_sampler", None, message, hint);
        return;
    }
    for group in empty {
        let message = format!("The thread group \"{}\" has no enabled sampler.", group.report.name);
        findings.add(Severity::Warning, "group_without_sampler", Some(&group.report.name), message, hint);
    }
}

fn numbers(group: &Group, findings: &mut Findings) {
    let name = &group.report.name;
    let mut add = |severity, code, message, hint| findings.add(severity, code, Some(name), message, hint);
    for (what, text) in &group.not_numbers {
        let severity = if *what == "number of threads" { Severity::Error } else { Severity::Warning };
        let message =
            format!("The {what} of \"{name}\" is \"{text}\", which JMeter reads as 0 because it is no whole number.");
        add(
            severity,
            "not_a_number",
            message,
            "Use digits only, without blanks, in the plan or in the property it reads.",
        );
    }
    if group.not_numbers.is_empty() && is_idle(group) {
        let what = if group.report.threads == Some(0) { "0 threads" } else { "a loop count of 0" };
        let message = format!("The thread group \"{name}\" has {what} and will do nothing.");
        add(Severity::Warning, "group_idle", message, "Disable it if this is meant, or set the property it reads.");
    }
    if group.unread {
        let message = format!("JAC cannot read the numbers of \"{name}\", whose kind is {}.", group.report.kind);
        add(
            Severity::Info,
            "threads_unknown",
            message,
            "The run works if its plugin is there; totals are shown as unknown.",
        );
    } else if let (None, Some(raw)) = (group.report.threads, &group.report.raw.threads) {
        let message = format!("The number of threads of \"{name}\" is {raw}, which is known only during the run.");
        add(Severity::Warning, "threads_unknown", message, "Use ${__P(name,default)} to set it from outside.");
    }
}

fn length(group: &Group, findings: &mut Findings) {
    let report = &group.report;
    let name = &report.name;
    let mut add = |severity, code, message, hint| findings.add(severity, code, Some(name), message, hint);
    if group.scheduler && report.duration_s == Some(0) {
        // Tried: "Invalid duration 0 set in Thread Group", no sample, exit code 0.
        let message =
            format!("The scheduler of \"{name}\" is on without a duration, which JMeter refuses at the start.");
        add(
            Severity::Error,
            "scheduler_without_duration",
            message,
            "Set its duration in seconds, or switch the scheduler off.",
        );
    }
    if group.span == Span::Endless {
        let message =
            format!("The thread group \"{name}\" loops for ever without a duration: it runs until it is stopped.");
        add(
            Severity::Info,
            "runs_until_stopped",
            message,
            "Switch on its scheduler and set a duration if it should end by itself.",
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
        add(Severity::Warning, "ramp_up_too_long", message, "Shorten the ramp-up or lengthen the duration.");
    }
    if report.kind == "Open Model Thread Group" && report.duration_s.is_none() {
        let message = format!("JAC cannot read the schedule of \"{name}\", so the run's length is unknown.");
        add(
            Severity::Warning,
            "schedule_unreadable",
            message,
            "Give every duration a unit: random_arrivals(2 min), pause(5 s).",
        );
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
    let hint = "Divide the numbers in the plan by the number of workers if they are meant in total.";
    findings.add(Severity::Info, "threads_multiply", None, message, hint);
}
