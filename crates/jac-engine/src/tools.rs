//! Java and JMeter of this machine: found when first needed, JMeter installed if JAC has none. Nodes on other machines
//! have a Java of their own and get a copy of this JMeter.

use crate::EngineError;
use jac_jmeter::classes::ClassIndex;
use jac_jmeter::install::{self, Progress, Source};
use jac_jmeter::{JMeterHome, Java, Release};
use jac_model::{ClusterConfig, sentence};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use tokio::sync::Mutex;

/// The configured locations of Java and JMeter.
#[derive(Debug, Clone, Default)]
pub struct ToolSettings {
    /// `JAVA_HOME`.
    pub java_home: Option<PathBuf>,
    /// `PATH`.
    pub search_path: Option<OsString>,
    /// `--jmeter-home` or `JMETER_HOME`.
    pub jmeter_home: Option<PathBuf>,
    /// The folder below which JAC manages its own JMeter.
    pub managed_folder: PathBuf,
    /// The source of a managed JMeter.
    pub source: Source,
}

/// The requested JMeter. Default: the configured one, otherwise the newest that JAC manages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedJMeter {
    /// This one.
    pub home: Option<PathBuf>,
    /// The requested version: the JMeter that the executable was given if it has this version, otherwise one that JAC
    /// manages.
    pub version: Option<String>,
}

impl RequestedJMeter {
    /// The requested JMeter of a cluster.
    pub fn of(config: &ClusterConfig) -> Self {
        Self { home: config.jmeter_home.as_ref().map(PathBuf::from), version: config.jmeter_version.clone() }
    }
}

/// An existing home, or the release to install.
enum Found {
    Home(JMeterHome),
    Missing(&'static Release),
}

/// Finds and installs.
#[derive(Debug)]
pub struct Toolbox {
    settings: ToolSettings,
    /// By release: it is installed once, and other callers wait for that. The lock exists for this purpose, so it is held during the
    /// download.
    installing: StdMutex<HashMap<&'static str, Arc<Mutex<()>>>>,
    classes: StdMutex<Option<(PathBuf, Arc<ClassIndex>)>>,
}

impl Toolbox {
    pub fn new(settings: ToolSettings) -> Self {
        Self { settings, installing: StdMutex::default(), classes: StdMutex::default() }
    }

    /// This machine's Java, if the requested JMeter runs on it.
    ///
    /// # Errors
    /// `no_java` when this machine has no Java that it runs on.
    pub async fn java(&self, requested: &RequestedJMeter) -> Result<Java, EngineError> {
        let found = Java::find(self.settings.java_home.as_deref(), self.settings.search_path.as_deref()).await;
        let jmeter = match self.find(requested) {
            Ok(Found::Home(home)) => home.version().to_owned(),
            Ok(Found::Missing(release)) => release.version.to_owned(),
            // Reported when JMeter is requested.
            Err(_) => "unknown".to_owned(),
        };
        found.and_then(|java| java.fits(&jmeter)).map_err(|error| EngineError::Invalid {
            code: "no_java",
            message: sentence(&error),
            hint: None,
            faults: Vec::new(),
        })
    }

    /// The requested JMeter, if it is installed; `None`: [`Toolbox::jmeter`] would install it.
    ///
    /// # Errors
    /// When the configured folder is not a JMeter home, or JAC does not manage that version.
    pub fn home(&self, requested: &RequestedJMeter) -> Result<Option<JMeterHome>, EngineError> {
        Ok(match self.find(requested)? {
            Found::Home(home) => Some(home),
            Found::Missing(_) => None,
        })
    }

    /// The requested JMeter; a managed one is installed if needed.
    pub async fn jmeter(
        &self,
        requested: &RequestedJMeter,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<JMeterHome, EngineError> {
        let release = match self.find(requested)? {
            Found::Home(home) => return Ok(home),
            Found::Missing(release) => release,
        };
        let installing = {
            let mut installing = self.installing.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(installing.entry(release.version).or_default())
        };
        let _one_at_a_time = installing.lock().await;
        install::install(&self.settings.managed_folder, release, &self.settings.source, progress).await.map_err(
            |error| {
                no_jmeter(
                    &error,
                    "Set a JMeter home with --jmeter-home or JMETER_HOME, or fix the network and try again.",
                )
            },
        )
    }

    fn find(&self, requested: &RequestedJMeter) -> Result<Found, EngineError> {
        let open = |path: &Path| {
            JMeterHome::open(path).map_err(|error| {
                no_jmeter(&error, "Give the folder that contains JMeter's bin and lib, or none to use JAC's own copy.")
            })
        };
        if let Some(path) = &requested.home {
            return Ok(Found::Home(open(path)?));
        }
        let named = self.settings.jmeter_home.as_deref();
        let release = match (&requested.version, named) {
            (None, Some(named)) => return Ok(Found::Home(open(named)?)),
            (None, None) => Release::newest(),
            (Some(version), named) => {
                // A home that cannot be opened does not matter unless it is the requested one.
                if let Some(home) = named.and_then(|named| open(named).ok()).filter(|home| home.version() == version) {
                    return Ok(Found::Home(home));
                }
                Release::of(version)
                    .map_err(|error| no_jmeter(&error, "Choose one of these, or set a JMeter home of that version."))?
            }
        };
        // A managed copy is complete or missing: if it cannot be opened it counts as missing, and installing it reports the reason.
        let managed = JMeterHome::open(&install::managed_path(&self.settings.managed_folder, release)).ok();
        Ok(managed.map_or(Found::Missing(release), Found::Home))
    }

    /// The classes of a home, read once.
    pub fn classes(&self, home: &JMeterHome) -> Result<Arc<ClassIndex>, EngineError> {
        // Held while the jars are read: other callers need the same result, and wait on a thread that may block.
        let mut known = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((path, index)) = known.as_ref()
            && path == home.path()
        {
            return Ok(Arc::clone(index));
        }
        let index =
            ClassIndex::of_home(home.path()).map_err(|error| EngineError::file("reading JMeter's jars", error))?;
        let index = Arc::new(index);
        *known = Some((home.path().to_owned(), Arc::clone(&index)));
        Ok(index)
    }
}

fn no_jmeter(error: &dyn std::fmt::Display, hint: &str) -> EngineError {
    EngineError::Invalid {
        code: "no_jmeter",
        message: sentence(error),
        hint: Some(hint.to_owned()),
        faults: Vec::new(),
    }
}
