//! The differences between two revisions of a plan: added, removed and changed files, and the changed lines of text
//! files.

use super::revisions::text_of;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::{FileChange, Plan, PlanFile, PlanFileKind, changed_files};
use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};
use std::time::{Duration, Instant};

/// Lines of plans up to this size are compared…
const LARGEST_PLAN: u64 = 8 << 20;
/// …and those of other files up to this one.
const LARGEST_TEXT: u64 = 256 << 10;
/// This many unchanged lines are shown before and after changed ones.
const AROUND: usize = 3;
/// Maximum number of lines shown, of all files together, and of characters shown per line.
const MOST_LINES: usize = 4_000;
const MOST_CHARACTERS: usize = 1_000;
/// How long a file may be compared before the result is no longer guaranteed to be the shortest.
const FILE_LIMIT: Duration = Duration::from_millis(500);
/// How long all files may take before the lines of further files are omitted.
const TOTAL_LIMIT: Duration = Duration::from_secs(10);

/// Differences between two revisions of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevisionDifference {
    pub from: u32,
    pub to: u32,
    /// In the order of their paths, without equal ones.
    pub files: Vec<FileDifference>,
}

/// Kind of change of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileDifference {
    pub path: String,
    pub change: FileChange,
    /// Size before; `null`: it did not exist.
    pub from_bytes: Option<u64>,
    /// Size afterwards; `null`: it no longer exists.
    pub to_bytes: Option<u64>,
    /// The changed lines, with some around them. Empty if the file was added or removed, is not text (UTF-8), or is
    /// large: the limit is 8 MiB for a `.jmx`, 256 KiB for other files.
    pub hunks: Vec<Hunk>,
    /// Whether lines were omitted.
    pub is_cut: bool,
}

/// Lines that follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hunk {
    /// The number of its first line before, from 1.
    pub from_line: u64,
    /// The same afterwards.
    pub to_line: u64,
    pub lines: Vec<ChangedLine>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedLine {
    pub change: LineChange,
    /// Without the line ending; truncated after 1,000 characters.
    pub text: String,
}

/// Result of comparing a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LineChange {
    Same,
    Removed,
    Added,
}

impl Engine {
    /// Compares two revisions of a plan. It reads files: do not call it on an async thread.
    ///
    /// # Errors
    /// When a revision does not exist, or was removed.
    pub fn compare_revisions(&self, plan: &Plan, from: u32, to: u32) -> Result<RevisionDifference, EngineError> {
        let (before, after) = (self.plan_revision(plan, from)?, self.plan_revision(plan, to)?);
        let find = |files: &[PlanFile], path: &str| files.iter().find(|file| file.path == path).cloned();
        let mut room = MOST_LINES;
        let until = Instant::now() + TOTAL_LIMIT;
        let mut files = Vec::new();
        for (path, change) in changed_files(&before.files, &after.files) {
            let (was, is) = (find(&before.files, path), find(&after.files, path));
            let compared = was.as_ref().zip(is.as_ref()).and_then(|(was, is)| {
                if room == 0 || Instant::now() > until {
                    Some((Vec::new(), true))
                } else {
                    self.lines_of(plan, was, is, room)
                }
            });
            let (hunks, is_cut) = compared.unwrap_or_default();
            room = room.saturating_sub(hunks.iter().map(|hunk| hunk.lines.len()).sum());
            files.push(FileDifference {
                path: path.to_owned(),
                change,
                from_bytes: was.map(|file| file.bytes),
                to_bytes: is.map(|file| file.bytes),
                hunks,
                is_cut,
            });
        }
        Ok(RevisionDifference { from, to, files })
    }

    /// The lines of a file that changed, `room` at most, and whether there are more. `None`: it is not text, or too large.
    fn lines_of(&self, plan: &Plan, was: &PlanFile, is: &PlanFile, room: usize) -> Option<(Vec<Hunk>, bool)> {
        let most = if was.kind == PlanFileKind::Plan { LARGEST_PLAN } else { LARGEST_TEXT };
        let was = text_of(&self.place_of(plan, was)?, most)?;
        let is = text_of(&self.place_of(plan, is)?, most)?;
        Some(hunks_of(&was, &is, room))
    }
}

fn hunks_of(was: &str, is: &str, mut room: usize) -> (Vec<Hunk>, bool) {
    let difference = TextDiff::configure().timeout(FILE_LIMIT).diff_lines(was, is);
    let mut hunks = Vec::new();
    for group in difference.grouped_ops(AROUND) {
        let Some(first) = group.first() else { continue };
        if room == 0 {
            return (hunks, true);
        }
        let all = group.iter().flat_map(|part| difference.iter_changes(part));
        let mut lines: Vec<ChangedLine> = all.take(room + 1).map(|change| line(change.tag(), change.value())).collect();
        let is_cut = lines.len() > room;
        lines.truncate(room);
        room -= lines.len();
        let number = |index: usize| index as u64 + 1;
        hunks.push(Hunk {
            from_line: number(first.old_range().start),
            to_line: number(first.new_range().start),
            lines,
        });
        if is_cut {
            return (hunks, true);
        }
    }
    (hunks, false)
}

fn line(tag: ChangeTag, text: &str) -> ChangedLine {
    let change = match tag {
        ChangeTag::Equal => LineChange::Same,
        ChangeTag::Delete => LineChange::Removed,
        ChangeTag::Insert => LineChange::Added,
    };
    let text = text.trim_end_matches(['\n', '\r']);
    let text = match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    ChangedLine { change, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(hunks: &[Hunk]) -> Vec<String> {
        let sign = |change| match change {
            LineChange::Same => ' ',
            LineChange::Removed => '-',
            LineChange::Added => '+',
        };
        let of = |hunk: &Hunk| {
            let lines: String = hunk.lines.iter().map(|line| format!("{}{}|", sign(line.change), line.text)).collect();
            format!("{}:{}:{lines}", hunk.from_line, hunk.to_line)
        };
        hunks.iter().map(of).collect()
    }

    #[test]
    fn lines_that_changed_are_shown_with_those_around_them_as_far_as_there_is_room() {
        let was: String = (1..=20).map(|number| format!("line {number}\n")).collect();
        let is = was.replace("line 3\n", "line three\n").replace("line 19\n", "");
        let (hunks, is_cut) = hunks_of(&was, &is, 100);
        assert_eq!(
            shown(&hunks),
            [
                "1:1: line 1| line 2|-line 3|+line three| line 4| line 5| line 6|",
                "16:16: line 16| line 17| line 18|-line 19| line 20|",
            ]
        );
        assert!(!is_cut);
        let (hunks, is_cut) = hunks_of(&was, &is, 4);
        assert_eq!((shown(&hunks), is_cut), (vec!["1:1: line 1| line 2|-line 3|+line three|".to_owned()], true));
        assert_eq!(hunks_of(&was, &was, 100), (Vec::new(), false));
        let long = line(ChangeTag::Insert, &"ä".repeat(2_000));
        assert_eq!(long.text.chars().count(), MOST_CHARACTERS + 1);
    }
}
