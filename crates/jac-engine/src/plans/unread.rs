//! Properties given with `-J` or `--share` that nothing reads, most often because of a typing error.
//!
//! It is a guess, and reports nothing if the guess would be unreliable: plugins may read any property, and names may be
//! computed.

use super::check::PlanCheck;
use jac_jmeter::JMeterHome;
use jac_jmx::{Finding, PlanProperty, Severity};
use jac_model::PlanFileKind;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Maximum number of properties that a hint names.
const NAMED: usize = 50;

/// Larger files are data, and no scripts.
const LARGEST_SCRIPT: u64 = 1 << 20;
/// The text before a computed name.
const COMPUTED: [&str; 2] = ["__P(${", "__property(${"];
/// The text before a property's name in a script that reads it.
const SCRIPT_READS: &str = "props.get(";

/// A warning for each; `read`: the properties that the plan is known to read.
pub(super) fn findings(plan: &PlanCheck, home: &JMeterHome, read: &[PlanProperty]) -> Vec<Finding> {
    let is_plugin = |path: &String| PlanFileKind::of(path) == PlanFileKind::Plugin;
    let known: HashSet<&str> = read.iter().map(|property| property.name.as_str()).collect();
    let unread_by_plan = |name: &&String| !known.contains(name.as_str());
    let given = plan.properties.keys().chain(plan.share.keys());
    let mut given: Vec<&String> = given.filter(unread_by_plan).collect();
    if given.is_empty() || plan.files.keys().any(is_plugin) || home.has_plugins() {
        return Vec::new();
    }
    let own = home.property_names();
    // Its files do not list all of them; unlisted ones have the same prefix as others.
    let is_own = |name: &str| {
        let family = name.split_once('.').map(|(family, _)| format!("{family}."));
        own.contains(name) || family.is_some_and(|family| own.iter().any(|known| known.starts_with(&family)))
    };
    given.retain(|name| !is_own(name));
    let places = std::iter::once(&plan.main).chain(plan.files.values().filter(is_small));
    let texts: Vec<String> = places.filter_map(|place| text_of(place)).collect();
    if texts.iter().any(|text| computes_names(text)) {
        return Vec::new();
    }
    let names: Vec<&str> = read.iter().map(|property| property.name.as_str()).collect();
    let hint = match &names[..] {
        [] => "The plan reads no property with ${__P(…)} or ${__property(…)}.".to_owned(),
        names if names.len() > NAMED => format!("The plan reads {} and others.", names[..NAMED].join(", ")),
        names => format!("The plan reads {}.", names.join(", ")),
    };
    let unread = given.into_iter().filter(|name| !texts.iter().any(|text| has_word(text, name)));
    let finding = |name: &String| Finding {
        severity: Severity::Warning,
        code: "property_unread".to_owned(),
        element: None,
        message: format!("Property '{name}' does not seem to be used by the plan or JMeter."),
        hint: Some(hint.clone()),
        params: [("property".to_owned(), name.clone())].into(),
    };
    unread.map(finding).collect()
}

fn is_small(place: &&PathBuf) -> bool {
    std::fs::metadata(place).is_ok_and(|file| file.len() <= LARGEST_SCRIPT)
}

/// An unreadable file is reported by the check itself.
fn text_of(place: &Path) -> Option<String> {
    std::fs::read(place).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn computes_names(text: &str) -> bool {
    let in_scripts = text.match_indices(SCRIPT_READS).any(|(at, _)| {
        let argument = text[at + SCRIPT_READS.len()..].trim_start();
        // As in a script of its own, and as in a plan.
        !["\"", "'", "&quot;", "&apos;"].iter().any(|quote| argument.starts_with(quote))
    });
    in_scripts || COMPUTED.iter().any(|begin| text.contains(begin))
}

/// Whether the name occurs as a whole word; Groovy also reads a property as `props.name`.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '.' | '_' | '-');
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let begins = before.ends_with("props.") || !before.chars().next_back().is_some_and(is_part);
        begins && !after.chars().next().is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_where_it_stands_alone() {
        assert!(
            has_word("props.get(\"host\")", "host") && has_word("${__P(host,x)}", "host") && has_word("host", "host")
        );
        assert!(has_word("${__groovy(props.host)}", "host") && has_word("hosts, host", "host"));
        assert!(!has_word("${__P(target.host,x)}", "host") && !has_word("hosts host_name", "host"));
    }

    #[test]
    fn names_that_are_computed_are_seen() {
        assert!(computes_names("${__P(${__threadNum}.host)}") && computes_names("props.get(env + '.host')"));
        assert!(!computes_names("${__P(host,${__threadNum})} props.get('host') props.get(&quot;port&quot;)"));
    }
}
