//! The end of a run with direct results: the remainder of each node's log is read, and each node's part of the spool is
//! compared with the node's own file by size and SHA-256. Logs that differ are read again, into a spool and a journal
//! that atomically replace the others.
//!
//! The digest of a node's part covers the header line, its pieces of the spool, and the incomplete bytes of its last
//! row, if JMeter was killed while writing it. Such a row is not in any statistics.

use super::journal::{DELIMITER, Extent, HEADER, NewJournal, Paths, extents};
use super::merge::{Merge, SharedMerge, Source, lock};
use crate::blocking::in_place;
use crate::error::EngineError;
use crate::fan_out::for_all;
use crate::live::LiveRun;
use crate::runs::NodePlaces;
use crate::runs::collect::Node;
use crate::runs::supervise::Task;
use jac_jtl::whole_rows;
use jac_model::{Cause, Message, NodeLog, Provider, Run};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, BufWriter, Read, Write};
use std::sync::Arc;

const PIECE: usize = 1 << 20;

/// The state of a node's log at the end.
enum End {
    /// It was read completely; these bytes are an incomplete row.
    Read(Vec<u8>),
    /// It is no longer readable.
    Gone,
    /// It could not be read to its end, or could not be compared.
    Failed(EngineError),
}

impl End {
    fn of_error(error: EngineError) -> Self {
        match error {
            EngineError::Port(error) if crate::retrying::is_silence(&error) => Self::Gone,
            error => Self::Failed(error),
        }
    }
}

impl Task {
    /// Reads the remainder of all nodes' logs and verifies them. Returns the statistics, and the nodes whose logs are
    /// incomplete here.
    pub(in crate::runs) async fn complete_from_nodes(
        &self,
        run: &Run,
    ) -> Result<(Arc<LiveRun>, BTreeSet<String>), EngineError> {
        let mut merge = Merge::open(self).await?;
        let nodes = self.remotes_of_logs(run).await?;
        // On this machine the nodes' own files are on the same disk: waiting makes no space.
        let waits = self.cluster(run).await?.provider != Provider::Local;
        let mut ends = self.pull_rests(run, &merge, &nodes, waits).await;
        lock(&merge).tailed.report_disk_wait(false);
        let mut logs = self.compare(run, &merge, &nodes, &mut ends).await?;
        let differ: Vec<&Node> =
            nodes.iter().zip(&ends).filter(|(node, end)| differs(node, end, &logs)).map(|(node, _)| node).collect();
        if !differ.is_empty() {
            tracing::warn!(run = %self.id, nodes = ?differ.iter().map(|node| &node.name).collect::<Vec<_>>(), "run {}: logs here differ from their nodes'; they are read again", self.id);
            if self.read_again(&merge, &differ).await? {
                self.engine.live().remove(&self.id);
                drop(merge);
                merge = Merge::open(self).await?;
                ends = self.pull_rests(run, &merge, &nodes, waits).await;
                logs = self.compare(run, &merge, &nodes, &mut ends).await?;
            }
        }
        self.note_logs(&merge, &nodes, &ends, logs.clone()).await;
        let partial = logs.into_iter().filter(|(_, log)| !log.whole).map(|(name, _)| name).collect();
        let live = Arc::clone(&lock(&merge).tailed.live);
        Ok((live, partial))
    }

    /// Access to each node that has its own log. A lost one is not waited for.
    async fn remotes_of_logs(&self, run: &Run) -> Result<Vec<Node>, EngineError> {
        let cluster = self.cluster(run).await?;
        let is_over = |name: &String| {
            let is_lost = run.nodes.iter().any(|node| node.name == *name && node.lost_ms.is_some());
            cluster.lost_nodes.contains(name) && (is_lost || matches!(run.cause, Some(Cause::Failed { .. })))
        };
        run.nodes
            .iter()
            .map(|node| {
                let name = node.name.clone();
                let remote =
                    if is_over(&name) { self.remote(&cluster, &name)? } else { self.retrying_remote(&cluster, &name)? };
                Ok(Node { name, remote })
            })
            .collect()
    }

    async fn pull_rests(&self, run: &Run, merge: &SharedMerge, nodes: &[Node], waits: bool) -> Vec<End> {
        for_all(nodes.iter().map(|node| async {
            let mut source = Source::new(merge, self, &node.name, node.remote.as_ref());
            loop {
                match source.pull_all().await {
                    Ok(rest) => return End::Read(rest),
                    Err(EngineError::DiskFull { .. })
                        if waits && self.may_wait_for_room(&run.cluster_id).await.unwrap_or(false) =>
                    {
                        lock(merge).tailed.report_disk_wait(true);
                        self.wait_for_room().await;
                    }
                    Err(error) => return End::of_error(error),
                }
            }
        }))
        .await
    }

    /// Whether each node's part of the spool equals the node's log. For a node that cannot report its log's digest the result differs.
    async fn compare(
        &self,
        run: &Run,
        merge: &SharedMerge,
        nodes: &[Node],
        ends: &mut [End],
    ) -> Result<BTreeMap<String, NodeLog>, EngineError> {
        let paths = Paths::of(self.engine.folder(), &self.id);
        let own = tokio::task::spawn_blocking(move || sums(&paths));
        let log = NodePlaces::of(&self.id).results();
        // In parallel with the server's: each machine reads its log at its own speed.
        let theirs = for_all(nodes.iter().zip(&*ends).map(|(node, end)| async {
            match end {
                End::Read(_) => node.remote.digest(&log).await,
                End::Gone | End::Failed(_) => Ok(None),
            }
        }));
        let theirs = theirs.await;
        let mut own = own
            .await
            .map_err(|panic| EngineError::JMeter(panic.to_string()))?
            .map_err(|error| EngineError::file("reading the run's log", error))?;
        let header = own.remove(HEADER).unwrap_or_default();
        let mut logs = BTreeMap::new();
        for ((node, end), theirs) in nodes.iter().zip(&mut *ends).zip(theirs) {
            // A log with a header but no rows has no piece.
            let begun = lock(merge).offset(&node.name) > 0;
            let nothing = if begun { header.clone() } else { Default::default() };
            let (mut size, mut sum) = own.remove(&node.name).unwrap_or(nothing);
            let bytes = size;
            if let End::Read(rest) = &*end {
                size += rest.len() as u64;
                sum.update(rest);
            }
            let is_read = matches!(end, End::Read(_));
            let whole = match theirs {
                Ok(Some(theirs)) => theirs == (size, sum.finalize().into()),
                Err(error) => {
                    *end = End::of_error(EngineError::Port(error));
                    false
                }
                // There is no log to compare it with: JMeter wrote none, or an earlier attempt has cleaned the nodes.
                Ok(None) => {
                    is_read
                        && run
                            .nodes
                            .iter()
                            .find(|known| known.name == node.name)
                            .and_then(|known| known.log)
                            .is_none_or(|log| log.whole)
                }
            };
            logs.insert(node.name.clone(), NodeLog { bytes, whole });
        }
        Ok(logs)
    }

    /// Records the result of each node's log in the run.
    async fn note_logs(&self, merge: &SharedMerge, nodes: &[Node], ends: &[End], logs: BTreeMap<String, NodeLog>) {
        let Ok(run) = self.run().await else { return };
        let first: BTreeMap<String, i64> = {
            let merge = lock(merge);
            run.nodes.iter().filter_map(|node| Some((node.name.clone(), merge.first_sample_ms(node)?))).collect()
        };
        for (node, end) in nodes.iter().zip(ends) {
            let is_lost = run.nodes.iter().any(|known| known.name == node.name && known.lost_ms.is_some());
            match (end, logs.get(&node.name)) {
                (End::Read(rest), Some(log)) if log.whole && !rest.is_empty() => {
                    let text = format!("The last row of the log of {} is truncated and does not count.", node.name);
                    let note = Message::new("row_cut", text).with("node", node.name.as_str());
                    self.note_if_possible(note.with("bytes", rest.len())).await;
                }
                (_, Some(log)) if log.whole => (),
                (end, log) => {
                    let bytes = log.map_or(0, |log| log.bytes);
                    let note = incomplete(&node.name, end, bytes);
                    // The run was allowed to continue without it.
                    if is_lost { self.note_if_possible(note).await } else { self.miss(note).await }
                }
            }
        }
        let written = self.change(move |run| {
            for node in &mut run.nodes {
                node.log = logs.get(&node.name).copied().or(node.log);
                node.first_sample_ms = first.get(&node.name).copied().or(node.first_sample_ms);
            }
            Ok(())
        });
        self.try_to("record the results of the nodes' logs", written.await.map(drop));
    }

    /// Rebuilds spool and journal: from the unchanged pieces of the other nodes, and the complete logs of those nodes.
    /// `false`: the received data does not match either, and nothing was changed.
    async fn read_again(&self, merge: &SharedMerge, nodes: &[&Node]) -> Result<bool, EngineError> {
        let paths = Paths::of(self.engine.folder(), &self.id);
        let Some(header) = lock(merge).header().map(<[u8]>::to_vec) else { return Ok(false) };
        let made = self.make_again(&paths, &header, nodes).await;
        if !matches!(made, Ok(true)) {
            paths.discard().map_err(again_failed)?;
            return made;
        }
        paths.replace().map_err(again_failed)?;
        self.engine.log_was_replaced(&self.id).await?;
        Ok(true)
    }

    async fn make_again(&self, paths: &Paths, header: &[u8], nodes: &[&Node]) -> Result<bool, EngineError> {
        let (from, without) = (paths.clone(), nodes.iter().map(|node| node.name.clone()).collect());
        let copied = tokio::task::spawn_blocking(move || copy_without(&from, &without));
        let mut new = copied.await.map_err(|panic| EngineError::JMeter(panic.to_string()))?.map_err(again_failed)?;
        for node in nodes {
            if !self.copy_log(node, header, &mut new).await? {
                return Ok(false);
            }
        }
        new.finish().map_err(again_failed)?;
        Ok(true)
    }

    /// Adds a node's complete log; `false`: it does not match its digest, or its columns differ.
    async fn copy_log(&self, node: &Node, header: &[u8], new: &mut NewSpool) -> Result<bool, EngineError> {
        let log = NodePlaces::of(&self.id).results();
        let Some(theirs) = node.remote.digest(&log).await? else { return Ok(false) };
        let mut sum = Sha256::new();
        // The position of the rows that are not added yet, and the rows.
        let mut from = 0;
        let mut rest: Vec<u8> = Vec::new();
        while let Some(chunk) = node.remote.read_at(&log, from + rest.len() as u64, PIECE).await? {
            if chunk.bytes.is_empty() {
                break;
            }
            if in_place(|| self.engine.room()).is_some_and(|room| !room.is_for_logs()) {
                return Err(EngineError::DiskFull { what: "reading the run's log again".to_owned() });
            }
            rest.extend_from_slice(&chunk.bytes);
            let mut whole = in_place(|| {
                sum.update(&chunk.bytes);
                whole_rows(&rest, DELIMITER)
            });
            if from == 0 && whole > 0 {
                if !rest.starts_with(header) {
                    return Ok(false);
                }
                rest.drain(..header.len());
                whole -= header.len();
                from = header.len() as u64;
            }
            in_place(|| new.add(&node.name, from, &rest[..whole])).map_err(again_failed)?;
            rest.drain(..whole);
            from += whole as u64;
        }
        Ok(theirs == (from + rest.len() as u64, sum.finalize().into()))
    }
}

fn again_failed(error: std::io::Error) -> EngineError {
    EngineError::file("reading the run's log again", error)
}

/// Why a node's log is not all here.
fn incomplete(node: &str, end: &End, bytes: u64) -> Message {
    let (code, why) = match end {
        End::Gone => ("node_log_lost", "The node is lost.".to_owned()),
        End::Failed(error) => ("node_log_unreadable", jac_model::sentence(error)),
        End::Read(_) => ("log_differs", "The collected log differs from the node's.".to_owned()),
    };
    let text = format!("The log of {node} is incomplete: {why} The results contain {bytes} bytes of it.");
    Message::new(code, text).with("node", node).with("bytes", bytes).with("detail", why)
}

/// It was read completely, and differs from the node's file.
fn differs(node: &Node, end: &End, logs: &BTreeMap<String, NodeLog>) -> bool {
    matches!(end, End::Read(_)) && logs.get(&node.name).is_some_and(|log| !log.whole)
}

/// The running size and SHA-256 of each node's part of the spool, each starting with the header.
fn sums(paths: &Paths) -> std::io::Result<BTreeMap<String, (u64, Sha256)>> {
    let mut spool = BufReader::with_capacity(PIECE, std::fs::File::open(&paths.spool)?);
    let mut sums: BTreeMap<String, (u64, Sha256)> = BTreeMap::new();
    let mut buffer = vec![0; PIECE];
    extents(paths, |extent| {
        let header = sums.get(HEADER).cloned().unwrap_or_default();
        let (size, sum) = sums.entry(extent.node.clone()).or_insert(header);
        for_each_piece(&mut spool, extent, &mut buffer, |bytes| {
            *size += bytes.len() as u64;
            sum.update(bytes);
            Ok(())
        })
    })?;
    Ok(sums)
}

/// Reads the next piece of the spool.
fn for_each_piece(
    spool: &mut impl Read,
    extent: &Extent,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut left = extent.length;
    while left > 0 {
        let length = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        spool.read_exact(&mut buffer[..length])?;
        take(&buffer[..length])?;
        left -= length as u64;
    }
    Ok(())
}

/// A spool and its journal while they are being rebuilt.
struct NewSpool {
    spool: BufWriter<std::fs::File>,
    journal: NewJournal,
    length: u64,
}

impl NewSpool {
    /// The spool exists before the journal: see [`Paths::discard`].
    fn create(paths: &Paths) -> std::io::Result<Self> {
        let spool = BufWriter::with_capacity(PIECE, std::fs::File::create(&paths.new_spool)?);
        Ok(Self { spool, journal: NewJournal::create(paths)?, length: 0 })
    }

    fn add(&mut self, node: &str, from: u64, bytes: &[u8]) -> std::io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let length = bytes.len() as u64;
        self.journal.add(&Extent { node: node.to_owned(), from, at: self.length, length })?;
        self.spool.write_all(bytes)?;
        self.length += length;
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<()> {
        self.spool.flush()?;
        self.journal.finish()
    }
}

/// A new spool with the pieces of all nodes but some.
fn copy_without(paths: &Paths, nodes: &BTreeSet<String>) -> std::io::Result<NewSpool> {
    paths.discard()?;
    let mut new = NewSpool::create(paths)?;
    let mut spool = BufReader::with_capacity(PIECE, std::fs::File::open(&paths.spool)?);
    let mut buffer = vec![0; PIECE];
    extents(paths, |extent| {
        let mut from = extent.from;
        for_each_piece(&mut spool, extent, &mut buffer, |bytes| {
            if !nodes.contains(&extent.node) {
                new.add(&extent.node, from, bytes)?;
            }
            from += bytes.len() as u64;
            Ok(())
        })
    })?;
    Ok(new)
}
