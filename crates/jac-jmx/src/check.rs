//! [`check`]: what a plan needs and will do on a cluster, and what is wrong with it.
//!
//! A finding is an error if and only if the run cannot do what the plan says. Whatever may be intended is a warning,
//! and facts that a person should merely know are infos.

mod borrowed;
mod environment;
mod files;
pub(crate) mod findings;
mod functions;
mod groups;
mod listeners;
mod named_classes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assembly::{Assembly, Sources};
use crate::cancel::Cancel;
use crate::classes::ClassLookup;
use crate::decode::PlanError;
use crate::evaluate::{Properties, Scope};
use crate::functions::Functions;
use crate::load::load;
use crate::plan::{Element, Plan};
use crate::properties::{PlanProperty, properties};
use crate::shape::{LoadShape, shape};
use crate::thread_groups::{ThreadGroup, groups};
use findings::{Findings, shorten};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The run cannot work.
    Error,
    /// The run may differ from what was intended.
    Warning,
    /// Worth knowing.
    Info,
}

/// A finding of a plan check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A stable name such as `file_missing`.
    pub code: String,
    /// Name of the element, if there is one.
    pub element: Option<String>,
    /// One sentence.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
    /// Parameters of the message: `path`, `property`, `count`, …
    #[serde(default)]
    pub params: BTreeMap<String, String>,
}

/// A file that the plan would find at another path. Both paths are relative to the root of the plan's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Misplaced {
    /// Its current path.
    pub from: String,
    /// The path at which the plan expects it.
    pub to: String,
}

/// A file that the plan reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DataFile {
    /// Its path relative to the plan, or as written if it does not exist.
    pub path: String,
    /// Whether it is among the plan's files.
    pub found: bool,
    /// Names of the elements that read it, separated by commas.
    pub element: String,
    /// Its size.
    pub bytes: Option<u64>,
    /// Its rows are split across the workers.
    pub split: bool,
    /// It does not exist, but the plan seems to write it before it reads it.
    #[serde(default)]
    pub written_by_plan: bool,
    /// It is missing, but the plan has a file of that name at another path.
    #[serde(default)]
    pub elsewhere: Option<Misplaced>,
}

/// Result of a plan check: what the plan needs, what it will do, and its errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// The plan's file name.
    pub plan: String,
    /// The test plan's own name.
    pub test_name: Option<String>,
    /// Number of workers that it was checked for; 0: only the master.
    pub workers: u32,
    /// Every thread group, including disabled ones.
    pub thread_groups: Vec<ThreadGroup>,
    /// Most threads at a time on each node; null if unknown.
    pub threads_per_node: Option<u64>,
    /// That times the nodes that run the plan.
    pub total_threads: Option<u64>,
    /// Seconds after which the plan ends by its schedulers; null if unknown or not bounded.
    pub duration_s: Option<u64>,
    /// Users over time, as far as the plan defines them.
    #[serde(default)]
    pub shape: LoadShape,
    /// Files that the plan reads.
    pub data_files: Vec<DataFile>,
    /// JMeter properties that the plan reads.
    pub properties: Vec<PlanProperty>,
    /// The findings: errors first, then in the order of the plan.
    pub findings: Vec<Finding>,
    /// No finding is an error.
    pub ok: bool,
}

/// Facts about an existing file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// Its size.
    pub bytes: u64,
    /// Number of its data rows without the header, if counted ([`crate::RowCounter`]); for a CSV file that is not split, 0 if it has none.
    pub rows: Option<u64>,
}

/// Where the plan's listeners run in a run with workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListenersAt {
    /// On the master, which every worker sends each sample to.
    #[default]
    Master,
    /// On every worker, each of which has a disk of its own.
    Workers,
    /// On every worker, and the workers share a disk.
    WorkersOfOneDisk,
}

/// The input that a plan is checked against.
#[derive(Clone)]
pub struct CheckInput<'a> {
    /// The plan's file name, to be shown.
    pub plan: &'a str,
    /// The plan's folder, relative to the root that its files stay in; empty: it is the root.
    pub folder: &'a str,
    /// Number of workers; 0: the master runs the plan itself.
    pub workers: u32,
    /// Where its listeners run.
    pub listeners_at: ListenersAt,
    /// The existing files, by path relative to the plan's folder, with `/` (as in [`crate::PlanPath::Beside`]).
    pub files: BTreeMap<String, FileFacts>,
    /// Files whose rows will be split across the workers.
    pub splits: Vec<String>,
    /// JMeter properties at the start of the run.
    pub properties: Properties,
    /// System properties given for the run.
    pub system_properties: Properties,
    /// Files of Include Controllers, by path as in `files` (see [`Plan::include_paths`]), or why JMeter cannot load them.
    pub included: BTreeMap<String, Result<Plan, PlanError>>,
    /// Texts of the plan's script files.
    pub scripts: Vec<String>,
    /// Functions provided by jars other than JMeter's own; `None`: unknown.
    pub functions: Option<&'a Functions>,
    /// The JMeter home's classes; `None`: they are not checked.
    pub classes: Option<ClassLookup<'a>>,
    /// Whether a file that the plan writes is collected after the run, by its path relative to the plan's folder; `None`:
    /// none is.
    pub is_kept: Option<&'a dyn Fn(&str) -> bool>,
}

impl<'a> CheckInput<'a> {
    /// A check for a master without workers, files and properties.
    pub fn new(plan: &'a str) -> Self {
        CheckInput {
            plan,
            folder: "",
            workers: 0,
            listeners_at: ListenersAt::Master,
            files: BTreeMap::new(),
            splits: Vec::new(),
            properties: Properties::new(),
            system_properties: Properties::new(),
            included: BTreeMap::new(),
            scripts: Vec::new(),
            functions: None,
            classes: None,
            is_kept: None,
        }
    }
}

/// The data shared by the parts of the check.
pub(crate) struct Context<'a> {
    plan: &'a Plan,
    assembly: Assembly<'a>,
    input: &'a CheckInput<'a>,
}

impl<'a> Context<'a> {
    fn scope(&self) -> &Scope<'a> {
        &self.assembly.scope
    }

    /// Whether the element may produce samples. JMeter maps removed elements to the class of a configuration element
    /// (`upgrade.properties`), so their names alone do not decide.
    fn may_sample(&self, element: &Element) -> bool {
        (element.is_sampler() != Some(false) && !self.is_removed(element)) || element.borrows_elements()
    }

    /// Whether JMeter has removed this kind of element and replaces it with one without effect.
    fn is_removed(&self, element: &Element) -> bool {
        self.input.classes.is_some_and(|lookup| {
            let class = lookup.names.class_of(&element.tag);
            class == "org.apache.jmeter.config.ConfigTestElement" && element.kind() != "ConfigTestElement"
        })
    }
}

/// Maximum number of thread groups, of files and of properties that are listed.
const LISTED: usize = 1_000;

/// Checks a plan. A pure function: all its knowledge is in `input`.
pub fn check(plan: &Plan, input: &CheckInput<'_>) -> Check {
    check_until(plan, input, Cancel::NEVER).unwrap_or_else(|| unreachable!("nothing cancels it"))
}

/// The part of the check that concerns files: the files that the plan names, and their errors. `None`: cancelled.
pub fn check_files_until(
    plan: &Plan,
    input: &CheckInput<'_>,
    cancel: Cancel<'_>,
) -> Option<(Vec<DataFile>, Vec<Finding>)> {
    let context = Context { plan, assembly: assembly(plan, input, cancel), input };
    let mut findings = Findings::default();
    let files = files::check(&context, &mut findings);
    cancel.go_on()?;
    Some((files, findings.sorted().0))
}

fn assembly<'a>(plan: &'a Plan, input: &'a CheckInput<'_>, cancel: Cancel<'a>) -> Assembly<'a> {
    Assembly::new(Sources {
        plan,
        included: &input.included,
        properties: &input.properties,
        system_properties: &input.system_properties,
        scripts: &input.scripts,
        folder: input.folder,
        functions: input.functions,
        cancel,
    })
}

/// Checks a plan; `None` if it was cancelled.
pub fn check_until(plan: &Plan, input: &CheckInput<'_>, cancel: Cancel<'_>) -> Option<Check> {
    let context = Context { plan, assembly: assembly(plan, input, cancel), input };
    let mut findings = Findings::default();
    let mut groups = groups(plan, context.scope(), cancel);
    let load = load(plan, context.scope(), &groups, input.workers);
    let shape = shape(plan, context.scope(), &groups, input.workers, cancel);
    groups::check(&context, &groups, &load, &mut findings);
    borrowed::check(&context, &mut findings);
    let mut data_files = files::check(&context, &mut findings);
    let uses = properties(&context.assembly);
    environment::properties(&uses, &mut findings);
    environment::classes(&context, &mut findings);
    named_classes::check(&context, &mut findings);
    environment::text(&context, &mut findings);
    environment::elements(&context, &mut findings);
    functions::check(&context, &mut findings);
    listeners::check(&context, &mut findings);
    // The findings are complete only if the check was not cancelled meanwhile.
    cancel.go_on()?;

    let mut properties: Vec<PlanProperty> = uses.into_iter().map(|used| used.property).collect();
    shorten(&mut groups, LISTED, "thread groups", &mut findings);
    shorten(&mut data_files, LISTED, "data files", &mut findings);
    shorten(&mut properties, LISTED, "properties", &mut findings);
    let (findings, ok) = findings.sorted();
    Some(Check {
        plan: input.plan.to_owned(),
        test_name: plan.test_name().map(str::to_owned),
        workers: input.workers,
        thread_groups: groups.into_iter().map(|group| group.report).collect(),
        threads_per_node: load.threads_per_node,
        total_threads: load.total_threads,
        duration_s: load.duration_s,
        shape,
        data_files,
        properties,
        ok,
        findings,
    })
}
