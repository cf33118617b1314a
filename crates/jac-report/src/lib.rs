//! `jac-report` makes one report of a log's statistics: as data, as one offline HTML page, as CSV, as text for a terminal
//! and as JUnit XML.
//!
//! It owns the forms; the numbers are `jac-jtl`'s. It reads no clock and writes no file.

mod compare;
mod csv;
mod html;
mod junit;
mod report;
mod text;

pub use compare::{Change, Comparison, LineComparison, Side, TestResult, Thresholds, compare, comparison_text};
pub use csv::table_csv;
pub use html::render_html;
pub use junit::junit_xml;
pub use report::{Facts, LogFile, Report, RunFacts};
pub use text::table_text;
