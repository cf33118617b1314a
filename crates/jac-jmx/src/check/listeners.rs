//! Findings about listeners: JAC collects the samples itself, so listeners of the plan only cost resources.
//!
//! In a distributed run JMeter wraps *each* listener of the plan for remote use (`ConvertListeners`), and every worker
//! sends every sample once more for it. Listeners then run on the master. If each worker runs the plan by itself, they
//! run on every worker, and a file with an absolute path is the same file for workers that share a disk.

use super::{Context, Findings, ListenersAt, Severity};
use crate::plan::Element;

/// Listeners made for the GUI; they keep samples in memory or are not meant for load tests.
const HEAVY: [(&str, &str); 9] = [
    ("ViewResultsFullVisualizer", "View Results Tree"),
    ("TableVisualizer", "View Results in Table"),
    ("GraphVisualizer", "Graph Results"),
    ("AssertionVisualizer", "Assertion Results"),
    ("RespTimeGraphVisualizer", "Response Time Graph"),
    ("StatGraphVisualizer", "Aggregate Graph"),
    ("ComparisonVisualizer", "Comparison Assertion Visualizer"),
    ("SplineVisualizer", "Spline Visualizer"),
    ("DistributionGraphVisualizer", "Distribution Graph"),
];

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    {
        for element in context.assembly.running() {
            match element.kind() {
                "BackendListener" => backend(context, element, findings),
                "ResultSaver" => {
                    // Each file's name has a number and a suffix of its own.
                    let collected = match context.input.is_kept {
                        Some(_) => "JAC collects only those to keep",
                        None => "JAC does not collect them",
                    };
                    let message =
                        format!("\"{}\" saves response bodies as files on the node; {collected}.", element.name);
                    findings.add(
                        Severity::Warning,
                        "listener_writes",
                        Some(&element.name),
                        message,
                        "Disable it for load tests.",
                    );
                }
                // Plugins' graphs are collectors too, under their own class.
                kind if kind.ends_with("ResultCollector") => collector(context, element, findings),
                _ => {}
            }
        }
    }
}

fn collector(context: &Context<'_>, element: &Element, findings: &mut Findings) {
    let name = &element.name;
    let gui = element.gui_class.rsplit('.').next().unwrap_or_default();
    let heavy = HEAVY.iter().find(|(class, _)| *class == gui).map(|(_, title)| *title);
    let file = element.text_or_empty("filename").trim();
    let remote = context.input.workers > 0;
    let sends = remote && context.input.listeners_at == ListenersAt::Master;
    let again = if sends { "; it also makes every worker send each sample once more" } else { "" };
    let hint = "Disable it: JAC records every sample and shows tables, charts and errors.";
    let mut add = |severity, code, what: String| {
        let message = format!("\"{name}\" {what}{again}.");
        findings.add(severity, code, Some(name), message, hint);
    };
    if let Some(title) = heavy {
        let what = format!("({title}) costs memory and has no effect in non-GUI mode");
        add(Severity::Warning, "listener_heavy", what);
    } else if file.is_empty() && remote {
        let what = "has no effect in non-GUI mode".to_owned();
        add(Severity::Info, "listener_idle", what);
    }
    if !file.is_empty() && !is_kept(context, file) {
        let what = format!("writes {file} on the node, which JAC does not collect");
        add(Severity::Warning, "listener_writes", what);
    } else if !file.is_empty() && sends {
        add(Severity::Info, "listener_writes", format!("writes {file}, which JAC collects"));
    }
    let has_number = file.contains("jac.node");
    let is_shared =
        context.input.listeners_at == ListenersAt::WorkersOfOneDisk && context.input.workers > 1 && !has_number;
    if let Some(path) = context.scope().evaluate(file).filter(|path| is_shared && path.starts_with('/')) {
        let message = format!("All {} workers would write \"{name}\" to the same file, {path}.", context.input.workers);
        let hint = "Use a file name without a folder, or one with ${__P(jac.node)}, or disable the listener.";
        findings.add(Severity::Error, "listener_file_shared", Some(name), message, hint);
    }
}

/// Whether a file is among those to collect, which are below the plan's folder.
fn is_kept(context: &Context<'_>, file: &str) -> bool {
    let (Some(is_kept), Some(path)) = (context.input.is_kept, context.scope().evaluate(file)) else { return false };
    let path = path.trim_start_matches("./");
    !path.starts_with('/') && path.split('/').all(|part| part != "..") && is_kept(path)
}

fn backend(context: &Context<'_>, element: &Element, findings: &mut Findings) {
    const LOCAL: [&str; 4] = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];
    for (name, written) in element.arguments() {
        let Some(value) = context.scope().evaluate(written) else {
            continue;
        };
        let host = value.split_once("://").map_or(value.as_str(), |(_, rest)| rest);
        let host = host.split(['/', '?']).next().unwrap_or(host);
        let host = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or(host) };
        let names_a_host = name.to_ascii_lowercase().contains("host") || name.to_ascii_lowercase().contains("url");
        if names_a_host && LOCAL.contains(&host.to_ascii_lowercase().as_str()) {
            let message =
                format!("\"{}\" sends its metrics to {host}, which on a node is the node itself.", element.name);
            let hint = "Use an address that the nodes can reach, or disable the listener.";
            findings.add(Severity::Warning, "backend_localhost", Some(&element.name), message, hint);
        }
    }
}
