//! One spool of many logs: whole rows of all nodes in order of arrival, with the journal that records their origin.
//!
//! The journal's line is written before the rows and the rows before the statistics are fed, so after a crash both files *are* the offsets.

use super::journal::{DELIMITER, Extent, Found, HEADER, Journal, Paths};
use crate::blocking::in_place;
use crate::error::EngineError;
use crate::runs::NodePlaces;
use crate::runs::supervise::Task;
use crate::runs::tail::Pull;
use crate::runs::tailed_spool::{Piece, Pulled, TailedSpool};
use jac_jtl::{count_rows, whole_rows};
use jac_model::RunNode;
use jac_model::ports::Remote;
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The longest row that is read, which `jac-jtl` reads too.
const LONGEST_ROW: usize = 4 << 20;

/// The merged log of a run.
pub(in crate::runs) struct Merge {
    pub tailed: TailedSpool,
    journal: Journal,
    /// The header line, once a node's log had one.
    header: Option<Vec<u8>>,
    /// How far each node's log is read.
    offsets: BTreeMap<String, u64>,
    /// When each node's first row started, by the node's clock.
    first_rows: BTreeMap<String, i64>,
}

/// Shared by all concurrent readers.
pub(in crate::runs) type SharedMerge = Arc<Mutex<Merge>>;

pub(super) fn lock(merge: &SharedMerge) -> MutexGuard<'_, Merge> {
    merge.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Merge {
    /// Opens spool and journal, makes them consistent, and reads the existing spool.
    pub async fn open(task: &Task) -> Result<SharedMerge, EngineError> {
        let paths = Paths::of(task.engine.folder(), &task.id);
        let known = task.engine.live().get(&task.id).map(|live| live.received());
        let opened = tokio::task::spawn_blocking(move || {
            if let Some(folder) = paths.spool.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let (journal, found) = Journal::open(&paths)?;
            let header = read_header(&paths.spool)?;
            let first_rows = read_first_rows(&paths.spool, &found)?;
            Ok((journal, found, header, first_rows, std::fs::metadata(&paths.spool)?.len()))
        });
        let opened = opened.await.map_err(|panic| EngineError::JMeter(panic.to_string()))?;
        let (journal, found, header, first_rows, length) =
            opened.map_err(|error| EngineError::file("accessing the run's log", error))?;
        if found.surplus {
            tracing::warn!(run = %task.id, "run {}: its log had rows whose node was not written down; they are read again", task.id);
            task.engine.log_was_replaced(&task.id).await?;
        }
        // Its counts do not match the spool.
        if known.is_some_and(|known| known != length) {
            task.engine.live().remove(&task.id);
        }
        let tailed = TailedSpool::open(task).await?;
        Ok(Arc::new(Mutex::new(Self { tailed, journal, header, offsets: found.offsets, first_rows })))
    }

    /// How far a node's log is read.
    pub fn offset(&self, node: &str) -> u64 {
        self.offsets.get(node).copied().unwrap_or(0)
    }

    pub fn header(&self) -> Option<&[u8]> {
        self.header.as_deref()
    }

    /// When a node's first sample started, by the server's clock.
    pub fn first_sample_ms(&self, node: &RunNode) -> Option<i64> {
        Some(self.first_rows.get(&node.name)? - node.clock_offset_ms.unwrap_or(0))
    }

    /// Adds complete rows of a node's log, which are at `from` there.
    fn take(&mut self, node: &str, from: u64, rows: &[u8]) -> Result<(), EngineError> {
        let mut from = from;
        let mut rows = rows;
        if from == 0 {
            let length = first_row(rows);
            let (header, rest) = rows.split_at(length);
            match &self.header {
                Some(known) if known == header => (),
                Some(_) => {
                    let text = format!("The log of {node} has different columns from the logs of the other nodes.");
                    return Err(EngineError::invalid("log_columns_differ", text));
                }
                None => {
                    self.add(HEADER, 0, header)?;
                    self.header = Some(header.to_vec());
                }
            }
            (from, rows) = (length as u64, rest);
        }
        if !rows.is_empty() {
            self.add(node, from, rows)?;
            if let (None, Some(start_ms)) = (self.first_rows.get(node), stamp(rows)) {
                self.first_rows.insert(node.to_owned(), start_ms);
            }
        }
        self.offsets.insert(node.to_owned(), from + rows.len() as u64);
        Ok(())
    }

    fn add(&mut self, node: &str, from: u64, bytes: &[u8]) -> Result<(), EngineError> {
        let failed = |error| EngineError::file("the journal of the run's log", error);
        let extent = Extent { node: node.to_owned(), from, at: self.tailed.offset(), length: bytes.len() as u64 };
        self.journal.add(&extent).map_err(failed)?;
        if let Err(error) = self.tailed.append(bytes) {
            self.journal.take_back(&extent).map_err(failed)?;
            return Err(error);
        }
        Ok(())
    }
}

/// A node whose log is being read.
pub(super) struct Source<'a> {
    merge: &'a SharedMerge,
    name: &'a str,
    remote: &'a dyn Remote,
    log: String,
    piece: Piece,
}

impl<'a> Source<'a> {
    pub fn new(merge: &'a SharedMerge, task: &Task, name: &'a str, remote: &'a dyn Remote) -> Self {
        Self { merge, name, remote, log: NodePlaces::of(&task.id).results(), piece: Piece::default() }
    }

    /// Reads everything that the node's log has. Returns the bytes of an incomplete last row.
    pub async fn pull_all(&mut self) -> Result<Vec<u8>, EngineError> {
        while self.pull().await? != Pulled::Everything {}
        let from = lock(self.merge).offset(self.name);
        let rest = self.remote.read_at(&self.log, from, LONGEST_ROW).await?;
        Ok(rest.map(|chunk| chunk.bytes.to_vec()).unwrap_or_default())
    }
}

impl Pull for Source<'_> {
    async fn pull(&mut self) -> Result<Pulled, EngineError> {
        let from = {
            let mut merge = lock(self.merge);
            merge.tailed.need_room()?;
            merge.offset(self.name)
        };
        let Some(chunk) = self.piece.read(self.remote, &self.log, from).await? else { return Ok(Pulled::Everything) };
        let (mut bytes, size) = (chunk.bytes, chunk.file_size);
        let mut whole = in_place(|| whole_rows(&bytes, DELIMITER));
        if whole == 0 && from + (bytes.len() as u64) < size {
            // A row that is longer than the piece.
            if let Some(longer) = self.remote.read_at(&self.log, from, LONGEST_ROW).await? {
                bytes = longer.bytes;
                whole = in_place(|| whole_rows(&bytes, DELIMITER));
            }
            if whole == 0 && bytes.len() >= LONGEST_ROW {
                let text = format!("A row of the log of {} is longer than {} MB.", self.name, LONGEST_ROW >> 20);
                return Err(EngineError::invalid("log_row_too_long", text));
            }
        }
        if whole == 0 {
            // The remainder is a row that is still being written.
            return Ok(Pulled::Everything);
        }
        let rows = in_place(|| {
            lock(self.merge).take(self.name, from, &bytes[..whole])?;
            Ok::<_, EngineError>(count_rows(&bytes[..whole], DELIMITER))
        })?;
        // The header is not a row.
        let rows = (rows as u64).saturating_sub(u64::from(from == 0));
        Ok(Pulled::Piece { left_bytes: size.saturating_sub(from + whole as u64), rows: Some(rows) })
    }

    fn report_disk_wait(&self, waits: bool) {
        lock(self.merge).tailed.report_disk_wait(waits);
    }
}

/// The length of the first row with its line end: the input consists of complete rows.
fn first_row(rows: &[u8]) -> usize {
    rows.iter().position(|byte| *byte == b'\n').map_or(rows.len(), |end| end + 1)
}

fn read_header(spool: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let mut begin = Vec::new();
    std::fs::File::open(spool)?.take(64 << 10).read_to_end(&mut begin)?;
    begin.truncate(first_row(&begin));
    Ok(begin.ends_with(b"\n").then_some(begin))
}

/// When the rows that nodes' logs begin with started.
fn read_first_rows(spool: &Path, found: &Found) -> std::io::Result<BTreeMap<String, i64>> {
    let file = std::fs::File::open(spool)?;
    let mut first = BTreeMap::new();
    for (node, at) in &found.first_rows {
        let mut row = [0; 32];
        let length = file.read_at(&mut row, *at)?;
        first.extend(stamp(&row[..length]).map(|start_ms| (node.clone(), start_ms)));
    }
    Ok(first)
}

/// When a row's sample started: JMeter's first column, in epoch milliseconds.
fn stamp(row: &[u8]) -> Option<i64> {
    let digits = row.split(|byte| *byte == DELIMITER).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
