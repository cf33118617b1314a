//! Byte strings to small numbers, in order of first appearance.

use crate::hash::hash_bytes;

const EMPTY: u32 = u32::MAX;

/// An open-addressing table of byte strings; each gets the next number when it is first seen.
#[derive(Debug, Clone)]
pub(super) struct Interner {
    /// Entry numbers; a power of two long, at most half full.
    slots: Vec<u32>,
    entries: Vec<(u64, Box<[u8]>)>,
}

impl Default for Interner {
    fn default() -> Self {
        Self {
            slots: vec![EMPTY; 64],
            entries: Vec::new(),
        }
    }
}

impl Interner {
    /// The number of a string that has been added.
    #[inline]
    pub(super) fn get(&self, key: &[u8]) -> Option<u32> {
        self.find(hash_bytes(key), key).ok()
    }

    /// The number of a string, added if it is new.
    #[inline]
    pub(super) fn add(&mut self, key: &[u8]) -> u32 {
        let hash = hash_bytes(key);
        match self.find(hash, key) {
            Ok(entry) => entry,
            Err(slot) => self.insert(hash, slot, key),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The string of a number.
    pub(super) fn text(&self, entry: u32) -> &[u8] {
        &self.entries[entry as usize].1
    }

    #[inline]
    fn find(&self, hash: u64, key: &[u8]) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let entry = self.slots[slot];
            if entry == EMPTY {
                return Err(slot);
            }
            let (known_hash, known) = &self.entries[entry as usize];
            if *known_hash == hash && **known == *key {
                return Ok(entry);
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn insert(&mut self, hash: u64, slot: usize, key: &[u8]) -> u32 {
        let entry = self.entries.len() as u32;
        self.entries.push((hash, key.into()));
        self.slots[slot] = entry;
        if self.entries.len() * 2 > self.slots.len() {
            self.grow();
        }
        entry
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        self.slots = vec![EMPTY; mask + 1];
        for (entry, (hash, _)) in self.entries.iter().enumerate() {
            let mut slot = *hash as usize & mask;
            while self.slots[slot] != EMPTY {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = entry as u32;
        }
    }
}
