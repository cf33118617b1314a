//! Waits for machines that were asked for: until each runs, answers over SSH with the key that it was given, and is through
//! with its first boot. All at the same time; the progress of each is reported while it happens.

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

/// Between two tries to reach a machine, and two looks at how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(2);
/// How long a machine may take from its launch to its first answer over SSH.
pub const BOOT_LIMIT: Duration = Duration::from_secs(300);
/// How long its first boot may take beyond that; installing Java is the longest part.
const FIRST_BOOT_LIMIT: Duration = Duration::from_secs(480);
/// What is left of either limit at least when a server that was away continues with a launch.
const LEAST_LEFT: Duration = Duration::from_secs(30);
/// How long a keeper may take to start once the first boot is through.
const KEEPER_LIMIT: Duration = Duration::from_secs(15);

/// What a launch does before its machines are asked for, and once they are up.
const AROUND_BOOT: Duration = Duration::from_secs(60);

/// How long a whole launch may take before this adapter gives up each machine that is not up, and says why. `boot_limit`: as in
/// the settings. Whoever waits for a launch has to wait longer, or hears less.
pub fn launch_limit(boot_limit: Option<Duration>) -> Duration {
    boot_limit.unwrap_or(BOOT_LIMIT) + FIRST_BOOT_LIMIT + AROUND_BOOT
}

/// What AWS says of the cluster's machines now, by node.
pub type Seen = HashMap<String, Machine>;

/// One machine on its way up.
pub struct Boot<'a> {
    pub aws: &'a Aws,
    pub node: &'a str,
    pub id: &'a str,
    pub addresses: Ec2Addresses,
    /// Our folder on it.
    pub folder: String,
    /// When AWS was asked for it, in milliseconds since 1970: limits count from there.
    pub asked_ms: EpochMs,
    /// What it is now, by the clock and by the timer.
    pub now_ms: EpochMs,
    pub began: Instant,
    pub limit: Duration,
    pub progress: ProgressSink<'a>,
}

/// What is left of a limit that counts from a launch. A clock that was set back gives no more than all of it.
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
    /// Waits until the machine runs and has an address.
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
            // Nobody sends any more only when the launch is given up.
            let changed = tokio::time::timeout_at(deadline, seen.changed()).await;
            if changed.is_err() {
                return Err(self.too_slow("reach the state running with its address", self.limit));
            }
        }
    }

    fn deadline(&self, limit: Duration) -> Instant {
        self.began + left(limit, self.asked_ms, self.now_ms)
    }

    /// What AWS shows of the machine now.
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

    /// Waits until it answers over SSH and its first boot is done, and looks at it; no longer than it lives.
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
            // What this server could not ask, the machine did not leave unanswered.
            let is_asked = !matches!(error, LinkError::OutOfDescriptors(_));
            if is_asked && Instant::now() >= deadline {
                let console = self.last_console_line().await;
                return Err(self.refused(format!(
                    "its instance {} did not answer within {} s: {error}{console}",
                    self.id,
                    self.limit.as_secs()
                )));
            }
            // Also what is refused: sshd may answer before the user and the key are there.
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
            // Before its progress: what has ended goes no further.
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

    /// Why a first boot that has ended is not through, in cloud-init's words.
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

    /// The last line of the machine's console, which AWS keeps, for a machine that nobody reaches.
    async fn last_console_line(&self) -> String {
        let answer = self.aws.ec2.get_console_output().instance_id(self.id).latest(true).send().await;
        let answer = match answer.map_err(|error| refusal(&error)) {
            Ok(answer) => answer,
            // Only the newest machines give the latest output.
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

/// The lines of known hosts by which a machine is known at its address.
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
