//! Where a log comes from, and how it is packed.

use crate::LogError;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes read from a file at once.
const PIECE: usize = 256 << 10;

/// A result log to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, plain, gzip or Zstandard: its first bytes tell.
    File(PathBuf),
    /// Standard input, packed or not.
    Stdin,
}

impl Input {
    /// From a command line's word: `-` is standard input.
    pub fn of_argument(argument: &str) -> Self {
        if argument == "-" { Self::Stdin } else { Self::File(PathBuf::from(argument)) }
    }

    /// What to call it in a report.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".to_owned(),
        }
    }
}

/// How a log is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstandard,
}

impl Packing {
    /// What the first bytes say (RFC 1952, RFC 8878).
    pub(crate) fn of(first_bytes: &[u8]) -> Self {
        match first_bytes {
            [0x1F, 0x8B, ..] => Self::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Self::Zstandard,
            // A skippable frame may come first.
            [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstandard,
            _ => Self::Plain,
        }
    }
}

/// An opened log: its unpacked bytes, and how many packed ones have been taken.
pub(crate) struct Opened {
    pub(crate) bytes: Box<dyn Read + Send>,
    pub(crate) taken: Arc<AtomicU64>,
    pub(crate) size: Option<u64>,
    pub(crate) packing: Packing,
}

/// Opens a log and unpacks it as it is read.
pub(crate) fn open(input: &Input) -> Result<Opened, LogError> {
    let (source, size): (Box<dyn Read + Send>, Option<u64>) = match input {
        Input::Stdin => (Box::new(std::io::stdin()), None),
        Input::File(path) => {
            let (file, size) = open_file(path)?;
            (Box::new(file), size)
        }
    };
    let failed = |error| LogError::Read { name: input.name(), source: error };
    let taken = Arc::new(AtomicU64::new(0));
    let mut source = BufReader::with_capacity(PIECE, Counted { source, taken: Arc::clone(&taken) });
    let packing = Packing::of(source.fill_buf().map_err(failed)?);
    let bytes: Box<dyn Read + Send> = match packing {
        Packing::Plain => Box::new(source),
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(source)),
        Packing::Zstandard => Box::new(zstd::Decoder::with_buffer(source).map_err(failed)?),
    };
    Ok(Opened { bytes, taken, size, packing })
}

/// Opens a file and tells its size, if it is a regular one.
pub(crate) fn open_file(path: &Path) -> Result<(File, Option<u64>), LogError> {
    let failed = |source| LogError::Open { name: path.display().to_string(), source };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(LogError::Directory { name: path.display().to_string() });
    }
    Ok((file, metadata.is_file().then_some(metadata.len())))
}

struct Counted {
    source: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(into)?;
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
