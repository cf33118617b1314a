//! The results of a run on this machine: its files, its table and notes, and the exit code.

use super::{Job, Waits};
use crate::cli::Output;
use crate::exit::{Exit, RunFailed, hinted};
use crate::retries::{self, retrying};
use crate::stdout;
use anyhow::Context;
use jac_engine::view::RunView;
use jac_jtl::Summary;
use jac_jtl::criteria::Verdict;
use jac_model::Cause;
use jac_report::visible_lines;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use std::path::{Component, Path};
use std::pin::pin;

impl Job<'_> {
    pub(super) async fn bring_results(&mut self, run: &RunView) -> anyhow::Result<()> {
        #[derive(Deserialize)]
        struct Listed {
            name: String,
        }
        if self.waits == Waits::Nothing {
            return Err(anyhow::anyhow!("waiting was interrupted"));
        }
        let out = &self.spec.out;
        std::fs::create_dir_all(out).with_context(|| format!("{} cannot be created", out.display()))?;
        let client = self.client;
        let list = format!("/runs/{}/artefacts", run.id);
        let artefacts = self.unless_left(client.poll::<Vec<Listed>>(&list)).await??;
        let mut failed = Vec::new();
        for artefact in artefacts.iter().filter(|artefact| artefact.name != "report.json") {
            let name = &artefact.name;
            let to = match inside(name) {
                Ok(inside) => out.join(inside),
                Err(error) => {
                    failed.push(error.to_string());
                    continue;
                }
            };
            // Plans name the files that they write as they like.
            let parts = name.split('/').map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string());
            let path = format!("{list}/{}", parts.collect::<Vec<_>>().join("/"));
            let brought = self.unless_left(retrying(async || client.download(&path, &to).await)).await?;
            // One that cannot be downloaded keeps no other away, unless the server is gone: each would be waited for as long.
            let Err(error) = brought else { continue };
            failed.push(format!("{name}: {error:#}"));
            if retries::is_absence(&error) {
                break;
            }
        }
        if failed.is_empty() { Ok(()) } else { Err(anyhow::anyhow!(listed_failures(&failed))) }
    }

    /// Downloads until a signal leaves the command. The first one of all ends only the waits after the download.
    async fn unless_left<T>(&mut self, work: impl Future<Output = T>) -> anyhow::Result<T> {
        let mut work = pin!(work);
        loop {
            match self.signals.unless(&mut work).await {
                Ok(done) => return Ok(done),
                Err(_) => {
                    let why = self.interrupted();
                    if self.waits == Waits::Nothing {
                        return Err(why);
                    }
                    self.line.print("Still downloading the results. Press Ctrl-C again to leave without them.");
                }
            }
        }
    }

    /// Prints the results, and returns the exit code. `missing`: why not all files of the run are here; the verdict is the
    /// server's and does not need them.
    pub(super) fn verdict(&mut self, run: &RunView, missing: Option<anyhow::Error>) -> anyhow::Result<Exit> {
        self.line.close();
        let path = self.spec.out.join("summary.json");
        if let Ok(bytes) = std::fs::read(&path) {
            let summary: Summary =
                serde_json::from_slice(&bytes).with_context(|| format!("{} cannot be read", path.display()))?;
            match self.spec.output {
                Output::Text => stdout::put(&jac_report::table_text(&summary, stdout::labels())),
                Output::Json => stdout::line(&String::from_utf8_lossy(&bytes)),
            }
        }
        for note in &run.notes {
            self.line.print(&format!("note: {note}"));
        }
        for criterion in &run.criteria {
            self.line.print(&format!("{} {}", if criterion.met { "met:" } else { "not met:" }, criterion.sentence));
        }
        self.line.print(&format!("Results: {}", self.spec.out.display()));
        if missing.is_none() && !path.is_file() {
            return Err(anyhow::Error::new(RunFailed(
                run.cause.as_ref().map_or_else(|| "The run has no summary.".to_owned(), Cause::sentence),
            )));
        }
        let exit = match (&run.cause, run.verdict) {
            (Some(Cause::Failed { .. } | Cause::AutoStopped { .. }), _) if self.signals.received().is_none() => {
                Exit::Failed
            }
            _ if self.signals.received().is_some() => Exit::Signal(self.signals.received().unwrap_or(2)),
            (_, Verdict::Failed) => Exit::CriteriaNotMet,
            _ => Exit::Done,
        };
        match &run.cause {
            Some(cause @ (Cause::Failed { .. } | Cause::AutoStopped { .. })) => {
                eprintln!("error: {}", visible_lines(&cause.sentence()))
            }
            Some(cause @ Cause::Stopped { .. }) => {
                eprintln!("{} The result is partial.", visible_lines(&cause.sentence()))
            }
            Some(Cause::Completed | Cause::Imported) | None => (),
        }
        // Stopped by another person, on the page: not the requested run.
        if matches!(run.cause, Some(Cause::Stopped { .. })) && self.signals.received().is_none() {
            return Ok(Exit::Failed);
        }
        match missing {
            None => Ok(exit),
            Some(error) => {
                let text = format!("not all results of the run {} were downloaded: {error:#}", run.id);
                let error = hinted(RunFailed(text), self.place_of(run));
                if exit == Exit::Done {
                    return Err(error);
                }
                // The run's result takes precedence.
                crate::exit::report(&error);
                Ok(exit)
            }
        }
    }
}

/// Files that could not be downloaded; if there are many, only the first.
fn listed_failures(failed: &[String]) -> String {
    const MOST: usize = 10;
    let shown = failed.iter().take(MOST).cloned().collect::<Vec<_>>().join("; ");
    match failed.len().checked_sub(MOST).filter(|more| *more > 0) {
        Some(more) => format!("{shown}; and {more} more"),
        None => shown,
    }
}

/// An artefact's name as a path below a local folder.
///
/// # Errors
/// When the server returns one that leads out of it.
fn inside(name: &str) -> anyhow::Result<&Path> {
    let path = Path::new(name);
    let is_inside = !name.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)));
    is_inside.then_some(path).ok_or_else(|| {
        anyhow::Error::new(RunFailed(format!(
            "the server returned an invalid artefact name: '{}'",
            name.escape_debug()
        )))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_that_could_not_be_downloaded_are_listed_and_of_many_the_first() {
        let failed: Vec<String> = (1..=12).map(|number| format!("{number}.csv: gone")).collect();
        assert_eq!(listed_failures(&failed[..2]), "1.csv: gone; 2.csv: gone");
        let many = listed_failures(&failed);
        assert!(many.contains("10.csv: gone; and 2 more") && !many.contains("11.csv"), "{many}");
    }

    #[test]
    fn an_artefact_is_written_into_the_folder_or_not_at_all() {
        for name in ["results.jtl", "files/worker-1/a.csv", "a..b/.c"] {
            assert_eq!(inside(name).expect(name), Path::new(name));
        }
        for name in ["", "../../.bashrc", "/etc/passwd", "a/../../b", "./a"] {
            assert!(inside(name).expect_err(name).is::<RunFailed>(), "{name}");
        }
    }
}
