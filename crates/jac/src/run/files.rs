//! The files that a run needs, by their path relative to the root that they stay in.

use super::from_engine;
use crate::exit::with_hint;
use anyhow::{Context, bail};
use jac_engine::plans::check::{PlanCheck, relative_to_main};
use jac_engine::plans::source::{self, PlanSource, Workers};
use jac_engine::tools::RequestedJMeter;
use jac_jmeter::JMeterHome;
use jac_jmx::{DataFileKind, PlanPath, Properties};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A plan's files as given on the command line.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub plan: &'a Path,
    /// The folder that the plan's files stay in; `None`: the plan's own, or a parent folder if the plan names a given
    /// file from there.
    pub root: Option<&'a Path>,
    pub data: &'a [PathBuf],
    pub split: &'a [PathBuf],
    pub plugins: &'a [PathBuf],
    pub properties_files: &'a [PathBuf],
    pub properties: &'a Properties,
    pub system_properties: &'a Properties,
    /// The maximum number of workers: a file's name may contain a worker's number.
    pub workers: Workers<'a>,
    /// The JMeter that the nodes will have, if it is installed.
    pub home: Option<&'a JMeterHome>,
}

/// A plan with all its files.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The `.jmx`, relative to the root.
    pub main: String,
    /// Everything but the `.jmx`, by its path relative to the root.
    pub files: BTreeMap<String, PathBuf>,
    /// Files whose rows are split, relative to the plan's folder.
    pub split: Vec<String>,
    /// Files that JMeter reads with `-q`, in their order, relative to the root.
    pub properties_files: Vec<String>,
}

/// Maximum number of files included from a folder on the test plan's class path.
const MAX_OF_FOLDER: usize = 1_000;

impl Bundle {
    /// Collects the files: the given ones, and those that the plan names and that are within its root.
    ///
    /// # Errors
    /// When the plan or a given file does not exist, two files would have the same path, or the plan is not in the
    /// root.
    pub fn gather(given: Given<'_>) -> anyhow::Result<Self> {
        let plan = given.plan;
        if !plan.is_file() {
            return Err(with_hint(
                format!("no file {}", plan.display()),
                Some("Give a JMeter plan (.jmx).".to_owned()),
            ));
        }
        let place = plan.canonicalize().context("the plan's folder is unknown")?;
        let folder = place.parent().unwrap_or(Path::new("/")).to_owned();
        let root = match given.root {
            Some(root) => named_root(root, &folder)?,
            None => found_root(given, &folder)?,
        };
        let inside = folder.strip_prefix(&root).unwrap_or(Path::new(""));
        let inside: Vec<_> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let name = plan.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut gathering = Gathering {
            inside: inside.join("/"),
            bundle: Self {
                main: join(&inside.join("/"), &name),
                files: BTreeMap::new(),
                split: Vec::new(),
                properties_files: Vec::new(),
            },
            folder,
            root,
        };
        for file in given.data.iter().chain(given.plugins) {
            gathering.add(file)?;
        }
        for file in given.split {
            let name = gathering.add(file)?;
            gathering.bundle.split.push(relative_to_main(&gathering.bundle.main, &name));
        }
        for file in given.properties_files {
            let name = gathering.add(file)?;
            gathering.bundle.properties_files.push(name);
        }
        gathering.add_named(given)?;
        Ok(gathering.bundle)
    }

    /// The check of the plan with these files.
    pub fn check(
        &self,
        plan: &Path,
        workers: u32,
        properties: &Properties,
        system_properties: &Properties,
        jmeter: RequestedJMeter,
    ) -> PlanCheck {
        let files = self.files.iter().map(|(name, place)| (relative_to_main(&self.main, name), place.clone()));
        PlanCheck {
            name: self.main.clone(),
            main: plan.to_owned(),
            files: files.collect(),
            workers,
            splits: self.split.clone(),
            properties: properties.clone(),
            system_properties: system_properties.clone(),
            properties_files: self.properties_files.iter().filter_map(|name| self.files.get(name)).cloned().collect(),
            jmeter,
            ..PlanCheck::default()
        }
    }
}

/// Reads `--share NAME=TOTAL`.
///
/// # Errors
/// When one has no name, or its total is not a whole number.
pub fn shares(given: &[String]) -> anyhow::Result<BTreeMap<String, u64>> {
    let read = |pair: &String| {
        let (name, total) = pair.split_once('=').unwrap_or((pair, ""));
        let total = total.trim().parse().ok().filter(|_| !name.trim().is_empty());
        let hint = "Give the total of all workers as a whole number, e.g. --share threads=1000.";
        total
            .map(|total| (name.trim().to_owned(), total))
            .ok_or_else(|| with_hint(format!("invalid --share {pair}: expected NAME=TOTAL"), Some(hint.to_owned())))
    };
    given.iter().map(read).collect()
}

/// The root that was named.
fn named_root(root: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let place = root.canonicalize().ok().filter(|place| place.is_dir());
    let place = place.ok_or_else(|| with_hint(format!("no folder {}", root.display()), None))?;
    if !folder.starts_with(&place) {
        return Err(with_hint(
            format!("the plan is not inside {}", root.display()),
            Some("Give the plan's folder or a parent of it with --root.".to_owned()),
        ));
    }
    Ok(place)
}

/// The lowest folder that contains the plan and every given file that the plan names with `..`.
fn found_root(given: Given<'_>, folder: &Path) -> anyhow::Result<PathBuf> {
    let mut root = folder.to_owned();
    let files = [given.data, given.split, given.plugins, given.properties_files].concat();
    let places: BTreeSet<PathBuf> = files.iter().filter_map(|file| file.canonicalize().ok()).collect();
    if places.iter().all(|place| place.starts_with(folder)) {
        return Ok(root);
    }
    let name = given.plan.file_name().unwrap_or_default().to_string_lossy();
    let source = read(given, &name, &|path| Some(folder.join(path)).filter(|place| place.is_file()))?;
    for used in source.data_files_of(given.workers, jac_jmx::Cancel::NEVER) {
        if let Some(PlanPath::Outside(path)) = used.path
            && let Ok(place) = folder.join(path).canonicalize()
            && places.contains(&place)
        {
            while !place.starts_with(&root) {
                root.pop();
            }
        }
    }
    Ok(root)
}

fn read(given: Given<'_>, name: &str, find: &dyn Fn(&str) -> Option<PathBuf>) -> anyhow::Result<PlanSource> {
    PlanSource::read(source::Given {
        name,
        main: given.plan,
        find,
        properties_files: given.properties_files,
        properties: given.properties,
        system_properties: given.system_properties,
        home: given.home,
        cancel: jac_jmx::Cancel::NEVER,
    })
    .map_err(from_engine)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A bundle that is being collected.
struct Gathering {
    bundle: Bundle,
    /// The plan's folder, and the root's, without links.
    folder: PathBuf,
    root: PathBuf,
    /// The plan's folder relative to the root.
    inside: String,
}

impl Gathering {
    /// Adds a given file with its path relative to the root; a file outside of the root is put next to the plan, with
    /// its own name.
    fn add(&mut self, file: &Path) -> anyhow::Result<String> {
        let place = file.canonicalize().map_err(|_| with_hint(format!("no file {}", file.display()), None))?;
        if !place.is_file() {
            bail!("{} is not a file", file.display());
        }
        // A link keeps the name that the plan uses.
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let as_named = parent.canonicalize().ok().zip(file.file_name()).map(|(parent, name)| parent.join(name));
        let in_root = [as_named.as_deref(), Some(&place)];
        let name = match in_root.into_iter().flatten().find_map(|place| place.strip_prefix(&self.root).ok()) {
            Some(inside) => inside.to_string_lossy().into_owned(),
            None => join(&self.inside, &place.file_name().unwrap_or_default().to_string_lossy()),
        };
        match self.bundle.files.insert(name.clone(), place.clone()) {
            Some(other) if other != place => {
                bail!("{} and {} would both be {name} beside the plan", other.display(), place.display())
            }
            _ => Ok(name),
        }
    }

    /// Adds the files that the plan names, and those named by the files that it includes, as far as they are within the
    /// root. A link that leads out of the root is not followed.
    fn add_named(&mut self, given: Given<'_>) -> anyhow::Result<()> {
        let (folder, root, main) = (self.folder.clone(), self.root.clone(), self.bundle.main.clone());
        let known: BTreeMap<String, PathBuf> =
            self.bundle.files.iter().map(|(name, place)| (relative_to_main(&main, name), place.clone())).collect();
        let on_disk = |path: &str| folder.join(path).canonicalize().ok().filter(|place| place.starts_with(&root));
        let find = |path: &str| known.get(path).cloned().or_else(|| on_disk(path).filter(|place| place.is_file()));
        let source = read(given, &main, &find)?;
        for used in source.data_files_of(given.workers, jac_jmx::Cancel::NEVER) {
            let Some(PlanPath::Beside(path)) = used.path else { continue };
            if let Some(place) = find(&path) {
                self.insert(&path, place);
            } else if let (DataFileKind::ClassPath, Some(place)) = (used.kind, on_disk(&path)) {
                for file in files_below(&place) {
                    if let Ok(name) = file.strip_prefix(&place) {
                        self.insert(&join(&path, &name.to_string_lossy()), file.clone());
                    }
                }
            }
        }
        // JMeter reads them from its working folder, the plan's, before its own.
        for name in given.home.map(JMeterHome::files_beside).unwrap_or_default() {
            if let Some(place) = find(&name) {
                self.insert(&name, place);
            }
        }
        Ok(())
    }

    /// Adds a file by its path relative to the plan's folder.
    fn insert(&mut self, path: &str, place: PathBuf) {
        let up = path.split('/').take_while(|part| *part == "..").count();
        let inside: Vec<&str> = self.inside.split('/').filter(|part| !part.is_empty()).collect();
        let kept = inside.len().saturating_sub(up);
        let name = join(&inside[..kept].join("/"), path.trim_start_matches("../"));
        if name != self.bundle.main {
            self.bundle.files.entry(name).or_insert(place);
        }
    }
}

/// The files of a folder and of those below it.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() && files.len() < MAX_OF_FOLDER => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files
}

/// `name=value` of `-J` or `-D`.
pub fn properties(option: char, given: &[String]) -> anyhow::Result<Properties> {
    given
        .iter()
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
            // As JMeter itself reads it.
            None if !pair.trim().is_empty() => Ok((pair.trim().to_owned(), "true".to_owned())),
            _ => Err(with_hint(
                format!("invalid property -{option}{pair}: expected NAME=VALUE"),
                Some(format!("Write -{option}name=value.")),
            )),
        })
        .collect()
}

/// `--workers`, limited to the maximum of a cluster.
pub fn workers(given: i64) -> anyhow::Result<u32> {
    let most = jac_model::ClusterConfig::MAX_WORKERS;
    u32::try_from(given).ok().filter(|workers| *workers <= most).ok_or_else(|| {
        with_hint(
            format!("invalid --workers {given}"),
            Some(format!("Expected 0 (the master runs the plan) to {most}.")),
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
        with_hint(format!("invalid --heap {given}"), Some("Expected e.g. 512m or 2g, at least 64m.".to_owned()))
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
        let read = properties('J', &given).expect("they are properties");
        assert_eq!((read["threads"].as_str(), read["url"].as_str(), read["flag"].as_str()), ("5", "a=b", "true"));
        assert!(properties('D', &["=5".to_owned()]).is_err());
    }
}
