//! Checks a plan's files: the same check before every start, on the plan's page and in `jac check`. The server's checks
//! take turns, and end when nothing waits for them any more.

use super::source::{Given, PlanSource, Workers, csv_shapes};
use super::{PlanAt, own, unread};
use crate::blocking::resumed;
use crate::runs::keep::set_of;
use crate::tools::{RequestedJMeter, Toolbox};
use crate::{Engine, EngineError};
use jac_jmeter::classes::ClassIndex;
use jac_jmeter::properties::SEARCH_PATHS;
use jac_jmx::{
    Cancel, Check, CheckInput, ClassLookup, ClassNames, CsvShape, FileFacts, Finding, ListenersAt, LoadShape,
    Properties, RowCounter, Severity,
};
use jac_model::{Plan, PlanFileKind, ResultsMode, shares_of};
use jac_store::audit::AuditedChange;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

/// The input of a check. It reads files and may take a while for large ones: do not run it on an async thread.
#[derive(Debug, Clone, Default)]
pub struct PlanCheck {
    /// The `.jmx`, relative to the root that the plan's files stay in.
    pub name: String,
    /// Its current path.
    pub main: PathBuf,
    /// The files that a run would have, by their path relative to the plan's folder, with their current location.
    pub files: BTreeMap<String, PathBuf>,
    pub workers: u32,
    pub splits: Vec<String>,
    /// As given with `-J`.
    pub properties: Properties,
    /// As given with `-D`.
    pub system_properties: Properties,
    /// Files given with `-q`, in the order in which they are read.
    pub properties_files: Vec<PathBuf>,
    /// The JMeter that the nodes will have.
    pub jmeter: RequestedJMeter,
    /// How the workers' samples are collected.
    pub results: ResultsMode,
    /// The workers are processes of one machine.
    pub one_disk: bool,
    /// JMeter properties whose totals are divided among the workers.
    pub share: BTreeMap<String, u64>,
    /// Patterns of the files to collect after the run.
    pub keep: Vec<String>,
}

impl PlanCheck {
    /// Reads and checks the plan.
    ///
    /// # Errors
    /// When the file is not a plan, or cannot be read. The faults *of* a plan are in the check's findings.
    pub fn run(&self, toolbox: &Toolbox) -> Result<Check, EngineError> {
        self.run_until(toolbox, &|| false)
    }

    /// The same, cancelled as soon as `is_cancelled` returns true.
    ///
    /// # Errors
    /// Also `cancelled`.
    pub fn run_until(&self, toolbox: &Toolbox, is_cancelled: &dyn Fn() -> bool) -> Result<Check, EngineError> {
        let cancel = Cancel::when(is_cancelled);
        let proceed = || if is_cancelled() { Err(cancelled()) } else { Ok(()) };
        let home = toolbox.home(&self.jmeter)?;
        let source = PlanSource::read(Given {
            name: &self.name,
            main: &self.main,
            find: &|path| self.files.get(path).cloned(),
            properties_files: &self.properties_files,
            properties: &self.properties,
            system_properties: &self.system_properties,
            home: home.as_ref(),
            cancel,
        })?;
        let mut files = BTreeMap::new();
        let shapes = csv_shapes(&source.data_files_of(self.workers(), cancel));
        proceed()?;
        for (path, place) in &self.files {
            proceed()?;
            let size =
                std::fs::metadata(place).map_err(|error| EngineError::file(format!("reading {path}"), error))?.len();
            let rows = match shapes.get(path) {
                shape if self.splits.contains(path) => {
                    Some(count_rows(shape.copied().unwrap_or_default(), u64::MAX, path, place, &proceed)?)
                }
                // One row is enough to know that it is not empty.
                Some(shape) => Some(count_rows(*shape, 1, path, place, &proceed)?).filter(|rows| *rows == 0),
                None => None,
            };
            files.insert(path.clone(), FileFacts { bytes: size, rows });
        }

        let known = home.as_ref().map(|home| -> Result<_, EngineError> {
            let names =
                home.save_service_properties().map_err(|error| EngineError::JMeter(jac_model::sentence(&error)))?;
            let names = ClassNames::parse(&names).with_upgrades(&home.upgrade_properties());
            Ok((names, toolbox.classes(home)?))
        });
        let known = known.transpose()?;
        let mut plugins = ClassIndex::default();
        plugins.add_jars(self.plugins().map(|(_, place)| place.clone()).take_while(|_| !is_cancelled()));
        // This machine's files: another machine may have different ones, or none.
        for name in [SEARCH_PATHS, "plugin_dependency_paths"] {
            plugins.add_search_path(source.properties.get(name).map(String::as_str).unwrap_or_default());
        }
        proceed()?;
        let has_class = |class: &str| known.as_ref().is_some_and(|(_, index)| index.has(class)) || plugins.has(class);
        let classes = known.as_ref().map(|(names, _)| ClassLookup { names, has_class: &has_class });
        let functions = known.as_ref().map(|(_, index)| index.functions() | plugins.functions());

        let kept = set_of(&self.keep);
        let is_kept = |path: &str| kept.is_match(path);
        let differs = self.workers().may_differ_in(&source.assembly_until(cancel));
        let PlanSource { plan, folder, included, scripts, properties, system_properties, given_properties } = source;
        let mut input = CheckInput {
            plan: &self.name,
            folder: &folder,
            workers: self.workers,
            listeners_at: match self.results {
                ResultsMode::Rmi => ListenersAt::Master,
                ResultsMode::Direct if self.one_disk => ListenersAt::WorkersOfOneDisk,
                ResultsMode::Direct => ListenersAt::Workers,
            },
            files,
            splits: self.splits.clone(),
            properties,
            system_properties,
            included,
            scripts,
            functions: functions.as_ref(),
            classes,
            is_kept: if self.keep.is_empty() { None } else { Some(&is_kept) },
        };
        // The first worker has the largest part of each total.
        input.properties.extend(self.workers().properties_of(0));
        let mut check = jac_jmx::check_until(&plan, &input, cancel).ok_or_else(cancelled)?;
        if !self.share.is_empty() {
            (check.total_threads, check.shape) = self.total_load(&plan, &mut input, &check, cancel)?;
            // It is the first worker's part times the number of workers; totals have been divided before.
            check.findings.retain(|finding| finding.code != "threads_multiply");
        }
        if differs {
            self.files_of_other_workers(&plan, &mut input, &mut check, cancel)?;
        }
        let mut own = own::properties(&given_properties, &self.system_properties);
        own.extend(own::properties(&shares_of(&self.share, 1, 0), &Properties::new()));
        own.extend(own::plugins(self.plugins().map(|(path, _)| path)));
        check.ok &= own.iter().all(|finding| finding.severity != Severity::Error);
        check.findings.extend(own);
        if let Some(home) = &home {
            check.findings.extend(unread::findings(self, home, &check.properties));
        }
        check.findings.sort_by_key(|finding| finding.severity);
        Ok(check)
    }

    fn workers(&self) -> Workers<'_> {
        Workers { count: self.workers, share: &self.share }
    }

    /// Adds the findings on files of the workers after the first, whose names may contain the worker's number.
    fn files_of_other_workers(
        &self,
        plan: &jac_jmx::Plan,
        input: &mut CheckInput<'_>,
        check: &mut Check,
        cancel: Cancel<'_>,
    ) -> Result<(), EngineError> {
        let mut on_all: HashSet<String> = check.data_files.iter().map(|file| file.path.clone()).collect();
        let mut listed = on_all.clone();
        let of_first: Vec<Finding> = check.findings.clone();
        // By code and element: the first worker's finding, and how many more workers have it.
        let mut more: BTreeMap<(String, Option<String>), (Finding, u32)> = BTreeMap::new();
        for worker in 1..self.workers {
            input.properties.extend(self.workers().properties_of(worker));
            let (files, findings) = jac_jmx::check_files_until(plan, input, cancel).ok_or_else(cancelled)?;
            let own: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
            on_all.retain(|path| own.contains(path.as_str()));
            let new = |finding: &Finding| finding.severity != Severity::Info && !of_first.contains(finding);
            for mut finding in findings.into_iter().filter(new) {
                let key = (finding.code.clone(), finding.element.clone());
                if let Some((_, others)) = more.get_mut(&key) {
                    *others += 1;
                    continue;
                }
                finding.message = format!("Worker {}: {}", worker + 1, finding.message);
                finding.params.insert("worker".to_owned(), (worker + 1).to_string());
                more.insert(key, (finding, 0));
            }
            check.data_files.extend(files.into_iter().filter(|file| listed.insert(file.path.clone())));
        }
        check.findings.retain(|finding| {
            finding.code != "file_copied" || finding.params.get("path").is_some_and(|path| on_all.contains(path))
        });
        check.findings.extend(more.into_values().map(|(mut finding, others)| {
            if others > 0 {
                finding.message.push_str(&format!(" The same applies to {others} more workers."));
            }
            finding
        }));
        check.ok &= check.findings.iter().all(|finding| finding.severity != Severity::Error);
        Ok(())
    }

    /// The threads of all workers, whose parts of the totals differ, with their shape; `None`: unknown.
    fn total_load(
        &self,
        plan: &jac_jmx::Plan,
        input: &mut CheckInput<'_>,
        first: &Check,
        cancel: Cancel<'_>,
    ) -> Result<(Option<u64>, LoadShape), EngineError> {
        let workers = self.workers.max(1);
        // Worker by worker the parts become smaller by one, each total's at a place of its own: between these places all are alike.
        let places: BTreeSet<u64> = self.share.values().map(|total| total % u64::from(workers)).collect();
        let begins: Vec<u32> = std::iter::once(0)
            .chain(places.iter().filter_map(|place| u32::try_from(*place).ok()).filter(|place| *place > 0))
            .collect();
        let (mut total, mut shape) = (Some(0_u64), None::<LoadShape>);
        for (number, begin) in begins.iter().enumerate() {
            let end = begins.get(number + 1).copied().unwrap_or(workers);
            let alike = end - begin;
            let (threads, part) = if *begin == 0 {
                (first.threads_per_node, first.shape.part(alike, workers))
            } else {
                input.properties.extend(self.workers().properties_of(*begin));
                let check = jac_jmx::check_until(plan, input, cancel).ok_or_else(cancelled)?;
                (check.threads_per_node, check.shape.part(alike, workers))
            };
            total =
                total.zip(threads).map(|(total, threads)| total.saturating_add(threads.saturating_mul(alike.into())));
            shape = Some(match shape {
                Some(shape) => shape.plus(&part),
                None => part,
            });
        }
        Ok((total, shape.unwrap_or_default()))
    }

    fn plugins(&self) -> impl Iterator<Item = (&String, &PathBuf)> {
        self.files.iter().filter(|(path, _)| PlanFileKind::of(path) == PlanFileKind::Plugin)
    }
}

pub(crate) fn cancelled() -> EngineError {
    EngineError::invalid("cancelled", "The check was cancelled.")
}

/// A path of the root, relative to the folder of the plan's `.jmx`, which relative names start from.
pub fn relative_to_main(main_file: &str, path: &str) -> String {
    let folder = main_file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let up = folder.split('/').filter(|part| !part.is_empty()).map(|_| "../").collect::<String>();
    jac_jmx::PlanPath::within(folder, &format!("{up}{path}")).as_str().to_owned()
}

/// The number of data rows of a file, counted up to a limit.
fn count_rows(
    shape: CsvShape,
    enough: u64,
    path: &str,
    place: &Path,
    proceed: &dyn Fn() -> Result<(), EngineError>,
) -> Result<u64, EngineError> {
    let failed = |error| EngineError::file(format!("reading {path}"), error);
    let mut counter = RowCounter::new(shape);
    let mut file = std::fs::File::open(place).map_err(failed)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        proceed()?;
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(counter.rows()),
            _ if counter.rows() >= enough => return Ok(counter.rows()),
            length => counter.push(&buffer[..length]),
        }
    }
}

/// A requested run, as far as the check needs it.
#[derive(Debug, Clone, Default)]
pub struct RunSpec {
    pub workers: u32,
    pub splits: Vec<String>,
    pub properties: Properties,
    pub system_properties: Properties,
    /// Paths in the plan.
    pub properties_files: Vec<String>,
    pub jmeter: RequestedJMeter,
    pub results: ResultsMode,
    /// The workers are processes of one machine.
    pub one_disk: bool,
    pub share: BTreeMap<String, u64>,
    /// Patterns of the files to collect; `None`: the plan's.
    pub keep: Option<Vec<String>>,
}

/// A turn at checking a plan: only a few are checked at a time.
#[derive(Debug)]
pub struct CheckTurn(#[expect(dead_code, reason = "held until the check is done")] OwnedSemaphorePermit);

impl Engine {
    /// The plan's requirements and load. It reads files: do not call it on an async thread, and only in turn
    /// ([`Engine::check_in_turn`]).
    ///
    /// # Errors
    /// When the plan cannot be read, or the check is cancelled.
    pub fn check_plan(
        &self,
        plan: Plan,
        requested: &RunSpec,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Check, EngineError> {
        self.check_plan_at(&self.locked_plan_at(plan, None)?, requested, is_cancelled)
    }

    /// The same for a plan at one of its revisions.
    pub(crate) fn check_plan_at(
        &self,
        plan: &PlanAt,
        requested: &RunSpec,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Check, EngineError> {
        let PlanAt { plan, folder, tried, .. } = plan;
        let files: BTreeMap<String, PathBuf> = plan
            .files
            .iter()
            .filter(|file| file.path != plan.main_file)
            .map(|file| (relative_to_main(&plan.main_file, &file.path), folder.join(&file.path)))
            .collect();
        let check = PlanCheck {
            name: plan.main_file.clone(),
            main: folder.join(&plan.main_file),
            files,
            workers: requested.workers,
            splits: requested.splits.clone(),
            properties: requested.properties.clone(),
            system_properties: requested.system_properties.clone(),
            properties_files: requested.properties_files.iter().map(|path| folder.join(path)).collect(),
            jmeter: requested.jmeter.clone(),
            results: requested.results,
            one_disk: requested.one_disk,
            share: requested.share.clone(),
            keep: requested.keep.clone().unwrap_or_else(|| plan.keep.clone()),
        };
        let mut check = check.run_until(self.toolbox(), is_cancelled)?;
        if tried.is_some() {
            // The listener was added by JAC.
            check.findings.retain(|finding| finding.element.as_deref() != Some(jac_jmx::FAILURES_LISTENER));
        }
        Ok(check)
    }

    /// Checks plans on separate threads, only a few at a time. If the caller disconnects, the work is cancelled.
    ///
    /// # Errors
    /// The error of the work.
    pub async fn check_in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Engine, &dyn Fn() -> bool) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.check_with(self.check_turn().await?, work).await
    }

    /// Waits for a turn. Long checks of others may come first: earlier results may be outdated afterwards.
    ///
    /// # Errors
    /// When the engine ends.
    pub async fn check_turn(&self) -> Result<CheckTurn, EngineError> {
        Arc::clone(self.checks()).acquire_owned().await.map(CheckTurn).map_err(|_| cancelled())
    }

    /// [`Engine::check_in_turn`], in a turn that has come.
    ///
    /// # Errors
    /// The error of the work.
    pub async fn check_with<T: Send + 'static>(
        &self,
        turn: CheckTurn,
        work: impl FnOnce(&Engine, &dyn Fn() -> bool) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let (engine, token) = (self.clone(), CancellationToken::new());
        let _cancelled_when_gone = token.clone().drop_guard();
        // Its writes belong to the caller's request.
        let audited = AuditedChange::current().unwrap_or_default();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            audited.around_blocking(|| work(&engine, &|| token.is_cancelled()))
        });
        // A panic is passed on to the caller: it is not a result of the check.
        resumed(done.await).unwrap_or_else(|_| Err(cancelled()))
    }
}

#[cfg(test)]
mod tests {
    use super::relative_to_main;

    #[test]
    fn a_file_is_named_from_the_plans_folder() {
        for (main, path, seen) in [
            ("shop.jmx", "data/users.csv", "data/users.csv"),
            ("tests/shop.jmx", "tests/users.csv", "users.csv"),
            ("tests/shop.jmx", "data/users.csv", "../data/users.csv"),
            ("a/b/shop.jmx", "a/c/users.csv", "../c/users.csv"),
        ] {
            assert_eq!(relative_to_main(main, path), seen);
        }
    }
}
