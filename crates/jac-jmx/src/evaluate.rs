//! What a text in a plan will be when JMeter has replaced what can be known before the start: properties and User Defined
//! Variables.

use std::collections::BTreeMap;

use crate::expression::{MAX_NESTING, Piece, has_expression, pieces};
use crate::plan::Plan;

/// JMeter properties by name, as given with `-J`.
pub type Properties = BTreeMap<String, String>;

/// The properties and variables that hold at the start of a run.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    properties: &'a Properties,
    /// User Defined Variables; `None` where the value is not known before the run.
    variables: BTreeMap<String, Option<String>>,
}

impl<'a> Scope<'a> {
    /// Reads the User Defined Variables of the plans (the main one first) as JMeter does: wherever they stand, in the
    /// order of the file, each element knowing those before it but not its own (tried: `b=${a}` beside `a` in one
    /// element stays `${a}`).
    pub fn new<'p>(plans: impl IntoIterator<Item = &'p Plan>, properties: &'a Properties) -> Self {
        let mut scope = Scope { properties, variables: BTreeMap::new() };
        for plan in plans {
            for (_, element) in plan.active_elements() {
                let holds_variables = match element.tag.as_str() {
                    "TestPlan" => true,
                    "Arguments" => element.gui_class != "HTTPArgumentsPanel",
                    _ => false,
                };
                if holds_variables {
                    let values: Vec<_> =
                        element.arguments().map(|(name, value)| (name.to_owned(), scope.evaluate(value))).collect();
                    scope.variables.extend(values);
                }
            }
        }
        scope
    }

    /// The text's value, or `None` where it depends on something that is only known during the run.
    pub fn evaluate(&self, text: &str) -> Option<String> {
        self.evaluate_at(text, 0)
    }

    fn evaluate_at(&self, text: &str, nesting: usize) -> Option<String> {
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
                Piece::Variable(name) => value.push_str(self.variables.get(&name)?.as_deref()?),
                Piece::Call { name, arguments } => value.push_str(&self.call(&name, &arguments, nesting)?),
            }
        }
        Some(value)
    }

    fn call(&self, name: &str, arguments: &[String], nesting: usize) -> Option<String> {
        let argument = |index: usize| arguments.get(index).map(|text| self.evaluate_at(text, nesting + 1));
        let property = argument(0)??;
        if let Some(value) = self.properties.get(&property) {
            return matches!(name, "__P" | "__property").then(|| value.clone());
        }
        match name {
            // Tried: `${__P(x)}` is 1 and `${__property(x)}` is x where the property does not exist.
            "__P" => argument(1).unwrap_or_else(|| Some("1".to_owned())),
            "__property" => argument(2).unwrap_or(Some(property)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(text: &str) -> Option<String> {
        let properties = Properties::from([("given".to_owned(), "7".to_owned())]);
        let plan = Plan { elements: Vec::new(), declared_encoding: None, lossy: false };
        Scope::new([&plan], &properties).evaluate(text)
    }

    #[test]
    fn properties_have_jmeters_own_defaults() {
        assert_eq!(evaluated("${__P(given)}").as_deref(), Some("7"));
        assert_eq!(evaluated("${__P(given,3)}").as_deref(), Some("7"));
        assert_eq!(evaluated("${__P(nope)}").as_deref(), Some("1"));
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
        assert_eq!(evaluated(r"C:\temp").as_deref(), Some(r"C:\temp"));
    }
}
