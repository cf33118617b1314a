//! The content of plans, each file stored once, however many plans and runs have it: `blobs/` has a file named after
//! the SHA-256 of its content, and the folders of plans and runs have hard links to it.
//!
//! A file is never written in place: a change creates another file with the same name. So the files linked by a run
//! never change, and a blob with no link outside of `blobs/` is unused.

use crate::error::EngineError;
use jac_model::PlanFile;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The folder of all content.
pub(crate) struct Content {
    folder: PathBuf,
}

impl Content {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn place(&self, sha256: &str) -> PathBuf {
        self.folder.join(&sha256[..2]).join(sha256)
    }

    /// The path of the content; `None`: it is not stored.
    pub fn find(&self, sha256: &str) -> Option<PathBuf> {
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|digit| digit.is_ascii_hexdigit());
        let place = is_hash.then(|| self.place(sha256));
        place.filter(|place| place.is_file())
    }

    /// Stores a file's content: its name becomes a link to the content stored under its hash, which is returned in hex.
    pub fn add(&self, file: &Path) -> io::Result<String> {
        let sha256 = hash(file)?;
        let place = self.place(&sha256);
        match replace(&place, file) {
            // It does not exist yet, or its last user has just gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(place.parent().unwrap_or(&self.folder))?;
                replace(file, &place)?;
            }
            kept => kept?,
        }
        Ok(sha256)
    }

    /// Whether a file is a link to the content stored under its hash. For a copy, on file systems without links, this
    /// is unknown.
    pub fn is_kept(&self, file: &PlanFile, place: &Path) -> bool {
        let known = file.sha256.as_deref().filter(|sha256| sha256.len() == 64).map(|sha256| self.place(sha256));
        // A file that cannot be examined counts as missing, and is added again.
        let node = |path: &Path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
        known.is_some_and(|kept| node(&kept).is_some_and(|kept| Some(kept) == node(place)))
    }

    /// Removes all unused content, and temporary names left by a crash. Call it while no content is being added.
    pub fn sweep(&self) -> io::Result<()> {
        let folders = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            folders => folders?,
        };
        for folder in folders {
            for file in fs::read_dir(folder?.path())? {
                let file = file?;
                let is_content = file.file_name().len() == 64;
                if !is_content || file.metadata()?.nlink() == 1 {
                    fs::remove_file(file.path())?;
                }
            }
        }
        Ok(())
    }

    /// Removes the content of files that nothing uses any more.
    pub fn release(&self, files: &[PlanFile]) {
        for sha256 in files.iter().filter_map(|file| file.sha256.as_deref()).filter(|sha256| sha256.len() == 64) {
            let place = self.place(sha256);
            if fs::metadata(&place).is_ok_and(|file| file.nlink() == 1)
                && let Err(error) = fs::remove_file(&place)
            {
                tracing::warn!(path = %place.display(), %error, "unused content cannot be removed");
            }
        }
    }
}

/// Whether a file with that content exists.
pub(super) fn has(file: &Path, sha256: &str) -> io::Result<bool> {
    match hash(file) {
        Ok(found) => Ok(found == sha256),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Creates a run's folder with the current files.
pub(crate) fn link_all(files: &[PlanFile], from: &Path, to: &Path) -> Result<(), EngineError> {
    for file in files {
        let place = to.join(&file.path);
        let linked =
            fs::create_dir_all(place.parent().unwrap_or(to)).and_then(|()| link(&from.join(&file.path), &place));
        linked.map_err(|error| EngineError::file(format!("keeping {} for the run", file.path), error))?;
    }
    Ok(())
}

/// The same content with a second name: a link, or a copy if the file system does not support links.
pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {
            fs::copy(from, to).map(drop)
        }
        done => done,
    }
}

/// The same, and replaces what `to` was, in one step.
pub(super) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    let mut new = to.as_os_str().to_owned();
    new.push(format!(".{:016x}.new", rand::random::<u64>()));
    let new = PathBuf::from(new);
    link(from, &new)?;
    let renamed = fs::rename(&new, to);
    // If both are the same file already, renaming does nothing and leaves the new name.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => renamed,
    }
}

fn hash(file: &Path) -> io::Result<String> {
    let mut file = fs::File::open(file)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(digest.finalize())),
            length => digest.update(&buffer[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_model::PlanFileKind;

    fn plan_file(path: &str, sha256: &str) -> PlanFile {
        PlanFile { path: path.to_owned(), bytes: 4, kind: PlanFileKind::Data, sha256: Some(sha256.to_owned()) }
    }

    #[test]
    fn equal_files_are_one_and_what_a_run_has_outlives_what_the_plan_has() {
        let place = tempfile::tempdir().expect("a folder");
        let path = |name: &str| place.path().join(name);
        let content = Content::new(path("blobs"));
        for folder in ["one", "two", "run"] {
            fs::create_dir(path(folder)).expect("a folder");
        }
        fs::write(path("one/a.csv"), "same").expect("written");
        fs::write(path("two/b.csv"), "same").expect("written");
        let sha256 = content.add(&path("one/a.csv")).expect("taken in");
        assert_eq!(content.add(&path("one/a.csv")).expect("once more"), sha256);
        assert_eq!(content.add(&path("two/b.csv")).expect("taken in"), sha256);
        let node = |name: &str| fs::metadata(path(name)).expect("it is there").ino();
        assert_eq!(node("one/a.csv"), node("two/b.csv"), "stored once");
        assert_eq!(fs::read_dir(path("one")).expect("a folder").count(), 1, "nothing else is left there");

        let longest = path("two").join("x".repeat(super::super::names::MAX_PART));
        fs::write(&longest, "same").expect("written");
        assert_eq!(content.add(&longest).expect("a name as long as one may be"), sha256);
        fs::remove_file(longest).expect("removed");

        let files = [plan_file("a.csv", &sha256)];
        link_all(&files, &path("one"), &path("run")).expect("linked");
        fs::write(path("new"), "changed").expect("written");
        fs::rename(path("new"), path("one/a.csv")).expect("replaced");
        fs::remove_file(path("two/b.csv")).expect("removed");
        content.release(&files);
        assert_eq!(fs::read(path("run/a.csv")).expect("the run's"), b"same");
        assert!(content.place(&sha256).exists(), "the run has it");
        fs::remove_dir_all(path("run")).expect("removed");
        content.release(&files);
        assert!(!content.place(&sha256).exists(), "nobody has it");
    }

    #[test]
    fn a_sweep_removes_what_nobody_has_and_nothing_else() {
        let place = tempfile::tempdir().expect("a folder");
        let path = |name: &str| place.path().join(name);
        let content = Content::new(path("blobs"));
        content.sweep().expect("there is nothing yet");
        for name in ["kept", "left"] {
            fs::write(path(name), name).expect("written");
        }
        let [kept, left] = ["kept", "left"].map(|name| content.add(&path(name)).expect("taken in"));
        fs::remove_file(path("left")).expect("removed");
        let partial = format!("{}.0123456789abcdef.new", content.place(&kept).display());
        fs::hard_link(path("kept"), &partial).expect("linked");
        content.sweep().expect("swept");
        assert!(content.find(&kept).is_some() && content.find(&left).is_none() && !Path::new(&partial).exists());
    }
}
