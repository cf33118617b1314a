//! Counts as bytes: rising values as differences, with their counts, in variable-length numbers (LEB128).
//!
//! The lowest bit of a difference says whether a count follows; otherwise the value occurred once. So a distinct value
//! takes a byte or two, compared with sixteen in a table. The bytes depend only on the counts, and more counts never
//! take fewer bytes.

/// Bytes that are written before they are appended to the others: checking for capacity costs more than writing.
const CHUNK: usize = 256;
/// Bytes of a difference and a count, at most.
const PAIR: usize = 16;

/// Appends counts, which must be rising by value, to `into`.
pub(super) fn pack(counts: &[(u32, u64)], into: &mut Vec<u8>) {
    let (mut chunk, mut filled, mut last) = ([0; CHUNK], 0, 0);
    for (value, count) in counts {
        let difference = value - last;
        last = *value;
        if filled > CHUNK - PAIR {
            into.extend_from_slice(&chunk[..filled]);
            filled = 0;
        }
        let repeats = u8::from(*count > 1);
        if difference < 0x40 && *count < 0x80 {
            // The common case. Which values occur once is unpredictable, so the count is always written.
            chunk[filled] = (difference as u8) << 1 | repeats;
            chunk[filled + 1] = *count as u8;
            filled += 1 + usize::from(repeats);
        } else {
            let mut put = |byte| {
                chunk[filled] = byte;
                filled += 1;
            };
            write(u64::from(difference) << 1 | u64::from(repeats), &mut put);
            if repeats > 0 {
                write(*count, &mut put);
            }
        }
    }
    into.extend_from_slice(&chunk[..filled]);
}

/// The counts that were packed, rising by value.
pub(super) fn unpack(mut bytes: &[u8]) -> impl Iterator<Item = (u32, u64)> {
    let mut last = 0;
    std::iter::from_fn(move || {
        let (difference, count) = match bytes {
            // As almost always.
            [head @ 0..0x80, next, ..] if head & next >> 7 == 0 => {
                let repeats = head & 1;
                bytes = &bytes[1 + usize::from(repeats)..];
                (u32::from(head >> 1), if repeats > 0 { u64::from(*next) } else { 1 })
            }
            _ => {
                let head = read_number(&mut bytes)?;
                ((head >> 1) as u32, if head & 1 > 0 { read_number(&mut bytes)? } else { 1 })
            }
        };
        last += difference;
        Some((last, count))
    })
}

/// Appends a number to `into`.
#[inline]
pub(super) fn write_number(into: &mut Vec<u8>, number: u64) {
    write(number, |byte| into.push(byte));
}

#[inline]
fn write(mut number: u64, mut put: impl FnMut(u8)) {
    while number >= 0x80 {
        put(number as u8 | 0x80);
        number >>= 7;
    }
    put(number as u8);
}

/// Reads a number that was written; `None` at the end.
#[inline]
pub(super) fn read_number(from: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::{pack, unpack};

    #[test]
    fn what_was_packed_is_unpacked() {
        let edges = [0, 1, 63, 64, 127, 128, 8_191, 8_192, 1 << 20, u32::MAX - 5, u32::MAX];
        let counts = [1, 2, 127, 128, 300, 1 << 40, u64::MAX];
        let mut all: Vec<(u32, u64)> = edges.into_iter().zip(counts.into_iter().cycle()).collect();
        for length in 0..=all.len() {
            let mut bytes = Vec::new();
            pack(&all[..length], &mut bytes);
            assert_eq!(unpack(&bytes).collect::<Vec<_>>(), all[..length]);
        }
        all = (0..3_000).map(|at| (at * 7 % 90 + at * 90, u64::from(at % 5 + 1))).collect();
        let mut bytes = Vec::new();
        pack(&all, &mut bytes);
        assert_eq!(unpack(&bytes).collect::<Vec<_>>(), all);
    }

    #[test]
    fn a_value_that_occurred_once_takes_a_byte() {
        let mut bytes = Vec::new();
        pack(&[(20, 1), (50, 1), (51, 2)], &mut bytes);
        assert_eq!(bytes.len(), 4);
    }
}
