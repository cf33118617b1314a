//! [`LoadShape`]: the number of active users over time that a plan requests, by thread group and in total.
//!
//! It is what the plan requests: only a run shows how fast machines start their threads and when iterations end. Lines
//! begin after the setUp thread groups. Groups whose numbers are unknown before the run have no line, and a note gives
//! the reason.

mod lines;

pub(crate) use lines::waves;

use serde::{Deserialize, Serialize};

use crate::cancel::Cancel;
use crate::evaluate::Scope;
use crate::plan::Plan;
use crate::thread_groups::{Group, Stage};

/// Maximum number of thread groups with lines of their own; all are included in the total.
const MOST_GROUPS: usize = 50;
/// Maximum number of notes about thread groups.
const MOST_NOTES: usize = 100;
/// Maximum number of points of the total.
const MOST_POINTS: usize = 400;
/// How far a line without a known end is drawn beyond its known part, at least.
const OPEN_END_MS: u64 = 60_000;

/// Number of users at a time. Two points at the same time are a jump; between points the line is straight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoadPoint {
    /// Milliseconds after the start of the main thread groups.
    pub at_ms: u64,
    /// Active users on all nodes together.
    pub users: u64,
}

/// Why a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ShapeEnd {
    /// The time of the last point.
    Scheduled,
    /// Each user's last iteration, at a time that only the run shows.
    Iterations,
    /// Nothing: the run ends when it is stopped.
    Never,
}

/// A thread group's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShapeGroup {
    /// Its name in the plan.
    pub name: String,
    pub points: Vec<LoadPoint>,
    pub ends: ShapeEnd,
}

/// Information that the lines do not show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShapeNote {
    /// `after_setup`: setUp thread groups run before; `users_unknown`: this group has no line because its numbers are only known at run time;
    /// `users_follow_rate`: no line because it starts arrivals at a rate, with as many users as needed; `start_unknown`: no line
    /// because it waits for another group whose end is unknown; `ends_with_iterations`: the line may end earlier or later than
    /// drawn; `groups_not_shown`: only the first 50 groups have lines.
    pub code: String,
    /// The thread group.
    pub group: Option<String>,
    /// One sentence.
    pub message: String,
}

/// The load that a plan requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoadShape {
    /// The end of the time axis. Lines without a known end extend to it.
    pub length_ms: u64,
    /// The main thread groups that have a line, in the order of the plan.
    pub groups: Vec<ShapeGroup>,
    /// The sum of all groups; empty: none has a line.
    pub total: Vec<LoadPoint>,
    /// Groups that are not shown, and why.
    pub notes: Vec<ShapeNote>,
}

impl LoadShape {
    /// The shape for some nodes, from one that was computed for `of` identical nodes.
    #[must_use]
    pub fn part(&self, nodes: u32, of: u32) -> Self {
        let scale = |points: &[LoadPoint]| points.iter().map(|point| point.times(nodes, of)).collect();
        Self {
            length_ms: self.length_ms,
            groups: self
                .groups
                .iter()
                .map(|group| ShapeGroup { points: scale(&group.points), ..group.clone() })
                .collect(),
            total: scale(&self.total),
            notes: self.notes.clone(),
        }
    }

    /// The sum of both: the same plan on other nodes with different numbers.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        // The same groups in the same order, unless a number of one is unknown on some nodes. Several may have the same name.
        let mut others: Vec<&ShapeGroup> = other.groups.iter().collect();
        for group in &mut self.groups {
            if let Some(same) = others.iter().position(|same| same.name == group.name) {
                group.points = lines::sum(&group.points, &others.remove(same).points);
            }
        }
        self.total = lines::sum(&self.total, &other.total);
        self.length_ms = self.length_ms.max(other.length_ms);
        self
    }
}

impl LoadPoint {
    fn times(self, nodes: u32, of: u32) -> Self {
        let users = u128::from(self.users) * u128::from(nodes) / u128::from(of.max(1));
        Self { users: u64::try_from(users).unwrap_or(u64::MAX), ..self }
    }
}

/// A group's line on one node under construction, relative to the group's start.
pub(crate) struct Line {
    pub(crate) points: Vec<LoadPoint>,
    pub(crate) ends: ShapeEnd,
}

/// Why a group has no line.
pub(crate) enum NoLine {
    /// Its numbers are unknown.
    Unknown,
    /// Its number of users follows from its rate.
    Rate,
}

/// The shape on that many workers; 0: only the master.
pub(crate) fn shape(plan: &Plan, scope: &Scope<'_>, groups: &[Group], workers: u32, cancel: Cancel<'_>) -> LoadShape {
    let one_by_one = plan.test_plan().is_some_and(|test| scope.is_true(test, "TestPlan.serialize_threadgroups"));
    let mut notes = Vec::new();
    let mut note = |code: &str, group: Option<&Group>, message: String| {
        if group.is_none() || notes.len() < MOST_NOTES {
            notes.push(ShapeNote {
                code: code.to_owned(),
                group: group.map(|group| group.report.name.clone()),
                message,
            });
        }
    };
    let of_stage = |stage: Stage| groups.iter().filter(move |group| group.report.enabled && group.stage == stage);
    if of_stage(Stage::Before).next().is_some() && of_stage(Stage::Main).next().is_some() {
        note(
            "after_setup",
            None,
            "The setUp thread groups run first; the time begins when they have ended.".to_owned(),
        );
    }
    let mut lines: Vec<(&Group, Line)> = Vec::new();
    // When the next of the groups begins that run one after the other.
    let mut begins_ms: Option<u64> = Some(0);
    for group in cancel.each(of_stage(Stage::Main)) {
        let name = &group.report.name;
        let Some(begin_ms) = begins_ms else {
            let message = format!("\"{name}\" starts after the preceding thread groups, at an unknown time.");
            note("start_unknown", Some(group), message);
            continue;
        };
        match lines::of_group(group, &plan.elements()[group.index], scope, cancel) {
            Ok(line) => {
                // A scheduler ends the group if its iterations have not ended before (verified).
                let has_iterations = group.report.loops.is_some_and(|loops| loops >= 0);
                if one_by_one {
                    let end_ms = line.points.last().map_or(0, |point| point.at_ms);
                    let is_known = line.ends == ShapeEnd::Scheduled && !has_iterations;
                    begins_ms = is_known.then(|| begin_ms.saturating_add(end_ms));
                }
                if has_iterations {
                    let latest =
                        if line.ends == ShapeEnd::Scheduled { ", with its duration at the latest" } else { "" };
                    let message = format!("\"{name}\" ends when its users have done their iterations{latest}.");
                    note("ends_with_iterations", Some(group), message);
                }
                let points = lines::later(line.points, begin_ms);
                lines.push((group, Line { points, ..line }));
            }
            Err(why) => {
                if one_by_one {
                    begins_ms = None;
                }
                let (code, message) = match why {
                    NoLine::Unknown => {
                        ("users_unknown", format!("The users of \"{name}\" are not known before the run."))
                    }
                    NoLine::Rate => (
                        "users_follow_rate",
                        format!(
                            "\"{name}\" starts arrivals at a rate; how many users that takes depends on the response times."
                        ),
                    ),
                };
                note(code, Some(group), message);
            }
        }
    }
    if lines.len() > MOST_GROUPS {
        let message = format!("Only the first {MOST_GROUPS} of {} thread groups are shown.", lines.len());
        note("groups_not_shown", None, message);
    }
    let last_ms = |line: &Line| line.points.last().map_or(0, |point| point.at_ms);
    let known_ms = lines.iter().map(|(_, line)| last_ms(line)).max().unwrap_or(0);
    let is_open = lines.iter().any(|(_, line)| line.ends != ShapeEnd::Scheduled);
    let length_ms = if is_open { known_ms.saturating_add((known_ms / 3).max(OPEN_END_MS)) } else { known_ms };
    let mut all = Vec::with_capacity(lines.len());
    let mut shown = Vec::new();
    for (group, mut line) in lines {
        if line.ends != ShapeEnd::Scheduled
            && let Some(last) = line.points.last().copied()
        {
            line.points.push(LoadPoint { at_ms: length_ms, ..last });
        }
        if shown.len() < MOST_GROUPS {
            shown.push(ShapeGroup { name: group.report.name.clone(), points: line.points.clone(), ends: line.ends });
        }
        all.push(line.points);
    }
    let total = lines::sum_of(all, cancel);
    let shape = LoadShape { length_ms, groups: shown, total: lines::thinned(total, MOST_POINTS), notes };
    shape.part(workers.max(1), 1)
}

#[cfg(test)]
mod tests;
