//! The one map from errors to HTTP.

use axum::Json;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jac_artefacts::ArtefactError;
use jac_engine::EngineError;
use jac_model::ports::PortError;
use jac_model::{Denied, Fault, UserRole};
use jac_store::StoreError;
use serde::{Deserialize, Serialize};

/// An error.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

/// Details of an error.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ErrorDetail {
    /// Stable; the message may change.
    pub code: String,
    /// For people.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
    /// The individual faults, if known.
    pub faults: Vec<Fault>,
}

/// The error response of a handler.
#[derive(Debug)]
pub enum ApiError {
    Engine(EngineError),
    /// The caller is not signed in.
    SignedOut,
    /// Sessions are in Redis, which does not respond: no session can be looked up.
    SessionsUnavailable,
    /// The token is unknown, has expired or was revoked.
    BadToken,
    /// The caller is signed in, but lacks the permission.
    Denied(Denied),
    /// A person who is not an administrator names a file of the server, in that field.
    ServersFile {
        field: &'static str,
    },
    /// A request that did not come from JAC's own page or shell.
    Foreign,
    Request {
        status: StatusCode,
        code: &'static str,
        message: String,
        hint: Option<String>,
    },
    /// A retry makes sense after some seconds.
    Later {
        status: StatusCode,
        code: &'static str,
        message: String,
        seconds: u64,
    },
}

/// When to retry while sessions cannot be looked up.
const UNAVAILABLE_SECONDS: u64 = 2;

/// The code of an error, in the extensions of its response, for the audit trail.
#[derive(Debug, Clone)]
pub struct Refusal(pub String);

/// Why a request failed by the server's own fault, among the extensions of its answer: the edge logs it once.
#[derive(Debug, Clone)]
pub struct Failure {
    pub code: String,
    pub message: String,
    /// It has been logged already, once for all requests.
    pub is_logged: bool,
}

impl<E: Into<EngineError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self::Engine(error.into())
    }
}

impl ApiError {
    /// A request that cannot be understood.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::Request { status: StatusCode::BAD_REQUEST, code, message: message.into(), hint: None }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::SessionsUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Denied(_) | Self::ServersFile { .. } | Self::Foreign => StatusCode::FORBIDDEN,
            Self::Request { status, .. } | Self::Later { status, .. } => *status,
            Self::Engine(error) => match error {
                EngineError::NotFound { .. } => StatusCode::NOT_FOUND,
                EngineError::Invalid { code: "upload_too_large", .. } => StatusCode::PAYLOAD_TOO_LARGE,
                EngineError::Invalid { .. } => StatusCode::BAD_REQUEST,
                EngineError::Conflict { .. }
                | EngineError::CredentialsInUse(_)
                | EngineError::Store(
                    StoreError::NameTaken { .. } | StoreError::LastAdministrator | StoreError::OwnerMissing { .. },
                ) => StatusCode::CONFLICT,
                EngineError::DiskFull { .. } | EngineError::Port(PortError::DiskFull { .. }) => {
                    StatusCode::INSUFFICIENT_STORAGE
                }
                EngineError::Artefacts(ArtefactError::Missing { .. }) => StatusCode::NOT_FOUND,
                // The system behind it does not work as it should.
                EngineError::Artefacts(_) => StatusCode::BAD_GATEWAY,
                EngineError::Port(PortError::OutOfDescriptors { .. } | PortError::Retryable { .. }) => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                EngineError::Port(
                    PortError::Unreachable { .. } | PortError::TooSlow { .. } | PortError::Preflight { .. },
                )
                | EngineError::CredentialsUntested { .. }
                | EngineError::Target(_)
                | EngineError::Integration(_) => StatusCode::BAD_GATEWAY,
                EngineError::Port(PortError::Refused { .. })
                | EngineError::Store(_)
                | EngineError::Vault(_)
                | EngineError::ClusterTransition(_)
                | EngineError::RunTransition(_)
                | EngineError::File { .. }
                | EngineError::LogDamaged { .. }
                | EngineError::JMeter(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }

    /// The content of the response, except its status.
    pub fn detail(self) -> ErrorDetail {
        let plain = |code: &str, message: &str, hint: Option<&str>| ErrorDetail {
            code: code.to_owned(),
            message: message.to_owned(),
            hint: hint.map(str::to_owned),
            faults: field_of(code).map(|field| Fault::at(field, code, message)).into_iter().collect(),
        };
        match self {
            Self::SignedOut => plain(
                "signed_out",
                "You are not signed in.",
                Some("Sign in again. Programs send a token: Authorization: Bearer …."),
            ),
            Self::SessionsUnavailable => plain(
                "sessions_unavailable",
                "Sign-ins cannot be checked because Redis does not answer. Runs continue.",
                Some("Try again in a moment. Tokens and the server's command line still work."),
            ),
            Self::BadToken => plain(
                "token_invalid",
                "The token is invalid, expired or revoked.",
                Some("Create a new one under Settings, My account."),
            ),
            Self::Denied(Denied::NotOwner) => plain("not_owner", "Read-only: you are not the owner.", None),
            Self::Denied(Denied::Role(UserRole::Administrator)) => {
                plain("not_administrator", "Only an administrator can do this.", None)
            }
            Self::Denied(Denied::Role(_)) => {
                plain("read_only_role", "Your role is viewer: you can read everything but change nothing.", None)
            }
            Self::Denied(Denied::Scope(_)) => plain(
                "token_scope",
                "The scope of this token does not allow this.",
                Some("Create a token with a wider scope."),
            ),
            Self::ServersFile { field } => {
                let (code, message) = ("administrator_only", "Only an administrator can use files on the server.");
                ErrorDetail {
                    code: code.to_owned(),
                    message: message.to_owned(),
                    hint: Some("Use a saved SSH key, and a JMeter version instead of a folder.".to_owned()),
                    faults: vec![Fault::at(field, code, message)],
                }
            }
            Self::Foreign => plain(
                "foreign_request",
                "The request did not come from the JAC web app.",
                Some("Reload the page or sign in again. Programs send a token: Authorization: Bearer …."),
            ),
            Self::Request { code, message, hint, .. } => plain(code, &message, hint.as_deref()),
            Self::Later { code, message, seconds, .. } => {
                plain(code, &message, Some(&format!("Try again in {seconds} seconds.")))
            }
            Self::Engine(EngineError::Artefacts(error)) => plain(error.code(), &error.to_string(), error.hint()),
            Self::Engine(EngineError::Invalid { code, message, hint, faults }) => {
                ErrorDetail { code: code.to_owned(), message, hint, faults }
            }
            Self::Engine(EngineError::Store(error @ StoreError::NameTaken { .. })) => {
                plain("name_taken", &jac_model::sentence(&error), None)
            }
            Self::Engine(EngineError::Store(StoreError::LastAdministrator)) => plain(
                "last_administrator",
                "This is the last administrator. Make somebody else an administrator first.",
                None,
            ),
            Self::Engine(EngineError::CredentialsInUse(users)) => {
                let message = EngineError::CredentialsInUse(users.clone()).to_string();
                let users = users.clusters.into_iter().chain(users.stores).chain(users.targets);
                let faults = users.map(|one| Fault::whole("in_use", one.name)).collect();
                let hint = "First terminate or change what uses them, or replace them with others of the same account.";
                let code = "credentials_in_use".to_owned();
                ErrorDetail { code, message, hint: Some(hint.to_owned()), faults }
            }
            Self::Engine(EngineError::CredentialsUntested { message, hint }) => {
                plain("credentials_untested", &message, Some(&hint))
            }
            Self::Engine(EngineError::Conflict { message, hint }) => plain("conflict", &message, hint.as_deref()),
            Self::Engine(error @ EngineError::NotFound { .. }) => plain("not_found", &error.to_string(), None),
            Self::Engine(error @ (EngineError::DiskFull { .. } | EngineError::Port(PortError::DiskFull { .. }))) => {
                plain(
                    "disk_full",
                    &jac_model::sentence(&error),
                    Some("Free disk space: delete old runs, or use another data folder."),
                )
            }
            Self::Engine(EngineError::Port(PortError::Preflight { faults })) => {
                ErrorDetail { code: "unfit".to_owned(), message: Fault::sentences(&faults), hint: None, faults }
            }
            Self::Engine(error @ EngineError::Port(PortError::OutOfDescriptors { .. })) => {
                plain("out_of_descriptors", &jac_model::sentence(&error), None)
            }
            Self::Engine(error @ EngineError::LogDamaged { .. }) => plain(
                "log_damaged",
                &jac_model::sentence(&error),
                Some("Restore it from a backup. Its compressed file contains what is left of it."),
            ),
            Self::Engine(EngineError::Target(error)) => plain(error.code, &error.message, None),
            Self::Engine(EngineError::Integration(error)) => plain(error.code, &error.message, None),
            Self::Engine(error) => plain(error.code(), &jac_model::sentence(&error), None),
        }
    }
}

/// The field of the request that a code is about, for codes that are always about the same field.
fn field_of(code: &str) -> Option<&'static str> {
    Some(match code {
        "name_taken" | "name_invalid" => "/name",
        "password_weak" => "/password",
        "password_wrong" => "/current",
        "share_expiry_invalid" => "/expires_days",
        "share_runs_invalid" => "/runs",
        "heir_invalid" => "/to",
        _ => return None,
    })
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let wait = match &self {
            Self::Later { seconds, .. } => Some(*seconds),
            Self::SessionsUnavailable => Some(UNAVAILABLE_SECONDS),
            _ => None,
        };
        // The connection to Redis, and the shipping to a search target, log their failures once.
        let is_logged = matches!(
            self,
            Self::SessionsUnavailable | Self::Engine(EngineError::Target(_) | EngineError::Integration(_))
        );
        let detail = self.detail();
        let failure = status.is_server_error().then(|| Failure {
            code: detail.code.clone(),
            message: detail.message.clone(),
            is_logged,
        });
        let refusal = Refusal(detail.code.clone());
        let mut answer = (status, Json(ErrorBody { error: detail })).into_response();
        answer.extensions_mut().insert(refusal);
        if let Some(seconds) = wait {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(failure) = failure {
            answer.extensions_mut().insert(failure);
        }
        answer
    }
}

/// The response to a method that an address does not have.
pub async fn method_not_allowed(method: Method) -> ApiError {
    ApiError::Request {
        status: StatusCode::METHOD_NOT_ALLOWED,
        code: "method_not_allowed",
        message: format!("This address does not accept {method}."),
        hint: Some("See /api/v1/openapi.json for what it accepts.".to_owned()),
    }
}

/// The response to a request whose handler panicked.
pub fn after_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    ApiError::Request {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "panicked",
        message: "Internal error.".to_owned(),
        hint: Some("See the server's log, and please report it.".to_owned()),
    }
    .into_response()
}
