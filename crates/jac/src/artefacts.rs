//! `jac artifacts`: results in an object store; and opening the configured store.

mod own_store;

use crate::cli::{ArtifactsCommand, ClientArguments};
use crate::client::Client;
use crate::config::{self, artefacts::ArtefactsConfig};
use crate::connected::{briefly, print};
use crate::exit::{Exit, RunFailed, coded, hinted, with_hint};
use crate::history::encoded;
use crate::retries::retrying;
use crate::stderr;
use anyhow::{Context, bail};
use async_trait::async_trait;
use jac_artefacts::{ArtefactError, ArtefactStore, Keys, KeysUntil, Location, StoredObject};
use jac_ec2::KeyChain;
use jac_engine::archive::{ArchivePhase, ArchiveView, Rebuilt, Verified};
use jac_engine::view::RunView;
use jac_logs::{Elsewhere, Input};
use jac_model::plural;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The folder of a stored run's log.
const SAMPLES: &str = "samples/";
/// Between two polls of an upload.
const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// How long to wait for a store that rejects uploads.
pub const STORE_TIMEOUT: Duration = Duration::from_secs(2 * 60);
/// How long to wait for a run whose logs are being compressed, or that is queued after others.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// The credentials that the AWS SDK finds itself.
#[derive(Debug, Default)]
struct Chain(KeyChain);

#[async_trait]
impl Keys for Chain {
    async fn current(&self) -> Result<KeysUntil, String> {
        let keys = self.0.current().await?;
        Ok(KeysUntil {
            access_key_id: keys.access_key_id,
            secret_access_key: keys.secret_access_key,
            session_token: keys.session_token,
            expires: keys.expires,
        })
    }
}

/// Opens the configured store. It does not connect yet.
///
/// # Errors
/// When its configuration is invalid.
pub async fn open(config: Option<&ArtefactsConfig>) -> anyhow::Result<Option<ArtefactStore>> {
    let Some(ArtefactsConfig { location, options }) = config else { return Ok(None) };
    let mut options = options.clone();
    let keys = Chain::default();
    if location.is_s3() && options.region.is_none() {
        options.region = keys.0.region().await;
    }
    ArtefactStore::new(location, &options, Some(Arc::new(keys))).map(Some).map_err(reported)
}

/// A store's fault as an error of a command: a failure if the store does not answer, and otherwise bad input.
fn reported(error: ArtefactError) -> anyhow::Error {
    let (message, hint) = (coded(&error.to_string(), error.code()), error.hint().map(str::to_owned));
    match error {
        ArtefactError::Unreachable { .. } => hinted(RunFailed(message), hint),
        _ => with_hint(message, hint),
    }
}

/// A result log in a store: the object at that address, or the log of the run that is stored there.
///
/// # Errors
/// When there is none, or the store cannot be reached.
pub async fn log_at(address: &str) -> anyhow::Result<Input> {
    let location = Location::parse(address).map_err(reported)?;
    let Some((place, name)) = location.split_last() else {
        return Err(with_hint(
            format!("{address} is a bucket, not a log"),
            Some("Give the object, or the run's folder in the store.".to_owned()),
        ));
    };
    let config = ArtefactsConfig { location: place, options: config::store_options()? };
    let Some(store) = open(Some(&config)).await? else { bail!("no store") };
    store.require_folder().map_err(reported)?;
    let folder = format!("{name}/");
    let (name, read) = match store.object(&name).await {
        Err(missing @ ArtefactError::Missing { .. }) => {
            let of_run = store.manifest(&folder).await.map_err(reported)?;
            let is_log = |object: &StoredObject| object.name.starts_with(SAMPLES);
            match of_run.map(|manifest| manifest.objects.into_iter().find(is_log)) {
                Some(Some(log)) => {
                    let name = format!("{folder}{}", log.name);
                    let read = store.object(&name).await;
                    (name, read)
                }
                None if store.has_any(&folder).await.map_err(reported)? => {
                    let hint = "It is an incomplete upload, or not a run in a store. Give the address of a log in it.";
                    let message = coded(&format!("{address} has no manifest.json"), missing.code());
                    return Err(with_hint(message, Some(hint.to_owned())));
                }
                _ => (name, Err(missing)),
            }
        }
        read => (name, read),
    };
    let bytes = read.map_err(reported)?;
    Ok(Input::Elsewhere(Elsewhere { name: format!("{}/{name}", store.address()), bytes: Arc::new(bytes) }))
}

/// Whether it is an address in a store.
pub fn is_address(argument: &str) -> bool {
    ["s3://", "gs://", "az://", "file://"].iter().any(|scheme| argument.starts_with(scheme))
}

pub async fn artefacts(command: ArtifactsCommand) -> anyhow::Result<Exit> {
    match command {
        ArtifactsCommand::Status { run, whose } => {
            briefly(&whose, async |client| {
                let view = archive_of(client, &run).await?;
                print(&whose, &view, || line(&view));
                Ok(Exit::Done)
            })
            .await
        }
        ArtifactsCommand::Retry { run, whose } => {
            briefly(&whose, async |client| retry(client, &run, &whose).await).await
        }
        ArtifactsCommand::Verify { run, whose } => {
            briefly(&whose, async |client| verify(client, &run, &whose).await).await
        }
        ArtifactsCommand::Store(arguments) => own_store::store(arguments).await,
        ArtifactsCommand::Rebuild { whose } => briefly(&whose, async |client| rebuild(client, &whose).await).await,
    }
}

async fn archive_of(client: &Client, run: &str) -> anyhow::Result<ArchiveView> {
    let view: RunView = client.get(&format!("/runs/{}", encoded(run))).await?;
    view.archive.ok_or_else(|| match view.phase.is_terminal() {
        true => with_hint(
            "no store is configured".to_owned(),
            Some(
                "Set one for the server with --artifacts-url or JAC_ARTIFACTS_URL, e.g. s3://BUCKET/PREFIX, or one of \
                 your own with `jac artifacts store --save`."
                    .to_owned(),
            ),
        ),
        false => with_hint(
            "the run has not finished".to_owned(),
            Some("Its results are stored when it has finished.".to_owned()),
        ),
    })
}

/// The state of a run's storage as one line.
pub fn line(view: &ArchiveView) -> String {
    match view.phase {
        ArchivePhase::Waiting => format!("Waiting to be stored in {}", view.address),
        ArchivePhase::Uploading if view.total_bytes > 0 => {
            // In steps of ten, because each is a line unless printed to a terminal.
            format!("Storing results in {}: {} %", view.address, view.bytes * 10 / view.total_bytes * 10)
        }
        ArchivePhase::Uploading => format!("Storing results in {}", view.address),
        ArchivePhase::Stored => format!("Stored in {}", view.address),
        ArchivePhase::Failed => format!(
            "Not stored in {}: {} {}",
            view.address,
            coded(view.message.as_deref().unwrap_or("Unknown."), view.code.as_deref().unwrap_or_default()),
            view.hint.as_deref().unwrap_or("JAC retries automatically.")
        ),
    }
}

async fn retry(client: &Client, run: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    archive_of(client, run).await?;
    let _: ArchiveView = client.post(&format!("/runs/{}/archive/retry", encoded(run)), &json!({})).await?;
    let mut shown = String::new();
    let mut show = |view: &ArchiveView| {
        let line = line(view);
        if view.phase != ArchivePhase::Stored && line != shown {
            stderr::line(format_args!("{line}"));
            shown = line;
        }
    };
    let view = until_stored(client, run, STORE_TIMEOUT, &mut show).await?;
    print(whose, &view, || line(&view));
    match view.phase {
        ArchivePhase::Stored => Ok(Exit::Done),
        _ => Err(anyhow::Error::new(RunFailed(format!("the results of {run} are not stored")))),
    }
}

/// How long a run's upload has made no progress.
struct Progress {
    since: Instant,
    phase: ArchivePhase,
    most_bytes: u64,
    /// An attempt failed, and there has been no progress since.
    has_failed: bool,
}

impl Progress {
    fn from(now: Instant) -> Self {
        Self { since: now, phase: ArchivePhase::Waiting, most_bytes: 0, has_failed: false }
    }

    /// Adds an observation. An attempt after a failed one is not progress by itself: it may fail in the same way.
    fn see(&mut self, view: &ArchiveView, now: Instant) {
        let is_further = view.bytes > self.most_bytes || (view.phase != self.phase && !self.has_failed);
        if is_further || (view.code.is_some() && !self.has_failed) {
            self.since = now;
        }
        self.has_failed = view.code.is_some() || (self.has_failed && view.bytes <= self.most_bytes);
        self.most_bytes = self.most_bytes.max(view.bytes);
        self.phase = view.phase;
    }

    fn is_given_up(&self, timeout: Duration, now: Instant) -> bool {
        now.duration_since(self.since) > if self.has_failed { timeout } else { QUEUE_TIMEOUT }
    }
}

/// Waits until a run is stored, or its store has rejected it for too long. Returns its last state.
///
/// # Errors
/// When the server does not answer.
pub async fn until_stored(
    client: &Client,
    run: &str,
    timeout: Duration,
    show: &mut dyn FnMut(&ArchiveView),
) -> anyhow::Result<ArchiveView> {
    let mut progress = Progress::from(Instant::now());
    loop {
        let view = retrying(async || archive_of(client, run).await).await?;
        show(&view);
        progress.see(&view, Instant::now());
        if view.phase == ArchivePhase::Stored || progress.is_given_up(timeout, Instant::now()) {
            return Ok(view);
        }
        sleep(POLL_INTERVAL).await;
    }
}

async fn verify(client: &Client, run: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let verified: Verified = client.post_until_done(&format!("/runs/{}/archive/verify", encoded(run))).await?;
    print(whose, &verified, || {
        if !verified.is_stored {
            return format!("{} has no manifest: the stored run is missing or incomplete.", verified.address);
        }
        let mut lines = vec![format!(
            "{}: {} objects, {} bytes, {} missing, {} different.",
            verified.address,
            verified.objects,
            verified.bytes,
            verified.missing.len(),
            verified.different.len()
        )];
        lines.extend(verified.missing.iter().map(|name| format!("missing: {name}")));
        lines.extend(verified.different.iter().map(|name| format!("different: {name}")));
        lines.join("\n")
    });
    let is_whole = verified.is_stored && verified.missing.is_empty() && verified.different.is_empty();
    Ok(if is_whole { Exit::Done } else { Exit::CriteriaNotMet })
}

async fn rebuild(client: &Client, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let rebuilt: Rebuilt = client.post_until_done("/archive/rebuild").await.context("nothing was rebuilt")?;
    print(whose, &rebuilt, || {
        let mut lines = vec![format!(
            "{} restored, {} already known, {}.",
            plural(rebuilt.restored, "run"),
            rebuilt.known,
            plural(rebuilt.unfinished, "unfinished upload")
        )];
        if rebuilt.others > 0 {
            lines.push(format!("Not restored: {} of other people.", plural(rebuilt.others, "run")));
        }
        lines.extend(rebuilt.failed.iter().map(|why| format!("not restored: {why}")));
        lines.join("\n")
    });
    match rebuilt.failed.len() {
        0 => Ok(Exit::Done),
        failed => Err(anyhow::Error::new(RunFailed(format!("{} could not be restored", plural(failed as u64, "run"))))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(phase: ArchivePhase, bytes: u64) -> ArchiveView {
        let code = (phase == ArchivePhase::Failed).then(|| "artefacts_unreachable".to_owned());
        ArchiveView {
            address: String::new(),
            phase,
            bytes,
            total_bytes: 100,
            code,
            message: None,
            hint: None,
            next_try_ms: None,
            has_links: false,
        }
    }

    #[test]
    fn tries_that_fail_one_after_the_other_are_given_up_in_time_and_one_that_gets_further_is_not() {
        let (begin, second) = (Instant::now(), Duration::from_secs(1));
        let mut progress = Progress::from(begin);
        // Attempts with doubling delays, each of which is observed.
        let mut at = begin;
        for pause in [5, 10, 20, 40, 80] {
            progress.see(&seen(ArchivePhase::Uploading, 0), at);
            at += second;
            progress.see(&seen(ArchivePhase::Failed, 0), at);
            at += second * pause;
        }
        assert!(progress.is_given_up(STORE_TIMEOUT, at), "after {:?}", at - begin);
        // The next attempt makes some progress, and fails too.
        progress.see(&seen(ArchivePhase::Uploading, 8), at);
        assert!(!progress.is_given_up(STORE_TIMEOUT, at + STORE_TIMEOUT * 2), "it is uploading");
        progress.see(&seen(ArchivePhase::Failed, 8), at + second);
        assert!(!progress.is_given_up(STORE_TIMEOUT, at + STORE_TIMEOUT));
        assert!(progress.is_given_up(STORE_TIMEOUT, at + STORE_TIMEOUT + second * 2));
    }
}
