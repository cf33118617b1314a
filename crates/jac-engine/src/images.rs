//! Images of fully equipped machines: created from a cluster's master, so that later clusters launch faster.

use crate::clusters::conflict;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::tools::RequestedJMeter;
use jac_jmeter::JMeterHome;
use jac_model::ports::PortError;
use jac_model::{Cluster, ClusterId, ClusterPhase, Message, NodeImage, Provider, Role};
use jac_store::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// AWS restarts an instance within a minute of the request for its image, and it is running within another.
const RESTART_TIME: Duration = Duration::from_secs(120);
/// Interval of attempts to record that it is over.
const RETRY_EVERY: Duration = Duration::from_secs(15);

impl Engine {
    /// Starts the creation of an image of the cluster's master, with its Java and JMeter. This restarts the machine, so
    /// no run may be on the cluster. Without a name it is named after JMeter and the time.
    ///
    /// # Errors
    /// When the cluster accepts no runs now, the name is not valid for an image, or the provider has no images or
    /// refuses.
    pub async fn bake_image(&self, id: &ClusterId, name: Option<&str>) -> Result<NodeImage, EngineError> {
        let cluster = self.store().cluster(id).await?;
        if cluster.provider != Provider::Ec2 {
            return Err(EngineError::invalid(
                "images_unsupported",
                format!(
                    "Images can be built from EC2 clusters only; the cluster '{}' uses {}.",
                    cluster.name, cluster.provider
                ),
            ));
        }
        if cluster.phase != ClusterPhase::Ready || cluster.current_run.is_some() {
            return Err(conflict(
                "An image can be built only from a cluster that is ready and idle.",
                Some("Wait until it is ready and its run has ended."),
            ));
        }
        let tools = cluster.nodes.iter().find(|node| node.role == Role::Master).and_then(|master| master.tools.clone());
        let Some(tools) = tools else {
            return Err(conflict(
                "JMeter is not set up on the cluster's master yet.",
                Some("Wait until the cluster is ready."),
            ));
        };
        let jmeter = self
            .toolbox()
            .home(&RequestedJMeter::of(&cluster.config))?
            .map_or_else(|| "unknown".to_owned(), |home: JMeterHome| home.version().to_owned());
        let name = match name.map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => format!("jac-jmeter-{jmeter}-{}", self.now_ms() / 1000),
        };
        if let Some(fault) = name_fault(&name) {
            return Err(EngineError::invalid("image_name", fault));
        }
        let description = format!("JMeter {jmeter} on Java {}, built by JAC", tools.java_version);
        let image = self.bake_while_idle(&cluster, &name, &description).await?;
        let text = format!("The image {} ({name}) is being created from the master.", image.id);
        let message = Message::new("image_requested", text).with("image", image.id.as_str()).with("name", name);
        self.note_cluster(id, None, message).await;
        Ok(image)
    }

    /// No run starts on the cluster from before its master is restarted until it is running again, also if the server restarts meanwhile.
    async fn bake_while_idle(
        &self,
        cluster: &Cluster,
        name: &str,
        description: &str,
    ) -> Result<NodeImage, EngineError> {
        let cloud = Arc::clone(self.cloud(cluster.provider)?);
        // As a change, so that a run that takes the cluster has done so before this, or sees after this that it may not.
        self.change_cluster(&cluster.id, |cluster| {
            if cluster.master_restarting {
                return Err(conflict(
                    "The cluster's master is being restarted for another image.",
                    Some("Try again in two minutes."),
                ));
            }
            if cluster.current_run.is_some() {
                return Err(conflict("A run has just begun on the cluster.", Some("Wait until it has ended.")));
            }
            cluster.master_restarting = true;
            Ok(())
        })
        .await?;
        let (send, baked) = oneshot::channel();
        let (engine, id) = (self.clone(), cluster.id.clone());
        let (name, description) = (name.to_owned(), description.to_owned());
        // The caller may disconnect before the result.
        self.spawn(async move {
            let baked = cloud.bake(&id, &name, &description).await;
            // Only a refusal means that the master is not restarted.
            let is_refused = matches!(&baked, Err(PortError::Refused { .. } | PortError::Preflight { .. }));
            drop(send.send(baked));
            if is_refused {
                engine.master_is_back(&id).await;
            } else {
                engine.await_master(&id);
            }
        });
        let ending = |_| EngineError::JMeter("The server is shutting down.".to_owned());
        Ok(baked.await.map_err(ending)??)
    }

    /// Permits runs again once the cluster's master has had time to restart. After a restart of the server this time
    /// begins anew, because no clock can be trusted with when it began before.
    pub(crate) fn await_master(&self, cluster: &ClusterId) {
        let (engine, id) = (self.clone(), cluster.clone());
        self.work_on("master_restart", id.to_string(), format!("the restart of the master of {id}"), move |_| {
            let (engine, id) = (engine.clone(), id.clone());
            async move {
                sleep(RESTART_TIME).await;
                engine.master_is_back(&id).await;
            }
        });
    }

    async fn master_is_back(&self, id: &ClusterId) {
        let is_back = |cluster: &mut Cluster| {
            cluster.master_restarting = false;
            Ok(())
        };
        while let Err(error) = self.change_cluster(id, is_back).await {
            tracing::warn!(cluster = %id, %error, "cluster {id}: {error}; no run starts on it until this can be recorded");
            // Another start begins here again.
            if matches!(error, EngineError::Store(StoreError::NotFound { .. } | StoreError::Unreadable { .. })) {
                return;
            }
            sleep(RETRY_EVERY).await;
        }
    }

    /// All images that were created, newest first.
    ///
    /// # Errors
    /// When a provider cannot be queried.
    pub async fn images(&self) -> Result<Vec<NodeImage>, EngineError> {
        let mut images = Vec::new();
        for provider in self.providers() {
            images.extend(self.cloud(provider)?.images().await?);
        }
        Ok(images)
    }

    /// Deletes an image that was created here. Clusters that use it keep running.
    ///
    /// # Errors
    /// When this installation has no such image, or the provider refuses.
    pub async fn remove_image(&self, region: &str, id: &str) -> Result<(), EngineError> {
        if !self.images().await?.iter().any(|image| image.id == id && image.region == region) {
            return Err(EngineError::NotFound { kind: "image", id: id.to_owned() });
        }
        tracing::info!(image = %id, "removing the image {id} in {region}");
        Ok(self.cloud(Provider::Ec2)?.remove_image(region, id).await?)
    }
}

/// The fault of an image's name: "CreateImage" in EC2's API reference has the rule.
fn name_fault(name: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "()[] ./-'@_".contains(letter);
    let fits = (3..=128).contains(&name.len()) && name.chars().all(allowed);
    (!fits).then(|| format!("Invalid image name '{name}'. Expected 3 to 128 letters, digits, spaces or ()[]./-'@_."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_ec2_takes() {
        for name in ["jac-jmeter-5.6.3-1764000000", "my image (2)", "abc"] {
            assert_eq!(name_fault(name), None);
        }
        for name in ["ab", "a,b,c", "Größe", &"x".repeat(129)] {
            assert!(name_fault(name).is_some(), "{name}");
        }
    }
}
