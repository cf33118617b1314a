//! Addresses for downloading stored objects directly from the store.

use crate::engine::Engine;
use crate::error::EngineError;
use jac_artefacts::object_name;
use jac_model::{EpochMs, RunId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const VALID_FOR: Duration = Duration::from_secs(15 * 60);

/// A presigned address of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Link {
    pub url: String,
    /// When it expires.
    pub expires_ms: EpochMs,
}

impl Engine {
    /// Signs an address of an artefact. A compressed one is downloaded as it is stored.
    ///
    /// # Errors
    /// When no store is configured, it signs no addresses (a folder), or it does not have the artefact.
    pub async fn archive_link(&self, run: &RunId, name: &str) -> Result<Link, EngineError> {
        // Reported if there is no store at all.
        self.store_of(&self.store().run(run).await?.run)?;
        let (id, name) = (run.clone(), name.to_owned());
        let missing = EngineError::NotFound { kind: "stored artefact", id: name.clone() };
        let object = self
            .run_blocking(move |engine| {
                // The manifest may belong to a different store than the run's current one.
                let Some((store, manifest)) = engine.archived(&id)? else { return Ok(None) };
                let object = super::remote_file(&manifest, &name).or_else(|| manifest.object(&object_name(&name)));
                Ok(object.map(|object| (store, format!("{}{}", manifest.prefix(), object.name))))
            })
            .await?;
        let (store, object) = object.ok_or(missing)?;
        let valid_ms = EpochMs::try_from(VALID_FOR.as_millis()).unwrap_or(EpochMs::MAX);
        let expires_ms = self.now_ms() + valid_ms;
        let signed = store.link(&object, VALID_FOR).await?;
        let url = signed.ok_or_else(|| EngineError::Conflict {
            message: "This store does not support download links.".to_owned(),
            hint: Some("Download it from the run page.".to_owned()),
        })?;
        Ok(Link { url, expires_ms })
    }
}
