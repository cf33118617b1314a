//! Shared code of `report`, `compare` and `samples`: the selection of samples, a progress bar while logs are read, and
//! files that are complete or do not exist.

use crate::artefacts;
use crate::cli::{CountArguments, NarrowArguments, ReadArguments, TimeUnitName};
use crate::exit::{Exit, with_hint};
use anyhow::Context;
use jac_jtl::{LogStatistics, Partial, Settings, Summary, TimeFormat, TimeUnit, TotalBasis};
use jac_logs::{
    Bound, ClockOffsets, Condition, Filter, Input, LogError, Moment, Progress, ReadOptions, first_row_start,
    first_start, read_logs_with,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, IsTerminal, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// The logs of a results folder, best first.
const LOGS: [&str; 3] = ["results.jtl", "results.jtl.zst", "results.jtl.gz"];
/// The table of a results folder.
pub const SUMMARY: &str = "summary.json";

/// The samples selected by `--from`, `--to` and `--label`.
pub fn filter(narrow: &NarrowArguments) -> anyhow::Result<Filter> {
    let mut filter = Filter::default();
    for (flag, time, bound) in
        [("--from", &narrow.from, Bound::AtLeast as fn(i64) -> Bound<i64>), ("--to", &narrow.to, Bound::Below)]
    {
        let Some(time) = time else { continue };
        let moment: Moment = time
            .parse()
            .map_err(|()| with_hint(format!("invalid {flag} {time}: expected {}", Moment::EXPECTED), None))?;
        filter.add(match moment {
            Moment::At(ms) => Condition::Time(bound(ms)),
            Moment::AfterStart(ms) => Condition::SinceStart(bound(ms)),
        });
    }
    if let Some(pattern) = &narrow.label {
        filter.add(Condition::label(pattern).with_context(|| format!("invalid --label {pattern}"))?);
    }
    Ok(filter)
}

/// The filter with its times after the start converted to times of these logs.
pub fn settled(filter: &Filter, inputs: &[Input], settings: &Settings) -> anyhow::Result<Filter> {
    if !filter.counts_from_start() {
        return Ok(filter.clone());
    }
    let start = first_start(inputs, settings).map_err(with_its_hint)?;
    Ok(filter.settle(start.ok_or_else(|| without_start(inputs))?))
}

/// There is no start that a relative time could refer to.
fn without_start(inputs: &[Input]) -> anyhow::Error {
    let names: Vec<String> = inputs.iter().map(Input::name).collect();
    anyhow::anyhow!("{} has no sample with a start time, so relative times cannot be used", names.join(", "))
}

/// The settings by which logs are read.
pub fn settings(read: &ReadArguments) -> anyhow::Result<Settings> {
    let time_format = match &read.time_format {
        None => None,
        Some(pattern) => Some(
            pattern
                .parse::<TimeFormat>()
                .map_err(|error| with_hint(format!("--time-format {pattern}: {error}"), None))?,
        ),
    };
    Ok(Settings {
        columns: read.columns.as_ref().map(|names| names.iter().map(|name| name.trim().to_owned()).collect()),
        time_format,
        utc_offset_minutes: offset_minutes(&read.time_zone)?,
        time_unit: read.time_unit.map(|unit| match unit {
            TimeUnitName::S => TimeUnit::Seconds,
            TimeUnitName::Ms => TimeUnit::Milliseconds,
            TimeUnitName::Us => TimeUnit::Microseconds,
            TimeUnitName::Ns => TimeUnit::Nanoseconds,
        }),
        ..Settings::default()
    })
}

/// Minutes east of UTC of `UTC`, `Z`, `+02:00`, `-0530` or `+2`.
fn offset_minutes(zone: &str) -> anyhow::Result<i32> {
    let parsed = || -> Option<i32> {
        if matches!(zone, "UTC" | "GMT" | "Z") {
            return Some(0);
        }
        let (sign, digits) = match zone.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
            (Some(parts), _) => parts,
            (None, 4) => digits.split_at_checked(2)?,
            (None, _) => (digits, "0"),
        };
        let number = |text: &str, limit: i32| text.parse::<i32>().ok().filter(|number| (0..=limit).contains(number));
        Some(sign * (number(hours, 18)? * 60 + number(minutes, 59)?))
    };
    parsed().ok_or_else(|| {
        let hint =
            "Give an offset from UTC such as +02:00, or UTC. A zone name is ambiguous because of daylight saving time.";
        with_hint(format!("invalid --time-zone {zone}: not an offset from UTC"), Some(hint.to_owned()))
    })
}

/// The settings of `--apdex` and `--max-labels`, in addition.
pub fn counted(count: &CountArguments, settings: Settings) -> anyhow::Result<Settings> {
    let thresholds = count.apdex.split_once(',').and_then(|(satisfied, tolerated)| {
        Some((satisfied.trim().parse::<u32>().ok()?, tolerated.trim().parse::<u32>().ok()?))
    });
    match thresholds {
        Some((satisfied, tolerated)) if satisfied <= tolerated => Ok(Settings {
            apdex_satisfied_ms: satisfied,
            apdex_tolerated_ms: tolerated,
            max_labels: count.max_labels,
            ..settings
        }),
        _ => Err(with_hint(
            format!("invalid --apdex {}: not a pair of thresholds", count.apdex),
            Some("Give two times in ms, the lower one first, e.g. 500,1500.".to_owned()),
        )),
    }
}

/// The share that `--max-unread` allows, in percent.
pub fn max_unread_percent(words: &str) -> anyhow::Result<f64> {
    let number = words.trim().strip_suffix('%').unwrap_or(words).trim();
    number.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent)).ok_or_else(|| {
        with_hint(format!("invalid --max-unread {words}"), Some("Give a percentage, e.g. 0.1%.".to_owned()))
    })
}

/// The logs of a command line: files, results folders, `-`, or addresses of a store (`s3://…`). It blocks: do not call
/// it on an async thread.
///
/// # Errors
/// When a store or a folder has no such log, or one is given twice.
pub fn inputs(arguments: &[String]) -> anyhow::Result<Vec<Input>> {
    refuse_twice(arguments.iter().map(Path::new))?;
    let inputs: Vec<Input> = arguments.iter().map(|argument| input(argument)).collect::<anyhow::Result<_>>()?;
    let file = |input: &Input| match input {
        Input::File(path) => Some(path.clone()),
        Input::Stdin | Input::Elsewhere(_) => None,
    };
    // A folder, and the log in it.
    let files: Vec<PathBuf> = inputs.iter().filter_map(file).collect();
    refuse_twice(files.iter().map(PathBuf::as_path))?;
    Ok(inputs)
}

/// The log of a results folder; `None`: it has none.
///
/// # Errors
/// When the folder cannot be read: it may have one.
pub fn log_of(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    for log in LOGS.map(|name| folder.join(name)) {
        match std::fs::metadata(&log) {
            Ok(found) if found.is_file() => return Ok(Some(log)),
            Ok(_) => (),
            Err(error) if error.kind() == ErrorKind::NotFound => (),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", log.display())),
        }
    }
    Ok(None)
}

/// The error for a folder without a log, or without `or_else`.
pub fn without_results(folder: &Path, or_else: &str) -> anyhow::Error {
    with_hint(
        format!("{} contains no results", folder.display()),
        Some(format!("Give a results folder of `jac run` (with {}{or_else}), or a log.", LOGS[0])),
    )
}

/// Why the run of this results folder is partial: its log alone does not show that it was stopped early.
pub fn partial(folder: &Path) -> Option<Partial> {
    let summary = folder.join(SUMMARY);
    let read = match std::fs::read_to_string(&summary) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        read => read.map_err(anyhow::Error::from),
    };
    match read.and_then(|text| Ok(serde_json::from_str::<Summary>(&text)?)) {
        Ok(summary) => summary.partial,
        Err(error) => {
            eprintln!("warning: {} cannot be read: the run may be partial: {error}.", summary.display());
            None
        }
    }
}

/// Rejects a log that is named twice: each of its samples would count twice.
pub fn refuse_twice<'a>(logs: impl Iterator<Item = &'a Path>) -> anyhow::Result<()> {
    let mut taken = BTreeSet::new();
    for path in logs {
        if !taken.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
            return Err(with_hint(
                format!("{} is given twice", path.display()),
                Some("Give each log once: its samples would count twice.".to_owned()),
            ));
        }
    }
    Ok(())
}

/// Rejects output files that would overwrite a log or each other, or are in a folder that cannot be written to, before
/// anything is read.
pub fn check_outputs(outputs: &[(&str, &Option<PathBuf>)], inputs: &[Input]) -> anyhow::Result<()> {
    let mut taken = BTreeMap::new();
    for input in inputs {
        if let Input::File(path) = input {
            taken.insert(place_of(path), "the log");
        }
    }
    for (flag, path) in outputs {
        let Some(path) = path else { continue };
        let folder = folder_of(path);
        std::fs::metadata(folder)
            .and_then(|_| tempfile::tempfile_in(folder).map_err(|error| std::io::Error::from(error.kind())))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        if let Some(other) = taken.insert(place_of(path), *flag) {
            return Err(with_hint(
                format!("{flag} {} would replace the file of {other}", path.display()),
                Some("Give another file.".to_owned()),
            ));
        }
    }
    Ok(())
}

/// A file's path without links; for a missing file that of its folder.
fn place_of(path: &Path) -> PathBuf {
    let of_folder = || Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(of_folder).unwrap_or_else(|| path.to_owned())
}

/// The folder that a file is in.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A single log.
pub fn input(argument: &str) -> anyhow::Result<Input> {
    if artefacts::is_address(argument) {
        return Handle::current().block_on(artefacts::log_at(argument));
    }
    let path = Path::new(argument);
    if path.is_dir() {
        return log_of(path)?.map(Input::File).ok_or_else(|| without_results(path, ""));
    }
    Ok(Input::of_argument(argument))
}

/// Reads logs into statistics and shows how far it is. If no sample matches the filter, that is an error: an empty
/// count is not a result.
pub fn read(inputs: &[Input], settings: &Settings, filter: &Filter) -> anyhow::Result<LogStatistics> {
    let filter = settled(filter, inputs, settings)?;
    let narrows = !filter.is_empty();
    let options = ReadOptions { settings: settings.clone(), filter, ..ReadOptions::default() };
    let mut bar = Bar::new();
    let read = read_logs_with(inputs, &options, &mut |progress| bar.show(progress));
    bar.close();
    let mut log = read.map_err(with_its_hint)?;
    if narrows && log.summary().labels.is_empty() {
        let names: Vec<String> = inputs.iter().map(Input::name).collect();
        return Err(with_hint(
            format!("no samples of {} match (searched: {})", names.join(", "), log.outcome().samples),
            Some("Loosen --from, --to or --label.".to_owned()),
        ));
    }
    Ok(log)
}

/// The table of the samples that start this many seconds after the first row's start or later: the same samples as
/// count for the criteria of a run, and the total covers the same rows as that of all samples. The logs are read a
/// second time for it.
pub fn after_warm_up(
    inputs: &[Input],
    settings: &Settings,
    filter: &Filter,
    warm_up_s: u64,
    basis: TotalBasis,
) -> anyhow::Result<Summary> {
    let first_start_ms = first_row_start(inputs, settings, &ClockOffsets::default()).map_err(with_its_hint)?;
    let first_start_ms = first_start_ms.ok_or_else(|| without_start(inputs))?;
    let warm_up_ms = i64::try_from(warm_up_s).unwrap_or(i64::MAX).saturating_mul(1_000);
    let mut filter = settled(filter, inputs, settings)?;
    filter.add(Condition::Time(Bound::AtLeast(first_start_ms.saturating_add(warm_up_ms))));
    let options = ReadOptions { settings: settings.clone(), filter, ..ReadOptions::default() };
    let mut bar = Bar::new();
    let read = read_logs_with(inputs, &options, &mut |progress| bar.show(progress));
    bar.close();
    let mut log = read.map_err(with_its_hint)?;
    log.set_total_basis(basis);
    Ok(log.summary())
}

/// An error of reading with what to do about it.
pub fn with_its_hint(error: LogError) -> anyhow::Error {
    match error.hint() {
        Some(hint) => with_hint(error.to_string(), Some(hint)),
        None => error.into(),
    }
}

/// How far a long reading is, on a terminal.
pub struct Bar {
    terminal: bool,
    started: Instant,
    shown: Option<Instant>,
}

/// Cells of the bar.
const CELLS: u64 = 30;

impl Bar {
    pub fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), started: Instant::now(), shown: None }
    }

    pub fn show(&mut self, progress: Progress) -> ControlFlow<()> {
        let due = self.shown.map_or(self.started.elapsed() > Duration::from_millis(500), |shown| {
            shown.elapsed() > Duration::from_millis(200)
        });
        if self.terminal && due {
            self.shown = Some(Instant::now());
            let megabytes = progress.bytes / 1_000_000;
            match progress.total_bytes.filter(|total| *total > 0) {
                Some(total) => {
                    let done = progress.bytes.min(total);
                    let full = (done * CELLS / total) as usize;
                    let cells = "#".repeat(full) + &"-".repeat(CELLS as usize - full);
                    eprint!("\r[{cells}] {:>3} % of {} MB ", done * 100 / total, total / 1_000_000);
                }
                None => eprint!("\r{megabytes} MB read "),
            }
        }
        ControlFlow::Continue(())
    }

    pub fn close(&self) {
        if self.shown.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

/// Writes files such that Ctrl-C leaves no incomplete or temporary file.
#[derive(Clone)]
pub struct Writer {
    writing: Arc<Mutex<()>>,
}

impl Writer {
    /// From now on Ctrl-C ends the process between two files and not in the middle of one.
    pub fn new() -> Self {
        let writer = Self { writing: Arc::default() };
        let writing = Arc::clone(&writer.writing);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                let _file_is_whole = writing.lock().unwrap_or_else(PoisonError::into_inner);
                eprintln!();
                std::process::exit(Exit::Signal(2).code().into());
            }
        });
        writer
    }

    /// Writes a file atomically.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
        let cannot = || format!("{} cannot be written", path.display());
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // The permissions of any new file, as limited by the umask: a report is meant to be shown.
        let everybody = std::fs::Permissions::from_mode(0o666);
        let mut file =
            tempfile::Builder::new().permissions(everybody).tempfile_in(folder_of(path)).with_context(cannot)?;
        file.write_all(bytes).with_context(cannot)?;
        file.persist(path).with_context(cannot)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::offset_minutes;

    #[test]
    fn an_offset_from_utc_is_read_or_refused() {
        for (zone, minutes) in [("UTC", 0), ("Z", 0), ("+02:00", 120), ("-0530", -330), ("+2", 120)] {
            assert_eq!(offset_minutes(zone).expect(zone), minutes, "{zone}");
        }
        for zone in ["", "+", "+1é1", "é", "+19:00", "+02:60", "Europe/Berlin"] {
            offset_minutes(zone).expect_err(zone);
        }
    }
}
