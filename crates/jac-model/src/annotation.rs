//! Annotations: texts at moments of a run, shown as lines on its charts.

use crate::{EpochMs, Person};
use serde::{Deserialize, Serialize};

/// An annotation: a text at a moment of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Annotation {
    /// Its ID, unique within the run.
    pub id: String,
    /// The moment, epoch milliseconds.
    pub at_ms: EpochMs,
    pub text: String,
    /// The person who created it or changed it last.
    pub by: Person,
    /// When it was created or last changed.
    pub written_ms: EpochMs,
}
