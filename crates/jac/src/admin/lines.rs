//! People, tokens and entries of the audit trail as `jac admin` prints them: as text, and as JSON that scripts count on.

use crate::utc;
use jac_model::Person;
use jac_store::PersonRow;
use jac_store::audit::Outcome;
use serde::Serialize;
use std::collections::BTreeMap;

/// Somebody, as `jac admin user list --output json` has them.
#[derive(Serialize)]
pub struct UserLine {
    pub id: String,
    pub name: String,
    pub role: jac_model::UserRole,
    pub teams: Vec<String>,
    pub disabled: bool,
    pub has_password: bool,
    pub via_company: bool,
    pub last_seen_ms: Option<i64>,
}

impl From<PersonRow> for UserLine {
    fn from(row: PersonRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            role: row.role,
            teams: row.teams.into_iter().map(|team| team.name).collect(),
            disabled: row.disabled,
            has_password: row.has_password,
            via_company: row.via_company,
            last_seen_ms: row.last_seen_ms,
        }
    }
}

#[derive(Serialize)]
pub struct TokenLine {
    pub id: String,
    pub person: String,
    pub name: String,
    pub scope: jac_model::TokenScope,
    pub created_ms: i64,
    pub expires_ms: Option<i64>,
    pub last_used_ms: Option<i64>,
}

#[derive(Serialize)]
pub struct EntryLine {
    pub id: i64,
    pub at_ms: i64,
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

impl From<jac_store::audit::EntryRow> for EntryLine {
    fn from(row: jac_store::audit::EntryRow) -> Self {
        Self {
            id: row.id,
            at_ms: row.at_ms,
            person: row.person,
            via: row.via,
            via_name: row.via_name,
            address: row.address,
            action: row.action,
            kind: row.kind,
            thing: row.thing,
            thing_name: row.thing_name,
            outcome: row.outcome,
            code: row.code,
            details: row.details,
        }
    }
}

impl EntryLine {
    pub fn text(&self) -> String {
        let who = self.person.as_ref().map_or("nobody", |person| person.name.as_str());
        let thing = self.thing_name.as_deref().filter(|name| !name.is_empty()).or(self.thing.as_deref()).unwrap_or("");
        let outcome = match (self.outcome, &self.code) {
            (Outcome::Done, _) => "done".to_owned(),
            (Outcome::Refused, code) => format!("refused ({})", code.as_deref().unwrap_or("?")),
            (Outcome::Failed, code) => format!("failed ({})", code.as_deref().unwrap_or("?")),
        };
        let from = self.address.as_deref().map(|address| format!(" from {address}")).unwrap_or_default();
        format!("{}  {who}  {}  {thing}  {outcome}  by {}{from}", utc::minute(self.at_ms), self.action, self.via)
    }
}

fn role_word(role: jac_model::UserRole) -> &'static str {
    match role {
        jac_model::UserRole::Administrator => "administrator",
        jac_model::UserRole::Member => "member",
        jac_model::UserRole::Viewer => "viewer",
    }
}

fn time(at_ms: Option<i64>, never: &str) -> String {
    at_ms.map_or_else(|| never.to_owned(), utc::minute)
}

pub fn table(lines: &[UserLine]) -> String {
    let rows = lines.iter().map(|line| {
        let state = if line.disabled { "disabled" } else { "" };
        [
            line.name.clone(),
            role_word(line.role).to_owned(),
            line.teams.join(", "),
            time(line.last_seen_ms, "never"),
            state.to_owned(),
        ]
    });
    aligned(["NAME", "ROLE", "TEAMS", "LAST SEEN", ""].map(str::to_owned), rows)
}

pub fn token_table(lines: &[TokenLine]) -> String {
    let rows = lines.iter().map(|line| {
        let scope = match line.scope {
            jac_model::TokenScope::Read => "read",
            jac_model::TokenScope::Run => "run",
            jac_model::TokenScope::All => "all",
        };
        [
            line.id.clone(),
            line.person.clone(),
            line.name.clone(),
            scope.to_owned(),
            time(line.expires_ms, "never"),
            time(line.last_used_ms, "never"),
        ]
    });
    aligned(["ID", "PERSON", "NAME", "SCOPE", "EXPIRES", "LAST USED"].map(str::to_owned), rows)
}

fn aligned<const N: usize>(head: [String; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
