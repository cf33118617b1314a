//! The search targets: the short settings for one of them, and the `[[search]]` tables of the file for several.

use super::build::Typed;
use super::read::{Fault, Settings, Source};
use super::tables::{VALID_NAME, Wrong, made_of, wrong};
use crate::context;
use jac_model::search::{DashboardsKind, TargetKind};
use jac_search::{Auth, DashboardsSettings, Layout, Secret, Settings as Target, SigV4};
use reqwest::Url;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// The name of the one target that the short settings describe.
const ONLY: &str = "search";
/// Amazon's own name for the managed service.
const AWS_SERVICE: &str = "es";

/// A `[[search]]` table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    kind: Option<TargetKind>,
    url: String,
    username: Option<String>,
    password_file: Option<PathBuf>,
    api_key_file: Option<PathBuf>,
    aws_region: Option<String>,
    aws_service: Option<String>,
    ca_file: Option<PathBuf>,
    layout: Option<LayoutWord>,
    namespace: Option<String>,
    index: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    service: Option<String>,
    dashboards_url: Option<String>,
    dashboards_kind: Option<DashboardsKind>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LayoutWord {
    DataStream,
    IndexPerRun,
}

impl From<LayoutWord> for Layout {
    fn from(word: LayoutWord) -> Self {
        match word {
            LayoutWord::DataStream => Self::DataStream,
            LayoutWord::IndexPerRun => Self::IndexPerRun,
        }
    }
}

impl super::tables::Table for Table {
    const REQUIRED: &'static [(&'static str, &'static str)] = &[("name", VALID_NAME), ("url", VALID_URL)];

    fn name(&self) -> &str {
        &self.name
    }

    fn repair(&mut self, key: &str) {
        match key {
            "name" => self.name = VALID_NAME.to_owned(),
            "url" => self.url = VALID_URL.to_owned(),
            // The authentication: none without a valid one.
            "username" | "password_file" | "api_key_file" | "aws_region" | "aws_service" | "auth" => {
                (self.username, self.password_file, self.api_key_file) = (None, None, None);
                (self.aws_region, self.aws_service) = (None, None);
            }
            "ca_file" => self.ca_file = None,
            "namespace" => self.namespace = None,
            "index" => self.index = None,
            "dashboards_url" => self.dashboards_url = None,
            _ => (),
        }
    }
}

/// Replaces an invalid address while the other settings are checked.
const VALID_URL: &str = "https://replaced.invalid";

/// Only the search targets, and the faults of their settings: what a command without a server needs.
pub fn build(settings: &Settings) -> Result<Vec<Target>, Vec<Fault>> {
    let concerns = |fault: &Fault| fault.key.is_empty() || fault.key.starts_with("search");
    let faults = settings.faults.iter().filter(|fault| concerns(fault)).cloned().collect();
    let mut typed = Typed { settings, faults };
    typed.check_search_layout();
    let targets = typed.search();
    if typed.faults.is_empty() { Ok(targets) } else { Err(typed.faults) }
}

impl Typed<'_> {
    /// The targets. Names are unique.
    pub(super) fn search(&mut self) -> Vec<Target> {
        let mut found = Vec::new();
        let mut names = BTreeSet::new();
        if let Some(table) = self.short() {
            names.insert(table.name.clone());
            let may_hold_password = !matches!(self.source("search_url"), Source::Flag(_));
            match made_of(table, Vec::new(), |table| target(table, Path::new(""), may_hold_password)) {
                Ok(target) => found.push(target),
                // In the short settings each key is `search_` followed by its name in a table.
                Err(faults) => faults
                    .into_iter()
                    .for_each(|Wrong { key, message }| self.refuse_because(&format!("search_{key}"), message)),
            }
        } else if let Some(lonely) = SHORT.iter().find(|name| self.value(name).is_some()) {
            self.lacks::<()>(lonely, "search_url");
        }
        found.extend(self.each("search", &mut names, |table: Table, folder| target(table, folder, false)));
        found
    }

    /// The target of the short settings.
    fn short(&self) -> Option<Table> {
        let layout = self.text("search_layout").and_then(|word| match word.as_str() {
            "index_per_run" => Some(LayoutWord::IndexPerRun),
            _ => None,
        });
        Some(Table {
            name: ONLY.to_owned(),
            url: self.text("search_url")?,
            username: self.text("search_username"),
            password_file: self.path("search_password_file"),
            api_key_file: self.path("search_api_key_file"),
            ca_file: self.path("search_ca_file"),
            layout,
            dashboards_url: self.text("search_dashboards_url"),
            ..Table::default()
        })
    }

    /// The layout has two permitted values.
    pub(super) fn check_search_layout(&mut self) {
        if let Some(word) =
            self.text("search_layout").filter(|word| !["data_stream", "index_per_run"].contains(&word.as_str()))
        {
            self.refuse("search_layout", &word, "data_stream or index_per_run");
        }
    }
}

/// The short settings that are nothing without `search_url`.
const SHORT: &[&str] = &[
    "search_username",
    "search_password_file",
    "search_api_key_file",
    "search_ca_file",
    "search_layout",
    "search_dashboards_url",
];

/// Builds a target from a table. Files are relative to `folder`.
fn target(table: Table, folder: &Path, may_hold_password: bool) -> Result<Target, Wrong> {
    let is_name = !table.name.is_empty()
        && table.name.len() <= 40
        && table.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_name {
        return Err(wrong("name", "A name can have only lower-case letters, digits and hyphens."));
    }
    if table.name == jac_engine::LOG_SOURCE {
        return Err(wrong("name", "The name 'log' is reserved for the result log."));
    }
    let mut url = jac_search::address(&table.url).map_err(|message| wrong("url", message))?;
    let of_url = credentials_of(&mut url);
    if of_url.is_some() && !may_hold_password {
        let instead = "Use `username` and `password_file`; JAC_SEARCH_URL may contain them too.";
        return Err(wrong("url", format!("The address contains credentials. {instead}")));
    }
    let dashboards = match table.dashboards_url {
        Some(text) => {
            let url = jac_search::dashboards_address(&text).map_err(|message| wrong("dashboards_url", message))?;
            Some(DashboardsSettings { kind: table.dashboards_kind.unwrap_or(DashboardsKind::Kibana), url })
        }
        None => None,
    };
    let auth = auth(
        of_url,
        (table.username, table.password_file),
        table.api_key_file,
        table.aws_region.map(|region| (region, table.aws_service)),
        folder,
    )?;
    let ca_pem = table.ca_file.map(|file| {
        let path = folder.join(file);
        std::fs::read(&path).map_err(|error| wrong("ca_file", format!("{} cannot be read: {error}.", path.display())))
    });
    let settings = Target::new(table.name, table.kind.unwrap_or(TargetKind::Elasticsearch), url);
    let settings = Target {
        auth,
        ca_pem: ca_pem.transpose()?,
        layout: table.layout.map(Layout::from).unwrap_or_default(),
        namespace: table.namespace.unwrap_or(settings.namespace),
        index: table.index,
        labels: table.labels,
        service: table.service,
        dashboards,
        ..settings
    };
    // Contradictory settings are reported at startup and not with the first run.
    jac_search::target(settings.clone()).map_err(|error| wrong(error.key, error.message))?;
    Ok(settings)
}

/// Takes user and password out of an address.
fn credentials_of(url: &mut Url) -> Option<(String, Secret)> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text: &str| percent_decoded(text);
    let found = (decoded(url.username()), Secret::new(decoded(url.password().unwrap_or_default())));
    // A URL with a host can contain both.
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(found)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn auth(
    of_url: Option<(String, Secret)>,
    basic: (Option<String>, Option<PathBuf>),
    api_key_file: Option<PathBuf>,
    aws: Option<(String, Option<String>)>,
    folder: &Path,
) -> Result<Auth, Wrong> {
    let ways = [of_url.is_some(), basic.0.is_some() || basic.1.is_some(), api_key_file.is_some(), aws.is_some()];
    if ways.into_iter().filter(|is_given| *is_given).count() > 1 {
        return Err(wrong(
            "username",
            "Give one way to sign in: a user with a password, an API key, or an AWS region.",
        ));
    }
    if let Some((user, password)) = of_url {
        return Ok(Auth::Basic { user, password });
    }
    if let Some(file) = api_key_file {
        return Ok(Auth::ApiKey(secret(&folder.join(file), "api_key_file")?));
    }
    if let Some((region, service)) = aws {
        return Ok(Auth::SigV4(SigV4 {
            region,
            service: service.unwrap_or_else(|| AWS_SERVICE.to_owned()),
            credentials: jac_ec2::environment_credentials(),
            now: Arc::new(|| UNIX_EPOCH + Duration::from_millis(context::now_ms().unsigned_abs())),
        }));
    }
    match basic {
        (None, None) => Ok(Auth::None),
        (Some(user), Some(file)) => Ok(Auth::Basic { user, password: secret(&folder.join(file), "password_file")? }),
        (Some(_), None) => Err(wrong("password_file", "`username` needs `password_file`.")),
        (None, Some(_)) => Err(wrong("username", "`password_file` needs `username`.")),
    }
}

/// The content of a file that contains only a secret.
fn secret(path: &Path, key: &'static str) -> Result<Secret, Wrong> {
    match std::fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => Ok(Secret::new(text.trim())),
        Ok(_) => Err(wrong(key, format!("{} is empty.", path.display()))),
        Err(error) => Err(wrong(key, format!("{} cannot be read: {error}.", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::build::{Config, build};
    use crate::config::read::{Fault, File, Flags, Settings};
    use jac_search::{Auth, Layout};
    use std::path::PathBuf;

    fn read(text: &str, environment: &[(&str, &str)], flags: &Flags) -> Result<Config, Vec<Fault>> {
        let file = File { path: PathBuf::from("/etc/jac/jac.toml"), text: text.to_owned(), is_in_data_folder: false };
        let variable =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        build(&Settings::read(Some(&file), variable, flags))
    }

    #[test]
    fn one_address_is_a_target_and_tables_are_several() {
        let url = ("JAC_SEARCH_URL", "https://jac:p%40ss@es.test:9200");
        let config = read(
            "[[search]]\nname = \"logs\"\nkind = \"logstash\"\nurl = \"tcp://logs.test:5044\"",
            &[url],
            &Flags::new(),
        );
        let targets = config.expect("no faults").search;
        assert_eq!(targets.iter().map(|target| target.name.as_str()).collect::<Vec<_>>(), ["search", "logs"]);
        assert_eq!(targets[0].url.as_str(), "https://es.test:9200/");
        let Auth::Basic { user, password } = &targets[0].auth else { panic!("{:?}", targets[0].auth) };
        assert_eq!((user.as_str(), password), ("jac", &jac_search::Secret::new("p@ss")));
        assert!(!format!("{targets:?}").contains("p@ss"), "secrets are not printed");
        let options = [("JAC_SEARCH_URL", "http://es.test"), ("JAC_SEARCH_LAYOUT", "index_per_run")];
        assert_eq!(read("", &options, &Flags::new()).expect("no faults").search[0].layout, Layout::IndexPerRun);
    }

    #[test]
    fn unusable_values_are_reported_with_their_table_and_key() {
        for (text, key, part) in [
            ("search_url = \"nowhere\"", "search_url", "http:// or https://"),
            ("search_url = \"localhost:9200\"", "search_url", "http:// or https://"),
            ("search_url = \"127.0.0.1:9200\"", "search_url", "http:// or https://"),
            (
                "search_url = \"http://h\"\nsearch_dashboards_url = \"localhost:5601\"",
                "search_dashboards_url",
                "http:// or https://",
            ),
            ("search_url = \"http://h\"\nsearch_layout = \"both\"", "search_layout", "both"),
            ("search_username = \"ann\"", "search_url", "search_username"),
            ("search_url = \"http://h\"\nsearch_username = \"ann\"", "search_password_file", "needs"),
            ("search_url = \"tcp://h:1\"", "search_url", "http://"),
            ("[[search]]\nname = \"a\"\nurl = \"http://ann:secret@h\"", "search", "Table 1.url"),
            ("[[search]]\nname = \"A\"\nurl = \"http://h\"", "search", "Table 1.name"),
            (
                "[[search]]\nname = \"a\"\nurl = \"http://h\"\n[[search]]\nname = \"a\"\nurl = \"http://h\"",
                "search",
                "Duplicate name",
            ),
            ("[[search]]\nname = \"a\"\nurl = \"http://h\"\npassword = \"hunter2\"", "search", "password"),
            ("[[search]]\nname = \"a\"\nurl = \"http://h\"\napi_key_file = \"/nowhere\"", "search", "api_key_file"),
            ("[[search]]\nname = \"a\"\nurl = \"http://h\"\nnamespace = \"a-b\"", "search", "namespace"),
            ("search = 5", "search", ""),
        ] {
            let faults = read(text, &[], &Flags::new()).expect_err(text);
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(faults[0].key == key && faults[0].message.contains(part), "{text}: {faults:?}");
            assert!(
                !faults[0].to_string().contains("hunter2") && !faults[0].to_string().contains("ann:secret"),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn all_faults_of_a_table_are_reported_at_once() {
        let text = "[[search]]\nname = \"A\"\nurl = \"http://ann:hunter2@h\"\nusername = \"ann\"\nca_file = \"/nowhere\"\nnamespace = \"a-b\"\n\
                    index = \"_x\"\ndashboards_url = \"kibana\"\ncolour = \"red\"\nlayout = \"both\"\n[[search]]\nurl = \"nowhere\"";
        let faults = read(text, &[], &Flags::new()).expect_err("faults");
        let mut reported: Vec<_> = faults.iter().flat_map(|fault| fault.message.split(": ").next()).collect();
        reported.sort_unstable();
        let of_first =
            ["ca_file", "colour", "dashboards_url", "index", "layout", "name", "namespace", "password_file", "url"];
        let expected: Vec<String> = of_first.iter().map(|key| format!("Table 1.{key}")).collect();
        assert_eq!(reported[..expected.len()], expected, "{faults:?}");
        assert_eq!(reported[expected.len()..], ["Table 2.name", "Table 2.url"], "{faults:?}");
        assert!(!format!("{faults:?}").contains("hunter2"));
        let short = "search_url = \"nowhere\"\nsearch_ca_file = \"/nowhere\"\nsearch_username = \"ann\"";
        let keys: Vec<_> =
            read(short, &[], &Flags::new()).expect_err("faults").into_iter().map(|fault| fault.key).collect();
        assert_eq!(keys.len(), 3, "{keys:?}");
    }

    #[test]
    fn a_password_on_the_command_line_is_refused() {
        let flags = Flags::from([("search_url", vec!["http://ann:hunter2@es.test".to_owned()])]);
        let faults = read("", &[], &flags).expect_err("a fault");
        assert!(faults[0].key == "search_url" && !faults[0].to_string().contains("hunter2"), "{faults:?}");
    }
}
