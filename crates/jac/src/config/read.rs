//! Takes each setting from the source with the highest precedence, and collects every fault instead of stopping at the
//! first.
//!
//! Knows the types of values, not their purpose: that is `super::build`.

use super::keys::{KEYS, Key, Shape, find, nearest};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The source of a value, lowest precedence first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Source {
    Default,
    /// The configuration file.
    File(PathBuf),
    /// The variable's name.
    Environment(&'static str),
    /// The flag without its dashes.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Environment(name) => out.write_str(name),
            Self::Flag(name) => write!(out, "--{name}"),
        }
    }
}

/// Something in the configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Stable; the message may change.
    pub code: &'static str,
    /// The setting; empty if the fault is about the whole file.
    pub key: String,
    pub source: Source,
    /// The fault, as a sentence.
    pub message: String,
    /// The expected value, as a phrase.
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.key.as_str(), &self.source) {
            ("", source) => write!(out, "{source}: ")?,
            (key, Source::Default) => write!(out, "{key}: ")?,
            (key, source) => write!(out, "{key} ({source}): ")?,
        }
        write!(out, "{}", self.message)?;
        if !self.expected.is_empty() {
            write!(out, " Expected {}.", self.expected)?;
        }
        write!(out, " [{}]", self.code)
    }
}

/// A value of its key's shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    Text(String),
    Path(PathBuf),
    Number(u64),
    Switch(bool),
    List(Vec<String>),
    Map(BTreeMap<String, String>),
    Tables(Vec<BTreeMap<String, serde_json::Value>>),
}

/// A setting that has a value.
#[derive(Debug, Clone)]
pub struct Given {
    pub key: &'static Key,
    pub value: Value,
    pub source: Source,
}

/// All settings with a value, and the faults of invalid ones.
#[derive(Debug, Default)]
pub struct Settings {
    given: BTreeMap<&'static str, Given>,
    pub faults: Vec<Fault>,
}

/// The configuration file's text and path.
pub struct File {
    pub path: PathBuf,
    pub text: String,
    /// It is the one in the data folder, which therefore cannot set that folder.
    pub is_in_data_folder: bool,
}

/// Values of flags as typed, by the setting's name; a switch has an empty one.
pub type Flags = BTreeMap<&'static str, Vec<String>>;

impl Settings {
    /// Reads the defaults, the file, the environment and the flags; each wins over those before it.
    pub fn read(file: Option<&File>, environment: impl Fn(&str) -> Option<String>, flags: &Flags) -> Self {
        let mut settings = Self::default();
        for key in KEYS.iter().filter(|key| !key.default.is_empty()) {
            settings.take(key, Source::Default, shaped(key, &[key.default.to_owned()]));
        }
        for key in KEYS {
            let read =
                |name: &&'static str| environment(name).filter(|text| !text.is_empty()).map(|text| (*name, text));
            if let Some((name, text)) = key.fallbacks.iter().find_map(read) {
                settings.take(key, Source::Environment(name), shaped(key, &[text]));
            }
        }
        if let Some(file) = file {
            settings.take_file(file);
        }
        for key in KEYS.iter().filter(|key| !key.environment.is_empty()) {
            if let Some(text) = environment(key.environment).filter(|text| !text.is_empty()) {
                let parts: Vec<String> = match key.shape {
                    Shape::List | Shape::Map => text.split(',').map(|part| part.trim().to_owned()).collect(),
                    _ => vec![text],
                };
                settings.take(key, Source::Environment(key.environment), shaped(key, &parts));
            }
        }
        for (name, values) in flags {
            if let Some(key) = find(name) {
                settings.take(key, Source::Flag(key.flag), shaped(key, values));
            }
        }
        settings
    }

    fn take_file(&mut self, file: &File) {
        let source = Source::File(file.path.clone());
        let table = match file.text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                // Without the line itself, which may contain a secret.
                let line = error.span().map_or(1, |span| file.text[..span.start].matches('\n').count() + 1);
                let message = format!("Line {line} is not valid TOML: {}.", error.message().trim_end_matches('.'));
                self.faults.push(Fault {
                    code: "config_syntax",
                    key: String::new(),
                    source,
                    message,
                    expected: String::new(),
                });
                return;
            }
        };
        for (name, value) in &table {
            let Some(key) = find(name) else {
                self.faults.push(Fault {
                    code: "config_key_unknown",
                    key: name.clone(),
                    source: source.clone(),
                    message: match nearest(name) {
                        Some(near) => format!("Unknown setting. Did you mean `{near}`?"),
                        None => "Unknown setting.".to_owned(),
                    },
                    expected: "one of the settings in docs/configuration.md".to_owned(),
                });
                continue;
            };
            if key.name == "data_dir" && file.is_in_data_folder {
                self.faults.push(Fault {
                    code: "config_value_invalid",
                    key: name.clone(),
                    source: source.clone(),
                    message: "The file in the data folder cannot set the data folder.".to_owned(),
                    expected: "--data-dir, JAC_DATA_DIR, or a file given with --config".to_owned(),
                });
                continue;
            }
            let folder = file.path.parent().unwrap_or(Path::new(""));
            self.take(key, source.clone(), from_toml(key, value, folder));
        }
    }

    /// Keeps a value, or its fault. A fault in a source of low precedence is reported even if a stronger one has a valid value.
    fn take(&mut self, key: &'static Key, source: Source, value: Result<Value, Refusal>) {
        match value {
            Ok(value) => drop(self.given.insert(key.name, Given { key, value, source })),
            Err(Refusal { shown, expected }) => {
                // A setting that could not be read is not the weaker one's value.
                self.given.remove(key.name);
                self.faults.push(invalid(key, source, shown.as_deref(), expected));
            }
        }
    }

    /// The settings that have a value, in the documentation's order.
    pub fn all(&self) -> impl Iterator<Item = &Given> {
        KEYS.iter().filter_map(|key| self.given.get(key.name))
    }

    pub fn get(&self, name: &str) -> Option<&Given> {
        self.given.get(name)
    }
}

/// A value that is invalid for its key. The text is repeated unless it may be a secret.
pub fn invalid(key: &Key, source: Source, shown: Option<&str>, expected: String) -> Fault {
    let message = match shown.filter(|_| !key.is_secret) {
        Some(shown) => format!("Invalid value {shown:?}."),
        None => "Invalid value.".to_owned(),
    };
    Fault { code: "config_value_invalid", key: key.name.to_owned(), source, message, expected }
}

struct Refusal {
    shown: Option<String>,
    expected: String,
}

fn expected_of(key: &Key) -> String {
    match key.shape {
        Shape::Text | Shape::Path => key.value.to_owned(),
        Shape::Number { least, most } => format!("a whole number from {least} to {most}"),
        Shape::Switch => "true or false".to_owned(),
        Shape::List => format!("a list of {}", key.value),
        Shape::Map => format!("{} pairs", key.value),
        Shape::Tables => key.value.to_owned(),
    }
}

/// A value of texts, as flags and variables have it.
fn shaped(key: &Key, parts: &[String]) -> Result<Value, Refusal> {
    let last = parts.last().map(String::as_str).unwrap_or_default();
    let refused = |shown: &str| Refusal { shown: Some(shown.to_owned()), expected: expected_of(key) };
    match key.shape {
        Shape::Text if !last.trim().is_empty() => Ok(Value::Text(last.to_owned())),
        Shape::Path if !last.is_empty() => Ok(Value::Path(PathBuf::from(last))),
        Shape::Text | Shape::Path => Err(refused(last)),
        Shape::Number { least, most } => last
            .parse()
            .ok()
            .filter(|number| (least..=most).contains(number))
            .map(Value::Number)
            .ok_or_else(|| refused(last)),
        Shape::Switch => match last {
            "" | "true" | "1" => Ok(Value::Switch(true)),
            "false" | "0" => Ok(Value::Switch(false)),
            _ => Err(refused(last)),
        },
        Shape::List => match parts.iter().find(|part| part.trim().is_empty()) {
            Some(empty) => Err(refused(empty)),
            None => Ok(Value::List(parts.to_vec())),
        },
        Shape::Map => parts
            .iter()
            .map(|part| {
                // A group's name may have an equals sign in it (cn=testers), a role's or a team's rarely.
                let (name, value) = part.rsplit_once('=').ok_or_else(|| refused(part))?;
                if name.trim().is_empty() || value.trim().is_empty() {
                    return Err(refused(part));
                }
                Ok((name.trim().to_owned(), value.trim().to_owned()))
            })
            .collect::<Result<_, _>>()
            .map(Value::Map),
        // They cannot be set in the environment or with a flag.
        Shape::Tables => Err(refused(last)),
    }
}

/// A value of the file.
fn from_toml(key: &Key, value: &toml::Value, folder: &Path) -> Result<Value, Refusal> {
    let shown = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let refused = || Refusal { shown: Some(shown()), expected: expected_of(key) };
    let texts = |values: &[toml::Value]| values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    match (key.shape, value) {
        (Shape::Text, toml::Value::String(text)) => shaped(key, std::slice::from_ref(text)),
        (Shape::Path, toml::Value::String(text)) if !text.is_empty() => Ok(Value::Path(folder.join(text))),
        (Shape::Number { .. }, toml::Value::Integer(number)) => shaped(key, &[number.to_string()]),
        (Shape::Switch, toml::Value::Boolean(is_on)) => Ok(Value::Switch(*is_on)),
        (Shape::List, toml::Value::Array(values)) => {
            let parts: Option<Vec<String>> = texts(values);
            shaped(key, &parts.ok_or_else(refused)?)
        }
        (Shape::Map, toml::Value::Table(table)) => table
            .iter()
            .map(|(name, value)| match value.as_str().map(str::trim) {
                Some(value) if !value.is_empty() => Ok((name.clone(), value.to_owned())),
                _ => Err(refused()),
            })
            .collect::<Result<_, _>>()
            .map(Value::Map),
        (Shape::Tables, toml::Value::Array(values)) => values
            .iter()
            .map(|value| match (value, serde_json::to_value(value)) {
                (toml::Value::Table(_), Ok(serde_json::Value::Object(table))) => Ok(table.into_iter().collect()),
                _ => Err(refused()),
            })
            .collect::<Result<_, _>>()
            .map(Value::Tables),
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File { path: PathBuf::from("/etc/jac/jac.toml"), text: text.to_owned(), is_in_data_folder: false }
    }

    fn flags(given: &[(&'static str, &str)]) -> Flags {
        given.iter().map(|(name, value)| (*name, vec![(*value).to_owned()])).collect()
    }

    #[test]
    fn a_flag_wins_over_the_environment_that_over_the_file_and_that_over_the_default() {
        let with_file = file("max_upload_mb = 3");
        let variable = |name: &str| (name == "JAC_MAX_UPLOAD_MB").then(|| "4".to_owned());
        let flag = flags(&[("max_upload_mb", "5")]);
        let none = |_: &str| None;
        let read = |settings: Settings| {
            let given = settings.get("max_upload_mb").expect("a value").clone();
            (given.value, given.source)
        };
        assert_eq!(read(Settings::read(None, none, &Flags::new())), (Value::Number(2048), Source::Default));
        assert_eq!(
            read(Settings::read(Some(&with_file), none, &Flags::new())),
            (Value::Number(3), Source::File(with_file.path.clone()))
        );
        assert_eq!(
            read(Settings::read(Some(&with_file), variable, &Flags::new())),
            (Value::Number(4), Source::Environment("JAC_MAX_UPLOAD_MB"))
        );
        assert_eq!(
            read(Settings::read(Some(&with_file), variable, &flag)),
            (Value::Number(5), Source::Flag("max-upload-mb"))
        );
    }

    #[test]
    fn a_line_that_is_not_toml_is_reported_by_its_number_and_not_repeated() {
        let text = "session_hours = 9\nredis_url = \"redis://:hunter2@localhost\n".to_owned();
        let file = File { path: PathBuf::from("jac.toml"), text, is_in_data_folder: false };
        let settings = Settings::read(Some(&file), |_| None, &Flags::new());
        let reported = settings.faults.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(
            reported.len() == 1 && reported[0].contains("Line 2") && reported[0].lines().count() == 1,
            "{reported:?}"
        );
        assert!(!reported[0].contains("hunter2"), "{reported:?}");
    }

    #[test]
    fn every_fault_is_reported_with_its_key_its_place_and_what_is_expected() {
        let text = "max_uplod_mb = 3\nmax_upload_mb = \"much\"\ntrusted_proxies = [1]\noidc_role_groups = 5\nallow_local_nodes = 1";
        let variable = |name: &str| (name == "JAC_SESSION_HOURS").then(|| "0".to_owned());
        let settings =
            Settings::read(Some(&file(text)), variable, &flags(&[("retention_runs_days", "-1"), ("listen", " ")]));
        let mut reported: Vec<(&str, &str, String)> =
            settings.faults.iter().map(|fault| (fault.code, fault.key.as_str(), fault.source.to_string())).collect();
        reported.sort();
        let (toml, invalid) = ("/etc/jac/jac.toml".to_owned(), "config_value_invalid");
        assert_eq!(
            reported,
            [
                ("config_key_unknown", "max_uplod_mb", toml.clone()),
                (invalid, "allow_local_nodes", toml.clone()),
                (invalid, "listen", "--listen".to_owned()),
                (invalid, "max_upload_mb", toml.clone()),
                (invalid, "oidc_role_groups", toml.clone()),
                (invalid, "retention_runs_days", "--retention-runs-days".to_owned()),
                (invalid, "session_hours", "JAC_SESSION_HOURS".to_owned()),
                (invalid, "trusted_proxies", toml),
            ]
        );
        assert!(settings.faults.iter().all(|fault| !fault.expected.is_empty()));
    }

    #[test]
    fn lists_and_maps_are_read_alike_from_the_file_the_environment_and_flags() {
        let list = Value::List(vec!["10.0.0.1".to_owned(), "10.1.0.0/16".to_owned()]);
        let map = Value::Map(BTreeMap::from([("cn=ops,dc=a".to_owned(), "member".to_owned())]));
        let text =
            "trusted_proxies = [\"10.0.0.1\", \"10.1.0.0/16\"]\n[oidc_role_groups]\n\"cn=ops,dc=a\" = \"member\"";
        let by_file = Settings::read(Some(&file(text)), |_| None, &Flags::new());
        let variable = |name: &str| (name == "JAC_TRUSTED_PROXIES").then(|| "10.0.0.1, 10.1.0.0/16".to_owned());
        let by_variable = Settings::read(None, variable, &Flags::new());
        let flags = Flags::from([
            ("trusted_proxies", vec!["10.0.0.1".to_owned(), "10.1.0.0/16".to_owned()]),
            ("oidc_role_groups", vec!["cn=ops,dc=a=member".to_owned()]),
        ]);
        let by_flags = Settings::read(None, |_| None, &flags);
        for settings in [&by_file, &by_variable, &by_flags] {
            assert_eq!(settings.faults, []);
            assert_eq!(settings.get("trusted_proxies").expect("a value").value, list);
        }
        for settings in [&by_file, &by_flags] {
            assert_eq!(settings.get("oidc_role_groups").expect("a value").value, map);
        }
    }

    #[test]
    fn paths_in_the_file_are_relative_to_it_and_the_folders_own_file_names_no_folder() {
        let settings = Settings::read(Some(&file("tls_cert = \"tls/jac.pem\"")), |_| None, &Flags::new());
        let given = settings.get("tls_cert").expect("a value");
        assert_eq!(given.value, Value::Path(PathBuf::from("/etc/jac/tls/jac.pem")));
        let own = File { is_in_data_folder: true, ..file("data_dir = \"/elsewhere\"") };
        let settings = Settings::read(Some(&own), |_| None, &Flags::new());
        assert_eq!(settings.faults.len(), 1, "{:?}", settings.faults);
        let broken = Settings::read(Some(&file("listen = ")), |_| None, &Flags::new());
        assert_eq!(broken.faults.first().map(|fault| fault.code), Some("config_syntax"));
    }

    #[test]
    fn a_secret_is_not_repeated_in_a_fault() {
        let settings = Settings::read(Some(&file("redis_url = [\"hunter2\"]")), |_| None, &Flags::new());
        let fault = settings.faults.first().expect("a fault").to_string();
        assert!(!fault.contains("hunter2"), "{fault}");
    }
}
