//! A log in frames: Zstandard frames that can be decompressed separately, and a table of them at the end.
//!
//! The format is the *seekable format* of Zstandard's own repository (`contrib/seekable_format`), which every Zstandard
//! decoder can read:
//!
//! | part          | bytes | what |
//! |---------------|-------|------|
//! | announcement  | 24    | a skippable frame of ours with the length of what follows, unpacked |
//! | frames        |       | each with a part of the log, its length and a checksum |
//! | seek table    |       | a skippable frame: the packed and unpacked length of every frame so far, and a footer |
//!
//! The announcement distinguishes a file that was truncated between two frames from a complete one. Files by other
//! programs have no announcement, and their frames need not end with a row: a parallel reader has to check.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{FrameReader, FramedLog};
pub use write::{CompressError, Compressed, Content, compress, holds_the_same};

/// Magic numbers of the seek table's frame and of its footer.
const TABLE: u32 = 0x184D_2A5E;
const FOOTER: u32 = 0x8F92_EAB1;
/// Bytes of the footer: the number of frames, a descriptor, the magic number.
const FOOTER_SIZE: usize = 9;
/// Bytes in front of a skippable frame's content: its magic number and length.
const SKIPPABLE_HEADER: usize = 8;
/// In the descriptor: each entry has a checksum of its frame.
const HAS_CHECKSUMS: u8 = 0x80;
/// Bits of the descriptor that must not be set.
const RESERVED: u8 = 0x7C;

/// Magic number of the announcement's frame, and what its content begins with.
const ANNOUNCEMENT: u32 = 0x184D_2A50;
const ANNOUNCEMENT_NAME: [u8; 8] = *b"JAC-log1";
pub(crate) const ANNOUNCEMENT_SIZE: usize = SKIPPABLE_HEADER + 16;

/// The first bytes of a log of this many unpacked bytes.
fn announcement(bytes: u64) -> [u8; ANNOUNCEMENT_SIZE] {
    let mut head = [0; ANNOUNCEMENT_SIZE];
    head[..4].copy_from_slice(&ANNOUNCEMENT.to_le_bytes());
    head[4..8].copy_from_slice(&16_u32.to_le_bytes());
    head[8..16].copy_from_slice(&ANNOUNCEMENT_NAME);
    head[16..].copy_from_slice(&bytes.to_le_bytes());
    head
}

/// How many unpacked bytes the first bytes of a file announce; `None`: it is not ours.
pub(crate) fn announced(head: &[u8]) -> Option<u64> {
    let bytes = head.first_chunk::<ANNOUNCEMENT_SIZE>()?.last_chunk::<8>()?;
    let bytes = u64::from_le_bytes(*bytes);
    head.starts_with(&announcement(bytes)).then_some(bytes)
}

/// The lengths of a frame, as in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lengths {
    packed: u32,
    unpacked: u32,
}

/// The seek table of these frames, with its frame around it.
fn table(frames: &[Lengths]) -> Option<Vec<u8>> {
    let count = u32::try_from(frames.len()).ok()?;
    let content = u32::try_from(frames.len() * 8 + FOOTER_SIZE).ok()?;
    let mut bytes = Vec::with_capacity(SKIPPABLE_HEADER + frames.len() * 8 + FOOTER_SIZE);
    bytes.extend_from_slice(&TABLE.to_le_bytes());
    bytes.extend_from_slice(&content.to_le_bytes());
    for frame in frames {
        bytes.extend_from_slice(&frame.packed.to_le_bytes());
        bytes.extend_from_slice(&frame.unpacked.to_le_bytes());
    }
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&FOOTER.to_le_bytes());
    Some(bytes)
}

/// Reads the footer of a file's table: the number of entries, and the length of each. `None`: it has no table.
fn footer(last: &[u8; FOOTER_SIZE]) -> Option<(u32, usize)> {
    let [count @ .., descriptor, a, b, c, d] = *last;
    if u32::from_le_bytes([a, b, c, d]) != FOOTER || descriptor & RESERVED != 0 {
        return None;
    }
    Some((u32::from_le_bytes(count), if descriptor & HAS_CHECKSUMS == 0 { 8 } else { 12 }))
}

/// The entries of a table; `None` unless its frame's header has the right type and length.
fn entries(table: &[u8], entry_size: usize) -> Option<Vec<Lengths>> {
    let word = |bytes: &[u8]| bytes.first_chunk().map(|word| u32::from_le_bytes(*word));
    let (header, content) = table.split_at_checked(SKIPPABLE_HEADER)?;
    if word(header)? != TABLE || usize::try_from(word(&header[4..])?).ok()? != content.len() {
        return None;
    }
    let entries = content.get(..content.len().checked_sub(FOOTER_SIZE)?)?;
    entries
        .chunks(entry_size)
        .map(|entry| Some(Lengths { packed: word(entry)?, unpacked: word(entry.get(4..)?)? }))
        .collect()
}
