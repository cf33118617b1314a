//! The size of runs: from which run on all newer runs together exceed the limit.
//!
//! A run's size is that of its files as stored: compressed, in the data folder, or in the artefact store for logs that
//! are only there. A file that several runs share (e.g. of their plan) counts once. Pinned runs, baselines and
//! unfinished runs count first.

use crate::archive::manifest_in;
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_artefacts::local_name;
use jac_model::{EpochMs, RunId};
use jac_store::RunPlace;
use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const RUNS_AT_A_TIME: u32 = 1_000;

/// Files that were counted, by device and number.
type Counted = HashSet<(u64, u64)>;

impl Engine {
    /// The newest finished run, neither pinned nor a baseline, that has to be removed when all runs together may have
    /// this many bytes; older ones are removed with it. The newest run is always kept. `None`: all can be kept. It
    /// reads the folders of all runs: do not call it on an async thread.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn newest_run_beyond_bytes(&self, most_bytes: u64) -> Result<Option<RunPlace>, EngineError> {
        let mut removable: Vec<(RunPlace, RunId)> = Vec::new();
        let mut after: RunPlace = (EpochMs::MIN, String::new());
        let until: RunPlace = (EpochMs::MAX, String::new());
        loop {
            let batch = wait(self.store().oldest_runs(&after, &until, RUNS_AT_A_TIME))?;
            let Some((last, _)) = batch.last() else { break };
            after = last.clone();
            removable.extend(batch);
        }
        let names: HashSet<&str> = removable.iter().map(|(_, run)| run.as_str()).collect();
        let mut counted = Counted::new();
        let mut bytes = 0;
        for entry in std::fs::read_dir(self.folder().runs()).into_iter().flatten().flatten() {
            if !entry.file_name().to_str().is_some_and(|name| names.contains(name)) {
                bytes += size_of(&entry.path(), &mut counted);
            }
        }
        for (number, (place, run)) in removable.iter().rev().enumerate() {
            bytes += size_of(&self.folder().run(run), &mut counted);
            if number > 0 && bytes > most_bytes {
                return Ok(Some(place.clone()));
            }
        }
        Ok(None)
    }
}

/// The size of a run, except for files that were counted before.
fn size_of(folder: &Path, counted: &mut Counted) -> u64 {
    let elsewhere: u64 = manifest_in(folder)
        .iter()
        .flat_map(|manifest| &manifest.objects)
        .filter(|object| !folder.join(local_name(&object.name)).exists())
        .map(|object| object.bytes)
        .sum();
    elsewhere + size_here(folder, counted)
}

fn size_here(folder: &Path, counted: &mut Counted) -> u64 {
    // A file that was removed meanwhile has no size.
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let of_entry = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(file) if file.is_dir() => size_here(&entry.path(), counted),
        Ok(file) if file.nlink() == 1 || counted.insert((file.dev(), file.ino())) => file.len(),
        _ => 0,
    };
    entries.map(of_entry).sum()
}
