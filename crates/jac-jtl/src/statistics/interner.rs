//! Byte strings to small numbers, in order of first appearance.

use crate::hash::{fold, hash_bytes};

const EMPTY: u32 = u32::MAX;

/// A string as two words if it has at most sixteen bytes, as most labels and codes do: the words identify it without
/// another look at its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Short {
    first: u64,
    last: u64,
    length: u32,
}

/// An open-addressing table of byte strings; each new string gets the next number.
#[derive(Debug, Clone)]
pub(super) struct Interner {
    /// Entry numbers; a power of two long, at most half full.
    slots: Vec<u32>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    hash: u64,
    short: Short,
    text: Box<[u8]>,
}

impl Default for Interner {
    fn default() -> Self {
        Self { slots: vec![EMPTY; 64], entries: Vec::new() }
    }
}

impl Interner {
    /// The number of a string that has been added.
    #[inline]
    pub(super) fn get(&self, key: &[u8]) -> Option<u32> {
        let (hash, short) = identify(key);
        self.find(hash, short, key).ok()
    }

    /// The number of a string, added if it is new.
    #[inline]
    pub(super) fn add(&mut self, key: &[u8]) -> u32 {
        let (hash, short) = identify(key);
        match self.find(hash, short, key) {
            Ok(entry) => entry,
            Err(slot) => self.insert(hash, short, slot, key),
        }
    }

    /// Is this number's string this one?
    #[inline(always)]
    pub(super) fn is(&self, entry: u32, key: &[u8]) -> bool {
        let entry = &self.entries[entry as usize];
        if let (3, [a, b, c]) = (entry.short.length, key) {
            // As response codes mostly are.
            return entry.short.first == u64::from(u32::from_le_bytes([*a, *b, *c, 0]));
        }
        if entry.short.length as usize != key.len() || key.is_empty() {
            return entry.short.length as usize == key.len();
        }
        // A short key is compared without a function call.
        entry.short == short(key) && (key.len() <= 16 || *entry.text == *key)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The string of a number.
    pub(super) fn text(&self, entry: u32) -> &[u8] {
        &self.entries[entry as usize].text
    }

    #[inline]
    fn find(&self, hash: u64, short: Short, key: &[u8]) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let number = self.slots[slot];
            if number == EMPTY {
                return Err(slot);
            }
            let entry = &self.entries[number as usize];
            if entry.short == short && (key.len() <= 16 || (entry.hash == hash && *entry.text == *key)) {
                return Ok(number);
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn insert(&mut self, hash: u64, short: Short, slot: usize, key: &[u8]) -> u32 {
        let entry = self.entries.len() as u32;
        self.entries.push(Entry { hash, short, text: key.into() });
        self.slots[slot] = entry;
        if self.entries.len() * 2 > self.slots.len() {
            self.grow();
        }
        entry
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        self.slots = vec![EMPTY; mask + 1];
        for (number, entry) in (0..).zip(&self.entries) {
            let mut slot = entry.hash as usize & mask;
            while self.slots[slot] != EMPTY {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = number;
        }
    }
}

/// A string's hash and, if it is short, its complete content.
#[inline]
fn identify(key: &[u8]) -> (u64, Short) {
    let short = short(key);
    if key.len() > 16 {
        return (hash_bytes(key), short);
    }
    let product = fold(short.first ^ 0x9E37_79B9_7F4A_7C15, short.last ^ 0xD6E8_FEB8_6659_FD93 ^ key.len() as u64);
    (product ^ product >> 32, short)
}

/// The complete content of a string of up to sixteen bytes; only the length of a longer one.
#[inline]
fn short(key: &[u8]) -> Short {
    let length = key.len();
    let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        _ if length > 16 => (0, 0),
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (key.first_chunk::<4>(), key.last_chunk::<4>()) {
            (Some(first), Some(last)) => (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last))),
            _ => match *key {
                [a, b, c] => (u64::from(u32::from_le_bytes([a, b, c, 0])), 0),
                [a, b] => (u64::from(u16::from_le_bytes([a, b])), 0),
                [a] => (u64::from(a), 0),
                _ => (0, 0),
            },
        },
    };
    Short { first, last, length: length as u32 }
}

#[cfg(test)]
mod tests {
    use super::Interner;

    #[test]
    fn strings_of_every_length_are_distinguished() {
        let mut interner = Interner::default();
        let texts: Vec<Vec<u8>> = (0..40usize)
            .flat_map(|length| (0..=length).map(move |at| (0..length).map(|i| u8::from(i == at)).collect()))
            .collect();
        for (number, text) in (0..).zip(&texts) {
            assert_eq!(interner.get(text), None, "{text:?}");
            assert_eq!(interner.add(text), number);
        }
        for (number, text) in (0..).zip(&texts) {
            assert_eq!(interner.add(text), number);
            assert_eq!(interner.text(number), text);
        }
    }
}
