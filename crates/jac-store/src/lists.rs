//! Lists: a page of rows in an order, starting where the previous page ended.
//!
//! Each list is one statement on the narrow rows, which names the index that provides its order, so that the cost
//! depends only on the page: nothing is sorted (except the few rows of one cluster, or the unfinished ones), no table
//! is scanned completely, and SQLite rejects a statement that its index does not fit. Owns the cursor. The columns of
//! each kind are in the modules below.

pub(crate) mod clusters;
pub(crate) mod people;
pub(crate) mod plans;
pub(crate) mod runs;
pub(crate) mod schedules;

use crate::{StoreError, Unreadable, during, note_unreadable};
use jac_model::Order;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use sha2::{Digest, Sha256};

/// Maximum number of rows per page.
pub const MOST_LISTED: u32 = 200;

/// Which page is requested.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest<S> {
    pub sort: S,
    pub order: Order,
    /// At most this many rows; 1 to [`MOST_LISTED`].
    pub limit: u32,
    /// The end of the previous page, as returned with it; `None`: the first page.
    pub after: Option<String>,
}

/// Some of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Cursor of the next page; `None`: this is the last one.
    pub next: Option<String>,
}

/// The type of a column, for bounds beyond all values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Integer,
    Real,
    Text,
}

/// An order of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub column: &'static str,
    pub holds: Holds,
    /// The index on (`column`, `id`, …).
    pub index: &'static str,
}

/// A list's statement under construction. Values are bound, never written into it.
pub(crate) struct Query {
    table: &'static str,
    columns: &'static str,
    index: &'static str,
    key: Key,
    order: Order,
    limit: u32,
    conditions: Vec<String>,
    values: Vec<Value>,
    /// A filter takes no row.
    is_empty: bool,
}

/// The longest text that is searched for, in letters.
const LONGEST_TEXT: usize = 200;

impl Query {
    /// All rows of a table, after the end of the previous page.
    pub fn new<S>(
        table: &'static str,
        columns: &'static str,
        key: Key,
        page: &PageRequest<S>,
    ) -> Result<Self, StoreError> {
        let mut query = Self {
            table,
            columns,
            index: key.index,
            key,
            order: page.order,
            limit: page.limit.clamp(1, MOST_LISTED),
            conditions: Vec::new(),
            values: Vec::new(),
            is_empty: false,
        };
        let (value, id) = match &page.after {
            Some(text) => decode(text, key, page.order).ok_or(StoreError::Cursor)?,
            None => query.before_all(),
        };
        let than = match page.order {
            Order::Ascending => '>',
            Order::Descending => '<',
        };
        let (value, id) = (query.bind(value), query.bind(Value::Text(id)));
        query.conditions.push(format!("({}, id) {than} ({value}, {id})", key.column));
        Ok(query)
    }

    /// A position before the first row.
    fn before_all(&self) -> (Value, String) {
        let value = match (self.order, self.key.holds) {
            // SQLite takes a blob for greater than all numbers and texts.
            (Order::Descending, _) => Value::Blob(Vec::new()),
            (Order::Ascending, Holds::Integer) => Value::Integer(i64::MIN),
            (Order::Ascending, Holds::Real) => Value::Real(f64::MIN),
            (Order::Ascending, Holds::Text) => Value::Text(String::new()),
        };
        (value, String::new())
    }

    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    /// Only rows whose columns have been filled in from their documents.
    pub fn filled(mut self) -> Self {
        self.only("version > 0");
        self
    }

    /// Uses another index, which has the same order if its first column has one value.
    pub fn through(&mut self, index: &'static str) {
        self.index = index;
    }

    /// Only rows that have this value.
    pub fn equal(&mut self, column: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let place = self.bind(value.into());
            self.conditions.push(format!("{column} = {place}"));
        }
    }

    /// Only rows that have one of these values; an empty list: no row.
    pub fn one_of(&mut self, column: &'static str, values: Option<&Vec<String>>) {
        match values.map(Vec::as_slice) {
            None => (),
            // SQLite would not use the named index.
            Some([]) => self.is_empty = true,
            Some([only]) => self.equal(column, Some(only.clone())),
            Some(values) => {
                let places: Vec<String> = values.iter().map(|value| self.bind(Value::Text(value.clone()))).collect();
                // `+`: which of them it is must not decide the order.
                self.conditions.push(format!("+{column} IN ({})", places.join(", ")));
            }
        }
    }

    /// Only rows whose column is in the result of a statement that ends with a value. With the prefix `+` the column
    /// does not choose an index.
    pub fn in_list(&mut self, column: &'static str, statement: &'static str, value: Option<String>) {
        if let Some(value) = value {
            let place = self.bind(Value::Text(value));
            self.conditions.push(format!("{column} IN ({statement}{place})"));
        }
    }

    /// Only rows that were created from then on, or before then.
    pub fn created(&mut self, from_ms: Option<i64>, to_ms: Option<i64>) {
        for (compared, bound) in [(">=", from_ms), ("<", to_ms)] {
            if let Some(bound) = bound {
                let place = self.bind(bound.into());
                self.conditions.push(format!("created_ms {compared} {place}"));
            }
        }
    }

    /// Only rows whose `search` contains each of the words.
    ///
    /// # Errors
    /// With more than [`LONGEST_TEXT`] characters, which SQLite might not accept.
    pub fn text(&mut self, text: Option<&str>) -> Result<(), StoreError> {
        self.text_in("search", text)
    }

    /// Only rows whose column, which has folded text, contains each of the words.
    ///
    /// # Errors
    /// With more than [`LONGEST_TEXT`] characters, which SQLite might not accept.
    pub fn text_in(&mut self, column: &'static str, text: Option<&str>) -> Result<(), StoreError> {
        let text = text.unwrap_or_default();
        if text.chars().count() > LONGEST_TEXT {
            return Err(StoreError::TextTooLong { longest: LONGEST_TEXT });
        }
        for word in text.split_whitespace() {
            // This takes half as long as `instr`. Special characters are put in brackets, where they have no meaning.
            let pattern: String = jac_model::folded(word).chars().map(literal).collect();
            let place = self.bind(format!("*{pattern}*").into());
            self.conditions.push(format!("{column} GLOB {place}"));
        }
        Ok(())
    }

    /// Only rows that match a condition without values.
    pub fn only(&mut self, condition: &'static str) {
        self.conditions.push(condition.to_owned());
    }

    /// The statement. It requests one more row than the page has, which shows whether there is another page.
    pub fn sql(&self) -> String {
        let direction = match self.order {
            Order::Ascending => "ASC",
            Order::Descending => "DESC",
        };
        format!(
            "SELECT {columns}, {key}, id FROM {table} INDEXED BY {index} WHERE {conditions} ORDER BY {key} {direction}, id {direction} LIMIT {limit}",
            columns = self.columns,
            key = self.key.column,
            table = self.table,
            index = self.index,
            conditions = self.conditions.join(" AND "),
            limit = self.limit + 1
        )
    }

    /// The page. `read` receives each row; the key and the ID follow the requested columns. An unreadable row is
    /// skipped and recorded.
    pub fn run<T>(
        &self,
        connection: &Connection,
        unreadable: &Unreadable,
        read: impl Fn(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Page<T>, StoreError> {
        let failed = || during("read a list");
        if self.is_empty {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let mut statement = connection.prepare_cached(&self.sql()).map_err(failed())?;
        let last = statement.column_count();
        let mut rows = statement.query(params_from_iter(&self.values)).map_err(failed())?;
        let mut page = Page { items: Vec::new(), next: None };
        let mut end: Option<(Value, String)> = None;
        let mut given = 0;
        while let Some(row) = rows.next().map_err(failed())? {
            if given == self.limit {
                page.next = end.map(|(value, id)| encode(self.key, self.order, &value, id));
                break;
            }
            given += 1;
            let id: String = row.get(last - 1).map_err(failed())?;
            match read(row) {
                Ok(item) => page.items.push(item),
                Err(error) if is_of_the_row(&error) => {
                    // Tables are named after their contents, in the plural.
                    let kind = self.table.strip_suffix('s').unwrap_or(self.table);
                    note_unreadable(unreadable, kind, &id, &error);
                }
                Err(error) => return Err(failed()(error)),
            }
            end = Some((row.get(last - 2).map_err(failed())?, id));
        }
        Ok(page)
    }
}

/// Whether a row contains an unexpected value, as opposed to a failure of the database.
fn is_of_the_row(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    matches!(error, FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..))
}

/// A literal letter in a GLOB pattern.
fn literal(letter: char) -> String {
    if matches!(letter, '*' | '?' | '[') { format!("[{letter}]") } else { letter.to_string() }
}

/// A cursor: the order, and the key and the ID of the last returned row. It is encoded with a checksum, so that nobody
/// constructs one.
fn encode(key: Key, order: Order, value: &Value, id: String) -> String {
    let value = match value {
        Value::Integer(number) => number.to_string(),
        // The bits, because a decimal number may be read as its neighbour.
        Value::Real(number) => number.to_bits().to_string(),
        Value::Text(text) => text.clone(),
        Value::Null | Value::Blob(_) => String::new(),
    };
    let text = format!("{}\n{}\n{id}\n{value}", key.column, sign(order));
    let check = check(&text);
    hex::encode(text) + &check
}

fn sign(order: Order) -> char {
    match order {
        Order::Ascending => '+',
        Order::Descending => '-',
    }
}

fn check(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..4])
}

fn decode(cursor: &str, key: Key, order: Order) -> Option<(Value, String)> {
    let (body, checked) = cursor.split_at_checked(cursor.len().checked_sub(8)?)?;
    let text = String::from_utf8(hex::decode(body).ok()?).ok()?;
    if check(&text) != checked {
        return None;
    }
    let mut parts = text.splitn(4, '\n');
    let is_of_list = parts.next()? == key.column && parts.next()? == sign(order).to_string();
    let (id, value) = (parts.next()?.to_owned(), parts.next()?);
    let value = match key.holds {
        Holds::Integer => Value::Integer(value.parse().ok()?),
        Holds::Real => Value::Real(f64::from_bits(value.parse().ok()?)),
        Holds::Text => Value::Text(value.to_owned()),
    };
    is_of_list.then_some((value, id))
}

/// A name in a column that this JAC does not know.
pub(crate) fn unknown_word(column: &'static str, error: serde_json::Error) -> rusqlite::Error {
    let source = format!("the column {column}: {error}").into();
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, source)
}

/// The value of a column's name.
pub(crate) fn read_word<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<T, rusqlite::Error> {
    crate::documents::from_word(&row.get::<_, String>(column)?).map_err(|error| unknown_word(column, error))
}

/// An id's column as the id.
pub(crate) fn read_id<T: std::str::FromStr<Err = jac_model::id::InvalidId>>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<T, rusqlite::Error> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error| unknown_word(column, serde::de::Error::custom(error)))
}

/// The two columns of a team.
pub(crate) fn read_team(row: &Row<'_>) -> Result<Option<jac_model::Named>, rusqlite::Error> {
    let (id, name): (Option<String>, Option<String>) = (row.get("team")?, row.get("team_name")?);
    Ok(id.zip(name).map(|(id, name)| jac_model::Named { id, name }))
}

pub(crate) fn read_owner(row: &Row<'_>) -> Result<jac_model::Person, rusqlite::Error> {
    Ok(jac_model::Person { id: row.get("owner")?, name: row.get("owner_name")? })
}

#[cfg(test)]
mod tests;
