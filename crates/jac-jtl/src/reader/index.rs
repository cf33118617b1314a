//! Where the delimiters, line ends and quotes of a block of bytes are.

/// The marks of one block, as offsets in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Delimiters and line ends in order, quotes disregarded.
    pub(super) ends: Vec<u32>,
    /// Which entries of `ends` are line ends.
    pub(super) lines: Vec<u32>,
    /// Quotes in order.
    pub(super) quotes: Vec<u32>,
}

impl Index {
    /// Finds the marks of a block, which must be shorter than 4 GB.
    pub(super) fn build(&mut self, block: &[u8], delimiter: u8) {
        self.ends.clear();
        self.lines.clear();
        self.quotes.clear();
        for at in memchr::memchr3_iter(delimiter, b'\n', b'"', block) {
            match block[at] {
                b'"' => self.quotes.push(at as u32),
                b'\n' => {
                    self.lines.push(self.ends.len() as u32);
                    self.ends.push(at as u32);
                }
                _ => self.ends.push(at as u32),
            }
        }
    }
}
