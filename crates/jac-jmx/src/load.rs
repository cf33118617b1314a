//! The load of all thread groups: threads per node, total threads, duration of the run.

use crate::evaluate::Scope;
use crate::plan::Plan;
use crate::thread_groups::{Group, Span, Stage};

/// The load of a plan on a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// Threads that may run at the same time on one node: all main thread groups together, or the largest if groups run
    /// one after another. `None` if a group's number is unknown.
    pub(crate) threads_per_node: Option<u64>,
    /// That times the nodes that run the plan.
    pub(crate) total_threads: Option<u64>,
    /// Seconds after which the schedulers have ended the run. setUp and tearDown groups without a scheduler count as 0.
    /// `None` if a main group has no known end.
    pub(crate) duration_s: Option<u64>,
}

/// Sums up the groups for a cluster of `workers`; 0: only the master.
pub(crate) fn load(plan: &Plan, scope: &Scope<'_>, groups: &[Group], workers: u32) -> Load {
    let one_by_one = plan.test_plan().is_some_and(|test| scope.is_true(test, "TestPlan.serialize_threadgroups"));
    let stage = |stage: Stage| groups.iter().filter(move |group| group.report.enabled && group.stage == stage);
    let threads = |stage_groups: &mut dyn Iterator<Item = &Group>| -> Option<u64> {
        let counts: Vec<u64> = stage_groups.map(|group| group.report.threads).collect::<Option<_>>()?;
        Some(if one_by_one {
            counts.into_iter().max().unwrap_or(0)
        } else {
            counts.into_iter().fold(0, u64::saturating_add)
        })
    };
    let together = |spans: Vec<u64>| -> u64 {
        if one_by_one { spans.into_iter().fold(0, u64::saturating_add) } else { spans.into_iter().max().unwrap_or(0) }
    };
    let main: Option<Vec<u64>> = stage(Stage::Main)
        .map(|group| match group.span {
            Span::AtMost(seconds) => Some(seconds),
            Span::UntilDone | Span::Endless | Span::Unknown => None,
        })
        .collect();
    let around = |kind: Stage| {
        let spans = stage(kind).map(|group| match group.span {
            Span::AtMost(seconds) => Some(seconds),
            Span::UntilDone => Some(0),
            Span::Endless | Span::Unknown => None,
        });
        spans.collect::<Option<Vec<u64>>>().map(together)
    };
    let duration_s = (|| {
        let main = main.filter(|spans| !spans.is_empty())?;
        Some(around(Stage::Before)?.saturating_add(together(main)).saturating_add(around(Stage::After)?))
    })();
    let has_main = stage(Stage::Main).next().is_some();
    let threads_per_node = if has_main {
        threads(&mut stage(Stage::Main))
    } else {
        threads(&mut groups.iter().filter(|group| group.report.enabled))
    };
    Load {
        threads_per_node,
        total_threads: threads_per_node.map(|threads| threads.saturating_mul(u64::from(workers.max(1)))),
        duration_s,
    }
}
