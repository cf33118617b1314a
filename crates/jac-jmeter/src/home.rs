//! A JMeter home: a folder that contains a JMeter that can be started.

use crate::properties::{Properties, from_file};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A folder that was verified to contain a JMeter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JMeterHome {
    path: PathBuf,
    version: String,
}

/// Why a folder is not a JMeter home.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error("{} is not a JMeter home: {missing} is missing", path.display())]
    NotAHome { path: PathBuf, missing: &'static str },
    #[error("the JMeter home {} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be read: {source}", path.display())]
    PropertiesUnreadable { path: PathBuf, source: std::io::Error },
    #[error("{} contains JMeter {version}, which is too old: JAC requires 5.4 or newer", path.display())]
    TooOld { path: PathBuf, version: String },
}

/// The path of a file with this name next to the plan, which need not exist; `None`: no such file.
pub type Beside<'a> = &'a dyn Fn(&str) -> Option<PathBuf>;

impl JMeterHome {
    /// Checks the folder and reads the version from the core jar's name.
    ///
    /// # Errors
    /// When it is not a folder, lacks a part that every JMeter has, or is older than 5.4 (the first version with the
    /// RMI key store settings and batch behaviour that JAC relies on).
    pub fn open(path: &Path) -> Result<Self, HomeError> {
        let missing = |missing| HomeError::NotAHome { path: path.to_owned(), missing };
        if !path.is_dir() {
            return Err(missing("folder of that name"));
        }
        // The path is passed to processes that run in other folders.
        let path = path.canonicalize().map_err(|source| HomeError::Unreadable { path: path.to_owned(), source })?;
        let missing = |missing| HomeError::NotAHome { path: path.clone(), missing };
        if !path.join("bin/ApacheJMeter.jar").is_file() {
            return Err(missing("bin/ApacheJMeter.jar"));
        }
        if !path.join("bin/saveservice.properties").is_file() {
            return Err(missing("bin/saveservice.properties"));
        }
        let ext = path.join("lib/ext");
        let entries = std::fs::read_dir(&ext).map_err(|_| missing("lib/ext"))?;
        let version = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .find_map(|name| core_jar_version(&name))
            .ok_or_else(|| missing("lib/ext/ApacheJMeter_core.jar"))?;
        if version.as_deref().is_some_and(is_too_old) {
            return Err(HomeError::TooOld { path, version: version.unwrap_or_default() });
        }
        let version = version
            .or_else(|| version_in_core_jar(&ext.join("ApacheJMeter_core.jar")))
            .unwrap_or_else(|| "unknown".to_owned());
        if is_too_old(&version) {
            return Err(HomeError::TooOld { path, version });
        }
        Ok(Self { path, version })
    }

    /// The folder, absolute and without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `5.6.3`, or `unknown` if the jar's name does not contain a version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The jar that starts JMeter.
    pub fn launcher(&self) -> PathBuf {
        self.path.join("bin/ApacheJMeter.jar")
    }

    /// The text that maps the short class names of a `.jmx` to Java classes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn save_service_properties(&self) -> Result<String, HomeError> {
        let path = self.path.join("bin/saveservice.properties");
        std::fs::read_to_string(&path).map_err(|source| HomeError::Unreadable { path, source })
    }

    /// The text that renames classes of older plans; empty if the home has none.
    pub fn upgrade_properties(&self) -> String {
        std::fs::read(self.path.join("bin/upgrade.properties"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// The default properties of JMeter: those of `jmeter.properties`, then of `user.properties`. JMeter searches for
    /// the latter in its working folder first, so `beside` may return one of the plan's files.
    ///
    /// # Errors
    /// When one of them exists but cannot be read.
    pub fn properties(&self, beside: Beside<'_>) -> Result<Properties, HomeError> {
        let own = self.bin_file("jmeter.properties")?;
        let mut properties = own.map(|bytes| from_file(&bytes)).unwrap_or_default();
        properties.extend(self.file_of(&user_file(&properties), beside)?);
        Ok(properties)
    }

    /// The default system properties of JMeter, found in the same way.
    ///
    /// # Errors
    /// As [`JMeterHome::properties`].
    pub fn system_properties(&self, beside: Beside<'_>) -> Result<Properties, HomeError> {
        self.file_of("system.properties", beside)
    }

    /// The properties in a file next to the plan, otherwise in the home's file.
    fn file_of(&self, name: &str, beside: Beside<'_>) -> Result<Properties, HomeError> {
        // JMeter reads none then.
        if name.is_empty() {
            return Ok(Properties::new());
        }
        let bytes = match beside(name).and_then(|place| read_if_there(place).transpose()).transpose()? {
            Some(bytes) => Some(bytes),
            None => self.bin_file(name)?,
        };
        Ok(bytes.map(|bytes| from_file(&bytes)).unwrap_or_default())
    }

    /// The files that JMeter reads from its working folder, if they exist there, instead of its own.
    pub fn files_beside(&self) -> Vec<String> {
        // An unreadable one is the error of `properties`, which reads it for every run.
        let own = self.bin_file("jmeter.properties").ok().flatten();
        let properties = own.map(|bytes| from_file(&bytes)).unwrap_or_default();
        vec![user_file(&properties), "system.properties".to_owned()]
    }

    fn bin_file(&self, name: &str) -> Result<Option<Vec<u8>>, HomeError> {
        read_if_there(self.path.join("bin").join(name))
    }

    /// Whether its search path contains jars that are not part of JMeter.
    pub fn has_plugins(&self) -> bool {
        let entries = std::fs::read_dir(self.path.join("lib/ext")).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).any(|name| {
            Path::new(&name).extension().is_some_and(|extension| extension == "jar")
                && !name.starts_with("ApacheJMeter_")
        })
    }

    /// The names of JMeter's own properties, which its files list: most are commented out, with their default.
    pub fn property_names(&self) -> BTreeSet<String> {
        let files = std::fs::read_dir(self.path.join("bin")).into_iter().flatten().flatten().map(|entry| entry.path());
        files
            .filter(|path| path.extension().is_some_and(|extension| extension == "properties"))
            .filter_map(|path| std::fs::read(path).ok())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .flat_map(|text| text.lines().filter_map(property_name).map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }
}

/// The name of the file of the user's properties.
fn user_file(properties: &Properties) -> String {
    properties.get("user.properties").cloned().unwrap_or_else(|| "user.properties".to_owned())
}

fn property_name(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start_matches(['#', ' ', '\t']).split_once('=')?;
    let name = name.trim_end();
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
}

/// `Some(None)`: it is the core jar, but its name has no version (as in Apache's own archive).
#[expect(
    clippy::option_option,
    reason = "not the core jar, the core jar, and the core jar of a version are three answers"
)]
fn core_jar_version(name: &str) -> Option<Option<String>> {
    let rest = name.strip_prefix("ApacheJMeter_core")?.strip_suffix(".jar")?;
    match rest.strip_prefix('-') {
        Some(version) => Some(Some(version.to_owned())),
        None if rest.is_empty() => Some(None),
        None => None,
    }
}

/// The `Implementation-Version` of a jar's manifest.
fn version_in_core_jar(jar: &Path) -> Option<String> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(jar).ok()?).ok()?;
    let manifest = std::io::read_to_string(archive.by_name("META-INF/MANIFEST.MF").ok()?).ok()?;
    manifest
        .lines()
        .find_map(|line| line.strip_prefix("Implementation-Version:"))
        .map(|version| version.trim().to_owned())
}

fn is_too_old(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(major), minor) => (major, minor.unwrap_or(0)) < (5, 4),
        (None, _) => false,
    }
}

/// A file's content; `None`: it does not exist.
fn read_if_there(path: PathBuf) -> Result<Option<Vec<u8>>, HomeError> {
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(HomeError::PropertiesUnreadable { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home_with(core_jar: &str) -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(home.path().join("lib/ext")).expect("lib/ext");
        std::fs::create_dir_all(home.path().join("bin")).expect("bin");
        for file in ["bin/ApacheJMeter.jar", "bin/saveservice.properties"] {
            std::fs::write(home.path().join(file), "").expect("a file");
        }
        std::fs::write(home.path().join("lib/ext").join(core_jar), "").expect("the core jar");
        home
    }

    #[test]
    fn a_home_knows_its_version() {
        let home = home_with("ApacheJMeter_core-5.6.3.jar");
        assert_eq!(JMeterHome::open(home.path()).expect("a home").version(), "5.6.3");
    }

    #[test]
    fn a_home_lists_the_properties_that_it_knows() {
        let home = home_with("ApacheJMeter_core-5.6.3.jar");
        let text = "# Words = none\n#summariser.interval=30\nxml.parser = x\n  # sample_variables=A,B\n";
        std::fs::write(home.path().join("bin/jmeter.properties"), text).expect("a file");
        let names = JMeterHome::open(home.path()).expect("a home").property_names();
        assert!(["summariser.interval", "xml.parser", "sample_variables"].iter().all(|name| names.contains(*name)));
        assert!(!names.contains("nobody.knows"));
        let opened = JMeterHome::open(home.path()).expect("a home");
        assert!(!opened.has_plugins());
        std::fs::write(home.path().join("lib/ext/jmeter-plugins-casutg.jar"), "").expect("a file");
        assert!(opened.has_plugins());
    }

    #[test]
    fn a_homes_own_properties_count_and_a_file_beside_the_plan_comes_before_them() {
        let home = home_with("ApacheJMeter_core-5.6.3.jar");
        let write = |name: &str, text: &str| std::fs::write(home.path().join("bin").join(name), text).expect("a file");
        write("jmeter.properties", "user.properties=user.properties\na=1\nb=1\n");
        write("user.properties", "b=2\n");
        write("system.properties", "c=3\n");
        let opened = JMeterHome::open(home.path()).expect("a home");
        let own = opened.properties(&|_| None).expect("read");
        assert_eq!((own["a"].as_str(), own["b"].as_str()), ("1", "2"));
        let plan = tempfile::tempdir().expect("a folder");
        let beside = |name: &str| Some(plan.path().join(name));
        assert_eq!(opened.properties(&beside).expect("properties")["b"], "2");
        std::fs::write(plan.path().join("user.properties"), "b=4").expect("a file");
        assert_eq!(opened.properties(&beside).expect("read")["b"], "4");
        assert_eq!(opened.system_properties(&beside).expect("read")["c"], "3");
    }

    #[test]
    fn a_file_of_properties_that_cannot_be_read_is_not_taken_for_none() {
        let home = home_with("ApacheJMeter_core-5.6.3.jar");
        let opened = JMeterHome::open(home.path()).expect("a home");
        let plan = tempfile::tempdir().expect("a folder");
        let beside = |name: &str| Some(plan.path().join(name));
        for (folder, name) in [
            (plan.path().to_owned(), "user.properties"),
            (home.path().join("bin"), "user.properties"),
            (home.path().join("bin"), "jmeter.properties"),
        ] {
            let place = folder.join(name);
            drop(std::fs::remove_file(&place));
            std::fs::create_dir(&place).expect("a folder in place of the file");
            let error = opened.properties(&beside).expect_err("it is there");
            assert!(error.to_string().contains(name), "{error}");
            std::fs::remove_dir(&place).expect("removed");
        }
        std::fs::create_dir(plan.path().join("system.properties")).expect("a folder");
        opened.system_properties(&beside).expect_err("it is there");
    }

    #[test]
    fn an_old_home_an_empty_folder_and_a_missing_one_are_refused_with_what_is_wrong() {
        let old = home_with("ApacheJMeter_core-3.1.jar");
        assert!(JMeterHome::open(old.path()).expect_err("too old").to_string().contains("3.1"));
        let empty = tempfile::tempdir().expect("a folder");
        assert!(JMeterHome::open(empty.path()).expect_err("empty").to_string().contains("bin/ApacheJMeter.jar"));
        assert!(
            JMeterHome::open(&empty.path().join("nowhere"))
                .expect_err("missing")
                .to_string()
                .contains("folder of that name")
        );
    }
}
