//! Java and JMeter on a node: Java is searched for, or this machine's is copied if there is none; JMeter is copied.
//! Each is transferred as one file and unpacked under its digest, once for all clusters of the machine.

use crate::connection::Link;
use crate::error::LinkError;
use crate::quote::quote;
use crate::remote::SshRemote;
use crate::shared::Digests;
use crate::spread::{Sending, Spreads};
use crate::upload::refused;
use crate::{exec, scripts, sftp};
use jac_jmeter::{Bundle, JMeterHome, Java, JavaError, JavaSearch, Packed};
use jac_model::ports::{PortError, ProgressSink};
use jac_model::{Message, NodeTools};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long all Java installations of a machine may take to print their versions.
const JAVA_LIMIT: Duration = Duration::from_secs(60);
/// How long unpacking may take; it is a few seconds on an ordinary disk.
const UNPACK_LIMIT: Duration = Duration::from_secs(180);
/// A bundle that was checked this recently is not checked again: all nodes of a cluster request it at once.
const FRESH: Duration = Duration::from_secs(5);
/// How long packing may take; it is a few seconds on an ordinary disk.
const PACK_LIMIT: Duration = Duration::from_secs(180);

/// The last bundle, and when it was checked.
type LastBundle = Option<(Instant, Bundle)>;

/// Copies JMeter to nodes, and Java to those that have none.
#[derive(Debug)]
pub struct Tools {
    /// The folder of bundles on this machine.
    cache: PathBuf,
    /// Where this machine's own Java is found, which is the one that is copied.
    java: JavaSearch,
    /// The last bundle of each home. Packing one blocks others that need the same.
    last: StdMutex<HashMap<PathBuf, Arc<Mutex<LastBundle>>>>,
    pub(crate) spreads: Arc<Spreads>,
    pub(crate) digests: Digests,
}

impl Tools {
    pub fn new(cache: PathBuf, java: JavaSearch) -> Self {
        Self { cache, java, last: StdMutex::default(), spreads: Arc::default(), digests: Digests::default() }
    }

    /// Ensures that the node has a Java and this JMeter.
    pub async fn equip(
        &self,
        remote: &SshRemote,
        home: &Path,
        progress: ProgressSink<'_>,
    ) -> Result<NodeTools, PortError> {
        let node = remote.name.as_str();
        let jmeter = jmeter_version(home).await;
        let java = self.java_there(remote, &jmeter, progress).await.map_err(|error| error.at(node, "get Java"))?;
        let bundle = self.bundle(Packed::JMeter, home).await.map_err(|error| error.at(node, "get JMeter"))?;
        let place = self
            .bring(remote, Packed::JMeter, &bundle, progress)
            .await
            .map_err(|error| error.at(node, "get JMeter"))?;
        Ok(NodeTools { java: java.path.display().to_string(), java_version: java.version, jmeter_home: place })
    }

    /// The node's own Java, one that was copied earlier, or a copy of this machine's.
    async fn java_there(
        &self,
        remote: &SshRemote,
        jmeter: &str,
        progress: ProgressSink<'_>,
    ) -> Result<Java, LinkError> {
        let fault = match java(&remote.link, Some(jmeter)).await? {
            Ok(java) => return Ok(java),
            Err(fault) => fault,
        };
        let no_copy = |reason: String| {
            LinkError::Refused(format!("{fault}; the server's own Java cannot be used on it: {reason}"))
        };
        let own =
            self.java.find().await.and_then(|java| java.fits(jmeter)).map_err(|error| no_copy(error.to_string()))?;
        let home = own.home().ok_or_else(|| no_copy(format!("{} is not inside a Java home", own.path.display())))?;
        let there = architecture(&remote.link).await?;
        if there != std::env::consts::ARCH {
            return Err(no_copy(format!("it is for {}, and the node is {there}", std::env::consts::ARCH)));
        }
        let text = format!("No usable Java found; this machine's Java {} is copied to it.", own.version);
        progress(&remote.name, Message::new("java_brought", text).with("version", own.version.as_str()));
        let bundle = self.bundle(Packed::Java, &home).await?;
        self.bring(remote, Packed::Java, &bundle, progress).await?;
        java(&remote.link, Some(jmeter)).await?.map_err(no_copy)
    }

    /// One node's request creates it, the others wait and share it.
    async fn bundle(&self, packed: Packed, home: &Path) -> Result<Bundle, LinkError> {
        let last = {
            let mut homes = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(homes.entry(home.to_owned()).or_default())
        };
        let mut last = last.lock().await;
        if let Some((at, bundle)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return Ok(bundle.clone());
        }
        let (path, cache) = (home.to_owned(), self.cache.clone());
        let packing = tokio::task::spawn_blocking(move || Bundle::of(packed, &path, &cache));
        let bundle = timeout(PACK_LIMIT, packing)
            .await
            .map_err(|_| LinkError::TooSlow(PACK_LIMIT))?
            .map_err(|panic| LinkError::Refused(panic.to_string()))?
            .map_err(|error| LinkError::here(&error, || LinkError::Refused(error.to_string())))?;
        *last = Some((Instant::now(), bundle.clone()));
        Ok(bundle)
    }

    /// Ensures that the bundle's content is on the node, once for all of its clusters. Returns its path.
    async fn bring(
        &self,
        remote: &SshRemote,
        packed: Packed,
        bundle: &Bundle,
        progress: ProgressSink<'_>,
    ) -> Result<String, LinkError> {
        let place = format!("{}/{}/{}", remote.base, packed.name(), bundle.sha256);
        let program = format!("{place}/{}", packed.program());
        let is_there = remote.link.persist(|live| {
            let program = &program;
            async move { sftp::exists(&live, program).await }
        });
        if is_there.await? {
            return Ok(place);
        }
        let what = if packed == Packed::Java { "Java" } else { "JMeter" };
        // In the node's own folder: if JAC does not return, it is removed with the node.
        let folder = jac_model::ports::Remote::folder(remote);
        let file = Sending { what, path: &bundle.path, progress };
        let Some(peer) = &remote.peer else {
            let archive = format!("{folder}/{}.tar.gz", packed.name());
            file.send(&remote.link, &remote.name, &archive, &folder, &|| ()).await?;
            run(remote, &format!("{}\nrm -f -- \"$packed\"", unpacking(&place, &archive))).await?;
            return Ok(place);
        };
        let part = self.spreads.of(remote.cluster(), &bundle.sha256)?;
        let archive = part.file(&folder);
        let unpack = unpacking(&place, &archive);
        let member = remote.member(peer.clone(), archive);
        let brought = part.bring(&member, &file, &unpack, UNPACK_LIMIT).await;
        part.leave().await;
        brought.map(|()| place)
    }
}

/// Unpacks an archive on a node. The folder with the digest is complete: it is renamed there as a whole.
fn unpacking(place: &str, archive: &str) -> String {
    format!(
        "to={} packed={}\nnew=$to.$$\nif [ ! -e \"$to\" ]; then\nmkdir -p -- \"$new\" || exit 1\n\
         gzip -dc <\"$packed\" | tar -xf - -C \"$new\" || {{ rm -rf -- \"$new\"; exit 1; }}\n\
         if [ -e \"$to\" ]; then rm -rf -- \"$new\"; else mv -- \"$new\" \"$to\"; fi\nfi",
        quote(place),
        quote(archive)
    )
}

async fn run(remote: &SshRemote, script: &str) -> Result<(), LinkError> {
    let script = scripts::on_node(&jac_model::ports::Remote::folder(remote), script);
    let done = remote.link.persist(|live| {
        let script = &script;
        async move { exec::run(&remote.link, &live, script, UNPACK_LIMIT).await }
    });
    match done.await? {
        output if output.exit_code == 0 => Ok(()),
        output => Err(refused(output.exit_code, &output.stderr)),
    }
}

/// The CPU architecture of a machine, as Rust names it: `x86_64`, `aarch64`, which are Linux's names too.
async fn architecture(link: &Link) -> Result<String, LinkError> {
    let output = link.persist(|live| async move { exec::run(link, &live, "uname -m", JAVA_LIMIT).await });
    Ok(output.await?.stdout.trim().to_owned())
}

/// The version of a JMeter on this machine; `unknown` if the home lacks it, which is reported when it is packed.
async fn jmeter_version(home: &Path) -> String {
    let home = home.to_owned();
    let opened = tokio::task::spawn_blocking(move || JMeterHome::open(&home)).await;
    opened.ok().and_then(Result::ok).map_or_else(|| "unknown".to_owned(), |home| home.version().to_owned())
}

/// A machine's Java that this JMeter (its version; `None`: any) runs on, or a sentence about why there is no usable one.
pub async fn java(link: &Link, jmeter: Option<&str>) -> Result<Result<Java, String>, LinkError> {
    let script = scripts::find_java();
    let output = link.persist(|live| {
        let script = &script;
        async move { exec::run(link, &live, script, JAVA_LIMIT).await }
    });
    Ok(choose_java(&output.await?.stdout, jmeter).map_err(|error| error.to_string()))
}

/// The first usable Java in the output of `find_java.sh`; otherwise the fault of the first one.
fn choose_java(text: &str, jmeter: Option<&str>) -> Result<Java, JavaError> {
    let mut fault = None;
    for found in text.split("java=/").skip(1) {
        let (path, said) = found.split_once('\n').unwrap_or((found, ""));
        let java = Java::read(PathBuf::from(format!("/{path}")), said);
        match java.and_then(|java| jmeter.map_or(Ok(java.clone()), |jmeter| java.fits(jmeter))) {
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
    fn the_first_java_that_is_neither_too_old_nor_too_new_is_taken() {
        let text = "java=/opt/java/bin/java\nopenjdk version \"1.8.0_402\"\njava=/opt/new/bin/java\n\
                    openjdk version \"26\" 2026-03-17\njava=/usr/bin/java\nPicked up _JAVA_OPTIONS\n\
                    openjdk version \"21.0.2\" 2024-01-16\njava=/x/java\nopenjdk version \"17.0.1\"\n";
        let java = choose_java(text, Some("5.6.3")).expect("there is one");
        assert_eq!((java.path.display().to_string().as_str(), java.major), ("/usr/bin/java", 21));
    }

    #[test]
    fn without_one_it_is_said_what_is_wrong() {
        assert!(choose_java("", Some("5.6.3")).expect_err("none").to_string().contains("openjdk-17-jre-headless"));
        let old = choose_java("java=/usr/bin/java\nopenjdk version \"11.0.2\"\n", Some("5.6.3")).expect_err("too old");
        assert!(old.to_string().contains("11.0.2"), "{old}");
    }
}
