//! Findings about JAC itself: properties that it sets, and the folder of plugins.

use jac_jmeter::properties::{Own, is_own_system_property, own};
use jac_jmx::{Finding, Properties, Severity};
use std::collections::BTreeMap;

/// Reports values that JAC rejects or would overwrite, before the start.
pub(super) fn properties(given: &Properties, system: &Properties) -> Vec<Finding> {
    let of_jmeter = given.iter().filter_map(|(name, value)| Some((name, own(name, value)?)));
    let of_java = system.keys().filter(|name| is_own_system_property(name)).map(|name| (name, Own::Refused));
    of_jmeter
        .map(|(name, own)| (name, own, "property"))
        .chain(of_java.map(|(name, own)| (name, own, "system property")))
        .map(|(name, own, what)| {
            let (severity, code, message) = match own {
                Own::Refused => (
                    Severity::Error,
                    "property_reserved",
                    format!("JAC sets the {what} {name} itself: collecting the samples of the workers depends on it."),
                ),
                Own::Overwritten => (
                    Severity::Warning,
                    "property_overwritten",
                    format!("JAC sets the {what} {name} itself, so the given value has no effect."),
                ),
            };
            finding(severity, code, message, "Remove it.", [("property", name.as_str()), ("set_by", "jac")])
        })
        .collect()
}

/// All plugins are in one folder on the nodes: two with the same name would overwrite each other.
pub(super) fn plugins<'a>(paths: impl Iterator<Item = &'a String>) -> Vec<Finding> {
    let mut by_name: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for path in paths {
        let name = path.rsplit('/').next().unwrap_or(path);
        if let Some(first) = by_name.get(name) {
            let message =
                format!("The plugins {first} and {path} have the same file name, so only one of them would be used.");
            let hint = "Remove or rename one of them.";
            found.push(finding(
                Severity::Error,
                "plugin_duplicate",
                message,
                hint,
                [("path", path.as_str()), ("other", *first)],
            ));
        } else {
            by_name.insert(name, path);
        }
    }
    found
}

fn finding<const N: usize>(
    severity: Severity,
    code: &str,
    message: String,
    hint: &str,
    params: [(&str, &str); N],
) -> Finding {
    Finding {
        severity,
        code: code.to_owned(),
        element: None,
        message,
        hint: Some(hint.to_owned()),
        params: params.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_that_jac_sets_are_reported_by_their_effect() {
        let given = |pairs: &[(&str, &str)]| -> Properties {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let of_jmeter = given(&[
            ("mode", "Asynch"),
            ("jmeter.save.saveservice.url", "false"),
            ("jmeter.save.saveservice.output_format", "csv"),
            ("threads", "5"),
        ]);
        let found =
            properties(&of_jmeter, &given(&[("java.rmi.server.hostname", "x"), ("javax.net.ssl.keyStore", "k")]));
        let mut reported: Vec<_> =
            found.iter().map(|f| (f.severity, f.code.as_str(), f.params["property"].as_str())).collect();
        reported.sort();
        assert_eq!(
            reported,
            [
                (Severity::Error, "property_reserved", "java.rmi.server.hostname"),
                (Severity::Error, "property_reserved", "mode"),
                (Severity::Warning, "property_overwritten", "jmeter.save.saveservice.url"),
            ]
        );
    }

    #[test]
    fn two_plugins_of_one_name_are_refused() {
        let paths = ["lib/a.jar", "lib/b.jar", "plugins/a.jar"].map(str::to_owned);
        let found = plugins(paths.iter());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code.as_str(), found[0].params["other"].as_str()), ("plugin_duplicate", "lib/a.jar"));
    }
}
