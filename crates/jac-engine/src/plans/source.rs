//! A plan's sources as JMeter reads them at the start: the `.jmx`, the included files, its scripts, and the properties
//! in effect. The check, the split and `jac run`, which searches for files to upload, all use it.

use crate::EngineError;
use jac_jmeter::{JMeterHome, properties};
use jac_jmx::{Assembly, Cancel, CsvShape, DataFileKind, DataFileUse, PlanError, PlanPath, Properties, Sources};
use jac_model::shares_of;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// Larger files are data, and no scripts.
const LARGEST_SCRIPT: u64 = 1 << 20;

/// The location of a plan and its parameters.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The `.jmx` relative to the root that the plan's files stay in.
    pub name: &'a str,
    /// Its current path.
    pub main: &'a Path,
    /// Finds the file of a path that is relative to the plan's folder.
    pub find: &'a dyn Fn(&str) -> Option<PathBuf>,
    /// Files given with `-q`, in the order in which they are read.
    pub properties_files: &'a [PathBuf],
    /// As given with `-J`.
    pub properties: &'a Properties,
    /// As given with `-D`.
    pub system_properties: &'a Properties,
    /// The JMeter that the nodes will have, if it is installed already.
    pub home: Option<&'a JMeterHome>,
    /// Whether to cancel: the result is incomplete then.
    pub cancel: Cancel<'a>,
}

/// The workers of a run, with the properties in which they differ.
#[derive(Debug, Clone, Copy)]
pub struct Workers<'a> {
    /// Their number; 0: only the master.
    pub count: u32,
    /// JMeter properties whose totals are divided among them.
    pub share: &'a BTreeMap<String, u64>,
}

impl Workers<'_> {
    /// The properties specific to one worker (counted from 0): its number and its parts of the totals.
    pub fn properties_of(&self, worker: u32) -> Properties {
        let mut own = shares_of(self.share, self.count, worker);
        properties::number(&mut own, worker as usize, self.count.max(1) as usize);
        own
    }

    /// The plan uses a property in which they differ.
    pub fn may_differ_in(&self, assembly: &Assembly<'_>) -> bool {
        let mut names = self.share.keys().map(String::as_str).chain([properties::NODE]);
        self.count > 1 && names.any(|name| assembly.mentions(name))
    }
}

/// How CSV Data Sets read their files, by path: the settings of the first that reads it.
pub fn csv_shapes(files: &[DataFileUse]) -> BTreeMap<String, CsvShape> {
    let mut shapes = BTreeMap::new();
    for used in files {
        if let (Some(PlanPath::Beside(path)), Some(shape)) = (&used.path, used.csv) {
            shapes.entry(path.clone()).or_insert(shape);
        }
    }
    shapes
}

/// A plan with all that decides how it is read.
#[derive(Debug)]
pub struct PlanSource {
    pub plan: jac_jmx::Plan,
    /// The plan's folder, relative to the root.
    pub folder: String,
    pub included: BTreeMap<String, Result<jac_jmx::Plan, PlanError>>,
    pub scripts: Vec<String>,
    /// The JMeter properties at the start: the home's own, then the `-q` files', then those given with `-J`.
    pub properties: Properties,
    /// The system properties: the home's own, then those given with `-D`.
    pub system_properties: Properties,
    /// The properties given with `-q` and `-J` only.
    pub given_properties: Properties,
}

impl PlanSource {
    /// Reads the plan.
    ///
    /// # Errors
    /// When the file is not a plan, or it or a properties file cannot be read, or it is cancelled.
    pub fn read(given: Given<'_>) -> Result<Self, EngineError> {
        let bytes =
            std::fs::read(given.main).map_err(|error| EngineError::file(format!("reading {}", given.name), error))?;
        let plan = jac_jmx::Plan::parse_until(&bytes, given.cancel);
        let plan = plan.map_err(|error| super::not_a_plan(given.name, &error))?;
        drop(bytes);
        let mut given_properties = Properties::new();
        for file in given.properties_files {
            let text =
                std::fs::read(file).map_err(|error| EngineError::file(format!("reading {}", file.display()), error))?;
            given_properties.extend(properties::checked_from_file(&text).map_err(|error| {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                EngineError::invalid("properties_file_invalid", format!("JMeter cannot read {name}: {error}."))
            })?);
        }
        given_properties.extend(given.properties.clone());
        let unreadable = |error| EngineError::JMeter(jac_model::sentence(&error));
        let properties = given.home.map(|home| home.properties(given.find)).transpose();
        let mut properties = properties.map_err(unreadable)?.unwrap_or_default();
        properties.extend(given_properties.clone());
        let system_properties = given.home.map(|home| home.system_properties(given.find)).transpose();
        let mut system_properties = system_properties.map_err(unreadable)?.unwrap_or_default();
        system_properties.extend(given.system_properties.clone());
        // JMeter removes a property that is given without a value, wherever it was defined.
        properties.retain(|name, _| given.properties.get(name).is_none_or(|value| !value.is_empty()));
        system_properties.retain(|name, _| given.system_properties.get(name).is_none_or(|value| !value.is_empty()));
        let folder = given.name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let mut source = Self {
            plan,
            folder,
            included: BTreeMap::new(),
            scripts: Vec::new(),
            properties,
            system_properties,
            given_properties,
        };
        source.read_included(given.find, given.cancel)?;
        source.read_scripts(given.find, given.cancel)?;
        if given.cancel.is_cancelled() { Err(super::check::cancelled()) } else { Ok(source) }
    }

    /// The plan as it runs.
    pub fn assembly(&self) -> Assembly<'_> {
        self.assembly_until(Cancel::NEVER)
    }

    /// The same, which is incomplete if it is cancelled.
    pub fn assembly_until<'a>(&'a self, cancel: Cancel<'a>) -> Assembly<'a> {
        self.assembly_with(&self.properties, cancel)
    }

    /// The files that the plan names on any worker, those of the first worker first: a name may contain the worker's number.
    pub fn data_files_of(&self, workers: Workers<'_>, cancel: Cancel<'_>) -> Vec<DataFileUse> {
        let mut properties = self.properties.clone();
        properties.extend(workers.properties_of(0));
        let first = self.assembly_with(&properties, cancel);
        let mut files = first.data_files();
        if !workers.may_differ_in(&first) {
            return files;
        }
        drop(first);
        let mut known: HashSet<DataFileUse> = files.iter().cloned().collect();
        for worker in (1..workers.count).take_while(|_| !cancel.is_cancelled()) {
            properties.extend(workers.properties_of(worker));
            let own = self.assembly_with(&properties, cancel).data_files();
            files.extend(own.into_iter().filter(|used| known.insert(used.clone())));
        }
        files
    }

    fn assembly_with<'a>(&'a self, properties: &'a Properties, cancel: Cancel<'a>) -> Assembly<'a> {
        Assembly::new(Sources {
            plan: &self.plan,
            included: &self.included,
            properties,
            system_properties: &self.system_properties,
            scripts: &self.scripts,
            folder: &self.folder,
            functions: None,
            cancel,
        })
    }

    /// Follows Include Controllers at every level; their paths all start from the plan's own folder.
    fn read_included(&mut self, find: &dyn Fn(&str) -> Option<PathBuf>, cancel: Cancel<'_>) -> Result<(), EngineError> {
        let mut pending = self.plan.include_paths(&self.properties, &self.folder);
        while let Some(path) = pending.pop().filter(|_| !cancel.is_cancelled()) {
            if self.included.contains_key(&path) {
                continue;
            }
            let Some(bytes) = read_found(&path, find)? else { continue };
            let parsed = jac_jmx::Plan::parse_fragment_until(&bytes, cancel);
            if let Ok(included) = &parsed {
                pending.extend(included.include_paths(&self.properties, &self.folder));
            }
            self.included.insert(path, parsed);
        }
        Ok(())
    }

    fn read_scripts(&mut self, find: &dyn Fn(&str) -> Option<PathBuf>, cancel: Cancel<'_>) -> Result<(), EngineError> {
        let mut paths: Vec<String> = Vec::new();
        for used in self.assembly_until(cancel).data_files() {
            if let (DataFileKind::Script, Some(PlanPath::Beside(path))) = (used.kind, used.path) {
                paths.push(path);
            }
        }
        paths.sort();
        paths.dedup();
        // A large file is data; one that cannot be examined is read, which reports why.
        let is_large = |place: &PathBuf| std::fs::metadata(place).is_ok_and(|file| file.len() > LARGEST_SCRIPT);
        let find_small = |path: &str| find(path).filter(|place| !is_large(place));
        for path in paths.iter().take_while(|_| !cancel.is_cancelled()) {
            let text = read_found(path, &find_small)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            self.scripts.extend(text);
        }
        Ok(())
    }
}

/// A file of the plan; `None`: it does not exist.
fn read_found(path: &str, find: &dyn Fn(&str) -> Option<PathBuf>) -> Result<Option<Vec<u8>>, EngineError> {
    let Some(place) = find(path) else { return Ok(None) };
    match std::fs::read(place) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EngineError::file(format!("reading {path}"), error)),
    }
}
