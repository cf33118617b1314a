//! Errors of the connection to a machine, and which of them may pass.

use jac_model::descriptors;
use jac_model::ports::PortError;
use std::error::Error;
use std::time::Duration;

/// Why something was not done on a machine.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LinkError {
    /// There is no connection; a retry may help.
    #[error("{0}")]
    Unreachable(String),
    /// This server has run out of file descriptors, which says nothing about the machine; a retry helps once some are
    /// free.
    #[error("this server has no file descriptor left: {0}")]
    OutOfDescriptors(String),
    /// The machine, or our knowledge of it, rules it out; a retry will not help.
    #[error("{0}")]
    Refused(String),
    /// Opening a key with its passphrase would exceed the computation that JAC permits.
    #[error("{0}")]
    KeyCost(String),
    /// The node's folder is gone: its lease has expired, or it was removed.
    #[error("its folder no longer exists")]
    Gone,
    /// Its provider reports that the machine no longer exists.
    #[error("its machine no longer exists")]
    MachineGone,
    /// The file does not exist.
    #[error("no such file")]
    NoSuchFile,
    #[error("no space left on its disk")]
    DiskFull,
    #[error("it took longer than {} s", .0.as_secs())]
    TooSlow(Duration),
}

/// The record of the machine could not be read: this is neither a fault of the machine nor its absence.
impl From<PortError> for LinkError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::OutOfDescriptors { reason, .. } => Self::OutOfDescriptors(reason),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl LinkError {
    /// A local failure: `otherwise`, unless no file descriptor was available for it.
    pub(crate) fn here(error: &(dyn Error + 'static), otherwise: impl FnOnce() -> Self) -> Self {
        if descriptors::are_used_up(error) { Self::OutOfDescriptors(error.to_string()) } else { otherwise() }
    }

    /// The same for the engine: with the node, and what it could not do.
    pub fn at(self, node: &str, what: &str) -> PortError {
        let (node, what) = (node.to_owned(), what.to_owned());
        match self {
            Self::Unreachable(reason) => PortError::Unreachable { node, reason },
            Self::OutOfDescriptors(reason) => PortError::OutOfDescriptors { node, what, reason },
            Self::Gone | Self::MachineGone => PortError::Unreachable { node, reason: self.to_string() },
            Self::Refused(reason) | Self::KeyCost(reason) => PortError::Refused { node, what, reason },
            Self::NoSuchFile => PortError::Refused { node, what, reason: "no such file".to_owned() },
            Self::DiskFull => PortError::DiskFull { node, what },
            Self::TooSlow(limit) => PortError::TooSlow { node, what, limit },
        }
    }
}
