//! The arguments of `jac export`.

use super::{ClientArguments, ReadArguments};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
#[group(id = "format", required = true, multiple = true, args = ["parquet", "hdr"])]
pub struct ExportArguments {
    /// A run ID, a result log, a results folder, or the address of a run or log in a store (s3://…)
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Write every sample as Parquet
    #[arg(long, value_name = "FILE")]
    pub parquet: Option<PathBuf>,
    /// Write response times as an HdrHistogram interval log (HistogramLogProcessor), in total and by label
    #[arg(long, value_name = "FILE")]
    pub hdr: Option<PathBuf>,
    /// The length of the intervals
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = super::duration)]
    pub interval: Duration,
    #[command(flatten)]
    pub read: ReadArguments,
    #[command(flatten)]
    pub whose: ClientArguments,
}
