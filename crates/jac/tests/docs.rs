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
