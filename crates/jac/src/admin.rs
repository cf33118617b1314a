//! `jac admin`: administration of an installation on its own machine, with or without a server running on the data
//! folder.
//!
//! Anybody who can write to the data folder is its administrator: the commands work on the database, and a running
//! server sees the changes at once. Operations that need the engine, such as removing a person whose clusters have to
//! be terminated, are requested from the server, or done by an engine in this process.

mod lines;

use crate::backup::{self, Restored, Results};
use crate::cli::{
    AdminArguments, AdminCommand, AuditArguments, Output, Place, ServerArguments, TokenCommand, UserCommand,
};
use crate::connect::{Connection, Elsewhere, ServerFile, connect, lock_alone, open_store, settings};
use crate::context;
use crate::exit::{Exit, Interrupted, with_hint};
use crate::signals::Signals;
use crate::{stderr, stdout};
use anyhow::{Context, bail};
use jac_engine::administrator;
use jac_engine::clock::{Clock, SystemClock};
use jac_model::{Person, is_same_name};
use jac_server::{AuditEntry, INVITATION_LIFE_MS, LINK_LIFE_MS, new_sign_in_link, new_token, token_row};
use jac_store::audit::{AuditedChange, EntryFilter, NewEntry, Outcome};
use jac_store::{DataFolder, PersonChange, PersonRow, Store, StoreError, Vault};
use lines::{TokenLine, UserLine, entry_text, table, token_table};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Maximum number of audit entries that are printed.
const MOST_ENTRIES: u32 = 100_000;

pub async fn admin(arguments: AdminArguments) -> anyhow::Result<Exit> {
    match arguments.command {
        AdminCommand::Link { place } => {
            let installation = Installation::open(&place).await?;
            installation.link(&administrator(), LINK_LIFE_MS, "person.link").await?;
        }
        AdminCommand::RotateKey { place } => rotate_key(&place).await?,
        AdminCommand::User(command) => user(command).await?,
        AdminCommand::Token(command) => token(command).await?,
        AdminCommand::Audit(arguments) => audit(arguments).await?,
        AdminCommand::Backup { file, with_results, place } => back_up(&place, &file, with_results).await?,
        AdminCommand::Restore { file, place } => restore(&place, file).await?,
    }
    Ok(Exit::Done)
}

async fn rotate_key(place: &Place) -> anyhow::Result<()> {
    let installation = Installation::open(place).await?;
    // A running server has the old key, and could not decrypt anything any more.
    let _lock = lock_alone(&installation.folder)?;
    let named = context::secret_key_file();
    let sealed = Vault::rotate_key(&installation.folder, &installation.store, named.as_deref(), rand::random()).await?;
    installation.note("installation.rotate_key").await?;
    stdout::line(&format!("The key is rotated; {sealed} saved secrets are encrypted with the new one."));
    Ok(())
}

async fn back_up(place: &Place, file: &Path, with_results: bool) -> anyhow::Result<()> {
    let folder = DataFolder::open(&context::data_folder(place.data_dir.as_deref()))?;
    let results = if with_results { Results::Taken } else { Results::Left };
    // A signal ends the work, and the unfinished archive is removed.
    let mut signals = Signals::listen()?;
    let written = backup::backup(&folder, file, results, SystemClock.now_ms());
    signals.unless(written).await.map_err(Interrupted::early)??;
    Installation::of(folder).await?.note("installation.backup").await?;
    stdout::line(&format!(
        "{} contains the database and the plans{}. It does not contain secret.key, which decrypts the saved \
         credentials: keep a copy of it elsewhere.",
        file.display(),
        if with_results { ", and the results of finished runs" } else { "" }
    ));
    Ok(())
}

async fn restore(place: &Place, file: PathBuf) -> anyhow::Result<()> {
    let root = context::data_folder(place.data_dir.as_deref());
    let folder = DataFolder::open(&root)?;
    let now_ms = SystemClock.now_ms();
    let done = tokio::task::spawn_blocking(move || backup::restore(&folder, &file, now_ms)).await??;
    Installation::of(DataFolder::open(&root)?).await?.note("installation.restore").await?;
    let Restored { before, plans, runs } = done;
    let kept = before.map_or_else(String::new, |place| format!(" The previous database is {}.", place.display()));
    stdout::line(&format!(
        "Restored the database, {plans} plans and {runs} runs that were missing in the folder.{kept}"
    ));
    Ok(())
}

/// The database of an installation.
struct Installation {
    folder: DataFolder,
    store: Store,
}

impl Installation {
    async fn open(place: &Place) -> anyhow::Result<Self> {
        Self::of(DataFolder::open(&context::data_folder(place.data_dir.as_deref()))?).await
    }

    async fn of(folder: DataFolder) -> anyhow::Result<Self> {
        let store = open_store(&folder).await?;
        Ok(Self { folder, store })
    }

    async fn named(&self, name: &str) -> anyhow::Result<PersonRow> {
        let found = self.store.person_named(name).await?;
        found.map(|(person, _)| person).ok_or_else(|| {
            with_hint(format!("no person '{name}'"), Some("`jac admin user list` lists everybody.".to_owned()))
        })
    }

    /// A person who may sign in. `what`: what would not work otherwise.
    async fn enabled(&self, name: &str, what: &str) -> anyhow::Result<PersonRow> {
        let row = self.named(name).await?;
        if row.disabled {
            let hint = format!("`jac admin user enable {name}` enables it again.");
            return Err(with_hint(format!("the account of {name} is disabled: a {what} would not work"), Some(hint)));
        }
        Ok(row)
    }

    /// The ID of a person in the audit trail, including removed people.
    async fn of_trail(&self, name: &str) -> anyhow::Result<String> {
        if let Some((person, _)) = self.store.person_named(name).await? {
            return Ok(person.id);
        }
        let filter = EntryFilter { text: Some(name.to_owned()), limit: MOST_ENTRIES, ..EntryFilter::default() };
        let entries = self.store.entries(filter).await?;
        let mut ids = BTreeSet::new();
        for entry in entries {
            ids.extend(entry.person.filter(|one| is_same_name(&one.name, name)).map(|one| one.id));
            if entry.kind.as_deref() == Some("person") && is_same_name(&entry.thing_name.unwrap_or_default(), name) {
                ids.extend(entry.thing);
            }
        }
        let mut ids = ids.into_iter();
        match (ids.next(), ids.next()) {
            (Some(id), None) => Ok(id),
            (Some(_), Some(_)) => bail!("several removed people had the name '{name}'"),
            (None, _) => Err(with_hint(
                format!("no person '{name}' in the audit trail"),
                Some("`jac admin user list` lists everybody.".to_owned()),
            )),
        }
    }

    /// Changes something as the shell's administrator, with its entry in the audit trail.
    async fn audited<T>(&self, action: &str, thing: (&str, &str, &str), work: impl Future<Output = T>) -> T {
        let audited = AuditedChange::default();
        let (kind, id, name) = thing;
        audited.begin(NewEntry {
            kind: Some(kind.to_owned()),
            thing: Some(id.to_owned()),
            thing_name: Some(name.to_owned()),
            ..done_by_shell(action)
        });
        audited.around(work).await
    }

    /// Writes an entry of something that was done to the whole installation.
    async fn note(&self, action: &str) -> anyhow::Result<()> {
        Ok(self.store.add_entry(done_by_shell(action)).await?)
    }

    async fn link(&self, person: &Person, life_ms: i64, action: &str) -> anyhow::Result<()> {
        let made = new_sign_in_link(&self.store, &person.id, life_ms, SystemClock.now_ms());
        let link = self.audited(action, ("person", &person.id, &person.name), made).await?;
        let url = ServerFile::read(&self.folder)
            .map_or_else(|_| "http://127.0.0.1:8080".to_owned(), |file| file.page_url().to_owned());
        stdout::line(&format!("{url}{link}"));
        Ok(())
    }

    async fn change(&self, name: &str, change: PersonChange) -> anyhow::Result<()> {
        let person = self.named(name).await?;
        let changed = self.store.change_person(&person.id, change, SystemClock.now_ms());
        self.audited("person.change", ("person", &person.id, &person.name), changed).await?;
        Ok(())
    }
}

fn done_by_shell(action: &str) -> NewEntry {
    NewEntry {
        at_ms: SystemClock.now_ms(),
        person: Some(administrator()),
        via: "shell",
        via_name: None,
        address: None,
        action: action.to_owned(),
        kind: None,
        thing: None,
        thing_name: None,
        outcome: Outcome::Done,
        code: None,
        details: BTreeMap::new(),
    }
}

async fn user(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add { name, role, team, place } => {
            let installation = Installation::open(&place).await?;
            let name = jac_engine::required_name(&name)?;
            // Before a team is created for a person who cannot be added.
            if installation.store.person_named(&name).await?.is_some() {
                return Err(StoreError::NameTaken { kind: "person", name }.into());
            }
            let names = team.iter().map(|team| jac_engine::required_name(team)).collect::<Result<Vec<_>, _>>()?;
            let mut teams = Vec::new();
            for team in names {
                teams.push(team_named(&installation, team).await?);
            }
            let id = jac_server::new_id('u');
            let added = installation.store.add_person(&id, &name, role, teams, SystemClock.now_ms());
            let person = installation.audited("person.create", ("person", &id, &name), added).await?;
            installation.link(&person.person(), INVITATION_LIFE_MS, "person.link").await?;
        }
        UserCommand::List { output, place } => {
            let installation = Installation::open(&place).await?;
            let rows: Vec<UserLine> = installation.store.people().await?.into_iter().map(UserLine::from).collect();
            print(output, &rows, || table(&rows))?;
        }
        UserCommand::Disable { name, place } => {
            let change = PersonChange { disabled: Some(true), ..PersonChange::default() };
            Installation::open(&place).await?.change(&name, change).await?;
        }
        UserCommand::Enable { name, place } => {
            let change = PersonChange { disabled: Some(false), ..PersonChange::default() };
            Installation::open(&place).await?.change(&name, change).await?;
        }
        UserCommand::Link { name, place } => {
            let installation = Installation::open(&place).await?;
            let person = installation.enabled(&name, "link").await?.person();
            installation.link(&person, LINK_LIFE_MS, "person.link").await?;
        }
        UserCommand::Remove { name, to, place } => {
            let installation = Installation::open(&place).await?;
            let leaving = installation.named(&name).await?;
            let heir = match to {
                Some(to) => Some(installation.named(&to).await?.id),
                None => None,
            };
            drop(installation);
            remove(&place, &leaving.id, heir.as_deref()).await?;
        }
    }
    Ok(())
}

/// Terminating clusters takes an engine: the server's, or one of this process.
async fn remove(place: &Place, id: &str, heir: Option<&str>) -> anyhow::Result<()> {
    let folder = context::data_folder(place.data_dir.as_deref());
    let connection = connect(
        &folder,
        &ServerArguments::default(),
        context::tools(&folder, None),
        settings(None),
        Elsewhere::default(),
    )
    .await?;
    let query = heir.map(|heir| format!("?to={heir}")).unwrap_or_default();
    let removed = connection.client().delete(&format!("/people/{id}{query}")).await;
    if let Connection::Own { engine, .. } = &connection {
        engine.shut_down().await;
    }
    removed.context("they could not be removed")?;
    Ok(())
}

async fn team_named(installation: &Installation, name: String) -> anyhow::Result<String> {
    if let Some(id) = installation.store.team_named(&name).await? {
        return Ok(id);
    }
    let id = jac_server::new_id('t');
    installation.audited("team.create", ("team", &id, &name), installation.store.add_team(&id, &name)).await?;
    Ok(id)
}

async fn token(command: TokenCommand) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create { name, scope, expires, label, place } => {
            let installation = Installation::open(&place).await?;
            let person = installation.enabled(&name, "token").await?;
            let now_ms = SystemClock.now_ms();
            let mut row = token_row(&label, scope, None, now_ms)?;
            if expires.is_some_and(|life| life.is_zero()) {
                bail!("invalid --expires: the token would never be valid");
            }
            row.expires_ms =
                expires.map(|life| now_ms.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX)));
            let token = new_token();
            let (id, label) = (row.id.clone(), row.name.clone());
            let scope = serde_json::to_value(scope)?.as_str().unwrap_or_default().to_owned();
            let added = async {
                AuditedChange::detail("person", format!("{} ({})", person.name, person.id));
                AuditedChange::detail("scope", scope);
                installation.store.add_token(&person.id, &token, row).await
            };
            installation.audited("account.token.create", ("token", &id, &label), added).await?;
            stdout::line(&token);
        }
        TokenCommand::List { name, output, place } => {
            let installation = Installation::open(&place).await?;
            let people = match name {
                Some(name) => vec![installation.named(&name).await?],
                None => installation.store.people().await?,
            };
            let mut lines = Vec::new();
            for person in people {
                let tokens = installation.store.tokens_of(&person.id).await?;
                lines.extend(tokens.into_iter().map(|token| TokenLine {
                    id: token.id,
                    person: person.name.clone(),
                    name: token.name,
                    scope: token.scope,
                    created_ms: token.created_ms,
                    expires_ms: token.expires_ms,
                    last_used_ms: token.last_used_ms,
                }));
            }
            print(output, &lines, || token_table(&lines))?;
        }
        TokenCommand::Revoke { id, place } => {
            let installation = Installation::open(&place).await?;
            if let Some(person) = installation.store.token_owner(&id).await? {
                let revoked = installation.store.revoke_token(&person, &id);
                installation.audited("account.token.delete", ("token", &id, ""), revoked).await?;
                return Ok(());
            }
            let hint = Some("`jac admin token list` lists all tokens.".to_owned());
            return Err(with_hint(format!("no token {id}"), hint));
        }
    }
    Ok(())
}

async fn audit(arguments: AuditArguments) -> anyhow::Result<()> {
    let installation = Installation::open(&arguments.place).await?;
    let person = match &arguments.person {
        Some(name) => Some(installation.of_trail(name).await?),
        None => None,
    };
    let since = arguments.since.map(|since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    let filter = EntryFilter {
        person,
        action: arguments.action,
        from_ms: since.map(|since| SystemClock.now_ms().saturating_sub(since)),
        limit: MOST_ENTRIES,
        ..EntryFilter::default()
    };
    let mut lines: Vec<AuditEntry> =
        installation.store.entries(filter).await?.into_iter().map(AuditEntry::from).collect();
    if lines.len() >= MOST_ENTRIES as usize {
        let message = format!(
            "Only the newest {MOST_ENTRIES} entries are shown. Use --since, --person or --action to see others."
        );
        stderr::line(format_args!("{message}"));
    }
    lines.reverse();
    match arguments.output {
        Output::Text => lines.iter().for_each(|line| stdout::line(&entry_text(line))),
        // One line per entry, so that a program can read them as they arrive.
        Output::Json => {
            for line in &lines {
                stdout::line(&serde_json::to_string(line)?);
            }
        }
    }
    Ok(())
}

fn print(output: Output, lines: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
    match output {
        Output::Text => stdout::line(&text()),
        Output::Json => stdout::json(lines)?,
    }
    Ok(())
}
