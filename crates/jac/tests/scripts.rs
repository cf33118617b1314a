//! The help and the errors of `scripts/run` and `scripts/test`; CI tests their actual work.

use std::path::Path;
use std::process::{Command, Output};

fn script(name: &str, arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Command::new(root.join("scripts").join(name)).args(arguments).output().expect("it starts")
}

#[test]
fn help_is_the_comment_at_their_head_and_nothing_is_done() {
    for (name, word) in [("run", "JAC_LISTEN"), ("test", "scripts/test web rust")] {
        for option in ["--help", "-h"] {
            let done = script(name, &[option]);
            let text = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success() && text.contains(word), "{name}: {text}");
            assert!(!text.contains('#') && !text.contains("set -euo"), "{name}: {text}");
            assert!(done.stderr.is_empty(), "{name}");
        }
    }
}

#[test]
fn options_that_there_are_not_are_refused() {
    for (name, arguments) in [("run", ["--port", "80"]), ("test", ["rust", "--fast"]), ("test", ["rust", "everything"])]
    {
        let done = script(name, &arguments);
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{name}: {stderr}");
        assert!(stderr.starts_with("\nerror: ") && done.stdout.is_empty(), "{name}: {stderr}");
    }
}
