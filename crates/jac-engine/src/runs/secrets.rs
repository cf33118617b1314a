//! Secret values of properties: secret because of the property's name, or because the person who started the run marked
//! them. They are masked in the run's row, and so in every page, response and report. Until JMeter has them they are
//! stored encrypted next to it.

use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::ports::CredentialSource;
use jac_model::{Fault, Run, RunId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The replacement of a secret value.
const MASK: &str = "***";

/// Parts of names whose values are secrets, without `-`, `_` and `.`.
const PARTS_OF_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "authorization",
    "bearer",
];

type Properties = BTreeMap<String, String>;

/// The true values of the masked properties.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub properties: Properties,
    pub system_properties: Properties,
}

/// Whether a property's name shows that its value is a secret.
fn names_a_secret(name: &str) -> bool {
    let name: String = name.to_lowercase().chars().filter(|letter| !matches!(letter, '-' | '_' | '.')).collect();
    PARTS_OF_NAMES.iter().any(|part| name.contains(part))
}

fn purpose(run: &RunId) -> String {
    format!("properties of {run}")
}

/// Masks the secret ones, and returns their true values.
pub(crate) fn take_out(properties: &mut Properties, marked: &[String]) -> Properties {
    let is_secret = |name: &str| names_a_secret(name) || marked.iter().any(|marked| marked == name);
    let mut taken = Properties::new();
    for (name, value) in properties.iter_mut().filter(|(name, value)| is_secret(name) && !value.is_empty()) {
        taken.insert(name.clone(), std::mem::replace(value, MASK.to_owned()));
    }
    taken
}

/// Replaces masks by the known values.
pub(crate) fn unmask(properties: &mut Properties, known: &Properties) {
    for (name, value) in properties.iter_mut().filter(|(_, value)| *value == MASK) {
        if let Some(true_value) = known.get(name) {
            value.clone_from(true_value);
        }
    }
}

/// A fault for each value that is still a mask: it was copied from a response, and JMeter would use it as the secret.
pub(crate) fn faults_of_masks(properties: &Properties, system_properties: &Properties) -> Vec<Fault> {
    [("/properties", properties), ("/system_properties", system_properties)]
        .into_iter()
        .flat_map(|(field, all)| all.iter().filter(|(_, value)| *value == MASK).map(move |(name, _)| (field, name)))
        .map(|(field, name)| {
            Fault::at(field, "secret_missing", format!("Enter the value of '{name}' again: it is masked."))
        })
        .collect()
}

/// Masks the values of a run's properties with names of secrets, if an earlier version did not. This copy loses their values.
pub(crate) fn mask(run: &mut Run) {
    take_out(&mut run.properties, &[]);
    take_out(&mut run.system_properties, &[]);
}

impl Engine {
    /// Masks the run's secrets and stores them sealed next to it.
    pub(super) fn seal_secrets(&self, run: &mut Run, marked: &[String]) -> Result<(), EngineError> {
        let sealed = Sealed {
            properties: take_out(&mut run.properties, marked),
            system_properties: take_out(&mut run.system_properties, marked),
        };
        if sealed.properties.is_empty() && sealed.system_properties.is_empty() {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&sealed).map_err(|error| EngineError::JMeter(error.to_string()))?;
        run.sealed_properties = Some(hex::encode(self.vault().seal(&purpose(&run.id), &bytes)?));
        Ok(())
    }

    /// The run with the true values, for JMeter. It is never stored.
    pub(super) fn with_secrets(&self, run: &Run) -> Result<Run, EngineError> {
        let mut run = run.clone();
        if let Some(sealed) = run.sealed_properties.take() {
            let unreadable = |error: &dyn std::fmt::Display| {
                EngineError::JMeter(format!("The run's secret properties cannot be read: {error}."))
            };
            let sealed = hex::decode(sealed).map_err(|error| unreadable(&error))?;
            let bytes = self.vault().open(&purpose(&run.id), &sealed)?;
            let open: Sealed = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
            run.properties.extend(open.properties);
            run.system_properties.extend(open.system_properties);
        }
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_and_others_are_left_alone() {
        for secret in
            ["password", "db.Password", "API_KEY", "api-key", "auth.token", "clientSecret", "aws.access.key", "my_pwd"]
        {
            assert!(names_a_secret(secret), "{secret}");
        }
        for open in ["threads", "host", "keyword", "path", "duration", "users.csv"] {
            assert!(!names_a_secret(open), "{open}");
        }
        let mut properties = BTreeMap::from(
            [("password", "p"), ("host", "h"), ("pin", "1234"), ("token", "")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let taken = take_out(&mut properties, &["pin".to_owned()]);
        assert_eq!(
            taken.into_iter().collect::<Vec<_>>(),
            [("password".to_owned(), "p".to_owned()), ("pin".to_owned(), "1234".to_owned())]
        );
        assert_eq!(properties.into_values().collect::<Vec<_>>(), ["h", MASK, MASK, ""]);
    }
}
