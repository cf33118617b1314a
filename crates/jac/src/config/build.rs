//! Converts the settings to typed values and checks constraints between them. Reads the files that contain secrets.

use super::artefacts::ArtefactsConfig;
use super::integrations::IntegrationsConfig;
use super::keys::{Key, find};
use super::read::{Fault, Settings, Source, Value, invalid};
use ipnet::IpNet;
use jac_model::UserRole;
use jac_server::config::{MetricsConfig, OidcConfig, RedisUrl, Secret, ServerConfig, SessionConfig};
use jac_server::tls::{Pair, TlsError, TlsFiles};
use reqwest::Url;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The configuration of `jac serve`.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen: SocketAddr,
    /// `None`: the user's own.
    pub data_dir: Option<PathBuf>,
    pub jmeter_home: Option<PathBuf>,
    pub allow_local_nodes: bool,
    /// With the host of the public URL.
    pub allowed_hosts: Vec<String>,
    pub max_upload_bytes: u64,
    pub max_import_bytes: u64,
    pub keep_max_bytes: u64,
    pub keep_max_files: usize,
    pub lease_seconds: Option<u64>,
    pub boot_limit: Option<Duration>,
    /// Finished runs older than this many days are removed.
    pub runs_days: Option<u32>,
    /// Number of the newest finished runs that are kept.
    pub runs_count: Option<u32>,
    /// Total size in bytes of the runs that are kept.
    pub runs_bytes: Option<u64>,
    /// Number of each plan's revisions that are kept.
    pub plan_revisions: Option<u32>,
    /// Maximum delay with which a schedule's run is still started.
    pub schedule_grace: Duration,
    /// The permanent store of results.
    pub artefacts: Option<ArtefactsConfig>,
    /// Permitted addresses of people's own stores and search targets, in addition to public addresses with HTTPS.
    pub allowed_endpoints: Vec<String>,
    /// Logs of stored runs are removed from the data folder after this many days.
    pub artefacts_local_days: Option<u32>,
    /// The certificate to serve TLS with, and its key.
    pub pair: Option<Pair>,
    /// The targets of every sample.
    pub search: Vec<jac_search::Settings>,
    /// The services that are notified of runs.
    pub integrations: IntegrationsConfig,
    pub server: ServerConfig,
}

/// Reads typed values and collects their faults.
pub(super) struct Typed<'a> {
    pub(super) settings: &'a Settings,
    pub(super) faults: Vec<Fault>,
}

/// The notification targets, with the address that people open, and the faults of these settings: what a command
/// without a server needs.
pub fn build_integrations(settings: &Settings) -> Result<(IntegrationsConfig, Option<String>), Vec<Fault>> {
    let concerns = |fault: &&Fault| ["", "notify", "metrics_export", "public_url"].contains(&fault.key.as_str());
    let faults = settings.faults.iter().filter(concerns).cloned().collect();
    let mut typed = Typed { settings, faults };
    let (integrations, public_url) = (typed.integrations(), typed.public_url());
    let public_url = public_url.map(|url| url.origin().ascii_serialization());
    if typed.faults.is_empty() { Ok((integrations, public_url)) } else { Err(typed.faults) }
}

/// Builds the configuration.
///
/// # Errors
/// All faults, including those of reading.
pub fn build(settings: &Settings) -> Result<Config, Vec<Fault>> {
    let mut typed = Typed { settings, faults: settings.faults.clone() };
    let config = typed.config();
    match config {
        Some(config) if typed.faults.is_empty() => Ok(config),
        _ => Err(typed.faults),
    }
}

impl Typed<'_> {
    fn config(&mut self) -> Option<Config> {
        let address = "ADDRESS:PORT, e.g. 127.0.0.1:8080";
        let listen = self.parsed("listen", address, |text| text.parse().ok());
        let metrics_listen = self.parsed("metrics_listen", address, |text| text.parse().ok());
        let public = self.public_url();
        let mut allowed_hosts = self.hosts();
        allowed_hosts.extend(public.as_ref().and_then(|url| url.host_str().map(str::to_owned)));
        let server = ServerConfig {
            public_url: public.map(|url| url.origin().ascii_serialization()),
            trusted_proxies: self.networks(),
            metrics: MetricsConfig { listen: metrics_listen, token: self.secret_in("metrics_token_file") },
            redis: self.parsed("redis_url", "redis://HOST:PORT or rediss://HOST:PORT", RedisUrl::parse),
            oidc: self.oidc(),
            session: SessionConfig {
                idle: self.duration("session_idle_minutes", 60).unwrap_or(SessionConfig::USUAL.idle),
                absolute: self.duration("session_hours", 3600).unwrap_or(SessionConfig::USUAL.absolute),
            },
            environment_credentials_for: self.list("environment_credentials_for"),
        };
        // Before any early return, so that every fault is reported.
        let pair = self.tls();
        let artefacts = self.artefacts();
        let allowed_endpoints = self.endpoints();
        self.check_search_layout();
        let search = self.search();
        let integrations = self.integrations();
        Some(Config {
            listen: listen?,
            data_dir: self.path("data_dir"),
            jmeter_home: self.path("jmeter_home"),
            allow_local_nodes: matches!(self.value("allow_local_nodes"), Some(Value::Switch(true))),
            allowed_hosts,
            max_upload_bytes: self.number("max_upload_mb")? << 20,
            keep_max_bytes: self.number("keep_max_mb")? << 20,
            keep_max_files: usize::try_from(self.number("keep_max_files")?).unwrap_or(usize::MAX),
            max_import_bytes: self.number("max_import_mb")? << 20,
            lease_seconds: self.number("lease_seconds"),
            boot_limit: self.number("boot_limit_seconds").map(Duration::from_secs),
            runs_days: self.small("retention_runs_days"),
            runs_count: self.small("retention_runs_count"),
            runs_bytes: self.number("retention_max_gb").map(|gb| gb.saturating_mul(1_000_000_000)),
            plan_revisions: self.small("retention_plan_revisions"),
            schedule_grace: self.duration("schedule_grace_minutes", 60)?,
            artefacts,
            allowed_endpoints,
            artefacts_local_days: self.small("artifacts_local_days"),
            pair,
            search,
            integrations,
            server,
        })
    }

    fn public_url(&mut self) -> Option<Url> {
        self.parsed("public_url", "http:// or https:// and a host, without a path", public_url)
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.settings.get(name).map(|given| &given.value)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.value(name) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        match self.value(name) {
            Some(Value::Path(path)) => Some(path.clone()),
            _ => None,
        }
    }

    /// A number whose key permits no larger one.
    fn small(&self, name: &str) -> Option<u32> {
        self.number(name).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// A number as a length of time, of a unit of this many seconds.
    fn duration(&self, name: &str, unit_seconds: u64) -> Option<Duration> {
        self.number(name).map(|number| Duration::from_secs(number.saturating_mul(unit_seconds)))
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.value(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn list(&self, name: &str) -> Vec<String> {
        match self.value(name) {
            Some(Value::List(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }

    fn map(&self, name: &str) -> BTreeMap<String, String> {
        match self.value(name) {
            Some(Value::Map(map)) => map.clone(),
            _ => BTreeMap::new(),
        }
    }

    pub(super) fn source(&self, name: &str) -> Source {
        self.settings.get(name).map_or(Source::Default, |given| given.source.clone())
    }

    pub(super) fn refuse(&mut self, name: &str, shown: &str, expected: &str) {
        if let Some(key) = find(name) {
            self.faults.push(invalid(key, self.source(name), Some(shown), expected.to_owned()));
        }
    }

    /// A value that cannot be used for a reason of its own.
    pub(super) fn refuse_because(&mut self, name: &str, message: String) {
        let source = self.source(name);
        let key = name.to_owned();
        self.faults.push(Fault { code: "config_value_invalid", key, source, message, expected: String::new() });
    }

    pub(super) fn parsed<T>(&mut self, name: &str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.refuse(name, &text, expected);
        }
        parsed
    }

    fn hosts(&mut self) -> Vec<String> {
        let names = self.list("allowed_hosts");
        for name in &names {
            if name.contains(['/', '*', ' ', '@']) {
                self.refuse("allowed_hosts", name, "a host name without scheme, path and wildcards");
            }
        }
        names
    }

    fn networks(&mut self) -> Vec<IpNet> {
        let mut networks = Vec::new();
        for text in self.list("trusted_proxies") {
            match text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
                Ok(network) => networks.push(network),
                Err(_) => self.refuse("trusted_proxies", &text, "an IP address, or a network such as 10.0.0.0/8"),
            }
        }
        networks
    }

    fn tls(&mut self) -> Option<Pair> {
        let files = match (self.path("tls_cert"), self.path("tls_key")) {
            (Some(certificate), Some(key)) => TlsFiles { certificate, key },
            (None, None) => return None,
            (Some(_), None) => return self.lacks("tls_cert", "tls_key"),
            (None, Some(_)) => return self.lacks("tls_key", "tls_cert"),
        };
        let pair = Pair::read(&files);
        pair.map_err(|error| self.faults.push(tls_fault(&error, self.settings))).ok()
    }

    /// `there` is nothing without `missing`.
    pub(super) fn lacks<T>(&mut self, there: &str, missing: &str) -> Option<T> {
        // Invalid values were already reported.
        if !self.faults.iter().any(|fault| fault.key == missing) {
            self.faults.push(Fault {
                code: "config_value_missing",
                key: missing.to_owned(),
                source: Source::Default,
                message: format!("Required by `{there}` ({}).", self.source(there)),
                expected: find(missing).map(|key| key.value.to_owned()).unwrap_or_default(),
            });
        }
        None
    }

    /// The content of a file with a secret.
    fn secret_in(&mut self, name: &str) -> Option<Secret> {
        let path = self.path(name)?;
        let message = match std::fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => return Some(Secret::new(text.trim())),
            Ok(_) => format!("{} is empty.", path.display()),
            Err(error) => format!("{} cannot be read: {error}.", path.display()),
        };
        self.faults.push(Fault {
            code: "config_file_unreadable",
            key: name.to_owned(),
            source: self.source(name),
            message,
            expected: "a file with the secret and nothing else".to_owned(),
        });
        None
    }

    fn oidc(&mut self) -> Option<OidcConfig> {
        let client_secret = self.secret_in("oidc_client_secret_file");
        let mut role_groups = BTreeMap::new();
        for (group, word) in self.map("oidc_role_groups") {
            match UserRole::of_word(&word) {
                Some(role) => drop(role_groups.insert(group, role)),
                None => self.refuse("oidc_role_groups", &word, "administrator, member or viewer"),
            }
        }
        if self.text("oidc_issuer").is_none() {
            let given = ["oidc_client_id", "oidc_client_secret_file", "oidc_role_groups", "oidc_team_groups"];
            return match given.into_iter().find(|name| self.settings.get(name).is_some()) {
                Some(name) => self.lacks(name, "oidc_issuer"),
                None => None,
            };
        }
        let issuer = self.parsed("oidc_issuer", "the provider's https:// URL (http:// on this machine only)", issuer);
        let client_id = self.text("oidc_client_id").or_else(|| self.lacks("oidc_issuer", "oidc_client_id"));
        Some(OidcConfig {
            issuer: issuer?,
            client_id: client_id?,
            client_secret,
            name: self.text("oidc_name")?,
            groups_claim: self.text("oidc_groups_claim")?,
            role_groups,
            team_groups: self.map("oidc_team_groups"),
        })
    }
}

/// A fault of the certificate or its key, as one of the setting that names the file.
pub fn tls_fault(error: &TlsError, settings: &Settings) -> Fault {
    let key = if error.is_of_key() { "tls_key" } else { "tls_cert" };
    let sentence = jac_model::sentence(error);
    Fault {
        code: error.code(),
        key: key.to_owned(),
        source: settings.get(key).map_or(Source::Default, |given| given.source.clone()),
        message: sentence,
        expected: String::new(),
    }
}

/// Only an origin.
fn public_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_origin = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_origin.then_some(url)
}

/// Kept verbatim: a provider's issuer is compared character by character.
fn issuer(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let is_here = host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    (is_safe && url.query().is_none() && url.fragment().is_none()).then(|| text.to_owned())
}

/// A value as `jac config check` prints it: without what may be a secret.
pub fn shown(key: &Key, value: &Value) -> Value {
    match value {
        Value::Text(text) if key.is_secret => Value::Text(without_secrets(text)),
        // `jac search status` and the page of integrations show the contents of a table.
        Value::Tables(tables) => {
            let names =
                tables.iter().map(|table| table.get("name").and_then(|name| name.as_str()).unwrap_or("…").to_owned());
            Value::List(names.collect())
        }
        other => other.clone(),
    }
}

/// An address without its credentials and its query; one without protocol or host as it was typed otherwise.
fn without_secrets(text: &str) -> String {
    match Url::parse(text).ok().filter(Url::has_host) {
        Some(url) => {
            let host = url.host_str().unwrap_or_default();
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            let signed_in = if url.username().is_empty() && url.password().is_none() { "" } else { "…@" };
            format!("{}://{signed_in}{host}{port}{}", url.scheme(), url.path())
        }
        None => {
            let (signed_in, rest) = text.rsplit_once('@').map_or(("", text), |(_, rest)| ("…@", rest));
            format!("{signed_in}{}", rest.split(['?', '#']).next().unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read::{File, Flags};

    fn from_file(text: &str) -> Result<Config, Vec<Fault>> {
        let file = File { path: PathBuf::from("/etc/jac/jac.toml"), text: text.to_owned(), is_in_data_folder: false };
        build(&Settings::read(Some(&file), |_| None, &Flags::new()))
    }

    fn faults(text: &str) -> Vec<(&'static str, String)> {
        let faults = from_file(text).expect_err("it has faults");
        faults.into_iter().map(|fault| (fault.code, fault.key)).collect()
    }

    #[test]
    fn nothing_at_all_is_a_server_on_ones_own_machine() {
        let config = from_file("").expect("no faults");
        assert!(config.listen.ip().is_loopback() && config.pair.is_none() && config.server.oidc.is_none());
        assert_eq!(config.max_upload_bytes, 2048 << 20);
        assert!(!config.allow_local_nodes && config.server.trusted_proxies.is_empty());
    }

    #[test]
    fn everything_together_is_read_into_types() {
        let folder = tempfile::tempdir().expect("a folder");
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "hunter2\n").expect("written");
        let text = format!(
            "listen = \"0.0.0.0:8443\"\npublic_url = \"https://JAC.example/\"\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n\
             redis_url = \"redis://:hunter3@localhost:6379/0\"\noidc_issuer = \"https://id.example/realm/\"\noidc_client_id = \"jac\"\n\
             oidc_client_secret_file = \"{0}\"\nmetrics_token_file = \"{0}\"\nretention_runs_days = 30\n\
             [oidc_role_groups]\nadmins = \"administrator\"\n[oidc_team_groups]\nload = \"Load tests\"",
            secret.display()
        );
        let config = from_file(&text).expect("no faults");
        assert_eq!(config.server.public_url.as_deref(), Some("https://jac.example"));
        assert_eq!(config.allowed_hosts, ["jac.example"]);
        assert!(config.server.trusted_proxies.iter().any(|net| net.contains(&IpAddr::from([10, 9, 8, 7]))));
        let oidc = config.server.oidc.as_ref().expect("a provider");
        assert_eq!(oidc.issuer, "https://id.example/realm/", "letter by letter");
        assert_eq!(oidc.client_secret.as_ref().map(Secret::reveal), Some("hunter2"));
        assert_eq!(oidc.role_groups["admins"], UserRole::Administrator);
        assert_eq!(config.runs_days, Some(30));
        assert!(!format!("{config:?}").contains("hunter"));
    }

    #[test]
    fn values_that_make_no_sense_alone_or_together_are_faults() {
        let invalid = "config_value_invalid";
        for (text, (code, key)) in [
            ("listen = \"here\"", (invalid, "listen")),
            ("public_url = \"https://jac.example/jac\"", (invalid, "public_url")),
            ("trusted_proxies = [\"proxy.example\"]", (invalid, "trusted_proxies")),
            ("allowed_hosts = [\"https://jac.example\"]", (invalid, "allowed_hosts")),
            ("redis_url = \"http://localhost\"", (invalid, "redis_url")),
            ("tls_cert = \"a.pem\"", ("config_value_missing", "tls_key")),
            ("tls_key = \"a.pem\"", ("config_value_missing", "tls_cert")),
            ("oidc_client_id = \"jac\"", ("config_value_missing", "oidc_issuer")),
            ("oidc_issuer = \"https://id.example\"", ("config_value_missing", "oidc_client_id")),
            ("oidc_client_id = \"jac\"\noidc_issuer = \"http://id.example\"", (invalid, "oidc_issuer")),
            ("metrics_token_file = \"/nowhere\"", ("config_file_unreadable", "metrics_token_file")),
            (
                "oidc_client_id = \"jac\"\noidc_issuer = \"http://[::1]:1\"\n[oidc_role_groups]\na = \"boss\"",
                (invalid, "oidc_role_groups"),
            ),
        ] {
            assert_eq!(faults(text), [(code, key.to_owned())], "{text}");
        }
        let many = faults("listen = \"here\"\npublic_url = \"there\"\ncolour = 1\ntls_cert = \"a.pem\"");
        assert_eq!(many.len(), 4, "{many:?}");
    }

    #[test]
    fn an_endpoint_of_awss_variables_is_read_and_refused_like_one_of_jacs() {
        let read = |text: &str, environment: &[(&str, &str)]| {
            let file =
                File { path: PathBuf::from("/etc/jac/jac.toml"), text: text.to_owned(), is_in_data_folder: false };
            let value =
                |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            build(&Settings::read(Some(&file), value, &Flags::new()))
                .map(|config| config.artefacts.and_then(|store| store.options.endpoint))
        };
        let s3 = "artifacts_url = \"s3://bucket\"";
        let (plain, special) = (("AWS_ENDPOINT_URL", "http://plain:1/"), ("AWS_ENDPOINT_URL_S3", "http://special:1"));
        assert_eq!(read(s3, &[plain]).expect("no faults").as_deref(), Some("http://plain:1"));
        assert_eq!(read(s3, &[plain, special]).expect("no faults").as_deref(), Some("http://special:1"));
        let own = format!("{s3}\nartifacts_endpoint = \"https://own.example\"");
        assert_eq!(read(&own, &[special]).expect("no faults").as_deref(), Some("https://own.example"));
        for (name, text) in [("AWS_ENDPOINT_URL_S3", "127.0.0.1:17480"), ("JAC_ARTIFACTS_ENDPOINT", "localhost:17480")]
        {
            let faults = read(s3, &[(name, text)]).expect_err(name);
            let [fault] = faults.as_slice() else { panic!("{name}: {faults:?}") };
            assert_eq!((fault.code, &fault.source), ("config_value_invalid", &Source::Environment(name)));
            assert_eq!(read("artifacts_url = \"gs://bucket\"", &[(name, text)]), Ok(None), "it is not about Google's");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let key = find("redis_url").expect("a key");
        for (written, printed) in [
            ("rediss://user:hunter2@cache.example:6380/1?password=hunter2", "rediss://…@cache.example:6380/1"),
            ("redis://localhost", "redis://localhost"),
            ("localhost:9200", "localhost:9200"),
            ("127.0.0.1:9200/?key=hunter2", "127.0.0.1:9200/"),
            ("ann:hunter2@localhost:9200", "…@localhost:9200"),
            ("s3:my-bucket", "s3:my-bucket"),
            ("file:///srv/results", "file:///srv/results"),
        ] {
            assert_eq!(shown(key, &Value::Text(written.to_owned())), Value::Text(printed.to_owned()));
        }
    }
}
