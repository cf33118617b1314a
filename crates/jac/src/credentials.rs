//! `jac credentials`: saved AWS credentials. Secrets come from the environment or from standard input, never from the
//! command line, which everybody on the machine may read.

use crate::cli::CredentialsCommand;
use crate::client::Client;
use crate::connected::{briefly, print, saying};
use crate::context::{self, AwsKeys};
use crate::exit::{Exit, with_hint};
use jac_model::is_same_name;
use serde_json::{Value, json};
use std::io::{IsTerminal, Read};

/// No key and no token is as long.
const LONGEST_INPUT: u64 = 64 * 1024;
const THREE_LINES: &str =
    "Give the access key ID, the secret access key and, for a temporary key, the session token, one per line.";

pub async fn credentials(command: CredentialsCommand) -> anyhow::Result<Exit> {
    let CredentialsCommand::Aws { name, no_test, save, stdin, role, external_id, region, delete, whose } = command;
    let keys = match (save, stdin) {
        (false, _) => None,
        (true, false) => Some(context::aws_keys()),
        (true, true) => Some(keys_of_standard_input()?),
    };
    briefly(&whose, async |client| {
        let known = own_set(client, &name).await?;
        let path = |id: &Value| format!("/credentials/{}", id.as_str().unwrap_or_default());
        if delete {
            let Some(set) = &known else {
                let hint = Some("`jac credentials aws --name NAME` shows the set with that name.".to_owned());
                return Err(with_hint(format!("no AWS credentials '{name}' are saved"), hint));
            };
            client.delete(&path(&set["id"])).await?;
            print(&whose, &json!({ "saved": null }), || "The saved AWS credentials are deleted.".to_owned());
            return Ok(Exit::Done);
        }
        if let Some(keys) = keys {
            let aws = json!({
                "access_key_id": keys.access_key_id, "secret_access_key": keys.secret_access_key,
                "session_token": keys.session_token, "role_arn": role, "external_id": external_id, "region": region,
            });
            let new = json!({ "name": name, "aws": aws });
            let query = if no_test { "?test=false" } else { "" };
            let saved = async {
                match &known {
                    Some(set) => client.put(&format!("{}{query}", path(&set["id"])), &new).await,
                    None => client.post(&format!("/credentials{query}"), &new).await,
                }
            };
            let _: Value = match no_test {
                true => saved.await?,
                false => saying("Testing the credentials with AWS (STS).", saved).await?,
            };
        }
        let view = json!({ "saved": own_set(client, &name).await? });
        print(&whose, &view, || match &view["saved"] {
            Value::Null if name == "default" => {
                "No AWS credentials 'default' are saved: the server's own are used. --name shows another set."
                    .to_owned()
            }
            Value::Null => format!("No AWS credentials '{name}' are saved."),
            saved => {
                let shown = |value: &Value| value.as_str().unwrap_or("none").to_owned();
                let (key, role) = (&saved["shown"]["access_key_id"], &saved["shown"]["role_arn"]);
                format!("Key {}, role {}, region {}.", shown(key), shown(role), shown(&saved["region"]))
            }
        });
        Ok(Exit::Done)
    })
    .await
}

/// The caller's AWS set of that name.
pub async fn own_set(client: &Client, name: &str) -> anyhow::Result<Option<Value>> {
    let session: Value = client.get("/session").await?;
    let sets: Vec<Value> = client.get("/credentials").await?;
    let is_requested = |set: &Value| {
        let is_aws = set["kind"].as_str().is_some_and(|kind| kind.starts_with("aws_"));
        let is_named = set["name"].as_str().is_some_and(|known| is_same_name(known, name));
        is_aws && is_named && set["owner"]["id"] == session["user"]["id"]
    };
    Ok(sets.into_iter().find(is_requested))
}

/// A terminal would show the secret while it is typed, and keep it in its scrollback.
fn keys_of_standard_input() -> anyhow::Result<AwsKeys> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(with_hint(
            "standard input is a terminal, which would show the secret".to_owned(),
            Some(format!("Give a file or a pipe: jac credentials aws --save --stdin < FILE. {THREE_LINES}")),
        ));
    }
    read_keys(input.lock())
}

/// Reads the lines. No error message repeats one of them.
fn read_keys(input: impl Read) -> anyhow::Result<AwsKeys> {
    let refuse = |what: &str| with_hint(format!("standard input {what}"), Some(THREE_LINES.to_owned()));
    let mut text = String::new();
    input.take(LONGEST_INPUT).read_to_string(&mut text).map_err(|_| refuse("cannot be read as text"))?;
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim).collect();
    match lines[..] {
        [] | [""] => Err(refuse("is empty")),
        ["", ..] => Err(refuse("has no access key ID in its first line")),
        [_] | [_, "", ..] => Err(refuse("has no secret access key in its second line")),
        [id, secret] => Ok(keys(id, secret, None)),
        [id, secret, token] => Ok(keys(id, secret, Some(token))),
        [_, _, _, _, ..] => Err(refuse("has more than three lines")),
    }
}

fn keys(id: &str, secret: &str, token: Option<&str>) -> AwsKeys {
    AwsKeys {
        access_key_id: Some(id.to_owned()),
        secret_access_key: Some(secret.to_owned()),
        session_token: token.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lines_are_a_key_and_a_third_is_its_token() {
        let read = read_keys("AKIA1\r\nse/cret \n\n".as_bytes()).expect("a key");
        assert_eq!(
            (read.access_key_id.as_deref(), read.secret_access_key.as_deref()),
            (Some("AKIA1"), Some("se/cret"))
        );
        assert_eq!(read.session_token, None);
        assert_eq!(read_keys("ASIA1\ns\nt".as_bytes()).expect("a key").session_token.as_deref(), Some("t"));
    }

    #[test]
    fn other_numbers_of_lines_are_refused_and_no_error_repeats_one() {
        for (input, words) in [
            ("", "is empty"),
            (" \n\n", "is empty"),
            ("\nhidden", "no access key ID"),
            ("hidden\n", "no secret access key"),
            ("hidden\n\nhidden", "no secret access key"),
            ("[default]\nid = hidden\nkey = hidden\ntoken = hidden", "more than three lines"),
        ] {
            let error = read_keys(input.as_bytes()).err().map(|error| format!("{error:#}")).unwrap_or_default();
            assert!(error.contains(words) && !error.contains("hidden"), "{input:?}: {error}");
        }
        assert!(read_keys(&[0xff, 0xfe][..]).is_err());
    }
}
