//! The key that secrets are sealed with, and the previous keys, which still open what was sealed with them.
//!
//! Next to the key's file `secret.key` are `secret.key.before`, the previous keys, one per line; and while a key is
//! being changed `secret.key.next`. All of them open secrets, so that a crash at any moment leaves every secret
//! readable.

use crate::seal::{SealError, SealingKey, in_one_step, read_bytes};
use std::fs;
use std::path::{Path, PathBuf};

/// The key of now with those of before.
#[derive(Debug)]
pub(crate) struct KeyRing {
    current: SealingKey,
    others: Vec<SealingKey>,
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn next_of(path: &Path) -> PathBuf {
    beside(path, ".next")
}

fn before_of(path: &Path) -> PathBuf {
    beside(path, ".before")
}

fn exists(path: &Path) -> Result<bool, SealError> {
    path.try_exists().map_err(|source| SealError::Unusable { path: path.to_owned(), source })
}

/// The lines of the keys of before, newest first.
fn lines_of_before(path: &Path) -> Result<Vec<String>, SealError> {
    let path = before_of(path);
    if !exists(&path)? {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&path).map_err(|source| SealError::Unusable { path, source })?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

impl From<SealingKey> for KeyRing {
    fn from(current: SealingKey) -> Self {
        Self { current, others: Vec::new() }
    }
}

impl KeyRing {
    /// The key in that file with those next to it.
    pub fn read(path: &Path) -> Result<Self, SealError> {
        let current = SealingKey::read(path)?;
        let mut others = Vec::new();
        if exists(&next_of(path))? {
            others.push(SealingKey::read(&next_of(path))?);
        }
        for line in lines_of_before(path)? {
            let bytes: Option<[u8; 32]> = hex::decode(&line).ok().and_then(|bytes| bytes.try_into().ok());
            others.push(SealingKey::new(&bytes.ok_or_else(|| SealError::NoKey { path: before_of(path) })?)?);
        }
        Ok(Self { current, others })
    }

    /// Creates the next key, unless an interrupted change has left one, and adds the current one to the previous keys.
    /// Returns the next key.
    pub fn prepare_next(path: &Path, random: [u8; 32]) -> Result<SealingKey, SealError> {
        let unusable = |path: PathBuf| move |source| SealError::Unusable { path, source };
        let next = next_of(path);
        if !exists(&next)? {
            in_one_step(&next, hex::encode(random).as_bytes()).map_err(unusable(next.clone()))?;
        }
        let line = hex::encode(read_bytes(path)?);
        let mut lines = lines_of_before(path)?;
        if !lines.contains(&line) {
            lines.insert(0, line);
            let before = before_of(path);
            in_one_step(&before, lines.join("\n").as_bytes()).map_err(unusable(before.clone()))?;
        }
        SealingKey::read(&next)
    }

    /// Makes the next key the current one.
    pub fn take_next(path: &Path) -> Result<(), SealError> {
        let unusable = |source| SealError::Unusable { path: path.to_owned(), source };
        fs::rename(next_of(path), path).map_err(unusable)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(unusable)
    }

    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        self.current.seal(purpose, secret)
    }

    /// Opens with the key that it was sealed with.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let first = self.current.open(purpose, sealed);
        let Err(refused) = first else { return first };
        self.others.iter().find_map(|key| key.open(purpose, sealed).ok()).ok_or(refused)
    }
}
