//! The simulated provider, which keeps the contract of [`Cloud`]: requesting a node twice gives the same one, and the
//! data of a cluster are on its machines.

use crate::faults::Injector;
use crate::remote::SimulatedRemote;
use crate::world::Lists;
use async_trait::async_trait;
use jac_model::ports::{
    Adopted, Cloud, Forecast, Instance, Lease, Listed, NodeRequest, PortError, ProgressSink, Remote,
};
use jac_model::{ClusterConfig, ClusterId, Ec2Config, ImageState, NodeImage, NodePrices, Provider};
use std::sync::Arc;
use std::time::Duration;

/// The hourly price of a worker's machine…
pub const USD_PER_HOUR: f64 = 0.25;
/// …and the master's.
pub const MASTER_USD_PER_HOUR: f64 = 0.5;

const CALL: Duration = Duration::from_millis(5);
const BOOT: Duration = Duration::from_secs(3);

pub struct SimulatedCloud {
    pub faults: Injector,
    pub provider: Provider,
}

impl SimulatedCloud {
    /// The name under which a call is counted: `launch` of the provider that tests usually use, `launch local` of another.
    fn name(&self, what: &str) -> String {
        if self.provider == Provider::Ec2 { what.to_owned() } else { format!("{what} {}", self.provider) }
    }
}

#[async_trait]
impl Cloud for SimulatedCloud {
    async fn launch(
        &self,
        config: &ClusterConfig,
        requests: &[NodeRequest],
        progress: ProgressSink<'_>,
    ) -> Result<Vec<Instance>, PortError> {
        for request in requests {
            progress(&request.name, jac_model::Message::new("boot_progress", "Booting."));
        }
        // The machines exist long before they have booted.
        self.faults
            .through("the provider", &self.name("ask for nodes"), CALL, |world| {
                for request in requests {
                    world.make(self.provider, config, request);
                }
                Ok(())
            })
            .await?;
        let name = self.name("launch");
        self.faults
            .through("the provider", &name, BOOT, |world| {
                let machines = world.machines();
                let is_requested = |instance: &Instance| requests.iter().any(|request| request.name == instance.name);
                Ok(machines
                    .of(&requests[0].cluster)
                    .map(|machine| machine.instance.clone())
                    .filter(|instance| is_requested(instance))
                    .collect())
            })
            .await
    }

    async fn list(&self) -> Result<Listed, PortError> {
        let lists = self.faults.world.lists.lock().expect("no panic").clone();
        let asked = tokio::time::Instant::now();
        let instances = self
            .faults
            .through("the provider", &self.name("list"), CALL, |world| {
                let (machines, now_ms) = (world.machines(), world.now_ms());
                Ok(match &lists {
                    Lists::True | Lists::Slow(_) | Lists::Without(_) => {
                        let ours = machines.there.values().filter(|machine| machine.provider == self.provider);
                        let is_listed = |instance: &Instance| {
                            !matches!(&lists, Lists::Without(names) if names.contains(&instance.name.as_str()))
                        };
                        ours.map(|machine| machine.instance.clone()).filter(is_listed).collect()
                    }
                    Lists::Stale(age) => {
                        machines.at(self.provider, now_ms - i64::try_from(age.as_millis()).expect("not that long"))
                    }
                })
            })
            .await?;
        if let Lists::Slow(time) = lists {
            tokio::time::sleep(time).await;
        }
        Ok(Listed { instances, age: asked.elapsed(), unknown: std::collections::BTreeMap::new() })
    }

    async fn terminate(&self, cluster: &ClusterId) -> Result<(), PortError> {
        self.faults
            .through("the provider", &self.name("terminate"), CALL, |world| {
                let now_ms = world.now_ms();
                let mut machines = world.machines();
                let keys: Vec<_> = machines.there.keys().filter(|(of, _)| of == cluster).cloned().collect();
                for key in keys {
                    machines.end(&key, now_ms);
                }
                Ok(())
            })
            .await
    }

    async fn renew_lease(&self, cluster: &ClusterId, lease: Lease, gone: &[String]) -> Result<(), PortError> {
        self.faults
            .through("the provider", &self.name("renew_lease"), CALL, |world| {
                let until_ms = world.now_ms() + i64::try_from(lease.left.as_millis()).expect("not that long");
                for ((of, name), machine) in &mut world.machines().there {
                    if of == cluster && !gone.contains(name) {
                        machine.lease_until_ms = until_ms;
                        if let Some(billable) = &mut machine.instance.billable {
                            billable.expires_at_ms = Some(lease.expires_at_ms);
                        }
                    }
                }
                Ok(())
            })
            .await
    }

    fn remote(&self, cluster: &ClusterId, node: &str) -> Arc<dyn Remote> {
        let machines = self.faults.world.machines();
        let machine = machines.there.get(&(cluster.clone(), node.to_owned()));
        let folder = machine.map(|machine| machine.folder.display().to_string()).unwrap_or_default();
        Arc::new(SimulatedRemote {
            faults: self.faults.clone(),
            cluster: cluster.clone(),
            node: node.to_owned(),
            folder,
        })
    }

    async fn forecast(&self, config: &ClusterConfig) -> Result<Forecast, PortError> {
        self.faults
            .through("the provider", &self.name("forecast"), CALL, |_| {
                let worker = (config.workers > 0).then_some(USD_PER_HOUR);
                let prices = Some(NodePrices { master: MASTER_USD_PER_HOUR, worker });
                Ok(Forecast { prices, ..Forecast::default() })
            })
            .await
    }

    async fn bake(&self, _: &ClusterId, name: &str, description: &str) -> Result<NodeImage, PortError> {
        let image = NodeImage {
            id: "ami-1".to_owned(),
            region: "us-east-1".to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            architecture: String::new(),
            state: ImageState::Pending,
            created_at: None,
            size_gb: None,
        };
        self.faults.through("the provider", &self.name("bake"), CALL, |_| Ok(image)).await
    }

    async fn adopt(&self, cluster: &ClusterId) -> Result<Adopted, PortError> {
        self.faults
            .through("the provider", &self.name("adopt"), CALL, |world| {
                let machines = world.machines();
                let instances: Vec<Instance> = machines.of(cluster).map(|machine| machine.instance.clone()).collect();
                let first = machines.of(cluster).next().expect("the engine has seen it");
                let billable = first.instance.billable.clone().expect("it costs money");
                Ok(Adopted {
                    // Machines have neither the credentials that created them nor their lifetime.
                    config: ClusterConfig {
                        workers: first.config.workers,
                        ec2: Some(Ec2Config::default()),
                        ..ClusterConfig::default()
                    },
                    name: billable.cluster_name,
                    owner: billable.owner,
                    expires_at_ms: billable.expires_at_ms.expect("it is written on it"),
                    instances,
                })
            })
            .await
    }
}
