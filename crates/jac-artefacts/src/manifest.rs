//! `manifest.json`: the list of a run's objects in the store. It is written last: if it exists, everything does.

use jac_model::{EpochMs, RunId};
use serde::{Deserialize, Serialize};

/// Its name.
pub const MANIFEST: &str = "manifest.json";
/// Incremented when a field changes its meaning; an added field needs no new number.
const SCHEMA: u32 = 1;

/// The objects of a run in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    schema: u32,
    /// The JAC that wrote it.
    pub jac_version: String,
    /// The store of its objects: those of another store are not there.
    #[serde(default)]
    pub store: String,
    pub run: RunId,
    /// When the run was requested: the prefix contains its month.
    pub created_ms: EpochMs,
    /// When the last of its objects was there.
    pub stored_ms: EpochMs,
    /// Samples in the result log, transactions counted.
    pub samples: u64,
    /// In the order of their names.
    pub objects: Vec<StoredObject>,
}

/// An object of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// Relative to the run's prefix.
    pub name: String,
    pub bytes: u64,
    /// Of its content, in hexadecimal digits.
    pub sha256: String,
    /// Of a compressed log: its length once it is unpacked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpacked_bytes: Option<u64>,
}

/// The part that manifests of all versions have.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

impl Manifest {
    pub fn new(
        run: RunId,
        created_ms: EpochMs,
        stored_ms: EpochMs,
        samples: u64,
        mut objects: Vec<StoredObject>,
        jac_version: &str,
    ) -> Self {
        objects.sort_by(|a, b| a.name.cmp(&b.name));
        let (jac_version, store) = (jac_version.to_owned(), String::new());
        Self { schema: SCHEMA, jac_version, store, run, created_ms, stored_ms, samples, objects }
    }

    /// Parses a manifest.
    ///
    /// # Errors
    /// A phrase that says why it cannot be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice(bytes) {
            Ok(Version { schema }) if schema > SCHEMA => {
                Err(format!("it was written by a newer version of JAC (schema {schema})"))
            }
            Ok(_) => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Serializes it.
    ///
    /// # Errors
    /// When serialization to JSON fails, which does not happen.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec_pretty(self).map_err(|error| error.to_string())
    }

    /// The same, for that store.
    #[must_use]
    pub fn put_into(self, store: &str) -> Self {
        Self { store: store.to_owned(), ..self }
    }

    /// The object of that name.
    pub fn object(&self, name: &str) -> Option<&StoredObject> {
        self.objects.iter().find(|object| object.name == name)
    }

    /// Its prefix, with a slash at its end.
    pub fn prefix(&self) -> String {
        crate::run_prefix(&self.run, self.created_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_a_newer_jac_is_refused_and_fields_that_are_added_are_not() {
        let run: RunId = "r-22222222".parse().expect("an id");
        let manifest = Manifest::new(run, 1, 2, 3, Vec::new(), "1.0");
        let mut value = serde_json::to_value(&manifest).expect("JSON");
        value["something"] = "added".into();
        assert_eq!(Manifest::parse(&serde_json::to_vec(&value).expect("JSON")), Ok(manifest));
        value["schema"] = 2.into();
        assert!(Manifest::parse(&serde_json::to_vec(&value).expect("JSON")).is_err());
    }
}
