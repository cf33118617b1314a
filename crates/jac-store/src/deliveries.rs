//! The notifications of finished runs: their targets and states. A row is written in the transaction that finishes its run.

use crate::documents::{self, Put};
use crate::{Store, StoreError, during};
use jac_model::notify::DeliveryState;
use jac_model::{EpochMs, Run, RunId};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The notification of a run to a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    pub run: RunId,
    /// The run's current name. Not stored with the row.
    pub run_name: String,
    /// The target's name.
    pub target: String,
    /// The same in each attempt.
    pub id: String,
    pub state: DeliveryState,
    /// Number of attempts.
    pub attempts: u32,
    /// The time from which the duration of attempts counts.
    pub since_ms: EpochMs,
    /// The time of the next attempt, while it waits.
    pub next_ms: EpochMs,
    pub updated_ms: EpochMs,
    /// The fault of the last attempt: a code and a sentence.
    pub trouble: Option<(String, String)>,
}

/// A notification of a run's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    pub target: String,
    pub id: String,
}

fn state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Waiting => "waiting",
        DeliveryState::Delivered => "delivered",
        DeliveryState::GivenUp => "given_up",
    }
}

const COLUMNS: &str = "SELECT run, target, id, state, attempts, since_ms, next_ms, updated_ms, code, message,
        (SELECT name FROM runs WHERE runs.id = deliveries.run) FROM deliveries";

/// Skips a row whose run ID or state is from a newer JAC.
fn row_of(row: &Row<'_>) -> rusqlite::Result<Option<DeliveryRow>> {
    let (run, state): (String, String) = (row.get(0)?, row.get(3)?);
    let states = [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::GivenUp];
    let state = states.into_iter().find(|known| state_word(*known) == state);
    let (Ok(run), Some(state)) = (run.parse(), state) else { return Ok(None) };
    let (code, message): (Option<String>, Option<String>) = (row.get(8)?, row.get(9)?);
    Ok(Some(DeliveryRow {
        run,
        run_name: row.get::<_, Option<String>>(10)?.unwrap_or_default(),
        target: row.get(1)?,
        id: row.get(2)?,
        state,
        attempts: row.get(4)?,
        since_ms: row.get(5)?,
        next_ms: row.get(6)?,
        updated_ms: row.get(7)?,
        trouble: code.map(|code| (code, message.unwrap_or_default())),
    }))
}

fn put(connection: &Connection, row: &DeliveryRow) -> rusqlite::Result<usize> {
    let sql = "UPDATE deliveries SET state = ?3, attempts = ?4, since_ms = ?5, next_ms = ?6, updated_ms = ?7, code = ?8, message = ?9
         WHERE run = ?1 AND target = ?2";
    connection.prepare_cached(sql)?.execute(params![
        row.run.as_str(),
        row.target,
        state_word(row.state),
        row.attempts,
        row.since_ms,
        row.next_ms,
        row.updated_ms,
        row.trouble.as_ref().map(|(code, _)| code),
        row.trouble.as_ref().map(|(_, message)| message),
    ])
}

fn one(
    connection: &Connection,
    rest: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Option<DeliveryRow>, StoreError> {
    let read = || connection.prepare_cached(&format!("{COLUMNS} {rest}"))?.query_row(values, row_of).optional();
    Ok(read().map_err(during("read a delivery"))?.flatten())
}

/// Existing rows are unchanged.
fn insert(connection: &Connection, run: &RunId, deliveries: &[NewDelivery], now_ms: EpochMs) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO deliveries (run, target, id, state, since_ms, next_ms, updated_ms)
         VALUES (?1, ?2, ?3, 'waiting', ?4, ?4, ?4)";
    for delivery in deliveries {
        let values = params![run.as_str(), delivery.target, delivery.id, now_ms];
        connection.execute(sql, values).map_err(during("write a delivery"))?;
    }
    Ok(())
}

impl Store {
    /// Records the notifications of a run that is about to be finished in another way. Existing ones are unchanged.
    ///
    /// # Errors
    /// When the run does not exist, or the database cannot be written.
    pub async fn add_deliveries(
        &self,
        run: &RunId,
        deliveries: Vec<NewDelivery>,
        now_ms: EpochMs,
    ) -> Result<(), StoreError> {
        let run = run.clone();
        self.write(move |connection| insert(connection, &run, &deliveries, now_ms)).await
    }

    /// Lets `change` finish a run, and records its notifications in the same transaction.
    ///
    /// # Errors
    /// When `change` returns an error, or the database cannot be written; then nothing is changed.
    pub async fn finish_run<E: From<StoreError> + Send + 'static>(
        &self,
        id: &RunId,
        change: impl FnOnce(&mut Run) -> Result<(), E> + Send + 'static,
        deliveries: Vec<NewDelivery>,
        now_ms: EpochMs,
    ) -> Result<Run, E> {
        let id = id.clone();
        self.write(move |connection| {
            let mut run: Run = documents::document(connection, id.as_str())?;
            change(&mut run)?;
            documents::put(connection, &run, Put::Over)?;
            insert(connection, &id, &deliveries, now_ms)?;
            Ok(run)
        })
        .await
    }

    /// The delivery to a target that is due first; `None`: none waits.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next_delivery(&self, target: &str) -> Result<Option<DeliveryRow>, StoreError> {
        let target = target.to_owned();
        let rest = "WHERE target = ?1 AND state = 'waiting' ORDER BY next_ms LIMIT 1";
        self.read(move |connection| one(connection, rest, &[&target])).await
    }

    /// The last attempted delivery to a target; `None`: none was attempted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_delivery(&self, target: &str) -> Result<Option<DeliveryRow>, StoreError> {
        let target = target.to_owned();
        let rest = "WHERE target = ?1 AND attempts > 0 ORDER BY updated_ms DESC LIMIT 1";
        self.read(move |connection| one(connection, rest, &[&target])).await
    }

    /// How many deliveries to a target wait.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn waiting_deliveries(&self, target: &str) -> Result<u64, StoreError> {
        let target = target.to_owned();
        self.read(move |connection| {
            let sql = "SELECT COUNT(*) FROM deliveries WHERE target = ?1 AND state = 'waiting'";
            let count = connection.query_row(sql, [target], |row| row.get::<_, u32>(0));
            count.map(u64::from).map_err(during("count deliveries"))
        })
        .await
    }

    /// The deliveries of a run, by the target's name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn deliveries(&self, run: &RunId) -> Result<Vec<DeliveryRow>, StoreError> {
        let run = run.clone();
        self.read(move |connection| {
            let read = || {
                let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE run = ?1 ORDER BY target"))?;
                let rows = statement.query_map([run.as_str()], row_of)?;
                rows.filter_map(Result::transpose).collect::<rusqlite::Result<Vec<_>>>()
            };
            read().map_err(during("read deliveries"))
        })
        .await
    }

    /// Reads a delivery, lets `change` modify it, and writes it, atomically. `None`: it no longer exists.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn update_delivery(
        &self,
        run: &RunId,
        target: &str,
        change: impl FnOnce(&mut DeliveryRow) + Send + 'static,
    ) -> Result<Option<DeliveryRow>, StoreError> {
        let (run, target) = (run.clone(), target.to_owned());
        self.write(move |connection| {
            let found = one(connection, "WHERE run = ?1 AND target = ?2", &[&run.as_str(), &target])?;
            let Some(mut row) = found else { return Ok(None) };
            change(&mut row);
            put(connection, &row).map_err(during("write a delivery"))?;
            Ok(Some(row))
        })
        .await
    }

    /// Abandons deliveries that have waited since before `before_ms` for targets other than these, and returns their
    /// number.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn give_up_deliveries(
        &self,
        targets: Vec<String>,
        before_ms: EpochMs,
        now_ms: EpochMs,
    ) -> Result<usize, StoreError> {
        self.write(move |connection| {
            let sql = "UPDATE deliveries SET state = 'given_up', updated_ms = ?2, code = 'integration_not_configured',
                 message = 'No target with this name is configured.'
                 WHERE state = 'waiting' AND since_ms < ?1 AND target NOT IN (SELECT value FROM json_each(?3))";
            let names = serde_json::Value::from(targets).to_string();
            connection.execute(sql, params![before_ms, now_ms, names]).map_err(during("give deliveries up"))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    fn new(target: &str) -> NewDelivery {
        NewDelivery { target: target.to_owned(), id: format!("n-{target}") }
    }

    async fn finished(store: &Store, number: u32, targets: &[&str], now_ms: EpochMs) -> RunId {
        let run = examples::run(number);
        store.insert_run(&run).await.expect("written");
        let deliveries = targets.iter().map(|target| new(target)).collect();
        let done = store.finish_run(&run.id, |_| Ok::<_, StoreError>(()), deliveries, now_ms).await;
        done.expect("written").id
    }

    #[tokio::test]
    async fn deliveries_are_written_with_the_runs_end_or_not_at_all_and_go_with_their_run() {
        let store = crate::examples::store().await;
        let run = examples::run(1);
        store.insert_run(&run).await.expect("written");
        let refused = |_: &mut Run| Err(StoreError::Cursor);
        store.finish_run(&run.id, refused, vec![new("hook")], 5).await.expect_err("refused");
        assert_eq!(store.deliveries(&run.id).await.expect("read"), []);
        for _ in 0..2 {
            let done = store.finish_run(&run.id, |_| Ok::<_, StoreError>(()), vec![new("hook")], 5).await;
            done.expect("written");
        }
        let expected = DeliveryRow {
            run: run.id.clone(),
            run_name: run.name.clone(),
            target: "hook".to_owned(),
            id: "n-hook".to_owned(),
            state: DeliveryState::Waiting,
            attempts: 0,
            since_ms: 5,
            next_ms: 5,
            updated_ms: 5,
            trouble: None,
        };
        assert_eq!(store.deliveries(&run.id).await.expect("read"), [expected]);
        store.delete_run(&run.id).await.expect("deleted");
        assert_eq!(store.next_delivery("hook").await.expect("read"), None);
    }

    #[tokio::test]
    async fn the_one_that_is_due_first_comes_first_and_what_is_done_does_not_come_again() {
        let store = crate::examples::store().await;
        let (first, second) =
            (finished(&store, 1, &["hook"], 5).await, finished(&store, 2, &["hook", "mail"], 6).await);
        let next = async || store.next_delivery("hook").await.expect("read").map(|row| row.run);
        assert_eq!(next().await, Some(first.clone()));
        let fails = |row: &mut DeliveryRow| {
            (row.attempts, row.next_ms, row.updated_ms) = (1, 100, 7);
            row.trouble = Some(("integration_timeout".to_owned(), "Late.".to_owned()));
        };
        store.update_delivery(&first, "hook", fails).await.expect("written");
        assert_eq!(next().await, Some(second.clone()));
        store.update_delivery(&second, "hook", |row| row.state = DeliveryState::Delivered).await.expect("written");
        assert_eq!(next().await, Some(first.clone()));
        assert_eq!(store.waiting_deliveries("hook").await.expect("counted"), 1);
        let last = store.last_delivery("hook").await.expect("read").expect("one was tried");
        assert_eq!((last.run, last.attempts), (first.clone(), 1));
        assert_eq!(store.give_up_deliveries(vec!["mail".to_owned()], 6, 9).await.expect("written"), 1);
        let given_up = store.deliveries(&first).await.expect("read").remove(0);
        assert_eq!(given_up.state, DeliveryState::GivenUp);
        assert_eq!(given_up.trouble.expect("a reason").0, "integration_not_configured");
    }
}
