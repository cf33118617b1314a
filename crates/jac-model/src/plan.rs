//! A plan: a `.jmx` with the files it needs, as it lies in the store.

use crate::{Named, Person, PlanCriteria, PlanId};
use serde::{Deserialize, Serialize};

/// What a file of a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PlanFileKind {
    /// A `.jmx`.
    Plan,
    /// Anything that the plan reads while it runs.
    Data,
    /// A `.jar` that is put on JMeter's search path.
    Plugin,
    /// A `.properties` file given with `-q`.
    Properties,
}

impl PlanFileKind {
    /// The kind that a file's ending says. Properties files are data unless they are named as properties.
    pub fn of(path: &str) -> Self {
        let lower = path.to_ascii_lowercase();
        if lower.ends_with(".jmx") {
            Self::Plan
        } else if lower.ends_with(".jar") {
            Self::Plugin
        } else {
            Self::Data
        }
    }
}

/// One file of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanFile {
    /// Where it lies relative to the plan's folder, with `/` between the parts.
    pub path: String,
    pub bytes: u64,
    pub kind: PlanFileKind,
    /// The SHA-256 of its content, in hex; `null`: taken in by a JAC that did not compute it.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// A plan in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    pub id: PlanId,
    pub name: String,
    pub owner: Person,
    /// The team whose members may change it too; `null`: its owner alone.
    #[serde(default)]
    pub team: Option<Named>,
    pub created_ms: i64,
    /// Rises by one with each change of its files.
    #[serde(default = "first_revision")]
    pub revision: u32,
    /// Uploaded for one `jac run`, which removes it at its end: one that is left over is removed with time.
    #[serde(default)]
    pub ephemeral: bool,
    /// Files that it writes and that are kept of each run: patterns of paths below the folder of its `.jmx`.
    #[serde(default)]
    pub keep: Vec<String>,
    /// The `.jmx` that is run, relative to the plan's folder. Its folder is JMeter's working folder.
    pub main_file: String,
    /// All files, the main one included, in the order of their paths.
    pub files: Vec<PlanFile>,
    /// What its runs are judged by and what stops them by itself. Its version is apart from the files' revision.
    #[serde(default)]
    pub criteria: PlanCriteria,
}

fn first_revision() -> u32 {
    1
}

impl Plan {
    /// The size of all its files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}
