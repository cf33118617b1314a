//! Uploads that were begun, in a file of the run's folder: another process goes on with them.

use crate::runs::write_file;
use async_trait::async_trait;
use jac_artefacts::{ArtefactError, Begun, Journal};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokio::sync::Mutex;

/// The file, as long as there is something in it.
pub(super) const JOURNAL: &str = "uploads.json";

/// The uploads of one run.
pub(super) struct RunJournal {
    path: PathBuf,
    begun: Mutex<BTreeMap<String, Begun>>,
}

impl RunJournal {
    /// What the folder has. A journal that cannot be read is none: uploads are then begun anew.
    pub fn of(folder: &Path) -> Self {
        let path = folder.join(JOURNAL);
        let begun = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { path, begun: Mutex::new(begun) }
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
        let failed = |detail: String| ArtefactError::File { name: JOURNAL.to_owned(), detail };
        let bytes = serde_json::to_vec(&*known).map_err(|error| failed(error.to_string()))?;
        let (path, is_empty) = (self.path.clone(), known.is_empty());
        let written = tokio::task::spawn_blocking(move || {
            if is_empty {
                return std::fs::remove_file(&path).map_err(|error| error.to_string());
            }
            write_file(&path, &bytes).map_err(|error| error.to_string())
        });
        written.await.map_err(|panic| failed(panic.to_string()))?.map_err(failed)
    }
}
