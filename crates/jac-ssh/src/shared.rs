//! A file of a plan that all nodes of a cluster receive: sent by the server once, if the machines exist for one cluster only
//! ([`crate::spread`]).
//!
//! The file that is passed on is next to the node's files while others copy it; the plan has its own copy, which it may
//! change.

use crate::error::LinkError;
use crate::quote::quote;
use crate::remote::SshRemote;
use crate::spread::{Peer, Sending};
use crate::tools::Tools;
use crate::upload::{Source, source};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// A smaller file is sent to each node: adding and removing a key takes longer.
pub(crate) const FROM_BYTES: u64 = 256 << 10;
/// Time limit for copying it on the node, whatever its size…
const COPY_LIMIT: Duration = Duration::from_secs(120);
/// …plus the time that the slowest disk, in bytes per second, needs for a large file.
const SLOWEST_DISK: u64 = 8 << 20;
/// Number of cached digests.
const MOST_DIGESTS: usize = 100;

/// Cached digests of files that go to many nodes: all of them request it at once, and each would read the whole file.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    files: StdMutex<HashMap<PathBuf, Arc<Mutex<Option<Known>>>>>,
}

/// A file's length and time when it was read, and its digest.
type Known = (u64, SystemTime, Source);

impl Digests {
    /// The current digest of a file. The reader blocks others that need the same file: that is the purpose of the lock.
    async fn of(&self, path: &Path) -> Result<Source, LinkError> {
        let looked = tokio::fs::metadata(path).await.and_then(|file| Ok((file.len(), file.modified()?)));
        let known = {
            let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            if files.len() >= MOST_DIGESTS {
                files.clear();
            }
            Arc::clone(files.entry(path.to_owned()).or_default())
        };
        let mut known = known.lock().await;
        if let (Ok((bytes, changed)), Some((then_bytes, then_changed, source))) = (&looked, known.as_ref())
            && (bytes, changed) == (then_bytes, then_changed)
        {
            return Ok(source.clone());
        }
        let source = source(path).await?;
        *known = looked.ok().map(|(bytes, changed)| (bytes, changed, source.clone()));
        Ok(source)
    }
}

/// Transfers a file to a path on a node, from the server or from another node that has received it.
pub(crate) async fn share(
    tools: &Tools,
    remote: &SshRemote,
    peer: &Peer,
    from: &Path,
    to: &str,
) -> Result<(), LinkError> {
    let source = tools.digests.of(from).await?;
    let folder = jac_model::ports::Remote::folder(remote);
    let part = tools.spreads.of(remote.cluster(), &source.sha256)?;
    let given = part.file(&folder);
    let copy = format!(
        "given={} to={}\nmkdir -p -- {} && cp -f -- \"$given\" \"$to.new\" && chmod {} -- \"$to.new\" && \
         mv -f -- \"$to.new\" \"$to\"",
        quote(&given),
        quote(to),
        quote(to.rsplit_once('/').map_or("/", |(folder, _)| folder)),
        source.mode(),
    );
    let member = remote.member(peer.clone(), given);
    let file = Sending { what: "a file", path: from, progress: &|_, _| () };
    let limit = COPY_LIMIT + Duration::from_secs(source.bytes / SLOWEST_DISK);
    let brought = part.bring(&member, &file, &copy, limit).await;
    part.leave().await;
    brought
}
