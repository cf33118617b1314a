//! The audit trail: who changed what, written in the transaction of the change itself.
//!
//! The handler of a request wraps it in an [`AuditedChange`]. The first change of the database within it also writes
//! the entry, in the same transaction: there is no change without its entry, and no entry of a change that was rolled
//! back. The entry of a request that changed nothing, was rejected or failed is written with its response. A change
//! that takes several transactions is [prepared](AuditedChange::prepare) first, with an entry of its own.

use crate::{Store, StoreError, during};
use jac_model::{EpochMs, Person, network_of};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Done,
    /// The caller lacks permission.
    Refused,
    /// It could not be done.
    Failed,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "done" => Self::Done,
            "refused" => Self::Refused,
            _ => Self::Failed,
        }
    }
}

/// One entry, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    pub at_ms: EpochMs,
    /// `None`: an unknown caller.
    pub person: Option<Person>,
    /// `shell`, `session`, `token`, `schedule` or `none`.
    pub via: &'static str,
    /// Which session, token or schedule.
    pub via_name: Option<String>,
    pub address: Option<String>,
    /// A code for programs, as in the API.
    pub action: String,
    /// The kind of the changed object: `cluster`, `plan`, `run`, `person`…
    pub kind: Option<String>,
    pub thing: Option<String>,
    pub thing_name: Option<String>,
    pub outcome: Outcome,
    /// The code of the fault.
    pub code: Option<String>,
    pub details: BTreeMap<String, String>,
}

/// One entry, as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// Rises from one to the next.
    pub id: i64,
    pub at_ms: EpochMs,
    pub person: Option<Person>,
    pub via: String,
    pub via_name: Option<String>,
    pub address: Option<String>,
    pub action: String,
    pub kind: Option<String>,
    pub thing: Option<String>,
    pub thing_name: Option<String>,
    pub outcome: Outcome,
    pub code: Option<String>,
    pub details: BTreeMap<String, String>,
}

/// Which entries are listed; empty fields match all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    pub person: Option<String>,
    pub action: Option<String>,
    pub thing: Option<String>,
    /// Somewhere in names, action, code or details.
    pub text: Option<String>,
    pub from_ms: Option<EpochMs>,
    pub to_ms: Option<EpochMs>,
    /// Only those before this one.
    pub before: Option<i64>,
    pub limit: u32,
}

/// The change of a request, with its entry. Clones refer to the same change.
#[derive(Debug, Clone, Default)]
pub struct AuditedChange {
    pending: Arc<Mutex<Option<NewEntry>>>,
    /// The change is not the requested one yet: its entry waits for the end.
    held: Arc<AtomicBool>,
    preparation: Arc<Mutex<Option<Preparation>>>,
}

/// A change that precedes the requested one.
#[derive(Debug, Clone, Copy)]
struct Preparation {
    action: &'static str,
    is_written: bool,
}

tokio::task_local! {
    static CURRENT: AuditedChange;
}

impl AuditedChange {
    /// Runs a future within it.
    pub async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self.clone(), work).await
    }

    /// Runs work on this thread within it.
    pub fn around_blocking<T>(&self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), work)
    }

    /// The change of the current task, if any.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Sets the entry, before the change.
    pub fn begin(&self, entry: NewEntry) {
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(entry);
    }

    /// Modifies an entry that is not written yet.
    pub fn amend(&self, amend: impl FnOnce(&mut NewEntry)) {
        if let Some(entry) = self.pending.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            amend(entry);
        }
    }

    /// Adds the created object to the entry, if the request does not name it: for the request that this thread works
    /// for, if any.
    pub(crate) fn makes(kind: &str, id: &str, name: &str) {
        let Some(audited) = Self::current() else { return };
        audited.amend(|entry| {
            if entry.thing.is_none() {
                entry.kind = Some(kind.to_owned());
                entry.thing = Some(id.to_owned());
                entry.thing_name = Some(name.to_owned());
            }
        });
    }

    /// Sets the item that the entry is about, replacing the previous one; `None`: the item created next.
    pub fn is_about(thing: Option<(&str, &str)>) {
        let Some(audited) = Self::current() else { return };
        audited.amend(|entry| {
            entry.kind = thing.map(|(kind, _)| kind.to_owned());
            entry.thing = thing.map(|(_, id)| id.to_owned());
            entry.thing_name = None;
        });
    }

    /// Adds the caller to the entry, who was unknown before.
    pub(crate) fn is_of(person: &Person) {
        let Some(audited) = Self::current() else { return };
        audited.amend(|entry| entry.person = Some(person.clone()));
    }

    /// The current or next change is not yet the requested one, which may still be rejected.
    pub fn hold() {
        let Some(audited) = Self::current() else { return };
        audited.held.store(true, Ordering::Relaxed);
    }

    /// Changes from now on prepare the requested one: the first change writes an entry with this action, and the
    /// request's own entry waits for [`conclude`](Self::conclude), or for the response if that is a failure.
    pub fn prepare(action: &'static str) {
        let Some(audited) = Self::current() else { return };
        audited.held.store(false, Ordering::Relaxed);
        *audited.preparing() = Some(Preparation { action, is_written: false });
    }

    /// The next change is the requested one.
    pub fn conclude() {
        let Some(audited) = Self::current() else { return };
        audited.preparing().take();
    }

    /// Adds a detail to the entry of the request that this task works for, if any. Never a secret.
    pub fn detail(key: &str, value: impl Into<String>) {
        let Some(audited) = Self::current() else { return };
        audited.amend(|entry| drop(entry.details.insert(key.to_owned(), value.into())));
    }

    fn preparing(&self) -> MutexGuard<'_, Option<Preparation>> {
        self.preparation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry of the current change.
    pub(crate) fn due(&self) -> Option<NewEntry> {
        if self.held.swap(false, Ordering::Relaxed) {
            return None;
        }
        match *self.preparing() {
            None => self.unwritten(),
            Some(Preparation { is_written: true, .. }) => None,
            Some(Preparation { action, .. }) => {
                self.unwritten().map(|entry| NewEntry { action: action.to_owned(), ..entry })
            }
        }
    }

    /// The entry that no change has written.
    pub fn unwritten(&self) -> Option<NewEntry> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The entry that was due is written.
    pub(crate) fn written(&self) {
        if let Some(preparation) = self.preparing().as_mut() {
            preparation.is_written = true;
            return;
        }
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Maximum length of a caller's text in an entry, in characters: entries are kept indefinitely.
const LONGEST: usize = 200;

/// A text in stored form.
fn kept(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some(_) => text.chars().take(LONGEST - 1).chain(['…']).collect(),
    }
}

/// Writes an entry in the connection's current transaction.
pub(crate) fn insert(connection: &Connection, entry: &NewEntry) -> Result<(), StoreError> {
    let details: BTreeMap<String, String> = entry.details.iter().map(|(key, value)| (kept(key), kept(value))).collect();
    let short = |text: &Option<String>| text.as_deref().map(kept);
    let details =
        serde_json::to_string(&details).map_err(|source| StoreError::Unwritable { what: "an audit entry", source })?;
    connection
        .prepare_cached(
            "INSERT INTO audit (at_ms, person, person_name, via, via_name, address, action, kind, thing, thing_name, outcome, code, details)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                entry.at_ms,
                entry.person.as_ref().map(|person| &person.id),
                entry.person.as_ref().map(|person| kept(&person.name)),
                entry.via,
                short(&entry.via_name),
                entry.address,
                entry.action,
                entry.kind,
                short(&entry.thing),
                short(&entry.thing_name),
                entry.outcome.word(),
                entry.code,
                details
            ])
        })
        .map(drop)
        .map_err(during("write the audit trail"))
}

fn entry_row(row: &Row<'_>) -> rusqlite::Result<EntryRow> {
    let person: Option<String> = row.get(2)?;
    let name: Option<String> = row.get(3)?;
    Ok(EntryRow {
        id: row.get(0)?,
        at_ms: row.get(1)?,
        person: person.zip(name).map(|(id, name)| Person { id, name }),
        via: row.get(4)?,
        via_name: row.get(5)?,
        address: row.get(6)?,
        action: row.get(7)?,
        kind: row.get(8)?,
        thing: row.get(9)?,
        thing_name: row.get(10)?,
        outcome: Outcome::of(&row.get::<_, String>(11)?),
        code: row.get(12)?,
        details: serde_json::from_str(&row.get::<_, String>(13)?).unwrap_or_default(),
    })
}

const SIGNED_IN_FROM: &str = "SELECT 1 FROM audit INDEXED BY audit_sign_ins
     WHERE person = ?1 AND action = 'session.create' AND outcome = 'done' AND address = ?2";

/// Each address once: the index is searched once for each address, not scanned for each sign-in.
const SIGN_IN_ADDRESSES: &str = "WITH RECURSIVE known (address) AS (
         SELECT (SELECT min(address) FROM audit INDEXED BY audit_sign_ins
                 WHERE person = ?1 AND action = 'session.create' AND outcome = 'done')
         UNION ALL
         SELECT (SELECT min(audit.address) FROM audit INDEXED BY audit_sign_ins
                 WHERE person = ?1 AND action = 'session.create' AND outcome = 'done' AND audit.address > known.address)
         FROM known WHERE known.address IS NOT NULL)
     SELECT address FROM known WHERE address IS NOT NULL";

impl Store {
    /// Writes an entry that belongs to no change of the database.
    pub async fn add_entry(&self, entry: NewEntry) -> Result<(), StoreError> {
        self.write(move |connection| insert(connection, &entry)).await
    }

    /// Whether the person has ever signed in from this address, or from another one of its network ([`network_of`]).
    pub async fn has_signed_in_from(&self, person: &str, address: &str) -> Result<bool, StoreError> {
        let (person, address) = (person.to_owned(), address.to_owned());
        self.read(move |connection| {
            let read = || -> rusqlite::Result<bool> {
                if connection.prepare_cached(SIGNED_IN_FROM)?.exists(params![person, address])? {
                    return Ok(true);
                }
                let Ok(network) = address.parse().map(network_of) else { return Ok(false) };
                let mut statement = connection.prepare_cached(SIGN_IN_ADDRESSES)?;
                let mut addresses = statement.query_map([&person], |row| row.get::<_, String>(0))?;
                let is_in = |known: String| known.parse().is_ok_and(|known| network_of(known) == network);
                addresses.try_fold(false, |found, known| Ok(found || is_in(known?)))
            };
            read().map_err(during("read the audit trail"))
        })
        .await
    }

    /// The entries that the filter takes, the newest first.
    pub async fn entries(&self, filter: EntryFilter) -> Result<Vec<EntryRow>, StoreError> {
        self.read(move |connection| {
            let mut sql = "SELECT id, at_ms, person, person_name, via, via_name, address, action, kind, thing, thing_name, outcome, code, details
                           FROM audit WHERE id < ?1"
                .to_owned();
            let mut values: Vec<Box<dyn rusqlite::ToSql>> = vec![Box::new(filter.before.unwrap_or(i64::MAX))];
            let mut add = |condition: &str, value: Option<Box<dyn rusqlite::ToSql>>| {
                if let Some(value) = value {
                    values.push(value);
                    sql.push_str(&condition.replace("??", &format!("?{}", values.len())));
                }
            };
            fn boxed<T: rusqlite::ToSql + 'static>(value: Option<T>) -> Option<Box<dyn rusqlite::ToSql>> {
                value.map(|value| Box::new(value) as Box<dyn rusqlite::ToSql>)
            }
            add(" AND person = ??", boxed(filter.person));
            add(" AND action = ??", boxed(filter.action));
            add(" AND thing = ??", boxed(filter.thing));
            add(" AND at_ms >= ??", boxed(filter.from_ms));
            add(" AND at_ms <= ??", boxed(filter.to_ms));
            let text = filter.text.map(|text| jac_model::folded(&text));
            add(
                " AND instr(folded(concat_ws(' ', person_name, action, thing, thing_name, code, address, details)), ??) > 0",
                boxed(text),
            );
            sql.push_str(&format!(" ORDER BY id DESC LIMIT {}", filter.limit));
            let values: Vec<&dyn rusqlite::ToSql> = values.iter().map(AsRef::as_ref).collect();
            let read =
                || connection.prepare_cached(&sql)?.query_map(&values[..], entry_row)?.collect::<Result<_, _>>();
            read().map_err(during("read the audit trail"))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str) -> NewEntry {
        NewEntry {
            at_ms: 7,
            person: Some(Person { id: "admin".to_owned(), name: "Administrator".to_owned() }),
            via: "shell",
            via_name: None,
            address: Some("192.0.2.1".to_owned()),
            action: action.to_owned(),
            kind: Some("team".to_owned()),
            thing: Some("t-1".to_owned()),
            thing_name: None,
            outcome: Outcome::Done,
            code: None,
            details: BTreeMap::from([("role".to_owned(), "Member".to_owned())]),
        }
    }

    async fn actions(store: &Store, filter: EntryFilter) -> Vec<String> {
        let filter = EntryFilter { limit: 10, ..filter };
        store.entries(filter).await.expect("entries").into_iter().map(|entry| entry.action).collect()
    }

    #[tokio::test]
    async fn an_entry_is_written_with_its_change_once_and_not_with_one_that_failed() {
        let store = Store::in_memory().await.expect("a database");
        let audited = AuditedChange::default();
        audited.begin(entry("team.create"));
        audited.around(store.add_team("t-1", "Shop")).await.expect("made");
        assert!(audited.unwritten().is_none());
        audited.around(store.add_team("t-2", "Pay")).await.expect("made");
        assert_eq!(actions(&store, EntryFilter::default()).await, ["team.create"], "once for all changes of a request");
        let failing = AuditedChange::default();
        failing.begin(entry("team.twice"));
        assert!(failing.around(store.add_team("t-1", "Shop")).await.is_err());
        assert!(failing.unwritten().is_some());
        assert_eq!(actions(&store, EntryFilter::default()).await, ["team.create"]);
    }

    #[tokio::test]
    async fn an_entry_is_short_whatever_a_caller_says() {
        let store = Store::in_memory().await.expect("a database");
        let long = "é".repeat(1 << 20);
        let details = BTreeMap::from([("text".to_owned(), long.clone()), ("short".to_owned(), "x".repeat(200))]);
        let thing_name = Some(long.clone());
        store.add_entry(NewEntry { thing_name, thing: Some(long), details, ..entry("note") }).await.expect("written");
        let found = store.entries(EntryFilter { limit: 1, ..EntryFilter::default() }).await.expect("entries").remove(0);
        let texts =
            [found.thing.as_deref(), found.thing_name.as_deref(), found.details.get("text").map(String::as_str)];
        for text in texts {
            let text = text.expect("a text");
            assert!(text.chars().count() == LONGEST && text.ends_with("é…"), "{}", text.len());
        }
        assert_eq!(found.details["short"].len(), 200, "what is short enough stays");
        assert!(!store.has_signed_in_from("admin", "192.0.2.1").await.expect("read"));
        store.add_entry(entry("session.create")).await.expect("written");
        assert!(store.has_signed_in_from("admin", "192.0.2.1").await.expect("read"));
        assert!(!store.has_signed_in_from("admin", "192.0.2.2").await.expect("read"));
    }

    #[tokio::test]
    async fn somebody_is_known_in_the_whole_network_that_they_have_signed_in_from() {
        let store = Store::in_memory().await.expect("a database");
        let at = |address: &str| NewEntry { address: Some(address.to_owned()), ..entry("session.create") };
        for address in ["192.0.2.1", "2001:db8:1:2::1", "2001:db8:1:2::1", "2001:db8:7::9"] {
            store.add_entry(at(address)).await.expect("written");
        }
        store.add_entry(NewEntry { address: None, ..entry("session.create") }).await.expect("written");
        store.add_entry(NewEntry { outcome: Outcome::Refused, ..at("2001:db8:5::1") }).await.expect("written");
        store.add_entry(NewEntry { person: None, ..at("2001:db8:6::1") }).await.expect("written");
        for (address, is_known) in [
            ("2001:db8:1:2::1", true),
            ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", true),
            ("2001:db8:7:0:1::", true),
            ("2001:db8:1:3::1", false),
            ("2001:db8:5::1", false),
            ("2001:db8:6::1", false),
            ("192.0.2.1", true),
            ("192.0.2.2", false),
            ("unknown", false),
        ] {
            assert_eq!(store.has_signed_in_from("admin", address).await.expect("read"), is_known, "{address}");
        }
        let plan = |sql: &'static str, values: usize| {
            store.read(move |connection| {
                let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).map_err(during("plan"))?;
                let values = rusqlite::params_from_iter(std::iter::repeat_n("x", values));
                let steps = plan.query_map(values, |row| row.get::<_, String>(3)).map_err(during("plan"))?;
                steps.collect::<rusqlite::Result<Vec<_>>>().map_err(during("plan"))
            })
        };
        for (sql, values) in [(SIGNED_IN_FROM, 2), (SIGN_IN_ADDRESSES, 1)] {
            let steps = plan(sql, values).await.expect("a plan");
            let of_audit: Vec<_> = steps.iter().filter(|step| step.contains(" audit")).collect();
            let is_entered = |step: &&String| step.starts_with("SEARCH") && step.contains("INDEX audit_sign_ins");
            assert!(!of_audit.is_empty() && of_audit.iter().all(is_entered), "{steps:?}");
        }
    }

    #[tokio::test]
    async fn entries_are_found_and_never_changed() {
        let store = Store::in_memory().await.expect("a database");
        for action in ["one", "two", "three"] {
            store.add_entry(entry(action)).await.expect("written");
        }
        let found = async |filter| actions(&store, filter).await;
        assert_eq!(found(EntryFilter::default()).await, ["three", "two", "one"]);
        assert_eq!(found(EntryFilter { before: Some(3), ..EntryFilter::default() }).await, ["two", "one"]);
        let action = Some("two".to_owned());
        assert_eq!(found(EntryFilter { action, ..EntryFilter::default() }).await, ["two"]);
        let text = Some("MEMBER".to_owned());
        assert_eq!(found(EntryFilter { text, ..EntryFilter::default() }).await.len(), 3);
        assert_eq!(found(EntryFilter { from_ms: Some(8), ..EntryFilter::default() }).await.len(), 0);
        for sql in ["UPDATE audit SET action = 'x'", "DELETE FROM audit"] {
            let changed = store.write::<_, StoreError>(move |c| c.execute(sql, []).map_err(during("tamper"))).await;
            assert!(changed.is_err(), "{sql}");
        }
    }
}
