//! A provider that only claims to have machines that cost money: the tests check what the routes make of it.

use async_trait::async_trait;
use jac_model::ports::{
    Adopted, AwsCredentials, Billable, Cloud, Forecast, Instance, Lease, Listed, NodeRequest, PortError, ProgressSink,
    Remote, Unseen,
};
use jac_model::{ClusterConfig, ClusterId, Ec2Config, Message, NodePrices, Person, Role};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Default)]
pub struct BillableCloud {
    pub instances: Mutex<Vec<Instance>>,
    /// Why it cannot be queried, if it cannot.
    pub failure: Mutex<Option<String>>,
    /// It cannot be reached.
    pub is_away: AtomicBool,
    /// Regions that do not answer.
    pub unseen: Mutex<Vec<Unseen>>,
}

/// A machine of that cluster.
pub fn instance(cluster: &str, name: &str, role: Role) -> Instance {
    Instance {
        cluster: cluster.parse().expect("an id"),
        name: name.to_owned(),
        role,
        address: "10.0.0.4".to_owned(),
        detail: "i-0abc in eu-central-1a".to_owned(),
        memory_mb: 4096,
        alive: true,
        billable: Some(Billable {
            region: "eu-central-1".to_owned(),
            id: format!("i-{name}"),
            kind: "c6i.large".to_owned(),
            spot: true,
            cluster_name: "from the tags".to_owned(),
            owner: Person { id: "other".to_owned(), name: "Somebody else".to_owned() },
            since_ms: 1_000,
            expires_at_ms: Some(i64::MAX),
        }),
    }
}

impl BillableCloud {
    fn ask(&self) -> Result<Vec<Instance>, PortError> {
        if self.is_away.load(Ordering::Relaxed) {
            return Err(PortError::Unreachable { node: "EC2".to_owned(), reason: "the proxy is down".to_owned() });
        }
        match self.failure.lock().expect("no panic").clone() {
            Some(reason) => Err(PortError::Refused { node: "EC2".to_owned(), what: "be asked".to_owned(), reason }),
            None => Ok(self.instances.lock().expect("no panic").clone()),
        }
    }
}

#[async_trait]
impl Cloud for BillableCloud {
    async fn launch(
        &self,
        _: &ClusterConfig,
        _: &[NodeRequest],
        _: ProgressSink<'_>,
    ) -> Result<Vec<Instance>, PortError> {
        std::future::pending().await
    }

    async fn list(&self) -> Result<Listed, PortError> {
        let unseen = self.unseen();
        let is_seen = |instance: &Instance| {
            !unseen
                .iter()
                .any(|place| instance.billable.as_ref().is_some_and(|billable| billable.region == place.region))
        };
        Ok(Listed {
            instances: self.ask()?.into_iter().filter(is_seen).collect(),
            age: Duration::ZERO,
            unknown: BTreeMap::new(),
        })
    }

    fn unseen(&self) -> Vec<Unseen> {
        self.unseen.lock().expect("no panic").clone()
    }

    async fn terminate(&self, cluster: &ClusterId) -> Result<(), PortError> {
        self.instances.lock().expect("no panic").retain(|instance| instance.cluster != *cluster);
        Ok(())
    }

    async fn renew_lease(&self, _: &ClusterId, _: Lease, _: &[String]) -> Result<(), PortError> {
        Ok(())
    }

    fn remote(&self, _: &ClusterId, _: &str) -> Arc<dyn Remote> {
        unreachable!("no cluster of these tests gets as far as its nodes")
    }

    async fn forecast(&self, config: &ClusterConfig) -> Result<Forecast, PortError> {
        self.ask()?;
        Ok(Forecast {
            faults: Vec::new(),
            notes: vec![Message::new("image", "The image is debian-12.")],
            prices: Some(NodePrices { master: 0.5, worker: (config.workers > 0).then_some(0.5) }),
        })
    }

    async fn identity(&self, credentials: &AwsCredentials, _: Option<&str>) -> Result<String, PortError> {
        self.ask()?;
        let user = match credentials {
            AwsCredentials::Keys { access_key_id, .. } => access_key_id,
            AwsCredentials::Role(role) => &role.arn,
            AwsCredentials::Environment => "server",
        };
        Ok(format!("arn:aws:iam::123456789012:user/{user}"))
    }

    async fn adopt(&self, cluster: &ClusterId) -> Result<Adopted, PortError> {
        let instances = self.ask()?.into_iter().filter(|instance| instance.cluster == *cluster).collect();
        Ok(Adopted {
            config: ClusterConfig { ec2: Some(Ec2Config::default()), ..ClusterConfig::default() },
            name: "from the tags".to_owned(),
            owner: Person { id: "other".to_owned(), name: "Somebody else".to_owned() },
            expires_at_ms: i64::MAX,
            instances,
        })
    }
}
