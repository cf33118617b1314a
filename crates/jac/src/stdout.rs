//! Standard output. A reader that stops (`jac report … | head`) is not a reason to fail; a full disk is.
//!
//! Names in logs and plans must not control a terminal: such characters are shown by their codes there. A file gets the
//! unchanged bytes.

use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::Mutex;

/// Why standard output could not be written, the first time.
static FAILED: Mutex<Option<std::io::Error>> = Mutex::new(None);

/// Writes text.
fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe
        && let Ok(mut failed) = FAILED.lock()
    {
        failed.get_or_insert(error);
    }
}

/// Prints text of one or more lines.
pub fn put(text: &str) {
    write(&if is_terminal() { jac_report::visible_lines(text) } else { Cow::Borrowed(text) });
}

/// Prints a line.
pub fn line(text: &str) {
    put(&format!("{text}\n"));
}

/// Prints JSON.
pub fn json(value: &impl serde::Serialize) -> serde_json::Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    write(&format!("{}\n", jac_report::visible_json(&json)));
    Ok(())
}

/// Whether it is a terminal, as opposed to a file or a program.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// How labels are written in tables: short for eyes, whole for files.
pub fn labels() -> jac_report::Labels {
    if is_terminal() { jac_report::Labels::SHORT } else { jac_report::Labels::Whole }
}

/// Why the output is incomplete, if it is.
pub fn failure() -> Option<std::io::Error> {
    FAILED.lock().ok()?.take()
}
