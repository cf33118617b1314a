//! Findings about classes that a plan names in a property: JMeter loads them during the run, and then every sample fails.

use std::collections::HashSet;

use super::{Context, Findings, Severity};
use crate::plan::Element;

/// Script engines by the names of their languages (as reported by JMeter 5.6.3's `ScriptEngineManager` and the engines'
/// factories).
const ENGINES: [(&[&str], &str); 8] = [
    (&["groovy"], "org.codehaus.groovy.jsr223.GroovyScriptEngineFactory"),
    (&["beanshell", "bsh", "java"], "bsh.engine.BshScriptEngineFactory"),
    (&["jexl", "jexl2", "jexl3"], "org.apache.commons.jexl3.scripting.JexlScriptEngineFactory"),
    (&["javascript", "js", "ecmascript", "rhino"], "org.mozilla.javascript.engine.RhinoScriptEngineFactory"),
    (&["nashorn", "javascript", "js", "ecmascript"], "org.openjdk.nashorn.api.scripting.NashornScriptEngineFactory"),
    (&["python", "jython"], "org.python.jsr223.PyScriptEngineFactory"),
    (&["ruby", "jruby"], "org.jruby.embed.jsr223.JRubyEngineFactory"),
    (&["kotlin", "kts"], "org.jetbrains.kotlin.script.jsr223.KotlinJsr223JvmLocalScriptEngineFactory"),
];

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(lookup) = context.input.classes else { return };
    let mut reported = HashSet::new();
    for element in context.assembly.running() {
        for property in named(element) {
            let Some(class) = context.scope().evaluate(element.text_or_empty(property)) else { continue };
            let class = class.trim();
            if class.is_empty() || lookup.finds(class) || !reported.insert(class.to_owned()) {
                continue;
            }
            let message = format!(
                "\"{}\" uses the class {class}, which is neither in JMeter nor in a plugin of the plan: its samples \
                 will fail.",
                element.name
            );
            let hint = "Add the jar with the class to the plan's files, e.g. the database's JDBC driver.";
            findings
                .add(Severity::Warning, "named_class_missing", Some(&element.name), message, hint)
                .with("class", class)
                .with("property", property);
        }
        if element.kind().starts_with("JSR223") {
            let Some(language) = context.scope().evaluate(element.text_or_empty("scriptLanguage")) else { continue };
            let language = language.trim().to_ascii_lowercase();
            // Nothing is known about the engines of a language that is not in the table.
            let mut engines = ENGINES.iter().filter(|(names, _)| names.contains(&language.as_str())).peekable();
            let is_there = engines.peek().is_none() || engines.any(|(_, class)| (lookup.has_class)(class));
            if language.is_empty() || is_there || !reported.insert(language.clone()) {
                continue;
            }
            let message = format!("\"{}\" is a script in {language}, which has no script engine.", element.name);
            let hint = "Add the jars of the script engine to the plan's files, or use Groovy.";
            findings
                .add(Severity::Warning, "script_engine_missing", Some(&element.name), message, hint)
                .with("language", language);
        }
    }
}

/// The properties of an element that name a class.
fn named(element: &Element) -> &'static [&'static str] {
    match element.kind() {
        "JDBCDataSource" => &["driver"],
        "JavaSampler" | "JavaConfig" | "BackendListener" => &["classname"],
        "JUnitSampler" => &["junitSampler.classname"],
        "AccessLogSampler" => &["parserClassName"],
        "PublisherSampler" | "SubscriberSampler" => &["jms.initial_context_factory"],
        "JMSSampler" => &["JMSSampler.initialContextFactory"],
        _ => &[],
    }
}
