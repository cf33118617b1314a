//! The simulated world: machines with their folders, leases and processes. It outlives every engine, and uses
//! tokio's paused time, so that an hour passes in a moment.
//!
//! Whatever changes by itself here (JMeter measures, a lease expires) is brought up to date whenever it is observed.

use crate::faults::Calls;
use crate::jmeter::{self, Process, Trouble};
use jac_model::ports::{Billable, Instance};
use jac_model::{ClusterConfig, ClusterId, EpochMs, Person, Provider};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// When the world began.
const BEGAN_MS: EpochMs = 1_700_000_000_000;

pub struct World {
    folder: tempfile::TempDir,
    began: Instant,
    calls: Mutex<Calls>,
    machines: Mutex<Machines>,
    /// The state of the provider's lists.
    pub lists: Mutex<Lists>,
    /// How many bytes of a result log arrive per second; `None`: unlimited.
    pub line: Mutex<Option<usize>>,
    /// Additional latency of each call, there and back.
    pub latency: Mutex<Duration>,
    /// A node with another Java than the others.
    pub other_java: Mutex<Option<String>>,
    /// A node that no longer answers anything.
    pub hung: Mutex<Option<String>>,
    /// Offset of the clock of a server that starts now.
    pub clock_off_ms: AtomicI64,
    pub crashed: Notify,
}

/// The state of a provider's lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Lists {
    #[default]
    True,
    /// The list is of the time of the request, but arrives this much later.
    Slow(Duration),
    /// The list is of this long ago, presented as current.
    Stale(Duration),
    /// All but these nodes.
    Without(Vec<&'static str>),
}

/// Everything that exists and that existed.
#[derive(Default)]
pub struct Machines {
    pub there: BTreeMap<(ClusterId, String), Machine>,
    /// How many were ever created.
    pub made: usize,
    /// How many ended because their lease was not renewed.
    pub ended_by_lease: usize,
    /// How tests behave.
    pub trouble: Trouble,
    /// Names of nodes that will not launch.
    pub stillborn: Vec<String>,
    /// What every JMeter's master has written, by its run's process name: none of it may be lost.
    pub measured: BTreeMap<String, Vec<u8>>,
    /// How often a master was started.
    pub masters_started: Arc<AtomicUsize>,
    /// Every machine that ever existed, with its creation and end.
    pub ever: Vec<(Provider, Instance, EpochMs, Option<EpochMs>)>,
    /// The notifications that the target has accepted.
    pub notified: Vec<jac_model::notify::Notification>,
    /// The figures that the metrics target has accepted.
    pub pushed: Vec<Arc<jac_model::monitoring::RunFigures>>,
}

/// A machine.
pub struct Machine {
    pub provider: Provider,
    pub instance: Instance,
    pub folder: PathBuf,
    /// Its tags: what is needed to adopt its cluster.
    pub config: ClusterConfig,
    pub lease_until_ms: EpochMs,
    pub processes: BTreeMap<String, Process>,
    pub masters_started: Arc<AtomicUsize>,
    /// It is unreachable until then, and keeps running.
    pub offline_until_ms: EpochMs,
    /// The server has no file descriptor for it until then.
    pub unasked_until_ms: EpochMs,
}

impl World {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            began: Instant::now(),
            calls: Mutex::default(),
            machines: Mutex::default(),
            lists: Mutex::default(),
            line: Mutex::default(),
            latency: Mutex::default(),
            other_java: Mutex::default(),
            hung: Mutex::default(),
            clock_off_ms: AtomicI64::new(0),
            crashed: Notify::new(),
        }
    }

    pub fn now_ms(&self) -> EpochMs {
        BEGAN_MS + i64::try_from(self.began.elapsed().as_millis()).expect("not that long")
    }

    pub fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn machines(&self) -> MutexGuard<'_, Machines> {
        self.machines.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Brings everything up to date with the current time.
    pub fn advance(&self) {
        let now_ms = self.now_ms();
        let mut machines = self.machines();
        jmeter::advance(&mut machines, now_ms);
        let over: Vec<_> = machines
            .there
            .iter()
            .filter(|(_, machine)| machine.lease_until_ms <= now_ms)
            .map(|(key, _)| key.clone())
            .collect();
        for key in over {
            machines.ended_by_lease += 1;
            machines.end(&key, now_ms);
        }
    }

    /// Creates a machine, unless it exists.
    pub fn make(&self, provider: Provider, config: &ClusterConfig, request: &jac_model::ports::NodeRequest) {
        let mut machines = self.machines();
        let key = (request.cluster.clone(), request.name.clone());
        if machines.there.contains_key(&key) || machines.stillborn.contains(&request.name) {
            return;
        }
        machines.made += 1;
        let (number, since_ms) = (machines.made, self.now_ms());
        let folder = self.folder.path().join(request.cluster.as_str()).join(&request.name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let instance = Instance {
            cluster: request.cluster.clone(),
            name: request.name.clone(),
            role: request.role,
            address: format!("10.0.0.{number}"),
            detail: format!("i-{number}"),
            memory_mb: 4096,
            alive: true,
            billable: Some(Billable {
                region: "eu-central-1".to_owned(),
                id: format!("i-{number}"),
                kind: "c6i.large".to_owned(),
                spot: false,
                cluster_name: request.cluster_name.clone(),
                owner: request.owner.clone(),
                since_ms,
                expires_at_ms: Some(request.expires_at_ms),
            }),
        };
        machines.ever.push((provider, instance.clone(), since_ms, None));
        let machine = Machine {
            provider,
            instance,
            folder,
            config: config.clone(),
            lease_until_ms: since_ms + i64::try_from(request.lease.as_millis()).expect("not that long"),
            processes: BTreeMap::new(),
            masters_started: Arc::clone(&machines.masters_started),
            offline_until_ms: 0,
            unasked_until_ms: 0,
        };
        machines.there.insert(key, machine);
    }

    /// A machine disappears suddenly.
    pub fn lose(&self, name: &str) {
        self.advance();
        let now_ms = self.now_ms();
        let mut machines = self.machines();
        let key = machines.there.keys().find(|(_, node)| node == name).cloned().expect("it is there");
        machines.end(&key, now_ms);
    }

    /// The server has no file descriptor for any machine for a while.
    pub fn use_up_descriptors(&self, for_ms: i64) {
        self.advance();
        let until_ms = self.now_ms() + for_ms;
        for machine in self.machines().there.values_mut() {
            machine.unasked_until_ms = until_ms;
        }
    }

    /// Makes a machine unreachable for a while.
    pub fn disconnect(&self, name: &str, for_ms: i64) {
        self.advance();
        let until_ms = self.now_ms() + for_ms;
        for ((_, node), machine) in &mut self.machines().there {
            if node == name {
                machine.offline_until_ms = until_ms;
            }
        }
    }
}

impl Machines {
    /// Ends a machine with everything on it.
    pub fn end(&mut self, key: &(ClusterId, String), now_ms: EpochMs) {
        if let Some(machine) = self.there.remove(key) {
            for (_, instance, _, ended_ms) in &mut self.ever {
                if instance.cluster == key.0 && instance.name == key.1 {
                    ended_ms.get_or_insert(now_ms);
                }
            }
            std::fs::remove_dir_all(&machine.folder).expect("its folder");
        }
    }

    /// What a provider had at a time.
    pub fn at(&self, provider: Provider, at_ms: EpochMs) -> Vec<Instance> {
        let was_there =
            |since: EpochMs, ended: Option<EpochMs>| since <= at_ms && ended.is_none_or(|ended| ended > at_ms);
        let of_then = self.ever.iter().filter(|(of, _, since, ended)| *of == provider && was_there(*since, *ended));
        of_then.map(|(_, instance, _, _)| instance.clone()).collect()
    }

    pub fn of<'a>(&'a self, cluster: &'a ClusterId) -> impl Iterator<Item = &'a Machine> {
        self.there.iter().filter(move |((of, _), _)| of == cluster).map(|(_, machine)| machine)
    }
}

/// A path on a node; a path that leads out of it is a bug of the engine.
pub fn inside(folder: &Path, path: &str) -> PathBuf {
    assert!(!path.starts_with('/') && !path.split('/').any(|part| part == ".."), "{path} leads out of the node");
    folder.join(path)
}

pub fn owner() -> Person {
    jac_engine::administrator()
}
