//! `jac admin backup` and `jac admin restore`: an archive of a data folder, created while a server may be running on
//! it.
//!
//! The archive (tar, Zstandard) contains the database, the installation's ID and the plans with their revisions;
//! optionally the folders of finished runs. It never contains `secret.key`, nor the keys of clusters: with the archive
//! alone no saved credentials can be opened. The contents below `blobs/` are the same as those of the plans' files and
//! are restored from them.
//!
//! A restore replaces only the database, and keeps the one that it replaces. Plans and runs in the folder are
//! unchanged, and the next start adds those to the list that the database does not contain (decision 11).

use crate::connect::{lock_alone, open_store};
use anyhow::{Context, bail};
use jac_store::DataFolder;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use tempfile::TempDir;

/// Raised when an older JAC could not restore the archive.
const FORMAT: u32 = 1;
const ABOUT: &str = "jac-backup.json";
const DATABASE: &str = "jac.db";
/// The folder of the plans' earlier files.
const REVISIONS: &str = "plans-revisions";
const LEVEL: i32 = 3;

/// The archive's first entry.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    format: u32,
    jac_version: String,
    created_ms: i64,
    installation: String,
    with_results: bool,
}

/// The contents of a backup in addition to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Results {
    Left,
    Taken,
}

/// What was restored, for display.
#[derive(Debug)]
pub struct Restored {
    /// The path of the previous database.
    pub before: Option<PathBuf>,
    pub plans: usize,
    pub runs: usize,
}

/// Writes the archive. A file of that name is replaced once the new one is whole.
pub async fn backup(folder: &DataFolder, to: &Path, results: Results, now_ms: i64) -> anyhow::Result<()> {
    if !folder.database().is_file() {
        bail!("{} has no database", folder.root().display());
    }
    let store = open_store(folder).await?;
    let beside = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let staging = staging(beside).with_context(|| format!("{} cannot be written to", beside.display()))?;
    let database = staging.path().join(DATABASE);
    // The database before the files: what is created between the two is in the folder's files and is added to the list
    // at the next start.
    store.copy_to(&database).await?;
    let about = About {
        format: FORMAT,
        jac_version: env!("CARGO_PKG_VERSION").to_owned(),
        created_ms: now_ms,
        installation: folder.installation(rand::random())?,
        with_results: results == Results::Taken,
    };
    let (folder, staged, to) = (folder.clone(), staging.path().join("archive"), to.to_owned());
    let written = tokio::task::spawn_blocking(move || write(&folder, &about, &database, &staged, &to));
    written.await??;
    drop(staging);
    Ok(())
}

/// The folder in which the archive is assembled: it contains a copy of the database, which nobody else may read.
fn staging(beside: &Path) -> std::io::Result<TempDir> {
    tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir_in(beside)
}

fn write(folder: &DataFolder, about: &About, database: &Path, staged: &Path, to: &Path) -> anyhow::Result<()> {
    // It contains hashes of passwords and sealed secrets.
    let file = File::options().write(true).create_new(true).mode(0o600).open(staged);
    let file = file.with_context(|| format!("{} cannot be written", staged.display()))?;
    let mut archive = tar::Builder::new(zstd::Encoder::new(BufWriter::new(file), LEVEL)?);
    append(&mut archive, Path::new(ABOUT), &serde_json::to_vec_pretty(about)?)?;
    append_file(&mut archive, database, Path::new(DATABASE))?;
    append_below(&mut archive, folder.root(), Path::new("plans"))?;
    append_below(&mut archive, folder.root(), Path::new(REVISIONS))?;
    if about.with_results {
        for run in names(&folder.runs())? {
            // An active run has no record yet; its log grows.
            if folder.runs().join(&run).join("run.json").is_file() {
                append_below(&mut archive, folder.root(), &Path::new("runs").join(run))?;
            }
        }
    }
    let mut file = archive.into_inner()?.finish()?;
    file.flush()?;
    file.get_ref().sync_all()?;
    std::fs::rename(staged, to).with_context(|| format!("{} cannot be written", to.display()))
}

type Archive = tar::Builder<zstd::Encoder<'static, BufWriter<File>>>;

fn append(archive: &mut Archive, name: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o600);
    Ok(archive.append_data(&mut header, name, bytes)?)
}

/// A file that was removed meanwhile is skipped, and one that has grown is archived with its earlier length.
fn append_file(archive: &mut Archive, from: &Path, name: &Path) -> anyhow::Result<()> {
    let file = match File::open(from) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        opened => opened.with_context(|| format!("{} cannot be read", from.display()))?,
    };
    let bytes = file.metadata()?.len();
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o600);
    let content = BufReader::new(file).take(bytes);
    archive.append_data(&mut header, name, content).with_context(|| format!("{} cannot be read", from.display()))
}

/// The extension of incomplete files below a run's folder.
const UNFINISHED: &str = ".new";

fn append_below(archive: &mut Archive, root: &Path, name: &Path) -> anyhow::Result<()> {
    let mut seen = HashSet::new();
    // A log that is being compressed gets its new name before it loses the old one: the second listing finds it.
    loop {
        let mut entries = names(&root.join(name))?;
        entries.retain(|entry| seen.insert(entry.clone()));
        if entries.is_empty() {
            return Ok(());
        }
        append_entries(archive, root, name, entries)?;
    }
}

fn append_entries(archive: &mut Archive, root: &Path, name: &Path, entries: Vec<OsString>) -> anyhow::Result<()> {
    for entry in entries {
        let is_unfinished = name.starts_with("runs") && entry.as_encoded_bytes().ends_with(UNFINISHED.as_bytes());
        if is_unfinished {
            continue;
        }
        let name = name.join(entry);
        let kind = match std::fs::symlink_metadata(root.join(&name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            found => found?.file_type(),
        };
        if kind.is_dir() {
            append_below(archive, root, &name)?;
        } else if kind.is_file() {
            append_file(archive, &root.join(&name), &name)?;
        }
    }
    Ok(())
}

/// The names in a folder, sorted; empty if it no longer exists.
fn names(folder: &Path) -> anyhow::Result<Vec<OsString>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.with_context(|| format!("{} cannot be read", folder.display()))?,
    };
    let mut names = entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>()?;
    names.sort();
    Ok(names)
}

/// Restores an archive into a folder that no server uses. It is unpacked and checked completely before anything is
/// replaced.
pub fn restore(folder: &DataFolder, from: &Path, now_ms: i64) -> anyhow::Result<Restored> {
    let _nobody_else = lock_alone(folder)?;
    let staging = tempfile::tempdir_in(folder.uploads()).context("the data folder cannot be written to")?;
    let archive = File::open(from).with_context(|| format!("cannot open {}", from.display()))?;
    let about =
        unpack(archive, staging.path()).with_context(|| format!("{} is not a complete backup", from.display()))?;
    let place = folder.root().join("installation");
    match std::fs::read_to_string(&place) {
        Ok(id) if id.trim() != about.installation => bail!(
            "{} belongs to another installation ({}) than {} ({}): restore it into an empty folder",
            from.display(),
            about.installation,
            folder.root().display(),
            id.trim()
        ),
        Ok(_) => (),
        Err(_) => std::fs::write(&place, &about.installation)?,
    }
    let plans = take_what_is_missing(&staging.path().join("plans"), &folder.plans())?;
    std::fs::create_dir_all(folder.revisions())?;
    take_what_is_missing(&staging.path().join(REVISIONS), &folder.revisions())?;
    let runs = take_what_is_missing(&staging.path().join("runs"), &folder.runs())?;
    let before = set_database_aside(folder, now_ms)?;
    std::fs::rename(staging.path().join(DATABASE), folder.database())?;
    Ok(Restored { before, plans, runs })
}

fn unpack(archive: File, to: &Path) -> anyhow::Result<About> {
    let mut archive = tar::Archive::new(zstd::Decoder::new(archive)?);
    let mut about = None;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.into_owned();
        if !entry.header().entry_type().is_file() || !name.components().all(|part| matches!(part, Component::Normal(_)))
        {
            bail!("unexpected entry {}", name.display());
        }
        if name == Path::new(ABOUT) {
            let read: About = serde_json::from_reader(&mut entry)?;
            if read.format > FORMAT {
                bail!(
                    "it was written by a newer version of JAC (format {}, this version supports \
                     {FORMAT})",
                    read.format
                );
            }
            about = Some(read);
        } else {
            entry.unpack_in(to)?;
        }
    }
    if !to.join(DATABASE).is_file() {
        bail!("it has no database");
    }
    about.context("its description is missing")
}

/// Moves each missing item into a folder, and with an item's folder the adjacent files that describe it.
fn take_what_is_missing(from: &Path, to: &Path) -> anyhow::Result<usize> {
    let there: HashSet<_> = names(to)?.into_iter().collect();
    let mut taken = 0;
    for name in names(from)? {
        let thing = Path::new(&name).file_stem().unwrap_or(&name);
        if there.contains(thing) || there.contains(&name) {
            continue;
        }
        std::fs::rename(from.join(&name), to.join(&name))?;
        taken += usize::from(to.join(&name).is_dir());
    }
    Ok(taken)
}

/// The write-ahead log is moved with its database: next to another database it would be applied to that one.
fn set_database_aside(folder: &DataFolder, now_ms: i64) -> anyhow::Result<Option<PathBuf>> {
    let aside = |suffix: &str| folder.root().join(format!("{DATABASE}.before-restore-{now_ms}{suffix}"));
    let mut before = None;
    for suffix in ["", "-wal", "-shm"] {
        match std::fs::rename(folder.root().join(format!("{DATABASE}{suffix}")), aside(suffix)) {
            Ok(()) => before = before.or_else(|| Some(aside(suffix))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_reads_what_a_backup_is_put_together_in() {
        let place = tempfile::tempdir().expect("a folder");
        let staging = staging(place.path()).expect("a folder");
        assert_eq!(std::fs::metadata(staging.path()).expect("it is there").permissions().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn a_backup_is_its_owners_alone_and_has_nothing_that_is_being_written() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(&place.path().join("data")).expect("it opens");
        drop(open_store(&folder).await.expect("a database"));
        let run = folder.runs().join("r-22222222");
        std::fs::create_dir_all(run.join("nodes")).expect("a folder");
        for name in ["run.json", "results.jtl", "results.jtl.zst.new", "report.new", "nodes/jmeter.log"] {
            std::fs::write(run.join(name), name).expect("written");
        }
        let to = place.path().join("backup.tar.zst");
        backup(&folder, &to, Results::Taken, 1).await.expect("a backup");
        assert_eq!(std::fs::metadata(&to).expect("a file").permissions().mode() & 0o777, 0o600);
        let mut archive = tar::Archive::new(zstd::Decoder::new(File::open(&to).expect("a file")).expect("Zstandard"));
        let entries = archive.entries().expect("entries");
        let names: Vec<String> = entries
            .map(|entry| entry.expect("an entry"))
            .inspect(|entry| assert_eq!(entry.header().mode().expect("a mode"), 0o600))
            .map(|entry| entry.path().expect("a path").display().to_string())
            .filter(|name| name.starts_with("runs/"))
            .collect();
        let kept = ["nodes/jmeter.log", "results.jtl", "run.json"].map(|name| format!("runs/r-22222222/{name}"));
        assert_eq!(names, kept);
        let staged = std::fs::read_dir(place.path()).expect("the folder").count();
        assert_eq!(staged, 2, "the data folder and the backup: what it was put together in is gone");
    }
}
