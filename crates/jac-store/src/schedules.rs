//! Schedules. The outcomes of their scheduled times are in [`firings`].

pub(crate) mod firings;

use crate::audit::AuditedChange;
use crate::documents::{self, Document, Kind, Put, SCHEDULE_UPGRADES, ids, search_text, word};
use crate::people::must_be_there;
use crate::{Store, StoreError, during};
use jac_model::{EpochMs, Schedule, ScheduleId};
use rusqlite::types::Value as Sql;

impl Document for Schedule {
    const KIND: Kind = Kind::Schedule;
    const UPGRADES: &'static [fn(&mut serde_json::Map<String, serde_json::Value>)] = SCHEDULE_UPGRADES;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn columns(&self) -> Result<Vec<(&'static str, Sql)>, StoreError> {
        Ok(vec![
            ("created_ms", self.created_ms.into()),
            ("name", self.name.clone().into()),
            ("owner", self.owner.id.clone().into()),
            ("owner_name", self.owner.name.clone().into()),
            ("team", self.team.as_ref().map(|team| team.id.clone()).into()),
            ("team_name", self.team.as_ref().map(|team| team.name.clone()).into()),
            ("plan", self.plan_id.to_string().into()),
            ("state", word(self.state)?.into()),
            ("next_ms", self.next_ms.unwrap_or(EpochMs::MAX).into()),
            ("search", search_text(&[self.id.as_str(), &self.name, &self.plan_name, &self.owner.name]).into()),
        ])
    }
}

pub(crate) const DUE: &str =
    "SELECT id FROM schedules INDEXED BY schedules_by_next WHERE next_ms <= ?1 ORDER BY next_ms";
pub(crate) const NEXT: &str =
    "SELECT next_ms FROM schedules INDEXED BY schedules_by_next WHERE next_ms < ?1 ORDER BY next_ms LIMIT 1";

impl Store {
    /// Writes a new schedule down.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn insert_schedule(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let schedule = schedule.clone();
        self.write(move |connection| {
            must_be_there(connection, &schedule.owner)?;
            AuditedChange::makes("schedule", schedule.id.as_str(), &schedule.name);
            documents::put(connection, &schedule, Put::New)
        })
        .await
    }

    /// The schedule with that ID.
    ///
    /// # Errors
    /// When it does not exist, or cannot be read.
    pub async fn schedule(&self, id: &ScheduleId) -> Result<Schedule, StoreError> {
        let id = id.clone();
        self.read(move |connection| documents::document(connection, id.as_str())).await
    }

    /// Reads a schedule, lets `change` modify it, and writes it, atomically. Nothing is written when `change` returns
    /// an error.
    ///
    /// # Errors
    /// When it does not exist, `change` returns an error, or the database cannot be written.
    pub async fn update_schedule<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        id: &ScheduleId,
        change: impl FnOnce(&mut Schedule) -> Result<T, E> + Send + 'static,
    ) -> Result<(Schedule, T), E> {
        let id = id.clone();
        self.write(move |connection| {
            let mut schedule: Schedule = documents::document(connection, id.as_str())?;
            let owner = schedule.owner.id.clone();
            let answer = change(&mut schedule)?;
            if schedule.owner.id != owner {
                must_be_there(connection, &schedule.owner)?;
            }
            documents::put(connection, &schedule, Put::Over)?;
            Ok((schedule, answer))
        })
        .await
    }

    /// The schedules that are due, longest due first. An unreadable one is skipped and recorded.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn due_schedules(&self, now_ms: EpochMs) -> Result<Vec<ScheduleId>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(DUE).map_err(during("read due schedules"))?;
            let rows = statement.query_map([now_ms], |row| row.get::<_, String>(0));
            let ids: Vec<String> = rows.and_then(Iterator::collect).map_err(during("read due schedules"))?;
            Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
        })
        .await
    }

    /// When the next schedule is due; `None`: none will be.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next_due_ms(&self) -> Result<Option<EpochMs>, StoreError> {
        self.read(|connection| {
            let found = connection.prepare_cached(NEXT).and_then(|mut statement| {
                rusqlite::OptionalExtension::optional(statement.query_row([EpochMs::MAX], |row| row.get(0)))
            });
            found.map_err(during("read the next schedule"))
        })
        .await
    }

    /// Removes a schedule and the record of its firings. Its runs stay.
    ///
    /// # Errors
    /// The error that `refuse` returns while its next run is being started, or when the database cannot be written.
    pub async fn delete_schedule<E: From<StoreError> + Send + 'static>(
        &self,
        id: &ScheduleId,
        refuse: impl FnOnce() -> E + Send + 'static,
    ) -> Result<(), E> {
        let id = id.clone();
        self.write(move |connection| {
            if firings::has_starting(connection, &id)? {
                return Err(refuse());
            }
            documents::remove::<Schedule>(connection, id.as_str())?;
            Ok(())
        })
        .await
    }

    /// The ids of all schedules.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn schedule_ids(&self) -> Result<Vec<ScheduleId>, StoreError> {
        self.read(|connection| {
            let ids = ids(connection, "SELECT id FROM schedules")?;
            Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
        })
        .await
    }
}
