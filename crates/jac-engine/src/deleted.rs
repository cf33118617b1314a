//! Folders of deleted runs on their way out: first out of the way, then removed. What could not be removed at once, on a full
//! disk for one, is tried again now and then. A folder whose run has its row is left alone: that deletion did not come about.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::plans::remove_folder;
use jac_model::RunId;
use jac_store::StoreError;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::sleep;

const SWEEP_EVERY: Duration = Duration::from_secs(10 * 60);
const PREFIX: &str = "deleted-";

/// Where a deleted run's folder waits for its removal.
pub(crate) fn place(engine: &Engine, run: &RunId) -> PathBuf {
    engine.folder().uploads().join(format!("{PREFIX}{run}"))
}

/// Removes what is left, until the engine ends.
pub(crate) async fn sweep_forever(engine: Engine) {
    loop {
        sleep(SWEEP_EVERY).await;
        if let Err(error) = sweep(&engine).await {
            tracing::warn!(%error, "folders of deleted runs cannot be removed: {error}");
        }
    }
}

async fn sweep(engine: &Engine) -> Result<(), EngineError> {
    for entry in std::fs::read_dir(engine.folder().uploads()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let run = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|id| id.parse::<RunId>().ok());
        let Some(run) = run else { continue };
        match engine.store().run(&run).await {
            Err(StoreError::NotFound { .. }) => {
                let folder = entry.path();
                // Gigabytes take their time.
                drop(tokio::task::spawn_blocking(move || remove_folder(&folder)).await);
            }
            Err(error) => return Err(error.into()),
            Ok(_) => (),
        }
    }
    Ok(())
}
