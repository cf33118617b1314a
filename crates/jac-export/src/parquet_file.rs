//! Samples as Parquet: one row each, columns typed, in row groups that are written as soon as they are full.

use crate::ExportError;
use bytes::Bytes;
use jac_jtl::{ReadOutcome, Sample, Settings};
use jac_logs::{Input, LogError, Progress, stream_samples};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::collections::HashMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Rows of a group, at most.
const ROWS: usize = 128 * 1024;
/// Text of a group, in bytes, at which it is written whatever its number of rows.
const TEXT_BYTES: usize = 32 << 20;
/// Texts of a column that are stored once for all rows that have them.
const KNOWN_TEXTS: usize = 10_000;

/// The columns, in the order in which they are written. Documented in `docs/results.md`.
const SCHEMA: &str = "message sample {
    required int32 log;
    required int64 position;
    required int64 start (TIMESTAMP(MILLIS,true));
    required int64 end (TIMESTAMP(MILLIS,true));
    optional int64 elapsed_ms;
    required binary label (STRING);
    required boolean transaction;
    required boolean success;
    required binary response_code (STRING);
    required binary response_message (STRING);
    required binary failure_message (STRING);
    required binary thread (STRING);
    required binary host (STRING);
    required binary url (STRING);
    optional int64 received_bytes;
    optional int64 sent_bytes;
    optional int64 latency_ms;
    optional int64 connect_ms;
    optional int32 group_threads;
    optional int64 all_threads;
}";

impl From<ParquetError> for ExportError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(error) => match error.downcast::<std::io::Error>() {
                Ok(error) => Self::Write(*error),
                Err(error) => Self::Format(error.to_string()),
            },
            error => Self::Format(error.to_string()),
        }
    }
}

/// Writes every sample of the logs, in their order.
///
/// # Errors
/// When a log cannot be read or has no sample, or the file cannot be written: it is unusable then.
pub fn write_parquet(
    inputs: &[Input],
    settings: &Settings,
    out: impl Write + Send,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<ReadOutcome, ExportError> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by(concat!("jac ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    let mut rows = Rows::default();
    let mut failed = None;
    let read = stream_samples(
        inputs,
        settings,
        &mut |log, sample| {
            rows.add(log, sample);
            if rows.is_full()
                && let Err(error) = rows.write(&mut writer)
            {
                failed = Some(error);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        },
        progress,
    );
    let outcome = match (read, failed) {
        (Err(LogError::Cancelled), Some(error)) => return Err(error),
        (read, _) => read?,
    };
    rows.write(&mut writer)?;
    writer.close()?;
    Ok(outcome)
}

/// A column of text with many repeated values.
#[derive(Default)]
struct Texts {
    values: Vec<ByteArray>,
    known: HashMap<Box<[u8]>, ByteArray>,
    bytes: usize,
}

impl Texts {
    fn add(&mut self, text: &[u8]) {
        self.bytes += text.len();
        if let Some(known) = self.known.get(text) {
            self.values.push(known.clone());
            return;
        }
        // A log's bytes may be anything; the column is text.
        let clean = String::from_utf8_lossy(text).into_owned();
        let value = ByteArray::from(Bytes::from(clean));
        if self.known.len() < KNOWN_TEXTS {
            self.known.insert(text.into(), value.clone());
        }
        self.values.push(value);
    }

    fn clear(&mut self) {
        self.values.clear();
        self.bytes = 0;
        if self.known.len() >= KNOWN_TEXTS {
            self.known.clear();
        }
    }
}

/// A column in which values may be missing.
struct Optional<T> {
    values: Vec<T>,
    /// 1: there is one.
    levels: Vec<i16>,
}

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self { values: Vec::new(), levels: Vec::new() }
    }
}

impl<T> Optional<T> {
    fn add(&mut self, value: Option<T>) {
        self.levels.push(i16::from(value.is_some()));
        self.values.extend(value);
    }

    fn clear(&mut self) {
        self.values.clear();
        self.levels.clear();
    }
}

/// The rows of an incomplete group, column by column.
#[derive(Default)]
struct Rows {
    log: Vec<i32>,
    position: Vec<i64>,
    start: Vec<i64>,
    end: Vec<i64>,
    elapsed_ms: Optional<i64>,
    transaction: Vec<bool>,
    success: Vec<bool>,
    /// Label, code, message, failure message, thread, host, URL.
    texts: [Texts; 7],
    /// Received and sent bytes, latency, connect time.
    numbers: [Optional<i64>; 4],
    group_threads: Optional<i32>,
    all_threads: Optional<i64>,
}

/// The number in the format's type; a value beyond its range was not a number of a sample.
fn whole(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

impl Rows {
    fn add(&mut self, log: u32, sample: &Sample<'_>) {
        self.log.push(i32::try_from(log).unwrap_or(i32::MAX));
        self.position.push(whole(sample.position).unwrap_or(i64::MAX));
        self.start.push(sample.start_ms);
        self.end.push(sample.end_ms);
        self.elapsed_ms.add(sample.elapsed_ms.map(i64::from));
        self.transaction.push(sample.is_transaction());
        self.success.push(sample.success);
        let texts = [
            sample.label,
            sample.code,
            sample.message,
            sample.failure_message,
            sample.thread,
            sample.host(),
            sample.url,
        ];
        for (column, text) in self.texts.iter_mut().zip(texts) {
            column.add(text);
        }
        let numbers = [sample.received_bytes, sample.sent_bytes, sample.latency_ms, sample.connect_ms];
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.add(number.and_then(whole));
        }
        self.group_threads.add(std::str::from_utf8(sample.group_threads).ok().and_then(|text| text.parse().ok()));
        self.all_threads.add(sample.all_threads.map(i64::from));
    }

    fn is_full(&self) -> bool {
        self.log.len() >= ROWS || self.texts.iter().map(|texts| texts.bytes).sum::<usize>() >= TEXT_BYTES
    }

    /// Writes the rows as a group; it is empty afterwards.
    fn write<W: Write + Send>(&mut self, writer: &mut SerializedFileWriter<W>) -> Result<(), ExportError> {
        if self.log.is_empty() {
            return Ok(());
        }
        let mut group = writer.next_row_group()?;
        column::<Int32Type, _>(&mut group, &self.log, None)?;
        for values in [&self.position, &self.start, &self.end] {
            column::<Int64Type, _>(&mut group, values, None)?;
        }
        column::<Int64Type, _>(&mut group, &self.elapsed_ms.values, Some(&self.elapsed_ms.levels))?;
        let [label, others @ ..] = &self.texts;
        column::<ByteArrayType, _>(&mut group, &label.values, None)?;
        for values in [&self.transaction, &self.success] {
            column::<BoolType, _>(&mut group, values, None)?;
        }
        for texts in others {
            column::<ByteArrayType, _>(&mut group, &texts.values, None)?;
        }
        for numbers in &self.numbers {
            column::<Int64Type, _>(&mut group, &numbers.values, Some(&numbers.levels))?;
        }
        column::<Int32Type, _>(&mut group, &self.group_threads.values, Some(&self.group_threads.levels))?;
        column::<Int64Type, _>(&mut group, &self.all_threads.values, Some(&self.all_threads.levels))?;
        group.close()?;
        self.clear();
        Ok(())
    }

    fn clear(&mut self) {
        self.log.clear();
        for values in [&mut self.position, &mut self.start, &mut self.end] {
            values.clear();
        }
        self.transaction.clear();
        self.success.clear();
        self.texts.iter_mut().for_each(Texts::clear);
        self.numbers.iter_mut().for_each(Optional::clear);
        self.elapsed_ms.clear();
        self.group_threads.clear();
        self.all_threads.clear();
    }
}

/// Writes the next column of a group.
fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ExportError> {
    let missing = || ExportError::Format("a column is missing in the schema".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()?;
    Ok(())
}
