//! The words for a server elsewhere: which one, and with which token.

use clap::Args;
use std::path::PathBuf;

/// Which server is called, and with which token. JAC_TOKEN may have the token itself.
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
