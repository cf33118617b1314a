//! The value of a text in a plan after JMeter's replacement of everything that is known before the start: properties
//! and User Defined Variables.

use std::collections::{BTreeMap, HashSet};

use crate::assembly::Sources;
use crate::expression::{MAX_NESTING, Piece, each_call, has_expression, pieces};
use crate::functions::{self, Functions};
use crate::plan::{Element, Property};

/// JMeter properties by name, with their values at the start of a run.
pub type Properties = BTreeMap<String, String>;

/// Maximum length in bytes of an evaluated value. A longer one counts as unknown: plans exist whose variables double at
/// every step.
const MAX_VALUE: usize = 32 * 1024;

/// The properties and variables at the start of a run.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    properties: &'a Properties,
    /// Properties that the plan sets itself, so that their values are known only during the run.
    set_by_plan: HashSet<String>,
    functions: Option<&'a Functions>,
    /// User Defined Variables; `None`: the value is unknown before the run.
    variables: BTreeMap<String, Option<String>>,
    /// A variable whose value is too long to be evaluated.
    too_long: Option<String>,
}

/// How a name is interpreted that is not a User Defined Variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undefined<'n> {
    /// Possibly known to a thread.
    Unknown,
    /// Plain text, because JMeter keeps it when it creates the thread groups.
    Text,
    /// Plain text if it is one of these names, those of the surrounding element; otherwise possibly known to a thread.
    TextOf(&'n HashSet<String>),
}

impl Undefined<'_> {
    fn is_text(self, name: &str) -> bool {
        match self {
            Undefined::Unknown => false,
            Undefined::Text => true,
            Undefined::TextOf(names) => names.contains(name),
        }
    }
}

impl<'a> Scope<'a> {
    /// Reads the User Defined Variables of the elements as JMeter does: anywhere in the plan, including Test Fragments,
    /// in the order of the plan; each element can use the variables of earlier elements but not its own (verified:
    /// `b=${a}` next to `a` in one element stays `${a}`).
    pub(crate) fn new<'e>(elements: impl Iterator<Item = &'e Element> + Clone, sources: Sources<'a>) -> Self {
        let mut scope = Scope {
            properties: sources.properties,
            set_by_plan: set_properties(elements.clone(), sources),
            functions: sources.functions,
            variables: BTreeMap::new(),
            too_long: None,
        };
        for element in sources.cancel.each(elements) {
            let holds_variables = match element.tag.as_str() {
                "TestPlan" => true,
                "Arguments" => element.gui_class != "HTTPArgumentsPanel",
                _ => false,
            };
            if holds_variables {
                let names: HashSet<String> =
                    sources.cancel.each(element.arguments()).map(|(name, _)| name.to_owned()).collect();
                let values: Vec<_> = sources
                    .cancel
                    .each(element.arguments())
                    .map(|(name, value)| (name.to_owned(), scope.evaluate_at(value, 0, Undefined::TextOf(&names))))
                    .collect();
                for ((name, value), (_, written)) in values.iter().zip(element.arguments()) {
                    if value.is_none() && scope.too_long.is_none() && scope.is_too_long(written) {
                        scope.too_long = Some(name.clone());
                    }
                }
                // Of two variables with the same name JMeter uses the first within an element, and that of the later
                // element (verified).
                let mut of_element = BTreeMap::new();
                for (name, value) in values {
                    of_element.entry(name).or_insert(value);
                }
                scope.variables.extend(of_element);
            }
        }
        scope
    }

    /// The text's value, or `None` if it depends on something that is known only during the run.
    pub fn evaluate(&self, text: &str) -> Option<String> {
        self.evaluate_at(text, 0, Undefined::Unknown)
    }

    /// The text's value when JMeter creates the thread groups: only User Defined Variables exist then, and references
    /// to other names stay unchanged (verified).
    pub(crate) fn evaluate_of_group(&self, text: &str) -> Option<String> {
        self.evaluate_at(text, 0, Undefined::Text)
    }

    /// A property of an element that is true or false. A `boolProp` is never evaluated: an expression in it is false
    /// (verified).
    pub(crate) fn is_true(&self, element: &Element, name: &str) -> bool {
        let property = element.properties.iter().rfind(|property| property.name == name);
        property.and_then(|property| self.truth(property)).unwrap_or(false)
    }

    /// `None` if it is known only during the run.
    pub(crate) fn truth(&self, property: &Property) -> Option<bool> {
        let value = if property.tag == "boolProp" {
            Some(property.text.clone())
        } else {
            self.evaluate_of_group(&property.text)
        };
        value.map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A JMeter property at the start; `None` if it is not set.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    /// Whether the plan sets the property itself.
    pub(crate) fn is_set_by_plan(&self, property: &str) -> bool {
        self.set_by_plan.contains(property)
    }

    /// A variable whose value is too long to be evaluated.
    pub(crate) fn too_long(&self) -> Option<&str> {
        self.too_long.as_deref()
    }

    /// Whether all of its parts are known, so that only its length makes its value unknown.
    fn is_too_long(&self, text: &str) -> bool {
        let mut length = 0_usize;
        for piece in pieces(text) {
            length += match piece {
                Piece::Text(text) => text.len(),
                Piece::Variable(name) => match self.variables.get(&name) {
                    Some(Some(value)) => value.len(),
                    _ => return false,
                },
                Piece::Call { .. } => return false,
            };
        }
        length > MAX_VALUE
    }

    fn evaluate_at(&self, text: &str, nesting: usize, undefined: Undefined<'_>) -> Option<String> {
        if nesting > MAX_NESTING {
            return None;
        }
        if nesting == 0 && !has_expression(text) {
            // JMeter removes escapes only from texts that it evaluates.
            return Some(text.to_owned());
        }
        let mut value = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => value.push_str(&text),
                Piece::Variable(name) => match self.variables.get(&name) {
                    Some(known) => value.push_str(known.as_deref()?),
                    None if undefined.is_text(&name) => value.push_str(&format!("${{{name}}}")),
                    None => return None,
                },
                Piece::Call { name, arguments } => value.push_str(&self.call(&name, &arguments, nesting, undefined)?),
            }
            if value.len() > MAX_VALUE {
                return None;
            }
        }
        Some(value)
    }

    fn call(&self, name: &str, arguments: &[String], nesting: usize, undefined: Undefined<'_>) -> Option<String> {
        let argument = |index: usize| arguments.get(index).map(|text| self.evaluate_at(text, nesting + 1, undefined));
        if functions::is_missing(name, self.functions) == Some(true) {
            return Some(match arguments {
                [] => format!("${{{name}}}"),
                arguments => format!("${{{name}({})}}", arguments.join(",")),
            });
        }
        if arguments.first().is_some_and(|script| functions::is_base_folder(name, script)) {
            return Some(".".to_owned());
        }
        let default = match name {
            // Verified: `${__P(x)}` is 1 and `${__property(x)}` is x if the property does not exist.
            "__P" => 1,
            "__property" => 2,
            _ => return None,
        };
        let property = argument(0)??;
        if self.set_by_plan.contains(&property) {
            return None;
        }
        let value = match (self.properties.get(&property), argument(default)) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => default?,
            (None, None) if name == "__P" => "1".to_owned(),
            (None, None) => property,
        };
        // JMeter trims the result, including the default (verified: `${__P(threads, 3)}` is 3), but never the name.
        Some(value.trim_matches(|character| character <= ' ').to_owned())
    }
}

/// The text before the name of a property that a script sets.
const SETTERS: [&str; 7] = [
    "props.put(",
    "props.putIfAbsent(",
    "props.setProperty(",
    "props.replace(",
    "JMeterUtils.setProperty(",
    "props[",
    "props.putAt(",
];

/// The properties that scripts and `${__setProperty(…)}` set.
fn set_properties<'e>(elements: impl Iterator<Item = &'e Element>, sources: Sources<'_>) -> HashSet<String> {
    let mut found = HashSet::new();
    let cancel = sources.cancel;
    for element in cancel.each(elements) {
        for text in cancel.each(element.texts()) {
            set_in_script(text, &mut found);
            if text.contains("__setProperty") {
                each_call(text, cancel, &mut |function, arguments| {
                    if function == "__setProperty" {
                        found.extend(arguments.first().cloned());
                    }
                });
            }
        }
    }
    for script in cancel.each(sources.scripts) {
        set_in_script(script, &mut found);
    }
    found
}

fn set_in_script(text: &str, found: &mut HashSet<String>) {
    if !text.contains("props") && !text.contains("setProperty(") {
        return;
    }
    let mut computed = false;
    for setter in SETTERS {
        for (at, _) in text.match_indices(setter) {
            let argument = text[at + setter.len()..].trim_start();
            match quoted(argument) {
                // `props['x']` without an assignment only reads it.
                Some((name, after)) if setter != "props[" || is_assigned(after) => {
                    found.insert(name.to_owned());
                }
                Some(_) => {}
                None => {
                    computed |=
                        setter != "props[" || argument.split_once(']').is_some_and(|(_, rest)| is_assigned_at(rest))
                }
            }
        }
    }
    // Groovy: `props.users = 3`.
    for (at, _) in text.match_indices("props.") {
        let rest = &text[at + "props.".len()..];
        let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(rest.len());
        if end > 0 && is_assigned_at(&rest[end..]) {
            found.insert(rest[..end].to_owned());
        }
    }
    if computed {
        // The name is composed: it may be any of the texts there.
        let mut rest = text;
        while let Some(at) = rest.find(['"', '\'']) {
            let Some((name, after)) = quoted(&rest[at..]) else { break };
            found.insert(name.to_owned());
            rest = after;
        }
    }
}

fn is_assigned(after: &str) -> bool {
    after.trim_start().strip_prefix(']').is_some_and(is_assigned_at)
}

fn is_assigned_at(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.starts_with('=') && !rest.starts_with("==")
}

/// A text in quotes at the start, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|character| matches!(character, '"' | '\''))?;
    text[1..].split_once(quote)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::Cancel;
    use crate::plan::Plan;

    fn evaluated(text: &str) -> Option<String> {
        let properties = Properties::from([("given".to_owned(), "7".to_owned())]);
        let plan = Plan { elements: Vec::new(), declared_encoding: None, lossy: false };
        let sources = Sources {
            plan: &plan,
            included: &BTreeMap::new(),
            properties: &properties,
            system_properties: &Properties::new(),
            scripts: &[],
            folder: "",
            functions: Some(&Functions::new()),
            cancel: Cancel::NEVER,
        };
        Scope::new(plan.elements.iter(), sources).evaluate(text)
    }

    #[test]
    fn properties_have_jmeters_own_defaults() {
        assert_eq!(evaluated("${__P(given)}").as_deref(), Some("7"));
        assert_eq!(evaluated("${__P(given,3)}").as_deref(), Some("7"));
        assert_eq!(evaluated("${__P(nope)}").as_deref(), Some("1"));
        assert_eq!(evaluated("${__P(nope, 3 )}").as_deref(), Some("3"));
        assert_eq!(evaluated("${__P( given,3)}").as_deref(), Some("3"), "a name is not trimmed");
        assert_eq!(evaluated("${__P(nope,)}").as_deref(), Some(""));
        assert_eq!(evaluated("${__P(nope,${__P(given)})}").as_deref(), Some("7"));
        assert_eq!(evaluated("${__property(nope)}").as_deref(), Some("nope"));
        assert_eq!(evaluated("${__property(nope,,d)}").as_deref(), Some("d"));
        assert_eq!(evaluated(r"${__P(nope,a\,b)}").as_deref(), Some("a,b"));
    }

    #[test]
    fn what_only_the_run_knows_is_none() {
        assert_eq!(evaluated("a${user}"), None);
        assert_eq!(evaluated("${__Random(1,2)}"), None);
        assert_eq!(evaluated("${__time}"), None);
        assert_eq!(evaluated("${__env(USER,,2)}").as_deref(), Some("${__env(USER,,2)}"), "no such function");
        assert_eq!(evaluated(r"C:\temp").as_deref(), Some(r"C:\temp"));
    }

    #[test]
    fn what_a_script_sets_is_found_and_what_it_only_reads_is_not() {
        let set = |text: &str| {
            let mut found = HashSet::new();
            set_in_script(text, &mut found);
            let mut found: Vec<_> = found.into_iter().collect();
            found.sort();
            found
        };
        assert_eq!(
            set("props.put(\"a\", \"1\"); props.setProperty('b', x); props['c'] = 1; props.d = 2"),
            ["a", "b", "c", "d"]
        );
        assert!(set("props.get('a'); props['b'] == 1; props.c == 2; x = props['d']").is_empty());
        assert_eq!(set("def n = 'users'; props.put(n, 3)"), ["users"]);
    }

    #[test]
    fn variables_that_double_stay_bounded() {
        use std::fmt::Write;
        let mut text = String::from(r#"<jmeterTestPlan><hashTree><TestPlan guiclass="" testname="p"/><hashTree>"#);
        for step in 0..200 {
            let value =
                if step == 0 { "xxxxxxxxxx".to_owned() } else { format!("${{v{}}}${{v{}}}", step - 1, step - 1) };
            let _written = write!(
                text,
                r#"<Arguments guiclass="" testname="v"><collectionProp name="Arguments.arguments"><elementProp name="v{step}"
                elementType="Argument"><stringProp name="Argument.name">v{step}</stringProp><stringProp
                name="Argument.value">{value}</stringProp></elementProp></collectionProp></Arguments><hashTree/>"#
            );
        }
        text.push_str("</hashTree></hashTree></jmeterTestPlan>");
        let plan = Plan::parse(text.as_bytes()).expect("a plan");
        let (properties, included) = (Properties::new(), BTreeMap::new());
        let sources = Sources {
            plan: &plan,
            included: &included,
            properties: &properties,
            system_properties: &properties,
            scripts: &[],
            folder: "",
            functions: None,
            cancel: Cancel::NEVER,
        };
        let scope = Scope::new(plan.elements().iter(), sources);
        assert_eq!(scope.evaluate("${v3}").map(|value| value.len()), Some(80));
        assert_eq!(scope.evaluate("${v40}"), None);
        assert_eq!(scope.too_long(), Some("v12"));
        assert!(scope.evaluate(&"${v3}".repeat(1_000_000)).is_none());
    }
}
