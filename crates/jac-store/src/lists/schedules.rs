//! The list of schedules. There are few of them compared with runs, so it reads their documents, at most one page.

use super::{Holds, Key, Page, PageRequest, Query, read_id};
use crate::{Store, StoreError, documents, note_unreadable};
use jac_model::{PlanId, Schedule, ScheduleId, ScheduleSort, ScheduleState};

/// Which schedules are listed; empty fields match all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleFilter {
    /// Ids of people; no schedule matches an empty list.
    pub owners: Option<Vec<String>>,
    /// Ids of teams; no schedule matches an empty list.
    pub teams: Option<Vec<String>>,
    pub plan: Option<PlanId>,
    pub state: Option<ScheduleState>,
    /// Words that must all occur in its ID, its name, or the names of its plan or owner.
    pub text: Option<String>,
}

fn key(sort: ScheduleSort) -> Key {
    let (column, holds, index) = match sort {
        ScheduleSort::Next => ("next_ms", Holds::Integer, "schedules_by_next"),
        ScheduleSort::Name => ("name", Holds::Text, "schedules_by_name"),
        ScheduleSort::Created => ("created_ms", Holds::Integer, "schedules_by_created"),
    };
    Key { column, holds, index }
}

pub(crate) fn query(filter: &ScheduleFilter, page: &PageRequest<ScheduleSort>) -> Result<Query, StoreError> {
    let mut query = Query::new("schedules", "state", key(page.sort), page)?.filled();
    query.one_of("owner", filter.owners.as_ref());
    query.one_of("team", filter.teams.as_ref());
    query.equal("plan", filter.plan.as_ref().map(ToString::to_string));
    query.equal("state", filter.state.map(documents::word).transpose()?);
    query.text(filter.text.as_deref())?;
    Ok(query)
}

impl Store {
    /// A page of the schedules that match the filter. An unreadable one is skipped and recorded.
    ///
    /// # Errors
    /// When the cursor is not one of this list.
    pub async fn list_schedules(
        &self,
        filter: &ScheduleFilter,
        page: &PageRequest<ScheduleSort>,
    ) -> Result<Page<Schedule>, StoreError> {
        let query = query(filter, page)?;
        let unreadable = self.unreadable.clone();
        // The statements of one page see one moment.
        self.read_at_once(move |connection| {
            let ids: Page<ScheduleId> = query.run(connection, &unreadable, |row| read_id(row, "id"))?;
            let mut items = Vec::with_capacity(ids.items.len());
            for id in ids.items {
                match documents::document(connection, id.as_str()) {
                    Ok(schedule) => items.push(schedule),
                    Err(StoreError::Unreadable { kind, id, source }) => {
                        note_unreadable(&unreadable, kind, &id, &source);
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(Page { items, next: ids.next })
        })
        .await
    }
}
