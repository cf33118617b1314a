//! What people remark at a moment of a run: charts have a line there.

use crate::{EpochMs, Person};
use serde::{Deserialize, Serialize};

/// A remark at a moment of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Annotation {
    /// Names it among those of its run.
    pub id: String,
    /// The moment, epoch milliseconds.
    pub at_ms: EpochMs,
    pub text: String,
    /// Who wrote it, or changed it last.
    pub by: Person,
    /// When that was.
    pub written_ms: EpochMs,
}
