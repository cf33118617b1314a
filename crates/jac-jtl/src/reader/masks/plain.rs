//! Eight bytes at once, on any processor.

use super::{Masks, TakeMasks};

pub(super) fn for_each(block: &[u8], delimiter: u8, taker: &mut impl TakeMasks) {
    let masks = |chunk: &[u8; 64]| {
        let mut masks = Masks::default();
        let (words, _) = chunk.as_chunks::<8>();
        for (at, word) in words.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            masks.delimiters |= equal(word, delimiter) << (8 * at);
            masks.line_ends |= equal(word, b'\n') << (8 * at);
            masks.quotes |= equal(word, b'"') << (8 * at);
        }
        masks
    };
    super::each_64(block, masks, super::one_by_one, taker);
}

/// Eight bits: which bytes of the word equal the given byte.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    const LOW_SEVEN: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    let difference = word ^ (u64::from(byte) * 0x0101_0101_0101_0101);
    // The high bit of each byte that is zero, exactly: no carry crosses a byte boundary.
    let zero = !(((difference & LOW_SEVEN) + LOW_SEVEN) | difference | LOW_SEVEN);
    // Gathers the eight high bits into one byte.
    (zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}
