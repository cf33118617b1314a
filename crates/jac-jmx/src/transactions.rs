//! The labels that a Transaction Controller includes, as far as the plan alone shows it.
//!
//! A CSV log has a row for each sample and one for the transaction, and nothing that connects them: only the plan does.

use crate::plan::{Element, Plan};
use std::collections::{BTreeMap, BTreeSet};

impl Plan {
    /// The labels directly inside each transaction, by the transaction's label: samplers, and transactions inside
    /// transactions. A label is omitted if it may also occur elsewhere: below another transaction or none, or in a plan
    /// that runs elements of other files or other places. The same applies if its name, or its transaction's name, has
    /// a function or variable, and to everything inside a transaction with *Generate parent sample*: its samples have
    /// no rows.
    pub fn transactions(&self) -> BTreeMap<String, Vec<String>> {
        if self.elements.iter().any(|element| element.active && element.borrows_elements()) {
            return BTreeMap::new();
        }
        let mut labels = Vec::new();
        let mut places: BTreeMap<&str, BTreeSet<Option<&str>>> = BTreeMap::new();
        // A plugin's element may be a sampler: then its label is in the log.
        let has_label =
            |element: &Element| element.active && (is_transaction(element) || element.is_sampler() != Some(false));
        for (element, around) in self.elements.iter().zip(self.transactions_around()) {
            let label = element.name.as_str();
            if has_label(element) && places.entry(label).or_default().insert(around) {
                labels.push(label);
            }
        }
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for label in labels.into_iter().filter(|label| is_constant(label)) {
            if let [Some(transaction)] = places[label].iter().copied().collect::<Vec<_>>()[..]
                && transaction != label
            {
                found.entry(transaction.to_owned()).or_default().push(label.to_owned());
            }
        }
        found
    }

    /// Of each element the label of the innermost transaction around it; `None`: it is in no transaction, or the transaction's label is not known.
    fn transactions_around(&self) -> Vec<Option<&str>> {
        let mut around: Vec<Option<&str>> = Vec::with_capacity(self.elements.len());
        for element in &self.elements {
            // A parent comes before its children.
            let parent = element.parent.map(|at| (&self.elements[at], around[at]));
            around.push(match parent {
                Some((parent, _)) if is_transaction(parent) => label_with_rows(parent),
                Some((_, around)) => around,
                None => None,
            });
        }
        around
    }
}

/// The label of a transaction whose samples have rows of their own.
fn label_with_rows(transaction: &Element) -> Option<&str> {
    let has_rows = transaction.text("TransactionController.parent").is_none_or(|text| text == "false");
    (has_rows && is_constant(&transaction.name)).then_some(transaction.name.as_str())
}

fn is_transaction(element: &Element) -> bool {
    element.kind() == "TransactionController"
}

fn is_constant(label: &str) -> bool {
    !label.is_empty() && !label.contains("${")
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use std::collections::BTreeMap;

    fn element(tag: &str, name: &str, properties: &str, below: &str) -> String {
        format!(r#"<{tag} guiclass="{tag}Gui" testname="{name}">{properties}</{tag}><hashTree>{below}</hashTree>"#)
    }

    fn sampler(name: &str) -> String {
        element("HTTPSamplerProxy", name, "", "")
    }

    fn transaction(name: &str, below: &[String]) -> String {
        let parent = r#"<boolProp name="TransactionController.parent">false</boolProp>"#;
        element("TransactionController", name, parent, &below.concat())
    }

    fn transactions(below: &[String]) -> BTreeMap<String, Vec<String>> {
        let plan = element("TestPlan", "P", "", &element("ThreadGroup", "G", "", &below.concat()));
        let text = format!(
            r#"<?xml version="1.0"?><jmeterTestPlan version="1.2"><hashTree>{plan}</hashTree></jmeterTestPlan>"#
        );
        Plan::parse(text.as_bytes()).expect("a plan").transactions()
    }

    fn expected(all: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        all.iter()
            .map(|(name, labels)| ((*name).to_owned(), labels.iter().map(|label| (*label).to_owned()).collect()))
            .collect()
    }

    #[test]
    fn samplers_and_transactions_are_inside_the_innermost_transaction() {
        let inner = transaction("Pay", &[sampler("Card"), sampler("Confirm")]);
        let looped = element("LoopController", "Twice", "", &sampler("Add"));
        let twice = [sampler("Home"), transaction("Buy", &[looped, inner]), transaction("Buy", &[sampler("Add")])];
        assert_eq!(transactions(&twice), expected(&[("Buy", &["Add", "Pay"]), ("Pay", &["Card", "Confirm"])]));
    }

    #[test]
    fn a_label_that_may_be_of_another_place_is_in_none() {
        let shared = [transaction("A", &[sampler("Login"), sampler("One")]), transaction("B", &[sampler("Login")])];
        assert_eq!(transactions(&shared), expected(&[("A", &["One"])]));
        let outside = [transaction("A", &[sampler("Login")]), sampler("Login")];
        assert_eq!(transactions(&outside), expected(&[]));
        let plugin = [transaction("A", &[sampler("Login")]), element("com.example.Visit", "Login", "", "")];
        assert_eq!(transactions(&plugin), expected(&[]), "what it is cannot be told");
        let module = [transaction("A", &[sampler("Login")]), element("ModuleController", "M", "", "")];
        assert_eq!(transactions(&module), expected(&[]), "its labels are of elsewhere");
    }

    #[test]
    fn names_with_functions_and_parent_samples_fold_nothing() {
        let variable =
            [transaction("A ${n}", &[sampler("One")]), transaction("B", &[sampler("Item ${n}"), sampler("Two")])];
        assert_eq!(transactions(&variable), expected(&[("B", &["Two"])]));
        for text in ["true", "${__P(parent)}"] {
            let property = format!(r#"<boolProp name="TransactionController.parent">{text}</boolProp>"#);
            let parent = element("TransactionController", "A", &property, &sampler("One"));
            assert_eq!(transactions(&[parent]), expected(&[]), "{text}");
        }
        let disabled =
            r#"<HTTPSamplerProxy guiclass="HttpTestSampleGui" testname="One" enabled="false"/><hashTree/>"#.to_owned();
        assert_eq!(transactions(&[transaction("A", &[sampler("One")]), disabled]), expected(&[("A", &["One"])]));
    }
}
