//! The start of a run: its criteria are printed, its cluster is created or selected, and the server is asked to start
//! it.

use super::machines::NewCluster;
use super::spec::Source;
use super::{Job, LAST_ANSWER, Target, Waits};
use crate::clusters;
use crate::connect::Connection;
use crate::exit::Interrupted;
use crate::plans::auto_stop;
use jac_engine::view::{ClusterView, PlanView, RunView};
use jac_model::{ClusterConfig, Provider};
use serde_json::json;
use std::pin::pin;

impl Job<'_> {
    /// Prints the criteria and the rules of the automatic stop, before anything starts.
    pub(super) fn print_criteria(&mut self, plan: &PlanView) {
        let (spec, kept) = (self.spec, &plan.plan.criteria);
        let criteria = spec.criteria.as_ref().unwrap_or(&kept.criteria);
        if !criteria.is_empty() {
            let warm_up = match spec.warm_up_s.unwrap_or(kept.warm_up_s) {
                0 => String::new(),
                seconds => format!(" The first {seconds} s (warm-up) do not count."),
            };
            self.line.print(&format!("Fails if {}.{warm_up}", criteria.join(", or if ")));
        }
        self.line.print(&auto_stop(spec.stop_rules.as_ref().unwrap_or(&kept.stop_rules)));
    }

    pub(super) async fn cluster(&mut self, connection: &Connection) -> anyhow::Result<ClusterView> {
        let new = match &self.target {
            Target::Existing { cluster, .. } => return Ok((**cluster).clone()),
            Target::New(new) => new,
        };
        let config = ClusterConfig {
            workers: new.workers,
            heap_mb: new.heap_mb,
            lifetime_minutes: lifetime_minutes(new),
            remove_after_run: true,
            ssh: new.ssh.clone(),
            ec2: new.ec2.clone(),
            jmeter_home: match connection {
                // The version identifies it. And this process's engine already has the home.
                _ if new.jmeter_version.is_some() => None,
                Connection::Own { .. } => None,
                Connection::Server(_) => self.spec.jmeter_home.as_ref().map(|home| home.display().to_string()),
            },
            jmeter_version: new.jmeter_version.clone(),
            ..ClusterConfig::default()
        };
        let name = jac_engine::fitting_name(&format!("jac run {}", self.spec.plan_name));
        let ephemeral = matches!(connection, Connection::Own { .. });
        let request = json!({ "name": name, "provider": new.provider, "config": config });
        if new.provider == Provider::Ec2 {
            let forecast = self.signals.unless(clusters::forecast(self.client, &request)).await;
            let forecast = forecast.map_err(Interrupted::early)??;
            self.line.print(&clusters::price_sentence(&forecast, new.workers + 1));
        }
        let path = format!("/clusters?ephemeral={ephemeral}");
        let asked = self.client.post(&path, &request);
        self.begun(asked, "`jac cluster list` shows whether the cluster was created.").await
    }

    pub(super) async fn start(&mut self, plan: &PlanView, cluster: &ClusterView) -> anyhow::Result<RunView> {
        let new = json!({
            "cluster_id": cluster.cluster.id,
            "plan_id": plan.plan.id,
            // For a file the revision of this upload, regardless of other uploads in the meantime.
            "plan_revision": matches!(self.spec.source, Source::Files { .. }).then_some(plan.plan.revision),
            "name": self.spec.name,
            "properties": self.spec.properties,
            "system_properties": self.spec.system_properties,
            "secret": self.spec.secret,
            "properties_files": self.spec.properties_files,
            "split": self.spec.split,
            "keep": (!self.spec.keep.is_empty()).then_some(&self.spec.keep),
            "criteria": self.spec.criteria,
            "warm_up_s": self.spec.warm_up_s,
            "stop_rules": self.spec.stop_rules,
            "stop_timeout_s": self.spec.stop_timeout_s,
            "results": self.spec.results,
            "min_workers": self.spec.min_workers,
            "share": self.spec.share,
            "queue": matches!(self.target, Target::Existing { queue: true, .. }),
            "try_run": self.spec.try_run,
        });
        self.begun(self.client.post("/runs", &new), "`jac runs list` shows whether the run has started.").await
    }

    /// When a signal arrives, the requested item may already exist, and only the response has its ID: that is waited for a
    /// little longer. [`Signals::received`](crate::signals::Signals::received) returns whether a signal came. A second one ends all waits.
    async fn begun<T>(
        &mut self,
        asked: impl Future<Output = anyhow::Result<T>>,
        continuing: &str,
    ) -> anyhow::Result<T> {
        let mut asked = pin!(asked);
        let signal = match self.signals.unless(&mut asked).await {
            Ok(answer) => return answer,
            Err(signal) => signal,
        };
        match self.signals.unless(tokio::time::timeout(LAST_ANSWER, asked)).await {
            Ok(Ok(answer)) => return answer,
            Ok(Err(_late)) => (),
            Err(_second) => self.waits = Waits::Nothing,
        }
        Err(Interrupted { signal, continuing: continuing.to_owned() }.into())
    }
}

/// A run terminates its cluster at its end. The limit only bounds the cost of an endless run on billable machines.
fn lifetime_minutes(new: &NewCluster) -> u32 {
    let otherwise = match new.provider {
        Provider::Ec2 => ClusterConfig::default().lifetime_minutes,
        Provider::Local | Provider::Ssh | Provider::Imported => ClusterConfig::MAX_LIFETIME_MINUTES,
    };
    new.lifetime_minutes.unwrap_or(otherwise)
}
