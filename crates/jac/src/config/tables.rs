//! Tables of the file, e.g. `[[notify]]` and `[[search]]`: each is read and checked until all its faults are known.

use super::build::Typed;
use super::read::{Source, Value};
use serde::de::DeserializeOwned;
use serde_json::Map;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A fault of one setting of a table.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The setting's name in its table; empty: the table as a whole.
    pub key: String,
    pub message: String,
}

pub(super) fn wrong(key: impl Into<String>, message: impl Into<String>) -> Wrong {
    Wrong { key: key.into(), message: message.into() }
}

/// A table with a name.
pub(super) trait Table: DeserializeOwned + Clone {
    /// The settings that every table needs, each with a value that replaces a missing or faulty one while the others are checked.
    const REQUIRED: &'static [(&'static str, &'static str)];
    /// The setting without which the others can be parsed, but not checked.
    const DECISIVE: Option<&'static str> = None;

    fn name(&self) -> &str;

    /// Replaces a faulty setting with one that is valid, so that the others can be checked.
    fn repair(&mut self, key: &str);
}

/// A name for a table whose own name is invalid.
pub(super) const VALID_NAME: &str = "replaced";

/// Builds the value of a table, or returns all its faults.
pub(super) fn made_of<T: Table, S>(
    mut table: T,
    mut faults: Vec<Wrong>,
    make: impl Fn(T) -> Result<S, Wrong>,
) -> Result<S, Vec<Wrong>> {
    loop {
        match make(table.clone()) {
            Ok(made) => return if faults.is_empty() { Ok(made) } else { Err(faults) },
            // A second fault of a key that was replaced already is not reported.
            Err(fault) if faults.iter().any(|known| known.key == fault.key) => return Err(faults),
            Err(fault) => {
                table.repair(&fault.key);
                faults.push(fault);
            }
        }
    }
}

/// Reads a table; invalid settings are replaced. `None`: a missing setting is needed to check the rest.
fn read<T: Table>(mut object: Map<String, serde_json::Value>, faults: &mut Vec<Wrong>) -> Option<T> {
    loop {
        for (key, replacement) in T::REQUIRED {
            if object.contains_key(*key) {
                continue;
            }
            if !faults.iter().any(|known| known.key == *key) {
                faults.push(wrong(*key, "This setting is required."));
            }
            object.insert((*key).to_owned(), (*replacement).into());
        }
        let error = match serde_path_to_error::deserialize(serde_json::Value::Object(object.clone())) {
            Ok(table) => {
                let is_decided = !faults.iter().any(|fault| Some(fault.key.as_str()) == T::DECISIVE);
                return is_decided.then_some(table);
            }
            Err(error) => error,
        };
        let key = error.path().to_string();
        let key = key.split(['.', '[']).next().unwrap_or_default().to_owned();
        let is_known = object.remove(&key).is_some();
        let message = format!("{}.", error.into_inner());
        if !is_known {
            faults.push(wrong("", message));
            return None;
        }
        faults.push(wrong(key, message));
    }
}

impl Typed<'_> {
    /// Builds the value of each table of that key, whose names are unique; files are relative to the configuration's folder.
    pub(super) fn each<T: Table, S>(
        &mut self,
        key: &str,
        names: &mut BTreeSet<String>,
        make: impl Fn(T, &Path) -> Result<S, Wrong>,
    ) -> Vec<S> {
        let folder = match self.source(key) {
            Source::File(path) => path.parent().map(Path::to_owned).unwrap_or_default(),
            _ => PathBuf::new(),
        };
        let Some(Value::Tables(tables)) = self.value(key).cloned() else { return Vec::new() };
        let mut found = Vec::new();
        for (number, table) in tables.into_iter().enumerate() {
            let mut faults = Vec::new();
            let table: Option<T> = read(table.into_iter().collect(), &mut faults);
            let made = match table {
                None => Err(faults),
                Some(table) => {
                    let name = table.name();
                    // An invalid name was replaced, with the same for each table.
                    if !faults.iter().any(|fault| fault.key == "name") && !names.insert(name.to_owned()) {
                        faults.push(wrong("name", format!("Duplicate name '{name}'.")));
                    }
                    made_of(table, faults, |table| make(table, &folder))
                }
            };
            match made {
                Ok(made) => found.push(made),
                Err(faults) => {
                    for Wrong { key: part, message } in faults {
                        let part = if part.is_empty() { String::new() } else { format!(".{part}") };
                        self.refuse_because(key, format!("Table {}{part}: {message}", number + 1));
                    }
                }
            }
        }
        found
    }
}
