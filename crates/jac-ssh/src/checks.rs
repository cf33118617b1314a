//! Checks of a machine before it is used. All faults are collected, each a sentence that begins with the machine and
//! says how to fix it; whatever might disturb a test is a warning.

use crate::connection::{Link, Live};
use crate::error::LinkError;
use crate::remote::{NO_FORWARDING, can_connect};
use crate::{exec, scripts, sftp, time, tools};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const SCRIPT_LIMIT: Duration = Duration::from_secs(30);
/// JMeter takes 150 MB while it is unpacked, and the master writes the result log.
const LEAST_DISK_MB: u64 = 512;
const LITTLE_DISK_MB: u64 = 2048;
/// A clock offset from which on it is visible in a chart of seconds.
const CLOCK_OFFSET_MS: i64 = 1000;
/// Maximum number of clock queries, their total time, and the accuracy of the offset that is sufficient.
const CLOCK_QUESTIONS: u32 = 5;
const CLOCK_LIMIT: Duration = Duration::from_secs(3);
const CLOCK_UNSURE_MS: i64 = 20;

/// Exit codes of `timeout` when it had to kill a command; busybox's own passes the signal on.
const TIMED_OUT: [&str; 2] = ["124", "143"];
const WAITS: &str = "JMeter waits for each lookup";

/// How long a check waits for a file descriptor of this server.
const DESCRIPTORS_LIMIT: Duration = Duration::from_secs(60);

/// A machine that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    pub home: String,
    pub memory_mb: u64,
}

/// The code of a machine that cannot be a node; the message gives the reason.
pub const HOST_UNFIT: &str = "host_unfit";

/// The findings about a machine.
#[derive(Debug, Default)]
pub struct Findings {
    /// Set if it answered, regardless of faults.
    pub machine: Option<Machine>,
    pub faults: Vec<String>,
    pub warnings: Vec<String>,
    /// How far its clock is ahead of this machine's, in milliseconds.
    pub clock_offset_ms: Option<i64>,
    /// The version of its Java; `None`: it has no usable one.
    pub java: Option<String>,
}

/// Checks one machine. `own` is the folder of an existing node of ours, which is not a fault.
pub async fn look(link: &Link, own: Option<&str>) -> Findings {
    let mut findings = Findings::default();
    let begun = Instant::now();
    while let Err(error) = look_into(link, own, &mut findings).await {
        let is_ours = matches!(error, LinkError::OutOfDescriptors(_));
        if is_ours && begun.elapsed() < DESCRIPTORS_LIMIT {
            findings = Findings::default();
            sleep(Duration::from_secs(1)).await;
            continue;
        }
        findings.faults.push(format!("{error}."));
        break;
    }
    let host = &link.target().host;
    for text in findings.faults.iter_mut().chain(&mut findings.warnings) {
        *text = format!("{host}: {text}");
    }
    findings
}

async fn look_into(link: &Link, own: Option<&str>, findings: &mut Findings) -> Result<(), LinkError> {
    let live = link.live().await?;
    let output = exec::run(link, &live, &scripts::look(), SCRIPT_LIMIT).await?;
    judge(&output.stdout, &link.target().user, own, findings);
    let Some(machine) = findings.machine.clone() else { return Ok(()) };
    let seen = sftp::read_small(&live, "/proc/self/stat").await.is_ok_and(|text| text.is_some());
    if !seen || !sftp::exists(&live, &machine.home).await.unwrap_or(false) {
        findings.faults.push(
            "its SFTP shows other files than its shell; exclude the user from `ChrootDirectory` in its sshd_config."
                .to_owned(),
        );
    }
    match tools::java(link, None).await? {
        Ok(java) => findings.java = Some(java.version),
        Err(_) => {
            findings.warnings.push("it has no usable Java; a copy of the server's Java is used.".to_owned());
        }
    }
    let offset = clock_offset(link, &live).await?;
    findings.clock_offset_ms = offset.map(|(offset_ms, _)| offset_ms);
    if let Some((offset_ms, unsure_ms)) = offset
        && offset_ms.abs() - unsure_ms > CLOCK_OFFSET_MS
    {
        findings.warnings.push(format!(
            "its clock is {:.1} s {} the server's, and its samples are timestamped with it; set up time \
             synchronisation (NTP) on it.",
            offset_ms.abs() as f64 / 1000.0,
            if offset_ms > 0 { "ahead of" } else { "behind" }
        ));
    }
    Ok(())
}

/// Parses the output of `look.sh`.
fn judge(text: &str, user: &str, own: Option<&str>, findings: &mut Findings) {
    let all = |name: &str| -> Vec<&str> {
        text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::trim).collect()
    };
    let one = |name: &str| all(name).first().copied().unwrap_or_default();
    // A value that is not a number counts as missing; each use has its default.
    let number = |name: &str| one(name).parse::<u64>().ok();
    let home = one("home");
    if !home.starts_with('/') {
        findings.faults.push(format!(
            "its shell gave an unexpected answer ('{}'); the login shell must not print anything.",
            text.lines().next().unwrap_or_default().escape_debug()
        ));
        return;
    }
    let memory_mb = number("memory_kb").unwrap_or(2 << 20) / 1024;
    findings.machine = Some(Machine { home: home.to_owned(), memory_mb });
    if one("system") != "Linux" {
        findings.faults.push(format!("it runs {}; nodes need Linux.", one("system")));
    }
    let missing = all("missing");
    if !missing.is_empty() {
        findings.faults.push(format!(
            "it lacks {}; install them (Debian and Ubuntu: apt-get install coreutils util-linux grep tar gzip).",
            missing.join(", ")
        ));
    }
    if let Some(folder) = all("unwritable").first() {
        findings.faults.push(format!("{user} cannot write to {folder}; make {user} its owner."));
    }
    match number("free_kb").map(|kilobytes| kilobytes / 1024) {
        Some(free_mb) if free_mb < LEAST_DISK_MB => {
            findings.faults.push(format!("its disk has {free_mb} MB free at {home}; {LEAST_DISK_MB} MB are required."))
        }
        Some(free_mb) if free_mb < LITTLE_DISK_MB => findings
            .warnings
            .push(format!("its disk has {free_mb} MB free at {home}; the log of a long test may not fit.")),
        _ => (),
    }
    if let Some((code, name)) = one("name_lookup").split_once(' ')
        && TIMED_OUT.contains(&code)
    {
        findings.warnings.push(format!(
            "its own name {name} is not resolved within 2 s, and {WAITS}; add its address and {name} to /etc/hosts on \
             it, or fix its DNS."
        ));
    }
    let nodes = all("node").into_iter().filter(|node| Some(*node) != own).count();
    if nodes > 0 {
        findings
            .warnings
            .push(format!("it already runs {nodes} other JAC node(s); their tests would affect each other."));
    }
}

/// How far the machine's clock is ahead of ours, in milliseconds, and the uncertainty: half of the query's duration. On
/// a busy machine a query may take long, so several are made and the fastest counts.
pub async fn clock_offset(link: &Link, live: &Live) -> Result<Option<(i64, i64)>, LinkError> {
    let began = Instant::now();
    let mut best = ask_clock(link, live).await?;
    for _ in 1..CLOCK_QUESTIONS {
        let Some((_, unsure_ms)) = best.filter(|(_, unsure_ms)| *unsure_ms > CLOCK_UNSURE_MS) else { break };
        let left = CLOCK_LIMIT.saturating_sub(began.elapsed());
        // Earlier answers are kept if a further one does not arrive.
        let Ok(Ok(Some(next))) = timeout(left, ask_clock(link, live)).await else { break };
        if next.1 < unsure_ms {
            best = Some(next);
        }
    }
    Ok(best)
}

async fn ask_clock(link: &Link, live: &Live) -> Result<Option<(i64, i64)>, LinkError> {
    let session = exec::open(link, live).await?;
    let asked_ms = time::now_ms();
    let output = session.run("date +%s.%N", SCRIPT_LIMIT).await?;
    let answered_ms = time::now_ms();
    let (seconds, fraction) = output.stdout.trim().split_once('.').unwrap_or((output.stdout.trim(), ""));
    let Ok(seconds) = seconds.parse::<i64>() else { return Ok(None) };
    // A `date` without fractions is half a second off, on average.
    let (milliseconds, unsure_ms) = match fraction.get(..3).and_then(|digits| digits.parse::<i64>().ok()) {
        Some(milliseconds) => (milliseconds, 0),
        None => (500, 500),
    };
    let middle_ms = (asked_ms + answered_ms) / 2;
    Ok(Some((seconds * 1000 + milliseconds - middle_ms, (answered_ms - asked_ms) / 2 + unsure_ms)))
}

/// Whether master and workers reach each other. Before JMeter runs only their SSH port can be tested.
pub async fn reach(links: &[Arc<Link>]) -> Vec<String> {
    let Some((master, workers)) = links.split_first() else { return Vec::new() };
    let pairs = workers.iter().flat_map(|worker| [(master, worker), (worker, master)]);
    let tried = join_all(pairs.map(|(from, to)| async move {
        let (here, there) = (&from.target().host, &to.target().host);
        let connected = match from.live().await {
            Ok(live) => can_connect(from, &live, &there.name, there.port).await,
            Err(error) => Err(error),
        };
        match connected {
            Ok(true) => None,
            Ok(false) => Some(format!(
                "{here}: it cannot reach {} (tried port {}); use names that the hosts can resolve, and allow all TCP \
                 ports between them in their firewalls.",
                there.name, there.port
            )),
            Err(error) => Some(format!("{here}: {error}.")),
        }
    }))
    .await;
    let mut faults: Vec<String> = tried.into_iter().flatten().collect();
    // A master of many workers reports the same fault of its own only once.
    faults.dedup_by(|a, b| a == b && a.contains(NO_FORWARDING));
    faults
}

/// Whether the master can resolve the workers' names, or the names of their addresses, fast enough, and each worker the
/// master's. Returns warnings, each with the index of the affected link.
pub async fn find_each_other(links: &[Arc<Link>]) -> Vec<(usize, String)> {
    let Some((master, workers)) = links.split_first() else { return Vec::new() };
    let name = |link: &Arc<Link>| link.target().host.name.clone();
    let others = |at: usize| if at == 0 { workers.iter().map(name).collect() } else { vec![name(master)] };
    let asked = join_all(links.iter().enumerate().map(|(at, link)| async move {
        let others: Vec<String> = others(at);
        let live = link.live().await.ok()?;
        let script = scripts::look_up(&others);
        let output = exec::run(link, &live, &script, SCRIPT_LIMIT).await.ok()?;
        let slow: Vec<&str> = output.stdout.lines().filter_map(slow_name).collect();
        (!slow.is_empty()).then(|| {
            let here = &link.target().host;
            let text = format!(
                "{here}: {} is not resolved within 2 s, and {WAITS}; add the hosts' addresses and names to /etc/hosts \
                 on it, or fix its DNS.",
                slow.join(", ")
            );
            (at, text)
        })
    }));
    asked.await.into_iter().flatten().collect()
}

/// The name in a line of `look_up.sh`, if it took too long.
fn slow_name(line: &str) -> Option<&str> {
    let (code, name) = line.split_once(' ')?;
    TIMED_OUT.contains(&code).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "system=Linux\nhome=/home/jac\nmemory_kb=4194304\nfree_kb=9000000\nbash=yes\n";

    fn judged(text: &str) -> Findings {
        let mut findings = Findings::default();
        judge(text, "jac", Some("/home/jac/.jac/i/own/master"), &mut findings);
        findings
    }

    #[test]
    fn a_good_machine_has_nothing_to_be_said_about() {
        let findings = judged(GOOD);
        assert_eq!(findings.machine, Some(Machine { home: "/home/jac".to_owned(), memory_mb: 4096 }));
        assert!(findings.faults.is_empty() && findings.warnings.is_empty(), "{findings:?}");
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let text =
            "system=FreeBSD\nhome=/home/jac\nmissing=setsid\nmissing=tar\nfree_kb=1000\nunwritable=/home/jac/.jac\n";
        let faults = judged(text).faults;
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert!(faults[1].contains("setsid, tar"), "{faults:?}");
    }

    #[test]
    fn little_room_and_another_cluster_are_warnings() {
        let findings = judged(
            &format!("{GOOD}free_kb=1000000\nnode=/home/jac/.jac/i/c/master\nnode=/home/jac/.jac/i/own/master\n")
                .replace("=9000000", "=1000000"),
        );
        assert!(findings.faults.is_empty());
        assert_eq!(findings.warnings.len(), 2, "{findings:?}");
        assert!(findings.warnings[1].contains("already runs 1 other"), "{findings:?}");
    }

    #[test]
    fn a_name_that_is_waited_for_is_a_warning_and_one_that_is_refused_at_once_is_none() {
        let found = |code: u32| judged(&format!("{GOOD}name_lookup={code} load-1\n"));
        for code in [0, 2] {
            assert!(found(code).warnings.is_empty(), "{code}");
        }
        for code in [124, 143] {
            let findings = found(code);
            assert!(findings.faults.is_empty() && findings.warnings.len() == 1, "{findings:?}");
            assert!(
                findings.warnings[0].contains("load-1") && findings.warnings[0].contains("/etc/hosts"),
                "{findings:?}"
            );
        }
    }

    #[test]
    fn a_shell_that_talks_nonsense_is_a_fault() {
        assert_eq!(judged("Welcome!\n").faults.len(), 1);
    }
}
