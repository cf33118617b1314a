//! Logs in a run's folder, plain or compressed by now: whoever reads one need not know.

use crate::error::EngineError;
use jac_logs::FramedLog;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What the name of a compressed log ends with.
pub(crate) const COMPRESSED: &str = ".zst";

/// Where a log lies once it is compressed.
pub(crate) fn compressed_path(plain: &Path) -> PathBuf {
    let mut name = plain.as_os_str().to_owned();
    name.push(COMPRESSED);
    PathBuf::from(name)
}

/// A file of a run, opened. It stays readable while the run is deleted, or the file compressed.
#[derive(Debug)]
pub enum KeptFile {
    /// As it is, with its length when it was opened.
    Plain(File, u64),
    /// A log that was compressed.
    Compressed(FramedLog),
}

impl KeptFile {
    /// Opens a file under its plain name. `None`: it is not there, compressed neither.
    ///
    /// # Errors
    /// When it cannot be read, or is compressed and damaged.
    pub(crate) fn open(plain: &Path) -> Result<Option<Self>, EngineError> {
        if let Some(file) = Self::open_as_it_is(plain)? {
            return Ok(Some(file));
        }
        // A log has its second name before it loses the first.
        let Some(Self::Plain(file, _)) = Self::open_as_it_is(&compressed_path(plain))? else { return Ok(None) };
        let log = FramedLog::of(file).map_err(|error| unread(plain, error))?;
        log.map(Self::Compressed).map(Some).ok_or_else(|| damaged(plain))
    }

    /// Opens a file of just that name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn open_as_it_is(path: &Path) -> Result<Option<Self>, EngineError> {
        let opened = File::open(path).and_then(|file| {
            let bytes = file.metadata()?.len();
            Ok(Self::Plain(file, bytes))
        });
        match opened {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unread(path, error)),
        }
    }

    /// How long it is for who reads it.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Plain(_, bytes) => *bytes,
            Self::Compressed(log) => log.bytes(),
        }
    }

    /// What it takes on the disk.
    pub fn stored_bytes(&self) -> u64 {
        match self {
            Self::Plain(_, bytes) => *bytes,
            Self::Compressed(log) => log.packed_bytes(),
        }
    }

    /// At most `most` bytes from a byte on; none behind its end.
    pub(crate) fn read_at(&self, path: &Path, from: u64, most: usize) -> Result<Vec<u8>, EngineError> {
        match self {
            Self::Plain(file, bytes) => {
                let left = usize::try_from(bytes.saturating_sub(from)).unwrap_or(usize::MAX);
                let mut piece = vec![0; most.min(left)];
                file.read_exact_at(&mut piece, from).map_err(|error| unread(path, error))?;
                Ok(piece)
            }
            Self::Compressed(log) => log.read_at(from, most).map_err(|error| unread(path, error)),
        }
    }
}

/// What a log is called in a fault.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().display().to_string()
}

pub(crate) fn damaged(path: &Path) -> EngineError {
    EngineError::LogDamaged { name: name(path) }
}

fn unread(path: &Path, error: std::io::Error) -> EngineError {
    match error.kind() {
        ErrorKind::InvalidData => damaged(path),
        _ => EngineError::file(format!("reading {}", name(path)), error),
    }
}
