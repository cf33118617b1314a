//! `jac login` and `jac logout`: a personal token of a server, saved for the commands of this user.

use crate::cli::{LoginArguments, LogoutArguments};
use crate::client::Client;
use crate::context;
use crate::exit::{Exit, with_hint};
use crate::logins::{Login, Logins};
use crate::stdout;
use anyhow::Context;
use serde_json::Value;
use std::io::{IsTerminal, Read, Write};

/// A token is shorter than this.
const LONGEST_INPUT: u64 = 4096;

pub async fn login(arguments: LoginArguments) -> anyhow::Result<Exit> {
    let url = checked_url(&arguments.server)?;
    let token = if arguments.stdin { token_of_standard_input()? } else { typed_token(url)? };
    let client = Client::remote(url, &token)?;
    let session: Value = client.get("/session").await?;
    if session["via"] != "token" {
        let hint = Some(format!("Create a personal token on {url}/settings/account."));
        return Err(with_hint("not a personal token".to_owned(), hint));
    }
    let name = session["user"]["name"].as_str().unwrap_or_default().to_owned();
    let logins = logins();
    logins.put(url, Login { name: name.clone(), token })?;
    stdout::line(&format!("Logged in to {url} as {name}. The token is saved in {}.", logins.path().display()));
    Ok(Exit::Done)
}

pub fn logout(arguments: &LogoutArguments) -> anyhow::Result<Exit> {
    let url = checked_url(&arguments.server)?;
    let removed = logins().remove(url)?;
    stdout::line(&match removed {
        Some(login) => format!(
            "The token of {} for {url} is removed from this machine. It stays valid until you revoke it on \
             {url}/settings/account.",
            login.name
        ),
        None => format!("No token for {url} was saved."),
    });
    Ok(Exit::Done)
}

pub fn logins() -> Logins {
    Logins::at(context::config_folder().join("logins.json"))
}

/// A server's address without a slash at its end.
pub fn checked_url(text: &str) -> anyhow::Result<&str> {
    let parsed = reqwest::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    match parsed.filter(|url| url.has_host() && url.path() == "/" && url.query().is_none()) {
        Some(_) => Ok(text.trim_end_matches('/')),
        None => Err(with_hint(
            format!("invalid server address '{text}'"),
            Some("Expected http:// or https:// and a host, e.g. https://jac.example.".to_owned()),
        )),
    }
}

/// Prompts for it on a terminal. It is not shown while it is typed or pasted.
fn typed_token(url: &str) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        let hint = Some(format!("Use `jac login {url} --stdin < FILE`."));
        return Err(with_hint("standard input is not a terminal, so the token cannot be asked for".to_owned(), hint));
    }
    eprintln!("Create a personal token on {url}/settings/account.");
    eprint!("Token: ");
    std::io::stderr().flush().context("standard error cannot be written")?;
    let typed = rpassword::read_password().context("the token cannot be read")?;
    one_token(&typed)
}

fn token_of_standard_input() -> anyhow::Result<String> {
    let mut text = String::new();
    let read = std::io::stdin().take(LONGEST_INPUT).read_to_string(&mut text);
    read.context("standard input cannot be read as text")?;
    one_token(&text)
}

fn one_token(text: &str) -> anyhow::Result<String> {
    let token = text.trim();
    let is_one = !token.is_empty() && token.chars().all(|letter| letter.is_ascii_graphic());
    // The text is not repeated: it may still be a secret.
    anyhow::ensure!(is_one, "invalid token: it is empty or has more than one word");
    Ok(token.to_owned())
}
