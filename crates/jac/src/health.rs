//! `jac health`: whether the server on the data folder answers, for container engines and service managers. It
//! reads the folder and changes nothing.

use crate::cli::HealthArguments;
use crate::connect::ServerFile;
use crate::context;
use crate::exit::{Exit, RunFailed};
use std::time::Duration;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(5);
const PATH: &str = "/healthz";

pub async fn health(arguments: HealthArguments) -> anyhow::Result<Exit> {
    let failed = |reason: String| anyhow::Error::new(RunFailed(reason));
    let path = context::data_folder(arguments.data_dir.as_deref()).join("server.json");
    let file = std::fs::read(&path).map_err(|error| failed(format!("{} cannot be read: {error}", path.display())))?;
    let file: ServerFile =
        serde_json::from_slice(&file).map_err(|error| failed(format!("{} cannot be read: {error}", path.display())))?;
    // With the shell's token: with TLS the file contains the shell's own address, and a server without free places has
    // reserved ones for it.
    let url = format!("{}{PATH}", file.url);
    let client = reqwest::Client::builder().timeout(LIMIT).no_proxy().build()?;
    let answer = client
        .get(&url)
        .bearer_auth(&file.token)
        .send()
        .await
        .map_err(|error| failed(format!("{url} does not answer: {error}")))?;
    if answer.status().is_success() {
        return Ok(Exit::Done);
    }
    Err(failed(format!("{url} answered with status {}", answer.status().as_u16())))
}
