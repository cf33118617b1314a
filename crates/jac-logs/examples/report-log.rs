//! Reads logs and makes everything that a report shows, to be timed: `report-log FILE…`.

use jac_jtl::Settings;
use jac_logs::{Input, read_logs};
use std::ops::ControlFlow;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let inputs: Vec<Input> = std::env::args().skip(1).map(|argument| Input::of_argument(&argument)).collect();
    let mut log = read_logs(&inputs, &Settings::default(), &mut |_| ControlFlow::Continue(()))?;
    let summary = log.summary();
    let series = log.series();
    println!(
        "{} samples, {} errors, p99 {:?} ms, {} points of {} ms, {} error groups, {} bins, {} rejected",
        summary.total.samples,
        summary.total.errors,
        summary.total.p99_ms,
        series.points.len(),
        series.bucket_ms,
        log.errors(usize::MAX).len(),
        log.profiles().total.distribution.len(),
        summary.rejected_rows
    );
    Ok(())
}
