//! Provisions and terminates a cluster. One task per cluster; each step is idempotent.
//!
//! | step    | does                                              | undone by                         |
//! |---------|---------------------------------------------------|-----------------------------------|
//! | record  | the row, `requested` (before any call)            | the row's `terminated`            |
//! | launch  | requests the nodes from the provider, with their lease | the provider terminates them |
//! | seen    | the row lists the nodes that exist, and no others | nothing                           |
//! | key     | creates the RMI key of the cluster                | its folder is removed             |
//! | tools   | finds or installs JMeter here, equips the nodes   | nothing: they belong to the machine |
//! | ready   | the row's `ready`                                 | the row's `terminating`           |
//!
//! A failure leads to `failed` with its cause and from there to `terminating`, which is retried until nothing is left.
//! An adopted cluster begins at `key`: its nodes exist.

use crate::engine::{Engine, Lines};
use crate::error::EngineError;
use crate::retrying::is_own_fault;
use jac_jmeter::RmiKeyStore;
use jac_model::ports::{Instance, NodeRequest};
use jac_model::{
    Cluster, ClusterEvent, ClusterId, ClusterPhase, Message, Node, NodeState, Role, RunId, StopMode, plural,
};
use jac_store::StoreError;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Delay between two attempts to terminate a cluster.
const RETRY_EVERY: Duration = Duration::from_secs(5);
/// Time between two events about a step that keeps failing.
const REPORT_EVERY: Duration = Duration::from_secs(5 * 60);
/// How often the task of a launching cluster may panic.
const PANICS_UNTIL_GIVEN_UP: u32 = 3;
/// A launch that is resumed after a restart has at least this long, however long ago it started: the machines may exist.
const SHORTEST_LIMIT: Duration = Duration::from_secs(60);

impl Engine {
    /// Starts the task of a cluster. An existing task processes it once more.
    pub(crate) fn continue_cluster(&self, id: &ClusterId) {
        let (engine, id) = (self.clone(), id.clone());
        self.work_on("cluster", id.to_string(), format!("the cluster {id}"), move |panics| {
            let (engine, id) = (engine.clone(), id.clone());
            async move {
                // A cluster that makes JAC fail each time is not retried endlessly: its machines cost money.
                if panics >= PANICS_UNTIL_GIVEN_UP {
                    let error = EngineError::JMeter(
                        "Internal error while JAC created the cluster. See the server's log.".to_owned(),
                    );
                    drop(engine.fail_cluster(&id, &error).await);
                }
                engine.continue_to_rest(&id).await;
            }
        });
    }

    async fn continue_to_rest(&self, id: &ClusterId) {
        let mut reported_at: Option<Instant> = None;
        while let Ok(cluster) = self.store().cluster(id).await {
            let done = match cluster.phase {
                ClusterPhase::Ready | ClusterPhase::Terminated => return,
                ClusterPhase::Requested | ClusterPhase::Launching | ClusterPhase::Preparing => tokio::select! {
                    done = self.bring_up(&cluster) => match done {
                        Err(error) => self.fail_cluster(id, &error).await,
                        done => done,
                    },
                    // It is being terminated: a long download must not delay that.
                    () = self.until_not_launching(id) => Ok(()),
                },
                ClusterPhase::Failed => self
                    .change_cluster(id, move |cluster| step(cluster, ClusterEvent::TerminationStarted))
                    .await
                    .map(drop),
                ClusterPhase::Terminating => self.teardown(&cluster).await,
            };
            if let Err(error) = done {
                tracing::error!(cluster = %id, %error, "cluster {id}: {error}; trying again");
                if reported_at.is_none_or(|at| at.elapsed() >= REPORT_EVERY) {
                    reported_at = Some(Instant::now());
                    let reason = jac_model::sentence(&error);
                    let message = Message::new("retrying", format!("{reason} Retrying.")).with("reason", reason);
                    self.note_cluster(id, None, message).await;
                }
                sleep(RETRY_EVERY).await;
            }
        }
    }

    async fn bring_up(&self, cluster: &Cluster) -> Result<(), EngineError> {
        // A price that takes long to determine does not delay the launch.
        let (brought_up, ()) = tokio::join!(self.bring_up_nodes(cluster), self.know_price(&cluster.id));
        brought_up?;
        self.know_price(&cluster.id).await;
        Ok(())
    }

    async fn bring_up_nodes(&self, cluster: &Cluster) -> Result<(), EngineError> {
        let id = &cluster.id;
        if cluster.phase != ClusterPhase::Preparing {
            self.change_cluster(id, move |cluster| step(cluster, ClusterEvent::LaunchStarted)).await?;
            let limit = self.settings().launch_limit_of(cluster.provider, cluster.nodes.len());
            // It counts from the launch, not from this server's start.
            let left = self.left_of(limit, cluster.created_ms);
            let instances = timeout(left, self.launch(cluster)).await.map_err(|_| {
                EngineError::JMeter(format!("The nodes did not launch within {} s.", limit.as_secs()))
            })??;
            let made = instances.len();
            let (_, left_out) = self
                .change_cluster(id, move |cluster| {
                    if cluster.phase != ClusterPhase::Launching {
                        return Ok(None);
                    }
                    let left_out = drop_failed_nodes(cluster, &instances)?;
                    record_instances(cluster, &instances);
                    step(cluster, ClusterEvent::NodesSeen)?;
                    Ok(Some(left_out))
                })
                .await?;
            let Some(left_out) = left_out else { return Ok(()) };
            for name in left_out {
                let text =
                    format!("{name} failed to launch; the cluster continues without it, as its configuration allows.");
                self.note_cluster(id, Some(&name), Message::new("launched_without", text)).await;
            }
            let message = Message::new("nodes_created", format!("{} created.", plural(made as u64, "node")));
            self.note_cluster(id, None, message.with("nodes", made)).await;
        }
        self.make_key(id).await?;
        self.equip(id).await?;
        let now_ms = self.now_ms();
        // Before the row is changed, so that a list requested earlier does not count against it.
        self.became_ready().insert(id.clone(), Instant::now());
        let (_, ready) = self
            .change_cluster(id, move |cluster| {
                if cluster.phase != ClusterPhase::Preparing {
                    return Ok(false);
                }
                cluster.ready_ms = Some(now_ms);
                cluster.idle_since_ms = Some(now_ms);
                step(cluster, ClusterEvent::Prepared)?;
                Ok(true)
            })
            .await?;
        if ready {
            self.note_cluster(id, None, Message::new("ready", "Ready.")).await;
        }
        Ok(())
    }

    /// The remaining part of a limit that is measured from a given time, but at least a minimum.
    pub(crate) fn left_of(&self, limit: Duration, since_ms: i64) -> Duration {
        let gone_ms = (self.now_ms() - since_ms).max(0).unsigned_abs();
        limit.saturating_sub(Duration::from_millis(gone_ms)).max(SHORTEST_LIMIT.min(limit))
    }

    /// Waits until the cluster has failed or its termination is requested.
    async fn until_not_launching(&self, id: &ClusterId) {
        let mut changes = self.changes_of_cluster(id);
        loop {
            match self.store().cluster(id).await {
                Ok(cluster) if !matches!(cluster.phase, ClusterPhase::Failed | ClusterPhase::Terminating) => (),
                Ok(_) | Err(StoreError::NotFound { .. }) => return,
                // A database that cannot be read now interrupts no launch.
                Err(_) => (),
            }
            changes.next().await;
        }
    }

    async fn launch(&self, cluster: &Cluster) -> Result<Vec<Instance>, EngineError> {
        let lease = self.until(self.lease_end(cluster));
        let requests: Vec<NodeRequest> = cluster
            .nodes
            .iter()
            .map(|node| NodeRequest {
                cluster: cluster.id.clone(),
                name: node.name.clone(),
                role: node.role,
                nodes_in_cluster: cluster.config.workers + 1,
                lease,
                cluster_name: cluster.name.clone(),
                owner: cluster.owner.clone(),
                expires_at_ms: cluster.expires_at_ms,
            })
            .collect();
        let cloud = self.cloud(cluster.provider)?;
        let launch = async |lines: Lines| {
            let progress = |node: &str, message: Message| lines.add(Some(node), message);
            loop {
                match cloud.launch(&cluster.config, &requests, &progress).await {
                    // The launch's time limit bounds this.
                    Err(error) if is_own_fault(&error) => {
                        tracing::warn!(cluster = %cluster.id, %error, "cluster {}: {error}", cluster.id);
                        sleep(Duration::from_secs(1)).await;
                    }
                    launched => return launched,
                }
            }
        };
        Ok(self.note_while(&cluster.id, launch).await?)
    }

    /// How long it is from now to then.
    pub(crate) fn until(&self, at_ms: i64) -> Duration {
        Duration::from_millis(u64::try_from(at_ms - self.now_ms()).unwrap_or(0))
    }

    /// The end of a lease that is given now: never after the cluster's own end.
    pub(crate) fn lease_end(&self, cluster: &Cluster) -> i64 {
        let lease_ms = i64::try_from(self.settings().lease.as_millis()).unwrap_or(i64::MAX);
        (self.now_ms() + lease_ms).min(self.expiry_ms(cluster))
    }

    /// The key store, created once; a restart finds it.
    async fn make_key(&self, id: &ClusterId) -> Result<(), EngineError> {
        let folder = self.folder().cluster(id);
        if key_store_path(&folder).is_file() {
            return Ok(());
        }
        let password: String = rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect();
        let store =
            RmiKeyStore::generate(id.as_str(), password).map_err(|error| EngineError::JMeter(error.to_string()))?;
        let failed = |error| EngineError::file("accessing the cluster's key", error);
        tokio::fs::create_dir_all(&folder).await.map_err(failed)?;
        // The password first: a store without its password would be useless.
        write_privately(&folder.join("rmi.password"), store.password().as_bytes()).map_err(failed)?;
        let new = folder.join("rmi.p12.new");
        write_privately(&new, &store.bytes).map_err(failed)?;
        tokio::fs::rename(new, key_store_path(&folder)).await.map_err(failed)?;
        self.note_cluster(id, None, Message::new("key_created", "RMI key store created.")).await;
        Ok(())
    }

    async fn fail_cluster(&self, id: &ClusterId, error: &EngineError) -> Result<(), EngineError> {
        let cause = error.as_message();
        tracing::error!(cluster = %id, "cluster {id} could not be created: {cause}");
        let noted = cause.clone();
        self.change_cluster(id, move |cluster| {
            if cluster.phase.is_coming_up() {
                cluster.cause = Some(cause);
                step(cluster, ClusterEvent::Broke)?;
            }
            Ok(())
        })
        .await?;
        self.note_cluster(id, None, Message { code: "failed".to_owned(), ..noted.clone() }.with("reason", noted.code))
            .await;
        Ok(())
    }

    async fn teardown(&self, cluster: &Cluster) -> Result<(), EngineError> {
        let id = &cluster.id;
        self.wait_for_run(cluster).await?;
        self.wait_for_archive(id).await;
        self.cloud(cluster.provider)?.terminate(id).await?;
        // Pages show this list from now on, so the cluster never appears as terminated while its machines are listed.
        let seen = self.observe(cluster.provider).await?;
        let left = seen.instances.iter().filter(|instance| instance.cluster == *id).count();
        if left > 0 {
            return Err(EngineError::JMeter(format!("The cluster still has {}.", plural(left as u64, "node"))));
        }
        let folder = self.folder().cluster(id);
        match tokio::fs::remove_dir_all(&folder).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(EngineError::file("removing the cluster's key", error));
            }
            _ => (),
        }
        let now_ms = self.now_ms();
        self.change_cluster(id, move |cluster| {
            for node in &mut cluster.nodes {
                node.state = NodeState::Terminated;
            }
            cluster.ended_ms.get_or_insert(now_ms);
            step(cluster, ClusterEvent::NothingLeft)
        })
        .await?;
        self.forget_observations(id);
        self.note_cluster(id, None, Message::new("terminated", "Terminated. All resources removed.")).await;
        Ok(())
    }

    /// Requests a graceful stop of the run that has a cluster; `false`: there is no such run to stop.
    pub(crate) async fn stop_run_of_cluster(&self, run: &RunId, by: &str) -> Result<bool, EngineError> {
        match self.request_stop(run, StopMode::Graceful, by).await {
            Ok(_) => Ok(true),
            Err(EngineError::NotFound { .. } | EngineError::Store(StoreError::Unreadable { .. })) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A stop of the run on the cluster was requested; its nodes are kept until it has collected its data: as long as a
    /// stop may take, and as long as bytes still arrive or wait for disk space here. The nodes' own leases are the
    /// final limit.
    async fn wait_for_run(&self, cluster: &Cluster) -> Result<(), EngineError> {
        let Some(run) = &cluster.current_run else { return Ok(()) };
        // Requested again: a crash may have occurred between the requests to terminate the cluster and to stop the run.
        // A run that is still waiting for its cluster detects itself that it will never be ready, and why.
        if cluster.ready_ms.is_some()
            && !self.stop_run_of_cluster(run, "JAC, because its cluster is being terminated").await?
        {
            return Ok(());
        }
        let grace = match self.store().run(run).await {
            Ok(row) => Duration::from_secs(row.run.stop_timeout_s),
            Err(error) if is_nobodys(&error) => return Ok(()),
            // A database that cannot be read does not mean that the run is over.
            Err(error) => return Err(error.into()),
        };
        let time_limit = grace + self.settings().force_limit * 2 + self.settings().master_end_limit;
        let mut deadline = Instant::now() + time_limit;
        let mut received = None;
        let mut changes = self.changes_of_run(run);
        while Instant::now() < deadline {
            match self.store().run(run).await {
                Ok(row) if !row.run.phase.is_terminal() => changes.next().await,
                Ok(_) => return Ok(()),
                Err(error) if is_nobodys(&error) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            let live = self.live().get(run).cloned();
            let now = live.as_ref().map(|live| live.received());
            if now != received || live.is_some_and(|live| live.waits_for_room()) {
                received = now;
                deadline = Instant::now() + time_limit;
            }
        }
        tracing::warn!(cluster = %cluster.id, run = %run,
            "run {run} did not stop in time; its cluster {} is being terminated", cluster.id);
        Ok(())
    }
}

/// Whether no task supervises that run: it has no row, or none that this JAC can read. Nothing waits for it, and its
/// cluster costs money.
fn is_nobodys(error: &StoreError) -> bool {
    matches!(error, StoreError::NotFound { .. } | StoreError::Unreadable { .. })
}

/// Writes a small file that only this user may read.
fn write_privately(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

fn step(cluster: &mut Cluster, event: ClusterEvent) -> Result<(), EngineError> {
    cluster.phase = cluster.phase.apply(event)?;
    Ok(())
}

/// Removes the nodes that failed to launch from the row, if the configuration tolerates that many. Returns their names.
fn drop_failed_nodes(cluster: &mut Cluster, instances: &[Instance]) -> Result<Vec<String>, EngineError> {
    let came = |node: &Node| instances.iter().any(|instance| instance.name == node.name);
    let missing: Vec<&Node> = cluster.nodes.iter().filter(|node| !came(node)).collect();
    let may_fail = cluster.config.ec2.as_ref().map_or(0, |ec2| ec2.workers_may_fail as usize);
    let names: Vec<String> = missing.iter().map(|node| node.name.clone()).collect();
    if missing.iter().any(|node| node.role == Role::Master) || missing.len() > may_fail {
        return Err(EngineError::JMeter(format!("{} did not launch.", names.join(", "))));
    }
    if !names.is_empty() {
        cluster.nodes.retain(|node| !names.contains(&node.name));
        // Of fewer nodes it is another one.
        cluster.usd_per_hour = None;
        cluster.node_prices = None;
    }
    Ok(names)
}

/// Writes the provider's data of the nodes into the row.
fn record_instances(cluster: &mut Cluster, instances: &[Instance]) {
    for node in &mut cluster.nodes {
        if let Some(instance) = instances.iter().find(|instance| instance.name == node.name) {
            node.state = if instance.alive { NodeState::Running } else { NodeState::Lost };
            node.address = Some(instance.address.clone());
            node.detail = Some(instance.detail.clone());
            node.memory_mb = Some(instance.memory_mb);
        }
    }
}

/// The cluster's key store on this machine. Each run brings it to its nodes.
pub(crate) fn key_store_path(cluster_folder: &Path) -> PathBuf {
    cluster_folder.join("rmi.p12")
}
