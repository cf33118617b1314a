//! What a request was let in with, to be asked for again when its body has come: a body may take its time, and whoever sends it may be
//! signed out, disabled or have lost a right in the meantime.

use crate::App;
use crate::error::ApiError;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use jac_model::Principal;
use jac_store::audit::AuditedChange;
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
        let asked = request.extensions().get::<Asked>().cloned().unwrap_or_default();
        Self { head, asked }
    }

    /// Asks for the caller and their rights again.
    ///
    /// # Errors
    /// When they are not signed in any more, may not do it any more, or are not who they were: a handler has looked at that.
    pub async fn still_holds(&self, app: &App) -> Result<(), ApiError> {
        let ask_all = async {
            for (ask, before) in &self.asked.0 {
                if ask(&mut self.head.clone(), app).await? != *before {
                    return Err(changed());
                }
            }
            Ok(())
        };
        // The use of a session or token may be noted by it, which is not the change that was asked for: that is recorded with what comes of it.
        AuditedChange::default().around(ask_all).await
    }
}

fn changed() -> ApiError {
    ApiError::Request {
        status: StatusCode::CONFLICT,
        code: "rights_changed",
        message: "Your role or teams changed while the request was being sent.".to_owned(),
        hint: Some("Send it again.".to_owned()),
    }
}
