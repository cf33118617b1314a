//! The Java that JMeter runs on.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// The oldest Java that JAC starts JMeter with. JMeter 5.6 itself supports 8; the Java options and TLS defaults that
/// JAC relies on are those of 17.
pub const OLDEST: u32 = 17;

/// The newest Java for JMeter 5: newer versions are not tested by its developers, and Java 26 removed `java.applet` (JEP 504), which jars of
/// JMeter 5.6.3 reference (<https://github.com/apache/jmeter/issues/6659>). Failures caused by that would look like faults of the system under test.
pub const NEWEST_FOR_JMETER_5: u32 = 25;

/// How long a `java -version` may take.
const VERSION_LIMIT: Duration = Duration::from_secs(20);

/// A Java whose version is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Java {
    /// The executable.
    pub path: PathBuf,
    /// The version as Java reports it: `17.0.15`.
    pub version: String,
    /// 17, 21…
    pub major: u32,
}

/// Where Java is searched for on this machine.
#[derive(Debug, Clone, Default)]
pub struct JavaSearch {
    /// The value of `JAVA_HOME`.
    pub java_home: Option<PathBuf>,
    /// The value of `PATH`.
    pub search_path: Option<std::ffi::OsString>,
}

impl JavaSearch {
    /// The same as [`Java::find`].
    ///
    /// # Errors
    /// The same.
    pub async fn find(&self) -> Result<Java, JavaError> {
        Java::find(self.java_home.as_deref(), self.search_path.as_deref()).await
    }
}

/// Why no Java is usable.
#[derive(Debug, thiserror::Error)]
pub enum JavaError {
    #[error(
        "Java not found; install a Java runtime {OLDEST} or newer (Debian and Ubuntu: apt-get install \
         openjdk-17-jre-headless), or set JAVA_HOME"
    )]
    Missing,
    #[error("{} is Java {version}, which is too old; JAC needs {OLDEST} or newer (Debian and Ubuntu: apt-get install openjdk-17-jre-headless, or set JAVA_HOME)", path.display())]
    TooOld { path: PathBuf, version: String },
    #[error("{} is Java {version}, which is too new for JMeter {jmeter}: JMeter is not tested on it, and Java 26 removed classes that its libraries use; set JAVA_HOME to a Java from {OLDEST} to {NEWEST_FOR_JMETER_5}, or use a newer JMeter", path.display())]
    TooNew { path: PathBuf, version: String, jmeter: String },
    #[error("the version of {} is unknown: {reason}", path.display())]
    Broken { path: PathBuf, reason: String },
}

impl Java {
    /// Searches for Java in `java_home` (the value of `JAVA_HOME`), otherwise along `search_path` (the value of
    /// `PATH`).
    ///
    /// # Errors
    /// When there is no Java, it does not answer, or it is older than [`OLDEST`].
    pub async fn find(java_home: Option<&Path>, search_path: Option<&std::ffi::OsStr>) -> Result<Self, JavaError> {
        let named = java_home.map(|home| home.join("bin/java"));
        let path = match named {
            Some(path) if path.is_file() => path,
            _ => search_path
                .into_iter()
                .flat_map(std::env::split_paths)
                .map(|folder| folder.join("java"))
                .find(|path| path.is_file())
                .ok_or(JavaError::Missing)?,
        };
        Self::ask(path).await
    }

    /// The folder of the whole installation, with links to its program resolved; `None` if that folder is not an
    /// ordinary one.
    pub fn home(&self) -> Option<PathBuf> {
        let program = self.path.canonicalize().ok()?;
        let home = program.parent()?.parent()?;
        home.join("lib").is_dir().then(|| home.to_owned())
    }

    /// This Java, if that JMeter version (as returned by [`crate::JMeterHome::version`]) runs on it.
    ///
    /// # Errors
    /// [`JavaError::TooNew`].
    pub fn fits(self, jmeter: &str) -> Result<Self, JavaError> {
        let is_old =
            jmeter.split_once('.').is_some_and(|(major, _)| major.parse::<u32>().is_ok_and(|major| major <= 5));
        if is_old && self.major > NEWEST_FOR_JMETER_5 {
            return Err(JavaError::TooNew { path: self.path, version: self.version, jmeter: jmeter.to_owned() });
        }
        Ok(self)
    }

    async fn ask(path: PathBuf) -> Result<Self, JavaError> {
        let broken = |reason: String| JavaError::Broken { path: path.clone(), reason };
        let asked = tokio::process::Command::new(&path)
            .arg("-version")
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(VERSION_LIMIT, asked)
            .await
            .map_err(|_| broken(format!("it did not answer within {} s", VERSION_LIMIT.as_secs())))?
            .map_err(|error| broken(error.to_string()))?;
        Self::read(path, &String::from_utf8_lossy(&output.stderr))
    }

    /// Parses the output of `java -version` on any machine.
    ///
    /// # Errors
    /// When it prints no version, or one older than [`OLDEST`].
    pub fn read(path: PathBuf, text: &str) -> Result<Self, JavaError> {
        let broken = |reason: String| JavaError::Broken { path: path.clone(), reason };
        let version =
            version_in(text).ok_or_else(|| broken(text.lines().next().unwrap_or("it printed nothing").to_owned()))?;
        let major = major_of(&version).ok_or_else(|| broken(format!("invalid version '{version}'")))?;
        if major < OLDEST {
            return Err(JavaError::TooOld { path, version });
        }
        Ok(Self { path, version, major })
    }
}

/// The text between the first pair of quotes: `openjdk version "17.0.15" 2025-04-15`.
fn version_in(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.contains(" version \""))?;
    line.split('"').nth(1).map(str::to_owned)
}

/// 17 of `17.0.15`, 8 of `1.8.0_402`.
fn major_of(version: &str) -> Option<u32> {
    let mut parts = version.split(['.', '-', '_', '+']).map(str::parse::<u32>);
    match parts.next()?.ok()? {
        1 => parts.next()?.ok(),
        major => Some(major),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_all_ages_are_read() {
        let openjdk = "openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime Environment (build 17)";
        assert_eq!(version_in(openjdk).as_deref(), Some("17.0.15"));
        let noisy = "Picked up JAVA_TOOL_OPTIONS: -Dx\njava version \"1.8.0_402\"";
        assert_eq!(version_in(noisy).as_deref(), Some("1.8.0_402"));
        for (version, major) in [("17.0.15", 17), ("1.8.0_402", 8), ("21-ea", 21), ("25", 25)] {
            assert_eq!(major_of(version), Some(major));
        }
    }

    #[test]
    fn java_26_is_too_new_for_jmeter_5_alone() {
        let java = |version: &str| {
            Java::read(PathBuf::from("/usr/bin/java"), &format!("openjdk version \"{version}\"")).expect("it is read")
        };
        for (version, jmeter) in
            [("25.0.3", "5.6.3"), ("26.0.1", "6.0.0-SNAPSHOT"), ("26", "unknown"), ("17.0.15", "5.4")]
        {
            assert_eq!(java(version).fits(jmeter).expect("it fits").version, version, "{jmeter}");
        }
        for (version, jmeter) in [("26", "5.6.3"), ("27-ea", "5.5")] {
            let error = java(version).fits(jmeter).expect_err("too new");
            assert!(matches!(error, JavaError::TooNew { .. }), "{error}");
        }
    }

    #[tokio::test]
    async fn no_java_says_what_to_install() {
        let empty = tempfile::tempdir().expect("a folder");
        let error = Java::find(None, Some(empty.path().as_os_str())).await.expect_err("there is none");
        assert!(error.to_string().contains("openjdk-17-jre-headless"));
    }
}
