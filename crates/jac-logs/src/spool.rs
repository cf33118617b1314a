//! A copy of an input that can be read only once but must be read twice, in a private temporary file.

use crate::{Input, LogError};
use std::fs::File;
use std::io::{Read, Seek, Write};

/// The copy during writing: compressed, because the system's temporary folder may be small.
pub(crate) struct Spool {
    name: String,
    copy: zstd::Encoder<'static, File>,
}

impl Spool {
    /// An empty copy of an input.
    pub(crate) fn new(input: &Input) -> Result<Self, LogError> {
        let name = input.name();
        let begin = || zstd::Encoder::new(tempfile::tempfile()?, 1);
        match begin() {
            Ok(copy) => Ok(Self { name, copy }),
            Err(source) => Err(LogError::Spool { name, source }),
        }
    }

    /// Adds to the copy.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        self.copy.write_all(bytes).map_err(|source| LogError::Spool { name: self.name.clone(), source })
    }

    /// The copy from its first byte; removed when the result is dropped.
    pub(crate) fn again(self) -> Result<Box<dyn Read + Send>, LogError> {
        let Self { name, copy } = self;
        let rewound = || -> std::io::Result<_> {
            let mut file = copy.finish()?;
            file.rewind()?;
            zstd::Decoder::new(file)
        };
        match rewound() {
            Ok(bytes) => Ok(Box::new(bytes)),
            Err(source) => Err(LogError::Spool { name, source }),
        }
    }
}
