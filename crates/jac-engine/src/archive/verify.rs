//! Reading a stored run again, and comparing it with its manifest.

use crate::engine::Engine;
use crate::error::EngineError;
use jac_artefacts::{ArtefactError, ArtefactStore, Checked, run_prefix};
use jac_model::RunId;
use serde::{Deserialize, Serialize};

/// Result of verifying a stored run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verified {
    /// The address of its objects.
    pub address: String,
    /// Whether there is a manifest, i.e. the upload was complete.
    pub is_stored: bool,
    /// How many objects the manifest names.
    pub objects: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Missing objects.
    pub missing: Vec<String>,
    /// Objects whose content differs from the manifest.
    pub different: Vec<String>,
}

impl Engine {
    /// Reads all objects of a run in the store and compares them with the manifest there. `None`: it takes longer and
    /// continues; repeat the call to wait again.
    ///
    /// # Errors
    /// When no store is configured, or it cannot be reached.
    pub async fn verify_archive(&self, run: &RunId) -> Result<Option<Verified>, EngineError> {
        let run = self.store().run(run).await?.run;
        let work = verify(self.store_of(&run)?, run_prefix(&run.id, run.created_ms));
        let what = format!("the verification of the run {}", run.id);
        self.wait_for_job(&self.archives().verifying, run.id, what, work).await
    }
}

async fn verify(store: ArtefactStore, prefix: String) -> Result<Verified, ArtefactError> {
    let mut verified = Verified {
        address: format!("{}/{prefix}", store.address()),
        is_stored: false,
        objects: 0,
        bytes: 0,
        missing: Vec::new(),
        different: Vec::new(),
    };
    let Some(manifest) = store.manifest(&prefix).await? else { return Ok(verified) };
    verified.is_stored = true;
    for object in &manifest.objects {
        verified.objects += 1;
        verified.bytes += object.bytes;
        match store.check(&prefix, object).await? {
            Checked::Same => (),
            Checked::Missing => verified.missing.push(object.name.clone()),
            Checked::Differs => verified.different.push(object.name.clone()),
        }
    }
    Ok(verified)
}
