//! Adds a deadline to every call of a provider, whatever the provider's own deadlines are. They are generous, meant for
//! hanging and not for slow calls; a caller that cannot wait this long has a shorter one. The callers limit operations
//! of unknown duration, such as a launch.

use async_trait::async_trait;
use jac_model::ports::{
    Adopted, AwsCredentials, AwsKeys, Chunk, Cloud, Command, Following, Forecast, FoundFiles, Instance, Lease, Listed,
    NodeRequest, Output, PortError, ProcessState, ProgressSink, Remote, SignInKey, Unseen, Vitals,
};
use jac_model::{ClusterConfig, ClusterId, NodeImage, NodeTools};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// For a query with a single round trip.
const QUESTION: Duration = Duration::from_secs(60);
/// For operations on files or processes of a node, or with several calls of an API.
const WORK: Duration = Duration::from_secs(10 * 60);
/// The slowest line that files travel over, in bytes per second.
const SLOWEST: u64 = 16 << 10;

async fn within<T>(
    limit: Duration,
    node: &str,
    what: &str,
    call: impl Future<Output = Result<T, PortError>>,
) -> Result<T, PortError> {
    let late = |_| PortError::TooSlow { node: node.to_owned(), what: what.to_owned(), limit };
    timeout(limit, call).await.map_err(late)?
}

/// How long the transfer of this many bytes may take.
fn travel(bytes: u64) -> Duration {
    QUESTION + Duration::from_secs(bytes / SLOWEST)
}

/// A provider with deadlines, including those of its nodes.
pub(crate) struct LimitedCloud(pub Arc<dyn Cloud>);

const PROVIDER: &str = "The provider";

#[async_trait]
impl Cloud for LimitedCloud {
    async fn launch(
        &self,
        config: &ClusterConfig,
        requests: &[NodeRequest],
        progress: ProgressSink<'_>,
    ) -> Result<Vec<Instance>, PortError> {
        self.0.launch(config, requests, progress).await
    }

    async fn list(&self) -> Result<Listed, PortError> {
        within(WORK, PROVIDER, "list its machines", self.0.list()).await
    }

    fn unseen(&self) -> Vec<Unseen> {
        self.0.unseen()
    }

    async fn terminate(&self, cluster: &ClusterId) -> Result<(), PortError> {
        within(WORK, PROVIDER, "terminate the machines", self.0.terminate(cluster)).await
    }

    async fn renew_lease(&self, cluster: &ClusterId, lease: Lease, gone: &[String]) -> Result<(), PortError> {
        within(WORK, PROVIDER, "renew the lease of its nodes", self.0.renew_lease(cluster, lease, gone)).await
    }

    fn remote(&self, cluster: &ClusterId, node: &str) -> Arc<dyn Remote> {
        Arc::new(LimitedRemote { remote: self.0.remote(cluster, node), node: node.to_owned() })
    }

    async fn forecast(&self, config: &ClusterConfig) -> Result<Forecast, PortError> {
        within(WORK, PROVIDER, "check the configuration", self.0.forecast(config)).await
    }

    async fn adopt(&self, cluster: &ClusterId) -> Result<Adopted, PortError> {
        within(WORK, PROVIDER, "adopt the cluster", self.0.adopt(cluster)).await
    }

    async fn bake(&self, cluster: &ClusterId, name: &str, description: &str) -> Result<NodeImage, PortError> {
        within(WORK, PROVIDER, "create the image", self.0.bake(cluster, name, description)).await
    }

    async fn images(&self) -> Result<Vec<NodeImage>, PortError> {
        within(WORK, PROVIDER, "list its images", self.0.images()).await
    }

    async fn sign_in_key(&self, private_key: &str, passphrase: Option<&str>) -> Result<SignInKey, PortError> {
        within(QUESTION, PROVIDER, "read a private key", self.0.sign_in_key(private_key, passphrase)).await
    }

    async fn identity(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<String, PortError> {
        within(WORK, PROVIDER, "identify the credentials", self.0.identity(credentials, region)).await
    }

    async fn session_keys(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<AwsKeys, PortError> {
        within(QUESTION, PROVIDER, "give keys", self.0.session_keys(credentials, region)).await
    }

    async fn remove_image(&self, region: &str, id: &str) -> Result<(), PortError> {
        within(WORK, PROVIDER, "remove an image", self.0.remove_image(region, id)).await
    }
}

struct LimitedRemote {
    remote: Arc<dyn Remote>,
    node: String,
}

impl LimitedRemote {
    async fn ask<T>(
        &self,
        limit: Duration,
        what: &str,
        call: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        within(limit, &self.node, what, call).await
    }
}

#[async_trait]
impl Remote for LimitedRemote {
    fn folder(&self) -> String {
        self.remote.folder()
    }

    async fn equip(&self, jmeter_home: &Path, progress: ProgressSink<'_>) -> Result<NodeTools, PortError> {
        self.remote.equip(jmeter_home, progress).await
    }

    async fn run(&self, command: &Command, limit: Duration) -> Result<Output, PortError> {
        self.ask(limit + QUESTION, "run a command", self.remote.run(command, limit)).await
    }

    async fn start(&self, name: &str, command: &Command) -> Result<(), PortError> {
        self.ask(QUESTION, "start a process", self.remote.start(name, command)).await
    }

    async fn process(&self, name: &str) -> Result<ProcessState, PortError> {
        self.ask(QUESTION, "report the state of a process", self.remote.process(name)).await
    }

    async fn kill(&self, name: &str) -> Result<(), PortError> {
        self.ask(QUESTION, "kill a process", self.remote.kill(name)).await
    }

    async fn forget(&self, name: &str) -> Result<(), PortError> {
        self.ask(WORK, "remove a process's files", self.remote.forget(name)).await
    }

    async fn put(&self, from: &Path, to: &str) -> Result<(), PortError> {
        let bytes = tokio::fs::metadata(from).await.map_or(0, |file| file.len());
        self.ask(travel(bytes), "receive a file", self.remote.put(from, to)).await
    }

    async fn put_on_all(&self, from: &Path, to: &str) -> Result<(), PortError> {
        let bytes = tokio::fs::metadata(from).await.map_or(0, |file| file.len());
        // Another node may have to receive it first.
        self.ask(travel(bytes) * 2, "receive a file", self.remote.put_on_all(from, to)).await
    }

    async fn write(&self, to: &str, bytes: &[u8]) -> Result<(), PortError> {
        self.ask(travel(bytes.len() as u64), "receive a file", self.remote.write(to, bytes)).await
    }

    async fn read_at(&self, path: &str, offset: u64, limit: usize) -> Result<Option<Chunk>, PortError> {
        self.ask(travel(limit as u64), "give a part of a file", self.remote.read_at(path, offset, limit)).await
    }

    async fn digest(&self, path: &str) -> Result<Option<(u64, [u8; 32])>, PortError> {
        self.ask(WORK, "sum up a file", self.remote.digest(path)).await
    }

    async fn list_files(&self, folder: &str, most: usize) -> Result<FoundFiles, PortError> {
        self.ask(WORK, "list its files", self.remote.list_files(folder, most)).await
    }

    async fn remove(&self, path: &str) -> Result<(), PortError> {
        self.ask(WORK, "remove files", self.remote.remove(path)).await
    }

    async fn free_ports(&self, count: usize) -> Result<Vec<u16>, PortError> {
        self.ask(QUESTION, "name free ports", self.remote.free_ports(count)).await
    }

    async fn can_connect(&self, address: &str, port: u16) -> Result<bool, PortError> {
        self.ask(QUESTION, "connect to another node", self.remote.can_connect(address, port)).await
    }

    fn follow(&self, process: &str, log: &str) -> Following {
        self.remote.follow(process, log)
    }

    async fn vitals(&self) -> Result<Option<Vitals>, PortError> {
        self.ask(QUESTION, "report its health", self.remote.vitals()).await
    }

    async fn clock_offset(&self) -> Result<Option<(i64, i64)>, PortError> {
        self.ask(QUESTION, "report its clock", self.remote.clock_offset()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn what_hangs_is_too_slow() {
        let began = Instant::now();
        let hangs = within::<()>(QUESTION, "worker-1", "answer", pending()).await;
        assert!(
            matches!(&hangs, Err(PortError::TooSlow { node, limit, .. }) if node == "worker-1" && *limit == QUESTION),
            "{hangs:?}"
        );
        assert_eq!(began.elapsed(), QUESTION);
    }

    #[test]
    fn a_large_file_may_travel_longer() {
        assert_eq!(travel(0), QUESTION);
        assert_eq!(travel(75 << 20).as_secs(), 60 + 4_800, "75 MB at 16 KB/s");
    }
}
