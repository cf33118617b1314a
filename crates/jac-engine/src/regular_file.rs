//! What is in the data folder: whether something is there, and small files, which are read whole.

use std::io;
use std::path::Path;

/// Whether nothing is at a path. A disk that cannot be read is no absence: only the operating system's "no such file" is.
pub(crate) fn is_absent(path: &Path) -> bool {
    matches!(path.try_exists(), Ok(false))
}

/// Reads a regular file. Anything else of that name is an error, a folder as by the operating system: opening a FIFO would wait for its writer,
/// perhaps for ever.
pub(crate) fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let found = std::fs::metadata(path)?;
    if found.is_file() || found.is_dir() {
        std::fs::read(path)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}
