//! A plan: a `.jmx` with the files that it needs, as it is stored.

use crate::{Named, Person, PlanCriteria, PlanId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The purpose of a plan's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PlanFileKind {
    /// A `.jmx`.
    Plan,
    /// Anything that the plan reads while it runs.
    Data,
    /// A `.jar` that is added to JMeter's search path.
    Plugin,
    /// A `.properties` file, passed to JMeter with `-q`.
    Properties,
}

impl PlanFileKind {
    /// The kind that belongs to the file's extension. Properties files are data unless they are named as properties.
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
    /// Path relative to the plan's folder, separated by `/`.
    pub path: String,
    pub bytes: u64,
    pub kind: PlanFileKind,
    /// SHA-256 of its content, in hex; `null`: uploaded to a version of JAC that did not compute it.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    pub id: PlanId,
    pub name: String,
    pub owner: Person,
    /// The team whose members may change it too; `null`: only its owner may.
    #[serde(default)]
    pub team: Option<Named>,
    pub created_ms: i64,
    /// Rises by one with each change of its files.
    #[serde(default = "first_revision")]
    pub revision: u32,
    /// Uploaded by `jac run`, which creates a new revision each time; removed some time after its last run was deleted.
    #[serde(default)]
    pub ephemeral: bool,
    /// Files that it writes and that are kept for each run: patterns of paths below the folder of its `.jmx`.
    #[serde(default)]
    pub keep: Vec<String>,
    /// The `.jmx` that is run, relative to the plan's folder. Its folder is JMeter's working folder.
    pub main_file: String,
    /// All files, the main one included, in the order of their paths.
    pub files: Vec<PlanFile>,
    /// The pass/fail criteria and stop rules of its runs. They have a version of their own, independent of the files'
    /// revision.
    #[serde(default)]
    pub criteria: PlanCriteria,
}

fn first_revision() -> u32 {
    1
}

/// The plan's files between two changes of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRevision {
    pub revision: u32,
    /// When this revision was created; `None`: by a version of JAC that did not record it.
    pub created_ms: Option<i64>,
    /// Who created it; `None` for the same reason.
    pub by: Option<Person>,
    /// The `.jmx` that is run.
    pub main_file: String,
    /// All files, in the order of their paths.
    pub files: Vec<PlanFile>,
}

/// Change of a file between two revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FileChange {
    Added,
    Removed,
    /// Its content is another.
    Changed,
}

/// The differences between two lists of files, in the order of their paths; unchanged files are omitted.
pub fn changed_files<'a>(from: &'a [PlanFile], to: &'a [PlanFile]) -> Vec<(&'a str, FileChange)> {
    let by_path = |files: &'a [PlanFile]| -> BTreeMap<&'a str, &'a PlanFile> {
        files.iter().map(|file| (file.path.as_str(), file)).collect()
    };
    let (from, to) = (by_path(from), by_path(to));
    // Files without a hash cannot be compared; they count as changed.
    let is_same = |one: &PlanFile, other: &PlanFile| one.sha256.is_some() && one.sha256 == other.sha256;
    let gone = from.keys().filter(|path| !to.contains_key(**path)).map(|path| (*path, FileChange::Removed));
    let there = to.iter().filter_map(|(path, file)| match from.get(path) {
        None => Some((*path, FileChange::Added)),
        Some(before) if is_same(before, file) => None,
        Some(_) => Some((*path, FileChange::Changed)),
    });
    let mut changes: Vec<_> = gone.chain(there).collect();
    changes.sort_by_key(|(path, _)| *path);
    changes
}

impl Plan {
    /// The size of all its files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of: &[(&str, Option<&str>)]) -> Vec<PlanFile> {
        let file = |(path, sha256): &(&str, Option<&str>)| PlanFile {
            path: (*path).to_owned(),
            bytes: 1,
            kind: PlanFileKind::of(path),
            sha256: sha256.map(str::to_owned),
        };
        of.iter().map(file).collect()
    }

    #[test]
    fn changes_of_files_are_found_by_path_and_content() {
        let from = files(&[("a.csv", Some("1")), ("b.csv", Some("2")), ("c.csv", Some("3")), ("old.csv", None)]);
        let to = files(&[("0.csv", Some("1")), ("b.csv", Some("4")), ("c.csv", Some("3")), ("old.csv", None)]);
        let changes = [
            ("0.csv", FileChange::Added),
            ("a.csv", FileChange::Removed),
            ("b.csv", FileChange::Changed),
            // Without a hash it is unknown whether the content is the same.
            ("old.csv", FileChange::Changed),
        ];
        assert_eq!(changed_files(&from, &to), changes);
        assert_eq!(changed_files(&to[..3], &to[..3]), []);
    }
}
