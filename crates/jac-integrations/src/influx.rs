//! InfluxDB: line protocol over the write interface of version 2 (`/api/v2/write`) or of version 1 (`/write`).
//!
//! Two measurements, `jac_run` and `jac_label`: counts are of the whole run so far, times are milliseconds.

use crate::http::Http;
use crate::settings::{ExporterSettings, InfluxPlace, SettingsError, http_url};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jac_model::EpochMs;
use jac_model::monitoring::{Counted, ExporterInfo, ExporterKind, MetricsExporter, RunFigures};
use jac_model::notify::SendError;
use reqwest::header::HeaderMap;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

pub(crate) struct Influx {
    http: Http,
    settings: ExporterSettings,
}

impl Influx {
    pub fn new(settings: ExporterSettings, place: &InfluxPlace) -> Result<Self, SettingsError> {
        let url = write_url(http_url(settings.url.as_str())?, place);
        let http = Http::new(url, settings.ca_pem.as_deref())?;
        let http = match place {
            InfluxPlace::Bucket { token: Some(token), .. } => {
                http.with_header("authorization", &format!("Token {}", token.reveal()), "token_file")?
            }
            InfluxPlace::Database { login: Some((user, password)), .. } => {
                let login = STANDARD.encode(format!("{user}:{}", password.reveal()));
                http.with_header("authorization", &format!("Basic {login}"), "username")?
            }
            _ => http,
        };
        Ok(Self { http, settings })
    }

    async fn send(&self, lines: String) -> Result<(), SendError> {
        self.http.post("text/plain; charset=utf-8", HeaderMap::new(), lines).await.map(drop)
    }
}

fn write_url(mut url: Url, place: &InfluxPlace) -> Url {
    let base = url.path().trim_end_matches('/').to_owned();
    let (path, names) = match place {
        InfluxPlace::Bucket { org, bucket, .. } => ("/api/v2/write", vec![("org", org), ("bucket", bucket)]),
        InfluxPlace::Database { database, .. } => ("/write", vec![("db", database)]),
    };
    url.set_path(&format!("{base}{path}"));
    url.query_pairs_mut().extend_pairs(names).append_pair("precision", "ms");
    url
}

/// A tag's value. It cannot contain a line break or be empty. Receivers disagree on a backslash before a comma or
/// blank: it is replaced with a slash.
/// do not agree on: it becomes a slash.
fn tag(out: &mut String, key: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    out.push(',');
    out.push_str(key);
    out.push('=');
    for letter in value.chars() {
        match letter {
            letter if letter.is_control() => out.push_str("\\ "),
            '\\' => out.push('/'),
            ',' | '=' | ' ' => out.extend(['\\', letter]),
            letter => out.push(letter),
        }
    }
}

/// The existing fields, separated by commas.
struct Fields<'a> {
    out: &'a mut String,
    is_first: bool,
}

impl Fields<'_> {
    fn add(&mut self, name: &str, value: impl std::fmt::Display, suffix: &str) {
        let separator = if std::mem::take(&mut self.is_first) { ' ' } else { ',' };
        self.out.push_str(&format!("{separator}{name}={value}{suffix}"));
    }

    fn count(&mut self, name: &str, value: u64) {
        // Version 1 supports only signed numbers.
        self.add(name, i64::try_from(value).unwrap_or(i64::MAX), "i");
    }

    fn float(&mut self, name: &str, value: Option<f64>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            self.add(name, value, "");
        }
    }

    fn counted(&mut self, counted: &Counted) {
        self.count("samples", counted.samples);
        self.count("errors", counted.errors);
        self.count("sum_ms", counted.sum_ms);
        if let (Some(min), Some(max)) = (counted.min_ms, counted.max_ms) {
            self.count("min_ms", min);
            self.count("max_ms", max);
        }
        for (name, value) in ["p50_ms", "p90_ms", "p95_ms", "p99_ms"].into_iter().zip(counted.quantiles_ms) {
            self.float(name, value);
        }
    }
}

fn lines(runs: &[Arc<RunFigures>]) -> String {
    let mut out = String::new();
    for run in runs {
        let line = |out: &mut String, measurement: &str, label: Option<(&str, &str)>| {
            out.push_str(measurement);
            tag(out, "run", run.run.as_str());
            tag(out, "name", &run.name);
            tag(out, "plan", &run.plan);
            if let Some((label, kind)) = label {
                tag(out, "label", label);
                tag(out, "kind", kind);
            }
        };
        line(&mut out, "jac_run", None);
        let mut fields = Fields { out: &mut out, is_first: true };
        fields.counted(&run.total);
        fields.count("rejected_rows", run.rejected_rows);
        fields.float("rate_per_s", run.rate_per_s);
        if let Some(users) = run.active_users {
            fields.count("active_users", users);
        }
        out.push_str(&format!(" {}\n", run.at_ms));
        for label in &run.labels {
            line(&mut out, "jac_label", Some((&label.label, label.kind)));
            Fields { out: &mut out, is_first: true }.counted(&label.counted);
            out.push_str(&format!(" {}\n", run.at_ms));
        }
    }
    out
}

#[async_trait]
impl MetricsExporter for Influx {
    fn info(&self) -> ExporterInfo {
        ExporterInfo {
            name: self.settings.name.clone(),
            kind: ExporterKind::Influxdb,
            address: self.http.shown(),
            interval_s: self.settings.interval.as_secs(),
        }
    }

    fn interval(&self) -> Duration {
        self.settings.interval
    }

    async fn push(&self, points: &[Arc<RunFigures>]) -> Result<u64, SendError> {
        self.send(lines(points)).await.map(|()| 0)
    }

    async fn test(&self, now_ms: EpochMs) -> Result<(), SendError> {
        self.send(format!("jac_test value=1i {now_ms}\n")).await
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jac_model::monitoring::LabelFigures;

    pub fn example() -> Arc<RunFigures> {
        let mut counted = Counted {
            samples: 3,
            errors: 1,
            sum_ms: 620,
            min_ms: Some(10),
            max_ms: Some(600),
            quantiles_ms: [Some(10.0), Some(600.0), Some(600.0), None],
            ..Counted::default()
        };
        counted.buckets[1] = 2;
        counted.buckets[7] = 1;
        let label = |label: &str| LabelFigures { label: label.to_owned(), kind: "request", counted: counted.clone() };
        Arc::new(RunFigures {
            run: "r-23456789".parse().expect("an id"),
            name: "peak, take 2".to_owned(),
            plan: "checkout".to_owned(),
            cluster: "blue".to_owned(),
            owner: "Ann".to_owned(),
            at_ms: 1_700_000_010_000,
            started_ms: 1_700_000_000_000,
            is_last: false,
            active_users: Some(20),
            rate_per_s: Some(0.3),
            rejected_rows: 0,
            total: counted.clone(),
            labels: vec![label("GET /a=b c"), label("line\nbreak\\")],
            labels_left_out: 0,
        })
    }

    #[test]
    fn lines_are_those_of_the_protocol_whatever_names_hold() {
        let figures = "samples=3i,errors=1i,sum_ms=620i,min_ms=10i,max_ms=600i,p50_ms=10,p90_ms=600,p95_ms=600";
        let tags = "run=r-23456789,name=peak\\,\\ take\\ 2,plan=checkout";
        let expected = [
            format!("jac_run,{tags} {figures},rejected_rows=0i,rate_per_s=0.3,active_users=20i 1700000010000"),
            format!("jac_label,{tags},label=GET\\ /a\\=b\\ c,kind=request {figures} 1700000010000"),
            format!("jac_label,{tags},label=line\\ break/,kind=request {figures} 1700000010000"),
        ];
        assert_eq!(lines(&[example()]).lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn both_versions_have_their_own_place() {
        let base = || Url::parse("http://influx.example:8086/behind/").expect("an address");
        let bucket = InfluxPlace::Bucket { org: "my org".to_owned(), bucket: "jac".to_owned(), token: None };
        let expected = "http://influx.example:8086/behind/api/v2/write?org=my+org&bucket=jac&precision=ms";
        assert_eq!(write_url(base(), &bucket).as_str(), expected);
        let database = InfluxPlace::Database { database: "jac".to_owned(), login: None };
        assert_eq!(
            write_url(base(), &database).as_str(),
            "http://influx.example:8086/behind/write?db=jac&precision=ms"
        );
    }
}
