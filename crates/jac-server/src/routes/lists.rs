//! The lists' query parameters, and the meaning of `me` and `mine`.

use crate::error::ApiError;
use jac_jtl::criteria::Verdict;
use jac_model::{
    ClusterId, ClusterPhase, ClusterSort, Denied, Order, PersonSort, PlanId, PlanSort, Principal, Provider, RunPhase,
    RunSort, ScheduleSort, ScheduleState, UserRole,
};
use jac_store::{ClusterFilter, MOST_LISTED, PageRequest, PersonFilter, PlanFilter, RunFilter, ScheduleFilter};
use serde::Deserialize;

/// Default number of rows per page.
const USUAL: u32 = 50;

/// Which runs to list, and in which order.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// The ID of a person; `me`: the caller.
    owner: Option<String>,
    /// The ID of a team; `mine`: any team of the caller.
    team: Option<String>,
    plan: Option<PlanId>,
    cluster: Option<ClusterId>,
    provider: Option<Provider>,
    phase: Option<RunPhase>,
    verdict: Option<Verdict>,
    pinned: Option<bool>,
    /// `true`: only try runs; `false`: no try runs.
    try_run: Option<bool>,
    /// A tag of the run; case-insensitive.
    tag: Option<String>,
    /// Words that must all occur in its ID, its name or the names of its plan, cluster or owner.
    text: Option<String>,
    /// Created from then on, in epoch milliseconds.
    from: Option<i64>,
    /// Created before then, in epoch milliseconds.
    to: Option<i64>,
    /// Sort key; absent: `created`. A figure that a run does not have yet sorts before all others.
    #[param(inline)]
    sort: Option<RunSort>,
    /// Absent: `desc`.
    #[param(inline)]
    order: Option<Order>,
    /// Rows of the page, 1 to 200; absent: 50.
    limit: Option<u32>,
    /// `next` of the previous page.
    after: Option<String>,
}

/// Which clusters to list, and in which order.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClustersQuery {
    /// The ID of a person; `me`: the caller.
    owner: Option<String>,
    /// The ID of a team; `mine`: any team of the caller.
    team: Option<String>,
    provider: Option<Provider>,
    phase: Option<ClusterPhase>,
    /// Include terminated clusters; absent: `false`.
    #[serde(default)]
    ended: bool,
    /// Words that must all occur in its ID, its name or its owner's name.
    text: Option<String>,
    /// Sort key; absent: `created`.
    #[param(inline)]
    sort: Option<ClusterSort>,
    /// Absent: `desc`.
    #[param(inline)]
    order: Option<Order>,
    /// Rows of the page, 1 to 200; absent: 50.
    limit: Option<u32>,
    /// `next` of the previous page.
    after: Option<String>,
}

/// Which plans to list, and in which order.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlansQuery {
    /// The ID of a person; `me`: the caller.
    owner: Option<String>,
    /// The ID of a team; `mine`: any team of the caller.
    team: Option<String>,
    /// Words that must all occur in its ID, its name or its owner's name.
    text: Option<String>,
    /// Sort key; absent: `created`.
    #[param(inline)]
    sort: Option<PlanSort>,
    /// Absent: `desc`.
    #[param(inline)]
    order: Option<Order>,
    /// Rows of the page, 1 to 200; absent: 50.
    limit: Option<u32>,
    /// `next` of the previous page.
    after: Option<String>,
}

/// Which schedules to list, and in which order.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SchedulesQuery {
    /// The ID of a person; `me`: the caller.
    owner: Option<String>,
    /// The ID of a team; `mine`: any team of the caller.
    team: Option<String>,
    plan: Option<PlanId>,
    state: Option<ScheduleState>,
    /// Words that must all occur in its ID, its name or the names of its plan or owner.
    text: Option<String>,
    /// Sort key; absent: `next`.
    #[param(inline)]
    sort: Option<ScheduleSort>,
    /// Absent: `asc`.
    #[param(inline)]
    order: Option<Order>,
    /// Rows of the page, 1 to 200; absent: 50.
    limit: Option<u32>,
    /// `next` of the previous page.
    after: Option<String>,
}

/// Whether a person may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonState {
    Active,
    Disabled,
}

/// Which people to list, and in which order.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    #[param(inline)]
    role: Option<UserRole>,
    /// Administrators only.
    #[param(inline)]
    state: Option<PersonState>,
    /// The ID of a team: its members only.
    team: Option<String>,
    /// Words that must all occur in their name.
    text: Option<String>,
    /// Sort key; absent: `name`. Other keys are for administrators only.
    #[param(inline)]
    sort: Option<PersonSort>,
    /// Absent: `asc`.
    #[param(inline)]
    order: Option<Order>,
    /// Rows of the page, 1 to 200; absent: 50.
    limit: Option<u32>,
    /// `next` of the previous page.
    after: Option<String>,
}

/// Which teams to list, and in which order.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TeamsQuery {
    /// Words that must all occur in its name.
    text: Option<String>,
    /// By name; absent: `asc`.
    #[param(inline)]
    order: Option<Order>,
    /// Rows of the page, 1 to 200; absent: 50.
    limit: Option<u32>,
    /// `next` of the previous page.
    after: Option<String>,
}

/// `me` is the caller.
fn owners(caller: &Principal, owner: Option<String>) -> Option<Vec<String>> {
    owner.map(|owner| vec![if owner == "me" { caller.user.id.clone() } else { owner }])
}

/// `mine` is any of their teams.
fn teams(caller: &Principal, team: Option<String>) -> Option<Vec<String>> {
    let own = || caller.teams.iter().map(|team| team.id.clone()).collect();
    team.map(|team| if team == "mine" { own() } else { vec![team] })
}

fn page<S: Default>(
    sort: Option<S>,
    order: Option<Order>,
    limit: Option<u32>,
    after: Option<String>,
) -> PageRequest<S> {
    PageRequest {
        sort: sort.unwrap_or_default(),
        order: order.unwrap_or_default(),
        limit: limit.unwrap_or(USUAL).clamp(1, MOST_LISTED),
        after,
    }
}

impl RunsQuery {
    pub fn ask(self, caller: &Principal) -> (RunFilter, PageRequest<RunSort>) {
        let filter = RunFilter {
            owners: owners(caller, self.owner),
            teams: teams(caller, self.team),
            plan: self.plan,
            cluster: self.cluster,
            provider: self.provider,
            phase: self.phase,
            verdict: self.verdict,
            pinned: self.pinned,
            try_run: self.try_run,
            tag: self.tag,
            text: self.text,
            from_ms: self.from,
            to_ms: self.to,
        };
        (filter, page(self.sort, self.order, self.limit, self.after))
    }
}

impl ClustersQuery {
    pub fn ask(self, caller: &Principal) -> (ClusterFilter, PageRequest<ClusterSort>) {
        // A filter for terminated clusters implies that they are included.
        let living = !self.ended && self.phase != Some(ClusterPhase::Terminated);
        let filter = ClusterFilter {
            owners: owners(caller, self.owner),
            teams: teams(caller, self.team),
            provider: self.provider,
            phase: self.phase,
            living,
            text: self.text,
        };
        (filter, page(self.sort, self.order, self.limit, self.after))
    }
}

impl SchedulesQuery {
    pub fn ask(self, caller: &Principal) -> (ScheduleFilter, PageRequest<ScheduleSort>) {
        let filter = ScheduleFilter {
            owners: owners(caller, self.owner),
            teams: teams(caller, self.team),
            plan: self.plan,
            state: self.state,
            text: self.text,
        };
        let order = self.order.or(Some(Order::Ascending));
        (filter, page(self.sort, order, self.limit, self.after))
    }
}

impl PlansQuery {
    pub fn ask(self, caller: &Principal) -> (PlanFilter, PageRequest<PlanSort>) {
        let filter =
            PlanFilter { owners: owners(caller, self.owner), teams: teams(caller, self.team), text: self.text };
        (filter, page(self.sort, self.order, self.limit, self.after))
    }
}

impl PeopleQuery {
    /// # Errors
    /// When it requests data of others that only administrators may see.
    pub fn ask(self, caller: &Principal) -> Result<(PersonFilter, PageRequest<PersonSort>), ApiError> {
        let is_for_all = self.state.is_none() && self.sort.unwrap_or_default() == PersonSort::Name;
        if !is_for_all && caller.role != UserRole::Administrator {
            return Err(ApiError::Denied(Denied::Role(UserRole::Administrator)));
        }
        let filter = PersonFilter {
            role: self.role,
            disabled: self.state.map(|state| state == PersonState::Disabled),
            team: self.team,
            text: self.text,
        };
        let order = self.order.or(Some(Order::Ascending));
        Ok((filter, page(self.sort, order, self.limit, self.after)))
    }
}

impl TeamsQuery {
    pub fn ask(self) -> (Option<String>, PageRequest<()>) {
        let order = self.order.or(Some(Order::Ascending));
        (self.text, page(None, order, self.limit, self.after))
    }
}
