//! The source of a log, and its compression.

use crate::bytes_at::{BytesAt, InOrder};
use crate::frames::{ANNOUNCEMENT_SIZE, announced};
use crate::utf16::{Utf16, byte_order};
use crate::{Kind, LogError};
use jac_jtl::ReadOutcome;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Bytes read from a file at once.
const PIECE: usize = 256 << 10;
/// Decompressed bytes at the start of a log that are examined before it is read.
const HEAD: u64 = 64 << 10;

/// A result log to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, plain, gzip or Zstandard: its first bytes decide. A pipe by its path (`/dev/fd/63`, `/dev/stdin`, a FIFO) is read as standard
    /// input is.
    File(PathBuf),
    /// Standard input, packed or not.
    Stdin,
    /// Bytes elsewhere, packed or not.
    Elsewhere(Elsewhere),
}

/// Bytes that are not in a file here, such as an object of a store.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// Its name in a report.
    pub name: String,
    pub bytes: Arc<dyn BytesAt>,
}

impl PartialEq for Elsewhere {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Elsewhere {}

impl Input {
    /// From a command-line argument: `-` is standard input.
    pub fn of_argument(argument: &str) -> Self {
        if argument == "-" { Self::Stdin } else { Self::File(PathBuf::from(argument)) }
    }

    /// Whether it can be read only once, like a pipe, with or without a path.
    pub fn is_read_once(&self) -> bool {
        match self {
            Self::Stdin => true,
            Self::File(path) => std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()),
            Self::Elsewhere(_) => false,
        }
    }

    /// Its name in a report.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".to_owned(),
            Self::Elsewhere(elsewhere) => elsewhere.name.clone(),
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
    /// The compression, by the first bytes (RFC 1952, RFC 8878).
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

/// An opened log: its decompressed bytes, and the number of compressed bytes read.
pub(crate) struct Opened {
    pub(crate) bytes: Box<dyn Read + Send>,
    /// The first of the unpacked bytes once more.
    pub(crate) head: Vec<u8>,
    pub(crate) taken: Arc<AtomicU64>,
    pub(crate) size: Option<u64>,
    pub(crate) packing: Packing,
    /// The decompressed bytes are as stored.
    pub(crate) is_utf8: bool,
    /// Set when not everything could be unpacked.
    pub(crate) broken: Arc<OnceLock<Broken>>,
}

/// Why a compressed log could not be unpacked to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The file ends too early.
    Truncated,
    /// Bytes within it are wrong: what follows them is lost, or wrong until the checksum shows it.
    Damaged,
}

impl Broken {
    /// Notes it in what was read of the log.
    pub(crate) fn note_in(self, outcome: &mut ReadOutcome) {
        // It may end between two rows, which the reader takes for a proper end.
        outcome.cut_logs = outcome.cut_logs.max(1);
        outcome.damaged_logs = u64::from(self == Self::Damaged);
    }
}

/// Opens a log, which is decompressed while it is read.
///
/// # Errors
/// When it cannot be opened, or its first bytes are not those of a result log.
pub(crate) fn open(input: &Input) -> Result<Opened, LogError> {
    let (source, size): (Box<dyn Read + Send>, Option<u64>) = match input {
        Input::Stdin => (Box::new(std::io::stdin()), None),
        Input::File(path) => {
            let (file, size) = open_file(path)?;
            (Box::new(file), size)
        }
        Input::Elsewhere(elsewhere) => {
            let bytes = InOrder::new(Arc::clone(&elsewhere.bytes))
                .map_err(|source| LogError::Read { name: input.name(), source })?;
            let size = bytes.size();
            (Box::new(bytes), Some(size))
        }
    };
    let failed = |error| LogError::Read { name: input.name(), source: error };
    let taken = Arc::new(AtomicU64::new(0));
    let unreadable = Arc::new(AtomicBool::new(false));
    let counted = Counted { source, taken: Arc::clone(&taken), failed: Arc::clone(&unreadable) };
    let mut source = BufReader::with_capacity(PIECE, counted);
    let packing = Packing::of(source.fill_buf().map_err(failed)?);
    let broken = Arc::new(OnceLock::new());
    let unpacked: Box<dyn Read + Send> = match packing {
        Packing::Plain => Box::new(source),
        Packing::Gzip => {
            let decoder = flate2::bufread::MultiGzDecoder::new(source);
            Box::new(Unpacked::new(decoder, None, unreadable, Arc::clone(&broken)))
        }
        Packing::Zstandard => {
            let mut first = Vec::new();
            source.by_ref().take(ANNOUNCEMENT_SIZE as u64).read_to_end(&mut first).map_err(failed)?;
            let length = announced(&first);
            let decoder = zstd::Decoder::with_buffer(Cursor::new(first).chain(source)).map_err(failed)?;
            Box::new(Unpacked::new(decoder, length, unreadable, Arc::clone(&broken)))
        }
    };
    let (head, bytes) = peeked(unpacked).map_err(failed)?;
    let (head, bytes, is_utf8) = match byte_order(&head) {
        None => (head, bytes, true),
        Some(little_endian) => {
            let (head, bytes) = peeked(Box::new(Utf16::new(bytes, little_endian))).map_err(failed)?;
            (head, bytes, false)
        }
    };
    if let Some(kind) = Kind::of(&head) {
        return Err(LogError::NotALog { name: input.name(), kind });
    }
    Ok(Opened { bytes, head, taken, size, packing, is_utf8, broken })
}

/// The first bytes, and a reader that returns them again.
fn peeked(mut source: Box<dyn Read + Send>) -> std::io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut head = Vec::new();
    source.by_ref().take(HEAD).read_to_end(&mut head)?;
    Ok((head.clone(), Box::new(Cursor::new(head).chain(source))))
}

/// Opens a file and returns its size, if it is a regular one.
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
    /// Set when the system could not read.
    failed: Arc<AtomicBool>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(into);
        match &read {
            Ok(count) => {
                self.taken.fetch_add(*count as u64, Ordering::Relaxed);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => self.failed.store(true, Ordering::Relaxed),
        }
        read
    }
}

/// Decompressed bytes that end where the compressed ones are damaged or truncated: an interrupted upload still contains
/// what came before. If there is not a single byte, or the system cannot read, it is an error.
struct Unpacked<R> {
    decoder: R,
    /// Number of bytes that it has decompressed.
    given: u64,
    /// Decompressed length in bytes, if the log states it: a truncation may not be detectable otherwise.
    announced: Option<u64>,
    unreadable: Arc<AtomicBool>,
    broken: Arc<OnceLock<Broken>>,
}

impl<R: Read> Unpacked<R> {
    fn new(decoder: R, announced: Option<u64>, unreadable: Arc<AtomicBool>, broken: Arc<OnceLock<Broken>>) -> Self {
        Self { decoder, given: 0, announced, unreadable, broken }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.broken.get().is_some() {
            return Ok(0);
        }
        match self.decoder.read(into) {
            Ok(0) if !into.is_empty() => {
                if self.announced.is_some_and(|length| self.given < length) {
                    self.broken.get_or_init(|| Broken::Truncated);
                }
                Ok(0)
            }
            Ok(count) => {
                self.given += count as u64;
                Ok(count)
            }
            Err(error)
                if self.given == 0
                    || error.kind() == ErrorKind::Interrupted
                    || self.unreadable.load(Ordering::Relaxed) =>
            {
                Err(error)
            }
            Err(error) => {
                let is_short = error.kind() == ErrorKind::UnexpectedEof;
                self.broken.get_or_init(|| if is_short { Broken::Truncated } else { Broken::Damaged });
                Ok(0)
            }
        }
    }
}
