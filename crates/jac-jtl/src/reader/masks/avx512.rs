//! 64 bytes at once, and the places of their marks 16 at once.

use super::{Masks, TakeMasks};
use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask, _mm512_cvtepu8_epi32,
    _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_storeu_si512,
};

/// Proof that the CPU has AVX-512 with VBMI2; can only be created by detecting it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Proof(());

impl Proof {
    pub(super) fn find() -> Option<Self> {
        let all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("popcnt");
        all.then_some(Self(()))
    }
}

#[inline]
#[expect(unsafe_code, reason = "the only way to call code for a processor that may not be there")]
pub(super) fn for_each(_proof: Proof, block: &[u8], delimiter: u8, taker: &mut impl TakeMasks) {
    // SAFETY: the function is safe except for its CPU instructions, and the proof exists only if `Proof::find` has
    // detected that the CPU has them.
    unsafe { with_avx512(block, delimiter, taker) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,popcnt")]
fn with_avx512(block: &[u8], delimiter: u8, taker: &mut impl TakeMasks) {
    let delimiter = _mm512_set1_epi8(delimiter as i8);
    let line_end = _mm512_set1_epi8(b'\n' as i8);
    let quote = _mm512_set1_epi8(b'"' as i8);
    let masks = |chunk: &[u8; 64]| {
        let bytes = load(chunk);
        let equal = |byte| _mm512_cmpeq_epi8_mask(bytes, byte);
        Masks { delimiters: equal(delimiter), line_ends: equal(line_end), quotes: equal(quote) }
    };
    let numbers = load(&std::array::from_fn(|number| number as u8));
    let list = |mask: u64, at: u32, places: &mut [u32; 64]| {
        let (sixteens, _) = places.as_chunks_mut::<16>();
        let at = _mm512_set1_epi32(at as i32);
        let mut rest = mask;
        for (number, sixteen) in sixteens.iter_mut().enumerate() {
            // Moves the numbers of the remaining bits to the front.
            let bits = _mm512_maskz_compress_epi8(rest, numbers);
            store(_mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(bits)), at), sixteen);
            if mask.count_ones() as usize <= (number + 1) * 16 {
                break;
            }
            for _ in 0..16 {
                rest &= rest.wrapping_sub(1);
            }
        }
    };
    super::each_64(block, masks, list, taker);
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "there is no load that takes a reference")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: these are 64 readable bytes, and the load requires no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "there is no store that takes a reference")]
fn store(numbers: __m512i, into: &mut [u32; 16]) {
    // SAFETY: these are 64 writable bytes, and the store requires no alignment.
    unsafe { _mm512_storeu_si512(into.as_mut_ptr().cast(), numbers) }
}
