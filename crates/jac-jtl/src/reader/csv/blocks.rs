//! Rows without a quote, cut out of a block by an index of its marks.

use super::{CsvReader, State};
use crate::reader::columns::{Columns, Stamps};
use crate::reader::index::Index;
#[cfg(target_arch = "x86_64")]
use crate::reader::masks::Proof;
use crate::reader::row::Row;
use crate::reader::scan::{RowScan, Scanned};
#[cfg(target_arch = "x86_64")]
use crate::reader::vector::{self, Places};
use crate::{Sample, Settings, TakeSample, TimeUnit};

/// A row of the right number of fields in an indexed block.
struct Found<'a> {
    block: &'a [u8],
    index: &'a Index,
    start: usize,
    /// Its fields' ends in the index.
    first_end: usize,
    last_end: usize,
    position: u64,
}

impl<'a> Found<'a> {
    /// Its sample if it is an ordinary row, field by field.
    #[inline(always)]
    fn ordinary(&self, columns: &Columns, settings: &Settings) -> Option<Sample<'a>> {
        let ends = self.index.ends().get(self.first_end..=self.last_end)?;
        Row { bytes: self.block, start: self.start, ends }.ordinary(columns, settings, self.position)
    }
}

impl CsvReader {
    /// Reads the complete rows at the front of `bytes` by index; stops before one that needs the slow path's memory
    /// (incomplete or faulty) and returns how many bytes it used.
    pub(super) fn fast_rows(&mut self, bytes: &[u8], sink: &mut impl TakeSample) -> usize {
        let mut index = std::mem::take(&mut self.index);
        let mut used = 0;
        // Small enough that the block and its index stay in the CPU caches.
        let block_bytes = self.settings.block_bytes.max(1);
        while used < bytes.len() {
            let block = &bytes[used..bytes.len().min(used + block_bytes)];
            let (read, go_on) = self.block_rows(&mut index, block, &bytes[used..], sink);
            used += read;
            if !go_on {
                break;
            }
        }
        self.index = index;
        used
    }

    /// Reads the rows of one block: bytes used, and whether another block may follow.
    fn block_rows(
        &mut self,
        index: &mut Index,
        block: &[u8],
        bytes: &[u8],
        sink: &mut impl TakeSample,
    ) -> (usize, bool) {
        let State::Rows(columns) = &self.state else {
            return (0, false);
        };
        let (Some(count), Some(stamps)) = (columns.count, columns.stamps) else {
            return (0, false);
        };
        let of_milliseconds = matches!(stamps, Stamps::Numbers(TimeUnit::Milliseconds) | Stamps::Dates);
        if !of_milliseconds || self.settings.time_format.is_some() {
            return (0, false);
        }
        // A copy, as a header in the midst of the rows may change them.
        let columns = &columns.clone();
        index.build(block, columns.delimiter);
        let rows = Rows { columns, count, block, bytes };
        #[cfg(target_arch = "x86_64")]
        if let Some(proof) = index.kernel().proof()
            && let Some(places) = Places::of(columns)
        {
            return self.rows_by_vectors(proof, &places, rows, index, sink);
        }
        self.rows(rows, index, sink, |found, columns, settings| found.ordinary(columns, settings))
    }

    #[cfg(target_arch = "x86_64")]
    #[inline]
    #[expect(unsafe_code, reason = "the only way to call code for a processor that may not be there")]
    fn rows_by_vectors(
        &mut self,
        _proof: Proof,
        places: &Places,
        rows: Rows<'_>,
        index: &mut Index,
        sink: &mut impl TakeSample,
    ) -> (usize, bool) {
        // SAFETY: the function is safe except for its CPU instructions, and the proof exists only if the CPU was
        // detected to have them.
        unsafe { self.rows_with_vectors(places, rows, index, sink) }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "ssse3,sse4.1,bmi1,bmi2,popcnt")]
    fn rows_with_vectors(
        &mut self,
        places: &Places,
        rows: Rows<'_>,
        index: &mut Index,
        sink: &mut impl TakeSample,
    ) -> (usize, bool) {
        let pair = |words: [u64; 2], last: [u64; 2]| vector::pair(words, last);
        self.rows(rows, index, sink, |found, columns, settings| {
            let marks = found.index.around(found.first_end)?;
            match places.sample(found.block, found.start, marks, settings, found.position, pair) {
                Some(sample) => Some(sample),
                None => unusual(found, columns, settings),
            }
        })
    }

    #[inline(always)]
    fn rows(
        &mut self,
        rows: Rows<'_>,
        index: &mut Index,
        sink: &mut impl TakeSample,
        read: impl for<'a> Fn(&Found<'a>, &Columns, &Settings) -> Option<Sample<'a>>,
    ) -> (usize, bool) {
        let Rows { columns, count, block, bytes } = rows;
        let base = self.position;
        let mut start = 0;
        let mut first_end = 0;
        let mut next_quote = 0;
        let mut line = 0;
        while let Some(last_end) = index.line(line) {
            let end = index.ends()[last_end] as usize;
            if index.quotes.get(next_quote).is_some_and(|quote| (*quote as usize) < end) {
                let Scanned::Row(length) = RowScan::default().scan(&bytes[start..], columns.delimiter) else {
                    return (start, false);
                };
                self.slow_row(&bytes[start..start + length], false, sink);
                start += length;
                if start > block.len() || !self.still(columns) {
                    return (start, true);
                }
                while index.quotes.get(next_quote).is_some_and(|quote| (*quote as usize) < start) {
                    next_quote += 1;
                }
                while let Some(end) = index.line(line).filter(|end| (index.ends()[*end] as usize) < start) {
                    first_end = end + 1;
                    line += 1;
                }
                continue;
            }
            let mut fine = false;
            if last_end + 1 - first_end == count {
                let carriage_return = end > start && block[end - 1] == b'\r';
                if carriage_return {
                    index.ends_mut()[last_end] -= 1;
                }
                let found = Found { block, index, start, first_end, last_end, position: base + start as u64 };
                if let Some(sample) = read(&found, columns, &self.settings) {
                    sink.take(&sample);
                    fine = true;
                }
                if carriage_return {
                    index.ends_mut()[last_end] += 1;
                }
            }
            if fine {
                self.position = base + (end + 1) as u64;
                self.outcome.lines += 1;
                self.outcome.samples += 1;
            } else {
                // The slow path knows unusual numbers, blank lines and repeated headers, and names the fault.
                self.slow_row(&block[start..=end], false, sink);
                if !self.still(columns) {
                    return (end + 1, true);
                }
            }
            start = end + 1;
            first_end = last_end + 1;
            line += 1;
        }
        (start, start > 0)
    }

    /// Whether the columns are still these.
    fn still(&self, columns: &Columns) -> bool {
        matches!(&self.state, State::Rows(now) if now == columns)
    }
}

/// The input of [`CsvReader::rows`]: an indexed block, and all bytes from its first one on.
struct Rows<'a> {
    columns: &'a Columns,
    count: usize,
    block: &'a [u8],
    bytes: &'a [u8],
}

/// The first row of a block, and rows with longer numbers.
#[cold]
#[inline(never)]
fn unusual<'a>(found: &Found<'a>, columns: &Columns, settings: &Settings) -> Option<Sample<'a>> {
    found.ordinary(columns, settings)
}

#[cfg(test)]
mod tests {
    use super::CsvReader;
    use crate::reader::index::Index;
    use crate::reader::masks::Kernel;
    use crate::{Sample, Settings};

    fn samples(kernel: Kernel, log: &[u8]) -> Vec<String> {
        let mut reader = CsvReader::new(&Settings::default());
        reader.index = Index::with(kernel);
        let mut samples = Vec::new();
        let mut sink = |sample: &Sample<'_>| samples.push(format!("{sample:?}"));
        reader.feed(log, &mut sink);
        reader.finish(&mut sink);
        samples.push(format!("{:?}", reader.outcome()));
        samples
    }

    #[test]
    fn every_kernel_reads_every_row_alike() {
        let stamps = ["1700000000123", "7", "12345678", "123456789", "9999999999999999", "17x0000000123", "", "1e9"];
        let numbers =
            ["0", "42", "12345678", "123456789", "1234567890123456", "", "-1", " 5", "1:", "/9", "x", "\u{e9}"];
        let words = ["true", "false", "TRUE", "", "truer"];
        let ends = ["\n", "\r\n", "\n\n"];
        for (delimiter, columns) in [
            (',', "timeStamp,elapsed,label,success,bytes,sentBytes,allThreads,Latency,Connect,URL"),
            (';', "bytes;label;Connect;elapsed;x;timeStamp;y;allThreads;z;q"),
            ('\t', "label\telapsed\tsuccess\tHostname\tbytes\tURL\tLatency\tthreadName\tresponseCode\ttimeStamp"),
        ] {
            let mut log = format!("{}\n", columns.replace(['\t', ';'], &delimiter.to_string()));
            let mut state = 7_usize;
            for _ in 0..20_000 {
                let mut pick = |from: &[&'static str]| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    // Mostly the first: most rows should be samples.
                    if state >> 60 > 1 { from[0] } else { from[(state >> 33) % from.len()] }
                };
                let fields: Vec<&str> = columns
                    .split(delimiter)
                    .map(|column| match column {
                        "timeStamp" => pick(&stamps),
                        "success" => pick(&words),
                        "label" | "URL" | "threadName" | "responseCode" | "Hostname" => {
                            pick(&["Home page", "\"a\"\"b\"", "", "a longer name than sixteen bytes", "200"])
                        }
                        _ => pick(&numbers),
                    })
                    .collect();
                log += &fields.join(&delimiter.to_string());
                log += pick(&ends);
            }
            let plain = samples(Kernel::Plain, log.as_bytes());
            assert!(plain.len() > 5_000, "{}", plain.len());
            for kernel in Kernel::all() {
                assert!(samples(kernel, log.as_bytes()) == plain, "{kernel:?}: {columns}");
            }
        }
    }
}
