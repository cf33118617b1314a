//! Standard error. A closed reader (`jac report … 2>&1 | head -1`) ends nothing; and characters that control a
//! terminal are shown by their codes.

use std::fmt::Arguments;
use std::io::Write;

/// Prints a line.
pub fn line(text: Arguments<'_>) {
    // If it cannot be written, there is nowhere else to report that.
    drop(writeln!(std::io::stderr(), "{}", jac_report::visible_lines(&text.to_string())));
}

/// Prints what moves the cursor on purpose: a line that is written over.
pub fn raw(text: Arguments<'_>) {
    let mut err = std::io::stderr();
    drop(err.write_fmt(text).and_then(|()| err.flush()));
}
