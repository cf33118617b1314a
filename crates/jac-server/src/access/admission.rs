//! What a request was let in with, to be asked for again when its body has come, or its turn: both may take their time, and whoever asks may
//! be signed out, disabled or have lost a right in the meantime.

use crate::App;
use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use jac_model::Principal;
use std::convert::Infallible;
use std::pin::Pin;

/// Finds the caller and checks the right that a handler's signature names.
pub(super) type Ask =
    for<'a> fn(&'a mut Parts, &'a App) -> Pin<Box<dyn Future<Output = Result<Principal, ApiError>> + Send + 'a>>;

/// What was asked and who it was, among the extensions of a request: a signature may name several rights.
#[derive(Clone, Default)]
struct Asked(Vec<(Ask, Principal)>);

/// Notes that a right was asked for.
pub(super) fn note(parts: &mut Parts, ask: Ask, caller: &Principal) {
    parts.extensions.get_or_insert_default::<Asked>().0.push((ask, caller.clone()));
}

/// The head of a request and the rights that it was let in with.
pub struct Admission {
    head: Parts,
    asked: Asked,
}

impl Admission {
    /// Of a request whose rights have been checked; one that needs none is let in again.
    pub fn of<B>(request: &Request<B>) -> Self {
        let (mut head, ()) = Request::new(()).into_parts();
        head.method.clone_from(request.method());
        head.uri.clone_from(request.uri());
        head.version = request.version();
        head.headers.clone_from(request.headers());
        head.extensions.clone_from(request.extensions());
        Self::of_head(head)
    }

    fn of_head(head: Parts) -> Self {
        let asked = head.extensions.get::<Asked>().cloned().unwrap_or_default();
        Self { head, asked }
    }

    /// Asks for the caller and their rights again.
    ///
    /// # Errors
    /// When they are not signed in any more, may not do it any more, or are not who they were: a handler has looked at that.
    pub async fn still_holds(&self, app: &App) -> Result<(), ApiError> {
        for (ask, before) in &self.asked.0 {
            if ask(&mut self.head.clone(), app).await? != *before {
                return Err(changed());
            }
        }
        Ok(())
    }
}

/// For a handler that waits for something else than its body before it does what was asked for. In its signature it stands behind the rights.
impl FromRequestParts<App> for Admission {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self::of_head(parts.clone()))
    }
}

fn changed() -> ApiError {
    ApiError::Request {
        status: StatusCode::CONFLICT,
        code: "rights_changed",
        message: "Your role or teams changed while the request was being processed.".to_owned(),
        hint: Some("Send it again.".to_owned()),
    }
}
