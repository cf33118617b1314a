//! Findings about a plan's requirements on JMeter: properties, classes, encoding, settings of elements.

use std::collections::HashSet;

use super::{Context, Findings, Severity};
use crate::data_files::KEY_STORE;
use crate::properties::PropertyUse;

/// Properties that are read without a default and have no value.
pub(super) fn properties(uses: &[PropertyUse], findings: &mut Findings) {
    for used in uses.iter().filter(|used| used.property.value.is_none() && !used.set_by_plan) {
        let name = &used.property.name;
        let Some(bare) = &used.without_default else {
            continue;
        };
        // Verified: see `Scope`.
        let becomes = if bare.function == "__P" { "1" } else { name.as_str() };
        let call = format!("${{{}({name})}}", bare.function);
        let message = format!(
            "\"{}\" reads the property {name}, which has no value and no default: {call} becomes \"{becomes}\".",
            bare.element
        );
        let hint = format!("Set a value (-J {name}=…), or a default in the plan: ${{__P({name},default)}}.");
        findings
            .add(Severity::Warning, "property_without_value", Some(&bare.element), message, &hint)
            .with("property", name);
    }
}

/// Classes that are not in the JMeter home.
pub(super) fn classes(context: &Context<'_>, findings: &mut Findings) {
    let Some(lookup) = context.input.classes else {
        return;
    };
    let mut reported: HashSet<String> = HashSet::new();
    for used in context.assembly.plans.iter().flat_map(|plan| plan.required_classes(context.assembly.cancel)) {
        if lookup.finds(&used.name) || !reported.insert(used.name.clone()) {
            continue;
        }
        let class = lookup.names.class_of(&used.name);
        let element = used.elements.first().map(String::as_str).unwrap_or_default();
        let disabled = if used.active { "" } else { " (although it is disabled, JMeter loads it)" };
        let message = format!(
            "\"{element}\" needs the class {class}, which is not in JMeter or the plan's plugins{disabled}: JMeter would refuse the whole plan."
        );
        let hint = "Add the plugin's jar, with the jars it needs, to the plan's files, or remove the element.";
        findings.add(Severity::Error, "class_missing", Some(element), message, hint).with("class", class);
    }
}

/// Findings about the file itself.
pub(super) fn text(context: &Context<'_>, findings: &mut Findings) {
    if !context.plan.lossy {
        return;
    }
    let declared = context.plan.declared_encoding.as_deref().filter(|name| !name.eq_ignore_ascii_case("UTF-8"));
    let message = match declared {
        Some(name) => format!(
            "The plan is encoded as {name}, but JMeter reads every plan as UTF-8: letters beyond ASCII are lost."
        ),
        None => "The plan contains bytes that are not UTF-8; JMeter replaces them.".to_owned(),
    };
    findings.add(Severity::Warning, "plan_encoding", None, message, "Open the plan in an editor and save it as UTF-8.");
}

/// Settings of single elements that behave otherwise on nodes than on the author's computer.
pub(super) fn elements(context: &Context<'_>, findings: &mut Findings) {
    for element in context.assembly.running() {
        let name = element.name.as_str();
        if context.is_removed(element) {
            let message = format!(
                "\"{name}\" is a {}, which JMeter no longer has: it loads the plan, but the element does nothing.",
                element.kind()
            );
            let hint = "Replace it with a current element, such as an HTTP Request, or delete it.";
            findings.add(Severity::Warning, "element_removed", Some(name), message, hint).with("kind", element.kind());
        }
        match element.kind() {
            "KeystoreConfig" if !context.input.system_properties.contains_key(KEY_STORE) => {
                let as_property = context.input.properties.contains_key(KEY_STORE);
                let message = match as_property {
                    false => {
                        format!("\"{name}\" uses the keystore of the system property {KEY_STORE}, which is not set.")
                    }
                    true => format!(
                        "\"{name}\" uses the keystore of the system property {KEY_STORE}, but it is set as a JMeter \
                         property, which has no effect here."
                    ),
                };
                let hint = format!(
                    "Set it with -D {KEY_STORE}=FILE, where FILE is relative to the plan, and its password with -D \
                     {KEY_STORE}Password=…"
                );
                findings
                    .add(Severity::Warning, "keystore_unknown", Some(name), message, &hint)
                    .with("system_property", KEY_STORE);
            }
            "TestPlan" if context.scope().is_true(element, "TestPlan.functional_mode") => {
                let message = "The test plan is in functional test mode, which keeps every response body.".to_owned();
                let hint = "Disable it for load tests.";
                findings.add(Severity::Warning, "functional_mode", Some(name), message, hint);
            }
            "SyncTimer" if context.input.workers >= 2 => {
                let message = format!("\"{name}\" synchronises threads on each worker separately, not across workers.");
                findings.add(
                    Severity::Info,
                    "sync_per_worker",
                    Some(name),
                    message,
                    "Set the group size for a single worker.",
                );
            }
            "ConstantThroughputTimer" | "PreciseThroughputTimer" if context.input.workers >= 2 => {
                let message = format!(
                    "\"{name}\" paces each worker separately: the total is {} times its rate.",
                    context.input.workers
                );
                findings.add(
                    Severity::Info,
                    "pace_per_worker",
                    Some(name),
                    message,
                    "If the rate is a total, divide it by the number of workers.",
                );
            }
            _ => {}
        }
    }
}
