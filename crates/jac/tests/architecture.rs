//! Reads the crates' manifests and fails on an arrow that points backwards. The map is in `docs/ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What each crate may use of ours. What is not here may be used by `jac` only.
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
    // Adapters: they meet the engine in the ports only, and do not know each other.
    ("jac-ssh", &["jac-jmeter", "jac-logs", "jac-jtl", "jac-jmx", "jac-model"]),
    // …apart from EC2's machines, which are reached over SSH.
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

/// Crates that must stay free of a runtime, the network and the file system's asynchronous face.
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
