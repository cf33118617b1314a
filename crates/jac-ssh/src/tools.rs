//! Java and JMeter on a node: Java is found, JMeter is brought as one file and unpacked under its digest, once for all
//! clusters of the machine.

use crate::connection::Link;
use crate::error::LinkError;
use crate::quote::quote;
use crate::remote::SshRemote;
use crate::upload::{refused, upload};
use crate::{exec, scripts, sftp};
use jac_jmeter::{Bundle, Java, JavaError};
use jac_model::NodeTools;
use jac_model::ports::{PortError, Tell};
use std::path::{Path, PathBuf};
use std::sync::{Mutex as StdMutex, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long all Javas of a machine may take to tell their versions.
const JAVA_LIMIT: Duration = Duration::from_secs(60);
/// How long unpacking may take; it is two seconds on an ordinary disk.
const UNPACK_LIMIT: Duration = Duration::from_secs(180);
/// A bundle that was looked at this short ago is not looked at again: all nodes of a cluster ask at once.
const FRESH: Duration = Duration::from_secs(5);
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Brings JMeter to nodes.
#[derive(Debug)]
pub struct Tools {
    /// Where bundles lie on this machine.
    cache: PathBuf,
    last: Mutex<Option<(PathBuf, Instant, Bundle)>>,
}

impl Tools {
    pub fn new(cache: PathBuf) -> Self {
        Self { cache, last: Mutex::default() }
    }

    /// Finds Java on the node and sees to it that JMeter is there.
    pub async fn equip(&self, remote: &SshRemote, home: &Path, tell: Tell<'_>) -> Result<NodeTools, PortError> {
        let node = remote.name.as_str();
        let java = java(&remote.link)
            .await
            .and_then(|found| found.map_err(LinkError::Refused))
            .map_err(|error| error.at(node, "find Java"))?;
        let bundle = self.bundle(home).await.map_err(|error| error.at(node, "get JMeter"))?;
        let place = format!("{}/jmeter/{}", remote.base, bundle.sha256);
        self.bring(remote, &bundle, &place, tell).await.map_err(|error| error.at(node, "get JMeter"))?;
        Ok(NodeTools { java: java.path.display().to_string(), java_version: java.version, jmeter_home: place })
    }

    /// One node makes it, the others wait and share it.
    async fn bundle(&self, home: &Path) -> Result<Bundle, LinkError> {
        let mut last = self.last.lock().await;
        if let Some((path, at, bundle)) = last.as_ref()
            && path == home
            && at.elapsed() < FRESH
        {
            return Ok(bundle.clone());
        }
        let (path, cache) = (home.to_owned(), self.cache.clone());
        let bundle = tokio::task::spawn_blocking(move || Bundle::of(&path, &cache))
            .await
            .map_err(|panic| LinkError::Refused(panic.to_string()))?
            .map_err(|error| LinkError::Refused(error.to_string()))?;
        *last = Some((home.to_owned(), Instant::now(), bundle.clone()));
        Ok(bundle)
    }

    async fn bring(&self, remote: &SshRemote, bundle: &Bundle, place: &str, tell: Tell<'_>) -> Result<(), LinkError> {
        let launcher = format!("{place}/bin/ApacheJMeter.jar");
        let is_there = remote.link.persist(|live| {
            let launcher = &launcher;
            async move { sftp::exists(&live, launcher).await }
        });
        if is_there.await? {
            return Ok(());
        }
        let told = StdMutex::new(None::<Instant>);
        let progress = |sent: u64, total: u64| {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
                *told = Some(Instant::now());
                tell(&remote.name, format!("Sending JMeter: {} of {} MB.", sent / 1_000_000, total / 1_000_000));
            }
        };
        // In the node's own folder: if nobody comes back, it goes with the node.
        let folder = jac_model::ports::Remote::folder(remote);
        let packed = format!("{folder}/jmeter.tar.gz");
        upload(&remote.link, &bundle.path, &packed, &folder, &progress).await?;
        // What is under the digest is complete: it is renamed there as a whole.
        let script = format!(
            "to={} packed={}\nnew=$to.$$\n[ -e \"$to\" ] && exit 0\nmkdir -p -- \"$new\" || exit 1\n\
             gzip -dc <\"$packed\" | tar -xf - -C \"$new\" || {{ rm -rf -- \"$new\"; exit 1; }}\n\
             if [ -e \"$to\" ]; then rm -rf -- \"$new\"; else mv -- \"$new\" \"$to\"; fi\nrm -f -- \"$packed\"",
            quote(place),
            quote(&packed)
        );
        let script = scripts::on_node(&folder, &script);
        let unpacked = remote.link.persist(|live| {
            let script = &script;
            async move { exec::run(&remote.link, &live, script, UNPACK_LIMIT).await }
        });
        match unpacked.await? {
            output if output.exit_code == 0 => Ok(()),
            output => Err(refused(output.exit_code, &output.stderr)),
        }
    }
}

/// The Java of a machine, or a sentence about why there is none to use.
pub async fn java(link: &Link) -> Result<Result<Java, String>, LinkError> {
    let script = scripts::find_java();
    let output = link.persist(|live| {
        let script = &script;
        async move { exec::run(link, &live, script, JAVA_LIMIT).await }
    });
    Ok(choose_java(&output.await?.stdout).map_err(|error| error.to_string()))
}

/// The first Java in what `find_java.sh` printed that can be used; else what is wrong with the first.
fn choose_java(text: &str) -> Result<Java, JavaError> {
    let mut fault = None;
    for found in text.split("java=/").skip(1) {
        let (path, said) = found.split_once('\n').unwrap_or((found, ""));
        match Java::read(PathBuf::from(format!("/{path}")), said) {
            Ok(java) => return Ok(java),
            Err(error) => drop(fault.get_or_insert(error)),
        }
    }
    Err(fault.unwrap_or(JavaError::Missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_java_that_is_new_enough_is_taken() {
        let text = "java=/opt/java/bin/java\nopenjdk version \"1.8.0_402\"\njava=/usr/bin/java\nPicked up _JAVA_OPTIONS\n\
                    openjdk version \"21.0.2\" 2024-01-16\njava=/x/java\nopenjdk version \"17.0.1\"\n";
        let java = choose_java(text).expect("there is one");
        assert_eq!((java.path.display().to_string().as_str(), java.major), ("/usr/bin/java", 21));
    }

    #[test]
    fn without_one_it_is_said_what_is_wrong() {
        assert!(choose_java("").expect_err("none").to_string().contains("openjdk-17-jre-headless"));
        let old = choose_java("java=/usr/bin/java\nopenjdk version \"11.0.2\"\n").expect_err("too old");
        assert!(old.to_string().contains("11.0.2"), "{old}");
    }
}
