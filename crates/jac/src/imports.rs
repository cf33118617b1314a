//! `jac import`: result logs from anywhere become a run.

use crate::cli::ImportArguments;
use crate::client::UploadFile;
use crate::connected::{briefly, print};
use crate::exit::{Exit, with_hint};
use crate::logs;
use jac_engine::view::RunView;
use jac_model::plural;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub async fn import(arguments: &ImportArguments) -> anyhow::Result<Exit> {
    let max_unread_percent = logs::max_unread_percent(&arguments.max_unread)?.to_string();
    let files = named(&arguments.logs)?;
    logs::refuse_twice(files.iter().map(|file| file.path.as_path()))?;
    let mut fields = vec![("plan", arguments.plan.as_str()), ("max_unread_percent", &max_unread_percent)];
    fields.extend(arguments.name.as_deref().map(|name| ("name", name)));
    briefly(&arguments.whose, async |client| {
        let run: RunView = client.upload_and_wait("/runs/import", &fields, &files).await?;
        print(&arguments.whose, &run, || sentence(&run, client.url()));
        Ok(Exit::Done)
    })
    .await
}

/// The logs with the names that they are uploaded with, all different.
fn named(given: &[PathBuf]) -> anyhow::Result<Vec<UploadFile>> {
    let mut taken = BTreeSet::new();
    let mut files = Vec::new();
    for path in given {
        let folder = path.is_dir().then_some(path);
        if let Some(folder) = folder
            && let Some(partial) = logs::partial(folder)
        {
            let (folder, cause) = (folder.display(), partial.cause.trim_end_matches('.'));
            eprintln!("warning: the run in {folder} is partial ({cause}); the imported run does not show that.");
        }
        let log = match folder {
            Some(folder) => logs::log_of(folder)?.ok_or_else(|| logs::without_results(folder, ""))?,
            None => path.clone(),
        };
        let path = &log;
        if !path.is_file() {
            let hint = Some("Give a result log written by JMeter, or a zip of some.".to_owned());
            return Err(with_hint(format!("no file {}", path.display()), hint));
        }
        let name = path.file_name().unwrap_or(Path::new("log").as_os_str()).to_string_lossy().into_owned();
        let name = if taken.contains(&name) { format!("{}/{name}", files.len() + 1) } else { name };
        taken.insert(name.clone());
        files.push(UploadFile { name, path: path.clone() });
    }
    Ok(files)
}

fn sentence(run: &RunView, url: Option<&str>) -> String {
    let figures = run.headline.as_ref().map_or_else(String::new, |headline| {
        let percent = headline.error_percent.unwrap_or_default();
        format!(": {}, {} ({percent:.2} %)", plural(headline.samples, "sample"), plural(headline.errors, "error"))
    });
    let page = url.map_or_else(String::new, |url| format!("\n{url}/runs/{}", run.id));
    format!("{} imported as a run of {}{figures}{page}", run.id, run.plan.name)
}
