//! 32 bytes at once.

use super::{Masks, TakeMasks};
use std::arch::x86_64::{__m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8};

/// Proof that the CPU has AVX2 and the instructions that it implies; can only be created by detecting them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Proof(());

impl Proof {
    pub(super) fn find() -> Option<Self> {
        let all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("ssse3")
            && is_x86_feature_detected!("sse4.1")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt");
        all.then_some(Self(()))
    }
}

#[inline]
#[expect(unsafe_code, reason = "the only way to call code for a processor that may not be there")]
pub(super) fn for_each(_proof: Proof, block: &[u8], delimiter: u8, taker: &mut impl TakeMasks) {
    // SAFETY: the function is safe except for its CPU instructions, and the proof exists only if `Proof::find` has
    // detected that the CPU has them.
    unsafe { with_avx2(block, delimiter, taker) }
}

#[target_feature(enable = "avx2,bmi1,popcnt")]
fn with_avx2(block: &[u8], delimiter: u8, taker: &mut impl TakeMasks) {
    let delimiter = _mm256_set1_epi8(delimiter as i8);
    let line_end = _mm256_set1_epi8(b'\n' as i8);
    let quote = _mm256_set1_epi8(b'"' as i8);
    let masks = |chunk: &[u8; 64]| {
        let (low, high) = load(chunk);
        let equal = |byte| {
            let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, byte)) as u32;
            let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, byte)) as u32;
            u64::from(low) | u64::from(high) << 32
        };
        Masks { delimiters: equal(delimiter), line_ends: equal(line_end), quotes: equal(quote) }
    };
    super::each_64(block, masks, super::one_by_one, taker);
}

/// Two vectors of 32 bytes. Without a pointer the compiler assembles them from halves.
#[inline]
#[target_feature(enable = "avx2,bmi1,popcnt")]
#[expect(unsafe_code, reason = "there is no load that takes a reference")]
fn load(chunk: &[u8; 64]) -> (__m256i, __m256i) {
    let (halves, _) = chunk.as_chunks::<32>();
    // SAFETY: each half is 32 readable bytes, and the load requires no alignment.
    let half = |at: usize| unsafe { _mm256_loadu_si256(halves[at].as_ptr().cast()) };
    (half(0), half(1))
}
