//! JAC's managed copies of JMeter, one per release: downloaded once, verified, complete or absent.
//!
//! Two sources, tried in this order unless one is selected: Apache's archive (one file; the newest release's SHA-512 is
//! built in, that of the others is fetched from Apache itself, wherever the archive comes from), and Maven Central
//! through the `mvn` client of the machine, which honours its mirrors and proxies (each jar has a known SHA-512; the
//! lists are `assets/jmeter-*.sha512`). A copy is assembled next to its final path and then renamed, so a crash never
//! leaves an incomplete home.

use crate::home::{HomeError, JMeterHome};
use crate::release::Release;
use futures_util::StreamExt;
use sha2::{Digest, Sha512};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// Apache's archive of all releases; `{version}` is replaced with the release's version.
pub const ARCHIVE_URL: &str = "https://archive.apache.org/dist/jmeter/binaries/apache-jmeter-{version}.tgz";

/// The placeholder for a release's version in an address.
const VERSION_PLACE: &str = "{version}";

const POM: &str = include_str!("../assets/pom.xml");
/// The placeholder for the version in it.
const POM_VERSION: &str = "@VERSION@";

/// No byte for this long ends a download.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);
/// Downloading 161 jars through a slow mirror takes long, but the wait must be bounded.
const MAVEN_LIMIT: Duration = Duration::from_secs(15 * 60);

/// The source of JMeter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The archive, and Maven if that cannot be reached.
    Automatic { archive_url: String },
    /// Only this archive; `{version}` is replaced with the release's version. It must have the SHA-512 that Apache
    /// publishes.
    Archive { url: String },
    /// Only Maven Central.
    Maven,
}

impl Default for Source {
    fn default() -> Self {
        Self::Automatic { archive_url: ARCHIVE_URL.to_owned() }
    }
}

/// Why the managed copy is not available.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error("the JMeter archive could not be downloaded from {url}: {reason}")]
    Download { url: String, reason: String },
    #[error("the SHA-512 of JMeter {version} could not be downloaded from {url}: {reason}")]
    NoDigest { version: &'static str, url: String, reason: String },
    #[error("checksum mismatch for {what}: its SHA-512 is {found}, expected {expected}")]
    WrongDigest { what: String, expected: String, found: String },
    #[error("Maven downloaded {found} jars, expected {expected}")]
    WrongJars { expected: usize, found: usize },
    #[error(
        "Maven is not installed; install it (Debian and Ubuntu: apt-get install maven) or set a JMeter home with \
         --jmeter-home"
    )]
    NoMaven,
    #[error("Maven could not download JMeter: {0}")]
    Maven(String),
    #[error("neither source had JMeter {version}: {archive}; {maven}")]
    NoSource { version: &'static str, archive: Box<InstallError>, maven: Box<InstallError> },
    #[error("the managed JMeter could not be written to {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the downloaded JMeter does not work: {0}")]
    Broken(#[from] HomeError),
}

/// The progress of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Bytes downloaded so far, and the total if known.
    Downloading { bytes: u64, total: Option<u64> },
    /// Maven has downloaded this many artefacts.
    Maven { artefacts: usize },
    /// A sentence.
    Step(String),
}

/// The path of a release's managed copy below a folder.
pub fn managed_path(folder: &Path, release: &Release) -> PathBuf {
    folder.join(format!("apache-jmeter-{}", release.version))
}

/// Installs the managed copy of a release below `folder`, unless it exists there.
///
/// # Errors
/// When no source has it, the download differs from what was published, or it cannot be written. No incomplete copy is
/// left.
pub async fn install(
    folder: &Path,
    release: &'static Release,
    source: &Source,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<JMeterHome, InstallError> {
    let place = managed_path(folder, release);
    if let Ok(home) = JMeterHome::open(&place) {
        return Ok(home);
    }
    let write = |source| InstallError::Write { path: folder.to_owned(), source };
    tokio::fs::create_dir_all(folder).await.map_err(write)?;
    let work = tempfile::Builder::new().prefix(".installing-").tempdir_in(folder).map_err(write)?;
    let home = work.path().join("home");
    match source {
        Source::Archive { url } => from_archive(url, release, work.path(), &home, progress).await?,
        Source::Maven => from_maven(release, work.path(), &home, progress).await?,
        Source::Automatic { archive_url } => {
            if let Err(archive) = from_archive(archive_url, release, work.path(), &home, progress).await {
                // A wrong digest must be reported, not hidden by trying the next source.
                if matches!(archive, InstallError::WrongDigest { .. } | InstallError::Write { .. }) {
                    return Err(archive);
                }
                progress(Progress::Step(format!("{archive}. Trying Maven Central.")));
                from_maven(release, work.path(), &home, progress).await.map_err(|maven| InstallError::NoSource {
                    version: release.version,
                    archive: Box::new(archive),
                    maven: Box::new(maven),
                })?;
            }
        }
    }
    JMeterHome::open(&home)?;
    if let Err(error) = std::fs::rename(&home, &place) {
        // Another process may have been faster.
        return JMeterHome::open(&place).map_err(|_| InstallError::Write { path: place, source: error });
    }
    Ok(JMeterHome::open(&place)?)
}

async fn from_archive(
    url: &str,
    release: &'static Release,
    work: &Path,
    home: &Path,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), InstallError> {
    if !url.contains(VERSION_PLACE) && release.version != Release::newest().version {
        let reason = format!("the address has no {VERSION_PLACE}, so it is that of {}", Release::newest().version);
        return Err(InstallError::Download { url: url.to_owned(), reason });
    }
    let url = of_release(url, release);
    let failed = |reason: String| InstallError::Download { url: url.clone(), reason };
    let file_path = work.join("jmeter.tgz");
    let write = |source| InstallError::Write { path: file_path.clone(), source };
    let client = client().map_err(failed)?;
    let expected = archive_digest(&client, release).await?;
    let response = ask(&client, &url).await.map_err(failed)?;
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
    expect_digest("the archive", &expected, &hex::encode(digest.finalize()))?;
    progress(Progress::Step("Unpacking.".to_owned()));
    let (archive, unpacked, home) = (file_path.clone(), work.join("unpacked"), home.to_owned());
    let result = tokio::task::spawn_blocking(move || {
        let reader = flate2::read::GzDecoder::new(std::fs::File::open(&archive)?);
        tar::Archive::new(reader).unpack(&unpacked)?;
        std::fs::rename(managed_path(&unpacked, release), &home)
    });
    result.await.unwrap_or_else(|panic| Err(std::io::Error::other(panic))).map_err(write)
}

/// The SHA-512 of a release's archive: built in, or fetched from Apache, which publishes it with its archives ("verify
/// them with hashes from our own site, whichever mirror they come from").
async fn archive_digest(client: &reqwest::Client, release: &'static Release) -> Result<String, InstallError> {
    if let Some(known) = release.archive_sha512 {
        return Ok(known.to_owned());
    }
    let url = format!("{}.sha512", of_release(ARCHIVE_URL, release));
    let failed = |reason| InstallError::NoDigest { version: release.version, url: url.clone(), reason };
    let text = ask(client, &url).await.map_err(failed)?.text().await.map_err(|error| failed(innermost(&error)))?;
    published_digest(&text).ok_or_else(|| failed("not a SHA-512 checksum".to_owned()))
}

/// The digest in a file of the `sha512sum` kind.
fn published_digest(text: &str) -> Option<String> {
    let digest = text.split_whitespace().next()?;
    (digest.len() == 128 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| digest.to_ascii_lowercase())
}

fn of_release(url: &str, release: &Release) -> String {
    url.replace(VERSION_PLACE, release.version)
}

fn client() -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .connect_timeout(SILENCE_LIMIT)
        .read_timeout(SILENCE_LIMIT)
        .build()
        .map_err(|error| innermost(&error))
}

async fn ask(client: &reqwest::Client, url: &str) -> Result<reqwest::Response, String> {
    client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(|error| innermost(&error))
}

async fn from_maven(
    release: &'static Release,
    work: &Path,
    home: &Path,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), InstallError> {
    let write = |source| InstallError::Write { path: work.to_owned(), source };
    let project = work.join("maven");
    std::fs::create_dir_all(&project).map_err(write)?;
    std::fs::write(project.join("pom.xml"), POM.replace(POM_VERSION, release.version)).map_err(write)?;
    progress(Progress::Step("Downloading JMeter's jars with Maven.".to_owned()));
    run_maven(&project, progress).await?;
    let (jars, home) = (project.join("jars"), home.to_owned());
    let assembled = tokio::task::spawn_blocking(move || {
        verify_jars(&jars, release)?;
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

fn verify_jars(jars: &Path, release: &Release) -> Result<(), InstallError> {
    let published: BTreeMap<_, _> = release.jars().collect();
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

/// Puts the jars where JMeter's launcher looks for them: the launcher in `bin`, JMeter's modules in `lib/ext`, the
/// others in `lib`; the configuration jar contains the files of `bin`.
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

/// The root cause of an error: `reqwest` says "error sending request", its source says why.
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
    fn the_digest_of_an_archive_is_read_as_apache_publishes_it() {
        let digest = "5978A1".repeat(21) + "ab";
        assert_eq!(published_digest(&format!("{digest} *apache-jmeter-5.5.tgz\n")), Some(digest.to_lowercase()));
        for other in ["", "<html>", "5978a1 apache-jmeter-5.5.tgz", &"x".repeat(128)] {
            assert_eq!(published_digest(other), None, "{other}");
        }
    }

    #[test]
    fn a_jar_that_was_changed_is_refused_by_name() {
        let jars = tempfile::tempdir().expect("a folder");
        std::fs::write(jars.path().join("ApacheJMeter-5.6.3.jar"), b"something else").expect("a jar");
        let error = verify_jars(jars.path(), Release::newest()).expect_err("it was changed");
        assert!(error.to_string().contains("checksum mismatch for ApacheJMeter-5.6.3.jar"), "{error}");
    }

    #[tokio::test]
    async fn an_archive_that_is_not_apaches_leaves_nothing_behind() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/apache-jmeter-{{version}}.tgz", listener.local_addr().expect("its address"));
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            let length = tokio::io::AsyncReadExt::read(&mut socket, &mut request).await.expect("a request");
            let asked = String::from_utf8_lossy(&request[..length]);
            assert!(asked.starts_with("GET /apache-jmeter-5.6.3.tgz "), "{asked}");
            socket
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\noops")
                .await
                .expect("an answer");
        });
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Source::Archive { url };
        let error = install(folder.path(), Release::newest(), &archive, &|_| ()).await.expect_err("a wrong archive");
        assert!(matches!(error, InstallError::WrongDigest { .. }), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
        server.await.expect("the server ended");
    }
}
