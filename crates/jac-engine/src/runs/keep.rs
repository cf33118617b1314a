//! Files that the plan wrote during the run: those to keep are fetched from every node before it is cleaned.
//!
//! Files below the folder of the plan's `.jmx`, JMeter's working folder, are selected by path patterns. Links are not
//! followed, and nothing outside of that folder is read. A file of the plan is not fetched unless the test has changed
//! it; for one that was split across the workers this is unknown, so it never is. Files beyond the limits are skipped
//! and noted.

use super::NodePlaces;
use super::collect::{Asked, Node};
use super::supervise::Task;
use crate::blocking::in_place;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::fan_out::for_all;
use crate::plans::check::relative_to_main;
use crate::settings::Settings;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use jac_model::ports::{FoundFile, PortError, Remote};
use jac_model::{Fault, Message, PlanFile, PlanId, Run};
use std::io::Write;
use std::path::{Component, Path};

/// The folder below that of a node in a run's folder.
pub(crate) const FOLDER: &str = "files";
/// Patterns of one plan or run.
const MOST_PATTERNS: usize = 50;
/// Maximum length of a pattern, in characters.
const LONGEST_PATTERN: usize = 200;
/// Maximum number of listed files and folders per node.
const MOST_LISTED: usize = 100_000;
const PIECE: usize = 1 << 20;

/// The given patterns, without white space around them and without duplicates.
///
/// # Errors
/// `keep_invalid` with a fault for each that is not a pattern of files below the plan's folder.
pub fn checked(patterns: Vec<String>) -> Result<Vec<String>, EngineError> {
    let (mut kept, mut faults) = (Vec::new(), Vec::new());
    for (at, pattern) in patterns.into_iter().enumerate() {
        let pattern = pattern.trim().trim_start_matches("./").to_owned();
        if let Some(why) = fault(&pattern) {
            faults.push(Fault::at(&format!("/keep/{at}"), Fault::MALFORMED, why));
        } else if !kept.contains(&pattern) {
            kept.push(pattern);
        }
    }
    if kept.len() > MOST_PATTERNS {
        faults.push(Fault::at("/keep", Fault::OUT_OF_RANGE, format!("At most {MOST_PATTERNS} patterns are allowed.")));
    }
    if faults.is_empty() { Ok(kept) } else { Err(EngineError::faulty("keep_invalid", faults)) }
}

fn fault(pattern: &str) -> Option<String> {
    let shown = pattern.escape_debug();
    if pattern.is_empty() {
        return Some("The pattern is empty. Expected e.g. *.csv or screens/**/*.png.".to_owned());
    }
    if pattern.chars().count() > LONGEST_PATTERN {
        return Some(format!("A pattern can have at most {LONGEST_PATTERN} characters."));
    }
    if pattern.starts_with('/') || pattern.contains('\\') || pattern.split('/').any(|part| part == "..") {
        return Some(format!(
            "'{shown}' points outside the plan's folder. Patterns are relative to it, with / between folders."
        ));
    }
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .err()
        .map(|error| format!("Invalid pattern '{shown}': {}.", error.kind()))
}

pub(crate) fn set_of(patterns: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    // They were validated when they were saved; an invalid one of another version is skipped.
    for glob in patterns.iter().filter_map(|pattern| GlobBuilder::new(pattern).literal_separator(true).build().ok()) {
        set.add(glob);
    }
    set.build().unwrap_or_default()
}

/// The remaining limits of a run.
struct Budget {
    files: usize,
    bytes: u64,
}

/// The selected files of one node.
struct Chosen {
    /// JMeter's working folder there.
    place: String,
    files: Vec<FoundFile>,
    /// The list was truncated.
    is_partial: bool,
}

/// The result of fetching one node's files.
#[derive(Default)]
struct Fetched {
    files: usize,
    /// Files beyond the limits, and their bytes.
    left: usize,
    left_bytes: u64,
    /// The list was truncated.
    is_partial: bool,
    /// The run's disk has no space for more.
    is_full: bool,
}

/// The note about files on a node that were not kept, if any.
fn not_kept(node: &str, fetched: &Fetched, settings: &Settings) -> Option<Message> {
    let &Fetched { files, left, left_bytes, is_partial, is_full } = fetched;
    let note = if is_full {
        let text = format!(
            "Not enough disk space on the JAC server for all files that the plan wrote on {node}: {files} \
                     kept."
        );
        Message::new("kept_files_no_room", text).with("files", files)
    } else if left > 0 {
        let (most, most_mb) = (settings.keep_max_files, settings.keep_max_bytes >> 20);
        let text = format!(
            "Not all files that the plan wrote were kept: {left} of {node} ({left_bytes} bytes) exceed the limit of \
             {most} files and {most_mb} MB."
        );
        Message::new("kept_files_limit", text).with("left", left).with("left_bytes", left_bytes)
    } else if is_partial {
        let text = format!(
            "Not all files in the plan's folder on {node} were checked: there are more than {MOST_LISTED}, or their \
             names cannot be read."
        );
        Message::new("kept_files_unseen", text)
    } else {
        return None;
    };
    Some(note.with("node", node))
}

impl Engine {
    /// Sets which files written by a plan are kept.
    ///
    /// # Errors
    /// When the plan does not exist, or one is not a pattern of files below its folder.
    pub fn set_plan_keep(&self, id: &PlanId, keep: Vec<String>) -> Result<(), EngineError> {
        let keep = checked(keep)?;
        self.change_plan_record(id, |plan| plan.keep = keep)
    }
}

impl Task {
    /// Fetches the selected files of all nodes. Unavailable files are noted and do not fail the run.
    pub(super) async fn keep_files(&self, run: &Run, nodes: &[Asked]) {
        if run.keep.is_empty() {
            return;
        }
        let settings = self.engine.settings();
        let mut budget = Budget { files: settings.keep_max_files, bytes: settings.keep_max_bytes };
        let nodes: Vec<&Node> = nodes.iter().filter(|asked| asked.silence.is_none()).map(|asked| &asked.node).collect();
        let found = for_all(nodes.iter().map(|node| chosen_of_node(run, node))).await;
        // Which of them are within the limits must not depend on which node is the fastest.
        let fetching = nodes.iter().zip(found).map(|(node, found)| {
            let chosen = found.map(|found| budget.choose(found));
            async move {
                let (chosen, fetched) = chosen?;
                self.fetch_of_node(node, chosen, fetched).await
            }
        });
        let fetching: Vec<_> = fetching.collect();
        for (node, fetched) in nodes.iter().zip(for_all(fetching).await) {
            let note = match fetched {
                Ok(fetched) => not_kept(&node.name, &fetched, settings),
                Err(error) => {
                    let why = jac_model::sentence(&error);
                    let text = format!("Files that the plan wrote could not be fetched from {}: {why}", node.name);
                    Some(Message::new("kept_files_missing", text).with("node", node.name.as_str()).with("detail", why))
                }
            };
            if let Some(note) = note {
                self.note_if_possible(note).await;
            }
        }
    }

    /// Fetches the selected files of a node.
    async fn fetch_of_node(&self, node: &Node, chosen: Chosen, mut fetched: Fetched) -> Result<Fetched, EngineError> {
        let folder = self.engine.folder().run(&self.id).join("nodes").join(&node.name).join(FOLDER);
        for file in chosen.files {
            if in_place(|| self.engine.room()).is_some_and(|room| !room.is_for_logs() || room.free < file.bytes) {
                fetched.is_full = true;
                break;
            }
            let from = format!("{}/{}", chosen.place, file.path);
            fetch(node.remote.as_ref(), &from, &folder.join(&file.path), file.bytes).await?;
            fetched.files += 1;
        }
        Ok(fetched)
    }
}

impl Budget {
    /// Drops files beyond the limits.
    fn choose(&mut self, mut chosen: Chosen) -> (Chosen, Fetched) {
        let mut fetched = Fetched { is_partial: chosen.is_partial, ..Fetched::default() };
        chosen.files.retain(|file| {
            if self.files == 0 || file.bytes > self.bytes {
                fetched.left += 1;
                fetched.left_bytes += file.bytes;
                return false;
            }
            self.files -= 1;
            self.bytes -= file.bytes;
            true
        });
        (chosen, fetched)
    }
}

/// A node's selected files, in order of their paths.
async fn chosen_of_node(run: &Run, node: &Node) -> Result<Chosen, EngineError> {
    let patterns = set_of(&run.keep);
    let inside = run.main_file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let plan = NodePlaces::of(&run.id).plan();
    let place = if inside.is_empty() { plan } else { format!("{plan}/{inside}") };
    let listed = node.remote.list_files(&place, MOST_LISTED).await?;
    // Whatever names a machine reports, no file is written outside of the run's folder.
    let is_below = |path: &str| {
        !path.contains(char::is_control)
            && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
    };
    let is_chosen = |file: &FoundFile| patterns.is_match(&file.path) && is_below(&file.path);
    let mut found: Vec<FoundFile> = listed.files.into_iter().filter(is_chosen).collect();
    found.sort_by(|one, other| one.path.cmp(&other.path));
    let mut files = Vec::new();
    for file in found {
        if !is_as_it_came(run, node.remote.as_ref(), &file, &format!("{place}/{}", file.path)).await? {
            files.push(file);
        }
    }
    Ok(Chosen { place, files, is_partial: !listed.is_whole })
}

/// Whether the file came with the plan and is unchanged.
async fn is_as_it_came(run: &Run, remote: &dyn Remote, file: &FoundFile, from: &str) -> Result<bool, PortError> {
    let name = |known: &PlanFile| relative_to_main(&run.main_file, &known.path);
    let Some(known) = run.files.iter().find(|known| name(known) == file.path) else { return Ok(false) };
    if run.split.contains(&file.path) {
        return Ok(true);
    }
    if known.bytes != file.bytes {
        return Ok(false);
    }
    let digest = remote.digest(from).await?.map(|(_, digest)| hex::encode(digest));
    Ok(digest.is_some() && digest == known.sha256)
}

/// Copies a file, at most this many bytes of it.
async fn fetch(remote: &dyn Remote, from: &str, to: &Path, most: u64) -> Result<(), EngineError> {
    let failed = |error| EngineError::file("keeping the files that the plan wrote", error);
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = std::fs::File::create(to).map_err(failed)?;
    let mut offset = 0;
    while offset < most {
        let limit = usize::try_from(most - offset).unwrap_or(PIECE).min(PIECE);
        let Some(chunk) = remote.read_at(from, offset, limit).await? else { break };
        if chunk.bytes.is_empty() {
            break;
        }
        offset += chunk.bytes.len() as u64;
        in_place(|| file.write_all(&chunk.bytes)).map_err(failed)?;
    }
    Ok(())
}

/// Whether an artefact is a file that the plan wrote: `nodes/<node>/files/…`.
pub(crate) fn is_kept(artefact: &str) -> bool {
    let mut parts = artefact.splitn(4, '/');
    matches!(
        (parts.next(), parts.next(), parts.next(), parts.next()),
        (Some("nodes" | "logs"), Some(_), Some(FOLDER), Some(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stay_in_the_plans_folder() {
        let patterns = ["*.csv", " screens/**/*.png ", "./out-[0-9].{txt,log}", "*.csv"].map(str::to_owned);
        assert_eq!(checked(patterns.to_vec()).expect("patterns"), ["*.csv", "screens/**/*.png", "out-[0-9].{txt,log}"]);
        for bad in ["", "/etc/*", "../*.csv", "a/../../b", "a\\b", "[", &"x".repeat(201)] {
            assert!(
                matches!(checked(vec![bad.to_owned()]), Err(EngineError::Invalid { code: "keep_invalid", .. })),
                "{bad}"
            );
        }
        assert!(checked((0..51).map(|n| format!("{n}.csv")).collect()).is_err());
    }

    #[test]
    fn a_star_stays_in_its_folder_and_two_do_not() {
        let set = set_of(&["*.csv".to_owned(), "screens/**/*.png".to_owned()]);
        for (path, is_chosen) in [
            ("a.csv", true),
            ("deep/a.csv", false),
            ("screens/a.png", true),
            ("screens/1/2/a.png", true),
            ("a.png", false),
        ] {
            assert_eq!(set.is_match(path), is_chosen, "{path}");
        }
    }

    #[test]
    fn kept_files_are_known_by_where_they_lie() {
        assert!(is_kept("nodes/worker-1/files/a.csv") && is_kept("logs/master/files/deep/a.csv.new"));
        assert!(!is_kept("nodes/worker-1/jmeter.log") && !is_kept("plan/nodes/a/files/b"));
    }
}
