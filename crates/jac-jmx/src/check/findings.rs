//! Collects findings: a limited number of each code, and the number of the others.

use std::collections::BTreeMap;

use super::{Finding, Severity};

/// Maximum number of findings with one code: a person with a hundred of a kind fixes the cause.
const MAX_PER_CODE: usize = 100;
/// The longest message or name, in characters.
const MAX_TEXT: usize = 2_000;

#[derive(Default)]
pub(crate) struct Findings {
    found: Vec<Finding>,
    /// How many there are of each code, with the severity of the last one.
    counts: BTreeMap<String, (usize, Severity)>,
    has_error: bool,
}

/// The added finding, for adding its parameters.
pub(super) struct Added<'f>(Option<&'f mut Finding>);

impl Added<'_> {
    /// Adds a parameter.
    pub(super) fn with(self, name: &str, value: impl ToString) -> Self {
        let Added(Some(finding)) = self else { return self };
        finding.params.insert(name.to_owned(), cut(value.to_string()));
        Added(Some(finding))
    }
}

impl Findings {
    pub(super) fn add(
        &mut self,
        severity: Severity,
        code: &str,
        element: Option<&str>,
        message: String,
        hint: &str,
    ) -> Added<'_> {
        self.has_error |= severity == Severity::Error;
        let (count, of) = self.counts.entry(code.to_owned()).or_insert((0, severity));
        (*count, *of) = (*count + 1, severity.min(*of));
        if *count > MAX_PER_CODE {
            return Added(None);
        }
        self.found.push(Finding {
            severity,
            code: code.to_owned(),
            element: element.filter(|name| !name.is_empty()).map(|name| cut(name.to_owned())),
            message: cut(message),
            hint: (!hint.is_empty()).then(|| cut(hint.to_owned())),
            params: BTreeMap::new(),
        });
        Added(self.found.last_mut())
    }

    /// All findings, errors first and otherwise in the order of the plan, and whether there is no error.
    pub(super) fn sorted(mut self) -> (Vec<Finding>, bool) {
        for (code, (count, severity)) in std::mem::take(&mut self.counts) {
            if count > MAX_PER_CODE {
                let more = count - MAX_PER_CODE;
                let message = format!("There are {more} more findings of this kind ({code}).");
                self.add(severity, "more_findings", None, message, "").with("code", &code).with("count", more);
            }
        }
        self.found.sort_by_key(|finding| finding.severity);
        (self.found, !self.has_error)
    }
}

/// Truncates a list and adds a finding about it.
pub(super) fn shorten<T>(list: &mut Vec<T>, most: usize, what: &str, findings: &mut Findings) {
    let count = list.len();
    if count > most {
        list.truncate(most);
        let message = format!("The plan has {count} {what}, of which {most} are listed.");
        findings.add(Severity::Info, "list_shortened", None, message, "").with("what", what).with("count", count);
    }
}

/// The beginning of a text that is too long to be shown.
pub(crate) fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
