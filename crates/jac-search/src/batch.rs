//! Combines rows into requests.

use crate::document::DocumentWriter;
use crate::settings::Settings;
use jac_jtl::{Sample, TakeSample};
use jac_model::search::ShippedRun;
use std::io::Write;
use std::ops::Range;

/// The layout of rows in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// For `_bulk`: a line with the action, then the document's line.
    Bulk,
    /// A document per line, with its ID in its `@metadata`, which Logstash does not forward.
    Lines,
}

/// Rows of one request, in the order of the log.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Each row in its frame.
    bytes: Vec<u8>,
    rows: Vec<Row>,
    /// When the newest of them began.
    pub newest_ms: i64,
}

/// The position of a row.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// The byte after it.
    end: u32,
    /// Byte of its document.
    document: u32,
    /// Byte of the log that it begins at.
    position: u64,
}

impl Batch {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The position of the last row in the log.
    pub fn last_position(&self) -> Option<u64> {
        self.rows.last().map(|row| row.position)
    }

    pub fn position(&self, row: usize) -> u64 {
        self.rows[row].position
    }

    /// The bytes of these rows.
    pub fn bytes(&self, rows: Range<usize>) -> &[u8] {
        let start = rows.start.checked_sub(1).map_or(0, |before| self.rows[before].end as usize);
        let end = rows.end.checked_sub(1).map_or(0, |last| self.rows[last].end as usize);
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// A row's document as text.
    pub fn document(&self, row: usize) -> &str {
        let row = self.rows[row];
        std::str::from_utf8(&self.bytes[row.document as usize..row.end as usize]).unwrap_or_default().trim_end()
    }
}

/// Builds batches of samples.
#[derive(Debug)]
pub(crate) struct Packer {
    documents: DocumentWriter,
    framing: Framing,
    /// The prefix of every ID.
    id: String,
    /// Rows up to the one that begins at this byte were acknowledged earlier.
    after: Option<u64>,
    most_bytes: usize,
    most_rows: usize,
    begun: Batch,
    full: Vec<Batch>,
}

impl Packer {
    pub fn new(run: &ShippedRun, settings: &Settings, framing: Framing, after: Option<u64>) -> Self {
        Self {
            documents: DocumentWriter::new(run, settings),
            framing,
            id: format!("{}-{}-", run.id, run.source),
            after,
            most_bytes: settings.batch_bytes,
            most_rows: settings.batch_rows,
            begun: Batch::default(),
            full: Vec::new(),
        }
    }

    /// The batches that are full.
    pub fn take_full(&mut self) -> Vec<Batch> {
        std::mem::take(&mut self.full)
    }

    /// All batches, including the incomplete one.
    pub fn take_all(&mut self) -> Vec<Batch> {
        if !self.begun.is_empty() {
            self.full.push(std::mem::take(&mut self.begun));
        }
        self.take_full()
    }
}

/// The ID of a row's document: the same each time the row is sent.
pub(crate) fn document_id(run: &ShippedRun, position: u64) -> String {
    format!("{}-{}-{position}", run.id, run.source)
}

impl TakeSample for Packer {
    fn take(&mut self, sample: &Sample<'_>) {
        if self.after.is_some_and(|after| sample.position <= after) {
            return;
        }
        let batch = &mut self.begun;
        let (out, id) = (&mut batch.bytes, &self.id);
        // A vector takes every write.
        let document = match self.framing {
            Framing::Bulk => {
                drop(writeln!(out, "{{\"create\":{{\"_id\":\"{id}{}\"}}}}", sample.position));
                let document = out.len();
                self.documents.write(sample, out);
                document
            }
            Framing::Lines => {
                let document = out.len();
                drop(write!(out, "{{\"@metadata\":{{\"_id\":\"{id}{}\"}},", sample.position));
                let opened = out.len();
                self.documents.write(sample, out);
                out.remove(opened);
                document
            }
        };
        out.push(b'\n');
        // Batches are far below 4 GiB: a row has at most as many bytes as the reader accepts, and only a few times as
        // many when escaped.
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        batch.rows.push(Row { end: place(out.len()), document: place(document), position: sample.position });
        batch.newest_ms = if batch.rows.len() == 1 { sample.start_ms } else { batch.newest_ms.max(sample.start_ms) };
        if batch.rows.len() >= self.most_rows || batch.bytes.len() >= self.most_bytes {
            let next = Batch {
                bytes: Vec::with_capacity(batch.bytes.len()),
                rows: Vec::with_capacity(batch.rows.len()),
                newest_ms: 0,
            };
            self.full.push(std::mem::replace(batch, next));
        }
    }
}
