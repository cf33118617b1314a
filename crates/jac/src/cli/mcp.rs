//! The arguments of `jac mcp`.

use super::ServerArguments;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct McpArguments {
    /// Allow the assistant to start and stop runs; default: read only
    #[arg(long)]
    pub allow_run: bool,
    /// JAC's data folder
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub at: ServerArguments,
}
