//! `jac export`: a run's samples for other programs.

use crate::cli::{ExportArguments, Output};
use crate::client::Client;
use crate::connected::briefly;
use crate::exit::{Exit, Interrupted, with_hint};
use crate::signals::Signals;
use crate::{artefacts, logs, stdout};
use anyhow::Context;
use jac_export::{ExportError, write_interval_log, write_parquet};
use jac_jtl::{ReadOutcome, Settings};
use jac_logs::{Input, Progress};
use jac_model::RunId;
use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::num::NonZero;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::NamedTempFile;

/// The name of a run's result log in its artefacts and folders.
const RESULTS: &str = "results.jtl";

pub async fn export(arguments: &ExportArguments) -> anyhow::Result<Exit> {
    let settings = logs::settings(&arguments.read)?;
    let interval_ms = u32::try_from(arguments.interval.as_millis()).ok().and_then(NonZero::new);
    let interval_ms = interval_ms.with_context(|| "invalid --interval: expected 1ms to 49 days")?;
    // Next to the output: a log may be larger than the system's folder for temporary files.
    let beside = arguments.parquet.as_ref().or(arguments.hdr.as_ref()).map(|file| logs::folder_of(file));
    let outputs = [("--parquet", &arguments.parquet), ("--hdr", &arguments.hdr)];
    // Also before the log of a run is fetched.
    logs::check_outputs(&outputs, &[])?;
    let mut signals = Signals::listen()?;
    let (input, _fetched) = log_of(arguments, beside.unwrap_or(Path::new(".")), &mut signals).await?;
    logs::check_outputs(&outputs, std::slice::from_ref(&input))?;
    let targets = (arguments.parquet.clone(), arguments.hdr.clone());
    let cancelled = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&cancelled);
    let mut work = tokio::task::spawn_blocking(move || write(&input, &settings, &targets, interval_ms, &asked));
    let written = tokio::select! {
        done = &mut work => done??,
        signal = signals.next() => {
            cancelled.store(true, Ordering::Relaxed);
            // Incomplete output is removed.
            drop(work.await);
            return Ok(Exit::Signal(signal));
        }
    };
    if arguments.whose.output == Output::Json {
        stdout::json(&written)?;
    }
    Ok(Exit::Done)
}

/// A written file, for JSON.
#[derive(Debug, Serialize)]
struct Exported {
    file: PathBuf,
    samples: u64,
    rejected_rows: u64,
    /// The log has no end: the run was killed, or the file is incomplete.
    truncated: bool,
}

/// The requested log; that of a run is downloaded into a file that is removed with the second value.
async fn log_of(
    arguments: &ExportArguments,
    beside: &Path,
    signals: &mut Signals,
) -> anyhow::Result<(Input, Option<NamedTempFile>)> {
    let named = arguments.run.as_str();
    if artefacts::is_address(named) {
        let log = signals.unless(artefacts::log_at(named)).await.map_err(Interrupted::early)??;
        return Ok((log, None));
    }
    let path = PathBuf::from(named);
    if path.is_dir() {
        let packed = path.join(format!("{RESULTS}.zst"));
        return Ok((Input::File(if packed.is_file() { packed } else { path.join(RESULTS) }), None));
    }
    if path.is_file() {
        return Ok((Input::File(path), None));
    }
    let input = Input::of_argument(named);
    if input.is_read_once() {
        // It may be read more than once. The copy is removed here when a signal arrives: the work may wait for the pipe
        // for a long time.
        let copy = temporary(beside)?;
        let into = copy.reopen().with_context(|| format!("{} cannot be written", beside.display()))?;
        let copied = tokio::task::spawn_blocking(move || copy_to(&input, into));
        signals.unless(copied).await.map_err(Interrupted::early)???;
        return Ok((Input::File(copy.path().to_owned()), Some(copy)));
    }
    let Ok(run) = named.parse::<RunId>() else {
        let hint = "Give a run ID, a result log, or the address of one in a store.";
        return Err(with_hint(format!("'{named}' is neither a run nor a file"), Some(hint.to_owned())));
    };
    let file = temporary(beside)?;
    let fetched = async |client: &Client| {
        let artefacts: Vec<Value> = client.get(&format!("/runs/{run}/artefacts")).await?;
        let log = artefacts.iter().find(|artefact| artefact["name"] == RESULTS);
        let log = log.with_context(|| format!("the run {run} has no log"))?;
        let name = log["compressed_name"].as_str().unwrap_or(RESULTS);
        client.download(&format!("/runs/{run}/artefacts/{name}"), file.path()).await?;
        Ok(Exit::Done)
    };
    briefly(&arguments.whose, fetched).await?;
    Ok((Input::File(file.path().to_owned()), Some(file)))
}

/// A file for a log, removed with the value.
fn temporary(folder: &Path) -> anyhow::Result<NamedTempFile> {
    let file = tempfile::Builder::new().suffix(".jtl").tempfile_in(folder);
    file.with_context(|| format!("{} cannot be written", folder.display()))
}

/// Copies the contents of a pipe.
fn copy_to(pipe: &Input, mut file: File) -> anyhow::Result<()> {
    let mut from: Box<dyn Read> = match pipe {
        Input::File(path) => Box::new(File::open(path).with_context(|| format!("cannot open {}", path.display()))?),
        Input::Stdin | Input::Elsewhere(_) => Box::new(std::io::stdin()),
    };
    std::io::copy(&mut from, &mut file).with_context(|| format!("cannot copy {}", pipe.name()))?;
    Ok(())
}

fn write(
    input: &Input,
    settings: &Settings,
    (parquet, hdr): &(Option<PathBuf>, Option<PathBuf>),
    interval_ms: NonZero<u32>,
    cancelled: &AtomicBool,
) -> anyhow::Result<Vec<Exported>> {
    let inputs = std::slice::from_ref(input);
    let mut written = Vec::new();
    if let Some(path) = parquet {
        written.push(whole(path, cancelled, |out, progress| write_parquet(inputs, settings, out, progress))?);
    }
    if let Some(path) = hdr {
        let hdr =
            whole(path, cancelled, |out, progress| write_interval_log(inputs, settings, interval_ms, out, progress));
        written.push(hdr?);
    }
    Ok(written)
}

type OnProgress<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Writes a file that is complete or does not exist.
fn whole(
    path: &Path,
    cancelled: &AtomicBool,
    write: impl FnOnce(&mut BufWriter<&NamedTempFile>, OnProgress<'_>) -> Result<ReadOutcome, ExportError>,
) -> anyhow::Result<Exported> {
    let cannot = || format!("{} cannot be written", path.display());
    // The permissions of any new file, as limited by the umask.
    let everybody = std::fs::Permissions::from_mode(0o666);
    let file = tempfile::Builder::new().permissions(everybody).tempfile_in(logs::folder_of(path));
    let file = file.with_context(cannot)?;
    let mut bar = logs::Bar::new();
    let mut out = BufWriter::with_capacity(1 << 20, &file);
    let written = write(&mut out, &mut |progress| {
        if cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { bar.show(progress) }
    });
    bar.close();
    let outcome = written.map_err(|error| match error {
        ExportError::Log(error) => logs::with_its_hint(error),
        error => anyhow::Error::new(error).context(cannot()),
    })?;
    out.flush().with_context(cannot)?;
    drop(out);
    file.persist(path).with_context(cannot)?;
    eprintln!("{}: {} samples", path.display(), outcome.samples);
    if outcome.rejected_rows > 0 {
        eprintln!("note: {} rows could not be read; see `jac report` for details.", outcome.rejected_rows);
    }
    if let Some(sentence) = outcome.incompleteness() {
        eprintln!("note: {sentence}");
    }
    Ok(Exported {
        file: path.to_owned(),
        samples: outcome.samples,
        rejected_rows: outcome.rejected_rows,
        truncated: outcome.cut_logs > 0,
    })
}
