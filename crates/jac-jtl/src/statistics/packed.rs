//! The same counts at rest: rising values as differences, with their counts, in variable-length bytes.
//!
//! Two or three bytes for a value that occurred, against sixteen in a table: a log has one set of counts per label and
//! time bucket.

/// Counts of whole milliseconds that change seldom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Packed(Box<[u8]>);

impl Packed {
    /// These counts, which must be rising by value.
    pub(super) fn of(counts: &[(u32, u64)], room: &mut Vec<u8>) -> Self {
        let mut packed = Self::default();
        packed.add(counts, room);
        packed
    }

    /// Adds counts, which must be rising by value.
    pub(super) fn add(&mut self, added: &[(u32, u64)], room: &mut Vec<u8>) {
        room.clear();
        let mut last = 0;
        let mut into = Pairs { bytes: room, chunk: [0; CHUNK], filled: 0 };
        let mut put = |value: u32, count: u64| {
            into.put(value - last, count);
            last = value;
        };
        if self.0.is_empty() {
            added.iter().for_each(|(value, count)| put(*value, *count));
            self.0 = into.end().into();
            return;
        }
        let mut new = added.iter().copied().peekable();
        for (value, mut count) in self.iter() {
            while let Some((smaller, smaller_count)) = new.next_if(|(new, _)| *new < value) {
                put(smaller, smaller_count);
            }
            if let Some((_, more)) = new.next_if(|(new, _)| *new == value) {
                count += more;
            }
            put(value, count);
        }
        for (value, count) in new {
            put(value, count);
        }
        self.0 = into.end().into();
    }

    /// Values that occurred, rising, each with its count.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        let mut rest = &*self.0;
        let mut last = 0;
        std::iter::from_fn(move || {
            let (difference, count) = match rest {
                // As almost always.
                [difference @ 0..0x80, count @ 0..0x80, behind @ ..] => {
                    let pair = (u64::from(*difference), u64::from(*count));
                    rest = behind;
                    pair
                }
                _ => (read(&mut rest)?, read(&mut rest)?),
            };
            last += difference as u32;
            Some((last, count))
        })
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }
}

/// Bytes that are written before they go behind the others (checking for room costs more than writing), two at a time.
const CHUNK: usize = 256;

/// Differences and counts on their way into bytes.
struct Pairs<'a> {
    bytes: &'a mut Vec<u8>,
    chunk: [u8; CHUNK],
    filled: usize,
}

impl<'a> Pairs<'a> {
    #[inline]
    fn put(&mut self, difference: u32, count: u64) {
        if self.filled == CHUNK {
            self.flush();
        }
        if difference < 0x80 && count < 0x80 {
            // As almost always.
            self.chunk[self.filled] = difference as u8;
            self.chunk[self.filled + 1] = count as u8;
            self.filled += 2;
        } else {
            self.flush();
            write(self.bytes, u64::from(difference));
            write(self.bytes, count);
        }
    }

    fn flush(&mut self) {
        self.bytes.extend_from_slice(&self.chunk[..self.filled]);
        self.filled = 0;
    }

    fn end(mut self) -> &'a [u8] {
        self.flush();
        self.bytes
    }
}

#[inline]
fn write(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

#[inline]
fn read(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    let mut shift = 0;
    loop {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::Packed;

    #[test]
    fn added_counts_are_merged_in_order() {
        let mut packed = Packed::default();
        let mut room = Vec::new();
        packed.add(&[(0, 1), (7, 300), (u32::MAX, 2)], &mut room);
        packed.add(&[(3, 5), (7, 1), (70_000, 1 << 40)], &mut room);
        let all: Vec<_> = packed.iter().collect();
        assert_eq!(all, [(0, 1), (3, 5), (7, 301), (70_000, 1 << 40), (u32::MAX, 2)]);
    }
}
