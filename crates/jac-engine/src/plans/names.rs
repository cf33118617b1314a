//! Names of uploaded files. They are names, never paths to another folder.

use crate::EngineError;

/// Maximum depth of folders.
const MAX_DEPTH: usize = 12;
/// Maximum length of a path's part in bytes: the 255 of Linux file systems, less the longest suffix of an unfinished file, on a node
/// `.` with 16 digits and `.part`.
pub(super) const MAX_PART: usize = 230;

/// The name as `a/b/c`, if it stays in its folder.
///
/// # Errors
/// When it is empty, absolute, leaves its folder, has characters that no file name should have, or is too long.
pub fn safe_name(name: &str) -> Result<String, EngineError> {
    let refused = |why: &str| {
        Err(EngineError::Invalid {
            code: "file_name",
            message: format!("Invalid file name '{}': {why}.", shown(name)),
            hint: Some("Use paths relative to the plan, e.g. data/users.csv.".to_owned()),
            faults: Vec::new(),
        })
    };
    let name_with_slashes = name.replace('\\', "/");
    if name_with_slashes.is_empty() {
        return refused("it is empty");
    }
    if name_with_slashes.starts_with('/') || name_with_slashes.as_bytes().get(1) == Some(&b':') {
        return refused("it is absolute");
    }
    let parts: Vec<&str> = name_with_slashes.split('/').filter(|part| *part != ".").collect();
    if parts.len() > MAX_DEPTH {
        return refused("it has too many folders");
    }
    for part in &parts {
        if *part == ".." {
            return refused("it points outside the uploaded folder");
        }
        if part.is_empty() || part.trim() != *part {
            return refused("a part of it is empty or has white space around it");
        }
        if part.len() > MAX_PART {
            return refused("a part of it is too long");
        }
        if part.chars().any(char::is_control) {
            return refused("it has control characters");
        }
    }
    Ok(parts.join("/"))
}

/// The name of a data file relative to the folder of the plan's `.jmx`, normalised. It may be outside of that folder,
/// but not outside of the upload.
///
/// # Errors
/// As [`safe_name`].
pub fn data_file_name(main_file: &str, name: &str) -> Result<String, EngineError> {
    let folder = main_file.rsplit_once('/').map_or("", |(folder, _)| folder);
    match jac_jmx::PlanPath::within(folder, name.trim()) {
        jac_jmx::PlanPath::Beside(path) => {
            safe_name(path.trim_start_matches("../"))?;
            Ok(path)
        }
        _ => safe_name(name),
    }
}

/// A name in a form that fits into a sentence.
fn shown(name: &str) -> String {
    let clean: String =
        name.chars().map(|character| if character.is_control() { '?' } else { character }).take(80).collect();
    if name.chars().count() > 80 { format!("{clean}…") } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_stay_are_taken() {
        let longest = "x".repeat(MAX_PART);
        assert_eq!(safe_name(&longest).expect("short enough"), longest);
        for (given, taken) in [
            ("shop.jmx", "shop.jmx"),
            ("./data/users.csv", "data/users.csv"),
            ("data\\a b.csv", "data/a b.csv"),
            ("...", "..."),
        ] {
            assert_eq!(safe_name(given).expect(given), taken);
        }
    }

    #[test]
    fn a_data_file_may_lie_beside_the_plans_folder_but_not_outside_the_upload() {
        assert_eq!(data_file_name("tests/a.jmx", "../data/rows.csv").expect("inside"), "../data/rows.csv");
        assert_eq!(data_file_name("a.jmx", "./data//rows.csv").expect("inside"), "data/rows.csv");
        for (main, name) in
            [("a.jmx", "../rows.csv"), ("tests/a.jmx", "../../rows.csv"), ("a.jmx", ""), ("a.jmx", "/x")]
        {
            assert!(data_file_name(main, name).is_err(), "{name}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let long = "x".repeat(MAX_PART + 1);
        for name in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "..\\x",
            "C:\\x",
            "a//b",
            "a/",
            "a\0b",
            " x",
            "a/b/c/d/e/f/g/h/i/j/k/l/m",
            &long,
        ] {
            assert!(safe_name(name).is_err(), "{name}");
        }
    }
}
