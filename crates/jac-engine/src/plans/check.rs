//! Checks a plan's files: the same check before every start, on the plan's page and in `jac check`.

use super::unread;
use crate::EngineError;
use crate::tools::{Toolbox, WantedJMeter};
use jac_jmeter::classes::ClassIndex;
use jac_jmx::{Check, CheckInput, ClassLookup, ClassNames, FileFacts, Finding, Properties, RowCounter, Severity};
use jac_model::PlanFileKind;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What is checked. It touches the disk and may take a while for large files: call it where that is allowed.
#[derive(Debug, Clone, Default)]
pub struct PlanCheck {
    /// The `.jmx` as it is named.
    pub name: String,
    /// Where it lies.
    pub main: PathBuf,
    /// The files that a run would have, by their path relative to the plan's folder, and where they lie now.
    pub files: BTreeMap<String, PathBuf>,
    pub workers: u32,
    pub splits: Vec<String>,
    /// As given with `-J`.
    pub properties: Properties,
    /// Files given with `-q`, the first read first.
    pub properties_files: Vec<PathBuf>,
    /// The JMeter that the nodes will have.
    pub jmeter: WantedJMeter,
}

impl PlanCheck {
    /// Reads and checks the plan.
    ///
    /// # Errors
    /// When the file is no plan, or cannot be read. What is wrong *with* a plan is in the check's findings.
    pub fn run(&self, toolbox: &Toolbox) -> Result<Check, EngineError> {
        let bytes =
            std::fs::read(&self.main).map_err(|error| EngineError::file(format!("reading {}", self.name), error))?;
        let plan = jac_jmx::Plan::parse(&bytes).map_err(|error| EngineError::Invalid {
            code: "not_a_plan",
            message: format!("{} cannot be used: {error}", self.name),
            hint: Some("Save the plan in JMeter as a .jmx file and give that.".to_owned()),
            details: Vec::new(),
        })?;
        let mut properties = Properties::new();
        for file in &self.properties_files {
            let text =
                std::fs::read(file).map_err(|error| EngineError::file(format!("reading {}", file.display()), error))?;
            properties.extend(jac_jmeter::properties::from_file(&text));
        }
        properties.extend(self.properties.clone());

        let mut included = BTreeMap::new();
        for path in plan.included_paths(&properties) {
            if let Some(Ok(parsed)) = self
                .files
                .get(&path)
                .and_then(|place| std::fs::read(place).ok())
                .map(|bytes| jac_jmx::Plan::parse(&bytes))
            {
                included.insert(path, parsed);
            }
        }
        let mut files = BTreeMap::new();
        for (path, place) in &self.files {
            let size =
                std::fs::metadata(place).map_err(|error| EngineError::file(format!("reading {path}"), error))?.len();
            let rows =
                if self.splits.contains(path) { Some(count_rows(&plan, path, place, &properties)?) } else { None };
            files.insert(path.clone(), FileFacts { bytes: size, rows });
        }

        let home = toolbox.home(&self.jmeter)?;
        let known = home.as_ref().map(|home| -> Result<_, EngineError> {
            let names =
                home.save_service_properties().map_err(|error| EngineError::JMeter(crate::tools::sentence(&error)))?;
            Ok((ClassNames::parse(&names), toolbox.classes(home)?))
        });
        let known = known.transpose()?;
        let mut plugins = ClassIndex::default();
        plugins.add_jars(
            self.files
                .iter()
                .filter(|(path, _)| PlanFileKind::of(path) == PlanFileKind::Plugin)
                .map(|(_, place)| place.clone()),
        );
        let has_class = |class: &str| known.as_ref().is_some_and(|(_, index)| index.has(class)) || plugins.has(class);
        let classes = known.as_ref().map(|(names, _)| ClassLookup { names, has_class: &has_class });

        let mut check = jac_jmx::check(
            &plan,
            &CheckInput {
                plan: &self.name,
                workers: self.workers,
                files,
                splits: self.splits.clone(),
                properties: properties.clone(),
                included,
                classes,
            },
        );
        refuse_reserved(&properties, &mut check);
        if let Some(home) = &home {
            check.findings.extend(unread::findings(self, home, &check.properties));
        }
        Ok(check)
    }
}

/// The folder that a plan's relative names start from: where its `.jmx` lies.
pub fn relative_to_main<'a>(main_file: &str, path: &'a str) -> Option<&'a str> {
    match main_file.rsplit_once('/') {
        Some((folder, _)) => path.strip_prefix(folder)?.strip_prefix('/'),
        None => Some(path),
    }
}

fn count_rows(plan: &jac_jmx::Plan, path: &str, place: &Path, properties: &Properties) -> Result<u64, EngineError> {
    let failed = |error| EngineError::file(format!("reading {path}"), error);
    let mut counter = RowCounter::new(plan.csv_shape(path, properties).unwrap_or_default());
    let mut file = std::fs::File::open(place).map_err(failed)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(counter.rows()),
            length => counter.push(&buffer[..length]),
        }
    }
}

/// Properties that JAC alone sets are refused before the start, not silently overwritten after it.
fn refuse_reserved(properties: &Properties, check: &mut Check) {
    let reserved = properties.keys().filter(|name| jac_jmeter::properties::is_reserved(name));
    let findings: Vec<Finding> = reserved
        .map(|name| Finding {
            severity: Severity::Error,
            code: "property_reserved".to_owned(),
            element: None,
            message: format!(
                "The property '{name}' is set by JAC, because the samples' way from the workers depends on it."
            ),
            hint: Some("Leave it out.".to_owned()),
        })
        .collect();
    check.ok &= findings.is_empty();
    check.findings.splice(0..0, findings);
}
