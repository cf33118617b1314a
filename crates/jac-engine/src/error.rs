//! The engine's errors, each with a message that says how to fix it.

use crate::credentials::CredentialUsers;
use jac_artefacts::ArtefactError;
use jac_model::cluster::ClusterTransitionError;
use jac_model::notify::SendError;
use jac_model::ports::PortError;
use jac_model::run::RunTransitionError;
use jac_model::search::TargetError;
use jac_model::{Fault, Message};
use jac_store::{StoreError, VaultError};

/// Why a request was refused or a step not done.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The object does not exist.
    #[error("The {kind} '{id}' was not found.")]
    NotFound { kind: &'static str, id: String },
    /// The request is invalid, whoever sends it.
    #[error("{message}")]
    Invalid { code: &'static str, message: String, hint: Option<String>, faults: Vec<Fault> },
    /// It cannot be done now.
    #[error("{message}")]
    Conflict { message: String, hint: Option<String> },
    /// Something needs the credentials.
    #[error("{}", in_use(.0))]
    CredentialsInUse(CredentialUsers),
    /// A disk of this machine is full.
    #[error("No space left on the server's disk ({what}).")]
    DiskFull {
        /// The operation.
        what: String,
    },
    /// AWS could not be asked whether it accepts the credentials.
    #[error("{message}")]
    CredentialsUntested { message: String, hint: String },
    #[error("{0}")]
    Port(#[from] PortError),
    /// A search target could not do it.
    #[error("{0}")]
    Target(#[from] TargetError),
    /// A notification or metrics target did not accept what was sent.
    #[error("{0}")]
    Integration(#[from] SendError),
    #[error("{0}")]
    Store(StoreError),
    /// A secret could not be sealed, opened or read.
    #[error("{0}")]
    Vault(VaultError),
    #[error("{0}")]
    ClusterTransition(#[from] ClusterTransitionError),
    #[error("{0}")]
    RunTransition(#[from] RunTransitionError),
    #[error("{what} failed: {source}")]
    File { what: String, source: std::io::Error },
    /// A compressed log cannot be decompressed.
    #[error("The compressed log {name} is damaged.")]
    LogDamaged {
        /// Its file's plain name.
        name: String,
    },
    /// The artefact store failed.
    #[error("{0}")]
    Artefacts(#[from] ArtefactError),
    /// JMeter could not be started, or ended unexpectedly.
    #[error("{0}")]
    JMeter(String),
}

fn in_use(users: &CredentialUsers) -> String {
    let clusters = users.clusters.iter().map(|one| format!("to terminate '{}' ({})", one.name, one.id));
    let stores = users.stores.iter().map(|one| format!("for the results in {}", one.name));
    let targets = users.targets.iter().map(|one| format!("for the search target {}", one.name));
    format!(
        "The credentials are still needed {}.",
        clusters.chain(stores).chain(targets).collect::<Vec<_>>().join(", ")
    )
}

impl EngineError {
    /// A fault of the request, without details.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { code, message: message.into(), hint: None, faults: Vec::new() }
    }

    /// A fault of one field of the request.
    pub fn invalid_field(code: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self::faulty(code, vec![Fault::at(field, code, message)])
    }

    /// All faults of the request.
    pub fn faulty(code: &'static str, faults: Vec<Fault>) -> Self {
        Self::Invalid { code, message: Fault::sentences(&faults), hint: None, faults }
    }

    /// The error as data: its code and its sentence, and `faults` if it is about the request.
    pub fn as_message(&self) -> Message {
        let message = Message::new(self.code(), jac_model::sentence(self));
        match self {
            Self::Port(PortError::Preflight { faults }) | Self::Invalid { faults, .. } => {
                message.with("faults", serde_json::json!(faults))
            }
            _ => message,
        }
    }

    /// Stays the same when the wording changes.
    pub fn code(&self) -> &str {
        match self {
            Self::Invalid { code, .. } => code,
            Self::NotFound { .. } => "not_found",
            Self::Conflict { .. } => "conflict",
            Self::CredentialsInUse(_) => "credentials_in_use",
            Self::CredentialsUntested { .. } => "credentials_untested",
            Self::DiskFull { .. } | Self::Port(PortError::DiskFull { .. }) => "disk_full",
            Self::Port(PortError::Preflight { .. }) => "unfit",
            Self::Port(PortError::OutOfDescriptors { .. }) => "out_of_descriptors",
            Self::LogDamaged { .. } => "log_damaged",
            Self::Vault(VaultError::Seal(_)) => "secret_locked",
            Self::Store(StoreError::Unreadable { .. }) => "row_unreadable",
            Self::Store(StoreError::OwnerMissing { .. }) => "owner_missing",
            Self::Target(error) => error.code,
            Self::Integration(error) => error.code,
            Self::Artefacts(error) => error.code(),
            Self::Port(_)
            | Self::Store(_)
            | Self::Vault(_)
            | Self::ClusterTransition(_)
            | Self::RunTransition(_)
            | Self::File { .. }
            | Self::JMeter(_) => "failed",
        }
    }

    /// An input or output error; a full disk has its own variant.
    pub fn file(what: impl Into<String>, source: std::io::Error) -> Self {
        let what = what.into();
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull { what },
            // One upload names both a file `a` and a file `a/b`.
            std::io::ErrorKind::NotADirectory
            | std::io::ErrorKind::IsADirectory
            | std::io::ErrorKind::AlreadyExists => Self::Invalid {
                code: "file_name",
                message: format!("A file and a folder would have the same name ({what})."),
                hint: Some("Give one of them another name.".to_owned()),
                faults: Vec::new(),
            },
            _ => Self::File { what, source },
        }
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { kind, id } => Self::NotFound { kind, id },
            StoreError::Cursor => Self::Invalid {
                code: "cursor_invalid",
                message: "Invalid `after`: the list cannot be continued from there.".to_owned(),
                hint: Some("Request the first page again, without `after`.".to_owned()),
                faults: Vec::new(),
            },
            long @ StoreError::TextTooLong { .. } => Self::invalid("text_too_long", jac_model::sentence(&long)),
            full if full.is_disk_full() => Self::DiskFull { what: "writing JAC's database".to_owned() },
            other => Self::Store(other),
        }
    }
}
