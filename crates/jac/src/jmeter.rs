//! `jac jmeter`: JAC's own copies of JMeter.

use crate::cli::{JmeterArguments, JmeterCommand, SourceName};
use crate::context;
use crate::exit::{Exit, RunFailed, with_hint};
use crate::stdout;
use jac_jmeter::Release;
use jac_jmeter::install::{self, Progress, Source};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub async fn jmeter(arguments: JmeterArguments) -> anyhow::Result<Exit> {
    let JmeterCommand::Install { data_dir, version, source, archive } = arguments.command;
    let release = Release::of(&version).map_err(|error| with_hint(error.to_string(), None))?;
    let source = match source {
        SourceName::Auto => Source::Automatic { archive_url: archive },
        SourceName::Archive => Source::Archive { url: archive },
        SourceName::Maven => Source::Maven,
    };
    let folder = context::data_folder(data_dir.as_deref()).join("jmeter");
    let line = ProgressLine::default();
    let installed = install::install(&folder, release, &source, &|progress| line.show(&progress)).await;
    line.end();
    let home = installed.map_err(|error| anyhow::Error::new(RunFailed(jac_model::sentence(&error))))?;
    eprintln!("JMeter {} is ready.", home.version());
    stdout::line(&home.path().display().to_string());
    Ok(Exit::Done)
}

/// One line on standard error that is overwritten, or an occasional line if that is a file.
#[derive(Default)]
struct ProgressLine {
    last: Mutex<Option<Instant>>,
}

impl ProgressLine {
    fn show(&self, progress: &Progress) {
        let terminal = std::io::stderr().is_terminal();
        let text = match progress {
            Progress::Step(text) => {
                self.end();
                eprintln!("{text}");
                return;
            }
            Progress::Downloading { bytes, total: Some(total) } => {
                format!("{} of {} MB", bytes / 1_000_000, total / 1_000_000)
            }
            Progress::Downloading { bytes, total: None } => format!("{} MB", bytes / 1_000_000),
            Progress::Maven { artefacts } => format!("{artefacts} files"),
        };
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let pause = if terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
        if last.is_some_and(|last| last.elapsed() < pause) {
            return;
        }
        *last = Some(Instant::now());
        if terminal {
            eprint!("\r{text}   ");
            drop(std::io::stderr().flush());
        } else {
            eprintln!("{text}");
        }
    }

    fn end(&self) {
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if last.take().is_some() && std::io::stderr().is_terminal() {
            eprintln!();
        }
    }
}
