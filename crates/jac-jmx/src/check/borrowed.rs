//! Findings about Module and Include Controllers.

use super::{Context, Findings, Severity};
use crate::assembly::Problem;
use crate::decode::PlanError;

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    for problem in context.assembly.cancel.each(&context.assembly.problems) {
        match problem {
            Problem::NoTarget { module, path } => {
                let target = path.get(1..).unwrap_or_default().join(" > ");
                let message = match path.is_empty() {
                    true => format!(
                        "The Module Controller \"{}\" has no target, so JMeter refuses the whole plan.",
                        module.name
                    ),
                    false => format!(
                        "The Module Controller \"{}\" points to \"{target}\", which the plan does not have, so JMeter \
                         refuses the whole plan.",
                        module.name
                    ),
                };
                let hint = "Select the target again in JMeter (was an element on the path renamed?), or delete the controller: disabling it is not enough.";
                findings
                    .add(Severity::Error, "module_target_missing", Some(&module.name), message, hint)
                    .with("path", target);
            }
            Problem::Loop { controller } => {
                let (code, message) = match controller.kind() {
                    "ModuleController" => {
                        ("module_loop", format!("The Module Controller \"{}\" refers back to itself.", controller.name))
                    }
                    _ => ("include_loop", format!("The Include Controller \"{}\" includes itself.", controller.name)),
                };
                findings.add(
                    Severity::Error,
                    code,
                    Some(&controller.name),
                    message,
                    "Remove one of the controllers in the cycle.",
                );
            }
            Problem::NoFragment { include, path } => {
                let message = format!(
                    "\"{}\" includes {path}, which has no Test Fragment, so JMeter refuses the whole plan.",
                    include.name
                );
                let hint = "Put the included elements into a Test Fragment directly below the test plan of that file.";
                findings
                    .add(Severity::Error, "include_without_fragment", Some(&include.name), message, hint)
                    .with("path", path);
            }
            Problem::Unreadable { include, path, error } => {
                let message = format!("\"{}\" includes {path}, which JMeter cannot load: {error}", include.name);
                let finding = findings.add(
                    Severity::Error,
                    "include_unreadable",
                    Some(&include.name),
                    message,
                    PlanError::hint(error),
                );
                finding.with("path", path);
            }
        }
    }
}
