//! A zip's declared size, before its directory is read: the whole directory is in memory and may be as large as the zip.
//!
//! A zip ends with a record of its directory (APPNOTE.TXT 4.3.16), preceded by a larger one if the numbers do not fit
//! (4.3.14). What looks like such a record may be part of the comment: of all candidates, the largest numbers count.

use std::io::{self, Read, Seek, SeekFrom};

const END: [u8; 4] = *b"PK\x05\x06";
const END_BYTES: usize = 22;
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_BYTES: usize = 20;
const LONG_END: [u8; 4] = *b"PK\x06\x06";
const LONG_END_BYTES: usize = 56;
const LONGEST_COMMENT: usize = u16::MAX as usize;

/// A zip's record of its directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Directory {
    pub entries: u64,
    pub bytes: u64,
}

impl Directory {
    fn or_more(self, other: Self) -> Self {
        Self { entries: self.entries.max(other.entries), bytes: self.bytes.max(other.bytes) }
    }
}

/// Reads it; a file that is not a zip has none.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn directory_of(file: &mut (impl Read + Seek)) -> io::Result<Directory> {
    let length = file.seek(SeekFrom::End(0))?;
    let tail = (END_BYTES + LONGEST_COMMENT + LOCATOR_BYTES + LONG_END_BYTES) as u64;
    let begin = length.saturating_sub(tail);
    file.seek(SeekFrom::Start(begin))?;
    let mut bytes = Vec::new();
    file.by_ref().take(tail).read_to_end(&mut bytes)?;
    let mut most = Directory::default();
    for at in places(&bytes, &END) {
        let Some(end) = bytes.get(at..at + END_BYTES) else { continue };
        most = most.or_more(Directory { entries: number(&end[10..12]), bytes: number(&end[12..16]) });
        let locator = at.checked_sub(LOCATOR_BYTES).and_then(|from| bytes.get(from..at));
        let Some(locator) = locator.filter(|locator| locator.starts_with(&LOCATOR)) else { continue };
        // At the locator's offset, and at its actual position if something was prepended to the zip.
        let mut record = [0; LONG_END_BYTES];
        file.seek(SeekFrom::Start(number(&locator[8..16])))?;
        if read_whole(file, &mut record)? {
            most = most.or_more(long_end(&record));
        }
        let before = (at - LOCATOR_BYTES).checked_sub(LONG_END_BYTES).and_then(|from| bytes.get(from..));
        most = most.or_more(before.map(long_end).unwrap_or_default());
    }
    file.rewind()?;
    Ok(most)
}

fn long_end(record: &[u8]) -> Directory {
    match record.get(..LONG_END_BYTES).filter(|record| record.starts_with(&LONG_END)) {
        Some(record) => Directory { entries: number(&record[32..40]), bytes: number(&record[40..48]) },
        None => Directory::default(),
    }
}

/// Whether the file has this many bytes there.
fn read_whole(file: &mut impl Read, into: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(into) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}

fn places<'a>(bytes: &'a [u8], magic: &'a [u8; 4]) -> impl Iterator<Item = usize> + 'a {
    bytes.windows(magic.len()).enumerate().filter(move |(_, window)| **window == magic[..]).map(|(place, _)| place)
}

/// A number, lowest byte first. One that does not fit into its field is all ones there, and in the longer record.
fn number(bytes: &[u8]) -> u64 {
    if bytes.len() < 8 && bytes.iter().all(|byte| *byte == u8::MAX) {
        return 0;
    }
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};
    use zip::write::{SimpleFileOptions, ZipWriter};

    fn zip_of(entries: usize, comment: &str) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for number in 0..entries {
            zip.start_file(number.to_string(), SimpleFileOptions::default()).expect("an entry");
        }
        zip.set_comment(comment).expect("a comment");
        zip.finish().expect("a zip").into_inner()
    }

    #[test]
    fn a_directory_is_known_before_it_is_read() {
        for comment in ["", "a comment"] {
            let found = directory_of(&mut Cursor::new(zip_of(3, comment))).expect("read");
            assert_eq!(found.entries, 3);
            assert_eq!(found.bytes, 3 * 47);
        }
        assert_eq!(directory_of(&mut Cursor::new(b"no zip")).expect("read"), Directory::default());
    }

    #[test]
    fn one_of_more_entries_than_fit_into_the_short_record_is_known_too() {
        let zip = zip_of(70_000, "");
        assert_eq!(directory_of(&mut Cursor::new(&zip)).expect("read").entries, 70_000);
        // Something before it moves the record away from its recorded offset.
        let mut moved = b"#!/bin/sh\n".to_vec();
        moved.write_all(&zip).expect("written");
        assert_eq!(directory_of(&mut Cursor::new(moved)).expect("read").entries, 70_000);
    }
}
