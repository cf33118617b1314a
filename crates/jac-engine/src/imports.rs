//! Imports of runs that were measured elsewhere: result logs become a finished run with report, search, comparison and
//! history.
//!
//! | step | action                                                                                           |
//! |------|--------------------------------------------------------------------------------------------------|
//! | 1    | the logs are uploaded into a staging folder; archives in it are unpacked                          |
//! | 2    | they are combined into one log, `results.jtl`: moved if it is one plain CSV, otherwise rewritten sample by
//! sample |
//! | 3    | the original logs are counted, as in `jac report`, for the report and the record                   |
//! | 4    | the folder is moved to the other runs: from here on a crash loses nothing, a start restores it      |
//! | 5    | the run is added to the database, and processed like all finished runs                             |
//!
//! Everything happens in folders below `uploads/` until step 4, so a failure, a cancellation or a crash leaves nothing.

use crate::blocking::wait;
use crate::disk::Roomy;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::live::Judged;
use crate::plans::archive::{self, Limits};
use crate::plans::{Staging, ambiguous, id_of_name};
use crate::runs::record::RunRecord;
use crate::runs::{RESULTS, report_end, write_report};
use jac_jtl::criteria::{MAX_UNREAD_PERCENT, judge};
use jac_jtl::{LogStatistics, Settings};
use jac_logs::{Input, Kind, LogError, RewriteError, is_plain, read_logs, rewrite_logs};
use jac_model::{
    Cause, ClusterId, EpochMs, Message, Person, PlanId, Provider, ResultsChoice, ResultsMode, Run, RunId, RunPhase,
};
use jac_report::LogFile;
use jac_store::{RunRow, StoreError};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The first bytes of a zip: the header of its first file, or its end record if it has no files.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
const DAY_MS: EpochMs = 24 * 60 * 60 * 1_000;

/// The description of imported logs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewImport {
    /// The plan that the run is counted among: its id, or its name, whether there is a plan of that name or not.
    pub plan: String,
    /// Empty or absent: the plan's name.
    pub name: Option<String>,
    /// The share of the rows that may be unreadable, in percent; `None`: 0.1.
    pub max_unread_percent: Option<f64>,
}

impl Engine {
    /// Imports uploaded logs as a finished run, in the order in which they arrived. It blocks on files: do not call it
    /// on an async thread.
    ///
    /// # Errors
    /// When a file is not a result log, is damaged, has no samples or too many unreadable rows, or the disk is full.
    /// Nothing is left then.
    pub fn import_run(
        &self,
        owner: Person,
        new: NewImport,
        staging: Staging,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Run, EngineError> {
        self.need_room()?;
        let (plan_id, plan_name) = self.imported_plan(&new.plan)?;
        let name = crate::titles::given(new.name)?.unwrap_or_else(|| plan_name.clone());
        let unpacked = tempfile::tempdir_in(self.folder().uploads()).map_err(failed)?;
        let made = tempfile::tempdir_in(self.folder().uploads()).map_err(failed)?;
        let logs = Logs::of(&staging, unpacked.path(), self.import_limits(), &|| self.has_room_for_files())?;
        let progress = || if is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let is_plain = match logs.inputs.as_slice() {
            // Files that cannot be decompressed are reported when they are read.
            [only] => matches!(is_plain(only), Ok(true)),
            _ => false,
        };
        if !is_plain {
            self.rewrite(&logs, &made.path().join(RESULTS), false, &progress)?;
        }
        let read = read_logs(&logs.inputs, &Settings::default(), &mut |_| progress());
        let mut statistics = read.map_err(|error| logs.reading_error(error))?;
        statistics.rename_files(&|file| logs.name(Path::new(file)));
        let most_unread = new.max_unread_percent.unwrap_or(MAX_UNREAD_PERCENT);
        refuse_unread(&statistics, most_unread)?;
        if logs.inputs.len() > 1 && statistics.notes().iter().any(|note| note.code == "logs_are_generators") {
            // In one log they would count as one load generator, with different active users when it is read again.
            self.rewrite(&logs, &made.path().join(RESULTS), true, &progress)?;
        }

        let (start_ms, end_ms) = {
            let summary = statistics.summary();
            (summary.start_ms, summary.end_ms)
        };
        let id = self.free_run_id()?;
        let mut run = imported(id, name, owner, self.now_ms(), (start_ms, end_ms));
        (run.plan_id, run.plan_name) = (plan_id, plan_name);
        run.max_unread_percent = new.max_unread_percent;
        let bytes = logs.files().iter().map(|file| file.bytes).sum();
        self.pin_what_is_old(&mut run, bytes)?;
        // By no criteria: but a log that cannot be judged, or in which everything failed, did not pass.
        let criteria = judge(&[], &statistics.summary(), 0, most_unread);
        let judged = Judged { criteria, ..Judged::default() };
        let end = report_end(&run, &mut statistics, &judged, self.now_ms());
        write_report(made.path(), &run, &end, logs.files(), &mut statistics, self.now_ms())?;
        if let ([Input::File(only)], true) = (logs.inputs.as_slice(), is_plain) {
            std::fs::rename(only, made.path().join(RESULTS)).map_err(failed)?;
        }
        if is_cancelled() {
            return Err(logs.reading_error(LogError::Cancelled));
        }
        let result = serde_json::to_value(&end.result).map_err(|error| EngineError::JMeter(error.to_string()))?;
        let record = RunRecord::of(RunRow { run: run.clone(), result: Some(result) });
        record.write(made.path())?;
        // Once it is in place it is restored after a crash; this mark records that the remaining steps were not done.
        let begun = Begun::new(self, &run.id)?;
        std::fs::rename(made.path(), self.folder().run(&run.id)).map_err(failed)?;
        if let Err(error) = record.insert(self) {
            crate::plans::remove_folder(&self.folder().run(&run.id));
            begun.end();
            return Err(error);
        }
        if let Err(error) = wait(self.store().put_run_metrics(&run.id, end.metrics)) {
            tracing::warn!(run = %run.id, %error, "run {}: its figures could not be kept: {error}", run.id);
        }
        self.take_on(&run);
        begun.end();
        Ok(run)
    }

    /// Ships the runs whose import was interrupted by a crash after they were moved into place. All other processing of
    /// finished runs is done at each start anyway.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub(crate) async fn ship_interrupted_imports(&self) -> Result<(), EngineError> {
        for entry in std::fs::read_dir(self.folder().imports()).into_iter().flatten().flatten() {
            let begun = Begun { mark: entry.path() };
            if let Some(run) = entry.file_name().to_str().and_then(|name| name.parse::<RunId>().ok()) {
                match self.store().run(&run).await {
                    Ok(_) => self.begin_shipping(&run).await?,
                    // It was interrupted before that point.
                    Err(StoreError::NotFound { .. }) => (),
                    Err(error) => return Err(error.into()),
                }
            }
            begun.end();
        }
        Ok(())
    }

    /// Processes a finished run: its samples are shipped, its log is compressed, all of it is stored.
    fn take_on(&self, run: &Run) {
        if let Err(error) = wait(self.begin_shipping(&run.id)) {
            tracing::warn!(run = %run.id, %error, "run {}: its shipping to search targets could not be begun: {error}", run.id);
        }
        if let Some(archive) = self.archive() {
            archive.expect(run);
        }
        self.compression().add(run.id.clone());
        self.notify(Event::Run(run.id.clone()));
    }

    fn import_limits(&self) -> Limits {
        Limits { max_bytes: self.settings().max_import_bytes, max_files: self.settings().max_files }
    }

    /// The plan: an existing one, or an ID derived from the name, so that imports with the same name share a history.
    fn imported_plan(&self, named: &str) -> Result<(PlanId, String), EngineError> {
        let missing = || EngineError::invalid_field("plan_missing", "/plan", "Give the plan that the run belongs to.");
        let name = crate::titles::given(Some(named.to_owned()))?.ok_or_else(missing)?;
        if let Ok(id) = name.parse::<PlanId>() {
            match wait(self.store().plan(&id)) {
                Ok(plan) => return Ok((plan.id, plan.name)),
                Err(StoreError::NotFound { .. }) => (),
                Err(error) => return Err(error.into()),
            }
        }
        match self.plans_named(&name, None)?.as_slice() {
            [] => Ok((id_of_name(&name), name)),
            [plan] => Ok((plan.id.clone(), plan.name.clone())),
            several => Err(ambiguous(&name, several.iter().map(|plan| &plan.id))),
        }
    }

    fn free_run_id(&self) -> Result<RunId, EngineError> {
        loop {
            let id = RunId::from_random(rand::random());
            match wait(self.store().run(&id)) {
                Err(StoreError::NotFound { .. }) if !self.folder().run(&id).exists() => return Ok(id),
                Err(StoreError::NotFound { .. } | StoreError::Unreadable { .. }) | Ok(_) => (),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A run's age is that of its log: one that the retention would remove within the hour is pinned, because it was
    /// imported on purpose.
    fn pin_what_is_old(&self, run: &mut Run, bytes: u64) -> Result<(), EngineError> {
        let settings = self.settings();
        let is_old = settings.runs_days.is_some_and(|days| run.created_ms < self.now_ms() - i64::from(days) * DAY_MS);
        let is_beyond = match settings.runs_count {
            Some(count) => wait(self.store().newest_run_beyond(count.saturating_sub(1)))?
                .is_some_and(|(newest_ms, _)| run.created_ms <= newest_ms),
            None => false,
        };
        let is_too_much = match settings.runs_bytes {
            Some(most) => self
                .newest_run_beyond_bytes(most.saturating_sub(bytes))?
                .is_some_and(|(newest_ms, _)| run.created_ms <= newest_ms),
            None => false,
        };
        if is_old || is_beyond || is_too_much {
            run.pinned = true;
            let text = "Pinned on import, because retention deletes runs of its age.";
            run.notes.push(Message::new("pinned_on_import", text));
        }
        Ok(())
    }

    /// Combines the logs into one. `names_hosts`: rows without a load generator get their log's name as one.
    fn rewrite(
        &self,
        logs: &Logs,
        to: &Path,
        names_hosts: bool,
        progress: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<(), EngineError> {
        let file = File::create(to).map_err(failed)?;
        let has_room = || self.has_room_for_files();
        let mut out = BufWriter::with_capacity(1 << 20, Roomy::new(file, &has_room));
        let limit_bytes = self.settings().max_import_bytes;
        let host = |input: &Input| match input {
            Input::File(path) if names_hosts => logs.name(path),
            _ => String::new(),
        };
        rewrite_logs(&logs.inputs, limit_bytes, &host, &mut out, &mut || progress()).map_err(|error| match error {
            RewriteError::Log(error) => logs.reading_error(error),
            RewriteError::Truncated { ref name } => EngineError::Invalid {
                code: "log_truncated",
                message: format!(
                    "{} is truncated or damaged: it cannot be decompressed to its end.",
                    logs.name(Path::new(name))
                ),
                hint: Some("Copy it again, or decompress what you can and import that.".to_owned()),
                faults: Vec::new(),
            },
            RewriteError::TooLarge { .. } => too_large(limit_bytes),
            RewriteError::Write(error) => failed(error),
        })
    }
}

/// The error for an import beyond the limit.
pub fn too_large(limit_bytes: u64) -> EngineError {
    EngineError::Invalid {
        code: "upload_too_large",
        message: format!("The logs exceed {} MB, compressed or decompressed.", limit_bytes >> 20),
        hint: Some("Import fewer of them, or raise the limit with --max-import-mb.".to_owned()),
        faults: Vec::new(),
    }
}

/// The uploaded logs, in the order in which they arrived.
struct Logs {
    inputs: Vec<Input>,
    /// The folders that contain them, with a trailing slash.
    roots: Vec<String>,
}

impl Logs {
    /// Lists the uploaded files; archives are unpacked into `folder`.
    fn of(staging: &Staging, folder: &Path, limits: Limits, has_room: &dyn Fn() -> bool) -> Result<Self, EngineError> {
        let mut roots = vec![format!("{}/", staging.path().display())];
        let mut inputs = Vec::new();
        let mut left = limits;
        for (number, path) in staging.arrived().iter().enumerate() {
            if !is_zip(path)? {
                inputs.push(Input::File(path.clone()));
                continue;
            }
            let place = folder.join(number.to_string());
            std::fs::create_dir(&place).map_err(failed)?;
            archive::unpack(path, &place, left, has_room)?;
            let files = crate::plans::files_in(&place)?;
            left.max_bytes = left.max_bytes.saturating_sub(files.iter().map(|file| file.bytes).sum());
            left.max_files = left.max_files.saturating_sub(files.len());
            inputs.extend(files.iter().map(|file| Input::File(place.join(&file.path))));
            roots.push(format!("{}/", place.display()));
        }
        if inputs.is_empty() {
            return Err(EngineError::Invalid {
                code: "upload_empty",
                message: "The upload contains no files.".to_owned(),
                hint: Some("Send result logs (.jtl, .csv, .xml, also .gz, .zst), or a zip of them.".to_owned()),
                faults: Vec::new(),
            });
        }
        Ok(Self { inputs, roots })
    }

    /// The uploader's name for a log.
    fn name(&self, path: &Path) -> String {
        let path = path.display().to_string();
        let root = self.roots.iter().filter(|root| path.starts_with(root.as_str())).map(String::len).max();
        path[root.unwrap_or(0)..].to_owned()
    }

    fn files(&self) -> Vec<LogFile> {
        let file = |input: &Input| match input {
            Input::File(path) => {
                Some(LogFile { name: self.name(path), bytes: std::fs::metadata(path).map_or(0, |file| file.len()) })
            }
            Input::Stdin | Input::Elsewhere(_) => None,
        };
        self.inputs.iter().filter_map(file).collect()
    }

    /// An error of reading, without the places of this server.
    fn reading_error(&self, error: LogError) -> EngineError {
        let code = error.code();
        let bare = |text: String| self.roots.iter().rev().fold(text, |text, root| text.replace(root.as_str(), ""));
        let message = bare(error.to_string());
        match error {
            LogError::Read { source, .. } | LogError::Open { source, .. } if source.raw_os_error().is_some() => {
                EngineError::file("reading the upload", source)
            }
            error => EngineError::Invalid {
                code,
                message: format!("The logs cannot be imported: {message}."),
                hint: match error {
                    LogError::NoSample { .. } => None,
                    LogError::NotALog { kind: Kind::Zip, .. } => {
                        Some("A zip inside a zip is not unpacked: unzip it, and import the logs in it.".to_owned())
                    }
                    error => error.hint().map(bare),
                },
                faults: Vec::new(),
            },
        }
    }
}

fn is_zip(path: &PathBuf) -> Result<bool, EngineError> {
    let mut first = [0; 4];
    let mut file = File::open(path).map_err(failed)?;
    match io::Read::read_exact(&mut file, &mut first) {
        Ok(()) => Ok(ZIP.contains(&first.as_slice())),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

/// A file with the run's name during its import.
struct Begun {
    mark: PathBuf,
}

impl Begun {
    fn new(engine: &Engine, run: &RunId) -> Result<Self, EngineError> {
        let folder = engine.folder().imports();
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let mark = folder.join(run.as_str());
        File::create(&mark).map_err(failed)?;
        Ok(Self { mark })
    }

    fn end(self) {
        if let Err(error) = std::fs::remove_file(&self.mark) {
            tracing::warn!(path = %self.mark.display(), %error, "the mark of an import cannot be removed");
        }
    }
}

fn failed(error: io::Error) -> EngineError {
    EngineError::file("importing the logs", error)
}

/// A partly unreadable log would be mistaken for a complete one.
fn refuse_unread(statistics: &LogStatistics, most_percent: f64) -> Result<(), EngineError> {
    let outcome = statistics.outcome();
    let unread_percent = outcome.unread_share() * 100.0;
    if unread_percent <= most_percent {
        return Ok(());
    }
    let first = outcome.rejected.first();
    let first =
        first.map_or_else(String::new, |row| format!(" The first is {}:{}: {}.", row.file, row.line, row.reason));
    Err(EngineError::Invalid {
        code: "rows_rejected",
        message: format!(
            "{} of {} rows ({unread_percent:.2} %) cannot be read; at most {most_percent} % are allowed.{first}",
            outcome.rejected_rows,
            outcome.rejected_rows + outcome.samples
        ),
        hint: Some("Fix the log, or allow more unreadable rows (--max-unread).".to_owned()),
        faults: Vec::new(),
    })
}

/// A run of the time that its log is of.
fn imported(id: RunId, name: String, owner: Person, now_ms: EpochMs, times: (Option<i64>, Option<i64>)) -> Run {
    let (start_ms, end_ms) = times;
    Run {
        id,
        name,
        plan_id: PlanId::from_random([0; 8]),
        plan_name: String::new(),
        plan_revision: None,
        cluster_id: ClusterId::none(),
        cluster_name: Provider::Imported.to_string(),
        provider: Some(Provider::Imported),
        owner,
        team: None,
        pinned: false,
        tags: Vec::new(),
        note: String::new(),
        annotations: Vec::new(),
        baseline_ms: None,
        phase: RunPhase::Finished,
        step: String::new(),
        cause: Some(Cause::Imported),
        criteria: Vec::new(),
        warm_up_s: 0,
        stop_rules: Vec::new(),
        criteria_version: None,
        criteria_watch: Vec::new(),
        try_run: false,
        broken_rule: None,
        max_unread_percent: None,
        // A log may have no times, or such of a clock that was wrong.
        created_ms: start_ms.filter(|start_ms| *start_ms > 0).map_or(now_ms, |start_ms| start_ms.min(now_ms)),
        started_ms: start_ms,
        ended_ms: end_ms,
        expected_s: None,
        stop_requested: None,
        stop_requested_by: None,
        nodes: Vec::new(),
        main_file: String::new(),
        files: Vec::new(),
        versions: None,
        sealed_properties: None,
        properties: BTreeMap::new(),
        system_properties: BTreeMap::new(),
        properties_files: Vec::new(),
        split: Vec::new(),
        keep: Vec::new(),
        workers: 0,
        results: ResultsMode::Rmi,
        results_choice: ResultsChoice::Auto,
        min_workers: None,
        share: BTreeMap::new(),
        total_threads: None,
        stop_timeout_s: 0,
        notes: Vec::new(),
        steps: Vec::new(),
        stop_sent: None,
        stop_sent_ms: None,
        failing: None,
        shutdown_port: None,
    }
}
