//! The targets outside that the server notifies and pushes metrics to: the `[[notify]]` and `[[metrics_export]]` tables
//! of the file.

use super::build::Typed;
use super::tables::{Table, VALID_NAME, Wrong, wrong};
use jac_integrations::{
    ExporterProtocol, ExporterSettings, InfluxPlace, MailSettings, MailTls, NotifierProtocol, NotifierSettings, Secret,
    SettingsError, SigningKey,
};
use jac_model::monitoring::ExporterKind;
use jac_model::notify::{NotifierKind, RunSelection};
use reqwest::Url;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Seconds between two points of a run, unless a table sets it.
const USUAL_INTERVAL_S: u64 = 10;
/// The values that a table may set.
const INTERVALS_S: std::ops::RangeInclusive<u64> = 1..=3_600;

/// The targets outside.
#[derive(Debug, Clone, Default)]
pub struct IntegrationsConfig {
    pub notifiers: Vec<NotifierSettings>,
    pub exporters: Vec<ExporterSettings>,
}

/// A `[[notify]]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct NotifyTable {
    name: String,
    kind: NotifierKind,
    #[serde(default)]
    runs: RunSelection,
    #[serde(default)]
    plans: Vec<String>,
    ca_file: Option<PathBuf>,
    url: Option<String>,
    url_file: Option<PathBuf>,
    secret_file: Option<PathBuf>,
    /// The fault of the secret is already known.
    #[serde(skip)]
    secret_is_faulty: bool,
    host: Option<String>,
    port: Option<u16>,
    tls: Option<TlsWord>,
    username: Option<String>,
    password_file: Option<PathBuf>,
    from: Option<String>,
    #[serde(default)]
    to: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TlsWord {
    Implicit,
    #[default]
    Starttls,
    None,
}

/// A `[[metrics_export]]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportTable {
    name: String,
    kind: ExporterKind,
    url: String,
    interval_s: Option<u64>,
    ca_file: Option<PathBuf>,
    headers_file: Option<PathBuf>,
    org: Option<String>,
    bucket: Option<String>,
    token_file: Option<PathBuf>,
    database: Option<String>,
    username: Option<String>,
    password_file: Option<PathBuf>,
}

impl Table for NotifyTable {
    const REQUIRED: &'static [(&'static str, &'static str)] = &[("name", VALID_NAME), ("kind", "webhook")];
    const DECISIVE: Option<&'static str> = Some("kind");

    fn name(&self) -> &str {
        &self.name
    }

    fn repair(&mut self, key: &str) {
        let is_mail = self.kind == NotifierKind::Mail;
        let of_mail = |text: &str| is_mail.then(|| text.to_owned());
        match key {
            "name" => self.name = VALID_NAME.to_owned(),
            "url" | "url_file" => {
                self.url = (!is_mail).then(|| VALID_URL.to_owned());
                self.url_file = None;
            }
            "secret_file" => {
                self.secret_file = None;
                self.secret_is_faulty = true;
            }
            "ca_file" => self.ca_file = None,
            "host" => self.host = of_mail("localhost"),
            "port" => self.port = None,
            "tls" => self.tls = None,
            "username" | "password_file" if is_mail => (self.username, self.password_file) = (None, None),
            "username" => self.username = None,
            "password_file" => self.password_file = None,
            "from" => self.from = of_mail(VALID_MAIL),
            "to" => self.to = of_mail(VALID_MAIL).into_iter().collect(),
            _ => (),
        }
    }
}

impl Table for ExportTable {
    const REQUIRED: &'static [(&'static str, &'static str)] =
        &[("name", VALID_NAME), ("kind", "otlp"), ("url", VALID_URL)];
    const DECISIVE: Option<&'static str> = Some("kind");

    fn name(&self) -> &str {
        &self.name
    }

    fn repair(&mut self, key: &str) {
        let is_influx = self.kind == ExporterKind::Influxdb;
        match key {
            "name" => self.name = VALID_NAME.to_owned(),
            "url" => self.url = VALID_URL.to_owned(),
            "interval_s" => self.interval_s = None,
            "ca_file" => self.ca_file = None,
            "headers_file" => self.headers_file = None,
            "org" => self.org = None,
            "bucket" => {
                self.bucket = is_influx.then(|| "replaced".to_owned());
                self.database = None;
            }
            "token_file" if is_influx => (self.token_file, self.org) = (None, None),
            "token_file" => self.token_file = None,
            "database" => self.database = None,
            "username" | "password_file" if is_influx => (self.username, self.password_file) = (None, None),
            "username" => self.username = None,
            "password_file" => self.password_file = None,
            _ => (),
        }
    }
}

/// Replaces invalid settings while the others are checked.
const VALID_URL: &str = "https://replaced.invalid";
const VALID_MAIL: &str = "replaced@example.invalid";
const VALID_KEY: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

type Made<T> = Result<T, Wrong>;

fn refused<T>(key: &'static str, message: impl Into<String>) -> Made<T> {
    Err(wrong(key, message))
}

impl From<SettingsError> for Wrong {
    fn from(error: SettingsError) -> Self {
        wrong(error.key, error.message)
    }
}

impl Typed<'_> {
    /// The targets of both kinds. Names are unique.
    pub(super) fn integrations(&mut self) -> IntegrationsConfig {
        let mut names = BTreeSet::new();
        // Contradictory settings are reported at startup and not with the first run.
        let notifiers = self.each("notify", &mut names, |table: NotifyTable, folder| {
            let settings = notifier(table, folder)?;
            jac_integrations::notifier(settings.clone())?;
            Ok(settings)
        });
        let exporters = self.each("metrics_export", &mut names, |table: ExportTable, folder| {
            let settings = exporter(table, folder)?;
            jac_integrations::exporter(settings.clone())?;
            Ok(settings)
        });
        IntegrationsConfig { notifiers, exporters }
    }
}

fn notifier(table: NotifyTable, folder: &Path) -> Made<NotifierSettings> {
    let is_mail = table.kind == NotifierKind::Mail;
    let mail_only = [
        ("host", table.host.is_some()),
        ("port", table.port.is_some()),
        ("tls", table.tls.is_some()),
        ("username", table.username.is_some()),
        ("password_file", table.password_file.is_some()),
        ("from", table.from.is_some()),
        ("to", !table.to.is_empty()),
    ];
    let http_only = [("url", table.url.is_some()), ("url_file", table.url_file.is_some())];
    let webhook_only = [("secret_file", table.secret_file.is_some())];
    let is_webhook = table.kind == NotifierKind::Webhook;
    let checks = [(is_mail, &mail_only[..]), (!is_mail, &http_only[..]), (is_webhook, &webhook_only[..])];
    for (fits, keys) in checks {
        if let Some(&(key, _)) = keys.iter().find(|(_, is_given)| *is_given && !fits) {
            return refused(key, "Targets of this kind do not have this setting.");
        }
    }
    let url = || match (&table.url, &table.url_file) {
        (Some(_), Some(_)) => refused("url", "Give either `url` or `url_file`."),
        (Some(url), None) => Ok(Secret::new(url.clone())),
        (None, Some(file)) => Ok(Secret::new(secret_in(&folder.join(file), "url_file")?)),
        (None, None) => {
            refused("url", "The address is missing: set `url`, or `url_file` with a file that contains it.")
        }
    };
    let protocol = match table.kind {
        NotifierKind::Webhook => {
            let key = match &table.secret_file {
                Some(file) => SigningKey::parse(&secret_in(&folder.join(file), "secret_file")?)?,
                None if table.secret_is_faulty => SigningKey::parse(VALID_KEY)?,
                None => return refused("secret_file", "The file with the webhook's signing secret is missing."),
            };
            NotifierProtocol::Webhook { url: url()?, key }
        }
        NotifierKind::Slack => NotifierProtocol::Slack { url: url()? },
        NotifierKind::Teams => NotifierProtocol::Teams { url: url()? },
        NotifierKind::Mail => {
            let Some(host) = table.host else { return refused("host", "The mail server's host is missing.") };
            let Some(from) = table.from else { return refused("from", "The sender's address is missing.") };
            let tls = match table.tls.unwrap_or_default() {
                TlsWord::Implicit => MailTls::Implicit,
                TlsWord::Starttls => MailTls::StartTls,
                TlsWord::None => MailTls::None,
            };
            let login = login(table.username, table.password_file, folder)?;
            NotifierProtocol::Mail(Box::new(MailSettings { host, port: table.port, tls, login, from, to: table.to }))
        }
    };
    let ca_pem = table.ca_file.map(|file| bytes_in(&folder.join(file), "ca_file")).transpose()?;
    Ok(NotifierSettings { name: table.name, runs: table.runs, plans: table.plans, ca_pem, protocol })
}

fn exporter(table: ExportTable, folder: &Path) -> Made<ExporterSettings> {
    let Ok(url) = Url::parse(&table.url) else { return refused("url", "Invalid address.") };
    let interval_s = table.interval_s.unwrap_or(USUAL_INTERVAL_S);
    if !INTERVALS_S.contains(&interval_s) {
        return refused("interval_s", "The interval must be 1 to 3600 seconds.");
    }
    let influx_only = [
        ("org", table.org.is_some()),
        ("bucket", table.bucket.is_some()),
        ("token_file", table.token_file.is_some()),
        ("database", table.database.is_some()),
        ("username", table.username.is_some()),
        ("password_file", table.password_file.is_some()),
    ];
    let protocol = match table.kind {
        ExporterKind::Otlp => {
            if let Some(&(key, _)) = influx_only.iter().find(|(_, is_given)| *is_given) {
                return refused(key, "OTLP targets do not have this setting; put headers into `headers_file`.");
            }
            let headers = table.headers_file.map(|file| headers_in(&folder.join(file))).transpose()?;
            ExporterProtocol::Otlp { headers: headers.unwrap_or_default() }
        }
        ExporterKind::Influxdb if table.headers_file.is_some() => {
            return refused("headers_file", "InfluxDB targets do not have this setting.");
        }
        ExporterKind::Influxdb => {
            let token = table.token_file.map(|file| secret_in(&folder.join(file), "token_file")).transpose()?;
            let login = login(table.username, table.password_file, folder)?;
            ExporterProtocol::Influxdb(match (table.bucket, table.database) {
                (Some(bucket), None) if login.is_none() => {
                    InfluxPlace::Bucket { org: table.org.unwrap_or_default(), bucket, token: token.map(Secret::new) }
                }
                (None, Some(database)) if token.is_none() && table.org.is_none() => {
                    InfluxPlace::Database { database, login }
                }
                (Some(_), None) => return refused("username", "A bucket needs a token: `token_file`."),
                (None, Some(_)) => {
                    return refused(
                        "token_file",
                        "A database uses `username` and `password_file`, and has no organisation.",
                    );
                }
                _ => return refused("bucket", "Give either `bucket` (InfluxDB 2 and 3) or `database` (InfluxDB 1)."),
            })
        }
    };
    let ca_pem = table.ca_file.map(|file| bytes_in(&folder.join(file), "ca_file")).transpose()?;
    Ok(ExporterSettings { name: table.name, url, interval: Duration::from_secs(interval_s), ca_pem, protocol })
}

fn login(user: Option<String>, password: Option<PathBuf>, folder: &Path) -> Made<Option<(String, Secret)>> {
    match (user, password) {
        (None, None) => Ok(None),
        (Some(user), Some(file)) => Ok(Some((user, Secret::new(secret_in(&folder.join(file), "password_file")?)))),
        (Some(_), None) => refused("password_file", "`username` needs `password_file`."),
        (None, Some(_)) => refused("username", "`password_file` needs `username`."),
    }
}

/// Headers, a line for each: `Name: value`.
fn headers_in(path: &Path) -> Made<Vec<(String, Secret)>> {
    let text = secret_in(path, "headers_file")?;
    let header = |line: &str| match line.split_once(':') {
        Some((name, value)) => Ok((name.trim().to_owned(), Secret::new(value.trim()))),
        None => refused("headers_file", "Each line of the file must be a header, `Name: value`."),
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(header).collect()
}

/// The content of a file that contains only a secret.
fn secret_in(path: &Path, key: &'static str) -> Made<String> {
    match std::fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        Ok(_) => refused(key, format!("{} is empty.", path.display())),
        Err(error) => refused(key, format!("{} cannot be read: {error}.", path.display())),
    }
}

fn bytes_in(path: &Path, key: &'static str) -> Made<Vec<u8>> {
    std::fs::read(path).or_else(|error| refused(key, format!("{} cannot be read: {error}.", path.display())))
}

#[cfg(test)]
mod tests {
    use crate::config::build::{Config, build};
    use crate::config::read::{Fault, File, Flags, Settings};
    use jac_integrations::{ExporterProtocol, InfluxPlace, NotifierProtocol};
    use jac_model::notify::RunSelection;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// Reads a file next to others that contain secrets.
    fn read(text: &str) -> Result<Config, Vec<Fault>> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in [
            ("hook", SECRET),
            ("weak", "hunter2"),
            ("slack", "https://hooks.slack.example/services/T0/B0/hunter3\n"),
            ("token", "hunter4"),
            ("headers", "Authorization: Bearer hunter5\nX-Scope-OrgID: jac"),
        ] {
            std::fs::write(folder.path().join(name), content).expect("written");
        }
        let file = File { path: folder.path().join("jac.toml"), text: text.to_owned(), is_in_data_folder: false };
        build(&Settings::read(Some(&file), |_| None, &Flags::new()))
    }

    #[test]
    fn each_kind_is_a_table_and_secrets_are_in_files() {
        let config = read(
            "[[notify]]\nname = \"ci\"\nkind = \"webhook\"\nurl = \"https://ci.example/jac\"\nsecret_file = \"hook\"\nruns = \"failed\"\n\
             [[notify]]\nname = \"chat\"\nkind = \"slack\"\nurl_file = \"slack\"\nplans = [\"checkout\"]\n\
             [[notify]]\nname = \"team\"\nkind = \"teams\"\nurl = \"https://teams.example/x\"\n\
             [[notify]]\nname = \"mail\"\nkind = \"mail\"\nhost = \"mail.example\"\nfrom = \"jac@example.com\"\nto = [\"a@example.com\"]\n\
             username = \"jac\"\npassword_file = \"token\"\n\
             [[metrics_export]]\nname = \"otel\"\nkind = \"otlp\"\nurl = \"http://otel.example:4318\"\nheaders_file = \"headers\"\n\
             [[metrics_export]]\nname = \"influx\"\nkind = \"influxdb\"\nurl = \"http://influx.example:8086\"\norg = \"o\"\nbucket = \"b\"\n\
             token_file = \"token\"\ninterval_s = 5",
        );
        let integrations = config.expect("no faults").integrations;
        let [hook, chat, _, mail] = &integrations.notifiers[..] else { panic!("{integrations:?}") };
        assert_eq!((hook.runs, chat.plans.as_slice()), (RunSelection::Failed, &["checkout".to_owned()][..]));
        assert!(matches!(&mail.protocol, NotifierProtocol::Mail(mail) if mail.login.is_some() && mail.port.is_none()));
        let [otel, influx] = &integrations.exporters[..] else { panic!("{integrations:?}") };
        assert_eq!((otel.interval.as_secs(), influx.interval.as_secs()), (10, 5));
        assert!(matches!(&otel.protocol, ExporterProtocol::Otlp { headers } if headers.len() == 2));
        assert!(matches!(&influx.protocol, ExporterProtocol::Influxdb(InfluxPlace::Bucket { token: Some(_), .. })));
        let printed = format!("{integrations:?}");
        assert!(!printed.contains("hunter") && !printed.contains("MfKQ9"), "{printed}");
    }

    #[test]
    fn unusable_values_are_reported_with_their_table_and_key() {
        let hook = "[[notify]]\nname = \"a\"\nkind = \"webhook\"\nurl = \"https://h\"";
        for (text, key, part) in [
            (hook.to_owned(), "notify", "Table 1.secret_file"),
            (format!("{hook}\nsecret_file = \"weak\""), "notify", "whsec_"),
            (format!("{hook}\nsecret_file = \"nowhere\""), "notify", "Table 1.secret_file"),
            (format!("{hook}\nsecret_file = \"hook\"\nfrom = \"a@b\""), "notify", "Table 1.from"),
            (format!("{hook}\nsecret_file = \"hook\"\npassword = \"hunter2\""), "notify", "unknown field"),
            ("[[notify]]\nname = \"A\"\nkind = \"slack\"\nurl = \"https://h\"".to_owned(), "notify", "Table 1.name"),
            ("[[notify]]\nname = \"a\"\nkind = \"slack\"\nurl = \"ftp://h\"".to_owned(), "notify", "Table 1.url"),
            ("[[notify]]\nname = \"a\"\nkind = \"slack\"\nurl = \"https://u:hunter2@h\"".to_owned(), "notify", "Table 1.url"),
            (
                "[[notify]]\nname = \"a\"\nkind = \"mail\"\nhost = \"h\"\ntls = \"none\"\nfrom = \"a@b.c\"\nto = [\"a@b.c\"]".to_owned(),
                "notify",
                "Table 1.tls",
            ),
            (
                "[[notify]]\nname = \"a\"\nkind = \"slack\"\nurl = \"https://h\"\n[[metrics_export]]\nname = \"a\"\nkind = \"otlp\"\nurl = \"http://h\""
                    .to_owned(),
                "metrics_export",
                "Duplicate name",
            ),
            (
                ["[[notify]]\nname = \"replaced\"\nkind = \"slack\"\nurl = \"https://h\"\n"; 2].concat(),
                "notify",
                "Duplicate name",
            ),
            ("[[metrics_export]]\nname = \"a\"\nkind = \"influxdb\"\nurl = \"http://h\"".to_owned(), "metrics_export", "bucket"),
            (
                "[[metrics_export]]\nname = \"a\"\nkind = \"otlp\"\nurl = \"http://h\"\ninterval_s = 0".to_owned(),
                "metrics_export",
                "interval",
            ),
            (
                "[[metrics_export]]\nname = \"a\"\nkind = \"otlp\"\nurl = \"http://h\"\nheaders_file = \"weak\"".to_owned(),
                "metrics_export",
                "headers_file",
            ),
        ] {
            let faults = read(&text).expect_err(&text);
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(faults[0].key == key && faults[0].message.contains(part), "{text}: {faults:?}");
            assert!(!faults[0].to_string().contains("hunter"), "{faults:?}");
        }
    }

    #[test]
    fn all_faults_of_a_table_are_reported_at_once() {
        for (text, keys) in [
            (
                "[[notify]]\nname = \"A b\"\nkind = \"webhook\"\nurl = \"ftp://h\"\nsecret_file = \"weak\"\nca_file = \"nowhere\"\nfrom = \"a@b\"\n\
                 host = \"h\"\npassword = \"hunter2\"\nport = \"many\"",
                &["password", "port", "host", "from", "secret_file", "url", "ca_file", "name"][..],
            ),
            (
                "[[notify]]\nkind = \"mail\"\nusername = \"jac\"\nto = [\"ann\"]\ntls = \"none\"\nhost = \"mail.example\"\nruns = \"some\"",
                &["name", "runs", "from", "password_file", "to", "tls"],
            ),
            ("[[notify]]\nname = \"a\"\nkind = \"pigeon\"\nurl = 5", &["kind", "url"]),
            (
                "[[metrics_export]]\nname = \"a\"\nkind = \"influxdb\"\nurl = \"nowhere\"\ninterval_s = 0\nheaders_file = \"headers\"\n\
                 username = \"u\"\nca_file = \"hook\"",
                &["url", "interval_s", "headers_file", "password_file", "bucket", "ca_file"],
            ),
        ] {
            let faults = read(text).expect_err(text);
            let key_of = |fault: &Fault| {
                let rest = fault.message.strip_prefix("Table 1.").expect("its key");
                rest.split(':').next().expect("a key").to_owned()
            };
            let mut found: Vec<String> = faults.iter().map(key_of).collect();
            found.sort();
            let mut expected = keys.to_vec();
            expected.sort_unstable();
            assert_eq!(found, expected, "{faults:?}");
            assert!(!format!("{faults:?}").contains("hunter"), "{faults:?}");
        }
    }
}
