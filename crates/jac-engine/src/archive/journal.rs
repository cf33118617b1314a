//! Started uploads, in a file of the run's folder, so that another process can resume them. The file exists from before the first
//! request to the store until the run is stored, so that a run which is deleted meanwhile is removed there too.

use crate::regular_file::read_regular;
use crate::runs::write_file;
use async_trait::async_trait;
use jac_artefacts::{ArtefactError, Begun, Journal};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokio::sync::Mutex;

/// The file, as long as there is something in it.
pub(super) const JOURNAL: &str = "uploads.json";

/// The uploads in a folder's journal.
pub(crate) fn begun_in(folder: &Path) -> BTreeMap<String, Begun> {
    // Without a readable journal uploads are started again; parts of the earlier ones stay until a lifecycle rule of the bucket removes them.
    let bytes = read_regular(&folder.join(JOURNAL)).ok();
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// The uploads of one run.
pub(super) struct RunJournal {
    path: PathBuf,
    begun: Mutex<BTreeMap<String, Begun>>,
}

impl RunJournal {
    /// The folder's uploads. If the journal cannot be read, they are started again.
    pub fn of(folder: &Path) -> Self {
        Self { path: folder.join(JOURNAL), begun: Mutex::new(begun_in(folder)) }
    }

    /// Records that objects of the run may be in the store.
    pub async fn open(&self) -> Result<(), ArtefactError> {
        let begun = self.begun.lock().await;
        self.save(&begun).await
    }

    /// Removes the record: no upload is in progress any more.
    pub async fn close(&self) {
        let path = self.path.clone();
        let removed = tokio::task::spawn_blocking(move || std::fs::remove_file(path)).await;
        if !matches!(removed, Ok(Ok(()))) {
            tracing::debug!("{} stays", self.path.display());
        }
    }

    async fn save(&self, begun: &BTreeMap<String, Begun>) -> Result<(), ArtefactError> {
        let failed = |detail: String| ArtefactError::File { name: JOURNAL.to_owned(), detail };
        let bytes = serde_json::to_vec(begun).map_err(|error| failed(error.to_string()))?;
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || write_file(&path, &bytes).map_err(|error| error.to_string()));
        written.await.map_err(|panic| failed(panic.to_string()))?.map_err(failed)
    }
}

#[async_trait]
impl Journal for RunJournal {
    async fn begun(&self, name: &str) -> Option<Begun> {
        self.begun.lock().await.get(name).cloned()
    }

    async fn write(&self, name: &str, begun: Option<&Begun>) -> Result<(), ArtefactError> {
        let mut known = self.begun.lock().await;
        match begun {
            Some(begun) => drop(known.insert(name.to_owned(), begun.clone())),
            None if known.remove(name).is_none() => return Ok(()),
            None => (),
        }
        self.save(&known).await
    }
}
