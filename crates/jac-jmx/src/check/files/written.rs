//! The files that a plan writes itself, as far as its texts show.

use std::collections::HashSet;

use crate::check::Context;
use crate::expression::each_call;
use crate::path::PlanPath;
use crate::plan::Element;

/// Texts that occur in scripts that write files.
const WRITES: [&str; 11] = [
    ".write",
    ".text =",
    ".text=",
    ".setText",
    "<<",
    ".append",
    "Writer",
    "OutputStream",
    "Files.copy",
    ".createNewFile",
    ".withPrintWriter",
];

/// Paths as in [`PlanPath::Beside`].
pub(super) fn files(context: &Context<'_>) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut add = |name: &str| {
        if let PlanPath::Beside(path) = PlanPath::within(context.input.folder, name)
            && !path.is_empty()
        {
            found.insert(path);
        }
    };
    let cancel = context.assembly.cancel;
    for script in cancel.each(&context.input.scripts) {
        of_script(script, &mut add);
    }
    for element in context.assembly.running() {
        if is_script(element) {
            cancel.each(&element.properties).for_each(|property| of_script(&property.text, &mut add));
        }
        let listed = match element.kind() {
            kind if kind.ends_with("ResultCollector") => "filename",
            "SystemSampler" => "SystemSampler.stdout",
            _ => "",
        };
        if let Some(name) = element.text(listed).and_then(|written| context.scope().evaluate(written)) {
            add(&name);
        }
        for text in cancel.each(element.texts()) {
            each_call(text, cancel, &mut |function, arguments| {
                if function == "__StringToFile"
                    && let Some(name) = arguments.first().and_then(|name| context.scope().evaluate(name))
                {
                    add(&name);
                }
            });
        }
    }
    found
}

fn is_script(element: &Element) -> bool {
    ["JSR223", "BeanShell", "BSF"].iter().any(|prefix| element.kind().starts_with(prefix))
}

/// The texts in quotes of a script that writes.
fn of_script(script: &str, add: &mut dyn FnMut(&str)) {
    if !WRITES.iter().any(|word| script.contains(word)) {
        return;
    }
    for quote in ['"', '\''] {
        script.split(quote).skip(1).step_by(2).filter(|text| text.len() < 1_000).for_each(&mut *add);
    }
}
