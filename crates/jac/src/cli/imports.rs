//! The arguments of `jac import`.

use super::ClientArguments;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ImportArguments {
    /// Result logs (.jtl, .csv, .xml, also .gz and .zst), zips of them, or results folders of `jac run`; several are
    /// combined into one run, in this order
    #[arg(value_name = "LOG", required = true)]
    pub logs: Vec<PathBuf>,
    /// The plan that the run belongs to, by its ID or name; it need not exist
    #[arg(long, value_name = "PLAN")]
    pub plan: String,
    /// The name of the run; default: the plan's name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Maximum share of unreadable rows
    #[arg(long, value_name = "PERCENT", default_value = "0.1%")]
    pub max_unread: String,
    #[command(flatten)]
    pub whose: ClientArguments,
}
