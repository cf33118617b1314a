//! `docs/security.md` names the test behind each guard, so each has to be there.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `routes/x.rs` is short for a file of the server's tests.
fn file(name: &str) -> PathBuf {
    match name.strip_prefix("routes/") {
        Some(rest) => root().join("crates/jac-server/tests/routes").join(rest),
        None => root().join(name),
    }
}

#[test]
fn every_door_of_the_security_page_has_a_test_that_exists() {
    let page = std::fs::read_to_string(root().join("docs/security.md")).expect("the page");
    let mut found = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| door |")) {
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
