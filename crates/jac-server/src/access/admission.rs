//! The credentials of a request, to be checked again when its body is complete or its turn has come: meanwhile the
//! caller may have been signed out, disabled or have lost a permission.

use crate::App;
use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use jac_model::Principal;
use jac_store::audit::AuditedChange;
use std::convert::Infallible;
use std::pin::Pin;

/// Determines the caller and checks the permission in a handler's signature.
pub(super) type Ask =
    for<'a> fn(&'a mut Parts, &'a App) -> Pin<Box<dyn Future<Output = Result<Principal, ApiError>> + Send + 'a>>;

/// The checked permissions and the caller, in a request's extensions: a signature may name several permissions.
#[derive(Clone, Default)]
struct Asked(Vec<(Ask, Principal)>);

/// Records that a permission was checked.
pub(super) fn note(parts: &mut Parts, ask: Ask, caller: &Principal) {
    parts.extensions.get_or_insert_default::<Asked>().0.push((ask, caller.clone()));
}

/// The head of a request and the permissions with which it was admitted.
pub struct Admission {
    head: Parts,
    asked: Asked,
}

impl Admission {
    /// For a request whose permissions were checked; one that needs none is admitted again.
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

    /// Checks the caller and their permissions again.
    ///
    /// # Errors
    /// When they are no longer signed in, no longer permitted, or a different caller than the handler has seen.
    pub async fn still_holds(&self, app: &App) -> Result<(), ApiError> {
        let ask_all = async {
            for (ask, before) in &self.asked.0 {
                if ask(&mut self.head.clone(), app).await? != *before {
                    return Err(changed());
                }
            }
            Ok(())
        };
        // This check may record the use of the session or token, which is not the requested change: that is recorded
        // with its result.
        AuditedChange::default().around(ask_all).await
    }
}

/// For a handler that waits for something other than its body before it acts. In its signature it follows the
/// permissions.
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
