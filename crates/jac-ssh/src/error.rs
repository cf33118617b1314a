//! What can go wrong on the way to a machine, and which of it may get better by itself.

use jac_model::descriptors;
use jac_model::ports::PortError;
use std::error::Error;
use std::time::Duration;

/// Why something was not done on a machine.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LinkError {
    /// There is no connection; trying again may help.
    #[error("{0}")]
    Unreachable(String),
    /// This server has no file descriptor left, which says nothing of the machine; trying again helps once some are free.
    #[error("this server has no file descriptor left: {0}")]
    OutOfDescriptors(String),
    /// The machine, or what we know of it, says no; trying again will not help.
    #[error("{0}")]
    Refused(String),
    /// Opening a key with its passphrase would cost more than JAC spends.
    #[error("{0}")]
    KeyCost(String),
    /// The node's folder is gone: its lease is over, or somebody removed it.
    #[error("its folder no longer exists")]
    Gone,
    /// Its provider says that there is no such machine any more.
    #[error("its machine no longer exists")]
    MachineGone,
    /// There is no such file.
    #[error("no such file")]
    NoSuchFile,
    #[error("no space left on its disk")]
    DiskFull,
    #[error("it took longer than {} s", .0.as_secs())]
    TooSlow(Duration),
}

/// What is known of the machine could not be read: that is not the machine's fault, and not its absence.
impl From<PortError> for LinkError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::OutOfDescriptors { reason, .. } => Self::OutOfDescriptors(reason),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl LinkError {
    /// What failed on this side: `otherwise`, unless no file descriptor was left for it.
    pub(crate) fn here(error: &(dyn Error + 'static), otherwise: impl FnOnce() -> Self) -> Self {
        if descriptors::are_used_up(error) { Self::OutOfDescriptors(error.to_string()) } else { otherwise() }
    }

    /// The same for the engine: which node could not do what.
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
