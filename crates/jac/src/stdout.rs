//! Standard output. Somebody who stops reading (`jac report … | head`) is no reason to fail, and no server ends for it.

use std::io::Write;

/// Prints text as it is.
pub fn put(text: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe is the reader's choice; on any other fault there is nobody to tell.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Prints a line.
pub fn line(text: &str) {
    put(&format!("{text}\n"));
}
