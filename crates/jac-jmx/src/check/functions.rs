//! Findings about `${__function(…)}` calls.

use std::collections::HashSet;

use super::{Context, Findings, Severity};
use crate::expression::each_call;
use crate::functions::{is_missing, parameters};

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let mut reported: HashSet<String> = HashSet::new();
    // JMeter compiles everything that is enabled, Test Fragments included.
    let cancel = context.assembly.cancel;
    for element in cancel.each(&context.assembly.elements).map(|located| located.element) {
        let texts =
            element.properties.iter().filter(|property| property.tag != "boolProp").map(|property| &property.text);
        for text in cancel.each(std::iter::once(&element.name).chain(texts)) {
            each_call(text, cancel, &mut |name, arguments| match parameters(name) {
                Some((least, most)) if !(least..=most).contains(&arguments.len()) => {
                    let takes = match (least, most) {
                        (least, usize::MAX) => format!("at least {least}"),
                        (least, most) if least == most => least.to_string(),
                        (least, most) => format!("{least} to {most}"),
                    };
                    let message = format!(
                        "\"{}\" calls {name} with {} parameters, but it takes {takes}: JMeter refuses the whole plan.",
                        element.name,
                        arguments.len()
                    );
                    let hint = "Fix the call; write a comma inside a parameter as \\,.";
                    findings
                        .add(Severity::Error, "function_parameters", Some(&element.name), message, hint)
                        .with("function", name)
                        .with("count", arguments.len());
                }
                None if is_missing(name, context.input.functions) == Some(true) && reported.insert(name.to_owned()) => {
                    let message = format!(
                        "\"{}\" calls {name}, which is not a function of JMeter or the plan's plugins: the call stays \
                         as text.",
                        element.name
                    );
                    let hint = "Fix the name, or add the jar of the plugin that provides the function.";
                    findings
                        .add(Severity::Warning, "function_unknown", Some(&element.name), message, hint)
                        .with("function", name);
                }
                _ => {}
            });
        }
    }
    if let Some(variable) = context.scope().too_long() {
        let message = format!("The variable {variable} grows very large, and JMeter keeps all of it in memory.");
        let hint = "Check that no variable repeats itself at every step.";
        findings.add(Severity::Warning, "variable_too_long", None, message, hint).with("variable", variable);
    }
}
