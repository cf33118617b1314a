//! The artefacts of a run: their names, how they are created, and how a finished run is read back from them.

use super::kept::{COMPRESSED, KeptFile, compressed_path};
use super::{RESULTS, spool};
use crate::archive::{read_manifest, remote_file};
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::live::{Judged, LiveRun};
use crate::plans::check::cancelled;
use crate::regular_file::read_regular;
use crate::runs::supervise::{Task, known_node};
use crate::view::{Headline, RunResult, Snapshot};
use jac_artefacts::{Manifest, local_name, object_name};
use jac_jmx::{Cancel, MAX_PLAN_BYTES, PlanError};
use jac_jtl::criteria::{CriterionCode, CriterionResult, Verdict};
use jac_jtl::{ChangedCodes, LogStatistics};
use jac_model::{Annotation, Cause, EpochMs, ResultsMode, Run, RunId};
use jac_report::{Facts, Histograms, LogFile, NodeFacts, Report, RunFacts, start_skew_ms};
use jac_store::{RunMetrics, RunRow, StoredPoint};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The report as data.
const REPORT: &str = "report.json";
/// The response times for other tools.
const HISTOGRAMS: &str = "histograms.json";
/// The report as one page that needs no server.
pub(crate) const REPORT_PAGE: &str = "report.html";
/// Artefacts that `jac report` can regenerate from the log, and that no page of JAC reads.
pub(super) const MADE_AGAIN: [&str; 2] = [REPORT_PAGE, HISTOGRAMS];
/// How many groups of failures a snapshot shows.
const ERRORS_SHOWN: usize = 20;
/// Maximum length of a JMeter log that one call returns.
const LOG_PIECE: usize = 256 * 1024;

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Artefact {
    /// Relative to the run, with `/`: `results.jtl`, `nodes/master/jmeter.log`.
    pub name: String,
    /// Size in bytes as downloaded.
    pub bytes: u64,
    /// Size in bytes on the server's disk; smaller if it is compressed.
    pub stored_bytes: u64,
    /// The name under which it can be downloaded as it is stored, compressed (Zstandard); `null`: it is not compressed.
    pub compressed_name: Option<String>,
    pub media_type: String,
}

/// A piece of a node's JMeter log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogPiece {
    pub node: String,
    /// The byte that the text starts at.
    pub from: u64,
    /// The byte that the next piece starts at.
    pub next: u64,
    /// How long the log is now.
    pub size: u64,
    pub text: String,
}

/// The data recorded when a run ends.
pub(crate) struct RunEnd {
    pub ended_ms: EpochMs,
    pub result: RunResult,
    /// Its figures for the trend of its plan.
    pub metrics: Vec<RunMetrics>,
    /// The files of its report.
    pub annotations: Vec<Annotation>,
}

impl RunEnd {
    /// From the statistics only, if no artefact could be written.
    pub fn measured(run: &Run, live: &LiveRun, now_ms: EpochMs) -> Self {
        live.finished(now_ms, |statistics, judged| end_of(run, statistics, judged, now_ms))
    }
}

/// Creates `summary.json`, `report.json` and `report.html`.
pub(super) fn write_artefacts(task: &Task, run: &Run, live: &LiveRun) -> Result<RunEnd, EngineError> {
    let engine = &task.engine;
    let folder = engine.folder().run(&run.id);
    let now_ms = engine.now_ms();
    live.finished(now_ms, |statistics, judged| {
        if let Some(cause) = run.cause.as_ref().filter(|cause| cause.is_partial()) {
            statistics.mark_partial(cause.sentence());
        }
        let end = end_of(run, statistics, judged, now_ms);
        let bytes = std::fs::metadata(spool(engine.folder(), &run.id)).map_or(0, |file| file.len());
        let files = vec![LogFile { name: RESULTS.to_owned(), bytes }];
        write_report(&folder, run, &end, files, statistics, now_ms)?;
        task.try_to("store its nodes' observations", live.nodes(|series| series.write(&folder)));
        Ok(end)
    })
}

/// The same from existing statistics, into a folder.
pub(crate) fn write_report(
    folder: &Path,
    run: &Run,
    end: &RunEnd,
    files: Vec<LogFile>,
    statistics: &mut LogStatistics,
    now_ms: EpochMs,
) -> Result<(), EngineError> {
    let nodes: Vec<NodeFacts> = match run.results {
        ResultsMode::Rmi => Vec::new(),
        ResultsMode::Direct => run.nodes.iter().map(NodeFacts::from).collect(),
    };
    // A report without them is better than none.
    let transactions =
        KeptFile::open(&folder.join(plan_file(run))).and_then(|plan| transactions_of(plan, run, Cancel::NEVER));
    let transactions = transactions.unwrap_or_else(|error| {
        tracing::warn!(run = %run.id, "The plan of {} cannot be read for its report: {error}", run.id);
        BTreeMap::new()
    });
    let facts = Facts {
        title: run.name.clone(),
        jac_version: env!("CARGO_PKG_VERSION").to_owned(),
        created_ms: now_ms,
        files,
        run: Some(RunFacts {
            id: run.id.to_string(),
            plan: run.plan_name.clone(),
            cluster: run.cluster_name.clone(),
            workers: run.workers,
            started_ms: run.started_ms,
            ended_ms: Some(end.ended_ms),
            cause: run.cause.clone(),
            verdict: end.result.verdict,
            criteria: end.result.criteria.clone(),
            criteria_watch: end.result.criteria_watch.clone(),
            warm_up_s: run.warm_up_s,
            properties: run.properties.clone(),
            share: run.share.clone(),
            results: run.results,
            start_skew_ms: start_skew_ms(&nodes),
            nodes,
            annotations: run.annotations.clone(),
            transactions,
        }),
        notes: run.notes.clone(),
    };
    let report = Report::new(facts, statistics).with_nodes(&run.nodes);
    write(&folder.join("summary.json"), &json(&report.summary)?)?;
    write(&folder.join(REPORT), &json(&report)?)?;
    let histograms = Histograms::of(&statistics.response_times());
    let histograms = histograms.map_err(|error| EngineError::JMeter(error.to_string()))?;
    write(&folder.join(HISTOGRAMS), &json(&histograms)?)?;
    write_page(folder, &report)
}

/// The main `.jmx` among a run's files.
fn plan_file(run: &Run) -> String {
    format!("plan/{}", run.main_file)
}

/// None of an imported run, and none of a plan that only JMeter could read.
fn transactions_of(
    plan: Option<KeptFile>,
    run: &Run,
    cancel: Cancel<'_>,
) -> Result<BTreeMap<String, Vec<String>>, EngineError> {
    let Some(plan) = plan.filter(|_| !run.main_file.is_empty()) else { return Ok(BTreeMap::new()) };
    let bytes = plan.read_at(Path::new(&run.main_file), 0, MAX_PLAN_BYTES)?;
    match jac_jmx::Plan::parse_until(&bytes, cancel) {
        Ok(plan) => Ok(plan.transactions()),
        Err(PlanError::Cancelled) => Err(cancelled()),
        Err(_) => Ok(BTreeMap::new()),
    }
}

/// Updates the facts about the run in a finished run's report, as data and as a page, if it has one.
pub(crate) fn change_report(folder: &Path, change: impl FnOnce(&mut RunFacts)) -> Result<(), EngineError> {
    let path = folder.join(REPORT);
    let mut report = match read_report(&path) {
        Err(EngineError::NotFound { .. }) => return Ok(()),
        report => report?,
    };
    let Some(facts) = &mut report.run else { return Ok(()) };
    change(facts);
    write(&path, &json(&report)?)?;
    // A page that was removed because the disk was full is not created again.
    let has_page = folder.join(REPORT_PAGE).try_exists();
    match has_page.map_err(|error| EngineError::file("reading the report's page", error))? {
        true => write_page(folder, &report),
        false => Ok(()),
    }
}

fn write_page(folder: &Path, report: &Report) -> Result<(), EngineError> {
    let page = jac_report::render_html(report).map_err(|error| EngineError::JMeter(error.to_string()))?;
    write(&folder.join(REPORT_PAGE), page.as_bytes())
}

fn read_report(path: &Path) -> Result<Report, EngineError> {
    let bytes = read_regular(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => EngineError::NotFound { kind: "artefact", id: REPORT.to_owned() },
        _ => EngineError::file("reading the report", error),
    })?;
    serde_json::from_slice(&bytes).map_err(|error| EngineError::JMeter(format!("The report cannot be read: {error}.")))
}

pub(crate) fn end_of(run: &Run, statistics: &mut LogStatistics, judged: &Judged, now_ms: EpochMs) -> RunEnd {
    let summary = statistics.summary();
    let mut criteria = judged.criteria.clone();
    if let Some(cause @ Cause::AutoStopped { rule, .. }) = &run.cause {
        criteria.push(CriterionResult {
            expression: rule.clone(),
            met: false,
            code: Some(CriterionCode::AutoStopped),
            sentence: cause.sentence(),
            detail: None,
        });
    }
    let verdict = Verdict::of(&criteria);
    let total = &summary.total;
    let headline = Headline {
        samples: total.samples,
        errors: total.errors,
        error_percent: total.error_percent,
        rate_per_s: total.throughput_per_s,
        p95_ms: total.p95_ms,
        active_users: None,
    };
    RunEnd {
        ended_ms: run.ended_ms.unwrap_or(now_ms),
        result: RunResult { verdict, criteria, criteria_watch: judged.watch.clone(), headline: Some(headline) },
        metrics: crate::history::metrics::of_statistics(statistics, run.max_unread_percent),
        annotations: run.annotations.clone(),
    }
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, EngineError> {
    serde_json::to_vec_pretty(value).map_err(|error| EngineError::JMeter(error.to_string()))
}

/// Writes a file atomically: it is complete or does not exist.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    let new = path.with_added_extension("new");
    let written = std::fs::write(&new, bytes).and_then(|()| std::fs::rename(&new, path));
    written.map_err(|error| {
        drop(std::fs::remove_file(&new));
        EngineError::file("accessing the run's report", error)
    })
}

/// The files of a run, in display order.
///
/// # Errors
/// When its folder cannot be read.
pub fn artefacts(folder: &Path) -> Result<Vec<Artefact>, EngineError> {
    let mut found = Vec::new();
    let nodes = std::fs::read_dir(folder.join("nodes"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let manifest = read_manifest(folder).map_err(|error| EngineError::file("reading the run's manifest", error))?;
    let stored: Vec<String> =
        manifest.iter().flat_map(|manifest| &manifest.objects).map(|object| local_name(&object.name)).collect();
    let stored_nodes =
        stored.iter().filter_map(|name| Some(name.strip_prefix("nodes/")?.split_once('/')?.0.to_owned()));
    let node_names: BTreeSet<String> = nodes.chain(stored_nodes).collect();
    let names = [REPORT_PAGE, "summary.json", RESULTS, REPORT, HISTOGRAMS, super::node_series::NAME]
        .into_iter()
        .map(str::to_owned)
        .chain(
            node_names.iter().flat_map(|node| ["jmeter.log", "output.txt"].map(|file| format!("nodes/{node}/{file}"))),
        );
    let written = node_names.iter().map(|node| format!("nodes/{node}/{}", super::keep::FOLDER));
    let below = [super::PLAN, crate::shipping::FOLDER].map(str::to_owned).into_iter().chain(written);
    let here = below.flat_map(|below| files_below(folder, &below));
    let is_further = |name: &&String| {
        [super::PLAN, crate::shipping::FOLDER].iter().any(|below| name.starts_with(&format!("{below}/")))
            || super::keep::is_kept(name)
    };
    let further: BTreeSet<String> = here.chain(stored.iter().filter(is_further).cloned()).collect();
    for name in names.chain(further) {
        let here = Artefact::find(folder, name.clone())?;
        found.extend(here.or_else(|| Artefact::in_store(manifest.as_ref()?, name)));
    }
    Ok(found)
}

impl Artefact {
    /// The file of that name, compressed or not.
    fn find(folder: &Path, name: String) -> Result<Option<Self>, EngineError> {
        let plain = folder.join(&name);
        let (file, name, compressed_name) = match KeptFile::open(&plain) {
            Ok(Some(file @ KeptFile::Compressed(_))) => {
                let compressed = format!("{name}{COMPRESSED}");
                (file, name, Some(compressed))
            }
            Ok(Some(file)) => (file, name, None),
            Ok(None) => return Ok(None),
            // Its remaining bytes can be downloaded unchanged.
            Err(EngineError::LogDamaged { .. }) => match KeptFile::open_as_it_is(&compressed_path(&plain))? {
                Some(file) => (file, format!("{name}{COMPRESSED}"), None),
                None => return Ok(None),
            },
            Err(error) => return Err(error),
        };
        let (bytes, stored_bytes) = (file.bytes(), file.stored_bytes());
        Ok(Some(Self { media_type: media_type(&name).to_owned(), name, bytes, stored_bytes, compressed_name }))
    }
}

impl Artefact {
    /// The file with that name that is only in the store, compressed or not.
    fn in_store(manifest: &Manifest, name: String) -> Option<Self> {
        let object = remote_file(manifest, &name)?;
        let is_compressed = object.name != object_name(&name);
        Some(Self {
            media_type: media_type(&name).to_owned(),
            bytes: object.unpacked_bytes.filter(|_| is_compressed).unwrap_or(object.bytes),
            stored_bytes: object.bytes,
            compressed_name: is_compressed.then(|| format!("{name}{COMPRESSED}")),
            name,
        })
    }
}

/// The names of all files below a folder of the run, in order.
fn files_below(folder: &Path, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder.join(name)).into_iter().flatten().flatten() {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(files_below(folder, &name));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("ndjson") => "application/x-ndjson",
        Some("jtl" | "csv") => "text/csv; charset=utf-8",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("xml") => "application/xml",
        Some("jar" | "zip") => "application/octet-stream",
        Some("zst") => "application/zstd",
        _ => "text/plain; charset=utf-8",
    }
}

impl Engine {
    /// Opens the artefact with that name, or the compressed form of one.
    ///
    /// # Errors
    /// When the run has no such artefact, or it is compressed and damaged. A name is looked up, never used as a path.
    pub async fn artefact(&self, run: &RunId, name: &str) -> Result<(Artefact, KeptFile), EngineError> {
        let (run, name) = (run.clone(), name.to_owned());
        self.run_blocking(move |engine| engine.open_artefact(&run, &name)).await
    }

    fn open_artefact(&self, run: &RunId, name: &str) -> Result<(Artefact, KeptFile), EngineError> {
        wait(self.store().run(run))?;
        let folder = self.folder().run(run);
        let missing = || EngineError::NotFound { kind: "artefact", id: name.to_owned() };
        for artefact in artefacts(&folder)? {
            if artefact.name == name {
                let file = self.kept_file(run, name)?.ok_or_else(missing)?;
                return Ok((artefact, file));
            }
            if artefact.compressed_name.as_deref() == Some(name) {
                let file = self.kept_file_as_it_is(run, name)?.ok_or_else(missing)?;
                return Ok((
                    Artefact { name: name.to_owned(), media_type: media_type(name).to_owned(), ..artefact },
                    file,
                ));
            }
        }
        // An artefact requested by its plain name may be listed under the other one.
        let is_damaged = artefacts(&folder)?.iter().any(|artefact| artefact.name == format!("{name}{COMPRESSED}"));
        Err(if is_damaged { super::kept::damaged(Path::new(name)) } else { missing() })
    }

    /// The labels inside each transaction of a run, by the transaction's label, where its plan says which they are. It reads a whole plan: call
    /// it in turn ([`Engine::check_in_turn`]).
    ///
    /// # Errors
    /// When the plan that it ran cannot be read, or nobody waits for the answer any more.
    pub fn run_transactions(
        &self,
        run: &Run,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<BTreeMap<String, Vec<String>>, EngineError> {
        transactions_of(self.kept_file(&run.id, &plan_file(run))?, run, Cancel::when(is_cancelled))
    }

    /// The report of a finished run.
    ///
    /// # Errors
    /// When it has not finished.
    pub fn report(&self, run: &RunId) -> Result<Report, EngineError> {
        let row = wait(self.store().run(run))?;
        if !row.run.phase.is_terminal() {
            return Err(crate::clusters::conflict(
                "The run has not finished.",
                Some("See the live view for the results so far."),
            ));
        }
        self.read_report(run)
    }

    fn read_report(&self, run: &RunId) -> Result<Report, EngineError> {
        read_report(&self.folder().run(run).join(REPORT))
    }

    /// A piece of the JMeter log of a node: from the node during the run, from the artefacts afterwards.
    ///
    /// # Errors
    /// When the run has no such node, or the node does not answer.
    pub async fn jmeter_log(&self, id: &RunId, node: &str, from: u64) -> Result<LogPiece, EngineError> {
        let run = self.store().run(id).await?.run;
        known_node(&run, node)?;
        let (kept, of) = (format!("nodes/{node}/jmeter.log"), id.clone());
        // A piece of a compressed one is decompressed.
        let read = move |engine: &Engine| {
            let log = engine.kept_file(&of, &kept)?;
            log.map(|log| Ok((log.read_at(Path::new(&kept), from, LOG_PIECE)?, log.bytes()))).transpose()
        };
        let (bytes, size) = if let Some(read) = self.run_blocking(read).await? {
            read
        } else if run.phase.is_terminal() {
            (Vec::new(), 0)
        } else {
            let cluster = self.store().cluster(&run.cluster_id).await?;
            let remote = self.cloud(cluster.provider)?.remote(&cluster.id, node);
            match remote.read_at(&super::NodePlaces::of(id).log(), from, LOG_PIECE).await? {
                Some(chunk) => (chunk.bytes.to_vec(), chunk.file_size),
                None => (Vec::new(), 0),
            }
        };
        // A multi-byte character must not be split between two pieces.
        let whole = match std::str::from_utf8(&bytes) {
            Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
            _ => bytes.len(),
        };
        Ok(LogPiece {
            node: node.to_owned(),
            from,
            next: from + whole as u64,
            size,
            text: String::from_utf8_lossy(&bytes[..whole]).into_owned(),
        })
    }

    /// The snapshot of a run that is not being followed: finished, or waiting for its turn.
    pub(super) fn stored_snapshot(&self, row: RunRow, after: u64) -> Result<Snapshot, EngineError> {
        let (width, points) = wait(self.store().series(&row.run.id))?.unwrap_or((1000, Vec::new()));
        let newest = points.iter().map(|point| point.seq).max().unwrap_or(0);
        let points = points
            .into_iter()
            .filter(|point| point.seq > after || after > newest)
            .filter_map(|point| serde_json::from_value(point.point).ok())
            .collect();
        // A report that cannot be read has its error on the report's own page.
        let report = if row.run.phase.is_terminal() { self.read_report(&row.run.id).ok() } else { None };
        let (summary, errors, codes) = report.map_or_else(
            || (None, Vec::new(), ChangedCodes::default()),
            |report| {
                let codes = ChangedCodes { reset: true, series: report.series.codes };
                (Some(report.summary), report.errors, codes)
            },
        );
        let measured = crate::live::Measured {
            seq: newest,
            summary: summary.unwrap_or_else(|| LogStatistics::new(jac_jtl::Settings::default()).summary()),
            bucket_ms: width.unsigned_abs(),
            reset: after == 0 || after > newest,
            points,
            codes,
            errors: errors.into_iter().take(ERRORS_SHOWN).collect(),
        };
        Ok(self.snapshot_of(row, measured))
    }
}

/// The points of a finished run's charts from its report, for a database that has none.
pub(super) fn restored_points(engine: &Engine, run: &RunId) -> Option<(i64, Vec<StoredPoint>)> {
    let series = engine.read_report(run).ok()?.series;
    Some((i64::try_from(series.bucket_ms).ok()?, super::tailed_spool::stored(&series.points, 1)))
}
