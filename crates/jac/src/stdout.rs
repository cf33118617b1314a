//! Standard output. Somebody who stops reading (`jac report … | head`) is no reason to fail, and no server ends for it.

use crate::printable;
use std::io::{IsTerminal, Write};

/// Prints text for people, without what a terminal would act on.
pub fn put(text: &str) {
    raw(&printable::text(text));
}

/// Prints a line of it.
pub fn line(text: &str) {
    put(&format!("{text}\n"));
}

/// Prints JSON, whose values stay as they are.
pub fn json(text: &str) {
    raw(&format!("{}\n", printable::json(text)));
}

/// Prints data for another program; on a terminal it is text for people.
pub fn data(text: &str) {
    if std::io::stdout().is_terminal() { put(text) } else { raw(text) }
}

fn raw(text: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe is the reader's choice; on any other fault there is nobody to tell.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}
