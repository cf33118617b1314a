//! Samples for other programs: Parquet for DuckDB, pandas and Spark, and HdrHistogram's interval log.
//!
//! Owns the two formats. Logs are read one row at a time and the memory for writing is bounded, whatever a log's
//! length; the caller provides the logs and the output.

mod interval_log;
mod parquet_file;

pub use interval_log::write_interval_log;
pub use parquet_file::write_parquet;

use jac_logs::LogError;

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A log cannot be read.
    #[error("{0}")]
    Log(#[from] LogError),
    /// The file cannot be written.
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
    /// The format's library refuses.
    #[error("cannot write: {0}")]
    Format(String),
}
