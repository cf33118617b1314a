//! The positions of the delimiters, line ends and quotes of a block of bytes.
//!
//! 64 bytes at a time become three bit masks: with AVX-512 or AVX2 if the CPU has it (detected at run time), otherwise
//! by arithmetic on eight bytes at once. All variants are tested against each other.

use super::masks::{Kernel, Masks, TakeMasks};

/// The mark before a row, then the ends of its fields, followed by unrelated marks.
pub(super) type Marks = [u32; AROUND];
/// How many marks are accessible around a row.
pub(super) const AROUND: usize = 65;

/// The marks of one block, as offsets in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    kernel: Kernel,
    /// A mark for the byte before the block, then delimiters and line ends in order, ignoring quotes; the space behind
    /// them contains old values.
    marks: Vec<u32>,
    /// How many delimiters and line ends there are.
    count: usize,
    /// Which of them are line ends, with room beyond.
    lines: Vec<u32>,
    lines_count: usize,
    /// Quotes in order.
    pub(super) quotes: Vec<u32>,
}

/// Adding one gives the block's first byte.
const BEFORE: u32 = u32::MAX;

impl Index {
    /// With a given kernel, which may not be the fastest.
    #[cfg(test)]
    pub(super) fn with(kernel: Kernel) -> Self {
        Self { kernel, ..Self::default() }
    }

    /// Finds the marks of a block, which must be shorter than 4 GB.
    pub(super) fn build(&mut self, block: &[u8], delimiter: u8) {
        let kernel = self.kernel;
        self.count = 0;
        self.lines_count = 0;
        self.quotes.clear();
        // Every byte may be a mark; writes and reads may extend beyond the last one.
        let room = block.len().next_multiple_of(64) + 1 + AROUND;
        if self.marks.len() < room {
            self.marks.resize(room, 0);
            self.lines.resize(room, 0);
        }
        self.marks[0] = BEFORE;
        kernel.for_each(block, delimiter, self);
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Delimiters and line ends in order, as offsets in the block.
    #[inline]
    pub(super) fn ends(&self) -> &[u32] {
        &self.marks[1..=self.count]
    }

    /// The same, mutable.
    #[inline]
    pub(super) fn ends_mut(&mut self) -> &mut [u32] {
        &mut self.marks[1..=self.count]
    }

    /// The end that is the line end with this number.
    #[inline]
    pub(super) fn line(&self, number: usize) -> Option<usize> {
        self.lines[..self.lines_count].get(number).map(|end| *end as usize)
    }

    /// The mark before an end, that end and the following ones.
    #[inline]
    pub(super) fn around(&self, end: usize) -> Option<&Marks> {
        self.marks.get(end..)?.first_chunk()
    }
}

impl TakeMasks for Index {
    #[inline(always)]
    fn take(&mut self, at: u32, masks: Masks, list: impl Fn(u64, u32, &mut [u32; 64])) {
        let ends = masks.delimiters | masks.line_ends;
        let mut line_ends = masks.line_ends;
        let lowest = |line_ends: u64| {
            let below = !line_ends & line_ends.wrapping_sub(1);
            self.count as u32 + (ends & below).count_ones()
        };
        // Mostly there is one or none: it is written without asking.
        self.lines[self.lines_count] = lowest(line_ends);
        self.lines_count += usize::from(line_ends != 0);
        line_ends &= line_ends.wrapping_sub(1);
        while line_ends != 0 {
            self.lines[self.lines_count] = lowest(line_ends);
            self.lines_count += 1;
            line_ends &= line_ends - 1;
        }
        let mut quotes = masks.quotes;
        while quotes != 0 {
            self.quotes.push(at + quotes.trailing_zeros());
            quotes &= quotes - 1;
        }
        // There is space for 64 (see `build`); surplus values are overwritten by the next ones.
        if let Some(places) = self.marks[self.count + 1..].first_chunk_mut() {
            list(ends, at, places);
        }
        self.count += ends.count_ones() as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::{Index, Kernel};

    fn marks(kernel: Kernel, block: &[u8]) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
        let mut index = Index::with(kernel);
        // A used index has old marks in its memory.
        index.build(&[b','; 300], b',');
        index.build(block, b';');
        let lines = index.lines[..index.lines_count].to_vec();
        (index.ends().to_vec(), lines, index.quotes)
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
            let at = |bytes: &[u8]| {
                (0..).zip(&block).filter(|(_, byte)| bytes.contains(byte)).map(|(at, _)| at).collect::<Vec<u32>>()
            };
            let ends = at(b";\n");
            let lines = (0..).zip(&ends).filter(|(_, end)| block[**end as usize] == b'\n').map(|(at, _)| at).collect();
            let expected = (ends.clone(), lines, at(b"\""));
            for kernel in Kernel::all() {
                assert_eq!(marks(kernel, &block), expected, "{kernel:?}, {length} bytes");
            }
        }
    }
}
