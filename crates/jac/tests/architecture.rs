//! Reads the crates' manifests and fails on a dependency in the wrong direction. The map is in `docs/ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Which of our crates each crate may depend on. Those not listed here may only be used by `jac`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("jac-jtl", &[]),
    ("jac-jmx", &[]),
    ("jac-model", &[]),
    ("jac-demo", &[]),
    ("jac-logs", &["jac-jtl", "jac-jmx", "jac-model"]),
    ("jac-export", &["jac-report", "jac-logs", "jac-jtl", "jac-jmx", "jac-model"]),
    ("jac-report", &["jac-jtl", "jac-jmx", "jac-model"]),
    ("jac-jmeter", &["jac-jtl", "jac-jmx", "jac-model"]),
    ("jac-store", &["jac-jtl", "jac-jmx", "jac-model"]),
    // Adapters use the engine only through its ports, and do not depend on each other.
    ("jac-ssh", &["jac-jmeter", "jac-logs", "jac-jtl", "jac-jmx", "jac-model"]),
    // …except EC2, whose machines are reached over SSH.
    ("jac-ec2", &["jac-ssh", "jac-jmeter", "jac-logs", "jac-jtl", "jac-jmx", "jac-model"]),
    ("jac-integrations", &["jac-logs", "jac-jtl", "jac-jmx", "jac-model"]),
    ("jac-reach", &["jac-model"]),
    ("jac-search", &["jac-reach", "jac-logs", "jac-jtl", "jac-jmx", "jac-model"]),
    ("jac-local", &["jac-jmeter", "jac-logs", "jac-jtl", "jac-jmx", "jac-model"]),
    ("jac-artefacts", &["jac-reach", "jac-logs", "jac-jtl", "jac-jmx", "jac-model"]),
    (
        "jac-engine",
        &[
            "jac-artefacts",
            "jac-reach",
            "jac-store",
            "jac-jmeter",
            "jac-report",
            "jac-logs",
            "jac-jtl",
            "jac-jmx",
            "jac-model",
        ],
    ),
    (
        "jac-server",
        &[
            "jac-engine",
            "jac-artefacts",
            "jac-store",
            "jac-jmeter",
            "jac-report",
            "jac-logs",
            "jac-jtl",
            "jac-jmx",
            "jac-model",
        ],
    ),
];

/// Crates that must not depend on a runtime, the network or asynchronous file access.
const PURE: &[&str] = &["jac-jtl", "jac-jmx", "jac-model"];
const IMPURE_LIBRARIES: &[&str] = &["tokio", "axum", "reqwest", "rusqlite", "nix"];

/// The names of the ordinary dependencies of each crate, without those for tests and builds.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crates' folder");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(crates).expect("the crates' folder").flatten() {
        let Ok(manifest) = std::fs::read_to_string(entry.path().join("Cargo.toml")) else { continue };
        let mut section = "";
        let mut names = BTreeSet::new();
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line.trim();
            } else if section == "[dependencies]"
                && let Some((name, _)) = line.split_once(['.', '='])
            {
                names.insert(name.trim().to_owned());
            }
        }
        found.insert(entry.file_name().to_string_lossy().into_owned(), names);
    }
    found
}

#[test]
fn no_arrow_points_backwards() {
    for (name, uses) in dependencies() {
        if name == "jac" {
            continue;
        }
        let (_, allowed) = ALLOWED
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("{name} has no place on the map"));
        for used in uses.iter().filter(|used| used.starts_with("jac-")) {
            assert!(allowed.contains(&used.as_str()), "{name} must not use {used}");
        }
    }
}

#[test]
fn the_middle_is_pure() {
    let dependencies = dependencies();
    for name in PURE {
        for library in IMPURE_LIBRARIES {
            assert!(!dependencies[*name].contains(*library), "{name} must not use {library}");
        }
    }
}
