//! The engine's times and limits, each in one place with its reason.

use jac_model::Provider;
use nix::sys::statvfs::statvfs;
use std::path::Path;
use std::time::Duration;

/// Times and limits. The defaults are for people; tests shorten some.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a node stays alive without contact to an engine.
    pub lease: Duration,
    /// How often a lease is renewed. Twelve chances within one lease.
    pub renew_every: Duration,
    /// Added to a run's expected end for its nodes' lease, and the remaining lease once JMeter has ended.
    pub lease_after_run: Duration,
    /// How often the requested and the actual state are compared.
    pub reconcile_every: Duration,
    /// How long expired clusters continue after the engine's start, so that a wrong clock does not terminate them immediately.
    pub start_grace: Duration,
    /// How long the nodes of a cluster may take to be there.
    pub launch_limit: Duration,
    /// The same for machines that are created and have to boot: a large image or a busy region takes minutes.
    pub machine_launch_limit: Duration,
    /// Additional time per machine: a provider creates them one after the other.
    pub machine_launch_each: Duration,
    /// How long the nodes of a cluster may take until they have Java and JMeter, which may have to be fetched first.
    pub equip_limit: Duration,
    /// How long a provider may take to list its machines, or to estimate a cluster's cost.
    pub ask_limit: Duration,
    /// How long all workers may take until they accept connections.
    pub worker_start_limit: Duration,
    /// How often the result log is read.
    pub tail_every: Duration,
    /// Interval of snapshots.
    pub snapshot_every: Duration,
    /// How long JMeter may take to end after a force stop, before it is killed.
    pub force_limit: Duration,
    /// Time limit for the other workers to send their samples after one of them died.
    pub last_samples_limit: Duration,
    /// How long a master may outlive its last worker.
    pub master_end_limit: Duration,
    /// How long a run's node may be unreachable before the run fails: networks recover, and JMeter keeps running
    /// meanwhile.
    pub unreachable_limit: Duration,
    /// The grace period of a run that names none.
    pub default_stop_timeout: Duration,
    /// The largest upload, in bytes, and the most that an archive may unpack to.
    pub max_upload_bytes: u64,
    /// The largest upload of result logs, in bytes, and the maximum that they may unpack to.
    pub max_import_bytes: u64,
    /// Maximum number of files per plan.
    pub max_files: usize,
    /// Maximum number of files written by the plan that are kept per run, from all nodes together.
    pub keep_max_files: usize,
    /// Their maximum total size, in bytes.
    pub keep_max_bytes: u64,
    /// Reserved free space on the disk of the data folder, in bytes: no run begins with less, and no log grows with
    /// less than half of it.
    pub disk_reserve_bytes: u64,
    /// Finished runs are removed this many days after they were requested; `None`: never because of their age. Pinned
    /// ones are kept.
    pub runs_days: Option<u32>,
    /// Number of newest finished runs to keep, in addition to pinned ones and baselines; `None`: all.
    pub runs_count: Option<u32>,
    /// Bytes of the newest finished runs to keep; pinned ones and baselines count and are always kept; `None`: all.
    pub runs_bytes: Option<u64>,
    /// Number of each plan's newest revisions to keep, in addition to those that a run used or a schedule will use;
    /// `None`: all.
    pub plan_revisions: Option<u32>,
    /// Logs of runs that are also in the artefact store are removed from the data folder this many days after the run
    /// was requested; `None`: never.
    pub stored_logs_days: Option<u32>,
    /// A cluster's events are kept this many days after its end.
    pub cluster_events_days: u32,
    /// Schedules start runs. Only in a server: other runs would be unexpected in a process that runs a single command.
    pub starts_schedules: bool,
    /// How long after its time a schedule's run is still started, if no server was running then.
    pub schedule_grace: Duration,
    /// People whose schedules may have clusters with the credentials of the server's environment, in addition to
    /// administrators: IDs or names.
    pub environment_credentials_for: Vec<String>,
    /// Addresses (scheme, host and port) that people's own stores and search targets may use, in addition to public
    /// ones with HTTPS.
    pub allowed_endpoints: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60 * 60),
            renew_every: Duration::from_secs(5 * 60),
            lease_after_run: Duration::from_secs(30 * 60),
            reconcile_every: Duration::from_secs(2),
            start_grace: Duration::from_secs(5 * 60),
            launch_limit: Duration::from_secs(120),
            machine_launch_limit: Duration::from_secs(10 * 60),
            machine_launch_each: Duration::from_secs(1),
            equip_limit: Duration::from_secs(30 * 60),
            ask_limit: Duration::from_secs(60),
            worker_start_limit: Duration::from_secs(90),
            tail_every: Duration::from_millis(200),
            snapshot_every: Duration::from_secs(1),
            force_limit: Duration::from_secs(15),
            last_samples_limit: Duration::from_secs(10),
            master_end_limit: Duration::from_secs(60),
            unreachable_limit: Duration::from_secs(60),
            default_stop_timeout: Duration::from_secs(30),
            max_upload_bytes: 2 << 30,
            max_import_bytes: 20 << 30,
            max_files: 2_000,
            keep_max_files: 1_000,
            keep_max_bytes: 1 << 30,
            disk_reserve_bytes: 256 << 20,
            runs_days: None,
            runs_count: None,
            runs_bytes: None,
            plan_revisions: None,
            stored_logs_days: None,
            cluster_events_days: 90,
            starts_schedules: false,
            schedule_grace: Duration::from_secs(15 * 60),
            environment_credentials_for: Vec::new(),
            allowed_endpoints: Vec::new(),
        }
    }
}

impl Settings {
    /// The same for a data folder on this disk: the reserve is at most a twentieth of it.
    #[must_use]
    pub fn for_disk_of(self, folder: &Path) -> Self {
        let whole = statvfs(folder).map_or(u64::MAX, |disk| disk.blocks() * disk.fragment_size());
        Self { disk_reserve_bytes: self.disk_reserve_bytes.min(whole / 20), ..self }
    }

    /// How long the nodes of a cluster may take to be there.
    pub fn launch_limit_of(&self, provider: Provider, nodes: usize) -> Duration {
        match provider {
            Provider::Local | Provider::Ssh | Provider::Imported => self.launch_limit,
            Provider::Ec2 => {
                self.machine_launch_limit + self.machine_launch_each * u32::try_from(nodes).unwrap_or(u32::MAX)
            }
        }
    }

    /// How long a run waits for its cluster to be ready: a little longer than that may take.
    pub fn queue_limit_of(&self, provider: Provider, nodes: usize) -> Duration {
        self.launch_limit_of(provider, nodes) + self.equip_limit + Duration::from_secs(60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_waits_longer_for_its_cluster_than_that_may_take() {
        let settings = Settings::default();
        for provider in [Provider::Local, Provider::Ssh, Provider::Ec2] {
            let longest = settings.launch_limit_of(provider, 200) + settings.equip_limit;
            assert!(settings.queue_limit_of(provider, 200) > longest, "{provider}");
        }
    }
}
