//! When logs begin, by their first rows.

use crate::dates::ready;
use crate::filter::corrected_start_ms;
use crate::{ClockOffsets, Input, LogError};
use jac_jtl::{LogReader, Sample, Settings};
use std::cell::Cell;
use std::io::Read;

/// How many bytes of a log are read at once to find its start.
const FIRST_BYTES: u64 = 256 << 10;

/// The earliest start among the first rows of the logs (those in the first 256 KB of each, or otherwise its first one),
/// epoch milliseconds: the base of times after the start. `None` if the log has no rows.
///
/// # Errors
/// When a log cannot be opened or read, or is a pipe, which can be read only once.
pub fn first_start(inputs: &[Input], settings: &Settings) -> Result<Option<i64>, LogError> {
    let earlier = |known: Option<i64>, start_ms: i64| Some(known.map_or(start_ms, |known| known.min(start_ms)));
    let mut first: Option<i64> = None;
    // JMeter writes 0 for a sample that never began.
    let mut first_but_zero: Option<i64> = None;
    each_first_row(inputs, settings, &mut |_, sample| {
        let start_ms = sample.start_ms;
        first = earlier(first, start_ms);
        if start_ms > 0 {
            first_but_zero = earlier(first_but_zero, start_ms);
        }
    })?;
    Ok(first_but_zero.or(first))
}

/// When the first row of the logs started, epoch milliseconds, by the clock that the nodes' clocks were compared with;
/// the earliest of several logs. It is known as soon as a log begins: a warm-up is measured from it, during the run and
/// afterwards.
///
/// # Errors
/// As those of [`first_start`].
pub fn first_row_start(inputs: &[Input], settings: &Settings, offsets: &ClockOffsets) -> Result<Option<i64>, LogError> {
    let mut firsts: Vec<Option<i64>> = vec![None; inputs.len()];
    each_first_row(inputs, settings, &mut |log, sample| {
        if sample.start_ms > 0 {
            firsts[log].get_or_insert(corrected_start_ms(sample, offsets));
        }
    })?;
    Ok(firsts.into_iter().flatten().min())
}

/// The first rows of each log, up to one that began: the number of the log, and the row.
fn each_first_row(
    inputs: &[Input],
    settings: &Settings,
    take: &mut dyn FnMut(usize, &Sample<'_>),
) -> Result<(), LogError> {
    if let Some(pipe) = inputs.iter().find(|input| input.is_read_once()) {
        return Err(LogError::OnlyOnce { name: pipe.name() });
    }
    for (log, mut ready) in ready(inputs, settings, &mut |_| Ok::<_, LogError>(()))?.into_iter().enumerate() {
        let (input, mut opened) = (ready.input, ready.open()?);
        let has_begun = Cell::new(false);
        let mut take = |sample: &Sample<'_>| {
            has_begun.set(has_begun.get() || sample.start_ms > 0);
            take(log, sample);
        };
        let mut reader = LogReader::new(&ready.settings);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = opened.bytes.by_ref().take(FIRST_BYTES).read_to_end(&mut bytes);
            read.map_err(|source| LogError::Read { name: input.name(), source })?;
            if bytes.is_empty() {
                reader.finish(&mut take);
                break;
            }
            reader.feed(&bytes, &mut take);
            if has_begun.get() {
                break;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{first_row_start, first_start};
    use crate::{Bound, ClockOffsets, Condition, Filter, Input, ReadOptions, read_logs_with};
    use jac_jtl::Settings;
    use std::ops::ControlFlow;
    use std::path::Path;
    use std::sync::Arc;

    fn written(folder: &Path, name: &str, text: &str) -> Input {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        Input::File(path)
    }

    #[test]
    fn the_start_is_that_of_the_first_row_wherever_it_stands() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings::default();
        let long = "x".repeat(600 << 10);
        for (name, log, expected) in [
            (
                "far",
                format!("timeStamp,elapsed,label,success\n0,0,{long},true\n1700000000000,1,Home,true\n"),
                Some(1_700_000_000_000),
            ),
            ("one", "timeStamp,elapsed,label,success\n1700000000000,1,Home,true".to_owned(), Some(1_700_000_000_000)),
            ("none", "timeStamp,elapsed,label,success\n".to_owned(), None),
        ] {
            let inputs = [written(folder.path(), name, &log)];
            assert_eq!(first_start(&inputs, &settings).expect(name), expected, "{name}");
            assert_eq!(first_row_start(&inputs, &settings, &ClockOffsets::default()).expect(name), expected, "{name}");
        }
    }

    #[test]
    fn nodes_whose_clocks_are_ahead_are_corrected_where_that_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = 1_700_000_000_000_i64;
        let row = |start_ms: i64, node: u8| format!("{start_ms},1,Home,10.0.0.{node}:1099-Users 1-1\n");
        // The second node's clock is a minute ahead.
        let rows = [row(at + 60_000, 2), row(at + 5_000, 1), row(at + 66_000, 2)].concat();
        let inputs = [written(folder.path(), "log.jtl", &format!("timeStamp,elapsed,label,threadName\n{rows}"))];
        let offsets = Arc::new(ClockOffsets::from([(b"10.0.0.2:1099".to_vec(), 60_000)]));
        let settings = Settings::default();
        assert_eq!(first_row_start(&inputs, &settings, &offsets).expect("read"), Some(at));
        for (after_ms, samples) in [(0, 3), (5_000, 2), (6_000, 1), (6_001, 0)] {
            let mut filter = Filter::default();
            filter.add(Condition::CorrectedTime(Bound::AtLeast(at + after_ms), Arc::clone(&offsets)));
            let options = ReadOptions { filter, ..ReadOptions::default() };
            let read = read_logs_with(&inputs, &options, &mut |_| ControlFlow::Continue(()));
            assert_eq!(read.expect("read").summary().total.samples, samples, "{after_ms}");
        }
    }
}
