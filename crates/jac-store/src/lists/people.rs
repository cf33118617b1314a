//! The list of people.

use super::{Holds, Key, Page, PageRequest, Query};
use crate::people::{COLUMNS, PersonRow, row_of, teams_of};
use crate::{Store, StoreError};
use jac_model::{PersonSort, UserRole};

/// Which people are listed; empty fields match all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonFilter {
    pub role: Option<UserRole>,
    pub disabled: Option<bool>,
    /// The ID of a team that they belong to.
    pub team: Option<String>,
    /// Words that must all be in their name.
    pub text: Option<String>,
}

fn key(sort: PersonSort) -> Key {
    let (column, holds, index) = match sort {
        PersonSort::Name => ("name_key", Holds::Text, "people_by_name"),
        PersonSort::Created => ("created_ms", Holds::Integer, "people_by_created"),
        PersonSort::LastSeen => ("seen_ms", Holds::Integer, "people_by_last_seen"),
    };
    Key { column, holds, index }
}

pub(crate) fn query(filter: &PersonFilter, page: &PageRequest<PersonSort>) -> Result<Query, StoreError> {
    let mut query = Query::new("people", COLUMNS, key(page.sort), page)?;
    query.equal("role", filter.role.map(|role| role.word().to_owned()));
    query.equal("disabled", filter.disabled);
    // `+`: otherwise it would determine the order.
    query.in_list("+id", "SELECT person FROM team_members WHERE team = ", filter.team.clone());
    query.text_in("name_key", filter.text.as_deref())?;
    Ok(query)
}

impl Store {
    /// A page of the people that match the filter.
    ///
    /// # Errors
    /// When the cursor is not one of this list.
    pub async fn list_people(
        &self,
        filter: &PersonFilter,
        page: &PageRequest<PersonSort>,
    ) -> Result<Page<PersonRow>, StoreError> {
        let query = query(filter, page)?;
        let unreadable = self.unreadable.clone();
        self.read_at_once(move |connection| {
            query.run(connection, &unreadable, |row| {
                let mut person = row_of(row)?;
                person.teams = teams_of(connection, &person.id)?;
                Ok(person)
            })
        })
        .await
    }
}
