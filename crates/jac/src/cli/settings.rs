//! The flags of the server's settings, generated from their declaration in `config::keys`.

use super::Output;
use crate::config::keys::{KEYS, Key, Shape};
use crate::config::read::Flags;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use std::path::PathBuf;

/// `jac serve`.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The configuration file; default: jac.toml in the data folder, if there is one
    #[arg(long, value_name = "FILE", env = "JAC_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// `jac config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show every setting of the server, its source, and all errors; accepts the flags of `jac serve`
    #[command(after_help = "Exit codes: 0 the server would start, 2 it would not, or its certificate has expired.")]
    Check {
        #[command(flatten)]
        settings: Box<ServeArguments>,
        /// Format of standard output
        #[arg(long, value_enum, default_value_t = Output::Text)]
        output: Output,
    },
}

/// The settings given as flags. They are text until the configuration is read, so that all faults are reported
/// together.
#[derive(Debug, Default)]
pub struct SettingFlags(pub Flags);

/// The settings that have a flag.
fn typed_keys() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| !key.flag.is_empty())
}

fn flag(key: &'static Key) -> Arg {
    let mut help = key.meaning.to_owned();
    if !key.environment.is_empty() {
        help.push_str(&format!(" [env: {}]", key.environment));
    }
    match (key.default, key.otherwise.replace('`', "")) {
        (_, otherwise) if !otherwise.is_empty() => help.push_str(&format!(" [default: {otherwise}]")),
        ("", _) => (),
        (default, _) if key.shape != Shape::Switch => help.push_str(&format!(" [default: {default}]")),
        _ => (),
    }
    let arg = Arg::new(key.name).long(key.flag).help(help).hide(key.is_hidden);
    let arg = match key.shape {
        Shape::Switch => return arg.action(ArgAction::SetTrue),
        Shape::List => arg.action(ArgAction::Append).value_delimiter(','),
        Shape::Map => arg.action(ArgAction::Append),
        Shape::Text | Shape::Path | Shape::Number { .. } | Shape::Tables => arg.action(ArgAction::Set),
    };
    arg.value_name(key.value).allow_negative_numbers(true)
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        command.args(typed_keys().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Flags::new();
        for key in typed_keys() {
            let values = match key.shape {
                Shape::Switch => matches.get_flag(key.name).then(|| vec![String::new()]),
                _ => matches.get_many::<String>(key.name).map(|values| values.cloned().collect()),
            };
            flags.extend(values.map(|values| (key.name, values)));
        }
        Ok(Self(flags))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
