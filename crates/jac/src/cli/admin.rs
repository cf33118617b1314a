//! The arguments of `jac admin`.

use super::Output;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use jac_model::{TokenScope, UserRole};
use std::path::PathBuf;

/// Where the installation is.
#[derive(Debug, Args)]
pub struct Place {
    /// Where JAC keeps everything
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// A role, as it is typed.
fn role() -> impl TypedValueParser<Value = UserRole> {
    let words = UserRole::ALL.map(|role| {
        PossibleValue::new(role.word()).help(match role {
            UserRole::Viewer => "Reads everything, changes nothing",
            UserRole::Member => "Has clusters, plans and runs of their own; reads those of others",
            UserRole::Administrator => "Looks after the installation, and may change what anybody has",
        })
    });
    PossibleValuesParser::new(words).try_map(|word| UserRole::of_word(&word).ok_or("not a role"))
}

/// A scope, as it is typed.
fn scope() -> impl TypedValueParser<Value = TokenScope> {
    let words = TokenScope::ALL.map(|scope| {
        PossibleValue::new(scope.word()).help(match scope {
            TokenScope::Read => "Reads",
            TokenScope::Run => "Reads, uploads plans, makes clusters and starts runs",
            TokenScope::All => "Everything that its person may",
        })
    });
    PossibleValuesParser::new(words).try_map(|word| TokenScope::of_word(&word).ok_or("not a scope"))
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add somebody and print their one-time sign-in link
    Add {
        /// What they sign in with and are shown as
        name: String,
        #[arg(long, value_parser = role())]
        role: UserRole,
        /// A team they are in, by name; it is made where it is not there
        #[arg(long, value_name = "TEAM")]
        team: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List everybody
    List {
        #[arg(long, value_enum, default_value_t = Output::Text)]
        output: Output,
        #[command(flatten)]
        place: Place,
    },
    /// Sign somebody out everywhere and let them in no more
    Disable {
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let somebody in again
    Enable {
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Print a new one-time sign-in link for somebody who has forgotten their password
    Link {
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Remove somebody; what they own goes to another, else their clusters are terminated and the rest is the administrator's
    Remove {
        name: String,
        /// Who takes over what they own
        #[arg(long, value_name = "OTHER")]
        to: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token for somebody and print it alone
    Create {
        /// Whose it is
        name: String,
        #[arg(long, value_parser = scope())]
        scope: TokenScope,
        /// For how long it works, such as 30d; absent: until it is revoked
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        expires: Option<std::time::Duration>,
        /// What the token is called
        #[arg(long, value_name = "LABEL", default_value = "command line")]
        label: String,
        #[command(flatten)]
        place: Place,
    },
    /// List somebody's tokens, or everybody's
    List {
        name: Option<String>,
        #[arg(long, value_enum, default_value_t = Output::Text)]
        output: Output,
        #[command(flatten)]
        place: Place,
    },
    /// Revoke a token by its id
    Revoke {
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
pub struct AuditArguments {
    /// Only what was done within this time, such as 24h
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub since: Option<std::time::Duration>,
    /// Only what this person did, by name
    #[arg(long, value_name = "NAME")]
    pub person: Option<String>,
    /// Only this action, such as cluster.terminate
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    #[command(flatten)]
    pub place: Place,
}
