//! Response times as HdrHistograms: an interval log that `HistogramLogProcessor` reads, a line for each interval, in total and by label.
//!
//! Samples are counted in the interval in which they ended. Intervals stay open until there are too many counts; then the oldest are written, and samples that arrive
//! later for one get another line. Readers add up the lines of an interval, so the counts remain exact.

use crate::ExportError;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriter, IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};
use jac_jtl::{ReadOutcome, Sample, Settings};
use jac_logs::{Input, LogError, Progress, stream_samples};
use jac_report::histogram;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::collections::BTreeMap;
use std::io::Write;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::time::{Duration, UNIX_EPOCH};

/// Maximum number of open counts, about ten bytes each.
const MOST_OPEN: usize = 1 << 20;
/// Memory of a label of an interval, in counts.
const LABEL_WEIGHT: usize = 16;
/// Characters that are not permitted in a tag, and the escape character itself: labels are percent-encoded.
const IN_TAGS: &AsciiSet = &CONTROLS.add(b' ').add(b',').add(b'%');

/// Counts of one interval and label by response time in milliseconds.
type Counts = BTreeMap<u32, u64>;

/// Writes the log: for each interval a line without a tag, of all samples except transactions, and a line for each
/// label with the label as tag.
///
/// # Errors
/// When a log cannot be read or has no sample, or the file cannot be written.
pub fn write_interval_log(
    inputs: &[Input],
    settings: &Settings,
    interval_ms: NonZero<u32>,
    mut out: impl Write,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<ReadOutcome, ExportError> {
    let start_ms = jac_logs::first_start(inputs, settings)?.unwrap_or(0).max(0);
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment(
            "Response times in milliseconds, by the end of the sample; without a tag: all samples but transactions",
        )
        .with_start_time(UNIX_EPOCH + Duration::from_millis(start_ms.unsigned_abs()))
        .begin_log_with(&mut out, &mut serializer)?;
    let mut open = Intervals { interval_ms: i64::from(interval_ms.get()), ..Intervals::default() };
    let mut failed = None;
    let read = stream_samples(
        inputs,
        settings,
        &mut |_, sample| {
            open.add(sample);
            // Half of them, so that the next samples do not cause another write.
            if open.counts > MOST_OPEN
                && let Err(error) = open.close_until(MOST_OPEN / 2, &mut log)
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
    open.close_until(0, &mut log)?;
    drop(log);
    out.flush()?;
    Ok(outcome)
}

fn of_log<E: std::fmt::Debug + std::fmt::Display>(error: IntervalLogWriterError<E>) -> ExportError {
    match error {
        IntervalLogWriterError::IoError(error) => ExportError::Write(error),
        error @ IntervalLogWriterError::SerializeError(_) => ExportError::Format(error.to_string()),
    }
}

/// The counts of each label; `None`: of all.
type OfLabels = BTreeMap<Option<Box<[u8]>>, Counts>;

/// The intervals that are not written yet, by their start.
#[derive(Default)]
struct Intervals {
    interval_ms: i64,
    /// Number of open counts, with labels by their weight.
    counts: usize,
    /// The total's under no label.
    open: BTreeMap<i64, OfLabels>,
}

impl Intervals {
    fn add(&mut self, sample: &Sample<'_>) {
        let Some(elapsed_ms) = sample.elapsed_ms.filter(|_| !sample.is_empty_transaction()) else { return };
        let begin = sample.end_ms.div_euclid(self.interval_ms) * self.interval_ms;
        let (interval, open) = (self.open.entry(begin).or_default(), &mut self.counts);
        let mut count = |label: Option<Box<[u8]>>| {
            let counts = interval.entry(label).or_insert_with(|| {
                *open += LABEL_WEIGHT;
                Counts::new()
            });
            *counts.entry(elapsed_ms).or_insert_with(|| {
                *open += 1;
                0
            }) += 1;
        };
        count(Some(sample.label.into()));
        if !sample.is_transaction() {
            count(None);
        }
    }

    /// Writes the oldest intervals, until no more counts are open than that.
    fn close_until<W: Write>(
        &mut self,
        most: usize,
        log: &mut IntervalLogWriter<'_, '_, W, V2DeflateSerializer>,
    ) -> Result<(), ExportError> {
        while self.counts > most
            && let Some((begin, labels)) = self.open.pop_first()
        {
            // The format has no times before 1970.
            let start = Duration::from_millis(begin.max(0).unsigned_abs());
            let length = Duration::from_millis(self.interval_ms.unsigned_abs());
            for (label, counts) in labels {
                self.counts -= LABEL_WEIGHT + counts.len();
                let label = label.map(|label| String::from_utf8_lossy(&label).into_owned());
                let encoded = label.map(|label| utf8_percent_encode(&label, IN_TAGS).to_string());
                let tag = encoded.as_deref().and_then(Tag::new);
                let histogram = histogram(counts).map_err(|error| ExportError::Format(error.to_string()))?;
                log.write_histogram(&histogram, start, length, tag).map_err(of_log)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    #[test]
    fn a_log_in_no_order_has_a_line_for_each_interval_and_label() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.jtl");
        // An hour, mixed up: 7,919 is prime.
        let row = |n: i64| format!("{},{},L{}\n", 1_700_000_000_000 + n * 7_919 % 3_600 * 1_000, n % 90, n % 2);
        let log: String = std::iter::once("timeStamp,elapsed,label\n".to_owned()).chain((0..36_000).map(row)).collect();
        std::fs::write(&path, log).expect("written");
        let mut out = Vec::new();
        let interval = NonZero::new(60_000).expect("not zero");
        let read = write_interval_log(&[Input::File(path)], &Settings::default(), interval, &mut out, &mut |_| {
            ControlFlow::Continue(())
        });
        assert_eq!(read.expect("written").samples, 36_000);
        let lines = IntervalLogIterator::new(&out).filter(|entry| matches!(entry, Ok(LogEntry::Interval(_)))).count();
        // The hour begins within a minute.
        assert_eq!(lines, 61 * 3);
    }

    #[test]
    fn what_is_open_is_bounded_and_the_oldest_is_written_first() {
        let mut open = Intervals { interval_ms: 1_000, ..Intervals::default() };
        let mut serializer = V2DeflateSerializer::new();
        let mut out = Vec::new();
        let mut log = IntervalLogWriterBuilder::new().begin_log_with(&mut out, &mut serializer).expect("begun");
        let mut text = "timeStamp,elapsed,label\n".to_owned();
        for n in 0..100 {
            text += &format!("{},{n},L\n", 1_700_000_000_000_i64 + n * 1_000);
        }
        let mut reader = jac_jtl::LogReader::new(&Settings::default());
        reader.feed(text.as_bytes(), &mut |sample: &Sample<'_>| open.add(sample));
        assert_eq!((open.open.len(), open.counts), (100, 100 * 2 * (LABEL_WEIGHT + 1)));
        open.close_until(open.counts / 2, &mut log).expect("written");
        assert_eq!((open.open.len(), open.counts), (50, 50 * 2 * (LABEL_WEIGHT + 1)));
        assert!(open.open.keys().all(|begin| *begin >= 1_700_000_050_000), "the newest stay");
    }

    #[test]
    fn every_sample_is_in_its_interval_however_late_it_comes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.jtl");
        let mut log = "timeStamp,elapsed,label\n".to_owned();
        // The last one ended two minutes before the previous one.
        for (start, elapsed, label) in
            [(1_000, 500, "Log in"), (3_000, 0, "Pay"), (200_000, 4_000_000, "Pay"), (2_000, 30, "Pay")]
        {
            log += &format!("{},{elapsed},{label}\n", 1_700_000_000_000_i64 + start);
        }
        std::fs::write(&path, log).expect("written");
        let mut out = Vec::new();
        let interval = NonZero::new(10_000).expect("not zero");
        let read = write_interval_log(&[Input::File(path)], &Settings::default(), interval, &mut out, &mut |_| {
            ControlFlow::Continue(())
        });
        assert_eq!(read.expect("written").samples, 4);
        let mut seen: BTreeMap<(String, u64), Vec<u64>> = BTreeMap::new();
        for entry in IntervalLogIterator::new(&out) {
            if let LogEntry::Interval(line) = entry.expect("a line") {
                let bytes = STANDARD.decode(line.encoded_histogram()).expect("base64");
                let histogram: Histogram<u64> =
                    Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram");
                let tag = line.tag().map_or_else(String::new, |tag| tag.as_str().to_owned());
                let times = seen.entry((tag, line.start_timestamp().as_secs())).or_default();
                for value in histogram.iter_recorded() {
                    times.extend(std::iter::repeat_n(
                        value.value_iterated_to(),
                        usize::try_from(value.count_at_value()).expect("few"),
                    ));
                }
            }
        }
        let at =
            |tag: &str, second: u64| seen.get(&(tag.to_owned(), 1_700_000_000 + second)).cloned().unwrap_or_default();
        assert_eq!(at("Log%20in", 0), [500]);
        assert_eq!((at("Pay", 0), at("", 0)), (vec![0, 30], vec![0, 30, 500]));
        assert_eq!(at("Pay", 4_200).len(), 1, "longer than an hour: {seen:?}");
    }
}
