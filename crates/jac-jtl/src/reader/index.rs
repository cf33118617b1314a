//! Where the delimiters, line ends and quotes of a block of bytes are.
//!
//! 64 bytes at a time become three bit masks: with AVX2 where the processor has it (asked at run time), otherwise by
//! arithmetic on eight bytes at once. Both are tested against each other.

use super::masks::{Kernel, Masks, TakeMasks};

/// The marks of one block, as offsets in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    kernel: Kernel,
    /// Delimiters and line ends in order, quotes disregarded; room beyond `ends_len` is left from before.
    ends: Vec<u32>,
    ends_len: usize,
    /// Which entries of `ends` are line ends.
    pub(super) lines: Vec<u32>,
    /// Quotes in order.
    pub(super) quotes: Vec<u32>,
}

impl Index {
    /// Finds the marks of a block, which must be shorter than 4 GB.
    pub(super) fn build(&mut self, block: &[u8], delimiter: u8) {
        let kernel = self.kernel;
        self.ends_len = 0;
        self.lines.clear();
        self.quotes.clear();
        // Every byte may be a mark; the last 64 bytes' marks are written 64 at a time.
        let room = block.len().next_multiple_of(64) + 64;
        if self.ends.len() < room {
            self.ends.resize(room, 0);
        }
        kernel.for_each(block, delimiter, self);
    }

    /// Delimiters and line ends in order, as offsets in the block.
    #[inline]
    pub(super) fn ends(&self) -> &[u32] {
        &self.ends[..self.ends_len]
    }

    /// The same, to be moved for a moment.
    #[inline]
    pub(super) fn ends_mut(&mut self) -> &mut [u32] {
        &mut self.ends[..self.ends_len]
    }
}

impl TakeMasks for Index {
    #[inline(always)]
    fn take(&mut self, at: u32, masks: Masks) {
        let ends = masks.delimiters | masks.line_ends;
        let mut line_ends = masks.line_ends;
        while line_ends != 0 {
            let bit = line_ends.trailing_zeros();
            let before = (ends & ((1 << bit) - 1)).count_ones();
            self.lines.push(self.ends_len as u32 + before);
            line_ends &= line_ends - 1;
        }
        let mut quotes = masks.quotes;
        while quotes != 0 {
            self.quotes.push(at + quotes.trailing_zeros());
            quotes &= quotes - 1;
        }
        let count = ends.count_ones() as usize;
        let mut rest = ends;
        // Eight at a time without asking how many there are: what is too much is overwritten by the next.
        for eight in self.ends[self.ends_len..self.ends_len + 64].chunks_exact_mut(8).take(count.div_ceil(8)) {
            for slot in eight {
                *slot = at + rest.trailing_zeros();
                rest &= rest.wrapping_sub(1);
            }
        }
        self.ends_len += count;
    }
}

#[cfg(test)]
mod tests {
    use super::{Index, Kernel};

    fn marks(kernel: Kernel, block: &[u8]) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
        let mut index = Index { kernel, ..Index::default() };
        // A used index has old marks in its memory.
        index.build(&[b','; 300], b',');
        index.build(block, b';');
        (index.ends().to_vec(), index.lines, index.quotes)
    }

    #[test]
    fn every_kernel_finds_every_mark() {
        let mut state = 3u64;
        for length in (0..200).chain([4_096, 5_000]) {
            let block: Vec<u8> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    // Marks, their neighbours in the code, and bytes with the high bit.
                    *b";;\n\"ab:<\x0b#\xbb\x8a\xa2\x00\xff,".get((state >> 60) as usize).unwrap_or(&b'x')
                })
                .collect();
            let at = |wanted: &[u8]| {
                (0..).zip(&block).filter(|(_, byte)| wanted.contains(byte)).map(|(at, _)| at).collect::<Vec<u32>>()
            };
            let ends = at(b";\n");
            let lines = (0..).zip(&ends).filter(|(_, end)| block[**end as usize] == b'\n').map(|(at, _)| at).collect();
            let expected = (ends.clone(), lines, at(b"\""));
            assert_eq!(marks(Kernel::Plain, &block), expected, "plain, {length} bytes");
            assert_eq!(marks(Kernel::best(), &block), expected, "best, {length} bytes");
        }
    }
}
