//! Requests and transactions are counted separately, because JMeter's total excludes transactions.

/// The kind of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A sampler's row.
    Request = 0,
    /// A Transaction Controller's row.
    Transaction = 1,
}

/// How many kinds there are.
pub(super) const KINDS: usize = 2;

impl Kind {
    pub(super) const ALL: [Self; KINDS] = [Self::Request, Self::Transaction];
}
