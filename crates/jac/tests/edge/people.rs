//! Users and tokens from the shell: what scripts depend on.

use crate::place::{Place, Server, err, out};
use serde_json::Value;
use std::io::Write;
use std::process::{Output, Stdio};

const ON_ANY_PORT: [&str; 2] = ["--listen", "127.0.0.1:0"];

fn jac(place: &Place, arguments: &[&str]) -> Output {
    place.jac(arguments).output().expect("jac starts")
}

fn done(place: &Place, arguments: &[&str]) -> String {
    let output = jac(place, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", err(&output));
    out(&output)
}

fn json(place: &Place, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(place, arguments)).expect("JSON")
}

/// Calls a server like a script on another machine: with a token, and a data folder that is not the server's.
struct Elsewhere<'a> {
    place: Place,
    server: &'a Server,
}

impl Elsewhere<'_> {
    fn list(&self, environment: &[(&str, &str)], more: &[&str]) -> Output {
        let arguments = [&["cluster", "list", "--output", "json", "--server", &self.server.url], more].concat();
        let mut command = self.place.jac(&arguments);
        command.env("XDG_CONFIG_HOME", self.place.0.path()).envs(environment.iter().copied());
        command.output().expect("jac starts")
    }

    fn log_in(&self, input: &str) -> Output {
        let mut command = self.place.jac(&["login", &self.server.url, "--stdin"]);
        command.env("XDG_CONFIG_HOME", self.place.0.path());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("jac");
        child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("written");
        child.wait_with_output().expect("it ends")
    }
}

#[test]
fn people_are_added_listed_disabled_and_removed_with_a_server_and_without() {
    let place = Place::new();
    let link = done(&place, &["admin", "user", "add", "Ada", "--role", "member", "--team", "Shop"]);
    assert!(link.trim_end().lines().count() == 1 && link.contains("#token="), "the link alone: {link}");
    let server = Server::start(&place, &ON_ANY_PORT);
    let link = done(&place, &["admin", "user", "add", "Bob", "--role", "viewer"]);
    assert!(link.starts_with(&server.url), "{link}");
    let again = jac(&place, &["admin", "user", "add", "ada", "--role", "viewer", "--team", "Neu"]);
    assert_eq!(again.status.code(), Some(2), "a name that is taken: {}", err(&again));
    let person = |name: &str| {
        let people = json(&place, &["admin", "user", "list", "--output", "json"]);
        people.as_array().expect("a list").iter().find(|person| person["name"] == name).cloned()
    };
    let ada = person("Ada").expect("she is there");
    assert_eq!(
        (&ada["role"], &ada["teams"], &ada["disabled"]),
        (&"member".into(), &serde_json::json!(["Shop"]), &false.into())
    );
    done(&place, &["admin", "user", "disable", "Ada"]);
    assert_eq!(person("Ada").expect("she is there")["disabled"], true);
    let to_nobody = jac(&place, &["admin", "user", "remove", "Bob", "--to", "Ada"]);
    assert_eq!(to_nobody.status.code(), Some(2), "who is disabled takes nothing over: {}", err(&to_nobody));
    let token = jac(&place, &["admin", "token", "create", "Ada", "--scope", "read"]);
    assert_eq!((token.status.code(), out(&token).as_str()), (Some(2), ""), "it would be rejected: {}", err(&token));
    done(&place, &["admin", "user", "enable", "Ada"]);
    done(&place, &["admin", "user", "remove", "Bob", "--to", "Ada"]);
    assert_eq!(person("Bob"), None);
    for (unknown, arguments) in [
        ("nobody", &["admin", "user", "disable", "nobody"][..]),
        ("nobody", &["admin", "user", "remove", "Ada", "--to", "nobody"]),
        ("nobody", &["admin", "token", "create", "nobody", "--scope", "read"]),
    ] {
        let refused = jac(&place, arguments);
        assert_eq!(refused.status.code(), Some(2), "{unknown} {arguments:?}: {}", err(&refused));
    }
    let trail = done(&place, &["admin", "audit", "--since", "1h", "--output", "json"]);
    let entries: Vec<Value> = trail.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect();
    let has = |action: &str, name: &str| {
        entries.iter().any(|entry| {
            entry["action"] == action
                && entry["thing_name"] == name
                && entry["outcome"] == "done"
                && entry["via"] == "shell"
        })
    };
    assert!(has("person.create", "Ada") && has("person.change", "Ada") && has("person.delete", "Bob"), "{trail}");
    assert!(!has("team.create", "Neu"), "nobody was added to it: {trail}");
    assert_eq!(done(&place, &["admin", "audit", "--person", "bob"]), "", "he did nothing before he was removed");
    assert_eq!(jac(&place, &["admin", "audit", "--person", "nobody"]).status.code(), Some(2));
}

#[test]
fn a_token_is_printed_alone_and_lets_a_script_in_as_far_as_its_scope_until_it_is_revoked() {
    let place = Place::new();
    let server = Server::start(&place, &ON_ANY_PORT);
    done(&place, &["admin", "user", "add", "Ada", "--role", "member"]);
    let token = done(&place, &["admin", "token", "create", "Ada", "--scope", "read", "--expires", "30d"]);
    let token = token.strip_suffix('\n').expect("a line");
    assert!(token.starts_with("jac_") && !token.contains(char::is_whitespace), "the token alone");
    let there = Elsewhere { place: Place::new(), server: &server };
    let none = there.list(&[], &[]);
    assert_eq!(none.status.code(), Some(2), "without a token: {}", err(&none));
    assert!(err(&none).contains("jac login"), "what to do: {}", err(&none));

    let file = there.place.0.path().join("token");
    std::fs::write(&file, format!("{token}\n")).expect("written");
    let file = file.to_str().expect("UTF-8");
    for (environment, more) in
        [(&[("JAC_TOKEN", token)][..], &[][..]), (&[("JAC_TOKEN_FILE", file)], &[]), (&[], &["--token-file", file])]
    {
        let listed = there.list(environment, more);
        assert_eq!(listed.status.code(), Some(0), "{more:?}: {}", err(&listed));
    }
    let typed = there.list(&[("JAC_TOKEN", "jac_00")], &["--token-file", file]);
    assert_eq!(typed.status.code(), Some(0), "what is typed comes first: {}", err(&typed));
    let logged_in = there.log_in(token);
    assert_eq!(logged_in.status.code(), Some(0), "{}", err(&logged_in));
    assert!(out(&logged_in).contains("Ada") && !out(&logged_in).contains(token), "{}", out(&logged_in));
    assert_eq!(there.list(&[], &[]).status.code(), Some(0), "the saved one is found by the server's address");
    for bad in ["", "jac_00", "two words", "jac_ä"] {
        assert_ne!(there.log_in(bad).status.code(), Some(0), "{bad}");
    }
    assert_eq!(there.list(&[], &[]).status.code(), Some(0), "one that is refused does not take its place");
    let mut create = there.place.jac(&["cluster", "create", "--server", &server.url, "--workers", "0"]);
    let refused = create.env("JAC_TOKEN", token).output().expect("jac starts");
    assert_eq!(refused.status.code(), Some(2), "a token that reads only: {}", err(&refused));

    let tokens = json(&place, &["admin", "token", "list", "Ada", "--output", "json"]);
    assert!(tokens[0]["last_used_ms"].is_i64() && !tokens.to_string().contains(token), "{tokens}");
    done(&place, &["admin", "token", "revoke", tokens[0]["id"].as_str().expect("its id")]);
    let over = there.list(&[], &[]);
    assert_eq!(over.status.code(), Some(2), "a revoked token: {}", err(&over));
    let mut logout = there.place.jac(&["logout", &server.url]);
    let forgotten = logout.env("XDG_CONFIG_HOME", there.place.0.path()).output().expect("jac starts");
    assert_eq!(forgotten.status.code(), Some(0), "{}", err(&forgotten));
    let saved = std::fs::read_to_string(there.place.0.path().join("jac/logins.json")).expect("the file");
    assert!(!saved.contains(token));
    // The token is not in any file of the server either.
    assert!(!holds(&place.data(), token.as_bytes()), "tokens are kept by their digest");
}

/// Whether any file below the folder contains these bytes.
fn holds(folder: &std::path::Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).expect("a folder").flatten().any(|entry| match entry.path() {
        path if path.is_dir() => holds(&path, bytes),
        path => std::fs::read(&path).is_ok_and(|content| content.windows(bytes.len()).any(|window| window == bytes)),
    })
}
