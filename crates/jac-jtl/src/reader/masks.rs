//! Computes three bit masks from 64 bytes, with the fastest instructions that the CPU has.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod plain;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Proof;
#[cfg(target_arch = "x86_64")]
pub(super) use avx512::Proof as Proof512;

/// Which of 64 bytes are marks; bit 0 is the first byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Masks {
    pub(super) delimiters: u64,
    pub(super) line_ends: u64,
    pub(super) quotes: u64,
}

/// Receives the masks of each 64 bytes in turn. A trait instead of a closure, so that it is inlined into the kernels'
/// loops.
pub(super) trait TakeMasks {
    /// The masks of the 64 bytes at an offset. `list` writes the positions of a mask's bits: each one's number plus an
    /// offset, in order, followed by arbitrary values.
    fn take(&mut self, at: u32, masks: Masks, list: impl Fn(u64, u32, &mut [u32; 64]));
}

/// How masks are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Arithmetic on eight bytes at once: any processor.
    Plain,
    /// 32 bytes at once. Created only if the CPU has AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2(Proof),
    /// 64 bytes at once, and 16 positions. Created only if the CPU has AVX-512 with VBMI2, and AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx512(Proof, Proof512),
}

impl Default for Kernel {
    fn default() -> Self {
        Self::best()
    }
}

impl Kernel {
    /// The fastest that this processor has.
    pub(super) fn best() -> Self {
        Self::all().next().unwrap_or(Self::Plain)
    }

    /// The kernels that this CPU supports, the fastest first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let wide = Proof::find().into_iter().flat_map(|proof| {
            let widest = Proof512::find().map(|more| Self::Avx512(proof, more));
            widest.into_iter().chain(std::iter::once(Self::Avx2(proof)))
        });
        #[cfg(not(target_arch = "x86_64"))]
        let wide = std::iter::empty();
        wide.chain(std::iter::once(Self::Plain))
    }

    /// The proof that the CPU has AVX2, if this kernel contains it.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn proof(self) -> Option<Proof> {
        match self {
            Self::Plain => None,
            Self::Avx2(proof) | Self::Avx512(proof, _) => Some(proof),
        }
    }

    /// Computes the masks of every 64 bytes of a block, and of the remaining bytes padded with zeros.
    #[inline]
    pub(super) fn for_each(self, block: &[u8], delimiter: u8, taker: &mut impl TakeMasks) {
        match self {
            Self::Plain => plain::for_each(block, delimiter, taker),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(proof) => avx2::for_each(proof, block, delimiter, taker),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_, proof) => avx512::for_each(proof, block, delimiter, taker),
        }
    }
}

/// Calls `masks` for every 64 bytes.
#[inline(always)]
fn each_64(
    block: &[u8],
    masks: impl Fn(&[u8; 64]) -> Masks,
    list: impl Fn(u64, u32, &mut [u32; 64]) + Copy,
    taker: &mut impl TakeMasks,
) {
    let (whole, rest) = block.as_chunks::<64>();
    let mut at = 0;
    for chunk in whole {
        taker.take(at, masks(chunk), list);
        at += 64;
    }
    if !rest.is_empty() {
        let mut last = [0; 64];
        last[..rest.len()].copy_from_slice(rest);
        taker.take(at, masks(&last), list);
    }
}

/// Number of positions that are written without checking the count: about as many as 64 bytes of an ordinary row have.
const AT_ONCE: usize = 12;

/// The places of a mask's bits, one by one.
#[inline(always)]
fn one_by_one(mask: u64, at: u32, places: &mut [u32; 64]) {
    let count = mask.count_ones() as usize;
    let mut rest = mask;
    let mut put = |places: &mut [u32]| {
        for place in places {
            *place = at + rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
        }
    };
    let (first, others) = places.split_at_mut(AT_ONCE);
    put(first);
    if count > AT_ONCE {
        others.chunks_exact_mut(4).take((count - AT_ONCE).div_ceil(4)).for_each(put);
    }
}
