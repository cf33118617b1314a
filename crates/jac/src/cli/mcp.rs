//! The words of `jac mcp`.

use super::ServerArguments;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct McpArguments {
    /// Let the assistant start and stop runs; without this it can only look
    #[arg(long)]
    pub allow_run: bool,
    /// Where JAC keeps everything
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub at: ServerArguments,
}
