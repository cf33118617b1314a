//! `/metrics` in Prometheus' text format: the server's own counters, and the engine's state at the time of the request.
//!
//! Every label is bounded: routes are templates (`/api/v1/runs/{id}`), never requested paths. Names are listed in
//! `docs/operations.md`.

mod runs;

use axum::http::Method;
use jac_engine::{ExporterView, Figures, IntegrationsView, NotifierView};
use jac_model::monitoring::RunFigures;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Upper bounds of the request histogram, in seconds.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// The method and template of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClusterLabels {
    provider: String,
    phase: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PhaseLabels {
    phase: String,
}

/// A kind of the engine's tasks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TaskLabels {
    task: &'static str,
}

/// A notification or metrics target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TargetLabels {
    target: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VersionLabels {
    version: &'static str,
}

/// The engine's state at one moment.
pub(crate) struct Moment {
    pub figures: Figures,
    pub integrations: IntegrationsView,
    pub runs: Vec<Arc<RunFigures>>,
}

type Seconds = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// The server's counters. Clones refer to the same ones.
#[derive(Clone)]
pub struct Metrics(Arc<Counted>);

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Metrics")
    }
}

struct Counted {
    registry: Registry,
    requests: Family<StatusLabels, Counter>,
    seconds: Seconds,
    connections: Gauge,
    sockets: Gauge,
    refused: Counter,
    handshakes: Counter,
    scans_refused: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut counted = Counted {
            registry: Registry::with_prefix("jac"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            connections: Gauge::default(),
            sockets: Gauge::default(),
            refused: Counter::default(),
            handshakes: Counter::default(),
            scans_refused: Counter::default(),
        };
        let all = &mut counted.registry;
        all.register("http_requests", "Answered requests", counted.requests.clone());
        all.register("http_request_seconds", "Time until the head of an answer", counted.seconds.clone());
        all.register("connections", "Open connections", counted.connections.clone());
        all.register("live_sockets", "Open WebSockets", counted.sockets.clone());
        all.register("connections_refused", "Connections beyond the limits", counted.refused.clone());
        all.register("tls_handshakes_failed", "TLS handshakes that failed", counted.handshakes.clone());
        all.register("scans_refused", "Scans of result logs beyond a person's limit", counted.scans_refused.clone());
        Self(Arc::new(counted))
    }
}

impl Metrics {
    /// A request was answered.
    pub(crate) fn answered(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let (method, route) = (known(method), route.to_owned());
        self.0.requests.get_or_create(&StatusLabels { method, route: route.clone(), status }).inc();
        self.0.seconds.get_or_create(&RouteLabels { method, route }).observe(took.as_secs_f64());
    }

    pub(crate) fn connection_opened(&self) {
        self.0.connections.inc();
    }

    pub(crate) fn connection_closed(&self) {
        self.0.connections.dec();
    }

    pub(crate) fn connection_refused(&self) {
        self.0.refused.inc();
    }

    pub(crate) fn handshake_failed(&self) {
        self.0.handshakes.inc();
    }

    pub(crate) fn socket_opened(&self) {
        self.0.sockets.inc();
    }

    pub(crate) fn socket_closed(&self) {
        self.0.sockets.dec();
    }

    pub(crate) fn scan_refused(&self) {
        self.0.scans_refused.inc();
    }

    /// Everything as text. `None`: the engine's figures are omitted, because its database did not respond.
    pub(crate) fn text(&self, moment: Option<Moment>) -> String {
        let mut now = Registry::with_prefix("jac");
        if let Some(Moment { figures, integrations, runs }) = moment {
            register_figures(&mut now, &figures);
            register_integrations(&mut now, &integrations);
            now.register_collector(Box::new(runs::Runs(runs)));
        }
        let build: Family<VersionLabels, Gauge> = Family::default();
        build.get_or_create(&VersionLabels { version: env!("CARGO_PKG_VERSION") }).set(1);
        now.register("build_info", "The version of JAC", build);
        let mut process = Registry::with_prefix("process");
        register_process(&mut process);
        let mut text = String::new();
        for registry in [&self.0.registry, &now, &process] {
            if let Err(error) = prometheus_text::encode(&mut text, registry) {
                tracing::error!(%error, "some metrics cannot be written: {error}");
            }
        }
        text
    }
}

fn register_figures(now: &mut Registry, figures: &Figures) {
    let clusters: Family<ClusterLabels, Gauge> = Family::default();
    for ((provider, phase), count) in &figures.clusters {
        let labels = ClusterLabels { provider: provider.clone(), phase: phase.clone() };
        clusters.get_or_create(&labels).set(signed(*count));
    }
    now.register("clusters", "Clusters that have not ended", clusters);
    let runs: Family<PhaseLabels, Gauge> = Family::default();
    for (phase, count) in &figures.runs {
        runs.get_or_create(&PhaseLabels { phase: phase.clone() }).set(signed(*count));
    }
    now.register("runs", "Runs that have not finished", runs);
    let (running, panics): (Family<TaskLabels, Gauge>, Family<TaskLabels, Counter>) = Default::default();
    for (task, counted) in &figures.tasks {
        let labels = TaskLabels { task };
        running.get_or_create(&labels).set(signed(counted.running));
        panics.get_or_create(&labels).inc_by(counted.panics);
    }
    now.register("tasks", "Tasks of the server, by kind", running);
    now.register("task_panics", "Panics of tasks, which were restarted", panics);
    let samples = Gauge::<i64>::default();
    samples.set(signed(figures.samples_followed));
    now.register("samples_followed", "Samples of the runs in progress", samples);
    let database = Gauge::<f64, AtomicU64>::default();
    database.set(figures.database.as_secs_f64());
    now.register("database_seconds", "Time that the database took to count for this answer", database);
}

fn register_integrations(now: &mut Registry, integrations: &IntegrationsView) {
    let labels = |name: &str| TargetLabels { target: name.to_owned() };
    let waiting: Family<TargetLabels, Gauge> = Family::default();
    for NotifierView { target, waiting: count, .. } in &integrations.notifications {
        waiting.get_or_create(&labels(&target.name)).set(signed(*count));
    }
    now.register("notifications_waiting", "Notifications that are not delivered yet", waiting);
    let (sent, dropped): (Family<TargetLabels, Counter>, Family<TargetLabels, Counter>) = Default::default();
    for ExporterView { target, sent: sent_points, dropped: dropped_points, .. } in &integrations.metrics {
        sent.get_or_create(&labels(&target.name)).inc_by(*sent_points);
        dropped.get_or_create(&labels(&target.name)).inc_by(*dropped_points);
    }
    now.register("metrics_points_sent", "Points of running tests that metrics targets accepted", sent);
    now.register("metrics_points_dropped", "Points that they rejected or did not accept in time", dropped);
}

/// The names that Prometheus' own clients use.
fn register_process(process: &mut Registry) {
    if let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) {
        let spent = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        let seconds = Counter::<f64, AtomicU64>::default();
        seconds.inc_by(Duration::from_micros(spent.unsigned_abs()).as_secs_f64());
        process.register("cpu_seconds", "Processor time", seconds);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let figure = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<i64>().ok()
    };
    let gauge = |value: i64| {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        gauge
    };
    if let Some(kilobytes) = figure("VmRSS:") {
        process.register("resident_memory_bytes", "Memory in use", gauge(kilobytes * 1024));
    }
    if let Some(threads) = figure("Threads:") {
        process.register("threads", "Threads", gauge(threads));
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        process.register("open_fds", "Open file descriptors", gauge(signed(open.count() as u64)));
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Anybody can invent methods.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
