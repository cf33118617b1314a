//! Bytes that can be read from any position: a file, or an object of a store elsewhere.

use std::fmt::Debug;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::SystemTime;

/// Bytes fetched at once by sequential reads: an object store returns large pieces in little more time than small ones.
const PIECE: usize = 1 << 20;

/// Bytes with positions. Reading blocks: do not read on an async thread.
pub trait BytesAt: Debug + Send + Sync {
    /// How many there are.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn size(&self) -> std::io::Result<u64>;

    /// Fills `into` completely from a position on.
    ///
    /// # Errors
    /// When it cannot be read; [`ErrorKind::UnexpectedEof`] if there are not enough bytes.
    fn read_exact_at(&self, into: &mut [u8], position: u64) -> std::io::Result<()>;

    /// When they were last changed, if that is known.
    fn modified(&self) -> Option<SystemTime> {
        None
    }
}

impl BytesAt for File {
    fn size(&self) -> std::io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_exact_at(&self, into: &mut [u8], position: u64) -> std::io::Result<()> {
        FileExt::read_exact_at(self, into, position)
    }

    fn modified(&self) -> Option<SystemTime> {
        self.metadata().and_then(|metadata| metadata.modified()).ok()
    }
}

/// Reads all of them sequentially.
pub(crate) struct InOrder {
    bytes: Arc<dyn BytesAt>,
    size: u64,
    position: u64,
}

impl InOrder {
    pub(crate) fn new(bytes: Arc<dyn BytesAt>) -> std::io::Result<Self> {
        Ok(Self { size: bytes.size()?, bytes, position: 0 })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }
}

impl Read for InOrder {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.size - self.position).unwrap_or(usize::MAX);
        let count = into.len().min(left).min(PIECE);
        match self.bytes.read_exact_at(&mut into[..count], self.position) {
            Ok(()) => {
                self.position += count as u64;
                Ok(count)
            }
            // It has become shorter: it now ends here.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
            Err(error) => Err(error),
        }
    }
}
