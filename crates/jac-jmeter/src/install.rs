//! JAC's managed copy of JMeter: fetched once, verified, complete or absent.
//!
//! Two sources, tried in this order unless one is named: Apache's archive (one file with a known SHA-512), and Maven
//! Central through the `mvn` client of the machine, which honours its mirrors and proxies (each jar has a known SHA-512;
//! the list is `assets/jmeter-5.6.3.sha512`). The copy is put together beside its place and renamed into it, so a
//! crash never leaves half a home.

use crate::home::{HomeError, JMeterHome};
use futures_util::StreamExt;
use sha2::{Digest, Sha512};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// The version that JAC manages.
pub const VERSION: &str = "5.6.3";

/// Where Apache keeps every release.
pub const ARCHIVE_URL: &str = "https://archive.apache.org/dist/jmeter/binaries/apache-jmeter-5.6.3.tgz";

/// As published beside the archive (`apache-jmeter-5.6.3.tgz.sha512`).
const ARCHIVE_SHA512: &str = "5978a1a35edb5a7d428e270564ff49d2b1b257a65e17a759d259a9283fc17093e522fe46f474a043864aea6910683486340706d745fcdf3db1505fd71e689083";

const JARS_SHA512: &str = include_str!("../assets/jmeter-5.6.3.sha512");
const POM: &str = include_str!("../assets/pom.xml");

/// No byte for this long ends a download.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);
/// Fetching 161 jars through a slow mirror is not quick; waiting for ever is worse.
const MAVEN_LIMIT: Duration = Duration::from_secs(15 * 60);

/// Where to fetch JMeter from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The archive, and Maven where that cannot be reached.
    Automatic { archive_url: String },
    /// Only this archive. It must have the SHA-512 of Apache's own.
    Archive { url: String },
    /// Only Maven Central.
    Maven,
}

impl Default for Source {
    fn default() -> Self {
        Self::Automatic { archive_url: ARCHIVE_URL.to_owned() }
    }
}

/// Why there is no managed copy.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error("the JMeter archive could not be fetched from {url}: {reason}")]
    Download { url: String, reason: String },
    #[error("{what} is not what Apache published: its SHA-512 is {found}, expected {expected}")]
    WrongDigest { what: String, expected: String, found: String },
    #[error("Maven fetched {found} jars, {expected} were expected")]
    WrongJars { expected: usize, found: usize },
    #[error(
        "Maven is not installed; install it (Debian and Ubuntu: apt-get install maven) or name a JMeter home with --jmeter-home"
    )]
    NoMaven,
    #[error("Maven could not fetch JMeter: {0}")]
    Maven(String),
    #[error("neither source had JMeter {VERSION}: {archive}; {maven}")]
    NoSource { archive: Box<InstallError>, maven: Box<InstallError> },
    #[error("the managed JMeter could not be written to {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("what was fetched does not work: {0}")]
    Broken(#[from] HomeError),
}

/// What an installation is doing, for a line that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// So many bytes of so many, where that is known.
    Downloading { bytes: u64, total: Option<u64> },
    /// Maven has fetched so many artefacts.
    Maven { artefacts: usize },
    /// A sentence.
    Step(String),
}

/// Where the managed copy lies below a folder.
pub fn managed_path(folder: &Path) -> PathBuf {
    folder.join(format!("apache-jmeter-{VERSION}"))
}

/// Installs the managed copy below `folder`, or finds it there.
///
/// # Errors
/// When no source has it, what came is not what was published, or it cannot be written. Nothing half is left behind.
pub async fn install(
    folder: &Path,
    source: &Source,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<JMeterHome, InstallError> {
    let place = managed_path(folder);
    if let Ok(home) = JMeterHome::open(&place) {
        return Ok(home);
    }
    let write = |source| InstallError::Write { path: folder.to_owned(), source };
    tokio::fs::create_dir_all(folder).await.map_err(write)?;
    let work = tempfile::Builder::new().prefix(".installing-").tempdir_in(folder).map_err(write)?;
    let home = work.path().join("home");
    match source {
        Source::Archive { url } => from_archive(url, work.path(), &home, progress).await?,
        Source::Maven => from_maven(work.path(), &home, progress).await?,
        Source::Automatic { archive_url } => {
            if let Err(archive) = from_archive(archive_url, work.path(), &home, progress).await {
                // A wrong digest is no reason to look elsewhere quietly.
                if matches!(archive, InstallError::WrongDigest { .. } | InstallError::Write { .. }) {
                    return Err(archive);
                }
                progress(Progress::Step(format!("{archive}. Trying Maven Central.")));
                from_maven(work.path(), &home, progress)
                    .await
                    .map_err(|maven| InstallError::NoSource { archive: Box::new(archive), maven: Box::new(maven) })?;
            }
        }
    }
    JMeterHome::open(&home)?;
    if let Err(error) = std::fs::rename(&home, &place) {
        // Somebody else may have been quicker.
        return JMeterHome::open(&place).map_err(|_| InstallError::Write { path: place, source: error });
    }
    Ok(JMeterHome::open(&place)?)
}

async fn from_archive(
    url: &str,
    work: &Path,
    home: &Path,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), InstallError> {
    let failed = |reason: String| InstallError::Download { url: url.to_owned(), reason };
    let file_path = work.join("jmeter.tgz");
    let write = |source| InstallError::Write { path: file_path.clone(), source };
    let client = reqwest::Client::builder()
        .connect_timeout(SILENCE_LIMIT)
        .read_timeout(SILENCE_LIMIT)
        .build()
        .map_err(|error| failed(innermost(&error)))?;
    let response = client
        .get(url)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(|error| failed(innermost(&error)))?;
    let total = response.content_length();
    let mut file = tokio::fs::File::create(&file_path).await.map_err(write)?;
    let mut digest = Sha512::new();
    let mut bytes = 0;
    let mut stream = response.bytes_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| failed(innermost(&error)))?;
        digest.update(&piece);
        bytes += piece.len() as u64;
        file.write_all(&piece).await.map_err(write)?;
        progress(Progress::Downloading { bytes, total });
    }
    file.flush().await.map_err(write)?;
    expect_digest("the archive", ARCHIVE_SHA512, &hex::encode(digest.finalize()))?;
    progress(Progress::Step("Unpacking.".to_owned()));
    let (archive, unpacked, home) = (file_path.clone(), work.join("unpacked"), home.to_owned());
    let result = tokio::task::spawn_blocking(move || {
        let reader = flate2::read::GzDecoder::new(std::fs::File::open(&archive)?);
        tar::Archive::new(reader).unpack(&unpacked)?;
        std::fs::rename(unpacked.join(format!("apache-jmeter-{VERSION}")), &home)
    });
    result.await.unwrap_or_else(|panic| Err(std::io::Error::other(panic))).map_err(write)
}

async fn from_maven(work: &Path, home: &Path, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<(), InstallError> {
    let write = |source| InstallError::Write { path: work.to_owned(), source };
    let project = work.join("maven");
    std::fs::create_dir_all(&project).map_err(write)?;
    std::fs::write(project.join("pom.xml"), POM).map_err(write)?;
    progress(Progress::Step("Fetching JMeter's jars with Maven.".to_owned()));
    run_maven(&project, progress).await?;
    let (jars, home) = (project.join("jars"), home.to_owned());
    let assembled = tokio::task::spawn_blocking(move || {
        verify_jars(&jars)?;
        assemble(&jars, &home).map_err(|source| InstallError::Write { path: home.clone(), source })
    });
    assembled.await.unwrap_or_else(|panic| Err(InstallError::Maven(panic.to_string())))
}

async fn run_maven(project: &Path, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<(), InstallError> {
    let mut child = tokio::process::Command::new("mvn")
        .args(["-B", "dependency:copy-dependencies", "-DoutputDirectory=jars", "-DincludeScope=runtime"])
        .current_dir(project)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => InstallError::NoMaven,
            _ => InstallError::Maven(error.to_string()),
        })?;
    let output = child.stdout.take().ok_or_else(|| InstallError::Maven("its output cannot be read".to_owned()))?;
    let follow = async {
        let mut lines = BufReader::new(output).lines();
        let mut artefacts = 0;
        let mut errors = Vec::new();
        while let Ok(Some(line)) = lines.next_line().await {
            if line.contains("Downloaded from") {
                artefacts += 1;
                progress(Progress::Maven { artefacts });
            } else if let Some(error) = line.split_once("[ERROR]").map(|(_, error)| error.trim().to_owned())
                && errors.len() < 3
                && !error.is_empty()
            {
                errors.push(error);
            }
        }
        (child.wait().await, errors)
    };
    let (status, errors) = tokio::time::timeout(MAVEN_LIMIT, follow)
        .await
        .map_err(|_| InstallError::Maven(format!("it took longer than {} minutes", MAVEN_LIMIT.as_secs() / 60)))?;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(InstallError::Maven(if errors.is_empty() { status.to_string() } else { errors.join(" ") })),
        Err(error) => Err(InstallError::Maven(error.to_string())),
    }
}

/// The published digests, by file name.
fn published_jars() -> BTreeMap<&'static str, &'static str> {
    JARS_SHA512.lines().filter_map(|line| line.split_once("  ")).map(|(digest, name)| (name, digest)).collect()
}

fn verify_jars(jars: &Path) -> Result<(), InstallError> {
    let published = published_jars();
    let read = |path: &Path, source| InstallError::Write { path: path.to_owned(), source };
    let mut found = 0;
    for entry in std::fs::read_dir(jars).map_err(|source| read(jars, source))? {
        let entry = entry.map_err(|source| read(jars, source))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let expected = published.get(name.as_str()).copied().unwrap_or("none, it is not part of JMeter");
        let digest = digest_of(&entry.path()).map_err(|source| read(&entry.path(), source))?;
        expect_digest(&name, expected, &digest)?;
        found += 1;
    }
    if found == published.len() { Ok(()) } else { Err(InstallError::WrongJars { expected: published.len(), found }) }
}

/// Puts the jars where JMeter's launcher looks for them: itself in `bin`, JMeter's modules in `lib/ext`, the rest in
/// `lib`; the configuration jar carries the files of `bin`.
fn assemble(jars: &Path, home: &Path) -> std::io::Result<()> {
    for folder in ["bin", "lib/ext", "lib/junit"] {
        std::fs::create_dir_all(home.join(folder))?;
    }
    for entry in std::fs::read_dir(jars)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let to = match name.as_str() {
            _ if name.starts_with("ApacheJMeter_config-") => {
                let mut archive = zip::ZipArchive::new(std::fs::File::open(&path)?).map_err(std::io::Error::other)?;
                archive.extract(home).map_err(std::io::Error::other)?;
                continue;
            }
            _ if name.starts_with("ApacheJMeter_") => home.join("lib/ext").join(&name),
            _ if name.starts_with("ApacheJMeter-") => home.join("bin/ApacheJMeter.jar"),
            _ => home.join("lib").join(&name),
        };
        std::fs::rename(&path, to)?;
    }
    let manifest = home.join("META-INF");
    if manifest.is_dir() { std::fs::remove_dir_all(manifest) } else { Ok(()) }
}

fn digest_of(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut digest = Sha512::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(digest.finalize())),
            length => digest.update(&buffer[..length]),
        }
    }
}

fn expect_digest(what: &str, expected: &str, found: &str) -> Result<(), InstallError> {
    if expected == found {
        return Ok(());
    }
    Err(InstallError::WrongDigest { what: what.to_owned(), expected: expected.to_owned(), found: found.to_owned() })
}

/// The last cause of an error: `reqwest` says "error sending request", what it stands on says why.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_list_names_the_modules_and_each_digest_is_one() {
        let published = published_jars();
        assert!(published.contains_key("ApacheJMeter-5.6.3.jar"));
        assert!(published.contains_key("ApacheJMeter_core-5.6.3.jar"));
        assert!(published.values().all(|digest| digest.len() == 128));
    }

    #[test]
    fn a_jar_that_was_changed_is_refused_by_name() {
        let jars = tempfile::tempdir().expect("a folder");
        std::fs::write(jars.path().join("ApacheJMeter-5.6.3.jar"), b"something else").expect("a jar");
        let error = verify_jars(jars.path()).expect_err("it was changed");
        assert!(error.to_string().contains("ApacheJMeter-5.6.3.jar is not what Apache published"), "{error}");
    }

    #[tokio::test]
    async fn an_archive_that_is_not_apaches_leaves_nothing_behind() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/apache-jmeter.tgz", listener.local_addr().expect("its address"));
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            let length = tokio::io::AsyncReadExt::read(&mut socket, &mut request).await.expect("a request");
            assert!(length > 0, "it asks");
            socket
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\noops")
                .await
                .expect("an answer");
        });
        let folder = tempfile::tempdir().expect("a folder");
        let error = install(folder.path(), &Source::Archive { url }, &|_| ()).await.expect_err("a wrong archive");
        assert!(matches!(error, InstallError::WrongDigest { .. }), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
        server.await.expect("the server ended");
    }
}
