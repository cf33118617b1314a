//! Small files of the data folder, which are read whole.

use std::io;
use std::path::Path;

/// Reads a regular file. Anything else with that name is an error, for a folder that of the operating system: opening a
/// FIFO would wait for its writer, perhaps forever.
pub(crate) fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let found = std::fs::metadata(path)?;
    if found.is_file() || found.is_dir() {
        std::fs::read(path)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}
