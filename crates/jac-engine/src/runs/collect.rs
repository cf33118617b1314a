//! The end of a run: its files are fetched, verified and turned into artefacts, and its nodes are cleaned up.
//!
//! Each step is idempotent. Files that are no longer available (a node is gone) are recorded in a note; what cannot be
//! stored (the disk is full) is retried after the nodes' own files have made space.

use super::finish::{MADE_AGAIN, RunEnd, write_artefacts};
use super::record::RunRecord;
use super::supervise::Task;
use super::tailed_spool::{TailedSpool, keep_all_points, publish};
use super::{NodePlaces, process_name, spool};
use crate::blocking::{in_place, wait};
use crate::engine::Event;
use crate::error::EngineError;
use crate::fan_out::{for_all, within};
use crate::live::LiveRun;
use crate::retrying::is_silence;
use crate::view::RunResult;
use jac_model::ports::{ProcessState, Remote};
use jac_model::{Cause, Cluster, ClusterId, Message, NodePhase, Provider, ResultsMode, Role, Run, RunEvent};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long the processes of a run may take to end on request, before they are killed.
const END_LIMIT: Duration = Duration::from_secs(10);
/// Time limit for all of that on a node, before it counts as lost.
const NODE_END_LIMIT: Duration = Duration::from_secs(40);
/// How long a node may take to respond.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Time limit for ending and removing what the run left there.
const CLEAN_LIMIT: Duration = Duration::from_secs(60);
const POLL_EVERY: Duration = Duration::from_millis(100);
/// Time between two checks whether there is space for the log.
const ROOM_EVERY: Duration = Duration::from_secs(1);
/// JMeter's own log is kept up to this size; longer ones repeat themselves.
const MAX_LOG_BYTES: u64 = 64 << 20;
const PIECE: usize = 1 << 20;

/// Whether the log here is all that the master wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spool {
    /// Identical, or there is no log to compare it with.
    Whole,
    /// The master may have more.
    Partial,
}

/// A node of the run with access to it.
pub(super) struct Node {
    pub name: String,
    pub remote: Arc<dyn Remote>,
}

/// A node whose availability was checked.
pub(super) struct Asked {
    pub node: Node,
    /// Why nothing more is fetched from it, a sentence; `None`: it answered.
    pub silence: Option<String>,
}

impl Task {
    /// Ends running processes, keeps the available data, cleans the nodes, and finishes the run. Data that cannot be
    /// fetched is noted; only a failure of the database is an error, after which everything can be repeated.
    pub(super) async fn collect(&self, run: &Run) -> Result<(), EngineError> {
        self.end_processes(run).await;
        self.try_to("report the current step", self.step("collecting", "Collecting the results.").await);
        let (live, partial) = match run.results {
            ResultsMode::Rmi => self.complete_from_master(run).await?,
            ResultsMode::Direct => self.complete_from_nodes(run).await?,
        };
        // Missing data stays on its machine, as long as that exists. On this machine it is on the same disk.
        let is_local = self.cluster(run).await.is_ok_and(|cluster| cluster.provider == Provider::Local);
        let kept = if is_local { BTreeSet::new() } else { partial };
        let nodes = self.nodes_that_answer(run).await;
        if let Err(error) = self.fetch_logs(&nodes).await {
            let why = jac_model::sentence(&error);
            let text = format!("The JMeter logs could not be fetched: {why}");
            self.note_if_possible(Message::new("jmeter_logs_missing", text).with("detail", why)).await;
        }
        self.keep_files(run, &nodes).await;
        publish(self, &live).await;

        self.try_to("report the current step", self.step("making_report", "Creating the report.").await);
        let mut end = self.make_artefacts(&live).await;
        if let Err(error) = &end {
            tracing::warn!(run = %self.id, %error, "run {}: {error}; making room on its nodes", self.id);
            self.clean_nodes(run, &kept).await;
            end = self.make_artefacts(&live).await;
        }
        let end = match end {
            Ok(end) => end,
            Err(error) => {
                let why = jac_model::sentence(&error);
                let text = format!("The report could not be written: {why}");
                self.miss(Message::new("report_failed", text).with("detail", why)).await;
                RunEnd::measured(&self.run().await?, &live, self.engine.now_ms())
            }
        };
        self.clean_nodes(run, &kept).await;
        self.try_to("keep its points", keep_all_points(self, &live).await);
        self.finish(&end).await
    }

    /// Reads the remainder of the master's log and verifies it. Returns the statistics, and the master if its log is
    /// incomplete here.
    async fn complete_from_master(&self, run: &Run) -> Result<(Arc<LiveRun>, BTreeSet<String>), EngineError> {
        let mut tailed = TailedSpool::open(self).await?;
        let completed = self.complete_spool(run, &mut tailed).await;
        if let Err(error) = &completed {
            let why = jac_model::sentence(error);
            let text = format!("The log could not be completed from the master: {why}");
            self.miss(Message::new("log_incomplete", text).with("detail", why)).await;
        }
        tailed.report_disk_wait(false);
        let master = run.nodes.iter().find(|node| node.role == Role::Master).map(|node| node.name.clone());
        let partial = master.filter(|_| !matches!(completed, Ok(Spool::Whole)));
        Ok((tailed.live, partial.into_iter().collect()))
    }

    /// If the disk is so full that not even the run's end can be recorded, its nodes' own files are removed: on this
    /// machine they are on the same disk, and data that is not in the spool by then would not fit there either.
    pub(super) async fn make_room(&self, run: &Run) {
        self.end_processes(run).await;
        self.clean_nodes(run, &BTreeSet::new()).await;
    }

    async fn make_artefacts(&self, live: &Arc<LiveRun>) -> Result<RunEnd, EngineError> {
        let (task, live) = (self.clone(), Arc::clone(live));
        let made = tokio::task::spawn_blocking(move || write_artefacts(&task, &wait(task.run())?, &live)).await;
        made.map_err(|panic| EngineError::JMeter(panic.to_string()))?
    }

    /// The last step: from here on the run is only read. If the disk has no space for it, artefacts that can be
    /// regenerated from the log are removed.
    async fn finish(&self, end: &RunEnd) -> Result<(), EngineError> {
        match self.write_end(end).await {
            Err(error @ EngineError::DiskFull { .. }) => {
                tracing::warn!(run = %self.id, "run {}: {} Its report as a page and its histograms make room.", self.id, jac_model::sentence(&error));
                let folder = self.engine.folder().run(&self.id);
                for name in MADE_AGAIN {
                    self.try_to("make room", remove_if_there(&folder.join(name)));
                }
                let text = "The disk was full: the HTML report and the histograms were removed. `jac report` creates \
                            them again from results.jtl.";
                self.note_if_possible(Message::new("report_removed", text)).await;
                self.write_end(end).await
            }
            done => done,
        }
    }

    async fn write_end(&self, end: &RunEnd) -> Result<(), EngineError> {
        let result = serde_json::to_value(&end.result).map_err(|error| EngineError::JMeter(error.to_string()))?;
        self.engine.store().put_run_result(&self.id, &result).await?;
        let (now_ms, ended_ms) = (self.engine.now_ms(), end.ended_ms);
        let finished = move |run: &mut Run| {
            run.phase = run.phase.apply(RunEvent::Collected)?;
            run.ended_ms.get_or_insert(ended_ms);
            run.step = String::new();
            run.sealed_properties = None;
            for step in &mut run.steps {
                step.ended_ms.get_or_insert(now_ms);
            }
            Ok::<_, EngineError>(())
        };
        // The folder first: a lost database is restored from it. If the disk is full, the next start writes it.
        let mut row = self.engine.store().run(&self.id).await?;
        finished(&mut row.run)?;
        let folder = self.engine.folder().run(&self.id);
        self.try_to("write its record", RunRecord::of(row).write(&folder));
        // Before anybody terminates its cluster.
        if let Some(archive) = self.engine.archive() {
            archive.expect(&self.run().await?);
        }
        let deliveries = self.engine.due_notifications(&self.run().await?, &end.result);
        let run = self.engine.store().finish_run(&self.id, finished, deliveries, now_ms).await?;
        if run.annotations != end.annotations {
            // They were added after the report was written.
            self.try_to("report its annotations", self.engine.report_annotations(&self.id).await);
        }
        self.engine.notify(Event::Run(self.id.clone()));
        self.engine.poke_notifiers();
        self.try_to("take its last figures", self.engine.take_last_figures(&run).await);
        self.engine.live().remove(&self.id);
        // If this is not executed, the reconciler does it.
        self.engine.release_cluster(&run.cluster_id, &self.id).await?;
        // It is no longer needed.
        let removed = super::direct::remove_journal(self.engine.folder(), &self.id);
        self.try_to(
            "remove its journal",
            removed.map_err(|error| EngineError::file("accessing the run's folder", error)),
        );
        // Nothing waits for them: if they cannot be written now, the next start generates them from the report.
        let metrics = if run.try_run { Vec::new() } else { end.metrics.clone() };
        let kept = self.engine.store().put_run_metrics(&self.id, metrics).await;
        self.try_to("keep its figures", kept.map_err(EngineError::from));
        // A schedule may have waited for it.
        self.engine.schedules().wake();
        self.engine.notify(Event::Run(self.id.clone()));
        Ok(())
    }

    /// Ends a run whose results JAC cannot collect; its log stays in its folder.
    pub(super) async fn finish_without_results(&self, cause: Cause) -> Result<(), EngineError> {
        self.change(move |run| {
            run.cause = Some(cause);
            Ok(())
        })
        .await?;
        let result = RunResult::default();
        self.finish(&RunEnd { ended_ms: self.engine.now_ms(), result, metrics: Vec::new(), annotations: Vec::new() })
            .await
    }

    /// Something that is good to have, and no reason to stop.
    pub(super) fn try_to(&self, what: &str, done: Result<(), EngineError>) {
        if let Err(error) = done {
            tracing::warn!(run = %self.id, %error, "run {}: could not {what}: {error}", self.id);
        }
    }

    pub(super) async fn note_if_possible(&self, note: Message) {
        self.try_to("note it", self.note(note).await);
    }

    /// Part of the measured data is missing: a run that reached its end did so without it.
    pub(super) async fn miss(&self, what: Message) {
        let missed = self
            .change(move |run| {
                if matches!(run.cause, None | Some(Cause::Completed)) {
                    let lost = Message::new("result_incomplete", "The result is incomplete.");
                    run.cause = Some(Cause::Failed { reason: what, lost: Some(lost) });
                } else if !run.notes.contains(&what) {
                    run.notes.push(what);
                }
                Ok(())
            })
            .await;
        self.try_to("note what is missing", missed.map(drop));
    }

    pub(super) async fn remotes(&self, run: &Run) -> Result<Vec<Node>, EngineError> {
        let cluster = self.cluster(run).await?;
        run.nodes
            .iter()
            .map(|node| Ok(Node { name: node.name.clone(), remote: self.remote(&cluster, &node.name)? }))
            .collect()
    }

    /// Waits for the JVMs to end by themselves, and ends those that do not. No failure of this affects the collecting.
    async fn end_processes(&self, run: &Run) {
        let Ok(remotes) = self.remotes(run).await else { return };
        let ordinary = matches!(run.cause, Some(Cause::Completed | Cause::Stopped { .. } | Cause::AutoStopped { .. }));
        let deadline = Instant::now() + if ordinary { END_LIMIT } else { Duration::ZERO };
        let name = process_name(&self.id);
        let exits = for_all(remotes.iter().map(|Node { name: node, remote }| {
            let name = &name;
            let end = async move {
                let state = loop {
                    match remote.process(name).await {
                        Ok(ProcessState::Running { .. }) if Instant::now() < deadline => sleep(POLL_EVERY).await,
                        Ok(state) => break Some(state),
                        Err(_) => break None,
                    }
                };
                if matches!(state, Some(ProcessState::Running { .. })) {
                    tracing::info!(run = %self.id, node, "run {}: ending JMeter on {node}", self.id);
                    if let Err(error) = remote.kill(name).await {
                        tracing::warn!(run = %self.id, node, %error, "run {}: {error}", self.id);
                    }
                }
                state
            };
            async move { (node.clone(), timeout(NODE_END_LIMIT, end).await.unwrap_or(None)) }
        }))
        .await;
        let marked = self
            .change(move |run| {
                for node in &mut run.nodes {
                    let state = exits.iter().find(|(name, _)| *name == node.name).and_then(|(_, state)| *state);
                    match state {
                        Some(ProcessState::Exited { code }) => {
                            (node.state, node.exit_code) = (NodePhase::Ended, Some(code))
                        }
                        Some(ProcessState::Running { .. }) => node.state = NodePhase::Ended,
                        Some(ProcessState::Vanished) if node.state == NodePhase::Running => {
                            node.state = NodePhase::Lost
                        }
                        Some(ProcessState::Vanished | ProcessState::Absent) => (),
                        None => node.state = NodePhase::Lost,
                    }
                }
                Ok(())
            })
            .await;
        if let Err(error) = marked {
            tracing::warn!(run = %self.id, %error, "run {}: {error}", self.id);
        }
    }

    /// Reads the remainder of the master's log and compares the spool with it, byte by byte through its digest. A spool
    /// that differs is read again.
    async fn complete_spool(&self, run: &Run, tailed: &mut TailedSpool) -> Result<Spool, EngineError> {
        let cluster = self.cluster(run).await?;
        let Some(name) = run.nodes.iter().find(|node| node.role == Role::Master).map(|node| &node.name) else {
            return Ok(Spool::Whole);
        };
        // If the run ended because the node is gone, nobody waits for its answer.
        let is_gone = matches!(run.cause, Some(Cause::Failed { .. })) && cluster.lost_nodes.contains(name);
        let master = if is_gone { self.remote(&cluster, name)? } else { self.retrying_remote(&cluster, name)? };
        if master.process(&process_name(&self.id)).await.is_err() {
            let text = "The master is lost; the log contains the samples collected until then.";
            self.miss(Message::new("node_lost", text).with("node", name.as_str())).await;
            return Ok(Spool::Partial);
        }
        // On this machine the nodes' own files are on the same disk: waiting makes no space.
        let waits = cluster.provider != Provider::Local;
        self.pull_rest(&cluster, tailed, master.as_ref(), waits).await?;
        let results = NodePlaces::of(&self.id).results();
        for again in [true, false] {
            let path = spool(self.engine.folder(), &self.id);
            // In parallel with the master's: each machine reads its log at its own speed.
            let own = tokio::task::spawn_blocking(move || digest_of(&path));
            let Some((size, digest)) = master.digest(&results).await? else { return Ok(Spool::Whole) };
            let own = own
                .await
                .map_err(|panic| EngineError::JMeter(panic.to_string()))?
                .map_err(|error| EngineError::file("reading the run's log", error))?;
            if size == tailed.offset() && own == digest {
                return Ok(Spool::Whole);
            }
            let differs =
                format!("The collected log ({} bytes) differs from the master's ({size} bytes).", tailed.offset());
            tracing::warn!(run = %self.id, "run {}: {differs}", self.id);
            if again && tailed.pull_again(self, master.as_ref(), digest).await? {
                return Ok(Spool::Whole);
            }
            if !again {
                let differs = Message::new("log_differs", differs).with("bytes", tailed.offset());
                self.miss(differs.with("master_bytes", size)).await;
            }
        }
        Ok(Spool::Partial)
    }

    /// Reads the remainder of the log. While the disk has no space for it, it stays on its machine, as long as that
    /// exists.
    async fn pull_rest(
        &self,
        cluster: &Cluster,
        tailed: &mut TailedSpool,
        master: &dyn Remote,
        waits: bool,
    ) -> Result<(), EngineError> {
        loop {
            match tailed.pull_all(master).await {
                Err(EngineError::DiskFull { .. }) if waits && self.may_wait_for_room(&cluster.id).await? => {
                    tailed.report_disk_wait(true);
                    self.wait_for_room().await;
                }
                done => {
                    tailed.report_disk_wait(false);
                    return done;
                }
            }
        }
    }

    /// Whether the machines with a log will still exist for a while.
    pub(super) async fn may_wait_for_room(&self, cluster: &ClusterId) -> Result<bool, EngineError> {
        Ok(self.engine.now_ms() < self.engine.expiry_ms(&self.engine.store().cluster(cluster).await?))
    }

    pub(super) async fn wait_for_room(&self) {
        let step = self.step("waiting_for_room", "Waiting for free disk space on the JAC server.").await;
        self.try_to("report the current step", step);
        sleep(ROOM_EVERY).await;
    }

    /// All nodes, each checked once: one that does not answer now is not waited for again.
    async fn nodes_that_answer(&self, run: &Run) -> Vec<Asked> {
        let nodes = self.remotes(run).await.unwrap_or_default();
        let name = process_name(&self.id);
        for_all(nodes.into_iter().map(|node| async {
            let answer = within(ANSWER_LIMIT, &node.name, "answer", node.remote.process(&name)).await;
            let silence = answer.err().filter(is_silence).map(|error| format!("{error}."));
            Asked { node, silence }
        }))
        .await
    }

    async fn fetch_logs(&self, nodes: &[Asked]) -> Result<(), EngineError> {
        let fetched = for_all(nodes.iter().map(|asked| async {
            match &asked.silence {
                Some(silence) => Err(silence.clone()),
                None => self.fetch_logs_of(&asked.node).await.map_err(|error| jac_model::sentence(&error)),
            }
        }));
        for (Asked { node, .. }, fetched) in nodes.iter().zip(fetched.await) {
            if let Err(why) = fetched {
                let node = node.name.as_str();
                let text = format!("The JMeter log of {node} could not be fetched: {why}");
                self.note(Message::new("jmeter_logs_missing", text).with("node", node).with("detail", why)).await?;
            }
        }
        Ok(())
    }

    async fn fetch_logs_of(&self, node: &Node) -> Result<(), EngineError> {
        let folder = self.engine.folder().run(&self.id).join("nodes").join(&node.name);
        std::fs::create_dir_all(&folder).map_err(|error| EngineError::file("accessing the run's folder", error))?;
        let sources = [
            (NodePlaces::of(&self.id).log(), "jmeter.log"),
            (format!("processes/{}/out", process_name(&self.id)), "output.txt"),
        ];
        for (from, to) in sources {
            fetch(node.remote.as_ref(), &from, &folder.join(to)).await?;
        }
        Ok(())
    }

    /// Ends the run's processes on its nodes and removes its folders there, except for those of `kept`. A node that is
    /// gone needs no cleaning.
    async fn clean_nodes(&self, run: &Run, kept: &BTreeSet<String>) {
        let Ok(remotes) = self.remotes(run).await else { return };
        let cleaned = remotes.iter().map(|Node { name: node, remote }| async move {
            let clean = async {
                remote.forget(&process_name(&self.id)).await?;
                if kept.contains(node) { Ok(()) } else { remote.remove(NodePlaces::of(&self.id).folder()).await }
            };
            within(CLEAN_LIMIT, node, "be cleaned", clean).await
        });
        for (Node { name: node, .. }, cleaned) in remotes.iter().zip(for_all(cleaned).await) {
            if let Err(error) = cleaned {
                tracing::warn!(run = %self.id, node, %error, "run {}: {node} could not be cleaned: {error}", self.id);
            }
        }
        crate::plans::remove_folder(&self.engine.folder().run(&self.id).join("parts"));
    }
}

fn remove_if_there(file: &Path) -> Result<(), EngineError> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(EngineError::file("removing a file", error)),
        _ => Ok(()),
    }
}

/// Copies a file from a node; a missing one is skipped.
async fn fetch(remote: &dyn Remote, from: &str, to: &Path) -> Result<(), EngineError> {
    let failed = |error| EngineError::file("accessing the run's folder", error);
    let mut file: Option<std::fs::File> = None;
    let mut offset = 0;
    while offset < MAX_LOG_BYTES {
        let Some(chunk) = remote.read_at(from, offset, PIECE).await? else { return Ok(()) };
        if chunk.bytes.is_empty() {
            break;
        }
        offset += chunk.bytes.len() as u64;
        let file = match &mut file {
            Some(file) => file,
            None => file.insert(std::fs::File::create(to).map_err(failed)?),
        };
        in_place(|| file.write_all(&chunk.bytes)).map_err(failed)?;
    }
    Ok(())
}

fn digest_of(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut file = std::fs::File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; PIECE];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finalize().into()),
            length => digest.update(&buffer[..length]),
        }
    }
}
