//! The environment, read in one place.

use jac_engine::tools::ToolSettings;
use jac_jmeter::install::Source;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;

/// The folder with all data of this installation: `--data-dir`, otherwise `JAC_DATA_DIR` (both by clap), otherwise the
/// user's data folder.
pub fn data_folder(named: Option<&Path>) -> PathBuf {
    if let Some(folder) = named {
        return folder.to_owned();
    }
    let base = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || {
        std::env::var_os("HOME")
            .map_or_else(|| PathBuf::from("/var/lib"), |home| PathBuf::from(home).join(".local/share"))
    };
    base.unwrap_or_else(home).join("jac")
}

/// The folder in which this user's own settings are.
pub fn config_folder() -> PathBuf {
    let base = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default().join(".config");
    base.unwrap_or_else(home).join("jac")
}

/// An environment variable; `None` also when its value is not valid UTF-8.
pub fn environment(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok().filter(|value| !value.is_empty())
}

/// The user's known hosts, unless a file is named.
pub fn known_hosts(named: Option<&Path>) -> PathBuf {
    let home = || std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    named.map_or_else(|| home().join(".ssh/known_hosts"), Path::to_owned)
}

/// The file with the key that secrets are sealed with, if it is not in the data folder.
pub fn secret_key_file() -> Option<PathBuf> {
    std::env::var_os("JAC_SECRET_KEY_FILE").filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The source of JAC's own JMeter: a mirror, otherwise Apache's archive.
fn jmeter_source() -> Source {
    match std::env::var_os("JAC_JMETER_ARCHIVE").and_then(|url| url.into_string().ok()).filter(|url| !url.is_empty()) {
        Some(archive_url) => Source::Automatic { archive_url },
        None => Source::default(),
    }
}

/// Where Java and JMeter are searched for.
pub fn tools(data_folder: &Path, jmeter_home: Option<&Path>) -> ToolSettings {
    ToolSettings {
        java_home: std::env::var_os("JAVA_HOME").filter(|value| !value.is_empty()).map(PathBuf::from),
        search_path: std::env::var_os("PATH"),
        jmeter_home: jmeter_home.map(Path::to_owned),
        managed_folder: data_folder.join("jmeter"),
        source: jmeter_source(),
    }
}

/// The AWS keys in the environment's standard variables.
pub struct AwsKeys {
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<String>,
    pub session_token: Option<String>,
}

/// Reads them; an empty one counts as missing.
pub fn aws_keys() -> AwsKeys {
    let read =
        |name| std::env::var_os(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
    AwsKeys {
        access_key_id: read("AWS_ACCESS_KEY_ID"),
        secret_access_key: read("AWS_SECRET_ACCESS_KEY"),
        session_token: read("AWS_SESSION_TOKEN"),
    }
}

/// Milliseconds since 1970.
pub fn now_ms() -> jac_model::EpochMs {
    use jac_engine::clock::Clock;
    jac_engine::clock::SystemClock.now_ms()
}

/// Writes the log to standard error. `JAC_LOG` sets what of it (`debug`, `jac_engine=trace`…).
pub fn start_log(quiet: bool) {
    // The store's library logs each attempt; JAC logs the result.
    let ordinary = if quiet { "error" } else { "info,object_store=warn" };
    let filter = EnvFilter::try_from_env("JAC_LOG").unwrap_or_else(|_| EnvFilter::new(ordinary));
    // Colours are for a terminal; a file and a collector of logs get plain text.
    let has_colours = std::io::stderr().is_terminal() && environment("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(has_colours);
    log.with_target(false).compact().init();
}
