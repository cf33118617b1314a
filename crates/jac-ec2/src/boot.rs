//! Waits for launched machines: until each runs, answers over SSH with the host key that it was given, and has
//! completed its first boot. All in parallel; the progress of each is reported.

use crate::aws::Aws;
use crate::errors::refusal;
use crate::machines::{InstanceState, Machine};
use crate::{cloud_init, user_data};
use data_encoding::BASE64;
use jac_model::ports::{PortError, ProgressSink};
use jac_model::{Backoff, Ec2Addresses, EpochMs, Fault, Message};
use jac_ssh::{Link, LinkError, checks, machine};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// Interval between attempts to reach a machine, and between checks of its progress.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(2);
/// How long a machine may take from its launch to its first answer over SSH.
pub const BOOT_LIMIT: Duration = Duration::from_secs(300);
/// How long its first boot may take beyond that; installing Java is the longest part.
const FIRST_BOOT_LIMIT: Duration = Duration::from_secs(480);
/// Minimum remaining time of either limit when a server that was restarted continues a launch.
const LEAST_LEFT: Duration = Duration::from_secs(30);
/// How long a keeper may take to start once the first boot is through.
const KEEPER_LIMIT: Duration = Duration::from_secs(15);

/// Time for the steps of a launch before its machines are requested, and after they are up.
const AROUND_BOOT: Duration = Duration::from_secs(60);

/// Maximum duration of a whole launch before this adapter abandons each machine that is not up, with the reason.
/// `boot_limit`: as in the settings. A caller must wait longer than this, or it misses the reasons.
pub fn launch_limit(boot_limit: Option<Duration>) -> Duration {
    boot_limit.unwrap_or(BOOT_LIMIT) + FIRST_BOOT_LIMIT + AROUND_BOOT
}

/// AWS's current state of the cluster's machines, by node.
pub type Seen = HashMap<String, Machine>;

/// One machine during its launch.
pub struct Boot<'a> {
    pub aws: &'a Aws,
    pub node: &'a str,
    pub id: &'a str,
    pub addresses: Ec2Addresses,
    /// Our folder on it.
    pub folder: String,
    /// When it was requested from AWS, in milliseconds since 1970: limits are measured from then.
    pub asked_ms: EpochMs,
    /// The current time, by the clock and by the timer.
    pub now_ms: EpochMs,
    pub began: Instant,
    pub limit: Duration,
    pub progress: ProgressSink<'a>,
}

/// The remaining time of a limit that is measured from a launch. If the clock was set back, it is at most the whole
/// limit.
fn left(limit: Duration, asked_ms: EpochMs, now_ms: EpochMs) -> Duration {
    let passed = Duration::from_millis(u64::try_from(now_ms - asked_ms).unwrap_or(0));
    limit.saturating_sub(passed).max(LEAST_LEFT.min(limit))
}

/// A machine that is up.
#[derive(Debug, Clone)]
pub struct Booted {
    pub machine: Machine,
    pub ssh_address: String,
}

impl Boot<'_> {
    /// Waits until the machine is running and has an address.
    pub async fn run(&self, seen: &mut watch::Receiver<Seen>) -> Result<Booted, PortError> {
        let deadline = self.deadline(self.limit);
        loop {
            if let Some(machine) = self.look(seen) {
                self.still_lives(&machine)?;
                let address = match self.addresses {
                    Ec2Addresses::Public => machine.public_address.clone(),
                    Ec2Addresses::Private => machine.private_address.clone(),
                };
                if let (InstanceState::Running, Some(ssh_address)) = (machine.state, address) {
                    let zone = machine.zone.as_deref().unwrap_or(&self.aws.region);
                    let message = Message::new("instance_running", format!("{} is running in {zone}.", self.id));
                    (self.progress)(self.node, message.with("instance", self.id).with("zone", zone));
                    return Ok(Booted { machine, ssh_address });
                }
            }
            // The channel closes only when the launch is abandoned.
            let changed = tokio::time::timeout_at(deadline, seen.changed()).await;
            if changed.is_err() {
                return Err(self.too_slow("reach the state running with its address", self.limit));
            }
        }
    }

    fn deadline(&self, limit: Duration) -> Instant {
        self.began + left(limit, self.asked_ms, self.now_ms)
    }

    /// AWS's current state of the machine.
    fn look(&self, seen: &mut watch::Receiver<Seen>) -> Option<Machine> {
        seen.borrow_and_update().get(self.node).filter(|machine| machine.id == self.id).cloned()
    }

    fn still_lives(&self, machine: &Machine) -> Result<(), PortError> {
        if !matches!(machine.state, InstanceState::ShuttingDown | InstanceState::Terminated) {
            return Ok(());
        }
        let reason = machine.reason.as_deref().unwrap_or("AWS gave no reason");
        Err(self.refused(format!("its instance {} terminated while launching ({reason})", self.id)))
    }

    /// Waits until it answers over SSH and its first boot is done, and checks it; stops waiting when the machine ends.
    pub async fn answer(&self, link: &Link, seen: &mut watch::Receiver<Seen>) -> Result<(), PortError> {
        tokio::select! {
            answered = self.come_up(link) => answered,
            ended = self.ended(seen) => ended,
        }
    }

    /// Ends with the machine, and never while it lives.
    async fn ended(&self, seen: &mut watch::Receiver<Seen>) -> Result<(), PortError> {
        loop {
            if let Some(machine) = self.look(seen) {
                self.still_lives(&machine)?;
            }
            if seen.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn come_up(&self, link: &Link) -> Result<(), PortError> {
        self.first_answer(link).await?;
        (self.progress)(self.node, Message::new("ssh_ready", "Answers over SSH."));
        self.first_boot(link).await?;
        let findings = checks::look(link, Some(&self.folder)).await;
        for warning in &findings.warnings {
            let message = Message::new("warning", format!("Warning: {warning}"));
            (self.progress)(self.node, message.with("warning", warning.as_str()));
        }
        if let Some(offset_ms) = findings.clock_offset_ms {
            let text = format!("Clock offset from this server: {offset_ms:+} ms.");
            (self.progress)(self.node, Message::new("clock_offset", text).with("offset_ms", offset_ms));
        }
        if findings.faults.is_empty() {
            return Ok(());
        }
        let faults = findings.faults.into_iter().map(|text| Fault::whole(jac_ssh::HOST_UNFIT, text)).collect();
        Err(PortError::Preflight { faults })
    }

    async fn first_answer(&self, link: &Link) -> Result<(), PortError> {
        let deadline = self.deadline(self.limit);
        let mut pauses = Backoff::new(LOOK_EVERY, LOOK_AT_LEAST_EVERY);
        loop {
            let error = match link.live().await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            // A query that this server could not send was not left unanswered by the machine.
            let is_asked = !matches!(error, LinkError::OutOfDescriptors(_));
            if is_asked && Instant::now() >= deadline {
                let console = self.last_console_line().await;
                return Err(self.refused(format!(
                    "its instance {} did not answer within {} s: {error}{console}",
                    self.id,
                    self.limit.as_secs()
                )));
            }
            // This includes refusals: sshd may answer before the user and the key exist.
            sleep(pauses.pause()).await;
        }
    }

    async fn first_boot(&self, link: &Link) -> Result<(), PortError> {
        let limit = self.limit + FIRST_BOOT_LIMIT;
        let deadline = self.deadline(limit);
        let mut reported = String::new();
        let mut ended_at = None;
        let mut pauses = Backoff::new(LOOK_EVERY, LOOK_AT_LEAST_EVERY);
        loop {
            // Read before the progress: there is no progress after the end.
            let mut has_ended = matches!(machine::read_small(link, cloud_init::RESULT).await, Ok(Some(_)));
            let progress = match machine::read_small(link, user_data::PROGRESS).await {
                Ok(text) => text.unwrap_or_default().trim().to_owned(),
                Err(LinkError::Unreachable(_) | LinkError::OutOfDescriptors(_)) => {
                    has_ended = false;
                    reported.clone()
                }
                Err(error) => return Err(error.at(self.node, "report its boot progress")),
            };
            if progress == user_data::DONE && machine::has_keeper(link, &self.folder).await.unwrap_or(false) {
                return Ok(());
            }
            if progress != reported && progress != user_data::DONE {
                (self.progress)(self.node, Message::new("boot_progress", &progress));
                reported.clone_from(&progress);
            }
            // A keeper is started a moment before the end, or again after it.
            let is_through = progress == user_data::DONE;
            if has_ended && (!is_through || ended_at.get_or_insert_with(Instant::now).elapsed() >= KEEPER_LIMIT) {
                return Err(self.refused(self.why_it_ended(link, &progress).await));
            }
            if Instant::now() >= deadline {
                let at = if reported.is_empty() { "nothing has started" } else { &reported };
                return Err(self.refused(format!("its first boot took longer than {} s ({at})", limit.as_secs())));
            }
            sleep(pauses.pause()).await;
        }
    }

    /// Why a first boot ended incompletely, in cloud-init's words.
    async fn why_it_ended(&self, link: &Link, progress: &str) -> String {
        let status = machine::read_small(link, cloud_init::STATUS).await.ok().flatten();
        let errors = status.as_deref().and_then(cloud_init::errors);
        let at = match progress {
            "" => "no step was done".to_owned(),
            user_data::DONE => "the node's keeper is not running".to_owned(),
            at => format!("it got as far as '{at}'"),
        };
        let said = errors.unwrap_or_else(|| "cloud-init reports no error".to_owned());
        format!("its first boot failed ({at}); {said}; see /var/log/cloud-init-output.log on {}", self.id)
    }

    /// The last line of the machine's console, which AWS stores, for a machine that cannot be reached.
    async fn last_console_line(&self) -> String {
        let answer = self.aws.ec2.get_console_output().instance_id(self.id).latest(true).send().await;
        let answer = match answer.map_err(|error| refusal(&error)) {
            Ok(answer) => answer,
            // Only the newest machines provide the latest output.
            Err(_) => match self.aws.ec2.get_console_output().instance_id(self.id).send().await {
                Ok(answer) => answer,
                Err(_) => return String::new(),
            },
        };
        let text = answer.output().and_then(|text| BASE64.decode(text.trim().as_bytes()).ok());
        let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
        last.map(|line| format!("; the last line of its console: '{}'", line.chars().take(200).collect::<String>()))
            .unwrap_or_default()
    }

    fn refused(&self, reason: String) -> PortError {
        PortError::Refused { node: self.node.to_owned(), what: "launch".to_owned(), reason }
    }

    fn too_slow(&self, what: &str, limit: Duration) -> PortError {
        PortError::TooSlow { node: self.node.to_owned(), what: what.to_owned(), limit }
    }
}

/// The `known_hosts` lines that identify a machine at its address.
pub fn known_hosts(address: &str, public_key: &str) -> Vec<String> {
    let mut words = public_key.split(' ');
    let key: Vec<&str> = words.by_ref().take(2).collect();
    vec![format!("{address} {}", key.join(" "))]
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(300);

    #[test]
    fn limits_count_from_the_launch_and_leave_a_while_after_a_restart() {
        let asked_ms = 1_764_000_000_000;
        let after = |seconds: i64| left(LIMIT, asked_ms, asked_ms + seconds * 1000).as_secs();
        assert_eq!(after(0), 300);
        assert_eq!(after(100), 200, "a server that was away for 100 s gives no second time");
        assert_eq!(after(290), 30, "a machine that came up meanwhile has the time to answer");
        assert_eq!(after(100_000), 30);
        assert_eq!(after(-7200), 300, "a clock that was set back");
        let short = Duration::from_secs(20);
        assert_eq!(left(short, asked_ms, asked_ms + 60_000), short, "no more than the whole");
    }
}
