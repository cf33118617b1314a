//! The files that a run takes along, by their path relative to the plan.

use crate::exit::with_hint;
use anyhow::{Context, bail};
use jac_jmx::{PlanPath, Properties, Scope};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the command line says of a plan's files.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub plan: &'a Path,
    pub data: &'a [PathBuf],
    pub split: &'a [PathBuf],
    pub plugins: &'a [PathBuf],
    pub properties_files: &'a [PathBuf],
    pub properties: &'a Properties,
}

/// A plan with all that goes with it.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The `.jmx`'s own name.
    pub main: String,
    /// Everything but the `.jmx`, by its path relative to the plan.
    pub files: BTreeMap<String, PathBuf>,
    /// Those whose rows are dealt out.
    pub split: Vec<String>,
    /// Those that JMeter reads with `-q`, in their order.
    pub properties_files: Vec<String>,
}

impl Bundle {
    /// Gathers the files: those that are given, and those that the plan names and that lie beside it.
    ///
    /// # Errors
    /// When the plan or a given file is not there, or two files would lie in the same place.
    pub fn gather(given: Given<'_>) -> anyhow::Result<Self> {
        let plan = given.plan;
        let bytes = std::fs::read(plan).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => with_hint(
                format!("there is no file {}", plan.display()),
                Some("Name a JMeter plan, a .jmx file.".to_owned()),
            ),
            _ => with_hint(format!("{} cannot be read: {error}", plan.display()), None),
        })?;
        let parsed = jac_jmx::Plan::parse(&bytes).map_err(|error| {
            with_hint(format!("{} cannot be used: {error}", plan.display()), Some(error.hint().to_owned()))
        })?;
        let folder = plan
            .canonicalize()
            .context("the plan's folder is not known")?
            .parent()
            .unwrap_or(Path::new("/"))
            .to_owned();
        let main = plan.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut bundle = Self { main, files: BTreeMap::new(), split: Vec::new(), properties_files: Vec::new() };
        for file in given.data.iter().chain(given.plugins) {
            bundle.add(&folder, file)?;
        }
        for file in given.split {
            let name = bundle.add(&folder, file)?;
            bundle.split.push(name);
        }
        for file in given.properties_files {
            let name = bundle.add(&folder, file)?;
            bundle.properties_files.push(name);
        }
        bundle.add_named(&folder, &parsed, given.properties);
        Ok(bundle)
    }

    /// Adds a given file under its path relative to the plan; one that lies elsewhere under its own name.
    fn add(&mut self, folder: &Path, file: &Path) -> anyhow::Result<String> {
        let place = file.canonicalize().map_err(|_| with_hint(format!("there is no file {}", file.display()), None))?;
        if !place.is_file() {
            bail!("{} is not a file", file.display());
        }
        let name = match place.strip_prefix(folder) {
            Ok(inside) => inside.to_string_lossy().into_owned(),
            Err(_) => place.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        match self.files.insert(name.clone(), place.clone()) {
            Some(other) if other != place => {
                bail!("{} and {} would both be {name} beside the plan", other.display(), place.display())
            }
            _ => Ok(name),
        }
    }

    /// Adds what the plan names, and what the plans that it includes name, as far as it lies beside the plan.
    fn add_named(&mut self, folder: &Path, plan: &jac_jmx::Plan, properties: &Properties) {
        let mut plans = vec![plan.clone()];
        while let Some(plan) = plans.pop() {
            for used in plan.data_files(&Scope::new([&plan], properties)) {
                let Some(PlanPath::Beside(name)) = used.path else { continue };
                let place = folder.join(&name);
                if name != self.main && place.is_file() && !self.files.contains_key(&name) {
                    if name.ends_with(".jmx")
                        && let Some(included) =
                            std::fs::read(&place).ok().and_then(|bytes| jac_jmx::Plan::parse(&bytes).ok())
                    {
                        plans.push(included);
                    }
                    self.files.insert(name, place);
                }
            }
        }
    }
}

/// `name=value` of `-J`.
pub fn properties(given: &[String]) -> anyhow::Result<Properties> {
    given
        .iter()
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
            // As JMeter itself takes it.
            None if !pair.trim().is_empty() => Ok((pair.trim().to_owned(), "true".to_owned())),
            _ => Err(with_hint(format!("-J{pair} is not a property"), Some("Write -Jname=value.".to_owned()))),
        })
        .collect()
}

/// `--workers` within what a cluster may have.
pub fn workers(given: i64) -> anyhow::Result<u32> {
    let most = jac_model::ClusterConfig::MAX_WORKERS;
    u32::try_from(given).ok().filter(|workers| *workers <= most).ok_or_else(|| {
        with_hint(
            format!("--workers {given} cannot be made"),
            Some(format!("Give 0 (the master runs the plan alone) to {most}.")),
        )
    })
}

/// `512m`, `2g` or a bare number of MiB.
pub fn heap_mb(given: &str) -> anyhow::Result<u32> {
    let lower = given.trim().to_ascii_lowercase();
    let (digits, factor) = match lower.strip_suffix('g') {
        Some(digits) => (digits, 1024),
        None => (lower.strip_suffix('m').unwrap_or(&lower), 1),
    };
    let size = digits
        .parse::<u32>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .filter(|size| (64..=1_048_576).contains(size));
    size.ok_or_else(|| {
        with_hint(format!("--heap {given} is not a size"), Some("Write it like 512m or 2g, at least 64m.".to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_are_read_and_absurd_ones_refused() {
        assert_eq!(heap_mb("512m").ok(), Some(512));
        assert_eq!(heap_mb("2G").ok(), Some(2048));
        for size in ["", "x", "1m", "-5m", "9999999g"] {
            assert!(heap_mb(size).is_err(), "{size}");
        }
        assert_eq!(workers(0).ok(), Some(0));
        assert!(workers(-1).is_err() && workers(10_000).is_err());
    }

    #[test]
    fn a_property_has_a_name() {
        let given = ["threads=5".to_owned(), "url=a=b".to_owned(), "flag".to_owned()];
        let read = properties(&given).expect("they are properties");
        assert_eq!((read["threads"].as_str(), read["url"].as_str(), read["flag"].as_str()), ("5", "a=b", "true"));
        assert!(properties(&["=5".to_owned()]).is_err());
    }
}
