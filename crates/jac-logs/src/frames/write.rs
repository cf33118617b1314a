//! Compresses a log into frames, and compares the result with the log.

use super::{FrameReader, FramedLog, Lengths, announcement, table};
use jac_jtl::{Layout, LogReader, Sample, Settings};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use zstd::bulk::Compressor;
use zstd::zstd_safe::compress_bound;

/// Unpacked bytes of a frame, and a little more up to the next row.
const FRAME: usize = 4 << 20;
/// How far ahead the beginning of the next row is searched for.
const LOOK_AHEAD: usize = 1 << 20;
/// The Zstandard level that decompresses fastest. On result logs the next levels take longer and compress no better:
/// equal text is close by, in the previous rows.
const LEVEL: i32 = 1;

/// The kind of content, which determines where a frame may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A result log: with a row.
    Samples,
    /// Some text: with a line.
    Lines,
}

/// The result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compressed {
    /// Bytes of the log.
    pub bytes: u64,
    /// Bytes of the file that was written.
    pub packed_bytes: u64,
}

/// Why a log could not be compressed.
#[derive(Debug, thiserror::Error)]
pub enum CompressError {
    /// The log, or the compressed file, cannot be read.
    #[error("reading failed: {0}")]
    Read(#[source] std::io::Error),
    /// The file cannot be written.
    #[error("writing failed: {0}")]
    Write(#[source] std::io::Error),
    /// The log grew or shrank meanwhile.
    #[error("the log changed while it was compressed")]
    Changed,
    /// The compressed file does not decompress to the log.
    #[error("the compressed file does not decompress to the log")]
    Different,
    /// The caller ended it.
    #[error("compressing was cancelled")]
    Cancelled,
}

/// Called before every frame; `Break` cancels.
pub type Proceed<'a> = &'a mut dyn FnMut() -> ControlFlow<()>;

/// Compresses a log into a new file in frames, on one thread. When it returns, the file is on the disk and was compared
/// with the log byte by byte. The log stays; after an error, the caller has to remove the file.
///
/// # Errors
/// When one of the files cannot be read or written, the log changes meanwhile, or `proceed` breaks.
pub fn compress(from: &Path, to: &Path, content: Content, proceed: Proceed<'_>) -> Result<Compressed, CompressError> {
    let source = File::open(from).map_err(CompressError::Read)?;
    let bytes = source.metadata().map_err(CompressError::Read)?.len();
    let target = File::create(to).map_err(CompressError::Write)?;
    let mut writer = Writer::new(target, bytes)?;
    let mut cutter = Cutter { content, layout: None };
    let mut buffer = Vec::with_capacity(FRAME + LOOK_AHEAD);
    let mut read = 0;
    loop {
        if proceed().is_break() {
            return Err(CompressError::Cancelled);
        }
        let room = (FRAME + LOOK_AHEAD - buffer.len()) as u64;
        let more = (&source).take(room).read_to_end(&mut buffer).map_err(CompressError::Read)?;
        read += more as u64;
        if buffer.is_empty() {
            break;
        }
        let end = cutter.cut(&buffer);
        writer.frame(&buffer[..end])?;
        buffer.drain(..end);
    }
    if read != bytes {
        return Err(CompressError::Changed);
    }
    let packed_bytes = writer.finish()?;
    if holds_the_same(to, from, proceed)? {
        Ok(Compressed { bytes, packed_bytes })
    } else {
        Err(CompressError::Different)
    }
}

/// Whether a file in frames decompresses to exactly the content of another file.
///
/// # Errors
/// When one of them cannot be read, or `proceed` breaks. A damaged file is not an error: its content differs.
pub fn holds_the_same(framed: &Path, plain: &Path, proceed: Proceed<'_>) -> Result<bool, CompressError> {
    let plain = File::open(plain).map_err(CompressError::Read)?;
    let Some(log) = FramedLog::open(framed).map_err(CompressError::Read)? else { return Ok(false) };
    if plain.metadata().map_err(CompressError::Read)?.len() != log.bytes() {
        return Ok(false);
    }
    let mut reader = FrameReader::default();
    let mut expected = Vec::new();
    for number in 0..log.frame_count() {
        if proceed().is_break() {
            return Err(CompressError::Cancelled);
        }
        let bytes = match reader.read(&log, number) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::InvalidData => return Ok(false),
            Err(error) => return Err(CompressError::Read(error)),
        };
        expected.clear();
        (&plain).take(bytes.len() as u64).read_to_end(&mut expected).map_err(CompressError::Read)?;
        if bytes != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Determines where frames end.
struct Cutter {
    content: Content,
    /// Known from the first frame on, if it can be determined.
    layout: Option<Layout>,
}

impl Cutter {
    /// The length of the next frame. A boundary that is not between two rows only costs the readers time.
    fn cut(&mut self, next: &[u8]) -> usize {
        let Some(behind) = next.get(FRAME..).filter(|behind| !behind.is_empty()) else { return next.len() };
        let line = || memchr::memrchr(b'\n', &next[..FRAME]).map_or(FRAME, |end| end + 1);
        match self.content {
            Content::Lines => line(),
            Content::Samples => {
                let settings = Settings::default();
                if self.layout.is_none() {
                    let mut reader = LogReader::new(&settings);
                    reader.feed(&next[..FRAME], &mut |_: &Sample<'_>| {});
                    self.layout = reader.layout();
                }
                let row = self.layout.as_ref().and_then(|layout| layout.find_row(behind, &settings));
                row.map_or_else(line, |row| FRAME + row)
            }
        }
    }
}

/// Writes the frames, then their table.
struct Writer {
    file: File,
    compressor: Compressor<'static>,
    packed: Vec<u8>,
    frames: Vec<Lengths>,
    packed_bytes: u64,
}

impl Writer {
    fn new(mut file: File, bytes: u64) -> Result<Self, CompressError> {
        let mut compressor = Compressor::new(LEVEL).map_err(CompressError::Write)?;
        compressor.include_checksum(true).map_err(CompressError::Write)?;
        let announcement = announcement(bytes);
        file.write_all(&announcement).map_err(CompressError::Write)?;
        let frames = vec![Lengths { packed: announcement.len() as u32, unpacked: 0 }];
        Ok(Self { file, compressor, packed: Vec::new(), frames, packed_bytes: announcement.len() as u64 })
    }

    fn frame(&mut self, bytes: &[u8]) -> Result<(), CompressError> {
        self.packed.clear();
        self.packed.reserve(compress_bound(bytes.len()));
        self.compressor.compress_to_buffer(bytes, &mut self.packed).map_err(CompressError::Write)?;
        self.file.write_all(&self.packed).map_err(CompressError::Write)?;
        // Neither is longer than a few megabytes.
        self.frames.push(Lengths { packed: self.packed.len() as u32, unpacked: bytes.len() as u32 });
        self.packed_bytes += self.packed.len() as u64;
        Ok(())
    }

    /// Writes the table, waits until everything is on the disk, and returns the file's length.
    fn finish(mut self) -> Result<u64, CompressError> {
        let too_long = || CompressError::Write(ErrorKind::FileTooLarge.into());
        let table = table(&self.frames).ok_or_else(too_long)?;
        self.file.write_all(&table).map_err(CompressError::Write)?;
        self.file.sync_all().map_err(CompressError::Write)?;
        Ok(self.packed_bytes + table.len() as u64)
    }
}
