//! [`Assembly`]: a plan with the plans that it includes, as JMeter 5.6.3 assembles them before a run.
//!
//! JMeter removes disabled elements with everything below them, then replaces a Module Controller by what it points
//! at, and an Include Controller by the children of the *first Test Fragment* of the included file (below its
//! `TestPlan` where it has one), whatever the switches of the target, of the fragment and of everything above them. What
//! stands in a Test Fragment of the plan itself is compiled, so that its variables count, but runs only where a module
//! borrows it. All of it was tried on 5.6.3.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::cancel::Cancel;
use crate::decode::PlanError;
use crate::evaluate::{Properties, Scope};
use crate::functions::Functions;
use crate::path::PlanPath;
use crate::plan::{Element, Plan};

/// How long a chain of modules or of included files may be. JMeter's own stack ends somewhat later.
const MAX_BORROWED: usize = 100;

/// The input of the assembly.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Existing files of Include Controllers, by path as in [`Plan::include_paths`], or why they cannot be loaded.
    pub included: &'a BTreeMap<String, Result<Plan, PlanError>>,
    /// The JMeter properties at the start.
    pub properties: &'a Properties,
    /// The given system properties.
    pub system_properties: &'a Properties,
    /// Texts of the plan's script files, which may set properties.
    pub scripts: &'a [String],
    /// The plan's folder, relative to the root that its files stay in; empty: it is the root.
    pub folder: &'a str,
    /// The functions that JMeter has; `None`: unknown, then only JMeter's own are assumed.
    pub functions: Option<&'a Functions>,
    /// Whether to cancel; the assembly is incomplete then.
    pub cancel: Cancel<'a>,
}

/// An element that takes part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Located<'a> {
    pub(crate) element: &'a Element,
    /// The thread group of the main plan that contains it directly, not through a controller that refers to it.
    pub(crate) group: Option<usize>,
    /// It comes from a module or an include.
    pub(crate) borrowed: bool,
    /// It runs; otherwise it is only compiled, being in a Test Fragment that nothing borrows.
    pub(crate) runs: bool,
}

/// What prevents JMeter from assembling the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem<'a> {
    /// A Module Controller points at nothing.
    NoTarget { module: &'a Element, path: Vec<&'a str> },
    /// A Module or Include Controller that leads to itself.
    Loop { controller: &'a Element },
    /// The included file has no Test Fragment.
    NoFragment { include: &'a Element, path: String },
    /// JMeter cannot load the included file.
    Unreadable { include: &'a Element, path: String, error: &'a PlanError },
}

/// The plan as it runs.
#[derive(Debug)]
pub struct Assembly<'a> {
    pub(crate) elements: Vec<Located<'a>>,
    pub(crate) problems: Vec<Problem<'a>>,
    pub(crate) scope: Scope<'a>,
    pub(crate) properties: &'a Properties,
    pub(crate) system_properties: &'a Properties,
    pub(crate) folder: &'a str,
    /// The main plan and all plans included by it, directly or indirectly.
    pub(crate) plans: Vec<&'a Plan>,
    pub(crate) cancel: Cancel<'a>,
}

impl<'a> Assembly<'a> {
    /// Assembles the plan and reads its variables.
    pub fn new(sources: Sources<'a>) -> Self {
        let mut walk = Walk {
            sources,
            elements: Vec::new(),
            problems: Vec::new(),
            seen: HashSet::new(),
            targets: Targets::new(sources.plan, sources.cancel),
            plans: vec![sources.plan],
            known: HashSet::new(),
            modules: Vec::new(),
            fragments: Vec::new(),
        };
        walk.elements_of(sources.plan, 0..sources.plan.elements.len(), true);
        walk.unresolved_modules();
        let elements = walk.elements;
        let scope = Scope::new(elements.iter().map(|located| located.element), sources);
        Assembly {
            elements,
            problems: walk.problems,
            scope,
            properties: sources.properties,
            system_properties: sources.system_properties,
            folder: sources.folder,
            plans: walk.plans,
            cancel: sources.cancel,
        }
    }

    /// Whether a text of one of its elements contains this.
    pub fn mentions(&self, text: &str) -> bool {
        let mut texts = self.cancel.each(&self.elements).flat_map(|located| located.element.texts());
        texts.any(|own| own.contains(text))
    }

    /// The elements that run, of the plan and of the included plans.
    pub(crate) fn running(&self) -> impl Iterator<Item = &'a Element> + '_ {
        self.cancel.each(&self.elements).filter(|located| located.runs).map(|located| located.element)
    }
}

impl Plan {
    /// Paths of the plans that Include Controllers name, relative to the folder of the main plan. JMeter evaluates no
    /// expressions in them (verified); the property `includecontroller.prefix` is prepended to each.
    pub fn include_paths(&self, properties: &Properties, folder: &str) -> Vec<String> {
        let includes = self.elements.iter().filter(|element| element.kind() == "IncludeController");
        let paths = includes.filter_map(|include| include_path(include, properties, folder));
        paths.filter_map(|path| if let PlanPath::Beside(path) = path { Some(path) } else { None }).collect()
    }
}

/// The file that an Include Controller names; `None` if it names none, which has no effect.
pub(crate) fn include_path(include: &Element, properties: &Properties, folder: &str) -> Option<PlanPath> {
    let written = include.text_or_empty("IncludeController.includepath");
    if written.is_empty() {
        return None;
    }
    let prefix = properties.get("includecontroller.prefix").map(String::as_str).unwrap_or_default();
    Some(PlanPath::within(folder, format!("{prefix}{written}").trim()))
}

struct Walk<'a> {
    sources: Sources<'a>,
    elements: Vec<Located<'a>>,
    problems: Vec<Problem<'a>>,
    /// Elements that were visited as running, or only as compiled: each once, however often a controller refers to it.
    seen: HashSet<(*const Element, bool)>,
    targets: Targets<'a>,
    plans: Vec<&'a Plan>,
    known: HashSet<*const Plan>,
    /// Positions of the Module Controllers whose targets are being walked, outermost first.
    modules: Vec<usize>,
    /// The fragments that are being included.
    fragments: Vec<*const Element>,
}

impl<'a> Walk<'a> {
    fn elements_of(&mut self, plan: &'a Plan, range: Range<usize>, runs: bool) {
        let is_main = std::ptr::eq(plan, self.sources.plan);
        let borrowed = !self.modules.is_empty() || !self.fragments.is_empty();
        // The thread groups that contain an element: JMeter runs one in another, and one in a Test Fragment,
        // independently (verified).
        let mut groups: Vec<Range<usize>> = Vec::new();
        let mut fragments: Vec<Range<usize>> = if runs { Vec::new() } else { vec![range.clone()] };
        let mut index = range.start;
        while index < range.end && !self.sources.cancel.is_cancelled() {
            let element = &plan.elements[index];
            if !element.enabled {
                index = element.end;
                continue;
            }
            groups.retain(|group| group.contains(&index));
            if is_main && !borrowed && element.is_thread_group() {
                groups.push(index..element.end);
            }
            fragments.retain(|fragment| fragment.contains(&index));
            if element.kind() == "TestFragmentController" {
                fragments.push(index..element.end);
            }
            let runs =
                fragments.last().is_none_or(|fragment| groups.last().is_some_and(|group| group.start > fragment.start));
            if !self.seen.insert((std::ptr::from_ref(element), runs)) {
                index = element.end;
                continue;
            }
            let within = groups.last().map(|group| group.start);
            self.elements.push(Located { element, group: within, borrowed, runs });
            index = match element.kind() {
                // Their children are replaced. Modules of an included file have no target and no effect.
                "ModuleController" => {
                    if is_main {
                        self.module(index, runs);
                    }
                    element.end
                }
                "IncludeController" => {
                    self.include(element, runs);
                    element.end
                }
                _ => index + 1,
            };
        }
    }

    /// Walks the target of a Module Controller: its own enabled state and those above it are ignored; those below it
    /// count.
    fn module(&mut self, module: usize, runs: bool) {
        let plan = self.sources.plan;
        let Some(target) = self.targets.of(&plan.elements[module]) else { return };
        let element = &plan.elements[target];
        let leads_back = |open: &usize| (target..element.end).contains(open);
        if leads_back(&module) || self.modules.iter().any(leads_back) || self.modules.len() >= MAX_BORROWED {
            return self.problems.push(Problem::Loop { controller: &plan.elements[module] });
        }
        if !self.seen.insert((std::ptr::from_ref(element), runs)) {
            return;
        }
        self.elements.push(Located { element, group: None, borrowed: true, runs });
        self.modules.push(module);
        if element.kind() == "IncludeController" {
            self.include(element, runs);
        } else {
            self.elements_of(plan, target + 1..element.end, runs);
        }
        self.modules.pop();
    }

    fn include(&mut self, include: &'a Element, runs: bool) {
        let Some(PlanPath::Beside(path)) = include_path(include, self.sources.properties, self.sources.folder) else {
            return;
        };
        let included = match self.sources.included.get(&path) {
            None => return,
            Some(Err(error)) => return self.problems.push(Problem::Unreadable { include, path, error }),
            Some(Ok(included)) => included,
        };
        let Some(fragment) = first_fragment(included, None) else {
            return self.problems.push(Problem::NoFragment { include, path });
        };
        if self.known.insert(std::ptr::from_ref(included)) {
            self.plans.push(included);
        }
        let key = std::ptr::from_ref(&included.elements[fragment]);
        if self.fragments.contains(&key) || self.fragments.len() >= MAX_BORROWED {
            return self.problems.push(Problem::Loop { controller: include });
        }
        self.fragments.push(key);
        self.elements_of(included, fragment + 1..included.elements[fragment].end, runs);
        self.fragments.pop();
    }

    /// JMeter resolves the target of every Module Controller of the plan, including disabled ones, and rejects the
    /// whole plan if one has no target.
    fn unresolved_modules(&mut self) {
        for module in
            self.sources.cancel.each(&self.sources.plan.elements).filter(|element| element.kind() == "ModuleController")
        {
            if self.targets.of(module).is_none() {
                self.problems.push(Problem::NoTarget { module, path: node_path(module) });
            }
        }
    }
}

/// The first Test Fragment among the roots, or below the first `TestPlan` before it.
fn first_fragment(plan: &Plan, below: Option<usize>) -> Option<usize> {
    let is_on_way = |index: &usize| matches!(plan.elements[*index].kind(), "TestPlan" | "TestFragmentController");
    let mut first = plan.children(below).find(is_on_way)?;
    while plan.elements[first].kind() == "TestPlan" {
        first = plan.children(Some(first)).find(is_on_way)?;
    }
    Some(first)
}

fn node_path(module: &Element) -> Vec<&str> {
    let Some(list) = module.properties.iter().position(|property| property.name == "ModuleController.node_path") else {
        return Vec::new();
    };
    module.below(list).iter().map(|item| item.text.as_str()).collect()
}

/// The elements by their paths of names. If several have the same path, the last one counts; a Module Controller is
/// never a target or part of a path.
struct Targets<'a> {
    /// A path by the one above it (0: the root) and the last name.
    paths: HashMap<(usize, &'a str), usize>,
    /// The last element of each path but the root.
    last: Vec<usize>,
}

impl<'a> Targets<'a> {
    fn new(plan: &'a Plan, cancel: Cancel<'_>) -> Self {
        let mut targets = Targets { paths: HashMap::new(), last: Vec::new() };
        if !plan.elements.iter().any(|element| element.kind() == "ModuleController") {
            return targets;
        }
        let mut path_of: Vec<Option<usize>> = Vec::with_capacity(plan.elements.len());
        for (index, element) in cancel.each(plan.elements.iter().enumerate()) {
            let above = element.parent.map_or(Some(0), |parent| path_of[parent]);
            let above = above.filter(|_| element.kind() != "ModuleController");
            path_of.push(above.map(|above| {
                let next = targets.last.len() + 1;
                let path = *targets.paths.entry((above, &element.name)).or_insert(next);
                if path == next {
                    targets.last.push(index);
                } else {
                    targets.last[path - 1] = index;
                }
                path
            }));
        }
        targets
    }

    /// The target of a module. The first name of its path is that of JMeter's invisible root, which is ignored.
    fn of(&self, module: &Element) -> Option<usize> {
        let path = node_path(module);
        let mut at = 0;
        for name in path.get(1..)? {
            at = *self.paths.get(&(at, *name))?;
        }
        self.last.get(at.checked_sub(1)?).copied()
    }
}
