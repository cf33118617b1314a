//! Reading a log in frames: any frame, and any byte.

use super::{ANNOUNCEMENT_SIZE, FOOTER_SIZE, SKIPPABLE_HEADER, announced, entries, footer};
use crate::bytes_at::BytesAt;
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use zstd::bulk::Decompressor;

/// A frame whose content is larger is not read separately: a few of them would use all memory.
const LARGEST: u32 = 64 << 20;

/// A log in frames, opened.
#[derive(Debug, Clone)]
pub struct FramedLog {
    file: Arc<dyn BytesAt>,
    /// The frames with content, in order.
    frames: Arc<[Frame]>,
    bytes: u64,
    packed_bytes: u64,
}

/// The position of a frame, and the size of its content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// Byte of the file that it begins at.
    offset: u64,
    /// Its length there.
    pub(crate) packed: u32,
    /// Byte of the log that it begins at.
    pub(crate) position: u64,
    /// Its length in the log.
    unpacked: u32,
}

impl FramedLog {
    /// Opens a file and reads its seek table. `None`: it has none that fits the file, so it can only be decompressed
    /// from its beginning.
    ///
    /// # Errors
    /// When it cannot be opened or read.
    pub fn open(path: &Path) -> std::io::Result<Option<Self>> {
        Self::of(Arc::new(File::open(path)?))
    }

    /// The same for an open file, or for an object in a store.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(file: Arc<dyn BytesAt>) -> std::io::Result<Option<Self>> {
        let packed_bytes = file.size()?;
        let mut last = [0; FOOTER_SIZE];
        let Some(footer_at) = packed_bytes.checked_sub(FOOTER_SIZE as u64) else { return Ok(None) };
        file.read_exact_at(&mut last, footer_at)?;
        let Some((count, entry_size)) = footer(&last) else { return Ok(None) };
        let table_size = SKIPPABLE_HEADER as u64 + u64::from(count) * entry_size as u64 + FOOTER_SIZE as u64;
        let Some(table_at) = packed_bytes.checked_sub(table_size) else { return Ok(None) };
        let mut table = vec![0; usize::try_from(table_size).map_err(|_| ErrorKind::OutOfMemory)?];
        file.read_exact_at(&mut table, table_at)?;
        let Some(entries) = entries(&table, entry_size) else { return Ok(None) };
        let mut frames = Vec::with_capacity(entries.len());
        let (mut offset, mut position) = (0, 0);
        for lengths in entries {
            if lengths.unpacked > LARGEST || lengths.packed > LARGEST {
                return Ok(None);
            }
            if lengths.unpacked > 0 {
                frames.push(Frame { offset, packed: lengths.packed, position, unpacked: lengths.unpacked });
            }
            offset += u64::from(lengths.packed);
            position += u64::from(lengths.unpacked);
        }
        let mut head = [0; ANNOUNCEMENT_SIZE];
        let is_announced = file.read_exact_at(&mut head, 0).is_ok() && announced(&head).is_some_and(|n| n != position);
        // Another file's table, or one of several that were joined.
        if offset != table_at || is_announced {
            return Ok(None);
        }
        Ok(Some(Self { file, frames: frames.into(), bytes: position, packed_bytes }))
    }

    /// Bytes of the log, unpacked.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of the file.
    pub fn packed_bytes(&self) -> u64 {
        self.packed_bytes
    }

    /// How many frames the log has.
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// When the file was last changed, if that is known.
    pub fn modified(&self) -> Option<SystemTime> {
        self.file.modified()
    }

    pub(crate) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// At most `most` bytes of the log from a byte on; none after its end.
    ///
    /// # Errors
    /// When the file cannot be read, or is damaged there ([`ErrorKind::InvalidData`]).
    pub fn read_at(&self, from: u64, most: usize) -> std::io::Result<Vec<u8>> {
        let mut reader = FrameReader::default();
        let mut found = Vec::new();
        while found.len() < most {
            let bytes = reader.read_from(self, from + found.len() as u64)?;
            if bytes.is_empty() {
                break;
            }
            found.extend_from_slice(&bytes[..bytes.len().min(most - found.len())]);
        }
        Ok(found)
    }
}

/// Decompresses frames, one after the other, into reused memory.
#[derive(Default)]
pub struct FrameReader {
    decompressor: Decompressor<'static>,
    packed: Vec<u8>,
    bytes: Vec<u8>,
}

impl FrameReader {
    /// The bytes of the log from a position on, up to the end of the frame that contains it; none after the log's end.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_from(&mut self, log: &FramedLog, position: u64) -> std::io::Result<&[u8]> {
        let number = log.frames.partition_point(|frame| frame.position + u64::from(frame.unpacked) <= position);
        let Some(frame) = log.frames.get(number) else { return Ok(&[]) };
        let before = usize::try_from(position - frame.position).unwrap_or(usize::MAX);
        Ok(self.read(log, number)?.get(before..).unwrap_or_default())
    }

    /// The bytes of a frame, from 0.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged there ([`ErrorKind::InvalidData`]), or has no such frame.
    pub fn read(&mut self, log: &FramedLog, number: usize) -> std::io::Result<&[u8]> {
        let frame = log.frames.get(number).ok_or(ErrorKind::InvalidInput)?;
        let damaged = |reason: &str| Error::new(ErrorKind::InvalidData, format!("frame {number}: {reason}"));
        let (packed, unpacked) = (frame.packed as usize, frame.unpacked as usize);
        self.packed.resize(packed, 0);
        log.file.read_exact_at(&mut self.packed, frame.offset).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => damaged("the file ends within it"),
            _ => error,
        })?;
        self.bytes.clear();
        self.bytes.reserve_exact(unpacked);
        let found = self
            .decompressor
            .decompress_to_buffer(&self.packed, &mut self.bytes)
            .map_err(|error| damaged(&error.to_string()))?;
        if found != unpacked {
            return Err(damaged("it has another length than the table says"));
        }
        Ok(&self.bytes)
    }
}
