//! Merges many growing logs into one set of statistics on one thread, as a run with direct results does, by a simulated clock: each second
//! every log brings its rows, and everything that a snapshot holds is made: `many-logs [LOGS [RATE [SECONDS [LABELS]]]]`.
//!
//! Prints what a second of all logs took of one core, without making the rows, and the memory after a tenth of the time and at the end. It is
//! the thread's processor time that counts, so other work on the machine changes little.

use jac_jtl::{LogStatistics, Settings};
use std::io::Write;
use std::time::Duration;

/// As many failures as a snapshot shows.
const ERRORS_SHOWN: usize = 20;
const HEADER: &[u8] =
    b"timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,\
    grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().ok());
    let mut argument = |usual: u64| arguments.next().flatten().unwrap_or(usual);
    let (logs, rate, seconds, labels) = (argument(1_000), argument(1_000), argument(120), argument(100));
    let mut statistics = LogStatistics::new(Settings::default());
    statistics.feed(HEADER);
    let (mut random, mut rows, mut since) = (Random(0x2545_F491_4F6C_DD1D), Vec::new(), 0);
    let (mut worked, mut longest, mut longest_snapshot) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut early_mb = 0;
    for second in 0..seconds {
        let mut this_second = Duration::ZERO;
        for log in 0..logs {
            rows.clear();
            for row in 0..rate {
                write_row(
                    &mut rows,
                    &mut random,
                    1_700_000_000_000 + second * 1_000 + row * 1_000 / rate,
                    log,
                    labels,
                )?;
            }
            let started = processor_time()?;
            statistics.feed(&rows);
            this_second += processor_time()? - started;
        }
        let started = processor_time()?;
        let changed = statistics.changed_points(since);
        since = changed.now;
        let shown =
            (statistics.summary(), statistics.errors(ERRORS_SHOWN), statistics.rate_per_s(), statistics.active_users());
        std::hint::black_box((changed, shown));
        let snapshot = processor_time()? - started;
        longest_snapshot = longest_snapshot.max(snapshot);
        this_second += snapshot;
        worked += this_second;
        longest = longest.max(this_second);
        if second == seconds / 10 {
            early_mb = resident_mb()?;
        }
    }
    let total = statistics.summary().total;
    println!(
        "{logs} logs, {labels} labels, {} samples in {seconds} s: {:.2} s of a core for each (longest {:.2}), the longest snapshot {} ms; \
         {early_mb} MB resident after {} s, {} MB at the end, {} MB of it counts",
        total.samples,
        worked.as_secs_f64() / seconds as f64,
        longest.as_secs_f64(),
        longest_snapshot.as_millis(),
        seconds / 10,
        resident_mb()?,
        statistics.memory() >> 20
    );
    Ok(())
}

/// A row that ended at this time.
fn write_row(into: &mut Vec<u8>, random: &mut Random, end_ms: u64, log: u64, labels: u64) -> std::io::Result<()> {
    let label = random.below(labels);
    // Most are quick, few take a hundred times as long.
    let elapsed = 20 + label % 50 + random.below(100) * random.below(100) * random.below(100) / 1_000;
    let (thread, bytes, connect) = (random.below(50) + 1, 500 + random.below(40_000), random.below(9));
    let (result, success) =
        if random.below(200) == 0 { ("500,Internal Server Error", "false") } else { ("200,OK", "true") };
    writeln!(
        into,
        "{},{elapsed},Request number {label},{result},10.0.{}.{}:1099-Thread Group 1-{thread},text,{success},,{bytes},400,50,50,\
         https://shop.example.com/,{},0,{connect}",
        end_ms - elapsed,
        log / 250,
        log % 250,
        elapsed * 9 / 10
    )
}

/// How long this thread has run.
fn processor_time() -> std::io::Result<Duration> {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(Duration::from_nanos(spent.split(' ').next().and_then(|spent| spent.parse().ok()).unwrap_or(0)))
}

/// Resident memory of this process.
fn resident_mb() -> std::io::Result<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages = pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    Ok((pages.unwrap_or(0) * 4_096) >> 20)
}

struct Random(u64);

impl Random {
    /// xorshift64*.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 32) % limit
    }
}
