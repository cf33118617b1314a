//! The configuration of the server: a file, the environment and flags, each with precedence over the one before.
//!
//! `keys` declares the settings, `read` takes each from the source with the highest precedence, `build` converts them
//! to typed values. This module finds the file, reports the faults and prints the values in effect (`jac config
//! check`).

pub mod artefacts;
pub mod build;
mod integrations;
pub mod keys;
pub mod read;
mod search;
mod tables;

use crate::cli::{ConfigCommand, Output, ServeArguments};
use crate::context;
use crate::exit::{Exit, with_hint};
use crate::stdout;
use artefacts::StoresConfig;
use build::{Config, build, build_integrations, shown, tls_fault};
use integrations::IntegrationsConfig;
use jac_artefacts::Options;
use jac_engine::IntegrationTargets;
use jac_integrations::SettingsError;
use jac_model::search::{SampleTarget, TargetMaker};
use read::{Fault, File, Flags, Settings, Source, Value};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// The file in the data folder.
const FILE_NAME: &str = "jac.toml";

/// What was read, usable or not.
pub struct Loaded {
    /// The file that was read.
    pub file: Option<PathBuf>,
    settings: Settings,
    pub config: Result<Config, Vec<Fault>>,
}

/// Reads everything. Creates nothing, and takes no lock.
pub fn load(arguments: &ServeArguments) -> Loaded {
    let flags = &arguments.settings.0;
    let (file, unreadable) = find_file(arguments.config.as_deref(), flags);
    let mut settings = Settings::read(file.as_ref(), context::environment, flags);
    settings.faults.splice(0..0, unreadable);
    let config = build(&settings);
    Loaded { file: file.map(|file| file.path), settings, config }
}

/// The results store, by the file and the environment of a command, or the address on the command line.
///
/// # Errors
/// When these settings have faults.
pub fn stores(data_folder: &Path, typed: Option<&str>) -> anyhow::Result<StoresConfig> {
    let mut flags = Flags::from([("data_dir", vec![data_folder.display().to_string()])]);
    flags.extend(typed.map(|url| ("artifacts_url", vec![url.to_owned()])));
    let named = context::environment("JAC_CONFIG").map(PathBuf::from);
    let (file, unreadable) = find_file(named.as_deref(), &flags);
    let mut settings = Settings::read(file.as_ref(), context::environment, &flags);
    settings.faults.splice(0..0, unreadable);
    artefacts::stores(&settings).map_err(|faults| as_error(&faults))
}

/// The settings of a store whose address a command was given: those of the environment.
///
/// # Errors
/// When they have faults.
pub fn store_options() -> anyhow::Result<Options> {
    artefacts::store_options(&Settings::read(None, context::environment, &Flags::new()))
        .map_err(|faults| as_error(&faults))
}

/// All faults as one error, a line for each as [`print_faults`] prints them.
fn as_error(faults: &[Fault]) -> anyhow::Error {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    with_hint(
        lines.join("\nerror: "),
        Some("`jac config check` shows every setting and where it comes from.".to_owned()),
    )
}

/// The search targets of a command whose engine is in its own process: the same as for a server on this folder, and a
/// target on the command line replaces that of the environment.
///
/// # Errors
/// All faults of their settings.
pub fn search_targets(data_folder: &Path, url: Option<&str>) -> anyhow::Result<Vec<Arc<dyn SampleTarget>>> {
    made(search_settings(data_folder, url)?)
}

/// The settings of the same targets.
///
/// # Errors
/// All their faults.
pub fn search_settings(data_folder: &Path, url: Option<&str>) -> anyhow::Result<Vec<jac_search::Settings>> {
    let mut flags = Flags::from([("data_dir", vec![data_folder.display().to_string()])]);
    flags.extend(url.map(|url| ("search_url", vec![url.to_owned()])));
    let (file, unreadable) = find_file(context::environment("JAC_CONFIG").map(PathBuf::from).as_deref(), &flags);
    let mut settings = Settings::read(file.as_ref(), context::environment, &flags);
    settings.faults.extend(unreadable);
    search::build(&settings).map_err(|faults| as_error(&faults))
}

/// Targets of settings that were checked.
pub fn made(settings: Vec<jac_search::Settings>) -> anyhow::Result<Vec<Arc<dyn SampleTarget>>> {
    let made = settings.into_iter().map(jac_search::target).collect::<Result<_, _>>();
    made.map_err(|error| anyhow::anyhow!("{}", error.message))
}

/// Creates people's own search targets.
pub fn target_maker() -> Arc<dyn TargetMaker> {
    let now = || UNIX_EPOCH + Duration::from_millis(context::now_ms().unsigned_abs());
    Arc::new(jac_search::Maker { now: Arc::new(now) })
}

/// The notification targets of a command whose engine is in its own process: the same as with a server on this folder.
///
/// # Errors
/// All faults of the settings.
pub fn integrations_of(data_folder: &Path) -> anyhow::Result<IntegrationTargets> {
    let flags = Flags::from([("data_dir", vec![data_folder.display().to_string()])]);
    let (file, unreadable) = find_file(context::environment("JAC_CONFIG").map(PathBuf::from).as_deref(), &flags);
    let mut settings = Settings::read(file.as_ref(), context::environment, &flags);
    settings.faults.extend(unreadable);
    let (config, public_url) = build_integrations(&settings).map_err(|faults| as_error(&faults))?;
    integrations(config, public_url)
}

/// Creates integrations from validated settings.
///
/// # Errors
/// When a target cannot be created nevertheless.
pub fn integrations(config: IntegrationsConfig, public_url: Option<String>) -> anyhow::Result<IntegrationTargets> {
    let failed = |error: SettingsError| anyhow::anyhow!("{}", error.message);
    let notifiers = config.notifiers.into_iter().map(jac_integrations::notifier).collect::<Result<_, _>>();
    let exporters = config.exporters.into_iter().map(jac_integrations::exporter).collect::<Result<_, _>>();
    Ok(IntegrationTargets { notifiers: notifiers.map_err(failed)?, exporters: exporters.map_err(failed)?, public_url })
}

/// The named file, otherwise the one in the data folder if it exists.
fn find_file(named: Option<&Path>, flags: &Flags) -> (Option<File>, Option<Fault>) {
    let (path, is_in_data_folder) = match named {
        Some(path) => (path.to_owned(), false),
        None => {
            let typed = flags.get("data_dir").and_then(|values| values.last()).map(PathBuf::from);
            let folder = typed.or_else(|| context::environment("JAC_DATA_DIR").map(PathBuf::from));
            (context::data_folder(folder.as_deref()).join(FILE_NAME), true)
        }
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => (Some(File { path, text, is_in_data_folder }), None),
        Err(error) if is_in_data_folder && error.kind() == std::io::ErrorKind::NotFound => (None, None),
        Err(error) => {
            let fault = Fault {
                code: "config_file_unreadable",
                key: String::new(),
                source: Source::File(path),
                message: format!("The configuration file cannot be read: {error}."),
                expected: String::new(),
            };
            (None, Some(fault))
        }
    }
}

/// Prints all faults on standard error, a line for each.
pub fn print_faults(faults: &[Fault]) -> Exit {
    for fault in faults {
        eprintln!("error: {fault}");
    }
    eprintln!("hint: `jac config check` shows every setting and where it comes from.");
    Exit::BadInput
}

/// `jac config`.
pub fn config(command: &ConfigCommand) -> Exit {
    let ConfigCommand::Check { settings: arguments, output } = command;
    let loaded = load(arguments);
    let faults = match &loaded.config {
        // The server starts with it and logs it; the check reports it before.
        Ok(config) => {
            let error = config.pair.as_ref().and_then(|pair| pair.fault_at(context::now_ms()));
            error.map(|error| tls_fault(&error, &loaded.settings)).into_iter().collect()
        }
        Err(faults) => faults.clone(),
    };
    match output {
        Output::Text => print_text(&loaded),
        Output::Json => print_json(&loaded, &faults),
    }
    if faults.is_empty() {
        return Exit::Done;
    }
    for fault in &faults {
        eprintln!("error: {fault}");
    }
    Exit::BadInput
}

/// In the form of the file, with the source of each value after it.
fn print_text(loaded: &Loaded) {
    match &loaded.file {
        Some(path) => stdout::line(&format!("# Configuration file: {}", path.display())),
        None => stdout::line("# Configuration file: none"),
    }
    // Everything after a table header belongs to that table, so tables come last.
    let (tables, plain): (Vec<_>, Vec<_>) =
        loaded.settings.all().partition(|given| matches!(given.value, Value::Map(_)));
    for given in plain.into_iter().chain(tables) {
        let value = toml::Value::try_from(shown(given.key, &given.value));
        let text = value.map_or_else(|error| error.to_string(), |value| value.to_string());
        stdout::line(&format!("{} = {text}  # {}", given.key.name, given.source));
    }
}

fn print_json(loaded: &Loaded, faults: &[Fault]) {
    let settings: Vec<_> = loaded
        .settings
        .all()
        .map(|given| json!({ "key": given.key.name, "value": shown(given.key, &given.value), "source": given.source }))
        .collect();
    stdout::line(&json!({ "file": loaded.file, "settings": settings, "faults": faults }).to_string());
}

#[cfg(test)]
mod tests {
    use super::keys::KEYS;
    use std::fmt::Write;

    /// The table of the documentation.
    fn table() -> String {
        let mut out =
            "| key in `jac.toml` | flag | environment | default | meaning |\n|---|---|---|---|---|\n".to_owned();
        for key in KEYS.iter().filter(|key| !key.is_hidden) {
            let default = match (key.default, key.otherwise) {
                ("", otherwise) => otherwise.to_owned(),
                (default, _) => format!("`{default}`"),
            };
            let value = if key.value.is_empty() { String::new() } else { format!(" {}", key.value) };
            let cell = |text: String, is_there: bool| if is_there { format!("`{text}`") } else { "–".to_owned() };
            let flag = cell(format!("--{}{value}", key.flag), !key.flag.is_empty());
            let environment = cell(key.environment.to_owned(), !key.environment.is_empty());
            writeln!(out, "| `{}` | {flag} | {environment} | {default} | {} |", key.name, key.meaning).expect("text");
        }
        out
    }

    #[test]
    fn the_documented_table_is_what_is_declared() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let page = std::fs::read_to_string(path).expect("the page");
        let (head, rest) = page.split_once("<!-- settings -->\n").expect("its beginning");
        let (written, tail) = rest.split_once("<!-- /settings -->").expect("its end");
        if std::env::var_os("JAC_UPDATE_DOCS").is_some() {
            let page = format!("{head}<!-- settings -->\n{}<!-- /settings -->{tail}", table());
            std::fs::write(path, page).expect("written");
            return;
        }
        assert!(written == table(), "docs/configuration.md is stale: JAC_UPDATE_DOCS=1 with this test writes it again");
    }
}
