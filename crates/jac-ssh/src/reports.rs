//! Reports of a node while a run is followed: the state of a process, the length of its log, and the machine's counters.
//!
//! A shell script on the node (`scripts/report.sh`), started in one session of the connection, writes a line once a second. While the newest
//! report is fresh it answers queries; without one (the connection is lost, the script was killed, the machine hangs) the node is
//! queried, which detects the problem by its own deadlines. The script is restarted meanwhile.
//!
//! The followed log stays open on the node's SFTP server, so that reading the newly reported part takes one round trip.

use crate::connection::{Link, Live};
use crate::error::LinkError;
use crate::{exec, scripts, sftp};
use bytes::Bytes;
use jac_model::Backoff;
use jac_model::ports::{Chunk, Following, ProcessState, Vitals};
use russh_sftp::protocol::{FileAttributes, OpenFlags};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

/// How long a report is valid: two of them may be late or lost.
const FRESH: Duration = Duration::from_secs(3);
/// How long its counters are valid; they arrive every four seconds.
const COUNTERS_FRESH: Duration = Duration::from_secs(10);
/// The script is restarted after this long without output.
const SILENCE: Duration = Duration::from_secs(10);
/// The delay before the script is restarted; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A script that ran this long counts as working.
const STEADY_AFTER: Duration = Duration::from_secs(60);

/// The reports on one process and its log.
#[derive(Debug)]
pub(crate) struct Reports {
    node: String,
    record: String,
    log: String,
    reported: Mutex<Reported>,
    file: tokio::sync::Mutex<Option<OpenFile>>,
}

/// The contents of the reports so far.
#[derive(Debug, Default)]
struct Reported {
    last: Option<Report>,
    counters: Option<(Instant, Vitals)>,
    /// Counter lines whose report has not arrived yet.
    incomplete: Option<Vitals>,
    /// A query has shown that the process has ended, which the last report may not include.
    has_ended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Report {
    at: Instant,
    process: ProcessState,
    /// `None`: the file does not exist. It was checked after the process.
    log_size: Option<u64>,
}

/// A file open on the SFTP server of a connection.
#[derive(Debug)]
struct OpenFile {
    live: Weak<Live>,
    handle: String,
}

/// Ends the reports when it is dropped.
struct End {
    _listening: oneshot::Sender<()>,
    reports: Arc<Reports>,
}

impl Drop for End {
    fn drop(&mut self) {
        let reports = Arc::clone(&self.reports);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            drop(runtime.spawn(async move { reports.close_file().await }));
        }
    }
}

impl Reports {
    /// Starts them. They end when the second returned value is dropped.
    pub fn begin(node: &str, folder: &str, record: String, log: String, link: Arc<Link>) -> (Arc<Self>, Following) {
        let script = scripts::report(folder, &record, &log);
        let (reported, file) = (Mutex::default(), tokio::sync::Mutex::default());
        let reports = Arc::new(Self { node: node.to_owned(), record, log, reported, file });
        let (ending, ended) = oneshot::channel();
        drop(tokio::spawn(listen(Arc::clone(&reports), link, script, ended)));
        let end = End { _listening: ending, reports: Arc::clone(&reports) };
        (reports, Box::new(end))
    }

    fn reported(&self) -> MutexGuard<'_, Reported> {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// State of the process of a record; `None`: query the node.
    pub fn process(&self, record: &str) -> Option<ProcessState> {
        (record == self.record).then(|| self.reported().fresh().map(|report| report.process)).flatten()
    }

    /// Records a node's response to a query.
    pub fn asked(&self, record: &str, state: ProcessState) {
        if record == self.record && !matches!(state, ProcessState::Running { .. }) {
            self.reported().has_ended = true;
        }
    }

    /// The machine's counters, except its JVM's; `None`: query the node.
    pub fn counters(&self) -> Option<Vitals> {
        let reported = self.reported();
        let (at, counters) = reported.counters.as_ref().filter(|(at, _)| at.elapsed() < COUNTERS_FRESH)?;
        Some(Vitals { age: at.elapsed(), ..counters.clone() })
    }

    pub fn is_of_log(&self, path: &str) -> bool {
        path == self.log
    }

    /// The same as [`sftp::read_at`] for the log, if a report shows that there is nothing from `offset` on.
    pub fn nothing_at(&self, offset: u64) -> Option<Option<Chunk>> {
        match self.reported().log_size()? {
            None => Some(None),
            Some(file_size) if file_size <= offset => Some(Some(Chunk { bytes: Bytes::new(), file_size })),
            Some(_) => None,
        }
    }

    /// Reads from the log through the open file.
    pub async fn read(&self, live: &Arc<Live>, offset: u64, limit: usize) -> Result<Option<Chunk>, LinkError> {
        let mut file = self.file.lock().await;
        let kept = file.take().filter(|file| std::ptr::eq(file.live.as_ptr(), Arc::as_ptr(live)));
        let open = match kept {
            Some(open) => open,
            None => match live.sftp.open(&self.log, OpenFlags::READ, FileAttributes::empty()).await {
                Ok(opened) => OpenFile { live: Arc::downgrade(live), handle: opened.handle },
                Err(error) => match sftp::failed(error) {
                    LinkError::NoSuchFile => return Ok(None),
                    error => return Err(error),
                },
            },
        };
        let known = self.reported().log_size().flatten();
        let read = sftp::read_open(live, &open.handle, offset, limit, known).await;
        if read.is_ok() {
            *file = Some(open);
        } else {
            drop(live.sftp.close(open.handle).await);
        }
        read.map(Some)
    }

    /// The node's SFTP server must not keep a removed file open.
    async fn close_file(&self) {
        let Some(open) = self.file.lock().await.take() else { return };
        if let Some(live) = open.live.upgrade() {
            drop(live.sftp.close(open.handle).await);
        }
    }
}

impl Reported {
    fn fresh(&self) -> Option<&Report> {
        self.last.as_ref().filter(|report| report.at.elapsed() < FRESH)
    }

    /// Length of the log. A report from before the end of the process is not valid for a caller that knows about the
    /// end.
    fn log_size(&self) -> Option<Option<u64>> {
        let is_running = |report: &&Report| matches!(report.process, ProcessState::Running { .. });
        self.fresh().filter(|report| !(self.has_ended && is_running(report))).map(|report| report.log_size)
    }

    /// Processes a line. Other lines than ours are ignored.
    fn take(&mut self, line: &str, at: Instant) {
        let Some((kind, rest)) = line.split_once(' ') else { return };
        let words: Vec<&str> = rest.split_whitespace().collect();
        let counters = self.incomplete.get_or_insert_default();
        match (kind, words.as_slice()) {
            ("stat", _) => counters.stat = format!("{rest}\n"),
            ("meminfo", _) => counters.meminfo.push_str(&format!("{rest}\n")),
            ("network", _) => counters.network.push_str(&format!("{rest}\n")),
            ("disk", [blocks, size]) => {
                let (blocks, size) = (blocks.parse::<u64>().ok(), size.parse().ok());
                counters.disk_free_bytes = blocks.zip(size).and_then(|(blocks, size)| blocks.checked_mul(size));
            }
            ("report", [state, number, size]) => {
                if let Some(counters) = self.incomplete.take().filter(|counters| !counters.stat.is_empty()) {
                    self.counters = Some((at, counters));
                }
                let process = match *state {
                    "running" => number.parse().ok().map(|pid| ProcessState::Running { pid }),
                    "exited" => number.parse().ok().map(|code| ProcessState::Exited { code }),
                    "absent" => Some(ProcessState::Absent),
                    "vanished" => Some(ProcessState::Vanished),
                    _ => None,
                };
                let log_size = if *size == "-" { Some(None) } else { size.parse().ok().map(Some) };
                self.last = process.zip(log_size).map(|(process, log_size)| Report { at, process, log_size });
            }
            _ => (),
        }
    }
}

/// Receives the reports until they should end, and restarts the script whenever it ends.
async fn listen(reports: Arc<Reports>, link: Arc<Link>, script: String, mut ended: oneshot::Receiver<()>) {
    let mut pauses = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let begun = Instant::now();
        match hear(&reports, &link, &script, &mut ended).await {
            Ok(()) => return,
            Err(error) => {
                tracing::debug!(node = reports.node, %error, "{} does not report: {error}", reports.node);
            }
        }
        if begun.elapsed() > STEADY_AFTER {
            pauses = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        }
        tokio::select! {
            () = sleep(pauses.pause()) => (),
            _ = &mut ended => return,
        }
    }
}

/// Receives the output of one script. Returns when the reports should end.
async fn hear(
    reports: &Reports,
    link: &Link,
    script: &str,
    ended: &mut oneshot::Receiver<()>,
) -> Result<(), LinkError> {
    let opening = async {
        let live = link.live().await?;
        exec::open(link, &live).await
    };
    let mut session = tokio::select! {
        opened = opening => opened?,
        _ = &mut *ended => return Ok(()),
    };
    let heard = tokio::select! {
        heard = session.listen(script, SILENCE, |line| reports.reported().take(line, Instant::now())) => Some(heard),
        _ = ended => None,
    };
    // Also of a silent one, to free its session.
    session.end().await;
    match heard {
        None => Ok(()),
        Some(Ok(())) => Err(LinkError::Refused("its script ended".to_owned())),
        Some(Err(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(lines: &[&str]) -> Reported {
        let mut reported = Reported::default();
        lines.iter().for_each(|line| reported.take(line, Instant::now()));
        reported
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_is_an_answer_while_it_is_fresh() {
        let reported = reported(&["report running 12 345"]);
        let report = reported.fresh().expect("a report");
        assert_eq!((report.process, report.log_size), (ProcessState::Running { pid: 12 }, Some(345)));
        assert_eq!(reported.log_size(), Some(Some(345)));
        tokio::time::advance(FRESH).await;
        assert_eq!(reported.fresh(), None);
        assert_eq!(reported.log_size(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_length_from_before_the_end_is_no_answer_to_who_knows_of_the_end() {
        let mut reported = reported(&["report running 12 345"]);
        reported.has_ended = true;
        assert_eq!(reported.log_size(), None);
        reported.take("report exited 0 400", Instant::now());
        assert_eq!(reported.log_size(), Some(Some(400)));
        reported.take("report exited 0 -", Instant::now());
        assert_eq!(reported.log_size(), Some(None), "there is no log");
    }

    #[tokio::test(start_paused = true)]
    async fn counters_come_with_the_report_after_them() {
        let mut reported = reported(&["stat cpu 1 2 3 4", "meminfo MemTotal: 10 kB", "meminfo MemAvailable: 4 kB"]);
        reported.take("network eth0: 1 2", Instant::now());
        reported.take("disk 10 4096", Instant::now());
        assert!(reported.counters.is_none());
        reported.take("report absent - -", Instant::now());
        let (_, counters) = reported.counters.as_ref().expect("counters");
        assert_eq!((counters.stat.as_str(), counters.network.as_str()), ("cpu 1 2 3 4\n", "eth0: 1 2\n"));
        assert_eq!((counters.meminfo.lines().count(), counters.disk_free_bytes), (2, Some(40_960)));
        reported.take("report vanished - 7", Instant::now());
        assert!(reported.counters.is_some(), "they stay");
        assert_eq!(reported.last.expect("a report").process, ProcessState::Vanished);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_report_is_none() {
        for line in
            ["", "report", "report running", "report running x 3", "report exited 0 x", "report odd - 3", "motd"]
        {
            assert_eq!(reported(&[line]).last, None, "{line}");
        }
    }
}
