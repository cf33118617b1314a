//! The arguments of `jac admin`.

use super::Output;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use jac_model::{TokenScope, UserRole};
use std::path::PathBuf;

/// The location of the installation.
#[derive(Debug, Args)]
pub struct Place {
    /// JAC's data folder
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// A role, as it is typed.
fn role() -> impl TypedValueParser<Value = UserRole> {
    let words = UserRole::ALL.map(|role| {
        PossibleValue::new(role.word()).help(match role {
            UserRole::Viewer => "Can read everything, but change nothing",
            UserRole::Member => "Can create clusters, plans and runs, and read those of others",
            UserRole::Administrator => "Administers the installation and can change everything",
        })
    });
    PossibleValuesParser::new(words).try_map(|word| UserRole::of_word(&word).ok_or("not a role"))
}

/// A scope, as it is typed.
fn scope() -> impl TypedValueParser<Value = TokenScope> {
    let words = TokenScope::ALL.map(|scope| {
        PossibleValue::new(scope.word()).help(match scope {
            TokenScope::Read => "Reads",
            TokenScope::Run => "Can read, upload plans, create clusters and start runs",
            TokenScope::All => "All permissions of its owner",
        })
    });
    PossibleValuesParser::new(words).try_map(|word| TokenScope::of_word(&word).ok_or("not a scope"))
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a person and print their one-time sign-in link
    Add {
        /// The name to sign in with, shown to others
        name: String,
        #[arg(long, value_parser = role())]
        role: UserRole,
        /// A team of theirs, by name; created if it does not exist
        #[arg(long, value_name = "TEAM")]
        team: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List all people
    List {
        #[arg(long, value_enum, default_value_t = Output::Text)]
        output: Output,
        #[command(flatten)]
        place: Place,
    },
    /// Disable an account and end its sessions
    Disable {
        /// The name of the account
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Enable an account again
    Enable {
        /// The name of the account
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Print a new one-time sign-in link, e.g. for a forgotten password
    Link {
        /// The name of the account
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Remove an account; its objects go to another person, otherwise its clusters are terminated and the administrator
    /// gets everything else
    Remove {
        /// The name of the account
        name: String,
        /// The new owner of its objects
        #[arg(long, value_name = "OTHER")]
        to: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Create a token and print only the token
    Create {
        /// The owner of the token
        name: String,
        #[arg(long, value_parser = scope())]
        scope: TokenScope,
        /// Validity, e.g. 30d; default: until it is revoked
        #[arg(long, value_name = "TIME", value_parser = super::duration)]
        expires: Option<std::time::Duration>,
        /// The name of the token
        #[arg(long, value_name = "LABEL", default_value = "command line")]
        label: String,
        #[command(flatten)]
        place: Place,
    },
    /// List tokens, of one person or all
    List {
        /// Only tokens of this person, by name
        name: Option<String>,
        #[arg(long, value_enum, default_value_t = Output::Text)]
        output: Output,
        #[command(flatten)]
        place: Place,
    },
    /// Revoke a token by its ID
    Revoke {
        /// The token's ID, as shown by `jac admin token list`
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
pub struct AuditArguments {
    /// Only entries of this period, e.g. 24h
    #[arg(long, value_name = "TIME", value_parser = super::duration)]
    pub since: Option<std::time::Duration>,
    /// Only entries of this person, by name
    #[arg(long, value_name = "NAME")]
    pub person: Option<String>,
    /// Only this action, e.g. cluster.terminate
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    #[command(flatten)]
    pub place: Place,
}
