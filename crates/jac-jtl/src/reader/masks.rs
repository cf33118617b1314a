//! 64 bytes to three bit masks, by the best means that the processor has.

/// Which of 64 bytes are marks; bit 0 is the first byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Masks {
    pub(super) delimiters: u64,
    pub(super) line_ends: u64,
    pub(super) quotes: u64,
}

/// Takes the masks of 64 bytes after the other. A trait and not a closure, so that it is made part of the kernels' loops.
pub(super) trait TakeMasks {
    /// The masks of the 64 bytes at an offset.
    fn take(&mut self, at: u32, masks: Masks);
}

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Proof;

/// How masks are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Arithmetic on eight bytes at once: any processor.
    Plain,
    /// 32 bytes at once. Only [`Kernel::best`] makes this variant, and only where the processor has AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2(Proof),
}

impl Default for Kernel {
    fn default() -> Self {
        Self::best()
    }
}

impl Kernel {
    /// The fastest that this processor has.
    pub(super) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(proof) = Proof::find() {
            return Self::Avx2(proof);
        }
        Self::Plain
    }

    /// Computes the masks of every 64 bytes of a block, and of the rest as if it were filled up with zeros.
    #[inline]
    pub(super) fn for_each(self, block: &[u8], delimiter: u8, taker: &mut impl TakeMasks) {
        match self {
            Self::Plain => plain::for_each(block, delimiter, taker),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(proof) => avx2::for_each(proof, block, delimiter, taker),
        }
    }
}

/// Calls `masks` for every 64 bytes.
#[inline(always)]
fn each_64(block: &[u8], masks: impl Fn(&[u8; 64]) -> Masks, taker: &mut impl TakeMasks) {
    let (whole, rest) = block.as_chunks::<64>();
    let mut at = 0;
    for chunk in whole {
        taker.take(at, masks(chunk));
        at += 64;
    }
    if !rest.is_empty() {
        let mut last = [0; 64];
        last[..rest.len()].copy_from_slice(rest);
        taker.take(at, masks(&last));
    }
}

mod plain {
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
        super::each_64(block, masks, taker);
    }

    /// Eight bits: which bytes of the word equal the byte.
    #[inline(always)]
    fn equal(word: u64, byte: u8) -> u64 {
        const LOW_SEVEN: u64 = 0x7F7F_7F7F_7F7F_7F7F;
        let difference = word ^ (u64::from(byte) * 0x0101_0101_0101_0101);
        // The high bit of each byte that is zero, exactly: no carry leaves a byte.
        let zero = !(((difference & LOW_SEVEN) + LOW_SEVEN) | difference | LOW_SEVEN);
        // Gathers the eight high bits into one byte.
        (zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Masks, TakeMasks};
    use std::arch::x86_64::{__m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8};

    /// That the processor has AVX2 and what came before or with it; can only be had by asking it.
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
        // SAFETY: the function is safe but for the instructions it uses, and the proof exists only where `Proof::find` has
        // seen that the processor has them.
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
        super::each_64(block, masks, taker);
    }

    /// Two vectors of 32 bytes. Without a pointer the compiler puts them together from halves.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,popcnt")]
    #[expect(unsafe_code, reason = "there is no load that takes a reference")]
    fn load(chunk: &[u8; 64]) -> (__m256i, __m256i) {
        let (halves, _) = chunk.as_chunks::<32>();
        // SAFETY: each half is 32 bytes that may be read, and the load asks for no alignment.
        let half = |at: usize| unsafe { _mm256_loadu_si256(halves[at].as_ptr().cast()) };
        (half(0), half(1))
    }
}
