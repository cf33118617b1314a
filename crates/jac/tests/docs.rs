//! Checks the documentation against the code: `docs/security.md` names the test of each protection, and the OpenAPI document lists the codes of
//! a cluster's events.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `routes/x.rs` stands for a file of the server's tests.
fn file(name: &str) -> PathBuf {
    match name.strip_prefix("routes/") {
        Some(rest) => root().join("crates/jac-server/tests/routes").join(rest),
        None => root().join(name),
    }
}

#[test]
fn every_entry_point_of_the_security_page_has_a_test_that_exists() {
    let page = std::fs::read_to_string(root().join("docs/security.md")).expect("the page");
    let mut found = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| entry point |")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [_, _, tests] = cells.as_slice() else { panic!("three cells: {row}") };
        let mut source = String::new();
        let before = found;
        for name in tests.split('`').skip(1).step_by(2) {
            if name.ends_with(".rs") {
                source = std::fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            } else {
                assert!(source.contains(&format!("fn {name}(")), "no test {name}: {row}");
                found += 1;
            }
        }
        assert!(found > before, "no test: {row}");
    }
    assert!(found > 40, "{found}");
}

/// Words that the glossary has replaced, and literal translations that no text may use: code, pages, scripts and documents say it otherwise.
const RETIRED: [&str; 40] = [
    " is to be ",
    "an empty list takes",
    "as it is written everywhere",
    "attendance",
    "between two tries",
    "call it where",
    "cannot be had",
    "deal out",
    "dealt out",
    "error share",
    "for ever ",
    "holds nobody up",
    "in the order in which they came",
    "is no condition",
    "is no region",
    "is no tag",
    "keys can be had",
    "last words",
    "look whether",
    "no word why",
    "not any more",
    "of one's own",
    "open the door",
    "rented",
    "sees to it",
    "stands in its way",
    "take away",
    "taken away",
    "takes away",
    "telephone",
    "the same of ",
    "to be thought of",
    "what became of",
    "what came of",
    "what is kept of",
    "what is known of",
    "what was asked",
    "when the words change",
    "whole or not there",
    "wished",
];

/// Files that are quoted, generated or history.
fn is_of_others(path: &Path) -> bool {
    const FOLDERS: [&str; 11] = [
        ".git",
        "artifacts",
        "cases",
        "decisions",
        "dist",
        "dist-report",
        "fixtures",
        "migrations",
        "node_modules",
        "screenshots",
        "target",
    ];
    let name = path.file_name().expect("a name").to_string_lossy();
    FOLDERS.contains(&&*name)
        || ["CHANGELOG.md", "openapi.json", "package-lock.json"].contains(&&*name)
        || path.ends_with(file!())
}

/// The texts below a folder with their lines in lower case.
fn texts(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    let paths = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    for path in paths.filter(|path| !is_of_others(path) && !path.is_symlink()) {
        if path.is_dir() {
            texts(&path, found);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            found.push((path, text.to_lowercase()));
        }
    }
}

#[test]
fn no_text_uses_a_retired_word() {
    let mut found = Vec::new();
    for part in ["crates", "web", "docs", "e2e", "lab", "scripts", "examples", "packaging"] {
        texts(&root().join(part), &mut found);
    }
    found.push((
        root().join("README.md"),
        std::fs::read_to_string(root().join("README.md")).expect("it").to_lowercase(),
    ));
    assert!(found.len() > 1_000, "{}", found.len());
    let mut uses = Vec::new();
    for (path, text) in &found {
        for (number, line) in text.lines().enumerate() {
            for word in RETIRED.iter().filter(|word| line.contains(**word)) {
                uses.push(format!("{}:{}: {word}", path.display(), number + 1));
            }
        }
    }
    assert!(uses.is_empty(), "{}", uses.join("\n"));
}

/// The sources below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

#[test]
fn every_code_of_an_event_a_note_a_cause_and_a_step_is_in_the_apis_document() {
    let document = std::fs::read_to_string(root().join("web/openapi.json")).expect("the document");
    let document: serde_json::Value = serde_json::from_str(&document).expect("it is JSON");
    let codes = |schema: &str, field: &str| document["components"]["schemas"][schema]["properties"][field].to_string();
    let (messages, steps) = (codes("Message", "code"), codes("RunStep", "code"));
    let clusters = [("ClusterEventView", "code"), ("ForecastView", "notes"), ("Cluster", "cause")];
    let clusters = clusters.map(|(schema, field)| codes(schema, field)).concat();
    let mut files = Vec::new();
    for part in ["jac-engine", "jac-ec2", "jac-ssh", "jac-local"] {
        sources(&root().join("crates").join(part).join("src"), &mut files);
    }
    let mut found = 0;
    for file in files {
        let source = std::fs::read_to_string(&file).expect("a source");
        let source = source.split("#[cfg(test)]").next().expect("a beginning");
        // The only message of `new_cluster.rs` is its cluster's cause.
        let is_of_runs = (file.to_string_lossy().contains("/jac-engine/src/runs") && !file.ends_with("new_cluster.rs"))
            || file.ends_with("src/imports.rs");
        let documented = if is_of_runs { &messages } else { &clusters };
        for (mark, documented) in [("Message::new(", documented), (".step(", &steps)] {
            for made in source.split(mark).skip(1).filter(|made| made.trim_start().starts_with('"')) {
                let code = made.split('"').nth(1).expect("a code");
                let is_there = documented.contains(&format!("`{code}`"));
                assert!(is_there, "{code} of {} is not in {documented}", file.display());
                found += 1;
            }
        }
    }
    assert!(found > 60, "{found}");
}
