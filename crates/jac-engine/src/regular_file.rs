//! Small files of the data folder, which are read whole.

use std::io;
use std::path::Path;

/// Reads a regular file. Anything else of that name is an error: opening a FIFO would wait for its writer, perhaps for ever.
pub(crate) fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.is_file() {
        std::fs::read(path)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}
