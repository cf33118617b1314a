//! `jac-logs` opens result logs in any location and compression, and passes them to `jac-jtl`.
//!
//! It owns files, standard input, bytes in other locations, and compression; `jac-jtl` interprets the bytes. Memory
//! does not grow with a log's length.

mod blocks;
mod bytes_at;
mod counting;
mod dates;
mod error;
mod filter;
mod frames;
mod input;
mod interval;
mod kind;
mod read;
mod rewrite;
mod scan;
mod search;
mod spool;
mod starts;
mod stream;
mod utf16;

pub use blocks::TimeBlocks;
pub use bytes_at::BytesAt;
pub use dates::with_common_dates;
pub use error::LogError;
pub use filter::{Bound, ClockOffsets, Condition, Field, Filter, FilterError, Moment, Test};
pub use frames::{CompressError, Compressed, Content, FrameReader, FramedLog, compress, holds_the_same};
pub use input::{Elsewhere, Input};
pub use interval::{Interval, PartTimes};
pub use kind::Kind;
pub use read::{Empty, Progress, ReadOptions, read_logs, read_logs_with};
pub use rewrite::{REWRITTEN_HEADER, RewriteError, is_plain, rewrite_logs};
pub use search::{FoundSample, Keep, Search, SearchResult, search_logs};
pub use starts::{first_row_start, first_start};
pub use stream::stream_samples;
