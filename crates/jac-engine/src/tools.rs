//! Java and JMeter of this machine: found when first needed, JMeter installed if JAC has none. Nodes on other machines
//! have a Java of their own and get a copy of this JMeter.

use crate::EngineError;
use jac_jmeter::classes::ClassIndex;
use jac_jmeter::install::{self, Progress, Source};
use jac_jmeter::{JMeterHome, Java};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Where to look, as the executable was told.
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
    /// Where a managed JMeter comes from.
    pub source: Source,
}

/// Finds and installs.
#[derive(Debug)]
pub struct Toolbox {
    settings: ToolSettings,
    // One installation at a time; the others wait for it and find it done.
    installing: Mutex<()>,
    classes: std::sync::Mutex<Option<(PathBuf, Arc<ClassIndex>)>>,
}

impl Toolbox {
    pub fn new(settings: ToolSettings) -> Self {
        Self { settings, installing: Mutex::new(()), classes: std::sync::Mutex::new(None) }
    }

    /// Java, asked for its version.
    pub async fn java(&self) -> Result<Java, EngineError> {
        Java::find(self.settings.java_home.as_deref(), self.settings.search_path.as_deref()).await.map_err(|error| {
            EngineError::Invalid { code: "no_java", message: sentence(&error), hint: None, details: Vec::new() }
        })
    }

    /// The JMeter that is there already: the one that was named, else the managed one.
    ///
    /// # Errors
    /// When the one that was named is none. No managed one is `None`.
    pub fn home(&self, named: Option<&Path>) -> Result<Option<JMeterHome>, EngineError> {
        if let Some(path) = named.or(self.settings.jmeter_home.as_deref()) {
            return JMeterHome::open(path).map(Some).map_err(|error| EngineError::Invalid {
                code: "no_jmeter",
                message: sentence(&error),
                hint: Some(
                    "Name the folder that holds JMeter's bin and lib, or none to use JAC's own copy.".to_owned(),
                ),
                details: Vec::new(),
            });
        }
        Ok(JMeterHome::open(&install::managed_path(&self.settings.managed_folder)).ok())
    }

    /// JMeter; a managed one is installed where none is.
    pub async fn jmeter(
        &self,
        named: Option<&Path>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<JMeterHome, EngineError> {
        if let Some(home) = self.home(named)? {
            return Ok(home);
        }
        let _one_at_a_time = self.installing.lock().await;
        install::install(&self.settings.managed_folder, &self.settings.source, progress).await.map_err(|error| {
            EngineError::Invalid {
                code: "no_jmeter",
                message: sentence(&error),
                hint: Some(
                    "Name a JMeter home with --jmeter-home or JMETER_HOME, or see to the network and try again."
                        .to_owned(),
                ),
                details: Vec::new(),
            }
        })
    }

    /// The classes of a home, read once.
    pub fn classes(&self, home: &JMeterHome) -> Result<Arc<ClassIndex>, EngineError> {
        let mut known = self.classes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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

/// An error's text as a sentence of its own.
pub fn sentence(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    let ended = text.ends_with(['.', '!', '?']);
    format!("{first}{}{}", characters.as_str(), if ended { "" } else { "." })
}
