//! `jac-jtl` turns the bytes of a JMeter result log (JTL) into samples and samples into statistics.
//!
//! It owns the log's dialects, the counting and the formulas behind every number that JAC shows; it owns no file, no
//! clock and no thread. The live view, the final summary and imported logs use the same code: bytes may be split
//! anywhere, statistics of parts can be merged, and both give the same result as one pass over the whole log.
//!
//! ```
//! use jac_jtl::{LogStatistics, Settings};
//!
//! let mut log = LogStatistics::new(Settings::default());
//! log.feed(b"timeStamp,elapsed,label,success\n1700000000000,120,Home,tr");
//! log.feed(b"ue\n1700000000500,80,Home,true\n");
//! log.finish();
//! let summary = log.summary();
//! assert_eq!(summary.total.samples, 2);
//! assert_eq!(summary.total.mean_ms, Some(100.0));
//! ```
//!
//! Memory is bounded by labels, distinct response times and time buckets, never by the number of samples; the limits
//! are in [`Settings`], and [`LogStatistics::notes`] reports what they cut off.

pub mod criteria;
mod groups;
mod hash;
mod note;
mod percentile;
mod points;
mod profiles;
mod reader;
mod sample;
mod settings;
mod statistics;
mod steps;
mod summary;
mod time_format;

pub use groups::{CodeCount, DistributionBin, ErrorGroup, HostCount};
pub use note::{Note, NoteValue};
pub use percentile::percentile_of_sorted;
pub use points::{ChangedCodes, CodeSeries, LabelCharts, LabelSeries, Point, Series, TimedCount};
pub use profiles::{ApdexThresholds, LabelProfile, Profile, Profiles};
pub use reader::{Layout, LogReader, ReadOutcome, Rejected, count_rows, whole_rows};
pub use sample::{Sample, TakeSample};
pub use settings::{DateOrder, DateOrderSource, Settings, TimeUnit, TimestampMeaning};
pub use statistics::{
    BusiestEntries, ChangedLabels, ChangedPoints, LogStatistics, ResponseTimes, SampleStatistics, SpreadEntry,
    TimeFigures,
};
pub use steps::Steps;
pub use summary::{Entry, EntryKind, Partial, Summary, TotalBasis, WindowTable};
pub use time_format::{TimeFormat, TimeFormatError};
