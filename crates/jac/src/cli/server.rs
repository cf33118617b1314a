//! The arguments for a server on another machine: its address and its token.

use clap::Args;
use std::path::PathBuf;

/// The server to call, and the token. JAC_TOKEN may contain the token itself.
#[derive(Debug, Default, Args)]
pub struct ServerArguments {
    /// The server to use. Its token: --token-file, JAC_TOKEN, or `jac login`. Default: the one on the data folder,
    /// otherwise none
    #[arg(long, value_name = "URL", env = "JAC_SERVER")]
    pub server: Option<String>,
    /// File with the token for that server
    #[arg(long, value_name = "FILE", env = "JAC_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct LoginArguments {
    /// The server's address, e.g. https://jac.example
    pub server: String,
    /// Read the token from standard input instead of asking for it
    #[arg(long)]
    pub stdin: bool,
}

#[derive(Debug, Args)]
pub struct LogoutArguments {
    /// Its address
    pub server: String,
}
