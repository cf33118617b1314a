//! What a caller may choose about reading and counting. The defaults are what JAC documents.

/// What the log's `timeStamp` column holds (`sampleresult.timestamp.start` in JMeter).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimestampMeaning {
    /// The sample's start: what `jmeter.properties` ships with.
    #[default]
    Start,
    /// The sample's end.
    End,
}

/// Choices and limits of one reading. All parts that are merged later must be read with the same settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Apdex: a successful sample of at most this many milliseconds satisfies (500).
    pub apdex_satisfied_ms: u32,
    /// Apdex: a successful sample of at most this many milliseconds is tolerated (1500).
    pub apdex_tolerated_ms: u32,
    /// Labels that are kept apart (10,000); later ones are counted under [`Settings::OTHER_LABELS`].
    pub max_labels: usize,
    /// Error groups, response codes and hosts that are kept apart, each (1,000); the rest is folded.
    pub max_groups: usize,
    /// Time buckets that hold samples (1,200); above that the buckets become wider.
    pub max_buckets: usize,
    /// How many of the busiest labels get a series of their own (50).
    pub series_labels: usize,
    /// How many of the most frequent response codes get a series of their own (10).
    pub series_codes: usize,
    /// Memory that all counts together may take, in bytes (384 MB), about; the parts of one reading share it. Beyond it
    /// buckets become wider, and at last response times are rounded, which is said.
    pub memory_bytes: usize,
    /// What `timeStamp` means (start).
    pub timestamp: TimestampMeaning,
    /// Minutes east of UTC of the clock that wrote time stamps as text (0); of no effect on epoch milliseconds.
    pub utc_offset_minutes: i32,
}

impl Settings {
    /// The label under which samples of labels beyond [`Settings::max_labels`] are counted.
    pub const OTHER_LABELS: &'static str = "(other labels)";
    /// The response code under which codes beyond [`Settings::max_groups`] are counted.
    pub const OTHER_CODES: &'static str = "(other codes)";
    /// The host under which hosts beyond [`Settings::max_groups`] are counted.
    pub const OTHER_HOSTS: &'static str = "(other hosts)";
    /// The message of the group in which error groups beyond [`Settings::max_groups`] are counted.
    pub const OTHER_ERRORS: &'static str = "(other errors)";
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            apdex_satisfied_ms: 500,
            apdex_tolerated_ms: 1_500,
            max_labels: 10_000,
            max_groups: 1_000,
            max_buckets: 1_200,
            series_labels: 50,
            series_codes: 10,
            memory_bytes: 384 << 20,
            timestamp: TimestampMeaning::Start,
            utc_offset_minutes: 0,
        }
    }
}
