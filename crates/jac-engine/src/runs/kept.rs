//! Logs in a run's folder, plain or compressed: their readers need not know.

use crate::error::EngineError;
use jac_artefacts::ArtefactError;
use jac_logs::{BytesAt, FramedLog};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The extension of a compressed log.
pub(crate) const COMPRESSED: &str = ".zst";

/// The path of a log once it is compressed.
pub(crate) fn compressed_path(plain: &Path) -> PathBuf {
    let mut name = plain.as_os_str().to_owned();
    name.push(COMPRESSED);
    PathBuf::from(name)
}

/// An opened file of a run. It stays readable while the run is deleted, or the file compressed.
#[derive(Debug)]
pub enum KeptFile {
    /// As it is, with its length when it was opened.
    Plain(File, u64),
    /// A log that was compressed, here or in the store.
    Compressed(FramedLog),
    /// As it is, in the store, with its length.
    Elsewhere(Arc<dyn BytesAt>, u64),
}

impl KeptFile {
    /// Opens a file by its plain name. `None`: it does not exist, not even compressed.
    ///
    /// # Errors
    /// When it cannot be read, or is compressed and damaged.
    pub(crate) fn open(plain: &Path) -> Result<Option<Self>, EngineError> {
        if let Some(file) = Self::open_as_it_is(plain)? {
            return Ok(Some(file));
        }
        // A log gets its second name before it loses the first.
        let Some(Self::Plain(file, _)) = Self::open_as_it_is(&compressed_path(plain))? else { return Ok(None) };
        let log = FramedLog::of(Arc::new(file)).map_err(|error| unread(plain, error))?;
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
            Self::Plain(_, bytes) | Self::Elsewhere(_, bytes) => *bytes,
            Self::Compressed(log) => log.bytes(),
        }
    }

    /// When it was last changed here; `None` for an object of the store.
    pub fn modified(&self) -> Option<SystemTime> {
        match self {
            Self::Plain(file, _) => file.modified(),
            Self::Compressed(log) => log.modified(),
            Self::Elsewhere(object, _) => object.modified(),
        }
    }

    /// Its size on the disk.
    pub fn stored_bytes(&self) -> u64 {
        match self {
            Self::Plain(_, bytes) | Self::Elsewhere(_, bytes) => *bytes,
            Self::Compressed(log) => log.packed_bytes(),
        }
    }

    /// At most `most` bytes from a byte on; none after its end.
    pub(crate) fn read_at(&self, path: &Path, from: u64, most: usize) -> Result<Vec<u8>, EngineError> {
        let piece = |file: &dyn BytesAt, bytes: u64| {
            let left = usize::try_from(bytes.saturating_sub(from)).unwrap_or(usize::MAX);
            let mut piece = vec![0; most.min(left)];
            file.read_exact_at(&mut piece, from).map_err(|error| unread(path, error))?;
            Ok(piece)
        };
        match self {
            Self::Plain(file, bytes) => piece(file, *bytes),
            Self::Elsewhere(object, bytes) => piece(object.as_ref(), *bytes),
            Self::Compressed(log) => log.read_at(from, most).map_err(|error| unread(path, error)),
        }
    }
}

/// The name of a log in a fault.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().display().to_string()
}

pub(crate) fn damaged(path: &Path) -> EngineError {
    EngineError::LogDamaged { name: name(path) }
}

pub(crate) fn unread(path: &Path, error: std::io::Error) -> EngineError {
    // The store's own message, with its code.
    if let Some(error) = error.get_ref().and_then(|error| error.downcast_ref::<ArtefactError>()) {
        return error.clone().into();
    }
    match error.kind() {
        ErrorKind::InvalidData => damaged(path),
        _ => EngineError::file(format!("reading {}", name(path)), error),
    }
}
