//! User requests for clusters: create, extend, terminate.

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::tools::RequestedJMeter;
use jac_model::{
    Cluster, ClusterConfig, ClusterEvent, ClusterId, ClusterPhase, Fault, Message, Named, Person, Provider,
};
use serde::Deserialize;

/// A cluster to create.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCluster {
    /// Empty or absent: its ID.
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    pub provider: Provider,
    pub config: ClusterConfig,
}

impl NewCluster {
    fn requested_name(&self) -> Option<String> {
        self.name.as_ref().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
    }
}

/// The purpose of a new cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifespan {
    /// It outlives this engine.
    Persistent,
    /// It ends with this engine, as a cluster of `jac run` without a server does.
    Ephemeral,
}

impl Engine {
    /// Records a cluster and starts its launch.
    ///
    /// # Errors
    /// When the configuration has faults (all are reported), or the provider is disabled.
    pub async fn create_cluster(
        &self,
        owner: Person,
        new: NewCluster,
        lifespan: Lifespan,
    ) -> Result<Cluster, EngineError> {
        self.create_cluster_as(ClusterId::from_random(rand::random()), owner, None, new, lifespan).await
    }

    /// The same with an unused ID, and a team.
    pub(crate) async fn create_cluster_as(
        &self,
        id: ClusterId,
        owner: Person,
        team: Option<Named>,
        mut new: NewCluster,
        lifespan: Lifespan,
    ) -> Result<Cluster, EngineError> {
        self.cloud(new.provider)?;
        let faults = self.faults_of(&new);
        if !faults.is_empty() {
            return Err(EngineError::faulty("cluster_invalid", faults));
        }
        self.resolve_credentials(&owner, &mut new.config).await?;
        let name = new.requested_name().unwrap_or_else(|| id.to_string());
        let now_ms = self.now_ms();
        let cluster = Cluster {
            nodes: Cluster::requested_nodes(new.config.workers),
            expires_at_ms: now_ms + i64::from(new.config.lifetime_minutes) * 60_000,
            id: id.clone(),
            name,
            description: new.description.unwrap_or_default(),
            owner,
            team,
            provider: new.provider,
            config: new.config,
            phase: ClusterPhase::Requested,
            cause: None,
            lost_nodes: Vec::new(),
            current_run: None,
            master_restarting: false,
            created_ms: now_ms,
            ready_ms: None,
            ended_ms: None,
            idle_since_ms: None,
            ephemeral_of: match lifespan {
                Lifespan::Persistent => None,
                Lifespan::Ephemeral => Some(self.instance().to_owned()),
            },
            usd_per_hour: None,
            node_prices: None,
        };
        self.store().insert_cluster(&cluster).await?;
        self.note_cluster(&id, None, Message::new("requested", "Requested.")).await;
        self.continue_cluster(&id);
        Ok(cluster)
    }

    /// Every fault that shows without asking the provider.
    pub(crate) fn faults_of(&self, new: &NewCluster) -> Vec<Fault> {
        let config = new.config.faults(new.provider).into_iter();
        let mut faults: Vec<Fault> = config.map(|fault| fault.under("/config")).collect();
        if let Err(error) = self.cloud(new.provider) {
            faults.push(Fault::at("/provider", "provider_off", error.to_string()));
        }
        let name = new.requested_name().and_then(|name| crate::titles::fault(&name));
        faults.extend(name.map(|message| Fault::at("/name", "name_invalid", message)));
        if let Err(error) = self.toolbox().home(&RequestedJMeter::of(&new.config)) {
            let field = if new.config.jmeter_home.is_some() { "/config/jmeter_home" } else { "/config/jmeter_version" };
            faults.push(Fault::at(field, "no_jmeter", error.to_string()));
        }
        faults
    }

    /// Moves a cluster's end by `minutes`.
    ///
    /// # Errors
    /// When it is already terminating, or would exceed the maximum lifetime of a cluster.
    pub async fn extend_cluster(&self, id: &ClusterId, minutes: u32) -> Result<Cluster, EngineError> {
        let now_ms = self.now_ms();
        let (cluster, ()) = self
            .store()
            .update_cluster(id, move |cluster| {
                if matches!(cluster.phase, ClusterPhase::Failed | ClusterPhase::Terminating | ClusterPhase::Terminated)
                {
                    return Err(conflict("The cluster is terminating and cannot be extended.", None));
                }
                // The earlier end is moved. One that has already passed, which is tolerated for a while after a
                // start, is moved relative to the current time.
                let minutes_ms = i64::from(minutes) * 60_000;
                let idle_ends_at_ms = cluster.idle_ends_at_ms().filter(|idle_ms| *idle_ms < cluster.expires_at_ms);
                let old_end_ms = idle_ends_at_ms.unwrap_or(cluster.expires_at_ms);
                let end_ms = old_end_ms.max(now_ms) + minutes_ms;
                let latest_ms = now_ms + i64::from(ClusterConfig::MAX_LIFETIME_MINUTES) * 60_000;
                if minutes == 0 || end_ms > latest_ms {
                    return Err(EngineError::invalid(
                        "lifetime_invalid",
                        format!(
                            "Extend by at least 1 minute, up to {} days from now.",
                            ClusterConfig::MAX_LIFETIME_MINUTES / 1440
                        ),
                    ));
                }
                if idle_ends_at_ms.is_some() {
                    cluster.idle_since_ms = cluster.idle_since_ms.map(|since_ms| since_ms + end_ms - old_end_ms);
                }
                cluster.expires_at_ms = cluster.expires_at_ms.max(end_ms);
                Ok(())
            })
            .await?;
        // The nodes' leases ended with the old end: the next reconciling renews them.
        self.renewed().remove(id);
        let message = Message::new("extended", format!("Extended by {minutes} minutes."));
        self.note_cluster(id, None, message.with("minutes", minutes)).await;
        Ok(cluster)
    }

    /// Begins to terminate a cluster. A run on it is stopped first, and its measured data is kept.
    ///
    /// # Errors
    /// When the cluster does not exist. A terminated one stays terminated.
    pub async fn request_termination(&self, id: &ClusterId, cause: Message, by: &str) -> Result<Cluster, EngineError> {
        self.request_termination_if(id, cause, by, |_| true).await
    }

    /// The same, unless it was extended, or a run started or ended on it, since it was read: the next check decides again.
    pub(crate) async fn request_termination_of(
        &self,
        seen: &Cluster,
        cause: Message,
        by: &str,
    ) -> Result<Cluster, EngineError> {
        let judged = |cluster: &Cluster| (cluster.expires_at_ms, cluster.idle_since_ms, cluster.current_run.clone());
        let then = judged(seen);
        self.request_termination_if(&seen.id, cause, by, move |cluster| judged(cluster) == then).await
    }

    async fn request_termination_if(
        &self,
        id: &ClusterId,
        cause: Message,
        by: &str,
        holds: impl FnOnce(&Cluster) -> bool + Send + 'static,
    ) -> Result<Cluster, EngineError> {
        let reason = cause.clone();
        let (cluster, begun) = self
            .store()
            .update_cluster::<_, EngineError>(id, move |cluster| {
                if matches!(cluster.phase, ClusterPhase::Terminating | ClusterPhase::Terminated) || !holds(cluster) {
                    return Ok(false);
                }
                cluster.phase = cluster.phase.apply(ClusterEvent::TerminationStarted)?;
                cluster.cause.get_or_insert(reason);
                Ok(true)
            })
            .await?;
        if begun {
            self.note_cluster(
                id,
                None,
                Message { code: "termination_requested".to_owned(), ..cause.clone() }
                    .with("reason", cause.code)
                    .with("by", by),
            )
            .await;
            if let Some(run) = &cluster.current_run {
                self.stop_run_of_cluster(run, by).await?;
            }
            self.continue_cluster(id);
        }
        Ok(cluster)
    }

    /// Releases the cluster when its run has ended. A cluster that was created for the run is terminated.
    pub(crate) async fn release_cluster(&self, id: &ClusterId, run: &jac_model::RunId) -> Result<(), EngineError> {
        let (now_ms, run) = (self.now_ms(), run.clone());
        let (_, remove) = self
            .change_cluster(id, move |cluster| {
                let held = cluster.current_run.as_ref() == Some(&run);
                if held {
                    cluster.current_run = None;
                    cluster.idle_since_ms = Some(now_ms);
                }
                Ok(held && cluster.config.remove_after_run)
            })
            .await?;
        if remove {
            self.request_termination(id, Message::new("run_ended", "Its run has ended."), "JAC").await?;
        }
        Ok(())
    }

    /// Changes a cluster and publishes the change.
    pub(crate) async fn change_cluster<T: Send + 'static>(
        &self,
        id: &ClusterId,
        change: impl FnOnce(&mut Cluster) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<(Cluster, T), EngineError> {
        let answer = self.store().update_cluster(id, change).await?;
        self.notify(Event::Cluster(id.clone()));
        Ok(answer)
    }
}

/// Something that cannot be done now.
pub(crate) fn conflict(message: impl Into<String>, hint: Option<&str>) -> EngineError {
    EngineError::Conflict { message: message.into(), hint: hint.map(str::to_owned) }
}
