//! cloud-init's reports about a machine's first boot, in the files below `/run/cloud-init` ("Reported data" in its
//! documentation). They are about this boot, and everybody may read them.

use serde_json::Value;

/// Written stage by stage.
pub const STATUS: &str = "/run/cloud-init/status.json";
/// Written when all stages are done.
pub const RESULT: &str = "/run/cloud-init/result.json";
/// Maximum number of reported characters of its errors.
const LONGEST: usize = 400;

/// The errors of the completed stages, as one text; `None`: no errors, or the file is unreadable.
pub fn errors(status: &str) -> Option<String> {
    let status: Value = serde_json::from_str(status).ok()?;
    let stages = status.get("v1")?.as_object()?;
    let mut all: Vec<String> = Vec::new();
    for name in ["init-local", "init", "modules-config", "modules-final"] {
        let errors = stages.get(name).and_then(|stage| stage.get("errors")).and_then(Value::as_array);
        for error in errors.into_iter().flatten() {
            let error = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
            all.push(format!("{name}: {error}"));
        }
    }
    let text = all.join("; ").split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| text.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    // As written by cloud-init 22.4 of Debian 12 when there was a file instead of a folder.
    const FAILED: &str = include_str!("../tests/recorded/cloud_init_failed.json");
    const GOOD: &str = include_str!("../tests/recorded/cloud_init_done.json");

    #[test]
    fn the_errors_of_all_stages_are_reported_in_order() {
        let reported = errors(FAILED).expect("errors");
        let (init, last) = (reported.find("init: "), reported.find("modules-final: "));
        assert!(init.is_some() && init < last, "{reported}");
        assert!(reported.contains("write-files") || reported.contains("write_files"), "{reported}");
        assert!(!reported.contains('\n') && reported.chars().count() <= LONGEST);
    }

    #[test]
    fn a_boot_without_errors_and_text_that_is_no_status_have_no_errors() {
        assert_eq!(errors(GOOD), None);
        for text in ["", "{", "null", "{\"v1\": 3}", "{\"v1\": {\"init\": {\"errors\": \"none\"}}}"] {
            assert_eq!(errors(text), None, "{text}");
        }
    }
}
