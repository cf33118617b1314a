//! A fast hash for short byte strings (labels, codes, messages) and a hasher for integer keys.
//!
//! Folded multiplication over eight-byte words, as in wyhash and its successors. Not safe against hostile keys: a
//! crafted log can at worst slow down its own reading.

use std::hash::{BuildHasherDefault, Hasher};

const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
const FACTOR: u64 = 0xD6E8_FEB8_6659_FD93;

#[inline]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

/// Hash of a byte string.
#[inline]
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    let mut state = SEED ^ length as u64;
    if length >= 8 {
        let mut at = 0;
        while at + 8 < length {
            state = fold(state ^ word(bytes, at), FACTOR);
            at += 8;
        }
        // The last word overlaps the previous one, so no tail loop is needed.
        state = fold(state ^ word(bytes, length - 8), FACTOR);
    } else {
        let mut tail = 0u64;
        for &byte in bytes {
            tail = (tail << 8) | u64::from(byte);
        }
        state = fold(state ^ tail, FACTOR);
    }
    state ^ (state >> 32)
}

/// Hasher for integer keys.
#[derive(Default, Clone, Copy)]
pub(crate) struct IntegerHasher(u64);

impl Hasher for IntegerHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = fold(self.0 ^ hash_bytes(bytes), FACTOR);
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = fold(self.0 ^ value ^ SEED, FACTOR);
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// A hash map keyed by integers.
pub(crate) type IntegerMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<IntegerHasher>>;
