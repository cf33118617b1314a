//! People, tokens and entries of the audit trail as `jac admin` prints them: as text, and as JSON that scripts count on.

use crate::utc;
use jac_report::visible;
use jac_server::AuditEntry;
use jac_store::PersonRow;
use serde::Serialize;

/// A person, as printed by `jac admin user list --output json`.
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

/// An entry of the audit trail as a line.
pub fn entry_text(entry: &AuditEntry) -> String {
    let who = entry.person.as_ref().map_or("nobody", |person| person.name.as_str());
    let thing = entry.thing_name.as_deref().filter(|name| !name.is_empty()).or(entry.thing.as_deref()).unwrap_or("");
    let code = entry.code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
    let from = entry.address.as_deref().map(|address| format!(" from {address}")).unwrap_or_default();
    let (at, action, outcome, via) = (utc::minute(entry.at_ms), &entry.action, entry.outcome.word(), entry.via.word());
    // Parts of it come from callers and must not look like another entry.
    visible(&format!("{at}  {who}  {action}  {thing}  {outcome}{code}  by {via}{from}")).into_owned()
}

fn time(at_ms: Option<i64>, never: &str) -> String {
    at_ms.map_or_else(|| never.to_owned(), utc::minute)
}

pub fn table(lines: &[UserLine]) -> String {
    let rows = lines.iter().map(|line| {
        let state = if line.disabled { "disabled" } else { "" };
        [
            line.name.clone(),
            line.role.word().to_owned(),
            line.teams.join(", "),
            time(line.last_seen_ms, "never"),
            state.to_owned(),
        ]
    });
    aligned(["NAME", "ROLE", "TEAMS", "LAST SEEN", ""].map(str::to_owned), rows)
}

pub fn token_table(lines: &[TokenLine]) -> String {
    let rows = lines.iter().map(|line| {
        [
            line.id.clone(),
            line.person.clone(),
            line.name.clone(),
            line.scope.word().to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use jac_store::audit::{EntryRow, Outcome};

    #[test]
    fn no_field_of_an_entry_makes_a_second_line() {
        let entry = AuditEntry::from(EntryRow {
            id: 1,
            at_ms: 0,
            person: None,
            via: "token".to_owned(),
            via_name: None,
            address: None,
            action: "comparison.share.create".to_owned(),
            kind: Some("comparison".to_owned()),
            thing: Some("x\n2026-01-01 00:00 UTC  ada  person.create\u{1b}[2K".to_owned()),
            thing_name: None,
            outcome: Outcome::Failed,
            code: Some("not_found".to_owned()),
            details: std::collections::BTreeMap::new(),
        });
        let text = entry_text(&entry);
        assert!(!text.chars().any(char::is_control) && text.contains("x\\n2026"), "{text}");
    }
}
