//! A node's port with retries: a short network outage must not fail a step of a run. Every call of [`Remote`] may be
//! repeated, so a retry is always permitted.

use async_trait::async_trait;
use jac_model::NodeTools;
use jac_model::descriptors;
use jac_model::ports::{
    Chunk, Command, Following, FoundFiles, Output, PortError, ProcessState, ProgressSink, Remote, Vitals,
};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const RETRY_EVERY: Duration = Duration::from_secs(1);

/// Access to a node that retries each call that may succeed later, for up to `limit`; time during which this server has
/// no file descriptor available does not count.
pub(crate) struct RetryingRemote {
    pub remote: Arc<dyn Remote>,
    pub limit: Duration,
}

/// Whether the same call may succeed in a moment.
pub(crate) fn is_passing(error: &PortError) -> bool {
    match error {
        PortError::Unreachable { .. }
        | PortError::Retryable { .. }
        | PortError::OutOfDescriptors { .. }
        | PortError::TooSlow { .. } => true,
        PortError::Refused { .. } | PortError::DiskFull { .. } | PortError::Preflight { .. } => false,
    }
}

/// Whether the node did not respond, as opposed to rejecting the request.
pub(crate) fn is_silence(error: &PortError) -> bool {
    matches!(error, PortError::Unreachable { .. } | PortError::TooSlow { .. })
}

/// Whether this server could not send the request. That says nothing about the remote machine, so no time limit counts
/// meanwhile.
pub(crate) fn is_own_fault(error: &(dyn Error + 'static)) -> bool {
    let is_own = |error: &(dyn Error + 'static)| {
        matches!(error.downcast_ref::<PortError>(), Some(PortError::OutOfDescriptors { .. }))
    };
    descriptors::chain(error).any(is_own) || descriptors::are_used_up(error)
}

impl RetryingRemote {
    async fn ask<T, F: Future<Output = Result<T, PortError>>>(&self, call: impl Fn() -> F) -> Result<T, PortError> {
        let mut failing_since = None;
        loop {
            // A node that hangs has been silent since the request.
            let asked = Instant::now();
            match call().await {
                Err(error) if is_own_fault(&error) => {
                    tracing::warn!(%error, "{error}");
                    failing_since = None;
                    sleep(RETRY_EVERY).await;
                }
                Err(error) if is_passing(&error) && failing_since.get_or_insert(asked).elapsed() < self.limit => {
                    tracing::debug!(%error, "{error}; asking again");
                    sleep(RETRY_EVERY).await;
                }
                done => return done,
            }
        }
    }
}

#[async_trait]
impl Remote for RetryingRemote {
    fn folder(&self) -> String {
        self.remote.folder()
    }

    async fn equip(&self, jmeter_home: &Path, progress: ProgressSink<'_>) -> Result<NodeTools, PortError> {
        self.ask(|| self.remote.equip(jmeter_home, progress)).await
    }

    async fn run(&self, command: &Command, limit: Duration) -> Result<Output, PortError> {
        self.ask(|| self.remote.run(command, limit)).await
    }

    async fn start(&self, name: &str, command: &Command) -> Result<(), PortError> {
        self.ask(|| self.remote.start(name, command)).await
    }

    async fn process(&self, name: &str) -> Result<ProcessState, PortError> {
        self.ask(|| self.remote.process(name)).await
    }

    async fn kill(&self, name: &str) -> Result<(), PortError> {
        self.ask(|| self.remote.kill(name)).await
    }

    async fn forget(&self, name: &str) -> Result<(), PortError> {
        self.ask(|| self.remote.forget(name)).await
    }

    async fn put(&self, from: &Path, to: &str) -> Result<(), PortError> {
        self.ask(|| self.remote.put(from, to)).await
    }

    async fn put_on_all(&self, from: &Path, to: &str) -> Result<(), PortError> {
        self.ask(|| self.remote.put_on_all(from, to)).await
    }

    async fn write(&self, to: &str, bytes: &[u8]) -> Result<(), PortError> {
        self.ask(|| self.remote.write(to, bytes)).await
    }

    async fn read_at(&self, path: &str, offset: u64, limit: usize) -> Result<Option<Chunk>, PortError> {
        self.ask(|| self.remote.read_at(path, offset, limit)).await
    }

    async fn digest(&self, path: &str) -> Result<Option<(u64, [u8; 32])>, PortError> {
        self.ask(|| self.remote.digest(path)).await
    }

    async fn list_files(&self, folder: &str, most: usize) -> Result<FoundFiles, PortError> {
        self.ask(|| self.remote.list_files(folder, most)).await
    }

    async fn remove(&self, path: &str) -> Result<(), PortError> {
        self.ask(|| self.remote.remove(path)).await
    }

    async fn free_ports(&self, count: usize) -> Result<Vec<u16>, PortError> {
        self.ask(|| self.remote.free_ports(count)).await
    }

    async fn can_connect(&self, address: &str, port: u16) -> Result<bool, PortError> {
        self.ask(|| self.remote.can_connect(address, port)).await
    }

    fn follow(&self, process: &str, log: &str) -> Following {
        self.remote.follow(process, log)
    }

    async fn vitals(&self) -> Result<Option<Vitals>, PortError> {
        self.remote.vitals().await
    }

    async fn clock_offset(&self) -> Result<Option<(i64, i64)>, PortError> {
        self.remote.clock_offset().await
    }
}
