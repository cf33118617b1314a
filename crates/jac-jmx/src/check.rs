//! [`check`]: what a plan needs and will do on a cluster, and what is wrong with it.
//!
//! A finding is an error if and only if the run cannot do what the plan says. Everything that may be meant is a warning,
//! and what a person should merely know is an information.

mod environment;
mod files;
mod groups;
mod listeners;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::classes::ClassLookup;
use crate::evaluate::{Properties, Scope};
use crate::load::load;
use crate::plan::Plan;
use crate::properties::{PlanProperty, properties};
use crate::thread_groups::{ThreadGroup, groups};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The run cannot work.
    Error,
    /// The run may not be what is meant.
    Warning,
    /// Good to know.
    Info,
}

/// One thing found in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A stable name such as `file_missing`.
    pub code: String,
    /// Name of the element, where there is one.
    pub element: Option<String>,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// A file that the plan reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DataFile {
    /// Its path relative to the plan, or as written where it is not there.
    pub path: String,
    /// It is among the plan's files.
    pub found: bool,
    /// Names of the elements that read it, separated by commas.
    pub element: String,
    /// Its size.
    pub bytes: Option<u64>,
    /// Its rows are dealt out among the workers.
    pub split: bool,
}

/// What a plan needs and will do, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// The plan's file name.
    pub plan: String,
    /// The test plan's own name.
    pub test_name: Option<String>,
    /// Workers it was checked for; 0 is the master alone.
    pub workers: u32,
    /// Every thread group, disabled ones too.
    pub thread_groups: Vec<ThreadGroup>,
    /// Most threads at a time on each node; null if unknown.
    pub threads_per_node: Option<u64>,
    /// That times the nodes that run the plan.
    pub total_threads: Option<u64>,
    /// Seconds after which the plan ends by its schedulers; null if unknown or not bounded.
    pub duration_s: Option<u64>,
    /// Files that the plan reads.
    pub data_files: Vec<DataFile>,
    /// JMeter properties that the plan reads.
    pub properties: Vec<PlanProperty>,
    /// What was found: errors first, then in the order of the plan.
    pub findings: Vec<Finding>,
    /// No finding is an error.
    pub ok: bool,
}

/// What is known of a file that is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// Its size.
    pub bytes: u64,
    /// Its data rows without the header, where they were counted ([`crate::RowCounter`] with [`Plan::csv_shape`]).
    pub rows: Option<u64>,
}

/// What a plan is checked against.
#[derive(Clone)]
pub struct CheckInput<'a> {
    /// The plan's file name, to be shown.
    pub plan: &'a str,
    /// Workers; 0 is the master running the plan alone.
    pub workers: u32,
    /// Files that are there, by path relative to the plan's folder, with `/`.
    pub files: BTreeMap<String, FileFacts>,
    /// Files whose rows are to be dealt out among the workers.
    pub splits: Vec<String>,
    /// JMeter properties given for the run.
    pub properties: Properties,
    /// Parsed plans of Include Controllers, by path as in `files` (see [`Plan::included_paths`]).
    pub included: BTreeMap<String, Plan>,
    /// The JMeter home's classes; `None` to leave them unchecked.
    pub classes: Option<ClassLookup<'a>>,
}

impl<'a> CheckInput<'a> {
    /// A check for the master alone with no files and no properties.
    pub fn new(plan: &'a str) -> Self {
        CheckInput {
            plan,
            workers: 0,
            files: BTreeMap::new(),
            splits: Vec::new(),
            properties: Properties::new(),
            included: BTreeMap::new(),
            classes: None,
        }
    }
}

/// Findings as they are collected.
#[derive(Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, severity: Severity, code: &str, element: Option<&str>, message: String, hint: &str) {
        self.0.push(Finding {
            severity,
            code: code.to_owned(),
            element: element.filter(|name| !name.is_empty()).map(str::to_owned),
            message,
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
        });
    }
}

/// What the parts of the check share.
pub(crate) struct Context<'a> {
    plan: &'a Plan,
    /// The plan and those it includes.
    plans: Vec<&'a Plan>,
    input: &'a CheckInput<'a>,
    scope: Scope<'a>,
}

/// Checks a plan. Pure: everything it knows is in `input`.
pub fn check(plan: &Plan, input: &CheckInput<'_>) -> Check {
    let plans: Vec<&Plan> = std::iter::once(plan).chain(reachable(plan, input)).collect();
    let scope = Scope::new(plans.iter().copied(), &input.properties);
    let context = Context { plan, plans, input, scope };
    let mut findings = Findings::default();

    let groups = groups(plan, &context.scope);
    let load = load(plan, &context.scope, &groups, input.workers);
    groups::check(&context, &groups, &load, &mut findings);
    let data_files = files::check(&context, &mut findings);
    let uses = properties(&context.plans, &context.scope, &input.properties);
    environment::properties(&uses, &mut findings);
    environment::classes(&context, &mut findings);
    environment::text(&context, &mut findings);
    environment::elements(&context, &mut findings);
    listeners::check(&context, &mut findings);

    let mut findings = findings.0;
    findings.sort_by_key(|finding| finding.severity);
    Check {
        plan: input.plan.to_owned(),
        test_name: plan.test_name().map(str::to_owned),
        workers: input.workers,
        thread_groups: groups.into_iter().map(|group| group.report).collect(),
        threads_per_node: load.threads_per_node,
        total_threads: load.total_threads,
        duration_s: load.duration_s,
        data_files,
        properties: uses.into_iter().map(|used| used.property).collect(),
        ok: findings.iter().all(|finding| finding.severity != Severity::Error),
        findings,
    }
}

/// The included plans that were handed in and are really reached, each once.
fn reachable<'a>(plan: &'a Plan, input: &'a CheckInput<'_>) -> Vec<&'a Plan> {
    let mut names: Vec<&str> = Vec::new();
    let mut found: Vec<&Plan> = Vec::new();
    let mut next = 0;
    let mut current = Some(plan);
    while let Some(plan) = current {
        for path in plan.included_paths(&input.properties) {
            if let Some((name, included)) = input.included.get_key_value(&path)
                && !names.contains(&name.as_str())
            {
                names.push(name);
                found.push(included);
            }
        }
        current = found.get(next).copied();
        next += 1;
    }
    found
}
