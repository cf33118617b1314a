//! Runs shown by a share link: the cookie of an opened link, and the runs that it gives access to.

use super::{bearer, cookies};
use crate::App;
use crate::answers::Reader;
use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use jac_engine::{Engine, EngineError};
use jac_model::{Run, RunId, authorize};
use jac_store::ShareRow;

/// The name of the cookie of an opened link.
pub const SHARE_COOKIE: &str = "share";

/// The link that the request's cookie has opened, if it is still valid. A cookie of an invalid one counts as none: the
/// browser of a person with an account keeps it for a long time, and that person should sign in.
async fn opened(app: &App, headers: &HeaderMap) -> Result<Option<ShareRow>, ApiError> {
    for secret in cookies(app, SHARE_COOKIE, headers) {
        if let Some(share) = app.engine.store().share_with(secret, app.engine.now_ms()).await? {
            return Ok(Some(share));
        }
    }
    Ok(None)
}

/// The response for a link that is no longer valid.
pub fn invalid() -> ApiError {
    ApiError::Request {
        status: axum::http::StatusCode::UNAUTHORIZED,
        code: "share_invalid",
        message: "This link is invalid, expired or revoked.".to_owned(),
        hint: Some("Ask whoever sent it for a new one.".to_owned()),
    }
}

/// A caller who may view runs: signed in, or with an opened link that shows exactly these.
pub struct Viewing {
    engine: Engine,
    /// The identity that limits count by: a person's id, or the link's.
    pub who: String,
    /// `None`: the caller may view all runs.
    only: Option<Vec<RunId>>,
}

impl Viewing {
    /// The engine, for these runs.
    ///
    /// # Errors
    /// When the link does not show exactly these runs, in this order.
    pub fn exactly(&self, runs: &[RunId]) -> Result<&Engine, ApiError> {
        match &self.only {
            Some(only) if only.as_slice() != runs => Err(ApiError::SignedOut),
            _ => Ok(&self.engine),
        }
    }

    fn one_of(&self, run: &RunId) -> Result<&Engine, ApiError> {
        match &self.only {
            Some(only) if !only.contains(run) => Err(ApiError::SignedOut),
            _ => Ok(&self.engine),
        }
    }
}

impl FromRequestParts<App> for Viewing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let engine = app.engine.clone();
        match super::principal(parts, app).await {
            Ok(caller) => {
                authorize(&caller, jac_model::Action::View, None).map_err(ApiError::Denied)?;
                Ok(Self { engine, who: caller.user.id, only: None })
            }
            // A cookie never substitutes for an invalid token.
            Err(refused) if bearer(&parts.headers).is_some() => Err(refused),
            Err(refused @ (ApiError::SignedOut | ApiError::Foreign)) => match opened(app, &parts.headers).await? {
                Some(share) => {
                    let who = format!("share {}", share.id);
                    Reader::is(parts, &who);
                    Ok(Self { engine, who, only: Some(share.runs) })
                }
                None => Err(refused),
            },
            Err(refused) => Err(refused),
        }
    }
}

/// A run that the path names, for a caller who may view it.
pub struct ViewedRun {
    pub thing: Run,
    /// The identity that limits count by: a person's id, or the link's.
    pub who: String,
    engine: Engine,
}

impl ViewedRun {
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

impl FromRequestParts<App> for ViewedRun {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let viewing = Viewing::from_request_parts(parts, app).await?;
        let text = super::allowed::id_of(parts, app).await;
        let id = text.parse::<RunId>().map_err(|_| EngineError::NotFound { kind: "run", id: text.clone() });
        let id = match (id, &viewing.only) {
            (Ok(id), _) => id,
            (Err(_), Some(_)) => return Err(ApiError::SignedOut),
            (Err(error), None) => return Err(error.into()),
        };
        let engine = viewing.one_of(&id)?.clone();
        let thing = engine.store().run(&id).await?.run;
        Ok(Self { thing, who: viewing.who, engine })
    }
}
