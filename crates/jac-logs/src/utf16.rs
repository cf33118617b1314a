//! UTF-16 to UTF-8: PowerShell's `>` and some spreadsheets write logs as UTF-16.

use std::io::{ErrorKind, Read};

/// Bytes that are decoded at once.
const PIECE: usize = 64 << 10;

/// Decodes UTF-16 with a byte order mark as it is read; what cannot be decoded becomes U+FFFD.
pub(crate) struct Utf16<R> {
    source: R,
    little_endian: bool,
    /// Bytes that are not decoded yet: half a unit, or half a surrogate pair.
    left: Vec<u8>,
    decoded: Vec<u8>,
    given: usize,
    ended: bool,
}

/// The byte order, if a log begins with the byte order mark of UTF-16 or with two ASCII characters in UTF-16: whether
/// the lower byte comes first.
pub(crate) fn byte_order(head: &[u8]) -> Option<bool> {
    match head {
        [0xFF, 0xFE, ..] => Some(true),
        [0xFE, 0xFF, ..] => Some(false),
        [b' '..=b'~', 0, b' '..=b'~', 0, ..] => Some(true),
        [0, b' '..=b'~', 0, b' '..=b'~', ..] => Some(false),
        _ => None,
    }
}

impl<R: Read> Utf16<R> {
    pub(crate) fn new(source: R, little_endian: bool) -> Self {
        Self { source, little_endian, left: Vec::new(), decoded: Vec::new(), given: 0, ended: false }
    }

    /// Decodes the next piece; the last one may end in the middle of a character.
    fn decode_next(&mut self) -> std::io::Result<()> {
        let mut bytes = std::mem::take(&mut self.left);
        let begun = bytes.len();
        bytes.resize(begun + PIECE, 0);
        let read = loop {
            match self.source.read(&mut bytes[begun..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        bytes.truncate(begun + read);
        self.ended = read == 0;
        let unit =
            |pair: &[u8; 2]| if self.little_endian { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) };
        let (pairs, odd) = bytes.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(unit).collect();
        let mut left = odd.to_vec();
        // The first half of a character waits for the second.
        if !self.ended && units.last().is_some_and(|last| (0xD800..0xDC00).contains(last)) {
            units.pop();
            left = bytes[(pairs.len() - 1) * 2..].to_vec();
        }
        self.left = left;
        self.decoded.clear();
        self.given = 0;
        for character in char::decode_utf16(units) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.decoded.len() && !self.ended {
            self.decode_next()?;
        }
        let rest = &self.decoded[self.given..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::{Utf16, byte_order};
    use std::io::Read;

    /// Returns one byte at a time, as a pipe may.
    struct ByteByByte<'a>(&'a [u8]);

    impl Read for ByteByByte<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(into.len()).min(1);
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn the_byte_order_is_seen_without_a_mark() {
        for (head, expected) in [
            (&b"t\0i\0m\0"[..], Some(true)),
            (b"\0<\0?\0x", Some(false)),
            (b"time", None),
            (b"\0\0\0\0", None),
            (b"t\0im", None),
            (b"t\0\0\0i\0\0\0", None),
        ] {
            assert_eq!(byte_order(head), expected, "{head:?}");
        }
    }

    #[test]
    fn both_byte_orders_are_decoded_wherever_the_pieces_end() {
        let text = "\u{FEFF}Größe,👩 x\n".repeat(50);
        for little_endian in [true, false] {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if little_endian { unit.to_le_bytes() } else { unit.to_be_bytes() })
                .collect();
            assert_eq!(byte_order(&bytes), Some(little_endian));
            let mut decoded = String::new();
            Utf16::new(ByteByByte(&bytes), little_endian).read_to_string(&mut decoded).expect("UTF-8");
            assert_eq!(decoded, text);
        }
    }
}
