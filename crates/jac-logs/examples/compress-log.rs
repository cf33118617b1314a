//! Compresses a log as the server does with those of finished runs, to be timed: `compress-log LOG FILE`.

use jac_logs::{Content, compress};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("compress-log LOG FILE".into());
    };
    let began = Instant::now();
    let done = compress(&from, &to, Content::Samples, &mut || ControlFlow::Continue(()))?;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{} bytes to {} ({:.1} times smaller) in {seconds:.2} s, {:.0} MB/s with the comparison",
        done.bytes,
        done.packed_bytes,
        done.bytes as f64 / done.packed_bytes as f64,
        done.bytes as f64 / 1e6 / seconds
    );
    Ok(())
}
