//! Firings: the past scheduled times of schedules, each with its outcome.

use crate::documents::{self, Put};
use crate::{Store, StoreError, during};
use jac_model::{ClusterId, EpochMs, Firing, FiringState, Person, RunId, Schedule, ScheduleId};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A firing as the engine works with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiringRow {
    pub firing: Firing,
    /// The ID that its run has or will have.
    pub run: Option<RunId>,
    /// The ID that the cluster created for it has or will have.
    pub cluster: Option<ClusterId>,
    /// The differences from the schedule's settings, sealed, in hex.
    pub changes: Option<String>,
}

/// A firing that is not stored yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFiring {
    pub due_ms: EpochMs,
    pub state: FiringState,
    /// The person who started it manually.
    pub by: Option<Person>,
    pub code: Option<String>,
    pub message: Option<String>,
    pub run: Option<RunId>,
    pub cluster: Option<ClusterId>,
    pub changes: Option<String>,
    pub times: u32,
    pub ended_ms: Option<EpochMs>,
}

const COLUMNS: &str = "SELECT id, schedule, due_ms, state, by_id, by_name, code, message, run, cluster, changes, times, ended_ms FROM firings";
pub(crate) const OPEN: &str = "INDEXED BY firings_open WHERE state IN ('starting', 'waiting', 'running') ORDER BY id";
/// Maximum number of firings kept per schedule; the oldest are deleted first.
const MOST_KEPT: u32 = 1_000;

/// Skips a row whose IDs or state are from a newer JAC.
fn row_of(row: &Row<'_>) -> rusqlite::Result<Option<FiringRow>> {
    let (schedule, state): (String, String) = (row.get(1)?, row.get(3)?);
    let (Ok(schedule_id), Some(state)) = (schedule.parse::<ScheduleId>(), FiringState::of_word(&state)) else {
        return Ok(None);
    };
    let (by_id, by_name): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
    let run: Option<RunId> = row.get::<_, Option<String>>(8)?.and_then(|id| id.parse().ok());
    // The ID exists before the run does.
    let has_run = matches!(state, FiringState::Running | FiringState::Finished | FiringState::Failed);
    Ok(Some(FiringRow {
        firing: Firing {
            id: row.get(0)?,
            schedule_id,
            due_ms: row.get(2)?,
            state,
            by: by_id.zip(by_name).map(|(id, name)| Person { id, name }),
            code: row.get(6)?,
            message: row.get(7)?,
            run_id: run.clone().filter(|_| has_run),
            times: row.get(11)?,
            ended_ms: row.get(12)?,
        },
        run,
        cluster: row.get::<_, Option<String>>(9)?.and_then(|id| id.parse().ok()),
        changes: row.get(10)?,
    }))
}

/// Writes a firing down; `None`: the schedule had one for that time already, which is possible after a clock was set back.
fn insert(connection: &Connection, schedule: &ScheduleId, firing: &NewFiring) -> Result<Option<i64>, StoreError> {
    let sql = "INSERT INTO firings (schedule, due_ms, state, by_id, by_name, code, message, run, cluster, changes, times, ended_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING";
    let values = params![
        schedule.as_str(),
        firing.due_ms,
        firing.state.word(),
        firing.by.as_ref().map(|by| &by.id),
        firing.by.as_ref().map(|by| &by.name),
        firing.code,
        firing.message,
        firing.run.as_ref().map(RunId::as_str),
        firing.cluster.as_ref().map(ClusterId::as_str),
        firing.changes,
        firing.times,
        firing.ended_ms,
    ];
    let written = connection.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
    if written.map_err(during("write a firing"))? == 0 {
        return Ok(None);
    }
    let id = connection.last_insert_rowid();
    let sql = "DELETE FROM firings WHERE schedule = ?1 AND ended_ms IS NOT NULL AND id <=
         (SELECT id FROM firings INDEXED BY firings_by_schedule WHERE schedule = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
    let removed = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params![schedule.as_str(), MOST_KEPT]));
    removed.map(|_| Some(id)).map_err(during("remove old firings"))
}

pub(crate) fn has_starting(connection: &Connection, schedule: &ScheduleId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM firings INDEXED BY firings_by_schedule WHERE schedule = ?1 AND state = 'starting'";
    let found = connection.prepare_cached(sql).and_then(|mut statement| statement.exists([schedule.as_str()]));
    found.map_err(during("read firings"))
}

/// The firings of a schedule that have not ended.
fn open_of(connection: &Connection, schedule: &ScheduleId) -> Result<Vec<FiringRow>, StoreError> {
    several(
        connection,
        &format!(
            "{COLUMNS} INDEXED BY firings_open WHERE state IN ('starting', 'waiting', 'running') AND schedule = ?1 ORDER BY id"
        ),
        [schedule.as_str()],
    )
}

fn several(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Vec<FiringRow>, StoreError> {
    let read = || {
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(values, row_of)?;
        rows.filter_map(Result::transpose).collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(during("read firings"))
}

impl Store {
    /// Reads a schedule with its unfinished firings, lets `take` modify it and return the firings to insert, and writes
    /// both in one transaction. Returns the schedule and the IDs of the new firings.
    ///
    /// # Errors
    /// When the schedule does not exist, `take` returns an error, or the database cannot be written.
    pub async fn take_firings<E: From<StoreError> + Send + 'static>(
        &self,
        id: &ScheduleId,
        take: impl FnOnce(&mut Schedule, &[FiringRow]) -> Result<Vec<NewFiring>, E> + Send + 'static,
    ) -> Result<(Schedule, Vec<i64>), E> {
        let id = id.clone();
        self.write(move |connection| {
            let mut schedule: Schedule = documents::document(connection, id.as_str())?;
            let open = open_of(connection, &id)?;
            let new = take(&mut schedule, &open)?;
            documents::put(connection, &schedule, Put::Over)?;
            let ids = new.iter().map(|firing| insert(connection, &id, firing)).collect::<Result<Vec<_>, _>>()?;
            Ok((schedule, ids.into_iter().flatten().collect()))
        })
        .await
    }

    /// Reads a firing with its schedule, lets `change` modify both, and writes them, atomically. `None`: it does not
    /// exist any more, or `change` changed nothing.
    ///
    /// # Errors
    /// When the schedule cannot be read, or the database cannot be written.
    pub async fn update_firing(
        &self,
        id: i64,
        change: impl FnOnce(&mut Schedule, &mut Firing) -> bool + Send + 'static,
    ) -> Result<Option<(Schedule, Firing)>, StoreError> {
        self.write(move |connection| {
            let Some(mut row) = several(connection, &format!("{COLUMNS} WHERE id = ?1"), [id])?.pop() else {
                return Ok(None);
            };
            let mut schedule: Schedule = documents::document(connection, row.firing.schedule_id.as_str())?;
            let before = schedule.clone();
            if !change(&mut schedule, &mut row.firing) {
                return Ok(None);
            }
            let firing = &row.firing;
            let sql = "UPDATE firings SET state = ?2, code = ?3, message = ?4, ended_ms = ?5 WHERE id = ?1";
            let values = params![id, firing.state.word(), firing.code, firing.message, firing.ended_ms];
            let written = connection.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
            written.map_err(during("write a firing"))?;
            if schedule != before {
                documents::put(connection, &schedule, Put::Over)?;
            }
            Ok(Some((schedule, row.firing)))
        })
        .await
    }

    /// The firing with that ID; `None`: it no longer exists.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn firing(&self, id: i64) -> Result<Option<FiringRow>, StoreError> {
        self.read(move |connection| Ok(several(connection, &format!("{COLUMNS} WHERE id = ?1"), [id])?.pop())).await
    }

    /// All firings that have not ended, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open_firings(&self) -> Result<Vec<FiringRow>, StoreError> {
        self.read(|connection| several(connection, &format!("{COLUMNS} {OPEN}"), [])).await
    }

    /// The firings of a schedule before one, the newest first; `None`: the newest.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn firings(
        &self,
        schedule: &ScheduleId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Firing>, StoreError> {
        let schedule = schedule.clone();
        self.read(move |connection| {
            let sql = format!(
                "{COLUMNS} INDEXED BY firings_by_schedule WHERE schedule = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
            );
            let rows = several(connection, &sql, params![schedule.as_str(), before.unwrap_or(i64::MAX), limit])?;
            Ok(rows.into_iter().map(|row| row.firing).collect())
        })
        .await
    }

    /// The firing that a run is of, with the name of its schedule; `None`: it is of none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn firing_of_run(&self, run: &RunId) -> Result<Option<(Firing, String)>, StoreError> {
        let run = run.clone();
        self.read(move |connection| {
            let sql = format!("{COLUMNS} INDEXED BY firings_by_run WHERE run = ?1");
            let Some(row) = several(connection, &sql, [run.as_str()])?.pop() else { return Ok(None) };
            let name = connection
                .query_row("SELECT name FROM schedules WHERE id = ?1", [row.firing.schedule_id.as_str()], |row| {
                    row.get(0)
                })
                .optional()
                .map_err(during("read a schedule's name"))?;
            Ok(name.map(|name| (row.firing, name)))
        })
        .await
    }
}
