//! How long the samples of a part of a log's time take to be counted: the first time, when the whole log is read, and after that.
//!
//! ```sh
//! cargo run --release -p jac-logs --example interval-log -- LOG
//! ```

use jac_jtl::Settings;
use jac_logs::{Input, Interval, LogError, PartTimes, ReadOptions, TimeBlocks, read_logs, read_logs_with};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Instant;

/// Parts of the log's time that are asked for, in percent of it.
const PERCENTS: [i64; 4] = [1, 8, 25, 90];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("the path of a log is missing")?;
    let input = [Input::of_argument(&path)];
    let mut on = |_| ControlFlow::Continue(());
    let begun = Instant::now();
    let whole = read_logs(&input, &Settings::default(), &mut on)?.summary();
    println!("all of {} samples: {:.3} s", whole.total.samples, begun.elapsed().as_secs_f64());
    let (start_ms, end_ms) = whole.start_ms.zip(whole.end_ms).ok_or("no sample has a time")?;
    let parts = Arc::new(PartTimes::default());
    let mut read = |ended_ms: Range<i64>| -> Result<(u64, f64), LogError> {
        let interval = Some(Interval { ended_ms, parts: Arc::clone(&parts) });
        let options = ReadOptions { interval, ..ReadOptions::default() };
        let begun = Instant::now();
        let samples = read_logs_with(&input, &options, &mut on)?.summary().total.samples;
        Ok((samples, begun.elapsed().as_secs_f64()))
    };
    let length_ms = end_ms - start_ms;
    let (samples, seconds) = read(start_ms + length_ms / 2..start_ms + length_ms / 2 + length_ms / 100)?;
    println!("the first time, 1 %: {samples} samples, {seconds:.3} s");
    let part = |percent: i64| {
        let from_ms = start_ms + length_ms * (100 - percent) / 200;
        from_ms..from_ms + length_ms * percent / 100
    };
    for percent in PERCENTS {
        let (samples, seconds) = read(part(percent))?;
        println!("then {percent} %: {samples} samples, {seconds:.3} s ({} parts)", parts.known());
    }
    let blocks = TimeBlocks::new(start_ms..end_ms + 1);
    let begun = Instant::now();
    blocks.fill(&input[0])?;
    println!("{} blocks on one thread: {:.3} s", blocks.filled(), begun.elapsed().as_secs_f64());
    for percent in PERCENTS {
        let begun = Instant::now();
        let samples = blocks.count(&input[0], &part(percent))?.summary().total.samples;
        println!("with blocks {percent} %: {samples} samples, {:.3} s", begun.elapsed().as_secs_f64());
    }
    Ok(())
}
