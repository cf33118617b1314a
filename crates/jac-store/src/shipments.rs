//! How far each run's log has been shipped to each search target.

use crate::{Store, StoreError, during};
use jac_model::search::{Cursor, ShipmentState};
use jac_model::{EpochMs, RunId};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The shipping of a run to a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipmentRow {
    pub run: RunId,
    /// The target's name.
    pub target: String,
    pub state: ShipmentState,
    pub cursor: Cursor,
    /// How long the file of refused rows was at the cursor.
    pub refused_bytes: u64,
    /// Documents of the run at the target; `None`: not counted yet.
    pub counted: Option<u64>,
    pub attempt: Attempt,
    /// The current obstacle, or the final fault: a code and a sentence.
    pub trouble: Option<(String, String)>,
    /// Why the first of the refused rows was.
    pub reason: Option<String>,
    pub updated_ms: EpochMs,
}

/// How the shipping continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Attempt {
    /// From the cursor.
    #[default]
    First,
    /// The target has documents of another log: they are deleted first.
    Full,
    /// Documents were missing at the end, so everything was shipped again.
    Again,
}

impl ShipmentRow {
    /// A new shipment; nothing is shipped yet.
    pub fn new(run: RunId, target: String, now_ms: EpochMs) -> Self {
        Self {
            run,
            target,
            state: ShipmentState::Shipping,
            cursor: Cursor::default(),
            refused_bytes: 0,
            counted: None,
            attempt: Attempt::First,
            trouble: None,
            reason: None,
            updated_ms: now_ms,
        }
    }
}

fn state_word(state: ShipmentState) -> &'static str {
    match state {
        ShipmentState::Shipping => "shipping",
        ShipmentState::Complete => "complete",
        ShipmentState::Incomplete => "incomplete",
        ShipmentState::Delivered => "delivered",
    }
}

const COLUMNS: &str = "SELECT run, target, state, row_at, rows, shipped, refused, refused_bytes, newest_ms, counted, attempt, code, message, \
     reason, updated_ms FROM shipments";

/// Skips a row whose run ID or state is from a newer JAC.
fn row_of(row: &Row<'_>) -> rusqlite::Result<Option<ShipmentRow>> {
    let number = |column: usize| row.get::<_, i64>(column).map(|number| u64::try_from(number).ok());
    let run: String = row.get(0)?;
    let state: String = row.get(2)?;
    let states =
        [ShipmentState::Shipping, ShipmentState::Complete, ShipmentState::Incomplete, ShipmentState::Delivered];
    let state = states.into_iter().find(|known| state_word(*known) == state);
    let (Ok(run), Some(state)) = (run.parse(), state) else { return Ok(None) };
    let newest_ms: i64 = row.get(8)?;
    let code: Option<String> = row.get(11)?;
    Ok(Some(ShipmentRow {
        run,
        target: row.get(1)?,
        state,
        cursor: Cursor {
            row: number(3)?,
            rows: number(4)?.unwrap_or(0),
            shipped: number(5)?.unwrap_or(0),
            refused: number(6)?.unwrap_or(0),
            newest_ms: (newest_ms >= 0).then_some(newest_ms),
        },
        refused_bytes: number(7)?.unwrap_or(0),
        counted: number(9)?,
        attempt: match row.get::<_, i64>(10)? {
            1 => Attempt::Full,
            2 => Attempt::Again,
            _ => Attempt::First,
        },
        trouble: code
            .map(|code| Ok::<_, rusqlite::Error>((code, row.get::<_, Option<String>>(12)?.unwrap_or_default())))
            .transpose()?,
        reason: row.get(13)?,
        updated_ms: row.get(14)?,
    }))
}

fn put(connection: &Connection, row: &ShipmentRow) -> rusqlite::Result<usize> {
    let number = |number: Option<u64>| number.map_or(-1, |number| i64::try_from(number).unwrap_or(i64::MAX));
    let attempt = match row.attempt {
        Attempt::First => 0,
        Attempt::Full => 1,
        Attempt::Again => 2,
    };
    let sql = "UPDATE shipments SET state = ?3, row_at = ?4, rows = ?5, shipped = ?6, refused = ?7, refused_bytes = ?8, newest_ms = ?9,
         counted = ?10, attempt = ?11, code = ?12, message = ?13, reason = ?14, updated_ms = ?15 WHERE run = ?1 AND target = ?2";
    connection.prepare_cached(sql)?.execute(params![
        row.run.as_str(),
        row.target,
        state_word(row.state),
        number(row.cursor.row),
        number(Some(row.cursor.rows)),
        number(Some(row.cursor.shipped)),
        number(Some(row.cursor.refused)),
        number(Some(row.refused_bytes)),
        row.cursor.newest_ms.unwrap_or(-1),
        number(row.counted),
        attempt,
        row.trouble.as_ref().map(|(code, _)| code),
        row.trouble.as_ref().map(|(_, message)| message),
        row.reason,
        row.updated_ms,
    ])
}

impl Store {
    /// Records that a run will be shipped; an existing shipment is unchanged.
    ///
    /// # Errors
    /// When the run does not exist, or the database cannot be written.
    pub async fn add_shipment(&self, run: &RunId, target: &str, now_ms: EpochMs) -> Result<(), StoreError> {
        let (run, target) = (run.clone(), target.to_owned());
        self.write(move |connection| {
            let sql = "INSERT OR IGNORE INTO shipments (run, target, state, updated_ms) SELECT id, ?2, 'shipping', ?3 FROM runs WHERE id = ?1";
            let values = params![run.as_str(), target, now_ms];
            connection.execute(sql, values).map(drop).map_err(during("write a shipment"))
        })
        .await
    }

    /// Reads a shipment, lets `change` modify it, and writes it, atomically. `None`: it no longer exists.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn update_shipment<T: Send + 'static>(
        &self,
        run: &RunId,
        target: &str,
        change: impl FnOnce(&mut ShipmentRow) -> T + Send + 'static,
    ) -> Result<Option<(ShipmentRow, T)>, StoreError> {
        let (run, target) = (run.clone(), target.to_owned());
        self.write(move |connection| {
            let Some(mut row) = one(connection, &run, &target)? else { return Ok(None) };
            let answer = change(&mut row);
            put(connection, &row).map_err(during("write a shipment"))?;
            Ok(Some((row, answer)))
        })
        .await
    }

    /// The shipping of a run to a target; `None`: it is not shipped there.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn shipment(&self, run: &RunId, target: &str) -> Result<Option<ShipmentRow>, StoreError> {
        let (run, target) = (run.clone(), target.to_owned());
        self.read(move |connection| one(connection, &run, &target)).await
    }

    /// The shipments of a run, by the target's name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn shipments(&self, run: &RunId) -> Result<Vec<ShipmentRow>, StoreError> {
        let run = run.clone();
        self.read(move |connection| {
            several(connection, &format!("{COLUMNS} WHERE run = ?1 ORDER BY target"), Some(run.as_str()))
        })
        .await
    }

    /// All shipments that have not ended.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn unfinished_shipments(&self) -> Result<Vec<ShipmentRow>, StoreError> {
        self.read(|connection| {
            several(connection, &format!("{COLUMNS} WHERE state = 'shipping' ORDER BY run, target"), None)
        })
        .await
    }

    /// Forgets the shipping of a run to a target.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delete_shipment(&self, run: &RunId, target: &str) -> Result<(), StoreError> {
        let (run, target) = (run.clone(), target.to_owned());
        self.write(move |connection| {
            let sql = "DELETE FROM shipments WHERE run = ?1 AND target = ?2";
            connection.execute(sql, params![run.as_str(), target]).map(drop).map_err(during("delete a shipment"))
        })
        .await
    }
}

fn one(connection: &Connection, run: &RunId, target: &str) -> Result<Option<ShipmentRow>, StoreError> {
    let read = || {
        let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE run = ?1 AND target = ?2"))?;
        statement.query_row(params![run.as_str(), target], row_of).optional()
    };
    Ok(read().map_err(during("read a shipment"))?.flatten())
}

fn several(connection: &Connection, sql: &str, run: Option<&str>) -> Result<Vec<ShipmentRow>, StoreError> {
    let read = || {
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(run), row_of)?;
        rows.filter_map(Result::transpose).collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(during("read shipments"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[tokio::test]
    async fn a_shipment_is_kept_whole_changed_at_once_and_goes_with_its_run() {
        let store = crate::examples::store().await;
        let run = examples::run(1);
        store.insert_run(&run).await.expect("written");
        store.add_shipment(&run.id, "es", 5).await.expect("written");
        store.add_shipment(&run.id, "es", 9).await.expect("as it is");
        let fresh = ShipmentRow::new(run.id.clone(), "es".to_owned(), 5);
        assert_eq!(store.shipments(&run.id).await.expect("read"), [fresh]);
        let full = ShipmentRow {
            state: ShipmentState::Incomplete,
            cursor: Cursor { row: Some(0), rows: 7, shipped: 5, refused: 2, newest_ms: Some(1_700_000_000_000) },
            refused_bytes: 11,
            counted: Some(4),
            attempt: Attempt::Again,
            trouble: Some(("search_missing".to_owned(), "One is missing.".to_owned())),
            reason: Some("no".to_owned()),
            updated_ms: 6,
            ..ShipmentRow::new(run.id.clone(), "es".to_owned(), 5)
        };
        let expected = full.clone();
        assert_eq!(store.unfinished_shipments().await.expect("read").len(), 1);
        let changed = store.update_shipment(&run.id, "es", move |row| *row = expected).await.expect("written");
        assert_eq!(changed, Some((full.clone(), ())));
        assert_eq!(store.shipment(&run.id, "es").await.expect("read"), Some(full));
        assert_eq!(store.unfinished_shipments().await.expect("read"), []);
        store.delete_run(&run.id).await.expect("deleted");
        assert_eq!(store.shipments(&run.id).await.expect("read"), []);
        store.add_shipment(&run.id, "es", 5).await.expect("nothing to do");
        assert_eq!(store.update_shipment(&run.id, "es", |_| ()).await.expect("nothing to do"), None);
    }
}
